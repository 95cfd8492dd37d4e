"""Sampled cells → notes of hands that people can play.

What it is: the network says how likely each note is the upper hand's; here code decides, so that no hand crosses
the other and stretches stay in reach.

Conventions: cells are bool [step, pitch]; notes come out as `score.Note` with ticks counted from `start_tick`.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from composer.fill.bar import HAND_SPAN
from composer.roll.codec import BoolArray, Roll, decode
from composer.roll.grid import LOWEST_PITCH, NO_HAND, STEP_TICKS
from composer.score import LOWER_STAFF, UPPER_STAFF, Note, sort_notes

_STRETCH_COST = 1.5  # nats for each semitone beyond a span
_TRAVEL_COST = 0.06  # nats for each semitone that a hand's nearest note moves
_MIN_PROBABILITY = 0.02
_TUNE_COST = 8.0  # nats for a note of the tune in the left hand


def cells_to_notes(play: BoolArray, articulate: BoolArray, *, low_pitch: int, start_tick: int = 0) -> tuple[Note, ...]:
    """Return the notes of a stretch of cells, all on the upper staff.

    Args:
        play, articulate: bool [step, pitch]; pitch index 0 is MIDI `low_pitch`.
        low_pitch: see above.
        start_tick: of the first step.
    """
    no_hand = np.full(play.shape, NO_HAND, np.int8)
    notes = decode(Roll(play, articulate, no_hand, no_hand, np.ones(len(play), bool)), start_tick=start_tick)
    return tuple(replace(note, pitch=note.pitch - LOWEST_PITCH + low_pitch) for note in notes)


def split_hands(
    notes: Sequence[Note],
    upper_hand: NDArray[np.float32],
    *,
    low_pitch: int,
    start_tick: int = 0,
    tune: Collection[tuple[int, int]] = (),
) -> tuple[Note, ...]:
    """Give each note a staff: 1 for the right hand, 2 for the left.

    At each onset the sounding notes are cut in two, low and high; the cut is the one with the least cost of
    disagreement with the network, of stretches beyond a tenth or so, and of travel. Held notes keep their hand; a given
    tune is the right hand's.

    Args:
        notes: sorted by onset, then pitch.
        upper_hand: float32 [step, pitch]; probability that the upper hand plays the note that is struck there.
        low_pitch: MIDI number of pitch index 0.
        start_tick: of the first step.
        tune: (onset tick, pitch) of the notes of a given tune.
    """
    done: list[Note] = []
    held: list[Note] = []
    centers = {LOWER_STAFF: 50.0, UPPER_STAFF: 69.0}
    for onset, group in itertools.groupby(
        sorted(notes, key=lambda n: (n.onset_tick, n.pitch)), key=lambda n: n.onset_tick
    ):
        fresh = list(group)
        held = [note for note in held if note.end_tick > onset]
        step = (onset - start_tick) // STEP_TICKS
        best_cost, best_cut = float("inf"), 0
        for cut in range(len(fresh) + 1):
            cost = _cut_cost(fresh, cut, held, centers)
            for index, note in enumerate(fresh):
                likely = float(
                    np.clip(upper_hand[step, note.pitch - low_pitch], _MIN_PROBABILITY, 1 - _MIN_PROBABILITY)
                )
                cost -= float(np.log(likely if index >= cut else 1 - likely))
                cost += _TUNE_COST * (index < cut and (onset, note.pitch) in tune)
            if cost < best_cost - 1e-9:
                best_cost, best_cut = cost, cut
        placed = [
            replace(note, staff=LOWER_STAFF if index < best_cut else UPPER_STAFF) for index, note in enumerate(fresh)
        ]
        for staff in (LOWER_STAFF, UPPER_STAFF):
            pitches = [note.pitch for note in (*placed, *held) if note.staff == staff]
            if pitches:
                centers[staff] = float(np.mean(pitches))
        done += placed
        held += placed
    return sort_notes(done)


def _cut_cost(fresh: list[Note], cut: int, held: list[Note], centers: dict[int, float]) -> float:
    """Return the cost in nats of giving the first `cut` fresh notes to the left hand."""
    cost = 0.0
    hands = {LOWER_STAFF: fresh[:cut], UPPER_STAFF: fresh[cut:]}
    spans: dict[int, tuple[int, int]] = {}
    for staff, mine in hands.items():
        pitches = [note.pitch for note in mine] + [note.pitch for note in held if note.staff == staff]
        if not pitches:
            continue
        spans[staff] = (min(pitches), max(pitches))
        cost += _STRETCH_COST * max(0, max(pitches) - min(pitches) - HAND_SPAN)
        if mine:
            cost += _TRAVEL_COST * abs(float(np.mean([note.pitch for note in mine])) - centers[staff])
    if len(spans) == 2:
        cost += 0.5 * max(0, spans[LOWER_STAFF][1] - spans[UPPER_STAFF][0])  # hands that cross
    return cost
