"""ABC notation and melodies are an inverse pair."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.abc import UNIT_TICKS, Melody, MelodyNote, format_abc, parse_abc
from composer.errors import ThemeError
from composer.theory.key import parse_key
from composer.theory.meter import parse_meter

G = parse_key("G major")
WALTZ = parse_meter("3/4")


def read(text: str, *, key: str = "G major", meter: str = "3/4") -> Melody:
    return parse_abc(text, key=parse_key(key), meter=parse_meter(meter))


def pitches(melody: Melody) -> list[int]:
    return [note.pitch for note in melody.notes]


def eighths(melody: Melody) -> list[tuple[float, float]]:
    return [(note.onset_tick / UNIT_TICKS, note.duration_tick / UNIT_TICKS) for note in melody.notes]


def test_a_tune_in_three_four():
    melody = read("G2 B2 d2 | c2 A2 F2 | G2 B2 e2 | d4 z2")
    assert pitches(melody) == [67, 71, 74, 72, 69, 66, 67, 71, 76, 74]  # F is sharp in G major
    assert melody.end_tick == 4 * WALTZ.bar_ticks
    assert melody.bars(WALTZ) == 4


def test_octaves_and_accidentals():
    assert pitches(read("C, C c c' ^C _B =F z", key="C major", meter="4/4")) == [48, 60, 72, 84, 61, 70, 65]


def test_an_accidental_holds_to_the_bar_line():
    assert pitches(read("^G2 G4 | G6", key="C major")) == [68, 68, 67]


def test_an_upbeat_comes_before_tick_zero():
    melody = read("D2 | G4 B2 | d4")
    assert melody.pickup_tick == 2 * UNIT_TICKS
    assert melody.notes[0].onset_tick == -2 * UNIT_TICKS
    assert melody.notes[1].onset_tick == 0


def test_a_tie_makes_one_note():
    melody = read("G4 B2- | B2 A4")
    assert eighths(melody) == [(0, 4), (4, 4), (8, 4)]


def test_a_tie_carries_its_accidental_over_the_bar():
    assert pitches(read("G4 ^A2- | A2 B4")) == [67, 70, 71]


def test_broken_rhythm_and_triplets():
    assert [note.onset_tick for note in read("G>A B2 (3cBA").notes] == [0, 7560, 10080, 20160, 23520, 26880]


def test_x_leaves_a_place_free_and_z_does_not():
    melody = read("G2 x2 z2 | x6")
    assert melody.free == ((2 * UNIT_TICKS, 4 * UNIT_TICKS), (6 * UNIT_TICKS, 12 * UNIT_TICKS))


def test_slurs_and_comments_are_passed_over():
    assert pitches(read("(G2 B2) d2 % the head\n| c6")) == [67, 71, 74, 72]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("c6 | G2 B2 d | c6", "this bar has 5 eighths"),
        ("G2 B2 d4", "or more"),
        ("[GB]2", "a chord or field"),
        ("{g}A2", "a grace note"),
        ("|: G2 :|", "a repeat"),
        ('"G"G2', "a chord symbol"),
        ("H2", '"H" is not ABC'),
        ("G2-A2", "a tie to another pitch"),
        ("G2- z2", "a tie into a rest"),
        ("G6-", "a tie that leads nowhere"),
        ("-G2", "a tie without a note"),
        ("G0", "no length"),
        ("c''''''2", "out of range"),
        ("   ", "an empty melody"),
    ],
)
def test_what_is_not_a_tune_is_refused(text, words):
    with pytest.raises(ThemeError, match=words):
        read(text)


def test_the_place_of_an_error_is_named():
    with pytest.raises(ThemeError, match=r"t\.abc:3:4 bar 2 of the melody"):
        parse_abc("G2 B2 d2 |\nc2 H2", key=G, meter=WALTZ, source="t.abc", line=2)


@st.composite
def melodies(draw) -> tuple[Melody, str, str]:
    meter = draw(st.sampled_from(["2/4", "3/4", "4/4", "6/8"]))
    key = draw(st.sampled_from(["C major", "G major", "Eb major", "F# minor", "C minor", "B major"]))
    bar = parse_meter(meter).bar_ticks
    # An upbeat shorter than a bar; events of whole 32nds, or triplets of an eighth.
    pickup = draw(st.sampled_from([0, UNIT_TICKS, 2 * UNIT_TICKS]))
    time, end = -pickup, draw(st.integers(2, 4)) * bar
    notes: list[MelodyNote] = []
    free: list[tuple[int, int]] = []
    while time < end:
        length = min(end - time, draw(st.integers(1, 24)) * UNIT_TICKS // draw(st.sampled_from([1, 2, 3, 4])))
        kind = draw(st.sampled_from(["note", "note", "note", "rest", "free"]))
        if kind == "note":
            notes.append(MelodyNote(time, length, draw(st.integers(36, 96))))
        elif kind == "free" and free and free[-1][1] == time:
            free[-1] = (free[-1][0], time + length)
        elif kind == "free":
            free.append((time, time + length))
        time += length
    return Melody(tuple(notes), end, pickup, tuple(free)), key, meter


@settings(max_examples=200, deadline=None)
@given(melodies())
def test_writing_and_reading_are_inverse(example):
    melody, key, meter = example
    text = format_abc(melody, key=parse_key(key), meter=parse_meter(meter))
    assert parse_abc(text, key=parse_key(key), meter=parse_meter(meter)) == melody
