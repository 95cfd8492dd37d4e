"""Early stopping of each style by itself: what gets no better on its held-out works is visited more rarely.

Why not one stop for all: small styles are learned by heart while large ones are still being learned. A style whose
held-out pieces have not got better for some validations is heard half as often from then on, and so on down to a
little, so that it is not forgotten. The run as a whole stops by the mean of all styles (`training/engine.py`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from composer.training.windows import Windows

FACTOR = 0.5
LEAST = 0.125  # of the visits at first
LOOKAHEAD = 16  # batches; more than are ever made ahead (`training/feed.py`), so that a run can be resumed


class StyleStopping:
    """Watches the held-out nats of each style and sets how often the windows visit it.

    Args:
        windows: of the training pieces.
        patience: validations without a new best before a style is visited more rarely.
    """

    def __init__(self, windows: Windows, *, patience: int) -> None:
        self._windows = windows
        self._patience = patience
        self._best: dict[str, float] = {}
        self._waited: dict[str, int] = {}
        self._factors: dict[str, float] = {}
        self._changes: list[tuple[int, dict[str, float]]] = []

    @property
    def factors(self) -> dict[str, float]:
        """How often the styles are visited beside their first share; those that are not named: 1."""
        return dict(self._factors)

    def hear(self, update: int, streams: Mapping[str, float]) -> None:
        """Take in a validation, made after `update` updates: nats by `STREAM, STYLE` (`validation.held_out_nats`)."""
        before = dict(self._factors)
        for style, nats in _by_style(streams).items():
            if nats < self._best.get(style, math.inf):
                self._best[style], self._waited[style] = nats, 0
                continue
            self._waited[style] = self._waited.get(style, 0) + 1
            if self._waited[style] >= self._patience:
                self._waited[style] = 0
                self._factors[style] = max(LEAST, self._factors.get(style, 1.0) * FACTOR)
        if self._factors != before:
            self._change(update + LOOKAHEAD, dict(self._factors))

    def state(self) -> dict[str, Any]:
        """Everything that it goes on from, as plain values."""
        return {"best": self._best, "waited": self._waited, "changes": self._changes}

    def restore(self, state: Mapping[str, Any]) -> None:
        """The inverse of `state`, in windows that were just made."""
        self._best, self._waited = dict(state["best"]), dict(state["waited"])
        self._changes, self._factors = [], {}
        for batch, factors in state["changes"]:
            self._factors = dict(factors)
            self._change(int(batch), self._factors)

    def _change(self, batch: int, factors: dict[str, float]) -> None:
        self._changes.append((batch, factors))
        self._windows.set_shares(factors, from_batch=batch)


def _by_style(streams: Mapping[str, float]) -> dict[str, float]:
    """Return the mean of the streams of each style."""
    found: dict[str, list[float]] = {}
    for name, nats in streams.items():
        _, comma, style = name.partition(", ")
        if comma:
            found.setdefault(style, []).append(nats)
    return {style: sum(values) / len(values) for style, values in found.items()}
