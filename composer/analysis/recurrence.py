"""Where a piece comes back: repeated stretches and breaks in the self-similarity of its bars.

What it is: two curves over the bars, read from the matrix of likenesses (`similarity.likeness_matrix`, each pair under
its best transposition). `edges`: how strongly repeated stretches, diagonal stripes of the matrix, begin or end at a
bar (after Goto, 2003). `novelty`: how much the bars before a bar are like each other and unlike those behind it, the
checkerboard kernel of Foote (2000).

Conventions: arrays are [bar] or [bar, bar]; likeness is 0..1. A bar stands for its own beginning.
"""

from __future__ import annotations

import numpy as np

from composer.analysis.frames import Floats

_WINDOW_BARS = 4  # over which likeness is averaged along a stripe; the shortest stripe
_STRIPE_LIKENESS = 0.6  # of that average, from which bars are a repetition
_FULL_BARS = 8  # of a stripe whose ends count fully
_KERNEL_BARS = 8  # before and after a break


def edges(likeness: Floats) -> Floats:
    """Return [bar] how strongly repeated stretches begin or end there; a stripe of eight bars counts 1."""
    count = len(likeness)
    weight = np.zeros(count + 1)
    for lag in range(_WINDOW_BARS, count - _WINDOW_BARS + 1):
        stripe = np.diagonal(likeness, -lag)  # [bar]: how like the bar `lag` later is
        total = np.concatenate([[0.0], np.cumsum(stripe)])
        mean = (total[_WINDOW_BARS:] - total[:-_WINDOW_BARS]) / _WINDOW_BARS
        again = np.concatenate([[False], mean >= _STRIPE_LIKENESS, [False]])
        turns = np.flatnonzero(again[1:] != again[:-1])
        for first, last in zip(turns[::2], turns[1::2] + _WINDOW_BARS - 1, strict=True):
            # The window reaches over the ends of a stripe: what is unlike there does not belong to it.
            while stripe[first] < _STRIPE_LIKENESS:
                first += 1
            while stripe[last - 1] < _STRIPE_LIKENESS:
                last -= 1
            share = min(1.0, (last - first) / _FULL_BARS) * (total[last] - total[first]) / (last - first)
            for bar in (first, last, first + lag, last + lag):
                weight[bar] = max(weight[bar], share)
    return weight[:count]


def novelty(likeness: Floats) -> Floats:
    """Return [bar] how new what begins there is: 0 for more of the same, 1 for the strongest break of the piece."""
    count = len(likeness)
    sums = np.zeros((count + 1, count + 1))
    sums[1:, 1:] = likeness.cumsum(axis=0).cumsum(axis=1)

    def block(top: int, bottom: int, left: int, right: int) -> float:
        area = (bottom - top) * (right - left)
        return float(sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]) / max(1, area)

    found: Floats = np.zeros(count)
    for bar in range(1, count):
        low, high = max(0, bar - _KERNEL_BARS), min(count, bar + _KERNEL_BARS)
        found[bar] = block(low, bar, low, bar) + block(bar, high, bar, high) - 2 * block(bar, high, low, bar)
    strongest = max(1e-9, float(found.max(initial=0.0)))
    return np.asarray(found / strongest)
