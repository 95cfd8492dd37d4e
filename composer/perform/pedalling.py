"""The damper pedal follows the harmony: legato pedalling.

What it is: `pedal_events` lets the pedal up where the Outline's chord changes and puts it down again after the new
chord has sounded. Pianists press 120 to 250 ms after the onset (median of 22), the later the slower the music; how
often and how long belongs to the style. A harmony that stays longer than the style's presses is pressed again on a
beat.

Conventions: only pianos have a damper pedal (General MIDI programs 0 to 5; harpsichord, clavinet and organ have
none). Where no chord is known the pedal stays up: a guess would blur the harmony.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from composer.outline import ChordSpan
from composer.perform.reading import Reading
from composer.perform.tempo_map import seconds_at
from composer.performance import PedalEvent, TempoPoint

PIANO_PROGRAMS = range(6)
SHORTEST_PRESS_SEC = 0.12
MAX_DELAY_SHARE = 0.3  # of the chord's length: short chords are caught sooner
MOST_IN_A_ROW = 3  # presses that may follow each other faster than the style's mean
PASSING_SEC = 0.6  # a chord that is too fast for a press of its own, and no longer, stays in the one before
LONG_STRETCH = 1.5  # times the mean time between two presses: such a harmony is pressed again
SPARE = 1.2  # not every chord is long enough to be pedalled: the others make up for it


def pedal_events(
    reading: Reading,
    curve: Sequence[TempoPoint],
    *,
    presses_per_sec: float,
    hold_sec: float,
    delay_sec: float,
    end_sec: float,
) -> tuple[PedalEvent, ...]:
    """Return the pedal of every piano part, sorted by time, up at the end.

    Args:
        reading: the piece.
        curve: the tempo curve that is played.
        presses_per_sec: about how often the style presses it; 0 for never.
        hold_sec: how long a press lasts at most; the last one until the notes end.
        delay_sec: how long after the change of harmony it goes down.
        end_sec: when the last note ends; the last press lasts until then.
    """
    parts = [index for index, part in enumerate(reading.score.parts) if part.program in PIANO_PROGRAMS and part.notes]
    if presses_per_sec <= 0 or hold_sec <= 0 or not parts:
        return ()
    presses: list[tuple[float, float]] = []  # (down, up)
    allowance, before_sec = float(MOST_IN_A_ROW), 0.0
    for start_sec, stop_sec, is_last in _harmonies(reading, curve, presses_per_sec, end_sec):
        down = start_sec + min(delay_sec, MAX_DELAY_SHARE * (stop_sec - start_sec))
        up = stop_sec if is_last else min(stop_sec, down + hold_sec)
        # Presses are allowed for as time goes by, and may be saved up a little: fast harmony is not chased.
        allowance = min(allowance + presses_per_sec * SPARE * (start_sec - before_sec), MOST_IN_A_ROW)
        before_sec = start_sec
        if up - down >= SHORTEST_PRESS_SEC and allowance >= 1:
            allowance -= 1
            presses.append((down, up))
        elif presses and presses[-1][1] == start_sec and stop_sec - start_sec <= PASSING_SEC:
            presses[-1] = (presses[-1][0], max(start_sec, min(stop_sec, presses[-1][0] + hold_sec)))
    events = (
        PedalEvent(time, is_down, part)
        for press in presses
        for part in parts
        for time, is_down in zip(press, (True, False), strict=True)
    )
    return tuple(sorted(events, key=lambda event: (event.time_sec, event.is_down)))


def _harmonies(
    reading: Reading, curve: Sequence[TempoPoint], presses_per_sec: float, end_sec: float
) -> list[tuple[float, float, bool]]:
    """Return (start, stop, is the last) in seconds of each stretch that one press may hold."""
    stretches: list[tuple[int, int]] = []
    before: ChordSpan | None = None
    for span in reading.outline.chords:
        continues = before is not None and before.end_tick == span.start_tick and _sounds_alike(before, span)
        if continues:
            stretches[-1] = (stretches[-1][0], span.end_tick)
        else:
            stretches.append((span.start_tick, span.end_tick))
        before = span
    bar_lines = np.array([bar.onset_tick for bar in reading.score.bars], dtype=np.int64)
    last_end = int(reading.end_tick.max()) if reading.num_notes else 0
    found: list[tuple[int, int]] = []
    for start, end in stretches:
        inner = [int(tick) for tick in bar_lines if start < tick < end]
        for first, stop in pairwise([start, *inner, end]):
            silent_from = _silence(reading, first, stop)
            if silent_from <= first:
                continue
            found += _pressed_again(reading, first, silent_from, presses_per_sec)
    seconds = seconds_at(curve, np.array(found, dtype=np.float64).reshape(-1, 2))
    lasts = [silent_from >= last_end for _, silent_from in found]
    return [
        (float(first_sec), end_sec if is_last else float(stop_sec), is_last)
        for (first_sec, stop_sec), is_last in zip(seconds, lasts, strict=True)
    ]


def _pressed_again(reading: Reading, start_tick: int, stop_tick: int, presses_per_sec: float) -> list[tuple[int, int]]:
    """Cut a long stretch at the beats that are nearest to even parts, of about the length of the style's presses."""
    start_sec, stop_sec = (float(reading.seconds_at(tick)) for tick in (start_tick, stop_tick))
    count = (stop_sec - start_sec) * presses_per_sec
    beats = reading.beats[:, 0]
    inner = beats[np.searchsorted(beats, start_tick + 1) : np.searchsorted(beats, stop_tick)]
    if count < LONG_STRETCH or not len(inner):
        return [(start_tick, stop_tick)]
    wanted = start_tick + (stop_tick - start_tick) * np.arange(1, round(count)) / round(count)
    cuts = sorted({int(inner[np.argmin(np.abs(inner - tick))]) for tick in wanted})
    return list(pairwise([start_tick, *cuts, stop_tick]))


def _sounds_alike(one: ChordSpan, other: ChordSpan) -> bool:
    """Whether the pedal may hold both: V and V7, or two inversions over one root."""
    return one.key == other.key and one.chord.root(one.key) == other.chord.root(other.key)


def _silence(reading: Reading, start_tick: int, stop_tick: int) -> int:
    """Return where in [start, stop] the notes fall silent; `stop_tick` when they sound until then or begin again."""
    sounding = (reading.onset_tick < stop_tick) & (reading.end_tick > start_tick)
    if not sounding.any():
        return start_tick
    return min(stop_tick, int(reading.end_tick[sounding].max()))
