"""The training and validation steps on JAX; same promises as `composer.training.tensorflow_steps.TensorflowSteps`.

Spread over devices they are the same code: rows lie on their device, weights on each of them, and the compiler puts
the sums between. So dropout is that of one device too.
"""

from __future__ import annotations

import math
from importlib import import_module
from typing import Any

import keras
import numpy as np
from keras import ops

from composer.network.biaxial import BiaxialNetwork, State
from composer.training.batch import Batch
from composer.training.compiled import Measures, StepResult, loss_of, measure
from composer.training.precision import LossScale
from composer.training.replicas import JaxReplicas

Tensor = Any


class JaxSteps:
    """Steps as pure functions of the weights; the variables of the network are assigned after each.

    Arguments as in `composer.training.compiled.compile_steps`.
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
    ) -> None:
        self._jax = import_module("jax")
        self._network = network
        self._optimizer = optimizer
        self._averages = averages
        self._hand_weight = hand_weight
        self._clip_norm = clip_norm
        self._products = products
        self._weights = list(network.named_weights().values())
        self.replicas = JaxReplicas()
        self.loss_scale = LossScale.first(products)
        on_all, by_rows = self.replicas.on_all, self.replicas.by_rows
        self._train = self._jax.jit(self._train_graph, out_shardings=(on_all, by_rows, on_all))
        self._validate = self._jax.jit(self._validate_graph, out_shardings=(on_all, by_rows))

    def initial_state(self, batch: Batch) -> State:
        """The state of the rows of a batch before they have heard anything."""
        return self.replicas.split_state(self._network.initial_state(batch.num_rows, batch.num_pitches))

    def train(self, batch: Batch, state: State, *, average_decay: float) -> tuple[StepResult, State]:
        """One update; `average_decay` is the share of the old average that stays.

        There is none where the gradient is not finite. `loss_scale` halves then, if it may have been its fault.
        """
        changing = (self._weights, self._optimizer.variables, self._averages)
        values = tuple([variable.value for variable in variables] for variables in changing)
        seeds = self._network.dropout_seeds.state.value
        arrays, scale = self.replicas.split(batch.arrays()), self.loss_scale.scale
        numbers, state, values = self._train(values, seeds, arrays, state, average_decay, scale)
        for variables, new_values in zip(changing, values, strict=True):
            for variable, value in zip(variables, new_values, strict=True):
                variable.assign(value)
        result = StepResult(*(float(number) for number in numbers))
        is_finite = math.isfinite(result.gradient_norm)
        if not is_finite and self.loss_scale.can_fall and math.isfinite(result.loss):
            result = result._replace(gradient_norm=0.0)
        self.loss_scale.hear(is_finite=is_finite)
        return result, state

    def validate(self, batch: Batch, state: State) -> tuple[Measures, State]:
        """What each row costs in float32, without dropout and without an update: float64 [batch] each."""
        weights = [weight.value for weight in self._weights]
        rows, state = self._validate(weights, self.replicas.split(batch.arrays()), state)
        return Measures(*(np.asarray(part, "float64") for part in rows)), state

    def _train_graph(
        self, values: Any, seeds: Tensor, arrays: dict[str, Tensor], state: State, decay: Tensor, scale: Tensor
    ) -> tuple[Any, State, Any]:
        weights, optimizer_values, averages = values
        total = ops.maximum(ops.sum(ops.cast(arrays["valid"], "float32")), 1.0)

        def share_of(weights: list[Tensor]) -> tuple[Tensor, Any]:
            rows, after = self._measure(weights, seeds, arrays, state, training=True)
            loss = loss_of(rows, hand_weight=self._hand_weight)
            return loss / total * scale, (loss, rows, after)

        slopes, (loss, rows, after) = self._jax.grad(share_of, has_aux=True)(weights)
        slopes = [slope / scale for slope in slopes]
        norm = ops.sqrt(sum(ops.sum(ops.square(slope)) for slope in slopes))
        share = self._clip_norm / ops.maximum(norm, self._clip_norm)
        slopes = [slope * share for slope in slopes]
        weights, optimizer_values = self._optimizer.stateless_apply(optimizer_values, slopes, weights)
        averages = [average * decay + weight * (1.0 - decay) for average, weight in zip(averages, weights, strict=True)]
        is_finite = ops.isfinite(norm)
        new_values = (weights, optimizer_values, averages)
        kept = self._jax.tree.map(lambda new, old: ops.where(is_finite, new, old), new_values, values)
        return [loss, *map(ops.sum, rows), norm], after, kept

    def _validate_graph(self, weights: list[Tensor], arrays: dict[str, Tensor], state: State) -> tuple[Measures, State]:
        return self._measure(weights, None, arrays, state, training=False)

    def _measure(
        self, weights: list[Tensor], seeds: Tensor | None, arrays: dict[str, Tensor], state: State, *, training: bool
    ) -> tuple[Measures, State]:
        mapping = list(zip(self._weights, weights, strict=True))
        if seeds is not None:
            mapping.append((self._network.dropout_seeds.state, seeds))
        products = self._products if training else "float32"
        with keras.StatelessScope(state_mapping=mapping):
            return measure(self._network, arrays, state, training=training, products=products)
