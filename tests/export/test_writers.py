import errno
from dataclasses import replace

import pytest

from composer.errors import OptionError, OutputError
from composer.export.midi import midi_bytes
from composer.export.musicxml import musicxml_bytes
from composer.export.roll_picture import roll_picture_bytes
from composer.export.writers import (
    EXTENSIONS,
    PART_EXTENSIONS,
    Finished,
    check_outputs,
    is_sheet,
    write_outputs,
)
from composer.score import Note, Part, Score, make_bars
from composer.theory.meter import TICKS_PER_QUARTER, Meter


@pytest.fixture
def finished(keyboard, deadpan):
    return Finished(deadpan(keyboard([(0, 72, 1)], [(0, 48, 2)])), plan_text="plan: 1\n", report_text="{}\n")


def test_the_extension_picks_the_writer(finished, tmp_path):
    paths = [tmp_path / f"piece{extension}" for extension in EXTENSIONS if extension != ".html"]
    write_outputs(finished, paths)
    content = {path.name.removeprefix("piece"): path.read_bytes() for path in paths}
    assert content[".mid"] == content[".midi"] == midi_bytes(finished.performance)
    assert content[".musicxml"] == content[".xml"] == musicxml_bytes(finished.performance.score)
    assert content[".mxl"][:2] == b"PK"
    assert content[".roll.png"] == roll_picture_bytes(finished.performance.score)
    assert b"<svg" in content[".roll.svg"]
    assert content[".pdf"][:5] == b"%PDF-"
    assert content[".svg"].startswith(b"<svg")
    assert content[".png"][:4] == b"\x89PNG" != content[".roll.png"]
    assert content[".yaml"] == content[".yml"] == b"plan: 1\n"
    assert content[".json"] == b"{}\n"
    write_outputs(replace(finished, report_text=None), [tmp_path / "piece.html"])
    assert (tmp_path / "piece.html").read_bytes().startswith(b"<!DOCTYPE html>")


def test_outputs_that_are_made_beside_each_other_are_those_that_are_made_alone(finished, tmp_path):
    finished = replace(finished, report_text=None)
    paths = [tmp_path / f"piece{extension}" for extension in (".html", ".wav", ".pdf", ".mid")]
    assert write_outputs(finished, paths) == tuple(paths)
    for path in paths:
        alone = path.with_stem("alone")
        write_outputs(replace(finished), [alone])
        assert alone.read_bytes() == path.read_bytes(), path.suffix


def test_what_shows_the_written_music_is_a_sheet(tmp_path):
    sheets = {extension for extension in EXTENSIONS if is_sheet(tmp_path / f"piece{extension}")}
    assert sheets == {".musicxml", ".xml", ".mxl", ".pdf", ".svg", ".png", ".html"}
    assert all(is_sheet(tmp_path / f"piece{extension}") for extension in PART_EXTENSIONS)


def test_large_letters_are_the_same_extension(finished, tmp_path):
    write_outputs(finished, [tmp_path / "PIECE.MID"])
    assert (tmp_path / "PIECE.MID").read_bytes()[:4] == b"MThd"


def test_an_unknown_extension_names_those_that_are_known(tmp_path):
    with pytest.raises(OptionError, match=r'piece\.tex: no writer for "\.tex".*\.mid.*\.musicxml.*\.pdf'):
        check_outputs([tmp_path / "piece.tex"])
    with pytest.raises(OptionError, match=r'did you mean "\.musicxml"'):
        check_outputs([tmp_path / "piece.musicxlm"])
    with pytest.raises(OptionError, match="no extension"):
        check_outputs([tmp_path / "piece"])


def test_two_outputs_of_one_name_are_refused(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OptionError, match="two outputs have this name"):
        check_outputs([tmp_path / "a.mid", tmp_path / "folder" / ".." / "a.mid"])


def test_a_plan_that_is_read_is_never_overwritten(tmp_path):
    with pytest.raises(OptionError, match="would be overwritten"):
        check_outputs([tmp_path / "rondo.yaml"], read_paths=[tmp_path / "rondo.yaml"])


