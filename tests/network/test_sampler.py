"""The sampler draws from the network that was trained, keeps its rules, and repeats itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from composer.errors import OptionError
from composer.network.biaxial import BiaxialNetwork
from composer.network.config import NetworkConfig
from composer.network.device import device_name
from composer.network.loss import negative_log_likelihood
from composer.network.sampler import Sample, Sampler, SamplerState
from composer.network.sampling import (
    DENSITY_CLIP,
    DENSITY_MEMORY,
    DENSITY_PULL,
    FREE,
    GUIDANCE_CLIP,
    HELD,
    SILENT,
    STRUCK,
)

PARTICLES, STEPS, PITCHES = 4, 12, 14
MakeMusic = Callable[..., Any]


@pytest.fixture(scope="module")
def sampler(network: BiaxialNetwork) -> Sampler:
    return Sampler(network, num_particles=PARTICLES, max_steps=STEPS, num_pitches=PITCHES)


@pytest.fixture(scope="module")
def guided(network: BiaxialNetwork) -> Sampler:
    return Sampler(network, num_particles=PARTICLES, max_steps=STEPS, num_pitches=PITCHES, num_branches=2)


@pytest.fixture(scope="module")
def of_three(network: BiaxialNetwork) -> Sampler:
    return Sampler(network, num_particles=PARTICLES, max_steps=STEPS, num_pitches=PITCHES, num_branches=3)


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


@pytest.fixture(scope="module")
def three(random_music: MakeMusic, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Three branches of inputs, and the same random numbers."""
    music = random_music(3, STEPS, PITCHES, seed=9)
    return {name: inputs[name] if name == "uniforms" else getattr(music, name) for name in inputs}


def first_branch(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: array if name == "uniforms" else array[:1] for name, array in inputs.items()}


def part(inputs: dict[str, np.ndarray], steps: slice) -> dict[str, np.ndarray]:
    cut = {"uniforms": np.s_[steps], "style_input": np.s_[:]}
    return {name: array[cut.get(name, np.s_[:, steps])] for name, array in inputs.items()}


def teacher_forced_logits(
    network: BiaxialNetwork, inputs: dict[str, np.ndarray], sample: Sample, *, branch: int
) -> np.ndarray:
    """What the network says of drawn notes, told as one branch is: [particle, step, pitch, 3]."""
    notes = np.stack([sample.play, sample.articulate], axis=-1).astype("float32")
    before = np.concatenate([np.zeros_like(notes[:, :1]), notes], axis=1)
    told = [np.repeat(inputs[name][branch, None], len(notes), axis=0) for name in inputs if name != "uniforms"]
    state = network.initial_state(len(notes), PITCHES)
    logits, _ = network(before, *told, state)
    return np.asarray(ops.convert_to_numpy(logits))


def teacher_forced_nats(network: BiaxialNetwork, inputs: dict[str, np.ndarray], sample: Sample) -> np.ndarray:
    """Nats [particle, step] of drawn notes by the window function of training."""
    notes = np.stack([sample.play, sample.articulate], axis=-1).astype("float32")
    logits = teacher_forced_logits(network, inputs, sample, branch=0)
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


