"""Notes → the parts of an ensemble: which voice sings, which player bows each note.

What it is: a beam search along time. At each onset the fresh notes go, from the top, to parts from the top; what is
looked for is the least motion of all lines, few crossings, no part beyond its compass, and two notes on one instrument
only where its strings allow it and nobody else is free.

Conventions: costs are counted in semitones of motion. A part that has no strings sounds one note at a time.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from composer.fill.ensembles import PartRow
from composer.score import UPPER_STAFF, Note
from composer.theory.meter import TICKS_PER_QUARTER

BEAM_WIDTH = 8
MAX_STOP = 12  # semitones between the notes of a double stop, inclusive
_STRETCH = 5  # semitones between where two fingers stand on neighbouring strings, inclusive
_REACH = 14  # semitones up a string in a double stop, inclusive
_OUTSIDE_COST = 3.0  # a semitone beyond the compass of a voice; instruments don't have the notes below theirs
_PULL = 0.1  # a semitone from the middle of the compass
_ENTRY_COST, _EXIT_COST = 6.0, 6.0  # one part begins after a rest; one stops where others begin: a line is handed on
_SKIPPED_COST = 1.5  # a part that rests while one below it has the top line, at each onset;
_INNER_SHARE = 0.5  # of that, where it is an inner line
_STOP_COST, _DRONE_COST = 24.0, 30.0  # a double stop struck together; a note struck beside a held one
_LEADER_STOP_COST = 6.0  # more, where it is the first part that stops two
_LED_AWAY_COST = 80.0  # a note of a tune that is not the first part's
_TAKEN_COST = 40.0  # a part leaves its held note for another one
_CROSSING_COST = 100.0
_LOST_COST = 400.0  # a note that nobody plays
_LONG_REST_TICKS = 8 * TICKS_PER_QUARTER  # after which a part begins nearly where it likes


@dataclass(frozen=True)
class Assigned:
    """Notes that have found their parts.

    Attributes:
        parts: of each part its notes, all on the upper staff, voice 1.
        left_out: that nobody was free for.
    """

    parts: tuple[tuple[Note, ...], ...]
    left_out: tuple[Note, ...]


@dataclass(frozen=True)
class _Desk:
    """A part under way: the notes it holds as (end tick, pitch, index), its line's last pitch and when that ended."""

    held: tuple[tuple[int, int, int], ...]
    last: float
    quiet_from: int


@dataclass(frozen=True)
class _Draft:
    """One way to hand out all notes up to now; `steps` leads back through the decisions."""

    cost: float
    desks: tuple[_Desk, ...]
    steps: _Step | None


@dataclass(frozen=True)
class _Step:
    """What was decided at an onset: (note index, part) of the fresh notes; indices of held notes that end there."""

    onset_tick: int
    given: tuple[tuple[int, int], ...]
    ended: tuple[int, ...]
    before: _Step | None


def assign_parts(notes: Sequence[Note], rows: Sequence[PartRow], *, tune: Collection[tuple[int, int]] = ()) -> Assigned:
    """Give each note to one of the parts.

    Where nobody is free, somebody leaves a held note for the new one; where even that does not help, the inner notes
    that lie closest to others are left out.

    Args:
        notes: of all parts.
        rows: the parts, highest first.
        tune: (onset tick, pitch) of the notes of given tunes: the first part's, if it has them.
    """
    ordered = sorted(notes, key=lambda note: (note.onset_tick, -note.pitch, -note.duration_tick))
    beam = [_Draft(0.0, tuple(_Desk((), sum(row.compass) / 2, -_LONG_REST_TICKS) for row in rows), None)]
    for onset, group in itertools.groupby(enumerate(ordered), key=lambda item: item[1].onset_tick):
        fresh = list(group)
        tune_note = next((index for index, note in fresh if (onset, note.pitch) in tune), None)
        drafts = [later for draft in beam for later in _continued(draft, onset, fresh, rows, tune_note)]
        best: dict[tuple[_Desk, ...], _Draft] = {}
        for draft in sorted(drafts, key=lambda draft: draft.cost):
            best.setdefault(draft.desks, draft)
            if len(best) == BEAM_WIDTH:
                break
        beam = list(best.values())
    return _read_back(ordered, min(beam, key=lambda draft: draft.cost).steps, len(rows))


def double_stop(pitches: Sequence[int], strings: Sequence[int]) -> bool:
    """Return whether two pitches can be stopped together on neighbouring strings.

    Args:
        pitches: two MIDI pitches.
        strings: of the open strings, lowest first.
    """
    low, high = sorted(pitches)
    if not 0 < high - low <= MAX_STOP:
        return False
    for first, second in itertools.pairwise(strings):
        fingers = low - first, high - second
        near = abs(fingers[0] - fingers[1]) <= _STRETCH or 0 in fingers
        if min(fingers) >= 0 and max(fingers) <= _REACH and near:
            return True
    return False


