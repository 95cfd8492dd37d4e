"""Standard MIDI files, sound and damaged."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from composer.corpus.midi.smf import parse_smf
from composer.corpus.reader import read_bytes
from composer.errors import MusicFileError

NOTES = [(0, 1, 60), (1, 1, 62), (2, 2, 64)]


def rows(data: bytes) -> list[tuple[int, int, int]]:
    return [(n.onset_tick, n.end_tick, n.pitch) for t in parse_smf(data, "x.mid").tracks for n in t.notes]


def test_notes_meters_and_names(midi):
    smf = parse_smf(midi(NOTES, names=["right"], meters=[(0, 3, 2)]), "x.mid")
    assert [(n.onset_tick, n.end_tick, n.pitch) for n in smf.tracks[1].notes] == [
        (0, 480, 60),
        (480, 960, 62),
        (960, 1920, 64),
    ]
    assert smf.meters == [(0, 3, 4)]
    assert smf.tracks[1].name == "right"
    assert smf.warnings == []


def test_a_repeated_note_is_two_notes(midi):
    assert rows(midi([(0, 1, 60), (1, 1, 60)])) == [(0, 480, 60), (480, 960, 60)]


def test_a_note_that_is_never_ended_ends_with_its_track(midi):
    data = midi(NOTES).replace(bytes([0x80, 64, 0]), bytes([0xB0, 64, 0]))
    smf = parse_smf(data, "x.mid")
    assert smf.tracks[1].notes[-1].end_tick == 1920
    assert any("never ended" in warning for warning in smf.warnings)


def test_running_status_and_note_on_with_velocity_0():
    body = bytes([0, 0x90, 60, 80, 96, 60, 0, 0, 62, 80, 96, 62, 0, 0, 0xFF, 0x2F, 0])
    data = b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk" + len(body).to_bytes(4, "big") + body
    assert rows(data) == [(0, 96, 60), (96, 192, 62)]


def test_a_truncated_file_keeps_what_it_can_and_names_the_byte(midi):
    data = midi(NOTES)
    smf = parse_smf(data[:-8], "x.mid")
    assert len(smf.tracks[-1].notes) == 3
    assert any(warning.startswith("byte ") for warning in smf.warnings)


def test_a_truncated_file_without_a_note_is_an_error_that_names_the_byte(midi):
    data = midi(NOTES)
    at = data.rindex(b"MTrk") + 10
    with pytest.raises(MusicFileError, match=rf"x\.mid byte {at}: no note could be read"):
        parse_smf(data[:at], "x.mid")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: b"", "byte 0: no MIDI header"),
        (lambda d: d[:9] + b"\2" + d[10:], "type 2"),
        (lambda d: d[:12] + b"\0\0" + d[14:], "0 ticks a quarter"),
        (lambda d: d[:10], "middle of its header"),
    ],
)
def test_what_is_no_song_is_refused(midi, change, said):
    with pytest.raises(MusicFileError, match=said):
        parse_smf(change(midi(NOTES)), "x.mid")


@pytest.mark.parametrize("before", [b"RIFF\0\0\0\0RMIDdata\0\0\0\0", b"\0" * 128])
def test_what_stands_before_the_header_is_skipped(midi, before):
    assert rows(before + midi(NOTES)) == rows(midi(NOTES))


@pytest.mark.parametrize(
    "event",
    [
        bytes([0xFF, 0x59, 2, 0xF8, 0]),  # eight flats
        bytes([0xFF, 0x59, 2, 0, 9]),  # a mode that does not exist
        bytes([0xFF, 0x59, 1, 0]),  # too short
        bytes([0xFF, 0x58, 4, 0, 0, 24, 8]),  # 0/1
        bytes([0xFF, 0x58, 4, 4, 255, 24, 8]),
        bytes([0xFF, 0x51, 3, 0, 0, 0]),  # infinitely fast
    ],
)
def test_a_bad_sign_is_ignored_not_the_file(midi, event):
    smf = parse_smf(midi(NOTES, meta=[(0, event)]), "x.mid")
    assert len(smf.tracks[1].notes) == 3
    assert any("does not exist" in warning for warning in smf.warnings)


def test_20_000_overlapping_notes_on_one_pitch_are_read_in_linear_time(midi):
    data = midi([(i / 480, 100, 60) for i in range(20_000)])
    start = time.perf_counter()
    assert len(rows(data)) == 20_000
    assert time.perf_counter() - start < 3


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.integers(0, 60),
)
def test_any_damage_ends_in_a_score_or_in_one_error_of_ours(midi, changes, cut):
    data = bytearray(midi(NOTES, NOTES, names=["upper", "lower"]))
    for place, byte in changes:
        data[place % len(data)] = byte
    try:
        result = read_bytes(bytes(data[: len(data) - cut]), "x.mid")
    except MusicFileError:
        return
    assert all(note.duration_tick > 0 or note.is_grace for part in result.score.parts for note in part.notes)
