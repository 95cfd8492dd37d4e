"""Bars of a MIDI file: by its time signatures, else by ear; the first bar line by ear where the file does not say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from composer.corpus.meter_finder import MeterGuess, find_meter, kin
from composer.corpus.midi.parts import Line
from composer.corpus.pickup import find_pickup
from composer.errors import MusicFileError, Place
from composer.score import Bar, Note
from composer.theory.meter import TICKS_PER_QUARTER, Meter

MAX_BARS = 20_000
MAX_REST_BARS = 4  # after the last note; more is the rest of a program's window
# From this confidence of the notes on a stated 4/4 is doubted: no one of 1,830 pieces in it or its kin, 36 % of others.
SURE_AGAINST = 0.97


def lay_bars(
    meters: Sequence[tuple[int, Meter]],
    lines: Sequence[Line],
    end_tick: int,
    mended: list[str],
    *,
    tracks_end_tick: int,
    says_pickup: bool,
    is_live: bool,
    source: str,
) -> tuple[tuple[Bar, ...], float]:
    """Lay bars from 0 to the last note; return them with the confidence in their beginning.

    Args:
        meters: (tick, meter) of each time signature, by tick.
        lines: the notes.
        end_tick: the end of the last note.
        mended: what was judged by ear is added.
        tracks_end_tick: the end of the longest track: a few bars of rest may follow the last note.
        says_pickup: True where a piece without a short first bar has no pickup.
        is_live: True where nothing can be heard in the notes' places.
        source: the file's name, for errors.

    Raises:
        MusicFileError: more than `MAX_BARS`.
    """
    changes = _stated(meters, end_tick)
    notes = [note for line in lines for note in line.notes if not note.is_grace]
    if changes:
        pickup_tick, confidence = _first_bar(changes, notes, end_tick, mended, says_pickup=says_pickup, is_live=is_live)
        if len(changes) == 1 and changes[0][1] == Meter(4, 4) and not (is_live or says_pickup):
            _doubt(notes, end_tick, mended)
    else:
        meter, pickup_tick, confidence = _by_ear(notes, end_tick, mended, is_live=is_live)
        changes = [(0, meter)]
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
    _complete(bars, end_tick, tracks_end_tick)
    return tuple(bars), confidence


def _complete(bars: list[Bar], end_tick: int, tracks_end_tick: int) -> None:
    """Mend the bars in place: rests at the end, a last bar that is short for the pickup, one bar that is cut in two."""
    last = bars[-1]
    rest_bars, over = divmod(tracks_end_tick - last.end_tick, last.meter.bar_ticks)
    if 0 < rest_bars <= MAX_REST_BARS and over == 0:
        for _ in range(rest_bars):
            bars.append(Bar(bars[-1].number + 1, bars[-1].end_tick, last.meter.bar_ticks, last.meter))
        last = bars[-1]
    if bars[0].number == 0 and len(bars) > 1:
        whole = bars[1].meter
        short = whole.bar_ticks - bars[0].duration_tick
        if last.meter == whole and last.onset_tick + short >= end_tick and last.end_tick > tracks_end_tick:
            bars[-1] = replace(last, duration_tick=short)
        elif last.duration_tick == short and bars[-2].meter == whole:
            bars[-1] = replace(last, meter=whole)  # with a signature of its own
    for index in range(1, len(bars) - 2):
        before, one, other, after = bars[index - 1 : index + 3]
        if (
            before.meter == after.meter
            and before.meter not in (one.meter, other.meter)
            and one.duration_tick + other.duration_tick == before.meter.bar_ticks
        ):
            # Two signatures for the two halves of a bar at a repeat sign.
            bars[index] = replace(one, meter=before.meter)
            bars[index + 1] = replace(other, meter=before.meter)


def _stated(meters: Sequence[tuple[int, Meter]], end_tick: int) -> list[tuple[int, Meter]]:
    """Return the changes of meter from tick 0 on, the last of each tick; a second one of the same meter is kept."""
    changes: list[tuple[int, Meter]] = []
    for tick, meter in meters:
        if tick >= end_tick:
            continue
        if changes and changes[-1][0] == tick:
            changes[-1] = (tick, meter)
        elif not changes or changes[-1][1] != meter or len(changes) == 1:
            changes.append((tick, meter))
    if changes and changes[0][0] > 0:
        changes.insert(0, (0, changes[0][1]))
    return changes


def _first_bar(
    changes: list[tuple[int, Meter]],
    notes: Sequence[Note],
    end_tick: int,
    mended: list[str],
    *,
    says_pickup: bool,
    is_live: bool,
) -> tuple[int, float]:
    """Return the length of the pickup and the confidence in it; a signature of its own is joined to the next."""
    if len(changes) > 1 and 0 < changes[1][0] < changes[1][1].bar_ticks and changes[1][0] <= changes[0][1].bar_ticks:
        # A first short bar with a time signature of its own, and the piece's after it.
        pickup_tick = changes[1][0]
        changes[:2] = [(0, changes[1][1])]
        return pickup_tick, 1.0
    if says_pickup:
        return 0, 1.0
    if is_live:
        return 0, 0.0
    span_end = changes[1][0] if len(changes) > 1 else end_tick
    guess = find_pickup([n for n in notes if n.onset_tick < span_end], changes[0][1], end_tick=span_end)
    if guess.pickup_tick:
        mended.append(
            f"a pickup of {guess.pickup_tick / TICKS_PER_QUARTER:g} quarters was heard in the notes "
            f"(the file does not say; confidence {guess.confidence:.2f})"
        )
    return guess.pickup_tick, guess.confidence


def _by_ear(notes: Sequence[Note], end_tick: int, mended: list[str], *, is_live: bool) -> tuple[Meter, int, float]:
    """Return meter, pickup and the confidence in it for a file without a time signature."""
    guess = MeterGuess(Meter(4, 4), 0, 0.0, 0.0) if is_live else find_meter(notes, end_tick=end_tick)
    if not guess.confidence:
        mended.append("no time signature: 4/4 is taken")
        return guess.meter, 0, 0.0
    pickup = f" after a pickup of {guess.pickup_tick / TICKS_PER_QUARTER:g} quarters" if guess.pickup_tick else ""
    mended.append(
        f"no time signature: {guess.meter}{pickup} was heard in the notes (confidence {guess.confidence:.2f}; "
        f"{guess.kin_confidence:.2f} that bars of another length would have the same beats)"
    )
    return guess.meter, guess.pickup_tick, guess.confidence


def _doubt(notes: Sequence[Note], end_tick: int, mended: list[str]) -> None:
    """Say where the notes speak against a 4/4 that a program may have written for want of better."""
    guess = find_meter(notes, end_tick=end_tick)
    if kin(guess.meter) != kin(Meter(4, 4)) and guess.kin_confidence >= SURE_AGAINST:
        mended.append(
            f"the file says 4/4; the notes sound like {guess.meter} (confidence {guess.kin_confidence:.2f}); "
            "4/4 was kept"
        )
