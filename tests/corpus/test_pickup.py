"""Pickups heard in the notes."""

from __future__ import annotations

import pytest

from composer.corpus.pickup import candidate_ticks, find_pickup
from composer.score import Note
from composer.theory.meter import TICKS_PER_QUARTER as Q
from composer.theory.meter import Meter

# A tune in G over a bass in whole bars, I IV V I: (quarter in the bar, length, pitch) for each bar.
HARMONY = [(43, (67, 71, 74)), (48, (67, 72, 76)), (50, (66, 69, 74)), (43, (67, 71, 74))]


def piece(meter: Meter, pickup_quarters: float, *, bars: int = 16) -> tuple[list[Note], int]:
    """Chords on the downbeats, a moving tune, and the same tune's upbeat before the first bar."""
    beats = meter.bar_ticks // Q
    notes = []
    if pickup_quarters:
        notes.append(Note(0, 74, round(pickup_quarters * Q)))
    start = round(pickup_quarters * Q)
    for bar in range(bars):
        bass, chord = HARMONY[bar % 4]
        onset = start + bar * meter.bar_ticks
        last = bar == bars - 1
        length = meter.bar_ticks - start if last else meter.bar_ticks
        notes.append(Note(onset, bass, length))
        notes.append(Note(onset, chord[2], length if last else Q))
        if not last:
            notes += [Note(onset + beat * Q, chord[beat % 3], Q) for beat in range(1, beats)]
    return notes, max(note.end_tick for note in notes)


@pytest.mark.parametrize("meter", [Meter(3, 4), Meter(4, 4)])
@pytest.mark.parametrize("pickup_quarters", [0, 1])
def test_bass_and_harmony_tell_the_bar_line(meter, pickup_quarters):
    notes, end_tick = piece(meter, pickup_quarters)
    guess = find_pickup(notes, meter, end_tick=end_tick)
    assert guess.pickup_tick == pickup_quarters * Q
    assert guess.confidence > 0.5


def test_too_little_music_is_not_judged():
    guess = find_pickup([Note(0, 60, Q), Note(Q, 62, Q)], Meter(4, 4), end_tick=2 * Q)
    assert (guess.pickup_tick, guess.confidence) == (0, 0.0)


def test_candidates_are_places_where_something_begins():
    notes = [Note(0, 60, Q), Note(Q, 62, Q // 2), Note(Q * 3 // 2, 64, Q)]
    assert candidate_ticks(notes, Meter(3, 4)) == (0, Q, Q * 3 // 2)
