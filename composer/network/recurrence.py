"""One LSTM layer: its step, written once, and the same step along a whole axis.

Conventions: gates stand in the order input, forget, output, candidate; rows are independent sequences. The input part of the
gates (`projected`) is computed outside, for all steps in one matrix product; only the recurrent part is in the loop.
Source: Hochreiter and Schmidhuber (1997) with the forget gate of Gers et al. (2000), as Johnson (2017) uses it.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

Tensor = Any


def lstm_step(gates: Tensor, cell: Tensor) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
    """One step from gates before their activation.

    gates: [row, 4 x unit]; cell: [row, unit]. Returns hidden [row, unit], cell [row, unit], and the activations
    (input, forget, output, candidate, tanh of the new cell), which a gradient needs.
    """
    units = cell.shape[-1]
    let_in = ops.sigmoid(gates[:, :units])
    keep = ops.sigmoid(gates[:, units : 2 * units])
    let_out = ops.sigmoid(gates[:, 2 * units : 3 * units])
    candidate = ops.tanh(gates[:, 3 * units :])
    cell = keep * cell + let_in * candidate
    squashed = ops.tanh(cell)
    return let_out * squashed, cell, (let_in, keep, let_out, candidate, squashed)


def lstm_sequence(projected: Tensor, hidden: Tensor, cell: Tensor, recurrent: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The step along the first axis.

    projected: [step, row, 4 x unit], input part of the gates with bias. hidden, cell: [row, unit], the state before the
    first step. recurrent: [unit, 4 x unit]. Returns the outputs [step, row, unit] and the state after the last step.
    """
    if keras.backend.backend() == "tensorflow":
        from composer.network.tensorflow_loops import lstm_sequence_tensorflow

        return lstm_sequence_tensorflow(projected, hidden, cell, recurrent)
    return lstm_sequence_scan(projected, hidden, cell, recurrent)


def lstm_sequence_scan(
    projected: Tensor, hidden: Tensor, cell: Tensor, recurrent: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """`lstm_sequence` on any backend, differentiated by the backend."""

    def body(carry: tuple[Tensor, Tensor], at_step: Tensor) -> tuple[Any, Any]:
        hidden, cell, _ = lstm_step(at_step + ops.matmul(carry[0], recurrent), carry[1])
        return (hidden, cell), (hidden, cell)  # Keras 3.15 on TensorFlow wants outputs of the carry's structure

    (hidden, cell), (outputs, _) = ops.scan(body, (hidden, cell), projected)
    return outputs, hidden, cell
