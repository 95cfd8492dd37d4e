"""`--json`: one object on stdout, whose fields a program may rely on."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("no_network")

PLAN = """\
plan: 1
form: rondo
style: {bach: 3, joplin: 1}
key: G major
meter: "3/4"
seed: 7
themes:
  refrain: {bars: 4, type: chain, melody: "G2 B2 d2 | c2 A2 F2 | G2 B2 A2 | G4 z2"}
sections:
  - {label: A, theme: refrain, bars: 4, cadence: PAC}
  - {label: B, theme: none, bars: 4, key: V, cadence: HC}
  - {label: A, id: A2, copy_of: A}
"""
PLANNED = {
    "summary", "title", "form", "style", "ensemble", "key", "meter", "tempo_bpm", "bars", "seed", "sections", "themes",
}  # fmt: skip
PLAYED = {"player", "take", "length_sec"}
MADE = {"device", "seconds", "warnings", "files"}


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    path = tmp_path / "my.yaml"
    path.write_text(PLAN, encoding="utf-8")
    return path


def facts_of(result: Any) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    facts: dict[str, Any] = json.loads(result.stdout)
    return facts


def test_a_built_piece(run, plan_file, tmp_path):
    facts = facts_of(run("build", "my.yaml", "-o", "my.mid", "-o", "my.json", "--json", "--take", "4"))
    assert set(facts) == PLANNED | PLAYED | MADE | {"seed_drawn", "kept", "report"}
    assert (facts["form"], facts["key"], facts["meter"], facts["bars"]) == ("rondo", "G major", "3/4", 12)
    assert facts["style"] == {"bach": 3, "joplin": 1}
    assert (facts["seed"], facts["seed_drawn"], facts["take"]) == (7, False, 4)
    assert facts["sections"][1] == {"id": "B", "label": "B", "key": "D major", "bars": 4}
    assert facts["themes"] == {"refrain": 4}
    assert facts["seconds"] > 0
    assert 10 < facts["length_sec"] < 60
    assert facts["report"] == json.loads((tmp_path / "my.json").read_text(encoding="utf-8"))["totals"]
    content = (tmp_path / "my.mid").read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    assert facts["files"][0] == {"path": "my.mid", "bytes": len(content), "sha256": sha256}


def test_a_composed_piece_tells_the_seed_that_was_drawn(run):
    facts = facts_of(run("--form", "binary", "--bars", "16", "--json", "-q"))
    assert facts["seed_drawn"] is True
    assert [Path(file["path"]).suffix for file in facts["files"]] == [".mid", ".musicxml", ".yaml", ".json"]
    assert str(facts["seed"]) in facts["files"][0]["path"]


def test_a_plan_alone(run, tmp_path):
    facts = facts_of(run("plan", "--form", "rondo", "--style", "bach->joplin", "--seed", "5", "--json"))
    assert set(facts) == PLANNED | {"seed_drawn", "plan"}
    assert facts["style"] == {"from": {"bach": 1}, "via": [], "to": {"joplin": 1}}
    written = facts_of(
        run("plan", "--form", "rondo", "--style", "bach->joplin", "--seed", "5", "--json", "-o", "p.yaml")
    )
    assert set(written) == PLANNED | {"seed_drawn", "files"}
    assert (tmp_path / "p.yaml").read_text(encoding="utf-8").splitlines()[1:] == facts["plan"].splitlines()[1:]


def test_a_performance_and_what_follows_a_piece(run, plan_file):
    run("build", "my.yaml", "-o", "my.mid")
    performed = facts_of(run("perform", "my.mid", "--json"))
    assert set(performed) == PLAYED | {"summary", "beside", "warnings", "files"}
    extended = facts_of(run("extend", "my.mid", "--style", "bach", "--bars", "8", "--json"))
    assert set(extended) == PLANNED | PLAYED | MADE | {"bars_before", "new_sections"}
    assert (extended["bars_before"], sum(new["bars"] for new in extended["new_sections"])) == (12, 8)
    found = facts_of(run("analyse", "my.mid", "--style", "bach", "--json"))
    assert found["files"][0]["path"] == "my.plan.yaml"


def test_warnings_stand_in_it_and_on_stderr(run, plan_file):
    plan_file.write_text(PLAN.replace("key: V, cadence: HC", "key: V, cadence: HC, enters: {key: F major, chord: V}"))
    result = run("build", "my.yaml", "-o", "my.mid", "--json")
    facts = facts_of(result)
    assert "B was planned to follow V in F major" in facts["warnings"][0]
    assert result.stderr.splitlines() == [f"warning: {warning}" for warning in facts["warnings"]]


@pytest.mark.parametrize(
    "words", ["build my.yaml -o my.aiff", "build gone.yaml", "perform gone.mid", "extend gone.mid", "--form rondoo"]
)
def test_after_an_error_stdout_is_empty(run, plan_file, words: str):
    result = run(*words.split(), "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")


def test_the_readme_names_every_field(repository):
    told = set(re.findall(r"`(\w+)`", (repository / "README.md").read_text(encoding="utf-8")))
    more = {"seed_drawn", "kept", "report", "plan", "bars_before", "new_sections", "beside", "mended"}
    assert PLANNED | PLAYED | MADE | more | {"path", "bytes", "sha256", "id", "label"} <= told
