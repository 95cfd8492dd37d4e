"""`compose check`: a piece that the fake network made, whole and with what is wrong with it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from composer import pipeline
from composer.corpus.reader import read_score
from composer.export.writers import Finished, write_outputs
from composer.perform import perform

PLAN = """\
plan: 1
form: rondo
style: bach
key: G major
meter: "3/4"
seed: 7
themes:
  refrain: {bars: 4, type: chain, melody: "G2 B2 d2 | c2 A2 F2 | G2 B2 A2 | G4 z2"}
sections:
  - {label: A, theme: refrain, bars: 4, cadence: PAC}
  - {label: B, theme: none, bars: 4, key: V, cadence: HC}
  - {label: A, id: A2, copy_of: A, key: vi}
  - {label: A, id: A3, copy_of: A}
"""


@pytest.fixture(scope="module")
def composed(tmp_path_factory, make_fake_source) -> Path:
    """The folder of a composed piece."""
    folder = tmp_path_factory.mktemp("composed")
    (folder / "my.yaml").write_text(PLAN, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "composer.pipeline.filling.network_source", lambda cards, **options: (make_fake_source, "no network")
        )
        pipeline.build_plan(folder / "my.yaml", folder=folder)
    return folder


@pytest.fixture
def piece(composed, tmp_path) -> Path:
    """A copy of it in the folder in which the command runs."""
    for path in composed.iterdir():
        shutil.copy(path, tmp_path)
    return tmp_path


def change(path: Path, tick: int, *, semitones: int) -> None:
    """Move the highest note that begins at a tick."""
    score = read_score(path).score
    (part,) = score.parts
    note = max((note for note in part.notes if note.onset_tick == tick), key=lambda note: note.pitch)
    moved = tuple(replace(each, pitch=each.pitch + semitones) if each == note else each for each in part.notes)
    played = perform(
        replace(score, parts=(replace(part, notes=moved),)),
        pipeline.check_file(path).report.found,
        player="baroque",
        take=1,
        expression=0.0,
    )
    write_outputs(Finished(played), [path])


def checked(run, *words: str) -> dict:
    result = run("check", *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize("name", ["my.musicxml", "my.mid"])
def test_a_pinned_theme_is_found_note_for_note_in_every_return(run, piece, name):
    found = checked(run, name)
    assert found["planned"]
    assert [(row["section"], row["key"], row["on_top"]) for row in found["themes"]] == [
        ("A", "G major", 1.0),
        ("A2", "E minor", 1.0),
        ("A3", "G major", 1.0),
    ]
    assert [row["heard_as"] for row in found["sections"]] == ["A", "B", "A", "A"]
    assert found["totals"]["sections_as_planned"] == [4, 4]
    assert len(found["chords"]) == found["bars"] == 16
    assert [row["planned"] for row in found["cadences"]] == ["PAC", "HC", "PAC", "PAC"]


def test_the_command_and_the_composing_find_the_same(run, piece):
    written = json.loads((piece / "my.report.json").read_text(encoding="utf-8"))
    again = checked(run, "my.musicxml", "--style", "bach")
    apart = ("title", "copies", "kept_off_plan")  # what no draft of it had, only the composing knows
    assert {key: again[key] for key in written if key not in apart} == {
        key: written[key] for key in written if key not in apart
    }
    assert again["copies"] == written["copies"]


def test_a_wrong_note_in_a_return_is_told(run, piece):
    bar = 3 * 10_080
    change(piece / "my.mid", 12 * bar + 2 * 10_080, semitones=2)  # the third note of A3
    found = checked(run, "my.mid")
    assert [row["on_top"] for row in found["themes"]] == [1.0, 1.0, pytest.approx(9 / 10, abs=1e-3)]
    assert found["totals"]["least_exact_return"] < 1
    result = run("check", "my.mid")
    assert "29 of 30 notes in place in 3 exact returns" in result.stdout


def test_another_key_than_the_planned_one_is_told(run, piece):
    (piece / "other.yaml").write_text(PLAN.replace("key: vi", "key: ii"), encoding="utf-8")
    found = checked(run, "my.mid", "--plan", "other.yaml")
    assert "A minor" in [row["planned"] for row in found["keys"] if not row["agrees"]]
    assert [(row["on_top"], row["semitones_off"]) for row in found["themes"]] == [
        (1.0, 0),
        (0.0, -5),  # it stands in E minor
        (1.0, 0),
    ]
    assert found["themes"][1]["likeness"] > 0.9
    assert found["totals"]["PAC_as_planned"] == [2, 3]
    assert "2 of 3 (not in bar 12)" in run("check", "my.mid", "--plan", "other.yaml").stdout


def test_without_a_plan_what_is_found_is_told_alone(run, piece):
    for path in piece.glob("*.yaml"):
        path.unlink()
    found = checked(run, "my.musicxml")
    assert not found["planned"]
    assert found["keys"][0]["found"] == "G major"
    result = run("check", "my.musicxml")
    assert result.stdout.startswith("plan     none")


def test_the_findings_can_be_written(run, piece):
    result = run("check", "my.mid", "-o", "found.json")
    assert result.exit_code == 0, result.output
    assert json.loads((piece / "found.json").read_text(encoding="utf-8"))["planned"]
    assert run("check", "my.mid", "-q").stdout == ""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"3/4"', '"4/4"', "my.mid bar 1: 3/4, where other.yaml plans 4/4 (give the plan of this piece: --plan)"),
        ("bars: 4, key: V", "bars: 8, key: V", "my.mid: 16 bars, other.yaml plans 20 (give the plan of"),
        ("  - {label: A, id: A3, copy_of: A}\n", "", "my.mid: 16 bars, other.yaml plans 12 (give the plan of"),
        ("key: V", "kez: V", 'other.yaml:11:38: unknown key "kez"'),
    ],
)
def test_a_plan_of_another_piece_is_one_error(run, piece, old, new, message):
    text = PLAN.replace(old, new)
    if "4/4" in new:
        text = text.replace("G2 B2 d2 | c2 A2 F2 | G2 B2 A2 | G4 z2", "G2 B2 d4 | c2 A2 F4 | G2 B2 A4 | G4 z4")
    (piece / "other.yaml").write_text(text, encoding="utf-8")
    result = run("check", "my.mid", "--plan", "other.yaml")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {message}")
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("gone.mid", "gone.mid: cannot read"),
        ("my.mid --plan gone.yaml", "gone.yaml: cannot read"),
        ("my.mid --style bachh", 'no style "bachh" (did you mean "bach"?)'),
        ("my.mid -o nowhere/found.json", "nowhere: the folder does not exist"),
    ],
)
def test_what_cannot_be_read_or_written_is_one_error(run, piece, words, message):
    result = run("check", *words.split())
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {message}")
    assert len(result.stderr.splitlines()) == 1


def test_checking_needs_no_tensorflow(piece):
    code = (
        "import sys\nfrom composer.cli.main import cli\n"
        "try:\n    cli(['check', 'my.mid'])\nexcept SystemExit as leaving:\n    assert not leaving.code\n"
        "assert not {'tensorflow', 'keras', 'music21'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=piece, check=True, env=dict(os.environ), capture_output=True)


def test_a_tune_of_one_s_own_is_no_copy_but_where_a_plan_may_have_been_composed_it_is_told(piece, monkeypatch):
    pinned = []

    def longest(score, index, *, left_out=()):
        pinned.append(len(left_out))

    monkeypatch.setattr("composer.report.form.longest_shared_run", longest)
    pipeline.check_file(piece / "my.mid", style="bach")
    assert pinned.pop() == 30  # three returns of ten notes
    (piece / "my.yaml").unlink()
    pipeline.check_file(piece / "my.mid", style="bach")
    assert pinned.pop() == 0