def test_two_guidances_draw_as_their_formula_says(
    network: BiaxialNetwork, of_three: Sampler, three: dict[str, np.ndarray]
) -> None:
    """Each step by hand: three teacher-forced branches, the formula, its clip, the temperature and the slow bias."""
    guidance, style_guidance, temperature, marginal = 6.0, 8.0, 0.8, -0.7
    sample, end = of_three.run(
        of_three.initial_state(),
        **three,
        guidance=guidance,
        style_guidance=style_guidance,
        temperature=temperature,
        marginal_log_odds=np.full(PITCHES, marginal),
        floor_probability=0.0,
    )
    full, style, nobody = (teacher_forced_logits(network, three, sample, branch=branch) for branch in range(3))
    led = nobody + style_guidance * (style - nobody) + guidance * (full - style)
    assert 0.0 < (np.abs(led - full)[..., 0] > GUIDANCE_CLIP).mean() < 0.5
    led = np.clip(led, full - GUIDANCE_CLIP, full + GUIDANCE_CLIP)[..., 0]
    bias = np.zeros(PARTICLES)
    asked = expected = np.zeros(PARTICLES)
    sounded = np.zeros((PARTICLES, PITCHES), bool)
    for step in range(STEPS):
        odds = marginal + (led[:, step] - marginal) / temperature + bias[:, None]
        play, struck = sample.play[:, step], sample.articulate[:, step]
        chance = log_chance(odds, play).sum(axis=1)
        chance += (log_chance(full[:, step, :, 1], struck) * (play & sounded)).sum(axis=1)
        np.testing.assert_allclose(sample.free_log_probability[:, step], chance, rtol=1e-3)
        asked = DENSITY_MEMORY * asked + (1 - DENSITY_MEMORY) * chance_of(full[:, step, :, 0]).sum(axis=1)
        expected = DENSITY_MEMORY * expected + (1 - DENSITY_MEMORY) * chance_of(odds).sum(axis=1)
        bias = np.clip(bias + DENSITY_PULL * np.log((asked + 0.05) / (expected + 0.05)), -DENSITY_CLIP, DENSITY_CLIP)
        sounded = play
    np.testing.assert_allclose(end.bias, bias, rtol=1e-3, atol=1e-5)


def chance_of(log_odds: np.ndarray) -> np.ndarray:
    chances: np.ndarray = 1 / (1 + np.exp(-log_odds))
    return chances


