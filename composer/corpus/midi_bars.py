"""Bars of a MIDI file: by its time signatures, else by ear; the first bar line by ear where the file does not say."""

from __future__ import annotations

from collections.abc import Sequence

from composer.corpus.midi_parts import Line
from composer.corpus.pickup import find_pickup
from composer.errors import MusicFileError, Place
from composer.score import Bar
from composer.theory.meter import TICKS_PER_QUARTER, Meter

MAX_BARS = 20_000


def lay_bars(
    meters: Sequence[tuple[int, Meter]],
    lines: Sequence[Line],
    end_tick: int,
    mended: list[str],
    *,
    is_live: bool,
    source: str,
) -> tuple[tuple[Bar, ...], float]:
    """Lay bars from 0 to the last note; return them with the confidence in their beginning."""
    changes: list[tuple[int, Meter]] = []
    for tick, meter in meters:
        if tick >= end_tick:
            continue
        if changes and changes[-1][0] == tick:
            changes[-1] = (tick, meter)
        elif not changes or changes[-1][1] != meter or len(changes) == 1:
            changes.append((tick, meter))
    if not changes:
        changes = [(0, Meter(4, 4))]
        mended.append("no time signature: 4/4 is taken")
    elif changes[0][0] > 0:
        changes.insert(0, (0, changes[0][1]))
    pickup_tick, confidence = 0, 1.0
    if len(changes) > 1 and 0 < changes[1][0] < changes[1][1].bar_ticks and changes[1][0] <= changes[0][1].bar_ticks:
        # A first short bar with a time signature of its own, and the piece's after it.
        pickup_tick = changes[1][0]
        changes[:2] = [(0, changes[1][1])]
    elif is_live:
        confidence = 0.0
    else:
        notes = [note for line in lines for note in line.notes if not note.is_grace]
        span_end = changes[1][0] if len(changes) > 1 else end_tick
        guess = find_pickup([n for n in notes if n.onset_tick < span_end], changes[0][1], end_tick=span_end)
        pickup_tick, confidence = guess.pickup_tick, guess.confidence
        if pickup_tick:
            mended.append(
                f"a pickup of {pickup_tick / TICKS_PER_QUARTER:g} quarters was heard in the notes "
                f"(the file does not say; confidence {confidence:.2f})"
            )
    bars: list[Bar] = []
    for index, (start, meter) in enumerate(changes):
        stop = changes[index + 1][0] if index + 1 < len(changes) else end_tick
        tick = start
        while tick < stop:
            is_pickup = not bars and pickup_tick > 0
            length = pickup_tick if is_pickup else meter.bar_ticks
            if index + 1 < len(changes):
                length = min(length, stop - tick)
            number = 0 if is_pickup else (bars[-1].number + 1 if bars else 1)
            bars.append(Bar(number, tick, length, meter))
            tick += length
            if len(bars) > MAX_BARS:
                raise MusicFileError(f"more than {MAX_BARS:,} bars", place=Place(source))
    last = bars[-1]
    if pickup_tick and len(bars) > 1 and last.onset_tick + last.meter.bar_ticks - pickup_tick >= end_tick:
        bars[-1] = Bar(last.number, last.onset_tick, last.meter.bar_ticks - pickup_tick, last.meter)
    return tuple(bars), confidence
