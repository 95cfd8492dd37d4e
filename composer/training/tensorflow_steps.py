"""The training and validation steps on TensorFlow, on one device or spread over replicas (on JAX: `jax_steps`).

What it is: every replica differentiates the loss of its own rows; the gradients are summed over all replicas of all
workers, clipped once by their common norm, and every replica makes the same update. The loss is divided by the
scored steps of the whole batch, so the update is that of one device on all rows.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np

from composer.network.biaxial import BiaxialNetwork, State
from composer.training.batch import Batch
from composer.training.compiled import Measures, StepResult, join_lanes, loss_of, measure, split_lanes
from composer.training.precision import LossScale
from composer.training.replicas import TensorflowReplicas

Tensor = Any
_NEXT_REPLICA = 1_000_003  # between the dropout seeds of two replicas; any number that seeds don't lie apart by


class TensorflowSteps:
    """Steps on TensorFlow; arguments as in `composer.training.compiled.compile_steps`.

    lanes: parts into which a replica splits its rows; each lane runs on one core by itself, which is faster on a CPU
    than sharing every small operation among the cores (see `use_lanes`).
    """

    def __init__(
        self,
        network: BiaxialNetwork,
        optimizer: Any,
        *,
        averages: list[Any],
        hand_weight: float,
        clip_norm: float,
        products: str = "float32",
        lanes: int = 1,
    ) -> None:
        import tensorflow as tf

        self._tf = tf
        self._network = network
        self._optimizer = optimizer
        self._averages = averages
        self._hand_weight = hand_weight
        self._clip_norm = clip_norm
        self._products = products
        self._lanes = lanes
        self._weights = list(network.named_weights().values())
        self.replicas = TensorflowReplicas()
        self.loss_scale = LossScale.first(products)
        if optimizer is not None:
            _leave_sums_alone(optimizer)
        self._find_slopes = tf.function(self._slopes_graph, autograph=False)
        self._update = tf.function(self._update_graph, autograph=False)
        self._validate = tf.function(self._validate_graph, autograph=False)

    def initial_state(self, batch: Batch) -> State:
        """The state of the rows of a batch before they have heard anything."""
        return self.replicas.split_state(self._network.initial_state(batch.num_rows, batch.num_pitches))

    def train(self, batch: Batch, state: State, *, average_decay: float) -> tuple[StepResult, State]:
        """One update; `average_decay` is the share of the old average that stays.

        There is none where the gradient is not finite. `loss_scale` halves then, if it may have been its fault.
        """
        tf = self._tf
        scored = max(1.0, float(np.sum(batch.valid, dtype="float64")))
        divisor = tf.constant(scored / self.loss_scale.scale, tf.float32)
        scale = tf.constant(self.loss_scale.scale, tf.float32)
        slopes, numbers, state = self._find_slopes(self.replicas.split(batch.arrays()), state, divisor, scale)
        result = StepResult(*(float(number) for number in self.replicas.first(numbers)))
        is_finite = math.isfinite(result.gradient_norm)
        if is_finite:
            self._update(slopes, tf.constant(np.float32(average_decay)))
        elif self.loss_scale.can_fall and math.isfinite(result.loss):
            result = result._replace(gradient_norm=0.0)
        self.loss_scale.hear(is_finite=is_finite)
        return result, state

    def validate(self, batch: Batch, state: State) -> tuple[Measures, State]:
        """What each row costs in float32, without dropout and without an update: float64 [batch] each."""
        rows, state = self._validate(self.replicas.split(batch.arrays()), state)
        return Measures(*self.replicas.gather(rows).astype("float64").T), state

    # In the graph, over all replicas

    def _slopes_graph(self, arrays: Any, state: Any, divisor: Tensor, scale: Tensor) -> Any:
        return self.replicas.strategy.run(self._slopes_of_replica, args=(arrays, state, divisor, scale))

    def _update_graph(self, slopes: Any, decay: Tensor) -> None:
        strategy = self.replicas.strategy
        strategy.run(self._optimizer.apply, args=(slopes, self._weights))
        for average, weight in zip(self._averages, self._weights, strict=True):
            strategy.extended.update(
                average.value,
                lambda old, new, decay: old.assign(old * decay + new * (1.0 - decay)),
                args=(weight.value, decay),
            )

    def _validate_graph(self, arrays: Any, state: Any) -> Any:
        return self.replicas.strategy.run(self._rows_of_replica, args=(arrays, state))

    # In the graph, of one replica

    def _slopes_of_replica(
        self, arrays: dict[str, Tensor], state: State, divisor: Tensor, scale: Tensor
    ) -> tuple[list[Tensor], Tensor, State]:
        """The clipped gradient of the whole batch, the numbers of a `StepResult`, and the state after these rows."""
        tf = self._tf
        found: list[Measures] = []
        losses: list[Tensor] = []
        after: list[State] = []
        slopes: list[list[Tensor]] = []
        replica = tf.distribute.get_replica_context()
        seeds = self._network.dropout_seeds.state
        apart = tf.stack([_NEXT_REPLICA * replica.replica_id_in_sync_group, 0])
        own_seeds = seeds.value + tf.cast(apart, seeds.value.dtype)
        for lane_arrays, lane_state in split_lanes(arrays, state, self._lanes):
            with tf.GradientTape() as tape, keras.StatelessScope([(seeds, own_seeds)]) as scope:
                rows, lane_after = measure(
                    self._network, lane_arrays, lane_state, training=True, products=self._products
                )
                loss = loss_of(rows, hand_weight=self._hand_weight)
                share = loss / divisor
            own_seeds = scope.get_current_value(seeds)
            slopes.append(tape.gradient(share, [weight.value for weight in self._weights]))
            found.append(rows)
            losses.append(loss)
            after.append(lane_after)
        sums = [tf.reduce_sum(tf.concat(list(parts), axis=0)) for parts in zip(*found, strict=True)]
        of_lanes = [tf.add_n(list(parts)) for parts in zip(*slopes, strict=True)]
        numbers = tf.stack([tf.add_n(losses), *sums])
        numbers, *summed = replica.all_reduce(tf.distribute.ReduceOp.SUM, [numbers, *of_lanes])
        clipped, norm = tf.clip_by_global_norm([slope / scale for slope in summed], self._clip_norm)
        return clipped, tf.concat([numbers, norm[None]], axis=0), join_lanes(after)

    def _rows_of_replica(self, arrays: dict[str, Tensor], state: State) -> tuple[Tensor, State]:
        """What each of these rows costs, [batch, measure], and the state after them."""
        found: list[Measures] = []
        after: list[State] = []
        for lane_arrays, lane_state in split_lanes(arrays, state, self._lanes):
            rows, lane_after = measure(self._network, lane_arrays, lane_state, training=False)
            found.append(rows)
            after.append(lane_after)
        columns = [self._tf.concat(list(parts), axis=0) for parts in zip(*found, strict=True)]
        return self._tf.stack(columns, axis=1), join_lanes(after)


def _leave_sums_alone(optimizer: Any) -> None:
    """Keep an optimiser from summing over the replicas, as Keras' do: ours are summed before they are clipped."""
    if not hasattr(optimizer, "_all_reduce_sum_gradients"):
        raise RuntimeError("this version of Keras sums gradients elsewhere: they would be counted twice")
    optimizer._all_reduce_sum_gradients = list
