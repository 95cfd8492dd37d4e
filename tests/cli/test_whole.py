"""The commands with the whole library behind them; only the network is a fake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("no_network")

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
  - {label: A, id: A2, copy_of: A}
"""
MISSPELT = PLAN.replace("seed: 7", "sede: 7")
SHORTEN = "(shorten the theme, or give the section 4 bars)"


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    path = tmp_path / "my.yaml"
    path.write_text(PLAN, encoding="utf-8")
    return path


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_compose_leaves_four_files_and_tells_of_the_piece(run, tmp_path):
    result = run("--form", "ternary", "--style", "bach", "--bars", "24", "--seed", "3")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    names = [f"ternary-bach-3{end}" for end in (".mid", ".musicxml", ".report.json", ".yaml")]
    assert left_in(tmp_path) == names
    rows = {line[:6].strip(): line[8:] for line in result.stdout.splitlines() if line[:6].strip()}
    assert rows["form"].startswith("ternary A B A, 24 bars")
    assert rows["seed"] == "3"
    assert rows["device"] == "no network"
    assert rows["files"] == names[0]
    assert rows["found"].startswith("form heard as A ")
    report = json.loads((tmp_path / "ternary-bach-3.report.json").read_text(encoding="utf-8"))
    assert (report["planned"], report["bars"]) == (True, 24)


def test_a_plan_is_written_edited_and_built(run, tmp_path):
    assert (
        run("plan", "--form", "binary", "--bars", "16", "--key", "G major", "--seed", "5", "-o", "my.yaml").output == ""
    )
    text = (tmp_path / "my.yaml").read_text(encoding="utf-8")
    assert "key: G major" in text
    (tmp_path / "my.yaml").write_text(text.replace("key: G major", "key: A major"), encoding="utf-8")
    result = run("build", "my.yaml")
    assert result.exit_code == 0, result.output
    assert "A A major" in result.stdout
    assert left_in(tmp_path) == ["my.mid", "my.musicxml", "my.report.json", "my.resolved.yaml", "my.yaml"]


def test_what_is_kept_of_an_earlier_plan_is_told(run, plan_file, tmp_path):
    run("build", "my.yaml")
    (tmp_path / "new.yaml").write_text(PLAN.replace("key: V,", "key: V, density: 0.9,"), encoding="utf-8")
    result = run("build", "new.yaml", "--keep", "my.yaml", "-o", "new.mid")
    assert result.exit_code == 0, result.output
    rows = [line for line in result.stdout.splitlines() if line.startswith("kept")]
    assert rows == ["kept    0 of 1 phrases of B"]
    missing = run("build", "new.yaml", "--keep", "gone.yaml", "-o", "other.mid")
    assert missing.exit_code == 2
    assert missing.stderr.startswith("error: gone.yaml: ")
    assert len(missing.stderr.splitlines()) == 1
    assert not (tmp_path / "other.mid").exists()


def test_a_plan_on_stdout_can_be_read_again(run, tmp_path):
    result = run("plan", "--form", "rondo", "--seed", "5")
    assert result.stderr == ""
    (tmp_path / "again.yaml").write_text(result.stdout, encoding="utf-8")
    assert run("build", "again.yaml", "-o", "again.mid").exit_code == 0


def test_who_plays_is_written_into_the_resolved_plan(run, plan_file, tmp_path):
    assert run("build", "my.yaml", "--take", "9", "--expression", "0.5", "-o", "all.yaml").exit_code == 0
    assert "performer: {player: bach, expression: 0.5, take: 9}" in (tmp_path / "all.yaml").read_text(encoding="utf-8")


def test_a_plan_may_name_a_composer_who_has_another_ones_player(run, plan_file, tmp_path):
    (tmp_path / "brahms.yaml").write_text(PLAN + "performer: {player: brahms, strengths: {swing: 1}}\n")
    assert run("build", "brahms.yaml", "-o", "brahms.mid").exit_code == 0


