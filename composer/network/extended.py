"""A network with further composers: the same weights, one row of the style embedding more for each.

Why it works: all that a style does goes through one linear embedding, and its gate units go straight to the gates. A
further composer is a row behind those of the composers that the network knows; the gates of its adapter are one gate
unit more, which nobody else's row sounds. So mixes and glides are what they are among the network's own composers, and
what the network makes of these does not change. What an adapter does to kernels is for `network/adapters.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from composer.errors import WeightsError
from composer.network.config import FeatureFields, NetworkConfig
from composer.network.own_composer import OwnComposer

if TYPE_CHECKING:
    from composer.network.biaxial import BiaxialNetwork

COMPOSER_FIELD = "composer"  # of `NetworkConfig.style_fields`; it stands first
_EMBEDDING, _GATE_KERNEL = "style_embedding", "gate_kernel"


def extended(network: BiaxialNetwork, further: Sequence[OwnComposer]) -> BiaxialNetwork:
    """Return a network that also knows these composers, behind its own ones and in this order.

    Args:
        network: with its weights; it is not changed.
        further: made for a network of these sizes.

    Raises:
        WeightsError: the first part of the network's style vector is not its composers.
    """
    import keras

    from composer.network.biaxial import BiaxialNetwork

    known = num_composers(network.config)
    adapted = [own for own in further if own.gates]
    config = replace(
        network.config,
        style_fields=_with_composers(network.config.style_fields, len(further)),
        gate_units=network.config.gate_units + len(adapted),
    )
    values = {name: keras.ops.convert_to_numpy(weight) for name, weight in network.named_weights().items()}
    made = BiaxialNetwork(config)
    for name, weight in made.named_weights().items():
        layer, _, kind = name.rpartition("/")
        if name == _EMBEDDING:
            value = _embedding(values[name], known, further)
        elif kind == _GATE_KERNEL:
            value = np.stack([*values.get(name, ()), *(own.gates[layer] for own in adapted)])
        else:
            value = values[name]
        weight.assign(value)
    return made


def num_composers(config: NetworkConfig) -> int:
    """Return how many composers a network knows.

    Raises:
        WeightsError: the first part of its style vector is not its composers.
    """
    name, width = config.style_fields[0]
    if name != COMPOSER_FIELD:
        raise WeightsError(f'network.style_fields: "{COMPOSER_FIELD}" must stand first; found "{name}"')
    return width


def _with_composers(fields: FeatureFields, count: int) -> FeatureFields:
    (name, width), *others = fields
    return ((name, width + count), *others)


def _embedding(
    former: NDArray[np.float32], known: int, further: Sequence[OwnComposer]
) -> NDArray[np.float32]:  # [style, style unit + gate unit + adapter]
    adapted = [own.name for own in further if own.gates]
    rows = np.stack([own.embedding for own in further]) if further else former[:0]
    sounded = np.zeros((len(further), len(adapted)), np.float32)  # [own composer, adapter]
    for index, own in enumerate(further):
        if own.gates:
            sounded[index, adapted.index(own.name)] = 1.0
    silent = np.zeros((len(former), len(adapted)), np.float32)
    return np.concatenate(
        [
            np.concatenate([former[:known], silent[:known]], axis=1),
            np.concatenate([rows, sounded], axis=1),
            np.concatenate([former[known:], silent[known:]], axis=1),
        ]
    )
