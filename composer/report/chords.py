"""Planned chords beside those that the analysis hears, bar by bar.

Conventions: shares are of time, 0..1; a chord agrees where its root is the planned one (of a diminished seventh any of
its notes is the root). What is silent, or planned without a chord, is not counted.

Contents: `BarChords`, `judge_chords`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from composer.outline import ChordSpan
from composer.score import Bar


@dataclass(frozen=True)
class BarChords:
    """The chords of a bar.

    Attributes:
        bar: it.
        planned, found: numerals, each in its key, in order.
        agree_tick, total_tick: time with the planned root, of the time that both have a chord.
    """

    bar: Bar
    planned: tuple[str, ...]
    found: tuple[str, ...]
    agree_tick: int
    total_tick: int

    @property
    def share(self) -> float:
        """The share of time with the planned root; 1 where there is nothing to compare."""
        return self.agree_tick / self.total_tick if self.total_tick else 1.0


def judge_chords(
    bars: Sequence[Bar], planned: Sequence[ChordSpan], found: Sequence[ChordSpan]
) -> tuple[BarChords, ...]:
    """Return the chords of each bar, planned and found.

    Args:
        bars: of the piece.
        planned: of the plan.
        found: of the analysis, on the same timeline.
    """
    result = []
    for bar in bars:
        asked, heard = _inside(planned, bar), _inside(found, bar)
        agree = total = 0
        for one in asked:
            for two in heard:
                ticks = min(one.end_tick, two.end_tick, bar.end_tick) - max(
                    one.start_tick, two.start_tick, bar.onset_tick
                )
                if ticks > 0:
                    total += ticks
                    agree += ticks * _same_root(one, two)
        result.append(BarChords(bar, _numerals(asked), _numerals(heard), agree, total))
    return tuple(result)


def _inside(spans: Sequence[ChordSpan], bar: Bar) -> list[ChordSpan]:
    return [span for span in spans if span.start_tick < bar.end_tick and span.end_tick > bar.onset_tick]


def _numerals(spans: Sequence[ChordSpan]) -> tuple[str, ...]:
    return tuple(span.chord.numeral for span in spans)


def _same_root(one: ChordSpan, two: ChordSpan) -> bool:
    if one.chord.quality == two.chord.quality == "diminished7":
        return set(one.chord.pitch_classes(one.key)) == set(two.chord.pitch_classes(two.key))
    return one.chord.root(one.key) == two.chord.root(two.key)
