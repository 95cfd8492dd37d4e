"""The compiled step that fits one composer of a frozen network: the gradient of its own vector, and of nothing else.

What it is: the vector is the composer's row of the style embedding, the row of its gate unit in every layer
(`network/extended.py`), and two narrow matrices for every kernel, whose product is added to it
(`network/adapters.py`): some ten thousand numbers. The network's loss is differentiated by these alone, without
dropout, so that what is lowered is what is measured. TensorFlow only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from composer.errors import OptionError
from composer.network.adapters import kernels_of
from composer.network.biaxial import BiaxialNetwork, State
from composer.network.extended import num_composers
from composer.network.own_composer import OwnComposer
from composer.training.batch import Batch
from composer.training.compiled import join_lanes, loss_of, measure, split_lanes

FloatArray = NDArray[np.float32]
Vector = dict[str, FloatArray]
EMBEDDING = "embedding"
RANK = 4  # of what an adapter adds to a kernel
_DOWN, _UP = "down/", "up/"  # before the kernel's name
_HAND_WEIGHT = 0.1  # of the hand's nats in the loss, as in training


class ComposerSteps:
    """The own composer of a network: its vector, its loss, its gradient.

    Args:
        network: `extended` by one composer with an adapter; its own vector alone is ever changed, and kernels by its
            factors.
        seed: of the factors' first values.
        lanes: parts into which the rows of a batch are split, each for a core (`training/compiled.py`).

    Raises:
        OptionError: Keras runs on another backend than TensorFlow.
    """

    def __init__(self, network: BiaxialNetwork, *, seed: int = 1, lanes: int = 1) -> None:
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
        self._kernels = kernels_of(network)
        self._plain = {name: _numbers(kernel) for name, kernel in self._kernels.items()}
        self._factors: Vector = {}
        random = np.random.default_rng(seed)
        for name, plain in self._plain.items():  # their product is nothing until the second of them is moved
            inputs, outputs = plain.shape
            down = random.normal(scale=inputs**-0.5, size=(inputs, RANK))
            self._factors |= {_DOWN + name: down.astype(np.float32), _UP + name: np.zeros((RANK, outputs), np.float32)}
        self._at_rest = dict(self._factors)
        self._find = tf.function(self._graph, autograph=False)

    @property
    def known_rows(self) -> FloatArray:
        """The rows of the composers that the network knows by itself: float32 [composer, style unit + gate unit]."""
        return self._value(EMBEDDING)[: self._row, : self._width]

    def vector(self) -> Vector:
        """Return the own composer's vector: `EMBEDDING`, the gates of each layer by its name, the factors."""
        return {name: self._own(name, self._value(name)).copy() for name in self._weights} | self._factors

    def set_vector(self, vector: Mapping[str, FloatArray]) -> None:
        """Give the own composer a vector; what is not named is as at first: a composer without an adapter."""
        for name, weight in self._weights.items():
            value = self._value(name).copy()
            self._own(name, value)[:] = vector.get(name, 0.0)
            weight.assign(value)
        factors = {name: vector.get(name, first) for name, first in self._at_rest.items()}
        for name, kernel in self._kernels.items():
            if any(factors[key] is not self._factors[key] for key in (_DOWN + name, _UP + name)):
                kernel.assign(self._plain[name] + factors[_DOWN + name] @ factors[_UP + name])
        self._factors = factors

    def initial_state(self, batch: Batch) -> State:
        """The state of the rows of a batch before they have heard anything."""
        return self._network.initial_state(batch.num_rows, batch.num_pitches)

    def gradient(
        self, batch: Batch, state: State, *, names: Collection[str] | None = None
    ) -> tuple[float, Vector, State]:
        """Return the loss a scored step (nats, the hand's among them), its gradient, and the state after the batch.

        Args:
            batch: windows.
            state: of their rows before them.
            names: parts of the vector by which the loss is differentiated; all of them by default.
        """
        names = self.vector().keys() if names is None else names
        has_kernels = any(name in self._factors for name in names)
        loss, slopes, state = self._find(batch.arrays(), state, has_kernels=has_kernels)
        scored = max(1.0, float(np.sum(batch.valid, dtype="float64")))
        found = {name: self._own(name, slope.numpy()) for name, slope in zip(self._weights, slopes, strict=False)}
        for name, slope in zip(self._kernels if has_kernels else (), slopes[len(self._weights) :], strict=True):
            by_kernel = slope.numpy()
            found[_DOWN + name] = by_kernel @ self._factors[_UP + name].T
            found[_UP + name] = self._factors[_DOWN + name].T @ by_kernel
        return float(loss) / scored, {name: found[name] / np.float32(scored) for name in names}, state

    def _graph(self, arrays: dict[str, Any], state: Any, *, has_kernels: bool) -> Any:
        tf = self._tf
        losses, slopes, after = [], [], []
        watched = [weight.value for weight in self._weights.values()]
        watched += [kernel.value for kernel in self._kernels.values()] if has_kernels else []
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
        return _numbers(self._weights[name])

    def _own(self, name: str, value: FloatArray) -> FloatArray:
        """Return the own composer's part of a weight, or of its gradient, as a view."""
        return value[self._row, : self._width] if name == EMBEDDING else value[-1]


def is_factor(name: str) -> bool:
    """Whether a part of a vector is one of the narrow matrices of a kernel."""
    return name.startswith((_DOWN, _UP))


def to_own_composer(vector: Mapping[str, FloatArray], name: str) -> OwnComposer:
    """Return a vector as what is kept of it; gates of nothing but zeros are none, and so are factors."""
    gates = {layer: gates for layer, gates in vector.items() if layer != EMBEDDING and not is_factor(layer)}
    factors = {
        key.removeprefix(_DOWN): (down, vector[_UP + key.removeprefix(_DOWN)])
        for key, down in vector.items()
        if key.startswith(_DOWN)
    }
    return OwnComposer(
        name,
        vector[EMBEDDING],
        gates if any(one.any() for one in gates.values()) else {},
        factors if any(up.any() for _, up in factors.values()) else {},
    )


def _numbers(weight: Any) -> FloatArray:
    return np.asarray(keras.ops.convert_to_numpy(weight), np.float32)
