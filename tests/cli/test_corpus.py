"""`compose corpus FOLDER`: a survey on the screen and a manifest beside."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

KERN = "!!!YEM: CC BY 4.0\n**kern\n*k[]\n*C:\n*M3/4\n=1\n4c\n4d\n4e\n=2\n4f\n4g\n4a\n=3\n2.cc\n==\n*-\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two equal waltzes and a broken file, in a folder beside the one in which the command runs."""
    scores = tmp_path / "waltzes"
    scores.mkdir()
    (scores / "a.krn").write_text(KERN)
    (scores / "b.krn").write_text(KERN)
    (scores / "c.mid").write_bytes(b"")
    return scores


def test_the_survey_says_what_was_read_and_what_was_not(run: Callable[..., Result], folder: Path) -> None:
    result = run("corpus", "waltzes")
    assert result.exit_code == 0
    for said in (
        "2 files read of 3: kern 2",
        "1 × the file is empty",
        "2 pieces of 1 work",
        "6 bars, 14 notes, 0 grace notes",
        "100.0% of the notes, 100.0% of the bars",
        "3/4 6 bars",
        "C major 2",
        "1 piece with the notes of another (1 file byte for byte)",
        "CC-BY-4.0 2",
        "waltzes.manifest.jsonl",
        "warning: left out: c.mid: the file is empty",
    ):
        assert said in result.output


def test_the_manifest_lies_here_and_not_in_the_folder(run: Callable[..., Result], folder: Path, tmp_path: Path) -> None:
    before = sorted(folder.iterdir())
    run("corpus", "waltzes", "-q")
    assert sorted(folder.iterdir()) == before
    rows = [json.loads(line) for line in (tmp_path / "waltzes.manifest.jsonl").read_text().splitlines()]
    assert [row["file"] for row in rows] == ["a.krn", "b.krn", "c.mid"]


def test_in_the_folder_itself_a_manifest_is_written_only_where_one_is_named(
    run: Callable[..., Result], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert "no manifest was written" in run("corpus", ".").output
    assert not list(folder.glob("*.jsonl"))
    assert run("corpus", ".", "-o", "manifest.jsonl").exit_code == 0
    assert (folder / "manifest.jsonl").exists()


def test_json_is_the_totals_and_nothing_else_on_stdout(run: Callable[..., Result], folder: Path) -> None:
    told = json.loads(run("corpus", "waltzes", "--json").stdout)
    assert (told["pieces"], told["duplicates"]["same"]) == (2, 1)


def test_list_has_a_line_for_each_file(run: Callable[..., Result], folder: Path) -> None:
    lines = run("corpus", "waltzes", "--list").stdout.splitlines()
    assert lines[:3] == [
        "a.krn: 3 bars, 7 notes, C major, 3/4, CC-BY-4.0",
        "b.krn: 3 bars, 7 notes, C major, 3/4, the notes of a.krn, CC-BY-4.0",
        "c.mid: the file is empty",
    ]


def test_quiet_prints_nothing(run: Callable[..., Result], folder: Path) -> None:
    assert run("corpus", "waltzes", "--list", "-q").output == ""


def test_names_cannot_write_to_the_terminal(run: Callable[..., Result], folder: Path) -> None:
    (folder / "red\x1b[31m.krn").write_text(KERN)
    (folder / "bell\x07.mid").write_bytes(b"")
    (folder / "x\nerror: all is lost.krn").write_text(KERN)
    output = run("corpus", "waltzes", "--list").output
    assert "\x1b" not in output
    assert "\x07" not in output
    assert "red\\x1b[31m.krn" in output
    assert "\nerror: " not in output


def test_a_folder_without_one_usable_file_is_an_error(run: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.mid").write_bytes(b"")
    result = run("corpus", "bad")
    assert result.exit_code == 2
    assert result.output.startswith("error: bad: none of its scores could be read (1 file; a.mid: the file is empty)")
    assert (tmp_path / "bad.manifest.jsonl").exists()  # why, file by file


@pytest.mark.parametrize("name", ["nowhere", "file.txt", "empty"])
def test_no_folder_or_no_scores_is_one_error(run: Callable[..., Result], tmp_path: Path, name: str) -> None:
    (tmp_path / "file.txt").write_text("")
    (tmp_path / "empty").mkdir()
    result = run("corpus", name)
    assert result.exit_code == 2
    assert result.output.startswith(f"error: {name}: ")
    assert len(result.output.splitlines()) == 1
    assert not list(tmp_path.glob("*.jsonl"))


def test_a_place_that_cannot_be_written_is_found_before_the_reading(run: Callable[..., Result], folder: Path) -> None:
    result = run("corpus", "waltzes", "-o", "nowhere/m.jsonl")
    assert result.exit_code == 2
    assert "the folder does not exist" in result.output


def test_ctrl_c_ends_in_a_word(run: Callable[..., Result], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("composer.analysis.survey.survey_folder", stopped)
    result = run("corpus", "waltzes")
    assert (result.exit_code, result.output.strip()) == (130, "stopped")
