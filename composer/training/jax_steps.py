"""The training and validation steps on JAX; same promises as `composer.training.compiled.TensorflowSteps`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import keras
import numpy as np
from keras import ops

from composer.network.biaxial import BiaxialNetwork, State
from composer.training.batch import Batch
from composer.training.compiled import Measures, StepResult, loss_of, measure

Tensor = Any


class JaxSteps:
    """Steps as pure functions of the weights; the variables of the network are assigned after each.

    network, optimizer, averages: their variables are trained in place, as in `TensorflowSteps`.
    """

    def __init__(
        self, network: BiaxialNetwork, optimizer: Any, *, averages: list[Any], hand_weight: float, clip_norm: float
    ) -> None:
        self._jax = import_module("jax")
        self._network = network
        self._optimizer = optimizer
        self._averages = averages
        self._hand_weight = hand_weight
        self._clip_norm = clip_norm
        self._weights = list(network.named_weights().values())
        self._train = self._jax.jit(self._train_graph)
        self._validate = self._jax.jit(self._validate_graph)

    def train(self, batch: Batch, state: State, *, average_decay: float) -> tuple[StepResult, State]:
        """One update; `average_decay` is the share of the old average that stays."""
        changing = (self._weights, self._optimizer.variables, self._averages)
        values = tuple([variable.value for variable in variables] for variables in changing)
        seeds = self._network.dropout_seeds.state.value
        numbers, state, values = self._train(values, seeds, batch.arrays(), state, average_decay)
        for variables, new_values in zip(changing, values, strict=True):
            for variable, value in zip(variables, new_values, strict=True):
                variable.assign(value)
        return StepResult(*(float(number) for number in numbers)), state

    def validate(self, batch: Batch, state: State) -> tuple[Measures, State]:
        """What each row costs without dropout and without an update: float64 [batch] each."""
        weights = [weight.value for weight in self._weights]
        rows, state = self._validate(weights, batch.arrays(), state)
        return Measures(*(np.asarray(part, "float64") for part in rows)), state

    def _train_graph(
        self, values: Any, seeds: Tensor, arrays: dict[str, Tensor], state: State, decay: Tensor
    ) -> tuple[Any, State, Any]:
        weights, optimizer_values, averages = values
        total = ops.maximum(ops.sum(ops.cast(arrays["valid"], "float32")), 1.0)

        def share_of(weights: list[Tensor]) -> tuple[Tensor, Any]:
            rows, after = self._measure(weights, seeds, arrays, state, training=True)
            loss = loss_of(rows, hand_weight=self._hand_weight)
            return loss / total, (loss, rows, after)

        slopes, (loss, rows, after) = self._jax.grad(share_of, has_aux=True)(weights)
        norm = ops.sqrt(sum(ops.sum(ops.square(slope)) for slope in slopes))
        share = self._clip_norm / ops.maximum(norm, self._clip_norm)
        slopes = [slope * share for slope in slopes]
        weights, optimizer_values = self._optimizer.stateless_apply(optimizer_values, slopes, weights)
        averages = [average * decay + weight * (1.0 - decay) for average, weight in zip(averages, weights, strict=True)]
        return [loss, *map(ops.sum, rows), norm], after, (weights, optimizer_values, averages)

    def _validate_graph(self, weights: list[Tensor], arrays: dict[str, Tensor], state: State) -> tuple[Measures, State]:
        return self._measure(weights, None, arrays, state, training=False)

    def _measure(
        self, weights: list[Tensor], seeds: Tensor | None, arrays: dict[str, Tensor], state: State, *, training: bool
    ) -> tuple[Measures, State]:
        mapping = list(zip(self._weights, weights, strict=True))
        if seeds is not None:
            mapping.append((self._network.dropout_seeds.state, seeds))
        with keras.StatelessScope(state_mapping=mapping):
            return measure(self._network, arrays, state, training=training)
