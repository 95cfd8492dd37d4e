"""A training that begins with another network's weights: what it hears besides begins at nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from composer.errors import TrainingError
from composer.network.biaxial import BiaxialNetwork
from composer.network.checkpoint import save_network
from composer.network.config import NetworkConfig
from composer.training.warm_start import begin_with

CONFIG = NetworkConfig(
    note_fields=(("position", 1), ("chord", 4)),
    step_fields=(("beat", 3),),
    style_fields=(("composer", 2), ("ensemble", 1)),
    time_units=(7, 6),
    note_units=(5, 4),
    style_units=3,
    gate_units=2,
    echo_steps=(2, 5),
    lag_steps=(1, 3),
)
WIDER = replace(
    CONFIG,
    note_fields=(("degree", 2), ("position", 1), ("chord", 4)),
    step_fields=(("beat", 3), ("density", 1)),
    style_fields=(("composer", 3), ("ensemble", 1)),
    echo_steps=(2, 5, 64),
    lag_steps=(1, 2, 3),
    hears_chord=True,
)
COMPOSERS, ENSEMBLES = ("bach", "joplin"), ("keyboard",)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    network = BiaxialNetwork(CONFIG, seed=1)
    rng = np.random.default_rng(0)
    for weight in network.named_weights().values():
        weight.assign(np.asarray(weight) + rng.normal(0, 0.1, weight.shape).astype("float32"))
    folder = tmp_path_factory.mktemp("other")
    save_network(folder, network, name="other", composers=COMPOSERS, ensembles=ENSEMBLES)
    return network, folder / "other.safetensors"


def logits(network, notes, *, position, chord, beat, composer):
    """Play 5 steps; what only the wider network is told is random."""
    rng = np.random.default_rng(9)
    num_pitches = notes.shape[2]
    told = {"position": position, "chord": chord, "degree": rng.random((1, 5, num_pitches, 2))}
    of_step = {"beat": beat, "density": rng.random((1, 5, 1))}
    style = [1.0 if name == composer else 0.0 for name in composer_names(network)] + [1.0]
    parts = [told[name] for name, _ in network.config.note_fields]
    found, _ = network(
        notes,
        np.concatenate(parts, axis=-1).astype("float32"),
        np.concatenate([of_step[name] for name, _ in network.config.step_fields], axis=-1).astype("float32"),
        np.array([style], "float32"),
        np.zeros((1, 5, 2), "float32"),
        network.initial_state(1, num_pitches),
    )
    return np.asarray(found)


def composer_names(network):
    return COMPOSERS if dict(network.config.style_fields)["composer"] == 2 else ("chopin", "joplin", "bach")


@pytest.mark.parametrize("composer", COMPOSERS)
def test_what_the_new_network_hears_besides_changes_nothing_yet(stored, composer):
    old, path = stored
    new = BiaxialNetwork(WIDER, seed=2)
    begin_with(new, path, composers=("chopin", "joplin", "bach"), ensembles=ENSEMBLES)
    rng = np.random.default_rng(3)
    notes = (rng.random((1, 6, 20, 2)) < 0.3).astype("float32")
    music = {
        "position": rng.random((1, 5, 20, 1)),
        "chord": rng.random((1, 5, 20, 4)),
        "beat": rng.random((1, 5, 3)),
        "composer": composer,
    }
    np.testing.assert_allclose(logits(new, notes, **music), logits(old, notes, **music), atol=1e-4)


def test_layers_of_another_size_are_refused(stored):
    with pytest.raises(TrainingError, match=r"its time_units are \(7, 6\), those of the configuration \(8, 6\)"):
        begin_with(
            BiaxialNetwork(replace(CONFIG, time_units=(8, 6))), stored[1], composers=COMPOSERS, ensembles=ENSEMBLES
        )
