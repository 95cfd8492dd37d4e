"""How much both hands move in a texture, together: one runs while the other walks.

What it is: the onsets a beat and notes at once that a bar of a plan is given for its texture and density. Each style
tells in which pairs of onsets its own hands move, mostly even ones: four in a beat against one, or two against two. The
middle of each hand by itself (2.6 against 2.1) would be a pair that nobody writes.

Contents: `Lead`, `draw_lead`, `figures_at`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from composer.style_statistics import HandPair, Percentiles, TextureFigures

WINDOW = 0.15  # of a texture's bars, from calm to busy, to either side of a density: what counts as about as busy
SAME_ONSETS = 0.25  # a beat; a tune that has so many more is as good

Pair = tuple[float, float]
"""Of (lower hand, upper hand)."""


@dataclass(frozen=True)
class Lead:
    """What was drawn for a section, so that its bars move alike.

    Attributes:
        style: 0..1; whose pairs are taken in a mix of styles, by their weights in order.
        upper: 0..1; from pairs in which the lower hand moves more to those in which the upper does.
    """

    style: float
    upper: float


def draw_lead(generator: np.random.Generator) -> Lead:
    """Draw which hand leads; two numbers of the generator's."""
    return Lead(float(generator.random()), float(generator.random()))


def figures_at(
    figures: Sequence[tuple[float, TextureFigures]],
    density: float,
    lead: Lead,
    *,
    tune_onsets: float | None = None,
) -> tuple[Pair | None, Pair | None]:
    """Return (onsets a beat, notes at once) of both hands at a density.

    Args:
        figures: (weight, figures of the texture) of each style that has it.
        density: 0..1; of the texture's bars, from the calmest to the busiest.
        lead: of the section.
        tune_onsets: a beat, of a tune that the upper hand is given: no fewer than these, and few more, if that can be.

    Returns:
        A pair of one of the styles, and the mean of their percentiles of polyphony (0, .5 and 1 are the 10th, 50th and
        90th); where no pairs were counted, onsets are such a mean too. None, None without figures.
    """
    total = sum(weight for weight, _ in figures)
    if not total:
        return None, None

    def mean(percentiles_of: Callable[[TextureFigures], Percentiles]) -> float:
        return round(sum(weight * _at(percentiles_of(own), density) for weight, own in figures) / total, 3)

    polyphony = mean(lambda own: own.polyphony_lower), mean(lambda own: own.polyphony_upper)
    counted = [(weight, pairs) for weight, own in figures if weight and (pairs := _moving(own))]
    if not counted:
        return (mean(lambda own: own.onsets_per_beat_lower), mean(lambda own: own.onsets_per_beat_upper)), polyphony
    hands = counted[_quantile([weight for weight, _ in counted], lead.style)][1]
    near = _near(hands, density)
    if tune_onsets is not None:
        enough = [row for row in near if row[0].upper >= tune_onsets - SAME_ONSETS] or near
        closest = min(abs(pair.upper - tune_onsets) for pair, _ in enough)
        near = [row for row in enough if abs(row[0].upper - tune_onsets) <= closest + SAME_ONSETS]
    pair = near[_quantile([share for _, share in near], lead.upper)][0]
    return (pair.lower, pair.upper), polyphony


def _moving(figures: TextureFigures) -> list[HandPair]:
    """Return the pairs in which no hand stands still: a bar may, not a section, unless the texture is of one hand."""
    rests = [own[1] == 0 for own in (figures.onsets_per_beat_lower, figures.onsets_per_beat_upper)]
    return [pair for pair in figures.hands if (pair.lower > 0 or rests[0]) and (pair.upper > 0 or rests[1])]


def _near(hands: Sequence[HandPair], density: float) -> list[tuple[HandPair, float]]:
    """Return (pair, weight) of those that are about as busy as the density says, the lower hand's first."""
    total = sum(pair.count for pair in hands)
    low, high = max(0.0, density - WINDOW) * total, min(1.0, density + WINDOW) * total
    near: list[tuple[HandPair, float]] = []
    below = 0
    for _, group in groupby(sorted(hands, key=_busyness), key=_busyness):
        pairs = list(group)  # equally busy, whichever hand it is
        count = sum(pair.count for pair in pairs)
        inside = max(0.0, min(below + count, high) - max(below, low)) / count
        near += [(pair, pair.count * inside) for pair in pairs if inside]
        below += count
    near.sort(key=lambda row: (row[0].upper - row[0].lower, row[0].upper))
    return near


def _busyness(pair: HandPair) -> float:
    return pair.lower + pair.upper


def _quantile(weights: Sequence[float], share: float) -> int:
    """Return the place in which a share of the weights' sum lies."""
    return min(int(np.searchsorted(np.cumsum(weights), share * sum(weights), side="right")), len(weights) - 1)


def _at(percentiles: Percentiles, density: float) -> float:
    low, middle, high = percentiles
    return low + (middle - low) * 2 * density if density < 0.5 else middle + (high - middle) * (2 * density - 1)
