"""The training and validation steps, compiled, on TensorFlow (on JAX: `jax_steps`)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import keras
import numpy as np
from keras import ops

from composer.errors import OptionError
from composer.network.biaxial import BiaxialNetwork, State
from composer.network.loss import negative_log_likelihood
from composer.training.batch import Batch

if TYPE_CHECKING:
    from composer.training.jax_steps import JaxSteps

Tensor = Any


class StepResult(NamedTuple):
    """Sums over the scored steps of a batch of an update; divide the nats by `steps`."""

    loss: float
    play: float
    articulate: float
    hand: float
    steps: float
    gradient_norm: float


class Measures(NamedTuple):
    """Sums over the scored steps of each row, each [batch]: nats of the three outputs, and how many steps."""

    play: Any
    articulate: Any
    hand: Any
    steps: Any


def measure(
    network: BiaxialNetwork, arrays: dict[str, Tensor], state: State, *, training: bool
) -> tuple[Measures, State]:
    """The nats of each row of a batch, and the state after it; rows that are reset start from silence."""
    going_on = 1.0 - ops.cast(arrays["reset"], "float32")[:, None, None]
    logits, state = network(
        arrays["notes"],
        arrays["note_inputs"],
        arrays["step_inputs"],
        arrays["style_input"],
        arrays["voices_target"],
        tuple(part * going_on for part in state),
        training=training,
    )
    nats = negative_log_likelihood(logits, arrays["notes"][:, 1:], arrays["hand"], arrays["loss_mask"])
    valid = ops.cast(arrays["valid"], "float32")
    play, articulate, hand = (ops.sum(part * valid, axis=1) for part in nats)
    rows = Measures(play, articulate, hand, ops.sum(valid, axis=1))
    return rows, tuple(ops.stop_gradient(part) for part in state)


def loss_of(rows: Measures, *, hand_weight: float) -> Tensor:
    """What a fit lowers, summed over the rows."""
    return ops.sum(rows.play + rows.articulate + hand_weight * rows.hand)


def compile_steps(
    network: BiaxialNetwork,
    optimizer: Any,
    *,
    averages: list[Any],
    hand_weight: float,
    clip_norm: float,
    lanes: int = 1,
) -> TensorflowSteps | JaxSteps:
    """The steps for the backend that Keras runs on; see `TensorflowSteps` for the arguments (JAX has no lanes)."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        return TensorflowSteps(
            network, optimizer, averages=averages, hand_weight=hand_weight, clip_norm=clip_norm, lanes=lanes
        )
    if backend == "jax":
        from composer.training.jax_steps import JaxSteps

        return JaxSteps(network, optimizer, averages=averages, hand_weight=hand_weight, clip_norm=clip_norm)
    raise OptionError(f"training: the backend must be tensorflow or jax; found {backend}")


class TensorflowSteps:
    """Steps on TensorFlow.

    network: its variables are trained in place. averages: variables that follow the weights (the exponential
    moving average), in the order of `network.named_weights()`. lanes: parts into which the rows of a batch are
    split; each lane runs on one core by itself, which is faster on a CPU than sharing every small operation
    among the cores (see `use_lanes`).
    """

    def __init__(
        self,
        network: BiaxialNetwork,
        optimizer: Any,
        *,
        averages: list[Any],
        hand_weight: float,
        clip_norm: float,
        lanes: int = 1,
    ) -> None:
        import tensorflow as tf

        self._tf = tf
        self._network = network
        self._optimizer = optimizer
        self._averages = averages
        self._hand_weight = hand_weight
        self._clip_norm = clip_norm
        self._lanes = lanes
        self._weights = list(network.named_weights().values())
        self._train = tf.function(self._train_graph, autograph=False)
        self._validate = tf.function(self._validate_graph, autograph=False)

    def train(self, batch: Batch, state: State, *, average_decay: float) -> tuple[StepResult, State]:
        """One update; `average_decay` is the share of the old average that stays."""
        decay = np.float32(average_decay)
        numbers, state = self._train(self._tensors(batch), state, self._tf.constant(decay))
        return StepResult(*(float(number) for number in numbers.numpy())), state

    def validate(self, batch: Batch, state: State) -> tuple[Measures, State]:
        """What each row costs without dropout and without an update: float64 [batch] each."""
        rows, state = self._validate(self._tensors(batch), state)
        return Measures(*rows.numpy().astype("float64")), state

    def _tensors(self, batch: Batch) -> dict[str, Tensor]:
        return {name: self._tf.convert_to_tensor(array) for name, array in batch.arrays().items()}

    def _train_graph(self, arrays: dict[str, Tensor], state: State, decay: Tensor) -> tuple[Tensor, State]:
        tf = self._tf
        total = tf.maximum(tf.reduce_sum(tf.cast(arrays["valid"], tf.float32)), 1.0)
        found: list[Measures] = []
        losses: list[Tensor] = []
        after: list[State] = []
        slopes: list[list[Tensor]] = []
        for lane_arrays, lane_state in self._split(arrays, state):
            with tf.GradientTape() as tape:
                rows, lane_after = measure(self._network, lane_arrays, lane_state, training=True)
                loss = loss_of(rows, hand_weight=self._hand_weight)
                share = loss / total
            slopes.append(tape.gradient(share, [weight.value for weight in self._weights]))
            found.append(rows)
            losses.append(loss)
            after.append(lane_after)
        gradients = [tf.add_n(list(parts)) for parts in zip(*slopes, strict=True)]
        gradients, norm = tf.clip_by_global_norm(gradients, self._clip_norm)
        self._optimizer.apply(gradients, self._weights)
        for average, weight in zip(self._averages, self._weights, strict=True):
            average.assign(average * decay + weight * (1.0 - decay))
        sums = [tf.reduce_sum(tf.concat(list(parts), axis=0)) for parts in zip(*found, strict=True)]
        return tf.stack([tf.add_n(losses), *sums, norm]), self._join(after)

    def _validate_graph(self, arrays: dict[str, Tensor], state: State) -> tuple[Tensor, State]:
        found: list[Measures] = []
        after: list[State] = []
        for lane_arrays, lane_state in self._split(arrays, state):
            rows, lane_after = measure(self._network, lane_arrays, lane_state, training=False)
            found.append(rows)
            after.append(lane_after)
        return self._tf.stack([self._tf.concat(list(parts), axis=0) for parts in zip(*found, strict=True)]), self._join(
            after
        )

    def _split(self, arrays: dict[str, Tensor], state: State) -> list[tuple[dict[str, Tensor], State]]:
        rows = arrays["reset"].shape[0]
        lanes = min(self._lanes, rows)
        bounds = [rows * lane // lanes for lane in range(lanes + 1)]
        return [
            ({name: array[low:high] for name, array in arrays.items()}, tuple(part[low:high] for part in state))
            for low, high in pairwise(bounds)
        ]

    def _join(self, states: list[State]) -> State:
        return tuple(self._tf.concat(list(parts), axis=0) for parts in zip(*states, strict=True))


def use_lanes(lanes: int) -> bool:
    """Give each lane a core of its own; returns False where TensorFlow has already begun and it is too late.

    Measured on 2 cores: 1.2 to 1.3 times the speed of two threads in every operation.
    """
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    try:
        tf.config.threading.set_inter_op_parallelism_threads(lanes)
        tf.config.threading.set_intra_op_parallelism_threads(1)
    except RuntimeError:
        return False
    return True
