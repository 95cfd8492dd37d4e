"""Divide the bars of a Score where a repeat sign, an ending or a new key stands inside them, as a page does.

A bar that begins before a repeat sign and goes on behind it is written as two measures; the second has the first one's
number. The reader makes them one bar again. A key changes inside a bar only on a page: the notes then tell how they are
spelled. Elsewhere the change waits for a bar line (`notation.signatures_of_bars`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from composer.score import Bar, Score


def divided(score: Score, jump_ticks: Iterable[int] = ()) -> Score:
    """Return the score with a bar line at each end of a repeat or an ending, and at each change of key on a page.

    Args:
        score: to be written.
        jump_ticks: where there is one besides: at a da capo and a fine.
    """
    ticks = sorted({*_edges(score), *jump_ticks})
    bars = tuple(piece for bar in score.bars for piece in _pieces(bar, ticks))
    return score if len(bars) == len(score.bars) else replace(score, bars=bars)


def _edges(score: Score) -> Iterator[int]:
    for repeat in score.repeats:
        yield from (repeat.start_tick, repeat.end_tick)
        for start_tick, end_tick, _ in repeat.endings:
            yield from (start_tick, end_tick)
    if all(note.spelling for part in score.parts for note in part.notes):
        yield from (tick for tick, _ in score.keys)


def _pieces(bar: Bar, ticks: Iterable[int]) -> Iterator[Bar]:
    start_tick = bar.onset_tick
    for tick in (*(tick for tick in ticks if bar.onset_tick < tick < bar.end_tick), bar.end_tick):
        yield replace(bar, onset_tick=start_tick, duration_tick=tick - start_tick)
        start_tick = tick