@pytest.mark.parametrize(("name", "word"), [("played.yaml", "plan"), ("played.report.json", "report")])
def test_without_a_plan_neither_it_nor_its_report_is_written(tmp_path, name, word):
    with pytest.raises(OptionError, match=f"no {word} to write"):
        check_outputs([tmp_path / name], has_plan=False)


def test_a_missing_folder_is_refused_before_any_work(tmp_path):
    with pytest.raises(OutputError, match="does not exist"):
        check_outputs([tmp_path / "no such folder" / "a.mid"])


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    with pytest.raises(OptionError) as caught:
        check_outputs([tmp_path / "a.tex", tmp_path / "b.mid", tmp_path / "b.mid"])
    assert len(caught.value.problems) == 2


def test_when_one_cannot_be_written_none_is(finished, tmp_path):
    old = tmp_path / "a.mid"
    old.write_bytes(b"old")
    (tmp_path / "b.musicxml").mkdir()
    with pytest.raises(OutputError):
        write_outputs(finished, [old, tmp_path / "b.musicxml"])
    assert old.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mid", "b.musicxml"]


def test_a_loop_of_links_is_no_reason_to_fail(tmp_path):
    (tmp_path / "a.mid").symlink_to(tmp_path / "b.mid")
    (tmp_path / "b.mid").symlink_to(tmp_path / "a.mid")
    check_outputs([tmp_path / "a.mid"])


def long_score(keyboard, bars=60):
    return keyboard([(beat, 60 + beat % 12, 1) for beat in range(4 * bars)], [(0, 48, 2)], bars=bars)


def test_the_pages_of_a_sheet_are_numbered_behind_the_first(keyboard, deadpan, tmp_path):
    files = write_outputs(Finished(deadpan(long_score(keyboard))), [tmp_path / "a.svg", tmp_path / "a.mid"])
    assert [path.name for path in files] == ["a.svg", "a-2.svg", "a.mid"]
    assert sorted(tmp_path.iterdir()) == sorted(files)


def test_parts_are_sheets_named_after_their_players(deadpan, tmp_path):
    notes = (Note(0, 60, 4 * TICKS_PER_QUARTER),)
    parts = (Part("Violin", notes, 40), Part("Violin", notes, 40), Part("Viola", notes, 41))
    score = Score(parts, make_bars(Meter(4, 4), 1), title="Trio")
    files = write_outputs(Finished(deadpan(score)), [tmp_path / "a.parts.musicxml", tmp_path / "a.parts.pdf"])
    assert [path.name for path in files] == [
        "a.violin-1.musicxml",
        "a.violin-2.musicxml",
        "a.viola.musicxml",
        "a.violin-1.pdf",
        "a.violin-2.pdf",
        "a.viola.pdf",
    ]
    assert all(path.read_bytes().count(b"<score-part ") == 1 for path in files[:3])


@pytest.mark.parametrize(
    ("one", "other"),
    [("a.png", "a-2.png"), ("a-12.svg", "a.svg"), ("a.parts.pdf", "a.viola.pdf"), ("a.PNG", "a.PNG")],
)
def test_pages_and_parts_may_not_meet_another_output(tmp_path, one, other):
    with pytest.raises(OptionError, match="two outputs have this name"):
        check_outputs([tmp_path / one, tmp_path / other])


def test_sheets_of_several_kinds_do_not_meet(tmp_path):
    names = ("a.png", "a.roll.png", "a.svg", "a.roll.svg", "a.pdf", "a.parts.svg", "b-2.png")
    check_outputs([tmp_path / name for name in names])


def test_parts_do_not_write_over_the_sheet_that_was_read(tmp_path):
    with pytest.raises(OptionError, match="would be overwritten"):
        check_outputs([tmp_path / "a.parts.musicxml"], read_paths=[tmp_path / "a.viola.musicxml"])


def test_a_full_disk_leaves_older_files_as_they_were(finished, tmp_path, monkeypatch):
    old = tmp_path / "a.pdf"
    old.write_bytes(b"old")

    def full(_handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("composer.files.os.fsync", full)
    with pytest.raises(OutputError, match=r"a\.svg: cannot write: No space left on device$"):
        write_outputs(finished, [tmp_path / "a.svg", old])
    assert old.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.pdf"]
