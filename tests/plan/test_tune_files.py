"""A theme may be a file beside the plan."""

from __future__ import annotations

from pathlib import Path

import mido
import pytest

from composer.errors import ThemeError
from composer.plan.model import ThemeEntry
from composer.plan.tunes import pinned_tune
from composer.theory.key import parse_key
from composer.theory.meter import parse_meter


def tune(folder: Path, file: str, *, key: str = "G major", meter: str = "3/4"):
    entry = ThemeEntry(file=file)
    return pinned_tune("refrain", entry, key=parse_key(key), meter=parse_meter(meter), folder=folder)


def write_midi(path: Path, pitches: list[int], *, key: str, quarters: int = 1) -> None:
    """A line of equal notes in 3/4."""
    file = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    file.tracks.append(track)
    track.append(mido.MetaMessage("time_signature", numerator=3, denominator=4))
    track.append(mido.MetaMessage("key_signature", key=key))
    for pitch in pitches:
        track.append(mido.Message("note_on", note=pitch, velocity=80, time=0))
        track.append(mido.Message("note_off", note=pitch, velocity=0, time=480 * quarters))
    file.save(path)


def test_a_midi_file_is_moved_to_the_themes_key(tmp_path):
    write_midi(tmp_path / "tune.mid", [62, 66, 69, 74, 69, 66], key="D")
    found = tune(tmp_path, "tune.mid")
    assert [note.pitch for note in found.melody.notes] == [67, 71, 74, 79, 74, 71]
    assert found.bars == 2


@pytest.mark.parametrize(
    "text",
    [
        "X:1\nT:My tune\nM:3/4\nL:1/8\nK:D\nD2 F2 A2 | d6\n",
        "M:3/4\nL:1/4\nK:D\nD F A | d3 |]\n",  # any unit length
        "K:D\nD2 F2 A2 | d6\n",  # the plan's meter
        "G2 B2 d2 | g6\n",  # a body alone: the theme's key, too
    ],
)
def test_an_abc_file_may_have_a_header(text, tmp_path):
    (tmp_path / "tune.abc").write_text(text)
    assert [note.pitch for note in tune(tmp_path, "tune.abc").melody.notes] == [67, 71, 74, 79]


def test_an_abc_file_is_read_with_its_repeats_and_upbeat(tmp_path):
    (tmp_path / "tune.abc").write_text("X:1\nM:3/4\nL:1/4\nK:G\nD |: G B d :| g3 |]\n")
    found = tune(tmp_path, "tune.abc").melody
    assert [note.pitch for note in found.notes] == [62, *(67, 71, 74), *(67, 71, 74), 79]
    assert found.pickup_tick == found.notes[1].duration_tick


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("M:4/4\nK:G\nG8", "the file is in 4/4, the plan in 3/4"),
        ("K:H\nG6", 'the key "H" cannot be read'),
        ("K:E minor\nG6", "say key: i at the theme"),
        ("K:G\nG2 B2 d2 | G2 B2 d3 | G6", "bar 2 has 3.5 quarters"),
        ("G2 B2 d2 |\nG2 B2 d3", r"tune\.abc:2:7"),
        ("X:1\nK:G\nG6\n\nX:2\nK:G\nG6\n", "the file holds 2 tunes"),
        ("X:1\nK:G\nz6\n", "there is no note"),
    ],
)
def test_an_abc_file_that_does_not_fit_is_refused(text, words, tmp_path):
    (tmp_path / "tune.abc").write_text(text)
    with pytest.raises(ThemeError, match=words):
        tune(tmp_path, "tune.abc")


def test_a_file_in_another_meter_is_refused(tmp_path):
    write_midi(tmp_path / "tune.mid", [67] * 4, key="G")
    with pytest.raises(ThemeError, match="the file is in 3/4, the plan in 4/4"):
        tune(tmp_path, "tune.mid", meter="4/4")


def test_what_is_no_music_is_refused(tmp_path):
    (tmp_path / "tune.txt").write_text("G2")
    (tmp_path / "tune.mid").write_bytes(b"MThd")
    with pytest.raises(ThemeError, match="is no music file"):
        tune(tmp_path, "tune.txt")
    with pytest.raises(ThemeError):
        tune(tmp_path, "tune.mid")


def test_voices_have_one_upbeat(tmp_path):
    entry = ThemeEntry(voices=("D2 | G6", "G6"))
    with pytest.raises(ThemeError, match="different upbeats"):
        pinned_tune("refrain", entry, key=parse_key("G major"), meter=parse_meter("3/4"), folder=tmp_path)
