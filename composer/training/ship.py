"""A fitted network → NAME.safetensors and its card NAME.yaml, as they stand in `styles/networks/`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from composer.network.biaxial import BiaxialNetwork
from composer.network.checkpoint import save_network
from composer.training.config import SourceConfig, TrainingConfig
from composer.training.engine import FitResult
from composer.training.sources import Collection, source_to_card


def ship_network(
    network: BiaxialNetwork,
    config: TrainingConfig,
    sources: Sequence[SourceConfig],
    collection: Collection,
    result: FitResult,
    *,
    folder: Path,
    tables: Mapping[str, np.ndarray],
) -> tuple[Path, Path]:
    """Write the weights and the card; return their paths.

    Args:
        sources: those that were read, in the order of `collection.counts`.
        folder: of the run.
        tables: further arrays to keep with the weights.

    Raises:
        WeightsError: a weight is not finite.
        OutputError: the files cannot be written.
    """
    figures = {
        "held_out_nats_per_step": round(result.best.nats, 4),  # mean of what validation heard, cropped range
        "updates": result.best.update,
        "steps_heard": result.best.update * config.windows.rows * config.windows.steps,
    }
    return save_network(
        folder,
        network,
        name=config.name,
        tables=tables,
        description=config.description,
        composers=config.composers,
        ensembles=config.ensembles,
        sources=[source_to_card(source, count) for source, count in zip(sources, collection.counts, strict=True)],
        fold=config.fold,
        figures=figures,
    )
