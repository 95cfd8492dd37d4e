"""A fitted network → NAME.safetensors and its card NAME.yaml, as they stand in `styles/networks/`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import yaml
from safetensors.numpy import save

from composer.files import write_all_atomic
from composer.network.biaxial import BiaxialNetwork
from composer.training.config import SourceConfig, TrainingConfig
from composer.training.engine import FitResult
from composer.training.sources import Collection


def ship_network(
    network: BiaxialNetwork,
    config: TrainingConfig,
    sources: Sequence[SourceConfig],
    collection: Collection,
    result: FitResult,
    *,
    folder: Path,
) -> tuple[Path, Path]:
    """Write the weights and the card; return their paths."""
    weights = {
        name: np.ascontiguousarray(keras.ops.convert_to_numpy(value)) for name, value in network.named_weights().items()
    }
    content = save(weights)
    card = {
        "name": config.name,
        "description": config.description,
        "sha256": hashlib.sha256(content).hexdigest(),
        "network": config.network.to_dict(),
        "composers": list(config.composers),
        "ensembles": list(config.ensembles),
        **card_of_training(config, sources, collection, result),
    }
    paths = folder / f"{config.name}.safetensors", folder / f"{config.name}.yaml"
    text = yaml.safe_dump(card, sort_keys=False, allow_unicode=True, width=120)
    write_all_atomic({paths[0]: content, paths[1]: text.encode()})
    return paths


def card_of_training(
    config: TrainingConfig, sources: Sequence[SourceConfig], collection: Collection, result: FitResult
) -> dict[str, Any]:
    """Return what a card says of the training: sources with their terms, and figures."""
    told = []
    for source, count in zip(sources, collection.counts, strict=True):
        told.append(
            {
                "name": source.name or source.path,
                "path": source.path,
                "url": source.url,
                "licence": source.licence,
                "credit": source.credit,
                "pieces": count,
            }
        )
    return {
        "sources": told,
        "figures": {
            "held_out_nats_per_step": round(result.best.nats, 4),
            "updates": result.best.update,
            "steps_seen": result.best.update * config.windows.rows * config.windows.steps,
        },
    }
