"""A small network and random music for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from composer.network.biaxial import BiaxialNetwork
from composer.network.config import NetworkConfig

CONFIG = NetworkConfig(
    note_fields=(("position", 1), ("chord", 4)),
    step_fields=(("beat", 3),),
    style_fields=(("bach", 1), ("joplin", 1)),
    time_units=(7, 6),
    note_units=(5, 4),
    style_units=3,
    gate_units=2,
    echo_steps=(2, 5),
    lag_steps=(1, 3, 7),
    hears_chord=True,
)


@dataclass
class Music:
    """Arguments of one call of the network, but for the state."""

    notes: np.ndarray
    note_inputs: np.ndarray
    step_inputs: np.ndarray
    style_input: np.ndarray
    voices_target: np.ndarray

    def rows(self, rows: slice) -> Music:
        return Music(*(array[rows] for array in self.arguments()))

    def arguments(self) -> tuple[np.ndarray, ...]:
        return (self.notes, self.note_inputs, self.step_inputs, self.style_input, self.voices_target)


def make_music(batch: int, steps: int, pitches: int, seed: int = 0) -> Music:
    random = np.random.default_rng(seed)
    play = random.random((batch, steps + 1, pitches)) < 0.3
    strike = play & (random.random(play.shape) < 0.5)
    return Music(
        notes=np.stack([play, strike], -1).astype("float32"),
        note_inputs=random.normal(size=(batch, steps, pitches, CONFIG.note_width)).astype("float32"),
        step_inputs=random.normal(size=(batch, steps, CONFIG.step_width)).astype("float32"),
        style_input=random.random((batch, CONFIG.style_width)).astype("float32"),
        voices_target=np.stack(
            [random.integers(1, 5, (batch, steps)), random.integers(0, 2, (batch, steps))], -1
        ).astype("float32"),
    )


@pytest.fixture(scope="session")
def network() -> BiaxialNetwork:
    """A network whose every weight matters: biases are moved off zero."""
    made = BiaxialNetwork(CONFIG, seed=5)
    random = np.random.default_rng(5)
    for weight in made.named_weights().values():
        weight.assign(np.asarray(weight) * 1.5 + 0.1 * random.normal(size=weight.shape).astype("float32"))
    made.head_bias.assign(np.array([-0.5, 0.2, 0.1], "float32"))  # notes enough to see something
    return made


@pytest.fixture(scope="session")
def random_music() -> Callable[..., Music]:
    """(batch, steps, pitches, seed) -> Music for `network`."""
    return make_music
