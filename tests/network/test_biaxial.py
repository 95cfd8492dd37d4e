"""The network hears the past and the lower notes, and nothing else; one step function serves all uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from composer.errors import WeightsError
from composer.network.biaxial import BiaxialNetwork
from composer.network.config import NetworkConfig
from composer.network.features import chord_below, lower_note_features
from composer.network.recurrence import lstm_sequence, lstm_sequence_scan

MakeMusic = Callable[..., Any]
ROWS, STEPS, PITCHES = 2, 6, 16


def logits(network: BiaxialNetwork, music: Any, **options: Any) -> np.ndarray:
    state = network.initial_state(music.notes.shape[0], music.notes.shape[2])
    return np.asarray(ops.convert_to_numpy(network(*music.arguments(), state, **options)[0]))


def changed(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Which (row, step, pitch) cells differ."""
    return np.abs(before - after).max(axis=-1) > 1e-7


def test_what_comes_later_changes_nothing_before(network: BiaxialNetwork, random_music: MakeMusic) -> None:
    music, other = random_music(ROWS, STEPS, PITCHES), random_music(ROWS, STEPS, PITCHES, seed=1)
    for step in range(STEPS):
        mixed = random_music(ROWS, STEPS, PITCHES)
        mixed.notes[:, step + 1 :] = other.notes[:, step + 1 :]  # this step's own notes, and all later ones
        for name in ("note_inputs", "step_inputs", "voices_target"):
            getattr(mixed, name)[:, step + 1 :] = getattr(other, name)[:, step + 1 :]
        difference = changed(logits(network, music), logits(network, mixed))
        assert not difference[:, :step].any()
        assert difference[:, step:].any()


@pytest.mark.parametrize("pitch", [0, 5, PITCHES - 1])
def test_within_a_step_a_note_changes_only_the_notes_above_it(
    network: BiaxialNetwork, pitch: int, random_music: MakeMusic
) -> None:
    music = random_music(ROWS, STEPS, PITCHES)
    before = logits(network, music)
    music.notes[:, 3, pitch] = 1.0 - music.notes[:, 3, pitch]
    difference = changed(before, logits(network, music))
    assert not difference[:, :2].any()
    assert not difference[:, 2, : pitch + 1].any()
    assert difference[:, 2, pitch + 1 :].all()
    assert difference[:, 3].any()


def test_rows_of_a_batch_do_not_touch_each_other(network: BiaxialNetwork, random_music: MakeMusic) -> None:
    music = random_music(3, STEPS, PITCHES)
    alone = music.rows(slice(1, 2))
    np.testing.assert_allclose(logits(network, music)[1:2], logits(network, alone), atol=1e-5)


@pytest.mark.parametrize("name", ["note_inputs", "step_inputs", "style_input", "voices_target"])
def test_every_condition_is_heard(network: BiaxialNetwork, name: str, random_music: MakeMusic) -> None:
    music, other = random_music(ROWS, STEPS, PITCHES), random_music(ROWS, STEPS, PITCHES, seed=1)
    before = logits(network, music)
    setattr(music, name, getattr(other, name))
    assert changed(before, logits(network, music)).any()


def test_two_windows_with_the_state_carried_are_one_long_window(
    network: BiaxialNetwork, random_music: MakeMusic
) -> None:
    music = random_music(ROWS, STEPS, PITCHES)
    whole = logits(network, music)
    state = network.initial_state(ROWS, PITCHES)
    parts = []
    for steps in (slice(0, 4), slice(4, STEPS)):
        part, state = network(
            music.notes[:, steps.start : steps.stop + 1],
            music.note_inputs[:, steps],
            music.step_inputs[:, steps],
            music.style_input,
            music.voices_target[:, steps],
            state,
        )
        parts.append(ops.convert_to_numpy(part))
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=1e-5)


