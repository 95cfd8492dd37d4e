"""What a visit to a piece is told: groups of the plan's conditions, the composer, the ensemble.

Training draws it, so that any subset works when composing; measuring states it (`WindowConfig.told`, `told_style`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from composer.roll.inputs import GROUPS
from composer.training.dataset import Piece
from composer.training.window_config import WindowConfig


def style_of(piece: Piece) -> str:
    """Return the style that a piece teaches, as `bach keyboard`."""
    return f"{piece.composer} {piece.ensemble}"


def style_vector(
    composers: Sequence[str], ensembles: Sequence[str], weights: Sequence[tuple[str, float]], ensemble: str
) -> NDArray[np.float32]:
    """Return composer weights (summing to 1, or nothing) and the ensemble as one hot: float32 [style width].

    Args:
        weights: (composer, weight); empty: not told.
        ensemble: a name of `ensembles`, or "".
    """
    vector = np.zeros(len(composers) + len(ensembles), np.float32)
    total = sum(weight for _, weight in weights)
    for name, weight in weights:
        vector[list(composers).index(name)] = weight / total
    if ensemble:
        vector[len(composers) + list(ensembles).index(ensemble)] = 1
    return vector


def draw_dropped(config: WindowConfig, generator: np.random.Generator) -> frozenset[str]:
    """Return the groups of conditions that a visit is not told: none (half of them), all (15 %), or a random subset."""
    told = config.told
    if told != "random":
        return frozenset(set(GROUPS) - set(told))
    draw = generator.random()
    chosen = generator.random(len(GROUPS)) < 0.5
    if draw < 0.15:
        return frozenset(GROUPS)
    if draw < 0.5:
        return frozenset(name for name, gone in zip(GROUPS, chosen, strict=True) if gone)
    return frozenset()


def draw_style(
    config: WindowConfig, piece: Piece, ensemble: str, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Return the style vector of a visit; some are not told the composer."""
    hidden = config.told == "random" and generator.random() < config.style_dropout
    own = ((piece.composer, 1.0),) if config.told_style is None else config.told_style
    weights = () if hidden else own
    known = ensemble if ensemble in config.ensembles else ""  # a network without quartets is told nothing
    return style_vector(config.composers, config.ensembles, weights, known)
