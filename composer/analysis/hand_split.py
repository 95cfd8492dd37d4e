"""The hand of each note of a keyboard part on one staff: what a note's surroundings say, then what hands can do.

What it is: a logistic regression on where a note lies among the notes round it (nine features, fitted to every second
one of 206 keyboard pieces with two staves, 1700 to 1910), then the cheapest path of splits from onset to onset: below
the split the lower hand, with a price for what a hand cannot hold. After the two merged lines of Nakamura, Ono and
Sagayama (2014); features and weights are our own.

Conventions: hands are 0 (lower) and 1 (upper). Intervals in features are in octaves, log-odds are natural and speak for
the upper hand. Arrays are [note] or [note, neighbour].
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from composer.analysis.frames import Floats, Integers
from composer.score import Note
from composer.theory.meter import TICKS_PER_QUARTER

_NEIGHBOURS = 60  # notes before and after that are looked at
_WINDOW_QUARTERS = 6.0  # the same, in time
_CHUNK = 4096  # notes whose surroundings are held in memory together
# For each time constant in quarters: what a note says that lies an octave above the mean of its surroundings, and one
# that lies above all of them.
_SURROUNDINGS = ((0.5, 2.8, -2.7), (2.0, 1.55, 4.0), (5.0, 1.3, -4.6))
_REGISTER_WEIGHT = 0.9  # for each octave above middle C
_CHORD_WEIGHT = 1.85  # for each octave above the middle of what sounds
_EDGE_WEIGHT = 0.6  # nothing sounds above; the opposite, below
_MIDDLE_PITCH = 60
_MAX_LOG_ODDS = 5.0

_HAND_SPAN_SEMITONES = 14  # a ninth: what one hand holds
_REACH_COST = 1.0  # for each semitone beyond
_MOVE_COST = 0.03  # for each semitone of a chord from the hand's centre
_FOLLOW = 0.5  # how far the centre goes with each chord


def split_hands(notes: Sequence[Note]) -> tuple[int, ...]:
    """Return the hand of each note; `notes` are sorted by onset, then pitch, as `Score.notes` gives them."""
    sounding = [place for place, note in enumerate(notes) if not note.is_grace]
    if not sounding:
        return (1,) * len(notes)
    found = dict(zip(sounding, _cheapest_hands([notes[place] for place in sounding]), strict=True))
    return tuple(
        found[place] if place in found else found[_near(notes, sounding, place)] for place in range(len(notes))
    )


def _near(notes: Sequence[Note], sounding: Sequence[int], grace: int) -> int:
    """Return the note behind a grace note, or the last one."""
    later = [place for place in sounding if notes[place].onset_tick >= notes[grace].onset_tick] or sounding[-1:]
    first = notes[later[0]].onset_tick
    struck = itertools.takewhile(lambda place: notes[place].onset_tick == first, later)
    return min(struck, key=lambda place: abs(notes[place].pitch - notes[grace].pitch))


def _log_odds(notes: Sequence[Note]) -> Floats:
    """Return [note] the log-odds of the upper hand, by the surroundings of each note."""
    onset = np.array([note.onset_tick for note in notes]) / TICKS_PER_QUARTER
    end = np.array([note.end_tick for note in notes]) / TICKS_PER_QUARTER
    pitch = np.array([note.pitch for note in notes], dtype=np.float64)
    parts = [
        _log_odds_of(np.arange(first, min(first + _CHUNK, len(notes))), onset, end, pitch)
        for first in range(0, len(notes), _CHUNK)
    ]
    return np.clip(np.concatenate(parts), -_MAX_LOG_ODDS, _MAX_LOG_ODDS)


def _log_odds_of(rows: Integers, onset: Floats, end: Floats, pitch: Floats) -> Floats:
    other = rows[:, None] + np.arange(-_NEIGHBOURS, _NEIGHBOURS + 1)  # [note, neighbour]
    known = (other >= 0) & (other < len(onset))
    other = other.clip(0, len(onset) - 1)
    now, own = onset[rows][:, None], pitch[rows][:, None]
    apart = np.abs(onset[other] - now)
    known &= apart <= _WINDOW_QUARTERS
    above = own - pitch[other]  # semitones
    total = _REGISTER_WEIGHT * (pitch[rows] - _MIDDLE_PITCH) / 12
    for quarters, octave_weight, rank_weight in _SURROUNDINGS:
        weight = np.exp(-apart / quarters) * known
        weight /= weight.sum(axis=1, keepdims=True)  # a note is its own neighbour, so that there is always one
        total += octave_weight * (weight * above).sum(axis=1) / 12 + rank_weight * (weight * np.sign(above)).sum(axis=1)
    sounds = known & (onset[other] <= now) & (end[other] > now)
    highest, lowest = (edge.min(axis=1) for edge in (np.where(sounds, above, np.inf), np.where(sounds, -above, np.inf)))
    # Intervals up to the highest sounding note (0 or negative as `above`) and down to the lowest.
    total += _CHORD_WEIGHT * (highest - lowest) / 24
    total += _EDGE_WEIGHT * ((highest == 0).astype(np.float64) - (lowest == 0))
    return total


@dataclass(frozen=True)
class _Path:
    """The cheapest way to one split of an onset: its cost, the hands after it, and the way there.

    Attributes:
        centres: of the lower and the upper hand, pitches.
        held: (pitch, end tick) of what each hand holds.
        split: how many notes of the onset, from below, the lower hand takes.
    """

    cost: float
    centres: tuple[float, float]
    held: tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]
    split: int = 0
    before: _Path | None = None


def _cheapest_hands(notes: Sequence[Note]) -> Iterator[int]:
    """Return the hands of the cheapest path of splits."""
    odds = _log_odds(notes).tolist()
    paths = [_Path(0.0, (_MIDDLE_PITCH - 10.0, _MIDDLE_PITCH + 10.0), ((), ()))]
    sizes: list[int] = []
    place = 0
    for _, group in itertools.groupby(notes, key=lambda note: note.onset_tick):
        struck = list(group)
        here = odds[place : place + len(struck)]
        paths = [_split(paths, struck, here, split) for split in range(len(struck) + 1)]
        sizes.append(len(struck))
        place += len(struck)
    hands: list[int] = []
    path: _Path | None = min(paths, key=lambda candidate: candidate.cost)
    for size in reversed(sizes):
        assert path is not None  # there is one path object for each onset
        hands += [0 if place < path.split else 1 for place in reversed(range(size))]
        path = path.before
    return reversed(hands)


def _split(paths: Sequence[_Path], struck: Sequence[Note], odds: Sequence[float], split: int) -> _Path:
    """Return the cheapest of the paths, gone on with a split."""
    tick = struck[0].onset_tick
    evidence = (sum(odds[:split]) - sum(odds[split:])) / 2
    groups = ([note.pitch for note in struck[:split]], [note.pitch for note in struck[split:]])
    best, best_cost = paths[0], float("inf")
    for path in paths:
        cost = path.cost
        for pitches, centre, held in zip(groups, path.centres, path.held, strict=True):
            if pitches:
                sounding = [pitch for pitch, end in held if end > tick]
                span = (
                    max(pitches[-1], *sounding) - min(pitches[0], *sounding) if sounding else pitches[-1] - pitches[0]
                )
                cost += _REACH_COST * max(0, span - _HAND_SPAN_SEMITONES)
                cost += _MOVE_COST * abs(sum(pitches) / len(pitches) - centre)
        if cost < best_cost:
            best, best_cost = path, cost
    lower, upper = (
        centre + _FOLLOW * (sum(pitches) / len(pitches) - centre) if pitches else centre
        for pitches, centre in zip(groups, best.centres, strict=True)
    )
    low, high = (
        (*(row for row in held if row[1] > tick), *((note.pitch, note.end_tick) for note in mine))
        for held, mine in zip(best.held, (struck[:split], struck[split:]), strict=True)
    )
    return _Path(best_cost + evidence, (lower, upper), (low, high), split, best)
