"""Part the notes of one staff into an upper and a lower voice, as an engraver would write them.

What it is: the cheapest of all ways to give each chord's upper notes to voice 1 and its lower ones to voice 2. It costs
something to let the voices cross, to cut a note and tie it because another of its voice begins or ends meanwhile, to
leave voice 1 empty, to take equal notes of a chord apart, to lead a line on in the other voice, and to leap.

Conventions: notes of one voice that overlap are cut by the writer into tied chords. Where nothing overlaps, all is
voice 1.

Contents: `two_voices`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from composer.fill.playable_hands import ROLL
from composer.score import Note

_CROSSING = 8.0  # a note of the upper voice stands below all of the lower one, or the other way round
_BETWEEN = 2.0  # a note stands within a chord of the other voice
_CUT = 3.0  # for a voice in which notes are held over the beginning of others
_CUT_HEAD = 1.0  # for each head that is tied on then
_END = 2.0  # for each end of a voice's notes besides the last
_EMPTY = 2.5  # voice 2 sounds alone
_APART = 1.5  # equal notes in two voices
_ROLL_APART = 20.0  # a roll goes through one chord
_LEFT = 0.8  # a line goes on in the other voice
_LEAP = 0.02  # for each semitone
_BEAM = 16  # ways that are followed at once
_MOST_PARTED = 8  # notes of a chord that is parted anywhere; hands have no more


@dataclass(frozen=True)
class _Way:
    """One way up to some place.

    Attributes:
        cost: so far.
        sounding: (end tick, pitch) of the notes that may still sound, for each voice.
        last: (end tick, pitch) of what each voice had last, or None.
        choices: how many notes of each chord went to voice 2.
    """

    cost: float
    sounding: tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]
    last: tuple[tuple[int, int] | None, tuple[int, int] | None]
    choices: tuple[int, ...]


def two_voices(notes: Iterable[Note]) -> dict[Note, int]:
    """Return the voice of each note, 1 (upper) or 2.

    Args:
        notes: of one staff, without grace notes.
    """
    found: dict[Note, int] = {}
    for stretch in _stretches(notes):
        choices = _cheapest(stretch) if _overlap(stretch) else (0,) * len(stretch)
        for chord, count in zip(stretch, choices, strict=True):
            found |= {note: 2 if index < count else 1 for index, note in enumerate(chord)}
    return found


def _stretches(notes: Iterable[Note]) -> Iterator[list[list[Note]]]:
    """Yield what hangs together because notes are held from chord to chord; chords lowest note first."""
    ordered = sorted(notes, key=lambda note: (note.onset_tick, note.pitch, note.duration_tick))
    stretch: list[list[Note]] = []
    end_tick = 0
    for onset_tick, group in itertools.groupby(ordered, key=lambda note: note.onset_tick):
        if stretch and onset_tick >= end_tick:
            yield stretch
            stretch = []
        stretch.append(list(group))
        end_tick = max([end_tick, *(note.end_tick for note in stretch[-1])])
    if stretch:
        yield stretch


def _overlap(stretch: Sequence[Sequence[Note]]) -> bool:
    return len(stretch) > 1 or len({note.end_tick for note in stretch[0]}) > 1


def _cheapest(stretch: Sequence[Sequence[Note]]) -> tuple[int, ...]:
    ways = [_Way(0.0, ((), ()), (None, None), ())]
    for chord in stretch:
        best: dict[tuple[object, object], _Way] = {}
        for way in ways:
            for count in _counts(chord):
                new = _extended(way, chord, count)
                state = (new.sounding, new.last)
                if state not in best or new.cost < best[state].cost:
                    best[state] = new
        ways = sorted(best.values(), key=lambda way: (way.cost, way.choices))[:_BEAM]
    return ways[0].choices


def _counts(chord: Sequence[Note]) -> Sequence[int]:
    """Return how many of a chord's lowest notes may go to voice 2; a cluster is parted at its widest gaps alone."""
    if len(chord) <= _MOST_PARTED:
        return range(len(chord) + 1)
    gaps = sorted(range(1, len(chord)), key=lambda count: chord[count - 1].pitch - chord[count].pitch)
    return sorted((0, *gaps[: _MOST_PARTED - 1], len(chord)))


def _compass(notes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return the lowest and the highest pitch of (end tick, pitch)."""
    pitches = [pitch for _, pitch in notes]
    return min(pitches), max(pitches)


def _extended(way: _Way, chord: Sequence[Note], count: int) -> _Way:
    """Return a way with one chord more, whose `count` lowest notes go to voice 2."""
    onset_tick = chord[0].onset_tick
    held = [[one for one in voice if one[0] > onset_tick] for voice in way.sounding]
    fresh = [[(note.end_tick, note.pitch) for note in part] for part in (chord[count:], chord[:count])]
    cost = way.cost
    if fresh[0] and held[1]:
        lowest, highest = _compass(held[1])
        cost += sum(0.0 if new > highest else _BETWEEN if new > lowest else _CROSSING for _, new in fresh[0])
    if fresh[1] and held[0]:
        lowest, highest = _compass(held[0])
        cost += sum(0.0 if new < lowest else _BETWEEN if new < highest else _CROSSING for _, new in fresh[1])
    for mine, others, voice in ((fresh[0], fresh[1], 0), (fresh[1], fresh[0], 1)):
        if not mine:
            continue
        if held[voice]:
            cost += _CUT + _CUT_HEAD * len(held[voice])
        cost += _END * (len({end for end, _ in (*mine, *held[voice])}) - 1)
        last, other = way.last[voice], way.last[1 - voice]
        goes_on = last is not None and last[0] == onset_tick
        if not goes_on and not others and other is not None and other[0] == onset_tick:
            cost += _LEFT
        if last is not None:
            cost += _LEAP * abs(mine[-1][1] - last[1])
    if fresh[1] and not fresh[0] and not held[0]:
        cost += _EMPTY
    if fresh[0] and fresh[1] and not held[0] and not held[1] and len({end for end, _ in fresh[0] + fresh[1]}) == 1:
        cost += _APART
    if 0 < count < len(chord) and any(ROLL in note.articulations for note in chord):
        cost += _ROLL_APART
    upper, lower = (tuple(sorted(old + new)) for old, new in zip(held, fresh, strict=True))
    last_of = [max(new, default=before) for new, before in zip(fresh, way.last, strict=True)]
    return _Way(cost, (upper, lower), (last_of[0], last_of[1]), (*way.choices, count))
