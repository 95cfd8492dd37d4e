"""Sections: the coarse form of a piece, from its phrases and the bars that come back.

Method: a section begins at repeat signs, marks and new signatures. Where a score has none of them, each beginning of a
phrase gets a weight: repeated stretches that begin or end there, a break in the self-similarity of the bars
(`recurrence.py`), a cadence before it; and the best chain of sections under a preference for usual lengths is found
exactly. Sections whose first bars are alike (whatever their transposition) share a letter.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from composer.analysis.frames import Floats
from composer.analysis.reading import find_phrases
from composer.analysis.recurrence import edges, novelty
from composer.analysis.similarity import likeness_matrix
from composer.outline import PhraseSpan, SectionSpan
from composer.score import Score
from composer.theory.harmony import Cadence

_RETURN_LIKENESS = 0.6  # mean over the compared bars, from which two sections are the same
_OPENING_BARS = 16  # compared at most
_SLIP_BARS = 1  # by which the beginnings of two like sections may be off

# Weights of a phrase's beginning as that of a section.
_EDGE_WEIGHT = 5.0  # a repeated stretch begins or ends there
_NOVELTY_WEIGHT = 2.0  # the strongest break of the piece
_PERFECT_WEIGHT = 0.8  # a PAC before it
_OTHER_WEIGHT = -0.4  # no authentic cadence before it
_SECTION_WEIGHT = -2.0  # each section costs
# Log-preference of lengths in bars, interpolated.
_LENGTHS = ((1, -9.0), (4, -2.5), (8, 0.0), (16, 0.6), (32, 0.3), (48, -0.8), (64, -2.0), (128, -8.0), (1000, -60.0))
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def find_sections(score: Score, phrases: Sequence[PhraseSpan] | None = None) -> tuple[SectionSpan, ...]:
    """Find the sections of a score, by its signs or by what comes back.

    Measured on pieces whose repeats and da capos are written out, all signs hidden: beginnings within a bar, F1 .68 in
    short keyboard pieces, .51 in Chopin, .36 in songs, .18 in quartets; pairs of sections rightly the same or different
    by letter .93, .79, .50, .79. Of the divisions that a score marks without repeating anything fewer are found (F1
    .36, .17, .44, .16).

    Args:
        score: any score.
        phrases: its phrases, sorted; looked for when None.

    Returns:
        Sections that cover the piece; ids are the letter, numbered from its second use (`A`, `B`, `A2`).
    """
    if phrases is None:
        phrases = find_phrases(score)
    if not phrases:
        return ()
    likeness = likeness_matrix(score)[0].astype(np.float64)
    starts = _signed_starts(score, phrases) or _found_starts(score, phrases, likeness)
    ticks = [0, *starts, score.end_tick]
    bars = [*(first_whole_bar(score, tick) for tick in ticks[:-1]), len(score.bars)]
    spans: list[SectionSpan] = []
    openings: list[tuple[int, int, str]] = []  # (bar, end, letter) of each section that brought something new
    uses: Counter[str] = Counter()
    for place, (start, end) in enumerate(itertools.pairwise(ticks)):
        bar, stop = bars[place], bars[place + 1]
        label = next((letter for *other, letter in openings if _alike(likeness, (bar, stop), (other[0], other[1]))), "")
        if not label:
            label = LETTERS[min(len(openings), len(LETTERS) - 1)]
            openings.append((bar, stop, label))
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


def _found_starts(score: Score, phrases: Sequence[PhraseSpan], likeness: Floats) -> list[int]:
    """Return the best chain of beginnings after the first, by dynamic programming over the phrases."""
    bars = np.array([*(first_whole_bar(score, phrase.start_tick) for phrase in phrases), len(score.bars)])
    edge, new = edges(likeness), novelty(likeness)
    weights = [0.0, *(_cadence_weight(before) for before in phrases[:-1]), 0.0]
    for place, bar in enumerate(bars[1:-1].tolist(), 1):
        weights[place] += _EDGE_WEIGHT * edge[bar] + _NOVELTY_WEIGHT * new[bar] + _SECTION_WEIGHT
    return [phrases[place].start_tick for place in best_chain(bars, weights)]


def best_chain(bars: NDArray[np.int_], weights: Sequence[float] | Floats) -> list[int]:
    """Return which beginnings make the best chain of sections, the first left out.

    Args:
        bars: index of the bar at each possible beginning, ascending, and of the end.
        weights: what each of them is worth as a section's beginning; the usual lengths of sections count besides.
    """
    best, back = np.zeros(len(bars)), np.zeros(len(bars), dtype=np.int64)
    x, y = np.array(_LENGTHS).T
    for place in range(1, len(bars)):
        total = best[:place] + np.interp(bars[place] - bars[:place], x, y)
        back[place] = int(total.argmax())
        best[place] = total[back[place]] + weights[place]
    chain: list[int] = []
    place = int(back[-1])
    while place > 0:
        chain.append(place)
        place = int(back[place])
    return chain[::-1]


def _cadence_weight(before: PhraseSpan) -> float:
    if before.cadence is Cadence.PAC:
        return _PERFECT_WEIGHT
    return 0.0 if before.cadence is Cadence.IAC else _OTHER_WEIGHT


def _alike(likeness: Floats, bars: tuple[int, int], others: tuple[int, int]) -> bool:
    """Return whether two sections, each from a bar to another, begin alike."""
    for slip in range(-_SLIP_BARS, _SLIP_BARS + 1):
        first, other = max(bars[0], bars[0] - slip), max(others[0], others[0] + slip)
        count = min(_OPENING_BARS, bars[1] - first, others[1] - other)
        if count > 0 and float(np.diagonal(likeness[first : first + count, other : other + count]).mean()) >= (
            _RETURN_LIKENESS
        ):
            return True
    return False


def first_whole_bar(score: Score, tick: int) -> int:
    """Return the index of the bar that a section begins, the next one after an upbeat."""
    index = score.bar_index_at(tick)
    bar = score.bars[index]
    late = 2 * (tick - bar.onset_tick + bar.lead_tick) > bar.meter.bar_ticks
    return min(index + late, len(score.bars) - 1)
