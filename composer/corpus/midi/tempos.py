"""The tempo marks behind the tempo events of a MIDI file: a few are marks, many are somebody's rubato.

What it is: a curve is read as the tempo of its bars, and the bars are parted where the tempo changes for good: a
ritardando is none, an Adagio before an Allegro is. Each part has one mark, the median of its bars.
"""

from __future__ import annotations

import bisect
import statistics
from collections.abc import Sequence

from composer.score import Bar, TempoMark
from composer.theory.meter import TICKS_PER_QUARTER

_FREE_MARKS = 4  # with more than these and one in two bars they are a curve
_NEW_TEMPO = 1.3  # by so much a new tempo differs from the one before, either way …
_FOR_GOOD_BARS = 6  # … for so many bars, in their middle


def tempos_of(
    rows: Sequence[tuple[int, int]], bars: Sequence[Bar], mended: list[str], *, are_marks: bool = False
) -> tuple[TempoMark, ...]:
    """Return the tempo marks.

    Args:
        rows: (tick, microseconds a quarter) of each event, in ticks of the Score.
        bars: of the piece.
        mended: takes a line where a curve was read.
        are_marks: True where the file says that each event is a mark, one that repeats the tempo too.
    """
    onsets = [bar.onset_tick for bar in bars]

    def beat_quarters(tick: int) -> float:
        return bars[max(0, bisect.bisect_right(onsets, tick) - 1)].meter.beat_quarters

    marks: list[TempoMark] = []
    for tick, usec in sorted(rows, key=lambda row: row[0]):
        mark = TempoMark(tick, 60e6 / usec / beat_quarters(tick))
        if marks and marks[-1].tick == tick:
            marks[-1] = mark
        elif not marks or are_marks or abs(marks[-1].beat_bpm - mark.beat_bpm) > 0.01:
            marks.append(mark)
    if not are_marks and len(marks) > _FREE_MARKS + len(bars) // 2:
        parts = _part(_bar_seconds(sorted(rows, key=lambda row: row[0]), bars), bars)
        told = ", ".join(f"{mark.beat_bpm:.0f}" for mark in parts[:6]) + (" …" if len(parts) > 6 else "")
        what = "one tempo" if len(parts) == 1 else f"{len(parts)} tempos"
        mended.append(f"a tempo curve of {len(marks)} points was read as {what}, {told}")
        return parts
    if marks and marks[0].tick > 0:
        marks[0] = TempoMark(0, marks[0].beat_bpm)
    return tuple(marks)


def _bar_seconds(rows: Sequence[tuple[int, int]], bars: Sequence[Bar]) -> list[float]:
    """Return how long each bar lasts under the curve, seconds."""
    ticks = [tick for tick, _ in rows]
    usecs = [usec for _, usec in rows]
    sums = [0.0]  # seconds up to each event
    for index in range(1, len(rows)):
        sums.append(sums[-1] + (ticks[index] - ticks[index - 1]) / TICKS_PER_QUARTER * usecs[index - 1] / 1e6)

    def second_at(tick: int) -> float:
        index = max(0, bisect.bisect_right(ticks, tick) - 1)
        return sums[index] + (tick - ticks[index]) / TICKS_PER_QUARTER * usecs[index] / 1e6

    return [second_at(bar.end_tick) - second_at(bar.onset_tick) for bar in bars]


def _part(seconds: Sequence[float], bars: Sequence[Bar]) -> tuple[TempoMark, ...]:
    """Part the bars where the tempo changes for good; return the mark of each part."""
    tempos = [
        60 * bar.duration_tick / TICKS_PER_QUARTER / bar.meter.beat_quarters / max(second, 1e-6)
        for bar, second in zip(bars, seconds, strict=True)
    ]
    starts = [0]
    for index in range(1, len(bars)):
        ahead = tempos[index : index + _FOR_GOOD_BARS]
        if index - starts[-1] < _FOR_GOOD_BARS or len(ahead) < _FOR_GOOD_BARS:
            continue
        before = statistics.median(tempos[starts[-1] : index])
        change = statistics.median(ahead) / before
        if not 1 / _NEW_TEMPO < change < _NEW_TEMPO and not 1 / _NEW_TEMPO < tempos[index] / before < _NEW_TEMPO:
            starts.append(index)
    return tuple(
        TempoMark(bars[start].onset_tick, statistics.median(tempos[start:stop]))
        for start, stop in zip(starts, [*starts[1:], len(bars)], strict=True)
    )
