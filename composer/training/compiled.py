"""What the training and validation steps of all backends have in common; `compile_steps` chooses one."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import keras
from keras import ops

from composer.errors import OptionError
from composer.network.biaxial import BiaxialNetwork, State
from composer.network.loss import negative_log_likelihood
from composer.training.precision import products_for

if TYPE_CHECKING:
    from composer.training.jax_steps import JaxSteps
    from composer.training.tensorflow_steps import TensorflowSteps

Tensor = Any


CONTRAST_NATS = 5.0
"""By which the wrong style should be dearer in a window; where it is by far, the contrast teaches no more."""


class StepResult(NamedTuple):
    """Sums over the scored steps of a batch of an update; divide the nats by `steps`.

    `gradient_norm` is 0 where the update was left out, since the gradient overflowed in float16.
    """

    loss: float
    play: float
    articulate: float
    hand: float
    steps: float
    contrast: float
    gradient_norm: float


class Measures(NamedTuple):
    """Sums over the scored steps of each row, each [batch]: nats of the three outputs, and how many steps.

    A rival row (`Batch.rival`) has only its contrast, which the others have not: CONTRAST_NATS x log(1 + exp((right -
    wrong) / CONTRAST_NATS)), with the nats of plays and articulations of the right style and of the wrong one.
    """

    play: Any
    articulate: Any
    hand: Any
    steps: Any
    contrast: Any


def measure(
    network: BiaxialNetwork, arrays: dict[str, Tensor], state: State, *, training: bool, products: str = "float32"
) -> tuple[Measures, State]:
    """The nats of each row of a batch, and the state after it; rows that are reset start from silence.

    products: type of the factors of matrix products, as in `composer.training.precision`.
    """
    going_on = 1.0 - ops.cast(arrays["reset"], "float32")[:, None, None]
    logits, state = network(
        arrays["notes"],
        arrays["note_inputs"],
        arrays["step_inputs"],
        arrays["style_input"],
        arrays["voices_target"],
        tuple(part * going_on for part in state),
        training=training,
        products=products,
    )
    nats = negative_log_likelihood(logits, arrays["notes"][:, 1:], arrays["hand"], arrays["loss_mask"])
    valid = ops.cast(arrays["valid"], "float32")
    play, articulate, hand = (ops.sum(part * valid, axis=1) for part in nats)
    rival = ops.cast(arrays["rival"], "float32")
    told_wrong = play + articulate
    told_right = ops.concatenate([told_wrong[:1], told_wrong[:-1]], axis=0)  # of the row before
    contrast = rival * CONTRAST_NATS * ops.softplus((told_right - told_wrong) / CONTRAST_NATS)
    own = 1.0 - rival
    rows = Measures(play * own, articulate * own, hand * own, ops.sum(valid, axis=1) * own, contrast)
    return rows, tuple(ops.stop_gradient(part) for part in state)


def loss_of(rows: Measures, *, hand_weight: float) -> Tensor:
    """What a fit lowers, summed over the rows."""
    return ops.sum(rows.play + rows.articulate + hand_weight * rows.hand + rows.contrast)


def split_lanes(arrays: dict[str, Tensor], state: State, lanes: int) -> list[tuple[dict[str, Tensor], State]]:
    """The rows of a batch and their state in `lanes` parts, one after another; never more parts than rows."""
    rows = arrays["reset"].shape[0]
    lanes = min(lanes, rows)
    bounds = [rows * lane // lanes for lane in range(lanes + 1)]
    return [
        ({name: array[low:high] for name, array in arrays.items()}, tuple(part[low:high] for part in state))
        for low, high in pairwise(bounds)
    ]


def join_lanes(states: list[State]) -> State:
    """The states of the parts as one."""
    return tuple(ops.concatenate(list(parts), axis=0) for parts in zip(*states, strict=True))


def compile_steps(
    network: BiaxialNetwork,
    optimizer: Any,
    *,
    averages: list[Any],
    hand_weight: float,
    clip_norm: float,
    lanes: int = 1,
    precision: str = "float32",
) -> TensorflowSteps | JaxSteps:
    """The steps for the backend that Keras runs on and the replicas in force.

    network: its variables are trained in place. optimizer: built on them; None for validation alone.
    averages: variables that follow the weights (the exponential moving average), in the order of
    `network.named_weights()`. clip_norm: greatest norm of the gradient of the whole batch. lanes: see
    `TensorflowSteps`; JAX has none. precision: of training, see `composer.training.precision`.
    """
    backend = keras.backend.backend()
    products = products_for(precision, network.style_embedding)
    given: dict[str, Any] = {
        "averages": averages,
        "hand_weight": hand_weight,
        "clip_norm": clip_norm,
        "products": products,
    }
    if backend == "tensorflow":
        from composer.training.tensorflow_steps import TensorflowSteps

        return TensorflowSteps(network, optimizer, **given, lanes=lanes)
    if backend == "jax":
        from composer.training.jax_steps import JaxSteps

        return JaxSteps(network, optimizer, **given)
    raise OptionError(f"training: the backend must be tensorflow or jax; found {backend}")


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
