"""How far a composed piece lies outside what is usual in its style."""

from __future__ import annotations

import numpy as np
from form_judge import ASKED_FIGURES

from composer.analysis.figures import piece_figures
from composer.score import Score
from composer.style import load_statistics

LEAST_WIDTH = 0.1  # of a figure's usual range, where nearly all pieces of a style have the same


def outside_usual(score: Score, style: str) -> float:
    """Return how far figures lie outside the style's 10th to 90th percentile, in widths of it; the mean over them."""
    figures, usual = piece_figures(score), load_statistics(style).figures
    outside = []
    for name in ASKED_FIGURES:
        if name in usual and name in figures:
            low, middle, high = usual[name]
            beyond = max(0.0, low - figures[name], figures[name] - high)
            outside.append(beyond / max(high - low, LEAST_WIDTH * abs(middle), LEAST_WIDTH))
    return float(np.mean(outside))
