"""The two hands of a keyboard part, so that a pianist can play them.

What it is: where a hand would have to hold more than a tenth, or more than five notes, the notes next to the other hand
go to that hand, if it can play them as long as they last, without crossing. What is struck together and still too wide
for a hand is rolled. In new music a hand lets go of what it holds where it cannot reach the next note otherwise; a tune
that is stated, and what others wrote, keeps its lengths.

Conventions: stretches are in semitones. A note belongs to one hand from its onset to its end.

Contents: `playable`, `unplayable`, `Grip`, `ROLL`.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from composer.score import LOWER_STAFF, UPPER_STAFF, Note, Part, sort_notes

ROLL = "arpeggio"  # among a note's articulations
MAX_STRETCH = 16  # a major tenth, inclusive
MAX_NOTES = 5  # of a hand at once
MAX_ROLL = 28  # semitones that a roll can pass over, inclusive
_MOST_MOVED = 3  # notes that change hands in one grip

MayEnd = Callable[[Note], bool]  # whether a hand may end a note that it holds


@dataclass(frozen=True)
class Grip:
    """What a hand holds when something is struck.

    Attributes:
        tick: when.
        staff: the hand.
        notes: that sound, lowest first.
    """

    tick: int
    staff: int
    notes: tuple[Note, ...]

    @property
    def stretch(self) -> int:
        """Semitones from the lowest to the highest note."""
        return self.notes[-1].pitch - self.notes[0].pitch

    @property
    def is_playable(self) -> bool:
        """Whether a hand can hold it, or roll it where its notes are marked so."""
        keys = {note.pitch for note in self.notes}
        is_rolled = all(ROLL in note.articulations for note in self.notes)
        return len(keys) <= MAX_NOTES and self.stretch <= (MAX_ROLL if is_rolled else MAX_STRETCH)


def playable(part: Part, *, lets_go: MayEnd | None = None) -> Part:
    """Return a keyboard part with notes that changed hands, and rolls, where no hand could play it as it was.

    Args:
        part: for two hands.
        lets_go: which notes a hand may also end, where nothing else helps; None: no note.
    """
    hands = _Hands(part.notes)
    for grip in unplayable(part):
        here = hands.grip(grip.tick, grip.staff)
        if here.is_playable or _shared(hands, here):
            continue
        if not _rolled(hands, here) and lets_go and not _shared(hands, here, lets_go=lets_go):
            _let_go(hands, here, lets_go)
            _rolled(hands, hands.grip(grip.tick, grip.staff))
    return replace(part, notes=sort_notes(hands.notes))


def unplayable(part: Part) -> Iterator[Grip]:
    """Yield what no hand can play, in order."""
    hands = _Hands(part.notes)
    for tick in dict.fromkeys(note.onset_tick for note in part.notes if not note.is_grace):
        for staff in (UPPER_STAFF, LOWER_STAFF):
            grip = hands.grip(tick, staff)
            if any(note.onset_tick == tick for note in grip.notes) and not grip.is_playable:
                yield grip


class _Hands:
    """The notes of a part, of which some change (grace notes are carried along)."""

    def __init__(self, notes: Sequence[Note]) -> None:
        self.notes = list(notes)
        self._onsets = [note.onset_tick for note in notes]
        self._longest_tick = max((note.duration_tick for note in notes), default=0)

    def sounding(self, start_tick: int, end_tick: int) -> list[Note]:
        """Return the notes that sound between two ticks."""
        low = bisect.bisect_left(self._onsets, start_tick - self._longest_tick)
        high = bisect.bisect_left(self._onsets, end_tick)
        return [note for note in self.notes[low:high] if note.end_tick > start_tick and not note.is_grace]

    def grip(self, tick: int, staff: int) -> Grip:
        """Return what a hand holds at a tick."""
        found = [note for note in self.sounding(tick, tick + 1) if note.staff == staff]
        return Grip(tick, staff, tuple(sorted(found, key=lambda note: note.pitch)))

    def put(self, old: Note, new: Note) -> None:
        """Put a note in another's place; their onsets are equal."""
        low = bisect.bisect_left(self._onsets, old.onset_tick)
        self.notes[self.notes.index(old, low)] = new

    def are_fine(self, start_tick: int, end_tick: int) -> bool:
        """Whether both hands can play what begins between two ticks, or sounds then, and do not cross."""
        ticks = {start_tick, *(note.onset_tick for note in self.sounding(start_tick, end_tick))}
        for tick in ticks:
            upper, lower = (self.grip(max(tick, start_tick), staff) for staff in (UPPER_STAFF, LOWER_STAFF))
            if not all(grip.is_playable for grip in (upper, lower) if grip.notes):
                return False
            if upper.notes and lower.notes and upper.notes[0].pitch <= lower.notes[-1].pitch:
                return False
        return True


def _shared(hands: _Hands, grip: Grip, *, lets_go: MayEnd | None = None) -> bool:
    """Give the other hand the fewest notes with which all is fine; return whether there are such.

    lets_go: which notes the other hand may end to take them; it may then roll, too.
    """
    inward = grip.notes if grip.staff == UPPER_STAFF else grip.notes[::-1]
    other = LOWER_STAFF + UPPER_STAFF - grip.staff
    before = list(hands.notes)
    for count in range(1, min(_MOST_MOVED, len(inward) - 1) + 1):
        moved = [replace(note, staff=other) for note in inward[:count]]
        for old, new in zip(inward, moved, strict=False):
            hands.put(old, new)
        if lets_go:
            _let_go(hands, hands.grip(grip.tick, other), lets_go)
            _rolled(hands, hands.grip(grip.tick, other))
        if hands.are_fine(min(n.onset_tick for n in moved), max(n.end_tick for n in moved)):
            return True
        hands.notes = list(before)
    return False


def _rolled(hands: _Hands, grip: Grip) -> bool:
    """Mark a roll, where it is needed and enough; return whether the grip can be played."""
    if grip.is_playable:
        return True
    is_enough = _can_roll(grip)
    if is_enough:
        for old, new in zip(grip.notes, _marked(grip), strict=True):
            hands.put(old, new)
    return is_enough


def _can_roll(grip: Grip) -> bool:
    """Whether everything in the hand is struck together, and a roll is enough."""
    is_together = all(note.onset_tick == grip.tick for note in grip.notes)
    return is_together and replace(grip, notes=_marked(grip)).is_playable


def _marked(grip: Grip) -> tuple[Note, ...]:
    return tuple(replace(note, articulations=(*note.articulations, ROLL)) for note in grip.notes)


def _let_go(hands: _Hands, grip: Grip, may_end: MayEnd) -> None:
    """End what the hand holds, furthest from the struck notes first, until it can play those; if it cannot, nothing."""
    struck = [note.pitch for note in grip.notes if note.onset_tick == grip.tick]
    if not struck:
        return
    middle = (min(struck) + max(struck)) / 2
    held = [note for note in grip.notes if note.onset_tick < grip.tick and may_end(note)]
    held.sort(key=lambda note: abs(note.pitch - middle))
    before = list(hands.notes)
    while held and not hands.grip(grip.tick, grip.staff).is_playable:
        longest = held.pop()
        hands.put(longest, replace(longest, duration_tick=grip.tick - longest.onset_tick))
    here = hands.grip(grip.tick, grip.staff)
    if not here.is_playable and not _can_roll(here):
        hands.notes = before