def test_128_single_steps_are_one_window(network: BiaxialNetwork, random_music: MakeMusic) -> None:
    music = random_music(1, 128, 4)
    whole = logits(network, music)
    style = network.embed_style(music.style_input)
    state = network.initial_state(1, 4)
    steps = []
    for step in range(128):
        told = music.note_inputs[:, step]
        heard, state = network.time_step(music.notes[:, step], told, music.step_inputs[:, step], style, state)
        steps.append(heard)
    # Along the notes a step hears nothing of the others: all of them as rows, note by note.
    heard, told, now = ops.concatenate(steps), music.note_inputs[0], music.notes[0, 1:]
    below = ops.concatenate([lower_note_features(now, music.voices_target[0]), chord_below(now)], axis=-1)
    silent = [(ops.zeros((128, n.units)), ops.zeros((128, n.units))) for n in network.note_layers]
    for pitch in range(4):
        values = ops.concatenate([heard[:, pitch], below[:, pitch], told[:, pitch]], axis=-1)
        for number, layer in enumerate(network.note_layers):
            gates = layer.project(values) + layer.project_shared(ops.repeat(style, 128, axis=0), music.step_inputs[0])
            silent[number] = layer.step(gates, *silent[number])
            values = silent[number][0]
        np.testing.assert_allclose(np.asarray(network.head(values)), whole[0, :, pitch], atol=2e-5)


def test_dropout_hangs_on_seed_and_number_alone_and_only_in_training(
    network: BiaxialNetwork, random_music: MakeMusic
) -> None:
    dropping = BiaxialNetwork(replace(network.config, dropout=0.5, input_dropout=0.2), seed=1)
    music = random_music(ROWS, STEPS, PITCHES)

    def drop(number: int) -> np.ndarray:
        dropping.set_dropout_step(number)
        return logits(dropping, music, training=True)

    np.testing.assert_array_equal(drop(7), drop(7))
    assert changed(drop(7), drop(8)).any()
    np.testing.assert_array_equal(logits(dropping, music), logits(dropping, music))


@pytest.mark.parametrize(("products", "digits"), [("bfloat16", 8), ("float16", 11)])
def test_products_of_short_numbers_are_near_and_the_state_stays_long(
    network: BiaxialNetwork, products: str, digits: int, random_music: MakeMusic
) -> None:
    music = random_music(ROWS, STEPS, PITCHES)
    exact, near = logits(network, music), logits(network, music, products=products)
    assert 0.0 < np.abs(exact - near).max() < 16 * 2.0**-digits
    state = network.initial_state(ROWS, PITCHES)
    _, state = network(*music.arguments(), state, products=products)
    assert {keras.backend.standardize_dtype(part.dtype) for part in state} == {"float32"}


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="compares two TensorFlow gradients")
@pytest.mark.parametrize("shared", [(5, 2, 1, 16), (1, 2, 1, 16), (1, 6, 1, 16)])
@pytest.mark.parametrize(("products", "atol"), [("float32", 2e-5), ("bfloat16", 0.15), ("float16", 0.02)])
def test_the_written_out_gradient_is_the_one_tensorflow_finds(
    shared: tuple[int, ...], products: str, atol: float
) -> None:
    import tensorflow as tf

    random = np.random.default_rng(0)
    given, *values = (
        tf.constant(random.normal(size=shape).astype("float32"))
        for shape in ((5, 6, 2), (5, 6, 3), shared, (6, 4), (6, 4), (9, 16))
    )

    def gradients(sequence: Callable[..., Any], learned_at: int) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(values)
            learned, shared, hidden, cell, kernel = values
            told = (learned, given) if learned_at == 0 else (None, ops.concatenate([learned, given], axis=-1))
            outputs, (hidden, cell) = sequence(*told, shared, (hidden, cell), kernel)
            assert {part.dtype for part in (outputs, hidden, cell)} == {tf.float32}
            loss = tf.reduce_sum(tf.sin(outputs)) + tf.reduce_sum(hidden**2) + tf.reduce_sum(cell**3)
        return tape.gradient(loss, values[learned_at:])

    for learned_at in (0, 1):
        ours = tf.function(gradients)(partial(lstm_sequence, products=products), learned_at)
        theirs = tf.function(gradients)(lstm_sequence_scan, learned_at)
        for our, their in zip(ours, theirs, strict=True):
            assert our.dtype == tf.float32
            np.testing.assert_allclose(our, their, atol=atol)


def test_a_configuration_survives_yaml_and_refuses_what_it_does_not_know(network: BiaxialNetwork) -> None:
    assert NetworkConfig.from_dict(network.config.to_dict()) == network.config
    with pytest.raises(WeightsError, match="tyme_units"):
        NetworkConfig.from_dict(network.config.to_dict() | {"tyme_units": [3]})
    with pytest.raises(WeightsError, match=r"network\.dropout"):
        replace(network.config, dropout=1.0)
