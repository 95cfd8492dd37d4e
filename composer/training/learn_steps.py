"""The compiled step that fits one composer of a frozen network: the gradient of its own vector, and of nothing else.

What it is: the vector is the composer's row of the style embedding and the row of its gate unit in every layer
(`network/extended.py`), a few thousand numbers at most. The network's loss is differentiated by these alone, without
dropout, so that what is lowered is what is measured. TensorFlow only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from composer.errors import OptionError
from composer.network.biaxial import BiaxialNetwork, State
from composer.network.extended import num_composers
from composer.network.own_composer import OwnComposer
from composer.training.batch import Batch
from composer.training.compiled import join_lanes, loss_of, measure, split_lanes

FloatArray = NDArray[np.float32]
Vector = dict[str, FloatArray]
EMBEDDING = "embedding"
_HAND_WEIGHT = 0.1  # of the hand's nats in the loss, as in training


class ComposerSteps:
    """The own composer of a network: its vector, its loss, its gradient.

    Args:
        network: `extended` by one composer with an adapter; its own vector alone is ever changed.
        lanes: parts into which the rows of a batch are split, each for a core (`training/compiled.py`).

    Raises:
        OptionError: Keras runs on another backend than TensorFlow.
    """

    def __init__(self, network: BiaxialNetwork, *, lanes: int = 1) -> None:
        if keras.backend.backend() != "tensorflow":
            raise OptionError(
                f"learning a style: the backend must be tensorflow; found {keras.backend.backend()}",
                mend="KERAS_BACKEND=tensorflow",
            )
        import tensorflow as tf

        self._tf = tf
        self._network = network
        self._lanes = lanes
        self._row = num_composers(network.config) - 1
        self._width = network.config.embedding_width - 1  # without its own gate unit
        layers = (*network.time_layers, *network.note_layers)
        self._weights = {EMBEDDING: network.style_embedding} | {layer.name: layer.gate_kernel for layer in layers}
        self._find = tf.function(self._graph, autograph=False)

    @property
    def known_rows(self) -> FloatArray:
        """The rows of the composers that the network knows by itself: float32 [composer, style unit + gate unit]."""
        return self._value(EMBEDDING)[: self._row, : self._width]

    def vector(self) -> Vector:
        """Return the own composer's vector: `EMBEDDING`, and the gates of each layer by its name."""
        return {name: self._own(name, self._value(name)).copy() for name in self._weights}

    def set_vector(self, vector: Mapping[str, FloatArray]) -> None:
        """Give the own composer a vector; what is not named is set to 0: a composer without an adapter."""
        for name, weight in self._weights.items():
            value = self._value(name).copy()
            self._own(name, value)[:] = vector.get(name, 0.0)
            weight.assign(value)

    def initial_state(self, batch: Batch) -> State:
        """The state of the rows of a batch before they have heard anything."""
        return self._network.initial_state(batch.num_rows, batch.num_pitches)

    def gradient(self, batch: Batch, state: State) -> tuple[float, Vector, State]:
        """Return the loss a scored step (nats, the hand's among them), its gradient, and the state after the batch."""
        loss, slopes, state = self._find(batch.arrays(), state)
        scored = max(1.0, float(np.sum(batch.valid, dtype="float64")))
        own = {
            name: self._own(name, slope.numpy()) / np.float32(scored)
            for name, slope in zip(self._weights, slopes, strict=True)
        }
        return float(loss) / scored, own, state

    def _graph(self, arrays: dict[str, Any], state: Any) -> Any:
        tf = self._tf
        losses, slopes, after = [], [], []
        watched = [weight.value for weight in self._weights.values()]
        for lane_arrays, lane_state in split_lanes(arrays, state, self._lanes):
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(watched)
                rows, lane_after = measure(self._network, lane_arrays, lane_state, training=False)
                loss = loss_of(rows, hand_weight=_HAND_WEIGHT)
            losses.append(loss)
            slopes.append(tape.gradient(loss, watched))
            after.append(lane_after)
        sums = [tf.add_n(list(parts)) for parts in zip(*slopes, strict=True)]
        return tf.add_n(losses), sums, join_lanes(after)

    def _value(self, name: str) -> FloatArray:
        return np.asarray(keras.ops.convert_to_numpy(self._weights[name]), np.float32)

    def _own(self, name: str, value: FloatArray) -> FloatArray:
        """Return the own composer's part of a weight, or of its gradient, as a view."""
        return value[self._row, : self._width] if name == EMBEDDING else value[-1]


def to_own_composer(vector: Mapping[str, FloatArray], name: str) -> OwnComposer:
    """Return a vector as what is kept of it; an adapter of nothing but zeros is none."""
    gates = {layer: gates for layer, gates in vector.items() if layer != EMBEDDING}
    return OwnComposer(name, vector[EMBEDDING], gates if any(one.any() for one in gates.values()) else {})
