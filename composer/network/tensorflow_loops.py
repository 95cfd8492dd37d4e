"""The LSTM loop on TensorFlow, with its gradient written out.

The gradient of the recurrent weights is one matrix product after the backward loop rather than one in each step, and the
activations stay in the tensor arrays of the forward loop: about 1.3 times the speed of the loop differentiated by TensorFlow.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from composer.network.recurrence import lstm_step

Tensor = Any


def lstm_sequence_tensorflow(
    projected: Tensor, hidden: Tensor, cell: Tensor, recurrent: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """`composer.network.recurrence.lstm_sequence` as a tf.while_loop; same shapes, same values."""
    outputs, hidden, cell = _sequence(projected, hidden, cell, tf.convert_to_tensor(recurrent))
    return outputs, hidden, cell


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _sequence(projected: Tensor, first_hidden: Tensor, first_cell: Tensor, recurrent: Tensor) -> Any:
    num_steps, num_rows = projected.shape[0], projected.shape[1]
    units = recurrent.shape[0]
    num_saved = 7  # hidden, the cell before the step, five activations
    inputs = _read_array(projected)

    def forward(step: Tensor, hidden: Tensor, cell: Tensor, saved: tuple[Any, ...]) -> Any:
        gates = inputs.read(step) + tf.matmul(hidden, recurrent)
        hidden, new_cell, activations = lstm_step(gates, cell)
        values = (hidden, cell, *activations)
        return step + 1, hidden, new_cell, tuple(a.write(step, v) for a, v in zip(saved, values, strict=True))

    arrays = tuple(_array(num_steps, num_rows, units) for _ in range(num_saved))
    _, hidden, cell, saved = tf.while_loop(
        lambda step, *_: step < num_steps,
        forward,
        (tf.constant(0), first_hidden, first_cell, arrays),
        maximum_iterations=num_steps,
    )
    outputs = saved[0].stack()  # [step, row, unit]

    def gradient(outputs_gradient: Tensor, hidden_gradient: Tensor, cell_gradient: Tensor) -> Any:
        arriving = _read_array(outputs_gradient)
        transposed = tf.transpose(recurrent)

        def backward(step: Tensor, hidden_gradient: Tensor, cell_gradient: Tensor, written: Any) -> Any:
            cell_before, *activations = (array.read(step) for array in saved[1:])
            gates_gradient, cell_gradient = _step_gradient(
                hidden_gradient + arriving.read(step), cell_gradient, cell_before, tuple(activations)
            )
            before = tf.matmul(gates_gradient, transposed)
            return step - 1, before, cell_gradient, written.write(step, gates_gradient)

        _, hidden_gradient, cell_gradient, written = tf.while_loop(
            lambda step, *_: step >= 0,
            backward,
            (
                tf.constant(num_steps - 1),
                hidden_gradient,
                cell_gradient,
                _array(num_steps, num_rows, 4 * units),
            ),
            maximum_iterations=num_steps,
        )
        gates_gradient = written.stack()  # [step, row, 4 x unit]
        recurrent_gradient = tf.matmul(first_hidden, gates_gradient[0], transpose_a=True) + tf.matmul(
            tf.reshape(outputs[:-1], (-1, units)),
            tf.reshape(gates_gradient[1:], (-1, 4 * units)),
            transpose_a=True,
        )
        return gates_gradient, hidden_gradient, cell_gradient, recurrent_gradient

    return (outputs, hidden, cell), gradient


def _step_gradient(
    hidden_gradient: Tensor, cell_gradient: Tensor, cell_before: Tensor, activations: tuple[Tensor, ...]
) -> tuple[Tensor, Tensor]:
    """The gradient of `lstm_step`: of the gates [row, 4 x unit] and of the cell before the step [row, unit]."""
    let_in, keep, let_out, candidate, squashed = activations
    cell_gradient = cell_gradient + _tanh_slope(squashed, hidden_gradient * let_out)
    gates_gradient = tf.concat(
        [
            _sigmoid_slope(let_in, cell_gradient * candidate),
            _sigmoid_slope(keep, cell_gradient * cell_before),
            _sigmoid_slope(let_out, hidden_gradient * squashed),
            _tanh_slope(candidate, cell_gradient * let_in),
        ],
        axis=-1,
    )
    return gates_gradient, cell_gradient * keep


def _sigmoid_slope(value: Tensor, gradient: Tensor) -> Tensor:
    return tf.raw_ops.SigmoidGrad(y=value, dy=gradient)  # gradient * value * (1 - value) in one pass


def _tanh_slope(value: Tensor, gradient: Tensor) -> Tensor:
    return tf.raw_ops.TanhGrad(y=value, dy=gradient)  # gradient * (1 - value * value) in one pass


def _array(num_steps: int, num_rows: int, width: int) -> Any:
    return tf.TensorArray(
        tf.float32, num_steps, element_shape=(num_rows, width), clear_after_read=False, infer_shape=True
    )


def _read_array(tensor: Tensor) -> Any:
    return tf.TensorArray(tf.float32, tensor.shape[0], element_shape=tensor.shape[1:]).unstack(tensor)
