"""`compose perform` on a file that is broken or was never music: one line, exit code 2, nothing written."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest

XML = (
    b"<score-partwise><part id='P'><measure>"
    b"<note><pitch><step>%s</step><octave>4</octave></pitch><duration>1</duration></note></measure></part>"
)
MIDI = b"MThd\0\0\0\6\0%c\0\1\1\xe0MTrk\0\0\0\4\0\xff\x2f\0"


def archive(name: str, content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as zipped:
        zipped.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.mid", b"", "the file is empty"),
        ("half.mid", (MIDI % 1)[:12], "byte 12: the file ends in the middle of its header"),
        ("songs.mid", MIDI % 2, "byte 8: type 2 (several songs in one file) is not read"),
        ("silent.mid", MIDI % 1, "byte 0: there is no note in this file"),
        ("page.musicxml", b"<!doctype html><html>", "1:1: not well-formed XML"),
        ("h.musicxml", XML % b"H" + b"</score-partwise>", "1 bar 1: <step>H</step> is not a letter from A to G"),
        ("cut.musicxml", XML % b"C", "the document ends too early"),
        ("bomb.xml", b"<!DOCTYPE s [<!ENTITY a 'aaaa'>]><s>&a;</s>", "1:25: entity declarations are not allowed"),
        ("cut.mxl", archive("a.xml", XML)[:-30], "a damaged zip archive"),
        ("gone.mxl", archive("a.txt", b"nothing"), "no score inside"),
        ("spines.krn", b"**kern\t**kern\n4c\n*-\t*-\n", "2: 1 field where 2 spines are open"),
        ("long.krn", b"**kern\n99999c\n*-\n", '2 the beginning: no note has the length "99999"'),
        ("silent.abc", b"X:1\nK:C\nz4|\n", "there is no note in this tune"),
        ("scan.pdf", b"%PDF-1.7", "byte 0: a PDF is not read"),
        ("notes.txt", b"la la la", "byte 0: neither MIDI nor MusicXML nor Humdrum **kern nor ABC"),
        ("esc.krn", b"**kern\n4\x1b[31mcccccccccc\n*-\n", "is out of range"),
    ],
)
def test_a_broken_file_is_one_line_and_leaves_nothing(run, tmp_path: Path, name: str, content: bytes, said: str):
    (tmp_path / name).write_bytes(content)
    result = run("perform", name, "-o", "out.mid", "-o", "out.musicxml")
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith(f"error: {name}")
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stderr.strip().isprintable()
    assert result.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_pipe_and_a_device_are_refused_at_once(run, tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.mid")
    for name in ("pipe.mid", "/dev/zero"):
        result = run("perform", name, "-o", "out.mid")
        assert result.exit_code == 2
        assert result.stderr == f"error: {name}: this is not a file\n"


def test_a_damaged_file_that_can_be_read_is_performed_and_what_was_mended_is_told(run, tmp_path: Path):
    notes = b"".join(b"\0\x90%c\x50\x83\x60\x80%c\0" % (pitch, pitch) for pitch in (60, 62, 64, 65))
    (tmp_path / "cut.mid").write_bytes(b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk\xff\xff\xff\xff\0\xf1\x7f\x3c\x50" + notes)
    result = run("perform", "cut.mid")
    assert result.exit_code == 0, result.output
    assert "byte 18: a track of 4,294,967,295 bytes" in result.stderr
    assert all(line.startswith("warning: ") for line in result.stderr.splitlines())
    assert (tmp_path / "cut.performed.mid").read_bytes().startswith(b"MThd")
