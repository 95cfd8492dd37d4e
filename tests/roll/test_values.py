"""Facts about reading in other note values: exact, told, and only where the music asks for it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.roll.codec import encode
from composer.roll.grid import STEP_TICKS
from composer.roll.values import (
    compound_bars,
    halve_values,
    is_in_long_values,
    read_as_compound,
    read_on_grid,
)
from composer.score import Bar, Dynamic, Mark, Note, Part, Repeat, Score, Slur, TempoMark, make_bars, sort_notes
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER, parse_meter

QUARTER = TICKS_PER_QUARTER
EIGHTH, SIXTEENTH, TRIPLET = QUARTER // 2, QUARTER // 4, QUARTER // 3


def tune(values: list[int], *, meter: str = "4/4", pickup: int = 0) -> Score:
    """One voice of notes of these lengths, in whole bars."""
    notes, tick = [], 0
    for index, value in enumerate(values):
        notes.append(Note(tick, 60 + index % 12, value))
        tick += value
    bars = make_bars(parse_meter(meter), -(-(tick - pickup) // parse_meter(meter).bar_ticks), pickup_tick=pickup)
    return Score((Part("Violin", tuple(notes)),), bars, keys=((0, parse_key("C major")),))


def bar_of(value: int, quarters: int = 4) -> list[int]:
    return [value] * (quarters * QUARTER // value)


def valid_bars(score: Score) -> list[bool]:
    valid = encode(score).valid
    return [bool(valid[bar.onset_tick // STEP_TICKS]) for bar in score.bars]


@pytest.mark.parametrize(("simple", "compound"), [("2/4", "6/8"), ("3/4", "9/8"), ("4/4", "12/8")])
def test_triplets_throughout_are_eighths_of_a_compound_meter(simple: str, compound: str) -> None:
    quarters = parse_meter(simple).beats
    score = tune(bar_of(TRIPLET, quarters) * 4 + [quarters * QUARTER], meter=simple)
    reading = read_on_grid(score)
    assert reading.told == (f"bars 1 to 5: {simple} read as {compound}",)
    assert {str(bar.meter) for bar in reading.score.bars} == {compound}
    assert {note.duration_tick for note in reading.score.parts[0].notes[:-1]} == {EIGHTH}
    assert not any(valid_bars(score)[:-1])
    assert all(valid_bars(reading.score))


def test_two_against_three_are_dotted_eighths() -> None:
    score = tune(bar_of(TRIPLET) * 4 + bar_of(EIGHTH) + bar_of(TRIPLET) * 4)
    notes = read_on_grid(score).score.parts[0].notes
    assert {note.duration_tick for note in notes} == {EIGHTH, 3 * SIXTEENTH}


def test_a_section_has_one_subdivision() -> None:
    sixteenths, triplets = bar_of(SIXTEENTH), bar_of(TRIPLET)
    assert compound_bars(tune(sixteenths * 6 + triplets * 6 + sixteenths * 6)) == [False] * 6 + [True] * 6 + [False] * 6
    assert not any(compound_bars(tune(sixteenths * 6 + triplets * 3 + sixteenths * 6))), "three bars are masked"
    assert compound_bars(tune(triplets * 6 + sixteenths + triplets * 6)) == [True] * 13, "so is one bar of sixteenths"


def test_music_that_fits_both_is_read_as_it_is_written() -> None:
    score = tune(bar_of(EIGHTH) * 3 + bar_of(QUARTER) * 3)
    reading = read_on_grid(score)
    assert reading.score is score
    assert reading.told == ()


@pytest.mark.parametrize("meter", ["6/8", "5/4", "3/8"])
def test_other_meters_stay_as_they_are(meter: str) -> None:
    score = tune([TRIPLET] * 30, meter=meter)
    assert read_as_compound(score, [True] * len(score.bars)) is score


def test_everything_moves_with_the_notes() -> None:
    score = tune(bar_of(SIXTEENTH) * 4 + bar_of(TRIPLET) * 4 + bar_of(SIXTEENTH) * 4)
    bar = 4 * QUARTER
    score = Score(
        score.parts,
        score.bars,
        keys=((0, parse_key("C major")), (8 * bar, parse_key("G major"))),
        tempos=(TempoMark(4 * bar, 100), TempoMark(8 * bar, 90)),
        dynamics=(Dynamic(5 * bar, "cresc", 6 * bar), Dynamic(8 * bar, "f")),
        marks=(Mark(8 * bar, "B"),),
        slurs=(Slur(4 * bar, 5 * bar),),
        repeats=(Repeat(4 * bar, 8 * bar, endings=((7 * bar, 8 * bar, (1,)),)),),
        fermata_ticks=(4 * bar + TRIPLET,),
    )
    wide = 6 * QUARTER
    moved = read_as_compound(score)
    later = 4 * bar + 4 * wide
    assert [tick for tick, _ in moved.keys] == [0, later]
    assert [(mark.tick, mark.beat_bpm) for mark in moved.tempos] == [(4 * bar, 100), (later, 90)]
    assert [(sign.tick, sign.end_tick) for sign in moved.dynamics] == [
        (4 * bar + wide, 4 * bar + 2 * wide),
        (later, None),
    ]
    assert moved.marks[0].tick == later
    assert (moved.slurs[0].onset_tick, moved.slurs[0].end_tick) == (4 * bar, 4 * bar + wide)
    assert moved.repeats[0] == Repeat(4 * bar, later, endings=((4 * bar + 3 * wide, later, (1,)),))
    assert moved.fermata_ticks == (4 * bar + EIGHTH,)
    assert moved.end_tick == later + 4 * bar


def test_breves_are_read_at_half_their_values() -> None:
    score = tune([2 * QUARTER] * 60 + [QUARTER, QUARTER, 8 * QUARTER], meter="4/2")
    reading = read_on_grid(score)
    assert reading.told == ("read at halved note values",)
    assert {str(bar.meter) for bar in reading.score.bars} == {"4/4"}
    assert [note.duration_tick for note in reading.score.parts[0].notes[:2]] == [QUARTER, QUARTER]
    assert read_on_grid(score, values="written").score is score
    assert read_on_grid(tune(bar_of(EIGHTH) * 4), values="halved").score.parts[0].notes[0].duration_tick == SIXTEENTH


def test_long_values_are_bars_of_breves_without_sixteenths() -> None:
    quarters, halves = [QUARTER] * 80, [2 * QUARTER] * 40
    assert is_in_long_values(tune(halves, meter="4/2"))
    assert is_in_long_values(tune(quarters, meter="2/1"))
    assert not is_in_long_values(tune(quarters + bar_of(SIXTEENTH, 8), meter="4/2"))
    assert not is_in_long_values(tune(halves, meter="4/4")), "a chorale in halves is a chorale"


@pytest.mark.parametrize(
    ("meter", "values", "read_as", "bpm"),
    [
        ("4/4", "auto", "12/8", 60),
        ("2/2", "auto", "12/8", 120),
        ("4/4", "halved", "4/8", 60),
        ("6/4", "halved", "6/8", 20),
        ("2/1", "halved", "4/4", 120),
    ],
)
def test_a_tempo_keeps_the_speed_of_its_beat(meter: str, values: str, read_as: str, bpm: float) -> None:
    quarters = parse_meter(meter).bar_ticks // QUARTER
    value = TRIPLET if values == "auto" else QUARTER
    score = replace(tune(bar_of(value, quarters) * 6, meter=meter), tempos=(TempoMark(0, 60),))
    read = read_on_grid(score, values=values).score
    assert str(read.bars[0].meter) == read_as
    assert read.tempos[0].beat_bpm == bpm


def test_a_meter_over_thirty_two_cannot_be_halved() -> None:
    score = tune([SIXTEENTH] * 9, meter="3/32")
    assert halve_values(score) is score


def test_an_upbeat_beside_the_grid_spoils_its_own_bar_only() -> None:
    upbeat = SIXTEENTH // 2
    score = tune([upbeat, *bar_of(SIXTEENTH) * 4], pickup=upbeat)
    reading = read_on_grid(score)
    assert not any(valid_bars(score))
    assert valid_bars(reading.score) == [False, True, True, True, True]
    assert reading.told == ("bars that are no whole number of sixteenths long were filled up: 1",)
    assert [note.pitch for note in reading.score.parts[0].notes] == [note.pitch for note in score.parts[0].notes]


@st.composite
def scores(draw: st.DrawFn) -> Score:
    """Two parts of any notes in bars of simple meters, ties over the bar lines included."""
    bars: list[Bar] = []
    for number in range(draw(st.integers(1, 8))):
        meter = parse_meter(draw(st.sampled_from(["2/4", "3/4", "4/4", "2/2", "6/8", "3/8"])))
        bars.append(Bar(number + 1, bars[-1].end_tick if bars else 0, meter.bar_ticks, meter))
    unit = draw(st.sampled_from([TRIPLET // 2, TRIPLET, SIXTEENTH, EIGHTH]))
    parts = []
    for _ in range(2):
        notes = []
        for _ in range(draw(st.integers(0, 12))):
            onset = draw(st.integers(0, bars[-1].end_tick // unit - 1)) * unit
            longest = max(1, min(8, (bars[-1].end_tick - onset) // unit))
            notes.append(Note(onset, draw(st.integers(40, 80)), draw(st.integers(1, longest)) * unit))
        parts.append(Part("", sort_notes(notes)))
    return Score(tuple(parts), tuple(bars))


@settings(max_examples=60, deadline=None)
@given(scores(), st.lists(st.booleans(), min_size=8, max_size=8))
def test_notes_keep_their_order_and_their_places_in_the_bar(score: Score, chosen: list[bool]) -> None:
    moved = read_as_compound(score, chosen[: len(score.bars)])
    for before, after in zip(score.bars, moved.bars, strict=True):
        assert after.duration_tick == after.meter.bar_ticks
        assert before.meter.beats == after.meter.beats or str(before.meter) == "2/2"
    for before_part, after_part in zip(score.parts, moved.parts, strict=True):
        assert [note.pitch for note in before_part.notes] == [note.pitch for note in after_part.notes]
        for before, after in zip(before_part.notes, after_part.notes, strict=True):
            for old, new in ((before.onset_tick, after.onset_tick), (before.end_tick, after.end_tick)):
                assert place_of(score, old) == place_of(moved, new)


def place_of(score: Score, tick: int) -> tuple[int, Fraction]:
    """(bar, share of it)."""
    if tick == score.end_tick:
        return len(score.bars), Fraction(0)
    bar = score.bar_at(tick)
    return score.bar_index_at(tick), Fraction(tick - bar.onset_tick, bar.duration_tick)


@settings(max_examples=60, deadline=None)
@given(scores())
def test_no_bar_is_lost_by_reading(score: Score) -> None:
    assert sum(valid_bars(read_on_grid(score, values="written").score)) >= sum(valid_bars(score))
