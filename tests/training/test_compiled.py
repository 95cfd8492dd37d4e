"""What a row costs, and what a rival row adds to the loss."""

from __future__ import annotations

import math

import numpy as np
import pytest

from composer.network.biaxial import BiaxialNetwork
from composer.network.config import NetworkConfig
from composer.training.compiled import CONTRAST_NATS, join_lanes, loss_of, measure, split_lanes

CONFIG = NetworkConfig(
    note_fields=(("position", 1),),
    step_fields=(("beat", 1),),
    style_fields=(("bach", 1), ("joplin", 1)),
    time_units=(5,),
    note_units=(4,),
    style_units=3,
)


@pytest.fixture(scope="module")
def network() -> BiaxialNetwork:
    return BiaxialNetwork(CONFIG, seed=3)


def arrays(*, rival: list[float]) -> dict[str, np.ndarray]:
    """Two rows of one music; the second is told another composer."""
    draw = np.random.default_rng(0)
    play = np.repeat(draw.random((1, 7, 9)) < 0.3, 2, axis=0).astype("float32")
    return {
        "notes": np.stack([play, play], axis=-1),
        "note_inputs": np.zeros((2, 6, 9, 1), "float32"),
        "step_inputs": np.zeros((2, 6, 1), "float32"),
        "style_input": np.eye(2, dtype="float32") * 4,
        "voices_target": np.zeros((2, 6, 2), "float32"),
        "hand": np.full((2, 6, 9), -1, "int8"),
        "loss_mask": np.ones((2, 6, 9), "float32"),
        "valid": np.ones((2, 6), "float32"),
        "reset": np.ones(2, "float32"),
        "rival": np.array(rival, "float32"),
    }


def test_a_rival_row_counts_by_its_contrast_alone(network: BiaxialNetwork) -> None:
    state = network.initial_state(2, 9)
    apart, _ = measure(network, arrays(rival=[0, 0]), state, training=False)
    paired, _ = measure(network, arrays(rival=[0, 1]), state, training=False)
    nats = np.asarray(apart.play) + np.asarray(apart.articulate)
    assert nats[0] != pytest.approx(nats[1], rel=1e-4), "the composer is heard"
    for own in (paired.play, paired.articulate, paired.hand, paired.steps):
        assert float(own[1]) == 0.0
    expected = CONTRAST_NATS * math.log1p(math.exp((nats[0] - nats[1]) / CONTRAST_NATS))
    np.testing.assert_allclose(np.asarray(paired.contrast), [0.0, expected], rtol=1e-4)
    assert float(loss_of(paired, hand_weight=0.1)) == pytest.approx(nats[0] + expected, rel=1e-4)


def test_lanes_are_the_rows_in_their_order(network: BiaxialNetwork) -> None:
    batch, state = arrays(rival=[0, 0]), network.initial_state(2, 9)
    lanes = split_lanes(batch, state, 5)
    assert len(lanes) == 2, "never more than rows"
    np.testing.assert_array_equal(np.concatenate([own["style_input"] for own, _ in lanes]), batch["style_input"])
    for part, whole in zip(join_lanes([own for _, own in lanes]), state, strict=True):
        np.testing.assert_array_equal(np.asarray(part), np.asarray(whole))
