"""Harmony as text and as slots: `I | iv6 | ? | V7 . I`, an inverse pair.

Conventions: cells between bar lines (`|`) are bars; what stands in a cell shares its bar equally. A word is a Roman
numeral; `.` holds what sounds; `?` leaves the place to the planner; `vi:` changes the key in which the following
numerals count (relative to the home key, or absolute: `e:` is E minor); `vi=ii` before it is a pivot, vi of the old
key and ii of the new. A phrase with an upbeat may have one cell more,
the first, for the upbeat. Ticks count from the phrase's first bar line; the upbeat is negative, and the last bar ends
where the next upbeat begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from composer.errors import ComposerError, PlanError
from composer.plan.pivots import shared_numeral
from composer.theory.harmony import Chord, parse_chord
from composer.theory.key import Key, key_numeral, resolve_key
from composer.theory.meter import Meter

HOLD = "."
FREE = "?"
PIVOT = "="


@dataclass(frozen=True)
class Slot:
    """A stretch of one chord, or a free one.

    Attributes:
        start_tick, end_tick: from the first bar line.
        key: the local key.
        numeral: in that key; None where it is left to the planner.
    """

    start_tick: int
    end_tick: int
    key: Key
    numeral: str | None

    @property
    def chord(self) -> Chord:
        """The chord; only where there is a numeral."""
        assert self.numeral is not None
        return parse_chord(self.numeral, self.key.mode)


def parse_key_path(text: str, home: Key) -> tuple[Key, ...]:
    """Return the keys of `V` or `V -> vi -> I`, each relative to `home` or absolute.

    Raises:
        PlanError: one of them is no key.
    """
    return tuple(resolve_key(part.strip(), home) for part in text.replace("→", "->").split("->"))


def path_text(keys: Sequence[Key], home: Key) -> str:
    """Return keys as a path relative to `home`; equal neighbours are written once."""
    names = [key_numeral(key, home) for key in keys]
    return " -> ".join([names[0], *(b for a, b in pairwise(names) if a != b)])


def parse_harmony(text: str, *, key: Key, home: Key, meter: Meter, bars: int, pickup_tick: int = 0) -> tuple[Slot, ...]:
    """Read a harmony text.

    Args:
        text: as in the module's conventions.
        key: the key at its start.
        home: what key words are relative to.
        meter: of the bars.
        bars: how many the text must have (one more with an upbeat).
        pickup_tick: length of the upbeat.

    Returns:
        Slots without gaps from -pickup_tick to the end of the last bar (less the upbeat of what follows). Equal
        neighbours in one key are one slot.

    Raises:
        PlanError: a wrong number of bars, a word that is no numeral or key, a hold with nothing before it.
    """
    cells = [cell.split() for cell in text.strip().strip("|").split("|")]
    has_upbeat = pickup_tick > 0 and len(cells) == bars + 1
    if len(cells) != bars and not has_upbeat:
        extra = " (or one more, for the upbeat)" if pickup_tick else ""
        raise PlanError(
            f"the harmony has {len(cells)} bars, its place has {bars}{extra}", mend="one cell a bar, split by |"
        )
    if pickup_tick and not has_upbeat:
        cells.insert(0, [FREE])
    end = bars * meter.bar_ticks - pickup_tick
    slots: list[Slot] = []
    pivots: list[tuple[int, str]] = []
    for index, cell in enumerate(cells):
        first = index - (1 if pickup_tick else 0)
        start = first * meter.bar_ticks if first >= 0 else -pickup_tick
        length = meter.bar_ticks if first >= 0 else pickup_tick
        words = [word for word in cell if not word.endswith(":")]
        if not words:
            raise PlanError(f"bar {index + 1} of the harmony is empty", mend="write . to hold or ? to leave it free")
        if length % len(words):
            raise PlanError(f"{len(words)} chords do not divide a bar of {meter}", mend="use . to hold a chord")
        place = 0
        for word in cell:
            if word.endswith(":"):
                key = resolve_key(word[:-1], home)
                continue
            begin = start + place * length // len(words)
            stop = start + (place + 1) * length // len(words)
            place += 1
            word, _, again = word.partition(PIVOT)
            if begin < end:
                _append(slots, word, begin, min(stop, end), key)
                if again:
                    pivots.append((len(slots) - 1, again))
    for index, again in pivots:
        _check_pivot(slots[index], again, slots[index + 1 :])
    return tuple(slots)


def _check_pivot(slot: Slot, again: str, later: Sequence[Slot]) -> None:
    """Raise PlanError unless a chord that is written as a pivot belongs to the key that comes next."""
    if not later or later[0].key == slot.key or slot.numeral is None:
        raise PlanError(f"{slot.numeral}={again} does not stand before a change of key", mend="vi=ii | V: V7 | I")
    key = later[0].key
    other = parse_chord(again, key.mode)
    one = (set(slot.chord.pitch_classes(slot.key)), slot.chord.bass(slot.key))
    if one != (set(other.pitch_classes(key)), other.bass(key)):
        raise PlanError(f"{slot.numeral} in {slot.key} is not {again} in {key}")


def _append(slots: list[Slot], word: str, begin: int, stop: int, key: Key) -> None:
    previous = slots[-1] if slots else None
    if word == HOLD:
        if previous is None:
            raise PlanError("the harmony begins with a hold", mend="begin with a chord or ?")
        slots[-1] = Slot(previous.start_tick, stop, previous.key, previous.numeral)
        return
    numeral = None if word == FREE else word
    if numeral is not None:
        parse_chord(numeral, key.mode)
    if previous is not None and previous.numeral == numeral and previous.key == key:
        slots[-1] = Slot(previous.start_tick, stop, key, numeral)
    else:
        slots.append(Slot(begin, stop, key, numeral))


def format_harmony(slots: Sequence[Slot], *, home: Key, meter: Meter, bars: int, pickup_tick: int = 0) -> str:
    """Write slots as text; `parse_harmony` reads equal slots back when given the first slot's key.

    Raises:
        PlanError: a chord does not begin on a place that a bar can be divided into (16ths are the finest).
    """
    cells = []
    key = slots[0].key
    for index in range(-1 if pickup_tick else 0, bars):
        start = index * meter.bar_ticks if index >= 0 else -pickup_tick
        length = meter.bar_ticks if index >= 0 else pickup_tick
        count = _division(slots, start, length, meter)
        words = []
        for place in range(count):
            tick = start + place * length // count
            here = next((slot for slot in slots if slot.start_tick <= tick < slot.end_tick), slots[-1])
            if here.start_tick == tick:
                if here.key != key:
                    key = here.key
                    words.append(f"{key_word(key, home)}:")
                words.append(_word(here, next((slot for slot in slots if slot.start_tick == here.end_tick), None)))
            else:
                words.append(HOLD)
        cells.append(" ".join(words))
    return " | ".join(cells)


def _word(slot: Slot, after: Slot | None) -> str:
    if slot.numeral is None or after is None or after.key == slot.key:
        return slot.numeral or FREE
    again = shared_numeral(slot.chord, slot.key, after.key)
    return slot.numeral if again is None else f"{slot.numeral}{PIVOT}{again}"


def key_word(key: Key, home: Key) -> str:
    """Return a key as one word: a numeral relative to `home`, as `resolve_key` reads it."""
    word = key_numeral(key, home)
    try:
        same = resolve_key(word, home) == key
    except ComposerError:
        same = False
    # Respelled keys (beyond seven accidentals) do not come back from their numeral: then the absolute name.
    return word if same else (key.tonic_name if key.mode == "major" else key.tonic_name.lower())


def _division(slots: Sequence[Slot], start: int, length: int, meter: Meter) -> int:
    """Return the smallest number of equal parts of a bar in which every chord change falls on a part."""
    changes = [slot.start_tick - start for slot in slots if start < slot.start_tick < start + length]
    sixteenth = meter.unit_ticks * meter.lower // 16
    for count in range(1, length // sixteenth + 1):
        if length % count == 0 and all(change % (length // count) == 0 for change in changes):
            # Only divisions a musician counts in: halves and beats and their halves, no thirds of a bar of four.
            part = length // count
            if count == 1 or meter.beat_ticks % part == 0 or part % meter.beat_ticks == 0:
                return count
    raise PlanError("a chord change falls between two 16ths")
