"""Sections: the coarse form of a piece, from its phrases and the bars that come back.

Method: a section begins at repeat signs, marks and new signatures; where a score has none of them, at a phrase that
follows an authentic cadence and either brings the opening of an earlier section back or comes at least eight bars after
the last beginning. Sections whose first bars are alike (whatever their transposition) share a letter.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence

import numpy as np

from composer.analysis.similarity import likeness_matrix
from composer.outline import PhraseSpan, SectionSpan
from composer.score import Score
from composer.theory.harmony import Cadence

_RETURN_LIKENESS = 0.55  # mean over the first bars, from which an opening is the same
_OPENING_BARS = 2  # compared
_MIN_BARS = 8  # of a section that nothing but a cadence ends
_MIN_RETURN_BARS = 4  # of a section that a return ends
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def find_sections(score: Score, phrases: Sequence[PhraseSpan]) -> tuple[SectionSpan, ...]:
    """Find the sections of a score.

    Args:
        score: any score.
        phrases: its phrases, sorted.

    Returns:
        Sections that cover the piece; ids are the letter, numbered from its second use (`A`, `B`, `A2`).
    """
    if not phrases:
        return ()
    openings_at = _Openings(score, [_first_whole_bar(score, phrase.start_tick) for phrase in phrases])
    starts = _signed_starts(score, phrases) or _found_starts(score, phrases, openings_at)
    edges = [0, *starts, score.end_tick]
    spans: list[SectionSpan] = []
    openings: list[tuple[int, str]] = []  # (bar, letter) of each section that brought something new
    uses: Counter[str] = Counter()
    for start, end in itertools.pairwise(edges):
        bar = _first_whole_bar(score, start)
        label = next((letter for other, letter in openings if openings_at.alike(bar, other)), "")
        if not label:
            label = _LETTERS[min(len(openings), len(_LETTERS) - 1)]
            openings.append((bar, label))
        uses[label] += 1
        spans.append(SectionSpan(start, end, label if uses[label] == 1 else f"{label}{uses[label]}", label))
    return tuple(spans)


def _signed_starts(score: Score, phrases: Sequence[PhraseSpan]) -> list[int]:
    """Return where signs in the score begin sections: at the nearest beginning of a phrase within a bar."""
    signs = {tick for repeat in score.repeats for tick in (repeat.start_tick, repeat.end_tick)}
    signs |= {mark.tick for mark in score.marks} | {tick for tick, _ in score.keys}
    starts: set[int] = set()
    for sign in signs:
        nearest = min(phrases, key=lambda phrase: abs(phrase.start_tick - sign)).start_tick
        if abs(nearest - sign) <= score.meter_at(sign).bar_ticks:
            starts.add(nearest)
    return sorted(tick for tick in starts if 0 < tick < score.end_tick)


def _found_starts(score: Score, phrases: Sequence[PhraseSpan], openings_at: _Openings) -> list[int]:
    starts: list[int] = []
    begins = [0]  # bars
    for before, phrase in itertools.pairwise(phrases):
        bar = _first_whole_bar(score, phrase.start_tick)
        long = bar - begins[-1]
        returns = any(openings_at.alike(bar, other) for other in begins)
        closed = before.cadence is Cadence.PAC
        if (returns and long >= _MIN_RETURN_BARS) or (closed and long >= _MIN_BARS):
            starts.append(phrase.start_tick)
            begins.append(bar)
    return starts


class _Openings:
    """How alike the openings at some bars are: the likeness of the bars that begin there, one by one."""

    def __init__(self, score: Score, bars: Sequence[int]) -> None:
        rows = sorted({bar + step for bar in bars for step in range(_OPENING_BARS) if bar + step < len(score.bars)})
        self._row = {bar: row for row, bar in enumerate(rows)}
        self._likeness = likeness_matrix(score, rows=rows)[0]  # [row, bar]

    def alike(self, bar: int, other: int) -> bool:
        """Return whether the openings at two bars are the same, the first of them one of those asked for."""
        count = min(_OPENING_BARS, self._likeness.shape[1] - max(bar, other))
        if bar == other or count < 1:
            return False
        shares = [self._likeness[self._row[bar + step], other + step] for step in range(count)]
        return float(np.mean(shares)) >= _RETURN_LIKENESS


def _first_whole_bar(score: Score, tick: int) -> int:
    """Return the index of the bar that a section begins, the next one after an upbeat."""
    index = score.bar_index_at(tick)
    bar = score.bars[index]
    late = 2 * (tick - bar.onset_tick + bar.lead_tick) > bar.meter.bar_ticks
    return min(index + late, len(score.bars) - 1)