def _continued(
    draft: _Draft, onset: int, fresh: Sequence[tuple[int, Note]], rows: Sequence[PartRow], tune_note: int | None
) -> Iterator[_Draft]:
    """Yield the ways in which a draft goes on with the notes of one onset."""
    desks = tuple(replace(desk, held=tuple(held for held in desk.held if held[0] > onset)) for desk in draft.desks)
    known: dict[tuple[int, tuple[int, ...]], tuple[float, _Desk, list[int]] | None] = {}
    # Fewer notes are tried only where all of them find no place.
    for count in range(min(len(fresh), 2 * len(rows)), -1, -1):
        kept, lost = _thinned(fresh, count), len(fresh) - count
        found = False
        for choice in _choices(len(kept), rows):
            cost, later, ended = draft.cost + _LOST_COST * lost, list(desks), []
            for part, row in enumerate(rows):
                mine = [item for item, chosen in zip(kept, choice, strict=True) if chosen == part]
                key = (part, tuple(index for index, _ in mine))
                if key not in known:
                    known[key] = _taken(desks[part], onset, mine, row)
                taken = known[key]
                if taken is None:
                    break
                cost, later[part] = cost + taken[0], taken[1]
                ended += taken[2]
            else:
                found = True
                given = tuple((index, part) for (index, _), part in zip(kept, choice, strict=True))
                step = _Step(onset, given, tuple(ended), draft.steps)
                cost += _crossings(later, onset) + _skipped(later, rows)
                cost += _LED_AWAY_COST * any(index == tune_note and part for index, part in given)
                cost += _LEADER_STOP_COST * (len([part for part in choice if part == 0]) == 2)
                yield _Draft(cost, tuple(later), step)
        if found:
            return


def _choices(count: int, rows: Sequence[PartRow]) -> Iterator[tuple[int, ...]]:
    """Yield the parts of so many notes, the highest first: never crossing, two at most on strings, one elsewhere."""
    for choice in itertools.combinations_with_replacement(range(len(rows)), count):
        if all(choice.count(part) <= (2 if rows[part].strings else 1) for part in set(choice)):
            yield choice


def _taken(
    desk: _Desk, onset: int, mine: Sequence[tuple[int, Note]], row: PartRow
) -> tuple[float, _Desk, list[int]] | None:
    """Return cost, what is held then, and the held notes that end, where a part takes some notes; None: it cannot."""
    was_sounding = desk.quiet_from >= onset
    if not mine:
        return (_EXIT_COST if was_sounding and not desk.held else 0.0), desk, []
    pitches = [note.pitch for _, note in mine]
    if row.strings and min(pitches) < row.strings[0]:
        return None
    cost = 0.0 if was_sounding else _ENTRY_COST
    held, cut = desk.held, []
    if len(pitches) == 2:
        if not double_stop(pitches, row.strings):
            return None
        cost += _STOP_COST
    beside = len(held) == 1 and len(pitches) == 1
    if beside and double_stop((held[0][1], pitches[0]), row.strings):
        cost += _DRONE_COST
    elif held:
        cost += _TAKEN_COST * len(held)
        cut, held = [index for *_, index in held], ()
    low, high = row.compass
    line = pitches[0] if row.compass[1] > 69 else pitches[-1]  # of a double stop: the upper note, in a bass the lower
    rest_quarters = max(0, onset - desk.quiet_from) / TICKS_PER_QUARTER
    cost += abs(line - desk.last) / (1 + rest_quarters / 2)
    cost += sum(_OUTSIDE_COST * max(0, low - pitch, pitch - high) for pitch in pitches)
    cost += _PULL * abs(line - (low + high) / 2)
    sounding = (*held, *((note.end_tick, note.pitch, index) for index, note in mine))
    return cost, _Desk(sounding, float(line), max(end for end, *_ in sounding)), cut


def _crossings(desks: Sequence[_Desk], onset: int) -> float:
    """Return the cost of parts that sound below lower ones."""
    cost = 0.0
    above: tuple[int, int] | None = None
    for desk in desks:
        pitches = [pitch for end, pitch, _ in desk.held if end > onset]
        if pitches:
            low, high = min(pitches), max(pitches)
            if above is not None and (above[0] < low or above[1] < high):
                cost += _CROSSING_COST
            above = (low, high)
    return cost


def _skipped(desks: Sequence[_Desk], rows: Sequence[PartRow]) -> float:
    """Return the cost of parts that rest while the next one below plays what lies within their compass.

    The lowest part's line is the bass: nobody else waits for that, unless it is the only one.
    """
    cost, resting = 0.0, range(0)
    for index, desk in enumerate(desks):
        if not desk.held:
            resting = range(resting.start, index + 1)
            continue
        if index < len(desks) - 1 or not resting.start:
            pitch = max(pitch for _, pitch, _ in desk.held)
            share = 1.0 if not resting.start else _INNER_SHARE
            cost += share * _SKIPPED_COST * sum(rows[above].compass[0] <= pitch for above in resting)
        resting = range(index + 1, index + 1)
    return cost


def _thinned(notes: Sequence[tuple[int, Note]], count: int) -> list[tuple[int, Note]]:
    """Return at most `count` of the notes of one onset (highest first), the outer ones always among them."""
    kept = list(notes)
    while len(kept) > count:
        inner = range(1, len(kept) - 1) or [len(kept) - 1]
        del kept[min(inner, key=lambda i: (kept[i - 1][1].pitch - kept[min(i + 1, len(kept) - 1)][1].pitch, i))]
    return kept


def _read_back(notes: Sequence[Note], step: _Step | None, num_parts: int) -> Assigned:
    """Return the notes as the steps decided, those that were left for others as long as they sounded."""
    part_of: dict[int, int] = {}
    end_of: dict[int, int] = {}
    while step is not None:
        part_of |= dict(step.given)
        end_of |= dict.fromkeys(step.ended, step.onset_tick)
        step = step.before
    parts: list[list[Note]] = [[] for _ in range(num_parts)]
    for index, part in sorted(part_of.items()):
        note = notes[index]
        length = end_of.get(index, note.end_tick) - note.onset_tick
        parts[part].append(replace(note, duration_tick=length, staff=UPPER_STAFF, voice=1))
    lost = tuple(note for index, note in enumerate(notes) if index not in part_of)
    return Assigned(tuple(map(tuple, parts)), lost)
