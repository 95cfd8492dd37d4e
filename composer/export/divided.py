"""Divide the bars of a Score where a repeat sign or an ending stands inside them, as a page does.

A bar that begins before a repeat sign and goes on behind it is written as two measures; the second has the first one's
number. The reader makes them one bar again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from composer.score import Bar, Repeat, Score


def divided_at_repeats(score: Score) -> Score:
    """Return the score with a bar line at each end of a repeat or an ending."""
    ticks = sorted(set(_edges(score.repeats)))
    bars = tuple(piece for bar in score.bars for piece in _pieces(bar, ticks))
    return score if len(bars) == len(score.bars) else replace(score, bars=bars)


def _edges(repeats: Iterable[Repeat]) -> Iterator[int]:
    for repeat in repeats:
        yield from (repeat.start_tick, repeat.end_tick)
        for start_tick, end_tick, _ in repeat.endings:
            yield from (start_tick, end_tick)


def _pieces(bar: Bar, ticks: Iterable[int]) -> Iterator[Bar]:
    start_tick = bar.onset_tick
    for tick in (*(tick for tick in ticks if bar.onset_tick < tick < bar.end_tick), bar.end_tick):
        yield replace(bar, onset_tick=start_tick, duration_tick=tick - start_tick)
        start_tick = tick