def test_a_composed_piece_can_be_performed_anew(run, plan_file, tmp_path):
    run("build", "my.yaml", "--expression", "0", "-o", "my.mid")
    result = run("perform", "my.mid", "--take", "3")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[:2] == ["player  bach", "take    3"]
    assert (tmp_path / "my.performed.mid").read_bytes().startswith(b"MThd")


def test_the_lists_name_what_there_is(run):
    forms = run("forms").stdout
    assert all(f"\n{name} " in f"\n{forms}" for name in ("binary", "chorale", "rondo", "sonata", "ternary"))
    minuet = run("forms", "minuet").stdout
    assert "played  A A B A2 B A2 Trio Trio D Trio2 D Trio2 A B A2\n" in minuet
    assert "IV or I or vi or i" in minuet
    assert "length  12 to 24 bars, as long as the style's phrases are\n" in run("forms", "chorale").stdout
    styles = run("styles").stdout
    assert "bach " in styles
    assert "CC0" in run("styles", "chorale").stdout
    assert json.loads(run("schema").stdout)["title"] == "Ritornello plan"


RARE = """
template: 1
name: rare
description: Sections that are there now and then
sections:
  - {label: A, function: theme, bars: 2, key: {major: I, minor: i}, cadence: HC, optional: 0.2}
  - {label: B, function: theme, bars: [6, 4], key: {major: V, minor: v}, cadence: PAC, optional: 0.4}
"""


