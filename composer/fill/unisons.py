"""A choir has no rests: a voice that the cells leave out sings what sounds already, in its own place.

What it is: two voices on one pitch are one cell, so of four voices three may be seen (one chord in fifteen of Bach's
chorales). `doubled` gives the fourth a line again, of pitch classes that sound, between the voices above and below it
(a unison with one of them, or an octave from anybody), with the least motion and without parallels. Where there is
less than a beat to fill, it rather holds the note that it has, if that agrees with what sounds.

Conventions: costs are counted in semitones of motion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from composer.fill.ensembles import PartRow
from composer.score import UPPER_STAFF, Note, sort_notes
from composer.theory.meter import TICKS_PER_QUARTER

HELD_TICKS = TICKS_PER_QUARTER // 2  # of a rest that is bridged by the note before it, at most
_DISSONANT = frozenset({1, 2, 6, 10, 11})  # semitones, within the octave
_PERFECT = (0, 7)
_PARALLEL_COST = 14.0  # fifths, octaves or unisons with another voice, one after the other
_OUTSIDE_COST = 6.0  # a semitone beyond the compass
_CROSSING_COST = 10.0  # beyond the voice above or below
_UNISON_COST = 1.0  # where an octave would do as well

Lines = Sequence[Sequence[Note]]


@dataclass(frozen=True)
class _Moment:
    """A stretch in which nobody moves: the pitch that each part sings then, or None."""

    start: int
    end: int
    sung: tuple[int | None, ...]


def doubled(parts: Lines, rows: Sequence[PartRow]) -> tuple[tuple[Note, ...], ...]:
    """Return the parts without rests where anybody sings.

    Args:
        parts: the notes of each part, highest part first; one at a time in each.
        rows: the parts.
    """
    lines = [list(sort_notes(part)) for part in parts]
    for index, row in enumerate(rows):
        moments = _moments(lines)
        for first, end in _rests(moments, index):
            own, rest = lines[index], moments[first:end]
            before = next((note for note in own if note.end_tick == rest[0].start), None)
            if before is not None and _may_hold(before, rest):
                own[own.index(before)] = replace(before, duration_tick=rest[-1].end - before.onset_tick)
                continue
            beside = (*moments[max(first - 1, 0) : first], *moments[end : end + 1])
            around = [*rest, *(moment for moment in beside if moment.sung[index] is not None)]
            around.sort(key=lambda moment: moment.start)
            lines[index] = list(sort_notes((*own, *_sung(rest, _quietest(around, index, row)))))
    return tuple(map(tuple, lines))


def _moments(lines: Lines) -> list[_Moment]:
    """Return the piece as moments in which nobody moves."""
    edges = sorted({tick for line in lines for note in line for tick in (note.onset_tick, note.end_tick)})
    return [
        _Moment(
            start,
            end,
            tuple(
                next((note.pitch for note in line if note.onset_tick <= start < note.end_tick), None) for line in lines
            ),
        )
        for start, end in pairwise(edges)
    ]


def _rests(moments: Sequence[_Moment], index: int) -> list[tuple[int, int]]:
    """Return [first, end) of the moments in which others sing and this part does not."""
    found: list[tuple[int, int]] = []
    for place, moment in enumerate(moments):
        if moment.sung[index] is not None or all(pitch is None for pitch in moment.sung):
            continue
        if found and found[-1][1] == place:
            found[-1] = (found[-1][0], place + 1)
        else:
            found.append((place, place + 1))
    return found


def _may_hold(note: Note, moments: Sequence[_Moment]) -> bool:
    """Return whether a note may go on through a rest: a short one, over nothing that it would rub against."""
    if moments[-1].end - moments[0].start > HELD_TICKS:
        return False
    around = {pitch for moment in moments for pitch in moment.sung if pitch is not None}
    return all(abs(pitch - note.pitch) % 12 not in _DISSONANT for pitch in around)


def _quietest(around: Sequence[_Moment], index: int, row: PartRow) -> list[int]:
    """Return a pitch for each moment in which a part rests, by dynamic programming over what sounds.

    Args:
        around: those moments, with the one before and the one after them if there are such.
        index, row: the part.
    """
    paths: list[tuple[float, list[int]]] = [(0.0, [])]
    for place, moment in enumerate(around):
        sung = moment.sung[index]
        last = around[place - 1] if place else None
        following: list[tuple[float, list[int]]] = []
        for pitch in _offers(moment, row) if sung is None else [sung]:
            own = _cost_of_place(pitch, moment, index, row) if sung is None else 0.0
            ways = []
            for cost, path in paths:
                if path and last is not None:
                    cost += abs(pitch - path[-1]) + _parallels(path[-1], pitch, last, moment, index)
                ways.append((cost + own, [*path, pitch]))
            following.append(min(ways))
        paths = following
    best = min(paths, key=lambda way: way[0])[1]
    return [pitch for pitch, moment in zip(best, around, strict=True) if moment.sung[index] is None]


def _offers(moment: _Moment, row: PartRow) -> list[int]:
    """Return the pitches of what sounds, in any octave of the compass; the pitches themselves if none is in it."""
    sounding = [pitch for pitch in moment.sung if pitch is not None]
    classes = {pitch % 12 for pitch in sounding}
    inside = [pitch for pitch in range(row.compass[0], row.compass[1] + 1) if pitch % 12 in classes]
    return inside or sounding


def _cost_of_place(pitch: int, moment: _Moment, index: int, row: PartRow) -> float:
    """Return how badly a pitch lies: beyond the compass, beyond the voices round it, on one of them."""
    low, high = row.compass
    cost = _OUTSIDE_COST * max(0, low - pitch, pitch - high)
    above = min((other for other in moment.sung[:index] if other is not None), default=pitch)
    below = max((other for other in moment.sung[index + 1 :] if other is not None), default=pitch)
    return cost + _CROSSING_COST * ((pitch > above) + (pitch < below)) + _UNISON_COST * (pitch in moment.sung)


def _parallels(pitch: int, to: int, moment: _Moment, following: _Moment, index: int) -> float:
    """Return the cost of the voices with which a part's motion goes in fifths, octaves or unisons."""
    cost = 0.0
    for part, (other, other_to) in enumerate(zip(moment.sung, following.sung, strict=True)):
        if part == index or other is None or other_to is None or other == other_to or pitch == to:
            continue
        interval = abs(other - pitch) % 12
        cost += _PARALLEL_COST * (interval in _PERFECT and abs(other_to - to) % 12 == interval)
    return cost


def _sung(moments: Sequence[_Moment], pitches: Sequence[int]) -> list[Note]:
    """Return the notes of a line; one that stays on its pitch is held."""
    notes: list[Note] = []
    for moment, pitch in zip(moments, pitches, strict=True):
        if notes and notes[-1].pitch == pitch:
            notes[-1] = replace(notes[-1], duration_tick=moment.end - notes[-1].onset_tick)
        else:
            notes.append(Note(moment.start, pitch, moment.end - moment.start, staff=UPPER_STAFF, voice=1))
    return notes
