"""All weights of a network fitted to one composer's pieces, and what pieces cost a network; for `bench_learn.py`."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from composer.network.checkpoint import LoadedNetwork
from composer.network.own_composer import OwnComposer
from composer.training.dataset import Piece
from composer.training.own_style import OWN
from composer.training.train import validation_batches

VALIDATE_EVERY = 20  # updates
PATIENCE = 5  # validations


class OutOfTimeError(Exception):
    """`--minutes` have passed."""


@dataclass(frozen=True)
class Sides:
    """The pieces of one fold."""

    training: list[Piece]
    judges: list[Piece]
    test: list[Piece]


def best_of_full_training(
    folder: Path,
    loaded: LoadedNetwork,
    start: Sequence[tuple[str, float]],
    sides: Sides,
    learn: Any,
    options: argparse.Namespace,
    deadline: float,
) -> tuple[Any, dict[str, Any]]:
    """Train all weights with each rate; return the network that the judges like best, and how it went.

    Raises:
        OutOfTimeError: a training is on its way; its checkpoint is kept.
    """
    from composer.training.engine import fit
    from composer.training.schedule import FitConfig
    from composer.training.window_config import LINE, WindowConfig
    from composer.training.windows import Windows

    windows = WindowConfig(  # those of `learn_fit`
        rows=learn.rows,
        steps=learn.steps,
        pitches=learn.pitches,
        composers=(*loaded.card.composers, OWN),
        ensembles=loaded.card.ensembles,
        style_dropout=0.0,
        line_share=WindowConfig.line_share if LINE in loaded.card.ensembles else 0.0,
    )

    def validation() -> Iterator[Any]:
        return validation_batches(sides.judges, replace(windows, rows=min(windows.rows, len(sides.judges))), seed=0)

    best, best_nats, told = None, np.inf, {}
    for rate in options.rates:
        network = with_own_row(loaded, start)
        result = fit(
            network,
            Windows(sides.training, windows, seed=options.seed).batches,
            config=FitConfig(
                num_updates=options.updates,
                learning_rate=rate,
                warmup_updates=min(20, options.updates),
                average_decay=0.95,  # as `learn_fit` has it
                validate_every=VALIDATE_EVERY,
                checkpoint_every=VALIDATE_EVERY,
                patience=PATIENCE,
                lanes=options.lanes,
            ),
            folder=folder / f"rate-{rate:g}",
            validation=validation,
            resume=True,
            should_stop=lambda: time.monotonic() >= deadline,
        )
        if result.stopped == "asked":
            raise OutOfTimeError
        told[f"{rate:g}"] = {
            "judges": result.best.nats,
            "best update": result.best.update,
            "updates": result.num_updates,
            "stopped": result.stopped,
        }
        if result.best.nats < best_nats:
            best, best_nats = network, result.best.nats
    return best, {"rates": told, "rate": min(told, key=lambda rate: told[rate]["judges"])}


def with_own_row(loaded: LoadedNetwork, start: Sequence[tuple[str, float]]) -> Any:
    """Return the network with one more composer, who is at first the equal mix of some; of none: nobody."""
    import keras

    from composer.network.extended import extended

    rows = np.asarray(keras.ops.convert_to_numpy(loaded.network.style_embedding))[: len(loaded.card.composers)]
    chosen = [loaded.card.composers.index(name) for name, _ in start]
    row = rows[chosen].mean(axis=0) if chosen else np.zeros_like(rows[0])
    return extended(loaded.network, [OwnComposer(OWN, row, {})])


def hear(
    network: Any,
    composers: Sequence[str],
    loaded: LoadedNetwork,
    pieces: Sequence[Piece],
    styles: Sequence[Sequence[tuple[str, float]]],
    options: argparse.Namespace,
    *,
    told: Sequence[str],
) -> list[list[float]]:
    """Return for each style the nats a step of each piece, told it and these groups of the plan's conditions."""
    from composer.training.measure import Measurer
    from composer.training.window_config import WindowConfig

    hearing = WindowConfig(
        rows=min(8, len(pieces)), steps=64, pitches=64, composers=tuple(composers), ensembles=loaded.card.ensembles
    )
    measurer = Measurer(network, hearing, lanes=options.lanes)
    found = [measurer.by_piece(pieces, told=told, style=style, bars=options.bars) for style in styles]
    return [[one.per_step if one.steps else np.nan for one in row] for row in found]