def test_a_form_of_rare_sections_is_as_long_as_one_of_them(run, tmp_path):
    (tmp_path / "rare.yaml").write_text(RARE, encoding="utf-8")
    lines = run("forms", "rare.yaml").stdout.splitlines()
    assert lines[1] == "length  usually 6 bars, from 2 to 8"
    assert lines[-1].split()[:4] == ["B", "(40%)", "6", "(100%)"]
    wish = run("plan", "--form", "rare.yaml", "--style", "bach", "--bars", "40")
    assert (wish.exit_code, "from 2 to 8 bars" in wish.stderr) == (2, True)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (MISSPELT, ['my.yaml:6:1: unknown key "sede" (did you mean "seed"?)']),
        (
            PLAN.replace("seed: 7", "key: D major"),
            ['my.yaml:6:1: the key "key" appears twice (first in line 4) (keep one of them)'],
        ),
        (PLAN.replace('"3/4"', "3:4"), ['my.yaml:5:8: no meter "3:4" (did you mean "3/4"?)']),
        (PLAN.replace("style: bach", "style: bachh"), ['my.yaml:3:8: no style "bachh" (did you mean "bach"?)']),
        (PLAN.replace("rondo", "rondoo"), ['my.yaml:2:7: no form "rondoo" (did you mean "rondo"?)']),
        (
            PLAN.replace("refrain, bars: 4", "refrain, bars: 2"),
            [f'my.yaml:10:23: theme "refrain" (line 8) is 4 bars, section A only 2 {SHORTEN}'],
        ),
        (
            PLAN + "performer: {player: barok}\n",
            ['my.yaml:13:21: no player "barok" (did you mean "baroque"?)'],
        ),
        (
            MISSPELT.replace("G major", "H major").replace('"3/4"', "3:4"),
            [
                'my.yaml:4:6: no key "H major" (keys look like C major, F# minor, Bb major)',
                'my.yaml:5:8: no meter "3:4" (did you mean "3/4"?)',
                'my.yaml:6:1: unknown key "sede" (did you mean "seed"?)',
            ],
        ),
    ],
)  # fmt: skip
def test_a_wrong_plan_is_told_whole_with_place_and_mend(run, plan_file, tmp_path, text: str, lines: list[str]):
    plan_file.write_text(text, encoding="utf-8")
    result = run("build", "my.yaml")
    assert result.exit_code == 2
    told = result.stderr.splitlines()
    assert [line for line in lines if f"error: {line}" not in told] == []
    assert len(told) == len(lines) + ("bars: 2" in text)  # A2 copies A, and so its mistake
    assert left_in(tmp_path) == ["my.yaml"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "my.yaml: the file is empty (a plan needs form, style and key)"),
        (b"form: rondo\ntitle: F\xfcr Elise\n", "my.yaml:2: the file is not UTF-8 (save it as UTF-8)"),
        (b"form: [rondo\n", "my.yaml:2:1: this is not YAML"),
    ],
)
def test_what_is_no_plan_at_all(run, plan_file, content: bytes, message: str):
    plan_file.write_bytes(content)
    result = run("build", "my.yaml")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {message}")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("build nothing.yaml", "nothing.yaml: cannot read the file: No such file or directory"),
        ("build .", ".: this is not a plain file"),
        ("build my.yaml -o nowhere/my.mid", "nowhere: the folder does not exist (make it first, or choose another)"),
        ("build my.yaml -o my.aiff", 'my.aiff: no writer for ".aiff"'),
        ("build my.yaml -o my.mid -o ./my.mid", "my.mid: two outputs have this name (give each its own)"),
        ("build my.yaml -o my.yaml", "my.yaml: this file is read and would be overwritten (choose another name)"),
        ("build my.yaml --player barok", 'no player "barok" (did you mean "baroque"?)'),
        ("build my.yaml --temperature nan", "the temperature must be above 0 and at most 5; found nan"),
        ("build my.yaml --guidance 1e9", "the guidance must be from 0 to 10; found 1e+09"),
        ("build my.yaml --expression inf", "the expression must be from 0 to 3; found inf"),
        ("--form rondoo", 'form: no form "rondoo" (did you mean "rondo"?)'),
        ("--form rondo --style bachh", 'style: no style "bachh" (did you mean "bach"?)'),
        ("--form rondo --style bach:0", "style.bach must be more than 0, not 0"),
        ("--form rondo --key H", 'key: no key "H" (keys look like C major, F# minor, Bb major)'),
        ("--form rondo --meter 3:4", 'meter: no meter "3:4" (did you mean "3/4"?)'),
        ("--form rondo --tempo 1000", "tempo must be at most 400, not 1000"),
        ("--form rondo --ensemble band", 'ensemble: "band" is not known'),
        ("--form rondo --bars 3 --seed 1", "this form cannot have 3 bars"),
        ("plan --form rondo --key H --meter 3:4", 'key: no key "H"'),
        ("perform nothing.mid", "nothing.mid: cannot read: No such file or directory"),
        ("perform .", ".: cannot read: Is a directory"),
        ("perform my.yaml", "my.yaml byte 0: neither MIDI nor MusicXML"),
        ("perform my.yaml --player barok", 'no player "barok"'),
    ],
)
def test_wrong_input_is_one_line_and_leaves_no_file(run, plan_file, tmp_path, words: str, message: str):
    result = run(*words.split())
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith(f"error: {message}")
    assert len(result.stderr.splitlines()) == (2 if "--meter 3:4" in words and "plan" in words else 1)
    assert result.stdout == ""
    assert left_in(tmp_path) == ["my.yaml"]


def test_a_truncated_midi_file_is_named_with_the_byte(run, plan_file, tmp_path):
    run("build", "my.yaml", "-o", "whole.mid")
    (tmp_path / "half.mid").write_bytes((tmp_path / "whole.mid").read_bytes()[:40])
    result = run("perform", "half.mid")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: half.mid byte ")
    assert len(result.stderr.splitlines()) == 1
    assert left_in(tmp_path) == ["half.mid", "my.yaml", "whole.mid"]


def test_a_piece_that_fails_midway_leaves_no_file(run, plan_file, tmp_path, monkeypatch):
    def broken(cards: object, **options: object) -> object:
        raise MemoryError("out of memory")

    monkeypatch.setattr("composer.pipeline.filling.network_source", broken)
    result = run("build", "my.yaml")
    assert result.exit_code == 1
    assert "fault in Ritornello" in result.stderr
    assert left_in(tmp_path) == ["my.yaml"]
