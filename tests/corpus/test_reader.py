"""One door for every file: by content, within bounds, and never blocking."""

from __future__ import annotations

import os

import pytest

from composer.corpus import ReadResult, iter_folder, read_score
from composer.corpus.reader import sniff
from composer.errors import MusicFileError


def test_content_decides_not_the_name(tmp_path, midi, musicxml, note):
    (tmp_path / "a.xml").write_bytes(midi([(0, 1, 60)]))
    (tmp_path / "b.mid").write_bytes(musicxml([note("C4", 16)]))
    assert read_score(tmp_path / "a.xml").format == "midi"
    assert read_score(tmp_path / "b.mid").format == "musicxml"
    (tmp_path / "c.txt").write_text("!!!COM: " + 9000 * "x" + "\n!! a comment\n**text\t**kern\nLa\t4c\n*-\t*-\n")
    assert read_score(tmp_path / "c.txt").format == "kern"


def test_utf_16_is_read(tmp_path, musicxml, note):
    data = musicxml([note("C4", 16)]).decode().replace("UTF-8", "UTF-16").encode("utf-16")
    assert sniff(data) == "musicxml"
    (tmp_path / "a.musicxml").write_bytes(data)
    assert len(read_score(tmp_path / "a.musicxml").score.parts[0].notes) == 1


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"hello", b"<html></html>", b"**harm\nI\n*-"])
def test_what_is_no_music_is_one_error_with_the_file(tmp_path, content):
    (tmp_path / "a.mid").write_bytes(content)
    with pytest.raises(MusicFileError, match=r"a\.mid"):
        read_score(tmp_path / "a.mid")


def test_a_missing_file_a_folder_and_a_pipe_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.mid")
    for path in (tmp_path / "none.mid", tmp_path, tmp_path / "pipe.mid"):
        with pytest.raises(MusicFileError):
            read_score(path)


def test_one_bad_file_does_not_stop_a_folder(tmp_path, midi):
    (tmp_path / "b.mid").write_bytes(b"broken")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "c.mid").write_bytes(midi([(0, 1, 60)]))
    (tmp_path / "sub" / "d.krn").write_text("**kern\n4c\n*-")
    (tmp_path / "notes.txt").write_text("not looked at")
    error, result, last = iter_folder(tmp_path)
    assert isinstance(last, ReadResult)
    assert last.format == "kern"
    assert isinstance(error, MusicFileError)
    assert isinstance(result, ReadResult)
    assert result.source.endswith("c.mid")


def test_unfolding_is_said(tmp_path, musicxml, note):
    back = '<barline location="right"><repeat direction="backward"/></barline>'
    (tmp_path / "a.musicxml").write_bytes(musicxml([note("C4", 16) + back]))
    written, played = (read_score(tmp_path / "a.musicxml", unfold=unfold) for unfold in (False, True))
    assert (len(written.score.parts[0].notes), len(played.score.parts[0].notes)) == (1, 2)
    assert "1 repeats were written out" in played.mended
