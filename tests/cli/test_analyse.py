"""`compose analyse` and `compose extend`: a table on the screen, and errors of one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import Result

KERN = "!!!COM: Bach, Johann Sebastian\n**kern\n*k[]\n*C:\n*M3/4\n" + "".join(
    f"={bar}\n{notes}\n"
    for bar, notes in enumerate(["4c\n4e\n4g", "4f\n4d\n4B", "4c\n4e\n4d", "2.c"] * 2 + ["4d\n4f\n4a", "2.g"] * 2, 1)
)


@pytest.fixture
def waltz(tmp_path: Path) -> Path:
    path = tmp_path / "waltz.krn"
    path.write_text(KERN + "==\n*-\n")
    return path


def test_the_sections_are_told_and_a_plan_is_written(run: Callable[..., Result], waltz: Path, tmp_path: Path) -> None:
    result = run("analyse", "waltz.krn")
    assert result.exit_code == 0, result.output
    for said in ("C major", "3/4", "section", "cadence", "waltz.plan.yaml", "A: "):
        assert said in result.output
    assert "style: bach" in (tmp_path / "waltz.plan.yaml").read_text()


def test_as_json_it_says_the_same(run: Callable[..., Result], waltz: Path) -> None:
    facts = json.loads(run("analyse", "waltz.krn", "--json").stdout)
    assert (facts["key"], facts["meter"]) == ("C major", "3/4")
    assert facts["sections"][0]["first_bar"] == 1
    assert facts["sections"][-1]["last_bar"] == 12


def test_themes_may_be_left_to_the_network(run: Callable[..., Result], waltz: Path, tmp_path: Path) -> None:
    assert run("analyse", "waltz.krn", "--no-themes", "-o", "form.yaml", "--style", "chopin").exit_code == 0
    text = (tmp_path / "form.yaml").read_text()
    assert "melody:" not in text
    assert "style: chopin" in text


@pytest.mark.parametrize(
    "words", [("analyse", "no.mid"), ("extend", "no.mid"), ("analyse", "waltz.krn", "-o", "x.mid")]
)
def test_what_goes_wrong_is_one_line(run: Callable[..., Result], waltz: Path, words: tuple[str, ...]) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert len(result.stderr.splitlines()) == 1


def test_extend_tells_what_is_new(run: Callable[..., Result], library) -> None:
    coda = SimpleNamespace(label="Coda", bars=4, key="C major")
    library.answers(
        "composer.pieces",
        "extend_file",
        SimpleNamespace(
            warnings=("bar 5 in 2/4 is left out",),
            score=SimpleNamespace(title="A waltz"),
            bars_before=12,
            sections=(coda,),
            seed=3,
            device="CPU",
            seconds=1.0,
            files=(Path("waltz.extended.mid"),),
        ),
    )
    result = run("extend", "waltz.krn", "--bars", "4", "--seed", "3", "--style", "bach:0.5,joplin:0.5")
    assert result.exit_code == 0
    assert "12 of the piece, 4 new" in result.stdout
    assert "Coda         4     C major" in result.stdout
    assert result.stderr.splitlines()[-1] == "warning: bar 5 in 2/4 is left out"
    (path,), options = library.call
    assert (path, options["bars"], options["seed"]) == (Path("waltz.krn"), 4, 3)
    assert options["style"] == {"bach": 0.5, "joplin": 0.5}
