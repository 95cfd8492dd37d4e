"""Short factors train as well; an overflow of float16 costs one update and halves the scale of the loss."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from composer.errors import TrainingError
from composer.network.biaxial import BiaxialNetwork
from composer.network.config import NetworkConfig
from composer.network.device import device_scope
from composer.training.batch import Batch
from composer.training.compiled import StepResult, compile_steps
from composer.training.precision import FIRST_SCALE, GREATEST_SCALE, GROWS_AFTER, LossScale, products_for
from composer.training.schedule import FitConfig

NETWORK = NetworkConfig(
    note_fields=(("pitch", 5),),
    step_fields=(("beat", 1),),
    style_fields=(("bach", 1),),
    time_units=(16,),
    note_units=(8,),
    style_units=2,
    dropout=0.0,
)


def scale_up() -> Batch:
    """Four rows in which five notes rise, one a step, over and over."""
    steps = np.arange(9) % 5
    notes = np.eye(5, dtype="float32")[steps][None, :, :, None].repeat(4, 0).repeat(2, 3)
    return Batch(
        notes=notes,
        note_inputs=np.eye(5, dtype="float32")[None, None].repeat(4, 0).repeat(8, 1),
        step_inputs=np.zeros((4, 8, 1), "float32"),
        style_input=np.ones((4, 1), "float32"),
        voices_target=np.zeros((4, 8, 2), "float32"),
        hand=np.full((4, 8, 5), -1, "int8"),
        loss_mask=np.ones((4, 8, 5), "float32"),
        valid=np.ones((4, 8), "float32"),
        reset=np.ones(4, "float32"),
    )


def make_steps(precision: str) -> tuple[Any, BiaxialNetwork]:
    network = BiaxialNetwork(NETWORK, seed=2)
    weights = list(network.named_weights().values())
    optimizer = keras.optimizers.AdamW(0.02)
    optimizer.build(weights)
    averages = [keras.Variable(keras.ops.convert_to_numpy(weight), trainable=False) for weight in weights]
    steps = compile_steps(network, optimizer, averages=averages, hand_weight=0.1, clip_norm=1.0, precision=precision)
    return steps, network


def train(steps: Any, num_updates: int) -> list[StepResult]:
    batch = scale_up()
    return [steps.train(batch, steps.initial_state(batch), average_decay=0.9)[0] for _ in range(num_updates)]


def test_short_factors_learn_a_rising_line_as_well_as_long_ones() -> None:
    nats = {}
    for precision in ("float32", "bfloat16", "float16"):
        steps, network = make_steps(precision)
        results = train(steps, 40)
        nats[precision] = results[-1].loss / results[-1].steps
        assert nats[precision] < 0.25 * results[0].loss / results[0].steps
        assert {keras.backend.standardize_dtype(w.dtype) for w in network.named_weights().values()} == {"float32"}
    assert nats["bfloat16"] != nats["float32"]
    assert nats["bfloat16"] == pytest.approx(nats["float32"], rel=0.1)
    assert nats["float16"] == pytest.approx(nats["float32"], rel=0.05)


def test_an_overflow_leaves_the_update_out_and_halves_the_scale() -> None:
    steps, network = make_steps("float16")
    steps.loss_scale.scale = 2.0**100
    before = {name: np.array(weight) for name, weight in network.named_weights().items()}
    (result,) = train(steps, 1)
    assert np.isfinite(result.loss)
    assert result.gradient_norm == 0.0
    assert steps.loss_scale.scale == 2.0**99
    for name, weight in network.named_weights().items():
        np.testing.assert_array_equal(np.array(weight), before[name])
    steps.loss_scale.scale = FIRST_SCALE
    (result,) = train(steps, 1)
    assert result.gradient_norm > 0.0
    assert (np.array(network.head_kernel) != before["head_kernel"]).any()


def test_the_scale_doubles_after_a_long_time_without_overflow() -> None:
    scale = LossScale.first("float16")
    for _ in range(GROWS_AFTER):
        scale.hear(is_finite=True)
    assert scale.scale == 2 * FIRST_SCALE
    scale.hear(is_finite=False)
    assert (scale.scale, scale.num_finite) == (FIRST_SCALE, 0)
    scale.scale, scale.num_finite = GREATEST_SCALE, GROWS_AFTER
    scale.hear(is_finite=True)
    assert scale.scale == GREATEST_SCALE
    again = LossScale.first("float16")
    again.restore(scale.state())
    assert again == scale


@pytest.mark.parametrize("products", ["float32", "bfloat16"])
def test_only_float16_has_a_scale(products: str) -> None:
    scale = LossScale.first(products)
    for is_finite in [True] * (GROWS_AFTER + 1) + [False]:
        scale.hear(is_finite=is_finite)
    assert scale.scale == 1.0
    assert not scale.can_fall
    scale.restore(LossScale.first("float16").state())  # a run that began in float16 on another machine
    assert scale.scale == 1.0


def test_auto_is_float32_on_a_processor_and_an_unknown_precision_is_refused() -> None:
    network = BiaxialNetwork(NETWORK, seed=2)
    assert products_for("bfloat16", network.head_kernel) == "bfloat16"
    with device_scope("cpu"):
        assert products_for("auto", BiaxialNetwork(NETWORK, seed=2).head_kernel) == "float32"
    with pytest.raises(TrainingError, match="precision: must be one of auto, float32, bfloat16, float16; found 'half'"):
        FitConfig(num_updates=1, precision="half")
