"""One LSTM layer: its step, written once, and the same step along a whole axis.

Conventions: gates stand in the order input, forget, output, candidate; rows are independent sequences.
Source: Hochreiter and Schmidhuber (1997) with the forget gate of Gers et al. (2000), as Johnson (2017) uses it.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

Tensor = Any


def lstm_step(gates: Tensor, cell: Tensor) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
    """One step from gates before their activation.

    gates: [..., 4 x unit]; cell: [..., unit]. Returns hidden [..., unit], cell [..., unit], and the activations
    (input, forget, output, candidate, tanh of the new cell), which a gradient needs.
    """
    units = cell.shape[-1]
    let_in = ops.sigmoid(gates[..., :units])
    keep = ops.sigmoid(gates[..., units : 2 * units])
    let_out = ops.sigmoid(gates[..., 2 * units : 3 * units])
    candidate = ops.tanh(gates[..., 3 * units :])
    cell = keep * cell + let_in * candidate
    squashed = ops.tanh(cell)
    return let_out * squashed, cell, (let_in, keep, let_out, candidate, squashed)


def lstm_sequence(
    learned: Tensor | None,
    given: Tensor | None,
    shared: Tensor,
    state: tuple[Tensor, Tensor],
    kernel: Tensor,
    *,
    products: str = "float32",
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """The step along the first axis.

    learned, given: [step, row, value], the inputs that a gradient flows back into and those that are data; one may be
    None. shared: [step or 1, group, row of the group or 1, 4 x unit], added to the gates, rows being groups of
    equal size.
    state: hidden and cell before the first step, each [row, unit]. kernel: [learned + given + unit, 4 x unit].
    products: type of the factors of the matrix products ('float32', 'bfloat16', 'float16'); all else is float32.
    Returns the outputs [step, row, unit] and the state after the last step.
    """
    if keras.backend.backend() == "tensorflow":
        from composer.network.tensorflow_loops import lstm_sequence_tensorflow

        return lstm_sequence_tensorflow(learned, given, shared, state, kernel, products=products)
    return lstm_sequence_scan(learned, given, shared, state, kernel, products=products)


def lstm_sequence_scan(
    learned: Tensor | None,
    given: Tensor | None,
    shared: Tensor,
    state: tuple[Tensor, Tensor],
    kernel: Tensor,
    *,
    products: str = "float32",
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """`lstm_sequence` on any backend, differentiated by the backend.

    The inputs' part of the gates is one matrix product over all steps; only the recurrent part is in the loop.
    """
    inputs = ops.concatenate([part for part in (learned, given) if part is not None], axis=-1)
    num_steps, num_rows, width = inputs.shape
    num_gates = kernel.shape[-1]
    kernel = ops.cast(kernel, products)

    def product(values: Tensor, matrix: Tensor) -> Tensor:
        return ops.cast(ops.matmul(ops.cast(values, products), matrix), "float32")

    projected = product(ops.reshape(inputs, (num_steps * num_rows, width)), kernel[:width])
    projected = ops.reshape(projected, (num_steps, shared.shape[1], -1, num_gates)) + shared
    projected = ops.reshape(projected, (num_steps, num_rows, num_gates))

    def body(carry: tuple[Tensor, Tensor], at_step: Tensor) -> tuple[Any, Any]:
        hidden, cell, _ = lstm_step(at_step + product(carry[0], kernel[width:]), carry[1])
        return (hidden, cell), (hidden, cell)  # Keras 3.15 on TensorFlow wants outputs of the carry's structure

    state, (outputs, _) = ops.scan(body, state, projected)
    return outputs, state
