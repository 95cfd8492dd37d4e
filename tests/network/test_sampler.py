"""The sampler draws from the network that was trained, keeps its rules, and repeats itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from keras import ops

from composer.errors import OptionError
from composer.network.biaxial import BiaxialNetwork
from composer.network.device import device_name
from composer.network.loss import negative_log_likelihood
from composer.network.sampler import Sample, Sampler, SamplerState
from composer.network.sampling import FREE, HELD, SILENT, STRUCK

PARTICLES, STEPS, PITCHES = 4, 12, 14
MakeMusic = Callable[..., Any]


@pytest.fixture(scope="module")
def sampler(network: BiaxialNetwork) -> Sampler:
    return Sampler(network, num_particles=PARTICLES, max_steps=STEPS, num_pitches=PITCHES)


@pytest.fixture(scope="module")
def guided(network: BiaxialNetwork) -> Sampler:
    return Sampler(network, num_particles=PARTICLES, max_steps=STEPS, num_pitches=PITCHES, guided=True)


@pytest.fixture(scope="module")
def inputs(random_music: MakeMusic) -> dict[str, np.ndarray]:
    """Two branches of inputs, and the random numbers."""
    music = random_music(2, STEPS, PITCHES, seed=3)
    uniforms = np.random.default_rng(4).random((STEPS, PARTICLES, PITCHES, 2), dtype="float32")
    return {
        "note_inputs": music.note_inputs,
        "step_inputs": music.step_inputs,
        "style_input": music.style_input,
        "voices_target": music.voices_target,
        "uniforms": uniforms,
    }


def first_branch(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: array if name == "uniforms" else array[:1] for name, array in inputs.items()}


def part(inputs: dict[str, np.ndarray], steps: slice) -> dict[str, np.ndarray]:
    cut = {"uniforms": np.s_[steps], "style_input": np.s_[:]}
    return {name: array[cut.get(name, np.s_[:, steps])] for name, array in inputs.items()}


def teacher_forced_nats(network: BiaxialNetwork, inputs: dict[str, np.ndarray], sample: Sample) -> np.ndarray:
    """Nats [particle, step] of drawn notes by the window function of training."""
    notes = np.stack([sample.play, sample.articulate], axis=-1).astype("float32")
    before = np.concatenate([np.zeros_like(notes[:, :1]), notes], axis=1)
    told = [np.repeat(inputs[name][:1], len(notes), axis=0) for name in inputs if name != "uniforms"]
    state = network.initial_state(len(notes), PITCHES)
    logits, _ = network(before, *told, state)
    every_cell = np.ones(sample.play.shape, "float32")
    nats = negative_log_likelihood(logits, notes, -every_cell, every_cell)
    return np.asarray(ops.convert_to_numpy(nats.play + nats.articulate))


def test_what_is_drawn_is_scored_alike_by_sampler_and_training(
    network: BiaxialNetwork, sampler: Sampler, inputs: dict[str, np.ndarray]
) -> None:
    sample, _ = sampler.run(sampler.initial_state(), **first_branch(inputs), floor_probability=0.0)
    assert 0.05 < sample.play.mean() < 0.95
    nats = teacher_forced_nats(network, inputs, sample)
    np.testing.assert_allclose(-sample.model_log_probability, nats, rtol=1e-4)


def test_the_guided_sampler_carries_the_conditions_branch_over_the_same_notes(
    network: BiaxialNetwork, guided: Sampler, inputs: dict[str, np.ndarray]
) -> None:
    sample, _ = guided.run(guided.initial_state(), **inputs, guidance=2.0, temperature=0.8)
    nats = teacher_forced_nats(network, inputs, sample)
    np.testing.assert_allclose(-sample.model_log_probability, nats, rtol=1e-4)


def test_guidance_of_one_at_temperature_one_is_no_guidance(
    sampler: Sampler, guided: Sampler, inputs: dict[str, np.ndarray]
) -> None:
    alone, _ = sampler.run(sampler.initial_state(), **first_branch(inputs))
    both, _ = guided.run(guided.initial_state(), **inputs)
    np.testing.assert_array_equal(alone.play, both.play)
    np.testing.assert_array_equal(alone.articulate, both.articulate)
    led, _ = guided.run(guided.initial_state(), **inputs, guidance=3.0)
    assert (alone.play != led.play).any()


def test_a_chunk_in_two_parts_is_the_same_music(sampler: Sampler, inputs: dict[str, np.ndarray]) -> None:
    whole, end = sampler.run(sampler.initial_state(), **first_branch(inputs))
    state: SamplerState = sampler.initial_state()
    plays = []
    for steps in (slice(0, 5), slice(5, STEPS)):
        sample, state = sampler.run(state, **part(first_branch(inputs), steps))
        plays.append(sample.play)
    np.testing.assert_array_equal(np.concatenate(plays, axis=1), whole.play)
    np.testing.assert_array_equal(state.notes, end.notes)


def test_the_same_numbers_give_the_same_notes(sampler: Sampler, inputs: dict[str, np.ndarray]) -> None:
    one, _ = sampler.run(sampler.initial_state(), **first_branch(inputs))
    two, _ = sampler.run(sampler.initial_state(), **first_branch(inputs))
    np.testing.assert_array_equal(one.play, two.play)
    np.testing.assert_array_equal(one.model_log_probability, two.model_log_probability)


def test_a_gathered_particle_goes_on_as_the_one_it_was_taken_from(
    sampler: Sampler, inputs: dict[str, np.ndarray]
) -> None:
    _, state = sampler.run(sampler.initial_state(), **part(first_branch(inputs), slice(0, 6)))
    rest = part(first_branch(inputs), slice(6, STEPS))
    rest["uniforms"] = rest["uniforms"].copy()
    rest["uniforms"][:, 0] = rest["uniforms"][:, 2]
    gathered = state.gather(np.array([2, 1, 2, 3]))
    np.testing.assert_array_equal(gathered.notes, state.notes[[2, 1, 2, 3]])
    sample, _ = sampler.run(gathered, **rest)
    np.testing.assert_array_equal(sample.play[0], sample.play[2])
    apart, _ = sampler.run(state, **rest)
    np.testing.assert_array_equal(sample.play[2], apart.play[2])


def test_pins_hold_and_what_begins_is_struck(sampler: Sampler, inputs: dict[str, np.ndarray]) -> None:
    pins = np.random.default_rng(5).integers(0, 4, (PARTICLES, STEPS, PITCHES)).astype("int8")
    sample, _ = sampler.run(sampler.initial_state(), **first_branch(inputs), pins=pins)
    before = np.concatenate([np.zeros_like(sample.play[:, :1]), sample.play[:, :-1]], axis=1)
    assert not sample.play[pins == SILENT].any()
    assert sample.articulate[pins == STRUCK].all()
    assert sample.play[pins == HELD].all()
    assert not sample.articulate[(pins == HELD) & before].any()
    assert sample.articulate[sample.play & ~before].all()
    assert not sample.articulate[~sample.play].any()
    assert 0.0 < sample.play[pins == FREE].mean() < 1.0


def test_masks_keep_cells_silent_and_notes_unstruck(sampler: Sampler, inputs: dict[str, np.ndarray]) -> None:
    random = np.random.default_rng(6)
    allowed, strike_allowed = random.random((2, STEPS, PITCHES)) < 0.5
    sample, _ = sampler.run(
        sampler.initial_state(), **first_branch(inputs), allowed=allowed, strike_allowed=strike_allowed
    )
    assert not sample.play[:, ~allowed].any()
    assert not sample.articulate[:, ~strike_allowed].any()
    assert sample.play.any()


def test_forced_and_free_cells_share_the_log_probability_between_them(
    network: BiaxialNetwork, sampler: Sampler, inputs: dict[str, np.ndarray]
) -> None:
    free, _ = sampler.run(sampler.initial_state(), **first_branch(inputs), floor_probability=0.0)
    assert np.allclose(free.forced_log_probability, 0.0)
    pins = np.where(free.articulate, STRUCK, np.where(free.play, HELD, SILENT)).astype("int8")
    pinned, _ = sampler.run(sampler.initial_state(), **first_branch(inputs), pins=pins)
    np.testing.assert_array_equal(pinned.play, free.play)
    np.testing.assert_array_equal(pinned.articulate, free.articulate)
    np.testing.assert_allclose(pinned.forced_log_probability, free.free_log_probability, rtol=1e-4)
    np.testing.assert_allclose(pinned.model_log_probability, free.model_log_probability, rtol=1e-4)
    assert np.allclose(pinned.free_log_probability, 0.0)


def test_a_note_below_the_floor_is_never_struck_but_may_sound_on(
    sampler: Sampler, inputs: dict[str, np.ndarray]
) -> None:
    silent, _ = sampler.run(sampler.initial_state(), **first_branch(inputs), floor_probability=1.0)
    assert not silent.play.any()
    held = sampler.initial_state().with_notes(np.ones((PITCHES, 2)))
    sample, _ = sampler.run(held, **first_branch(inputs), floor_probability=1.0)
    assert sample.play[:, 0].any()


def test_temperature_keeps_the_density_when_it_acts_round_the_marginal(network: BiaxialNetwork) -> None:
    """Cells of p = .07: cooled round .5 they would be silent; round their own log-odds, with the bias, they are not."""
    quiet = BiaxialNetwork(network.config, seed=5)
    quiet.head_bias.assign(np.array([-2.6, 0.0, 0.0], "float32"))
    steps, particles = 128, 8
    sampler = Sampler(quiet, num_particles=particles, max_steps=steps, num_pitches=PITCHES)
    random = np.random.default_rng(8)
    told = {
        "note_inputs": random.normal(size=(1, steps, PITCHES, quiet.config.note_width)),
        "step_inputs": random.normal(size=(1, steps, quiet.config.step_width)),
        "style_input": np.ones((1, quiet.config.style_width)),
        "voices_target": np.zeros((1, steps, 2)),
        "uniforms": random.random((steps, particles, PITCHES, 2), dtype="float32"),
    }

    def density(**options: Any) -> float:
        sample, _ = sampler.run(sampler.initial_state(), **told, **options)
        return float(sample.play.sum(axis=2).mean())

    warm = density()
    cool = density(temperature=0.5, marginal_log_odds=np.full(PITCHES, -2.6))
    assert 0.8 * warm < cool < 1.25 * warm
    naive = density(temperature=0.5, floor_probability=0.0)
    assert naive > 0.5 * warm  # even round .5 the bias brings the notes back in time


def test_impossible_arguments_are_named(sampler: Sampler, inputs: dict[str, np.ndarray]) -> None:
    told, state = first_branch(inputs), sampler.initial_state()
    with pytest.raises(OptionError, match="note_inputs: must have the shape"):
        sampler.run(state, **(told | {"note_inputs": told["note_inputs"][..., :-1]}))
    with pytest.raises(OptionError, match="temperature"):
        sampler.run(state, **told, temperature=0.0)
    with pytest.raises(OptionError, match="guidance"):
        sampler.run(state, **told, guidance=2.0)
    with pytest.raises(OptionError, match="pins: must be from 0 to 3"):
        sampler.run(state, **told, pins=np.full((STEPS, PITCHES), 4))
    with pytest.raises(OptionError, match=r"device: must be one of"):
        device_name("quantum")