def log_chance(log_odds: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    logs: np.ndarray = np.log(chance_of(np.where(outcome, log_odds, -log_odds)))
    return logs


def test_equal_guidances_need_no_branch_between(
    guided: Sampler, of_three: Sampler, three: dict[str, np.ndarray]
) -> None:
    outer = {name: array if name == "uniforms" else array[[0, 2]] for name, array in three.items()}
    by_two, _ = guided.run(guided.initial_state(), **outer, guidance=2.5)
    by_three, _ = of_three.run(of_three.initial_state(), **three, guidance=2.5, style_guidance=2.5)
    np.testing.assert_array_equal(by_two.play, by_three.play)
    np.testing.assert_allclose(by_two.free_log_probability, by_three.free_log_probability, rtol=1e-3)


def test_style_guidance_of_one_needs_no_third_branch(
    guided: Sampler, of_three: Sampler, three: dict[str, np.ndarray]
) -> None:
    inner = {name: array if name == "uniforms" else array[:2] for name, array in three.items()}
    by_two, _ = guided.run(guided.initial_state(), **inner, guidance=2.5)
    by_three, _ = of_three.run(of_three.initial_state(), **three, guidance=2.5)
    np.testing.assert_array_equal(by_two.play, by_three.play)
    led, _ = of_three.run(of_three.initial_state(), **three, guidance=2.5, style_guidance=3.0)
    assert (led.play != by_three.play).any()


def test_more_guidance_brings_more_of_what_is_favoured_and_no_more_notes() -> None:
    """A network made by hand: the plan marks one pitch, joplin likes another; each is led to by its own guidance."""
    planned, liked, pitches, steps, particles = 3, 8, 12, 256, 8
    network = favouring_network()
    sampler = Sampler(network, num_particles=particles, max_steps=steps, num_pitches=pitches, num_branches=3)
    note = np.zeros((3, steps, pitches, 2), "float32")
    note[0, :, planned, 0] = 1  # told to the first branch alone
    note[:, :, liked, 1] = 1  # told to all, but only joplin makes something of it
    told = {
        "note_inputs": note,
        "step_inputs": np.zeros((3, steps, 1), "float32"),
        "style_input": np.array([[1.0], [1.0], [0.0]], "float32"),
        "voices_target": np.zeros((3, steps, 2), "float32"),
        "uniforms": np.random.default_rng(1).random((steps, particles, pitches, 2), dtype="float32"),
    }

    def shares(guidance: float, style_guidance: float) -> tuple[float, float, float]:
        sample, _ = sampler.run(
            sampler.initial_state(), **told, guidance=guidance, style_guidance=style_guidance, floor_probability=0.0
        )
        of_pitch = sample.play.mean(axis=(0, 1))
        return float(of_pitch[planned]), float(of_pitch[liked]), float(of_pitch.sum())

    plain, more_plan, more_style = shares(1.0, 1.0), shares(3.0, 1.0), shares(1.0, 3.0)
    assert more_plan[0] > plain[0] + 0.1
    assert more_style[1] > plain[1] + 0.1
    assert more_plan[1] < plain[1] + 0.02
    assert more_style[0] < plain[0] + 0.02
    assert all(0.8 * plain[2] < notes < 1.2 * plain[2] for _, _, notes in (more_plan, more_style))
    less_style = shares(1.0, 0.0)
    assert less_style[1] < plain[1] - 0.05


def favouring_network() -> BiaxialNetwork:
    """Log-odds of play rise with the first note input, and with the second one where the style is told."""
    network = BiaxialNetwork(
        NetworkConfig(
            note_fields=(("planned", 1), ("liked", 1)),
            step_fields=(("beat", 1),),
            style_fields=(("joplin", 1),),
            time_units=(1,),
            note_units=(2,),
            style_units=1,
        ),
        seed=1,
    )
    for weight in network.named_weights().values():
        weight.assign(np.zeros(weight.shape, "float32"))
    network.style_embedding.assign(np.ones((1, 1), "float32"))
    layer = network.note_layers[0]
    told = layer.input_width - 2  # the note's own inputs stand last
    kernel = np.zeros(layer.kernel.shape, "float32")
    kernel[told, 6] = 2.0  # first unit's candidate: what is planned
    kernel[told + 1, 7] = 2.0  # second unit's candidate: what is liked,
    kernel[told - 1, 1] = 16.0  # let in as far as the style opens the gate, through an input that is always zero
    layer.kernel.assign(kernel)
    style_kernel = np.zeros(layer.style_kernel.shape, "float32")
    style_kernel[0, told - 1] = 2.0
    layer.style_kernel.assign(style_kernel)
    #               let in       forget        let out     candidate
    layer.bias.assign(np.array([4.0, -8.0, -8.0, -8.0, 4.0, 4.0, 0.0, 0.0], "float32"))
    network.head_kernel.assign(np.array([[2.0, 0.0, 0.0], [2.0, 0.0, 0.0]], "float32"))
    network.head_bias.assign(np.array([-1.5, 0.0, 0.0], "float32"))
    return network


def test_samplers_of_one_network_are_compiled_once_and_hear_weights_change(inputs: dict[str, np.ndarray]) -> None:
    network = favouring_network()
    cells = np.zeros((1, STEPS, PITCHES, 2), "float32")
    told = {
        "note_inputs": cells,
        "step_inputs": np.zeros((1, STEPS, 1), "float32"),
        "style_input": np.zeros((1, 1), "float32"),
        "voices_target": np.full((1, STEPS, 2), -1.0, "float32"),
        "uniforms": inputs["uniforms"],
    }

    def notes() -> int:
        one = Sampler(network, num_particles=PARTICLES, max_steps=STEPS, num_pitches=PITCHES)
        return int(one.run(one.initial_state(), **told)[0].play.sum())

    few = notes()
    network.head_bias.assign(np.array([3.0, 0.0, 0.0], "float32"))
    assert notes() > 2 * few
    if keras.backend.backend() == "tensorflow":
        compiled = [
            Sampler(network, num_particles=PARTICLES, max_steps=steps, num_pitches=PITCHES)._compiled
            for steps in (STEPS, STEPS + 1)
        ]
        assert compiled[0] is compiled[1]


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
    with pytest.raises(OptionError, match=r"^guidance: must be 1 in a sampler of 1 branches"):
        sampler.run(state, **told, guidance=2.0)
    with pytest.raises(OptionError, match="style_guidance: must be 1"):
        sampler.run(state, **told, style_guidance=2.0)
    with pytest.raises(OptionError, match="num_branches: must be from 1 to 3; found 4"):
        Sampler(sampler.network, num_particles=2, max_steps=2, num_pitches=2, num_branches=4)
    with pytest.raises(OptionError, match="pins: must be from 0 to 3"):
        sampler.run(state, **told, pins=np.full((STEPS, PITCHES), 4))
    with pytest.raises(OptionError, match=r"device: must be one of"):
        device_name("quantum")
