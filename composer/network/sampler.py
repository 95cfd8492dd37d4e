"""Music from the network: a compiled sampler for a batch of particles, with the state carried from chunk to chunk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib import import_module
from typing import Any

import keras
import numpy as np
from keras import ops

from composer.errors import OptionError
from composer.network.biaxial import BiaxialNetwork
from composer.network.device import device_name, device_scope
from composer.network.sampling import (
    FREE,
    HELD,
    Drawn,
    Early,
    Memory,
    Rules,
    Settings,
    Told,
    Weighed,
    join_memories,
    join_particles,
    padded_units,
    project_early,
    sample_chunk,
    split_particles,
    weigh,
)

LANES = 2  # parts of the particles that run side by side on a CPU; fixed, so that bytes do not hang on the machine
MAX_BRANCHES = 3
DEFAULT_FLOOR = 0.004  # stray notes below it; at .001 they would still add up to one every other second


@dataclass(frozen=True)
class SamplerState:
    """What the sampler knows after a chunk: states of all branches, the last step's notes, the density bias."""

    memory: Memory

    def gather(self, indices: np.ndarray) -> SamplerState:
        """The state in which particle i goes on from particle indices[i]."""
        chosen = ops.convert_to_tensor(np.asarray(indices, "int32"))
        hidden = tuple(ops.take(part, chosen, axis=2) for part in self.memory.hidden)
        _, notes, bias, density = self.memory
        return SamplerState(
            Memory(
                hidden,
                ops.take(notes, chosen, axis=1),
                ops.take(bias, chosen, axis=0),
                ops.take(density, chosen, axis=1),
            )
        )

    @classmethod
    def joined(cls, states: Sequence[SamplerState]) -> SamplerState:
        """The particles of several states, one after another: more than the sampler runs at once, so gather some."""
        return cls(join_memories([state.memory for state in states])) if len(states) > 1 else states[0]

    @property
    def notes(self) -> np.ndarray:
        """The last step's notes, bool [particle, pitch, 2]."""
        return np.asarray(ops.convert_to_numpy(self.memory.notes)).transpose(1, 0, 2) > 0.5

    @property
    def bias(self) -> np.ndarray:
        """What is added to the log-odds of play to keep the density, [particle]."""
        return np.asarray(ops.convert_to_numpy(self.memory.bias))

    def with_notes(self, notes: np.ndarray) -> SamplerState:
        """The same state with other notes at the last step; notes [pitch, 2] or [particle, pitch, 2]."""
        pitches, particles, _ = self.memory.notes.shape
        whole = _whole(notes, (particles, pitches, 2), "notes").transpose(1, 0, 2)
        return SamplerState(self.memory._replace(notes=ops.convert_to_tensor(np.ascontiguousarray(whole))))


@dataclass(frozen=True)
class Sample:
    """What a chunk brought forth.

    play, articulate: bool [particle, step, pitch]. upper_hand: probability of the upper hand, [particle, step, pitch].
    forced_log_probability: [particle, step], of the cells that pins and masks decided, as the sampler would have drawn
    them (with temperature, guidance and bias, without the floor). free_log_probability: the same of the cells that were
    drawn. model_log_probability: of all cells by the branch with conditions alone, at temperature 1; minus this is what
    `negative_log_likelihood` gives for plays and articulations.
    """

    play: np.ndarray
    articulate: np.ndarray
    upper_hand: np.ndarray
    forced_log_probability: np.ndarray
    free_log_probability: np.ndarray
    model_log_probability: np.ndarray


class Sampler:
    """A compiled sampler of fixed shape.

    network: with its weights loaded. num_particles: sequences drawn side by side. max_steps: longest chunk.
    num_pitches: as the inputs have. num_branches: 1 to 3; those after the first are told less and run along to be led
    away from. device: auto, cpu or gpu.

    All sizes are fixed so that it is compiled once and a particle's notes never depend on how many it was asked for.
    """

    def __init__(
        self,
        network: BiaxialNetwork,
        *,
        num_particles: int,
        max_steps: int,
        num_pitches: int,
        num_branches: int = 1,
        device: str = "auto",
    ) -> None:
        self.network = network
        self.num_particles = num_particles
        self.max_steps = max_steps
        self.num_pitches = num_pitches
        if not 1 <= num_branches <= MAX_BRANCHES:
            raise OptionError(f"num_branches: must be from 1 to {MAX_BRANCHES}; found {num_branches}")
        self.num_branches = num_branches
        self._device = device
        lanes = LANES if num_particles % LANES == 0 and device_name(device) == "cpu" else 1
        self._compiled = _compile(network, lanes)

    def initial_state(self) -> SamplerState:
        """Silence, with nothing heard yet."""
        shape = (self.num_pitches, self.num_branches, self.num_particles)
        sizes = [padded_units(units) for units in self.network.config.time_units for _ in (0, 1)]
        sizes += self.network.config.memory_widths
        with device_scope(self._device):
            memory = Memory(
                tuple(ops.zeros((*shape, units)) for units in sizes),
                ops.zeros((self.num_pitches, self.num_particles, 2)),
                ops.zeros((self.num_particles,)),
                ops.zeros((2, self.num_particles)),
            )
        return SamplerState(memory)

    def run(
        self,
        state: SamplerState,
        *,
        note_inputs: np.ndarray,
        step_inputs: np.ndarray,
        style_input: np.ndarray,
        voices_target: np.ndarray,
        uniforms: np.ndarray,
        pins: np.ndarray | None = None,
        allowed: np.ndarray | None = None,
        strike_allowed: np.ndarray | None = None,
        marginal_log_odds: np.ndarray | None = None,
        temperature: float = 1.0,
        guidance: float = 1.0,
        style_guidance: float = 1.0,
        floor_probability: float = DEFAULT_FLOOR,
    ) -> tuple[Sample, SamplerState]:
        """Draw as many steps as the inputs have, max_steps at most.

        note_inputs: [branch, step, pitch, note_width]. step_inputs: [branch, step, step_width].
        style_input: [branch, style_width]. voices_target: [branch, step, 2].
        uniforms: numbers from 0 to below 1, [step, particle, pitch, 2], for play and for articulate.
        pins: int8 [step, pitch] or [particle, step, pitch]; 0 free, 1 silent, 2 struck, 3 held (struck where nothing
            sounded before).
        allowed, strike_allowed: bool of the same shapes; where free cells may sound, where they may be struck.
        marginal_log_odds: [pitch] or [pitch, 2] (silent before, sounding before), round which the temperature acts.
        guidance: 1 is the first branch, above it leads from the second one on to the first and beyond.
        style_guidance: the same between the third and the second.
        floor_probability: a new note of a smaller probability is never struck.
        """
        steps = int(np.shape(uniforms)[0])
        if not 1 <= steps <= self.max_steps:
            raise OptionError(f"uniforms: must have 1 to {self.max_steps} steps; found {steps}")
        if temperature <= 0.0:
            raise OptionError(f"temperature: must be above 0; found {temperature}")
        for name, value, needed in (("guidance", guidance, 2), ("style_guidance", style_guidance, 3)):
            if value != 1.0 and self.num_branches < needed:
                message = f"{name}: must be 1 in a sampler of {self.num_branches} branches; found {value}"
                raise OptionError(message, mend=f"num_branches={needed}")
        cells = (self.num_particles, steps, self.num_pitches)
        config, branches = self.network.config, self.num_branches
        told = Told(
            self._padded(note_inputs, (branches, steps, self.num_pitches, config.note_width), "note_inputs", axis=1),
            self._padded(step_inputs, (branches, steps, config.step_width), "step_inputs", axis=1),
            _whole(style_input, (branches, config.style_width), "style_input"),
            self._padded(voices_target, (branches, steps, 2), "voices_target", axis=1),
        )
        numbers = self._padded(uniforms, (steps, self.num_particles, self.num_pitches, 2), "uniforms", axis=0)
        rules = Rules(
            self._padded_cells(FREE if pins is None else pins, cells, "pins", "int8"),
            self._padded_cells(True if allowed is None else allowed, cells, "allowed", "bool"),
            self._padded_cells(True if strike_allowed is None else strike_allowed, cells, "strike_allowed", "bool"),
            _log_odds(np.ascontiguousarray(numbers.transpose(0, 2, 1, 3))),
        )
        settings = Settings(
            _marginal(marginal_log_odds, self.num_pitches),
            np.float32(temperature),
            np.float32(guidance),
            np.float32(style_guidance),
            _log_odds(np.float32(floor_probability)),
            np.int32(steps),
        )
        if rules.pins.min() < FREE or rules.pins.max() > HELD:
            raise OptionError(f"pins: must be from {FREE} to {HELD}")
        with device_scope(self._device):
            told, rules, settings = Told(*_tensors(told)), Rules(*_tensors(rules)), Settings(*_tensors(settings))
            notes, upper_hand, weighed, memory = self._compiled(told, rules, settings, state.memory)
            found = [np.asarray(ops.convert_to_numpy(part))[:steps] for part in (notes, upper_hand, *weighed)]
        play, articulate = found[0].transpose(3, 2, 0, 1) > 0.5
        forced, free, model = (part.T for part in found[2:])
        sample = Sample(play, articulate, found[1].transpose(2, 0, 1), forced, free, model)
        return sample, SamplerState(memory)

    def _padded_cells(self, values: Any, shape: tuple[int, ...], name: str, dtype: str) -> np.ndarray:
        """Values of each cell, [particle, step, pitch] or less, as [max_steps, pitch, particle]."""
        padded = self._padded(values, shape, name, axis=1, dtype=dtype)
        return np.ascontiguousarray(padded.transpose(1, 2, 0))

    def _padded(
        self, values: Any, shape: tuple[int, ...], name: str, *, axis: int, dtype: str = "float32"
    ) -> np.ndarray:
        """The values in their whole shape, filled up with zeros to max_steps along the step axis."""
        whole = _whole(values, shape, name, dtype)
        padded = np.zeros((*shape[:axis], self.max_steps, *shape[axis + 1 :]), dtype)
        padded[(slice(None),) * axis + (slice(0, shape[axis]),)] = whole
        return padded


def _tensors(values: Iterable[Any]) -> list[Any]:
    return [ops.convert_to_tensor(value) for value in values]


def _whole(values: Any, shape: tuple[int, ...], name: str, dtype: str = "float32") -> np.ndarray:
    try:
        return np.broadcast_to(np.asarray(values, dtype), shape)
    except ValueError as error:
        raise OptionError(f"{name}: must have the shape {shape}; found {np.shape(values)}") from error


def _log_odds(chances: Any) -> np.ndarray:
    """Log-odds of probabilities; 0 and 1 give great numbers rather than infinite ones."""
    chances = np.asarray(chances, "float32")
    return np.asarray(np.log(np.maximum(chances, 1e-30)) - np.log(np.maximum(1.0 - chances, 1e-30)), "float32")


def _marginal(values: np.ndarray | None, num_pitches: int) -> np.ndarray:
    if values is None:
        return np.zeros((num_pitches, 2), "float32")
    array = np.asarray(values, "float32")
    return _whole(array[:, None] if array.ndim == 1 else array, (num_pitches, 2), "marginal_log_odds")


def _compile(network: BiaxialNetwork, lanes: int) -> Any:
    """`sample_chunk` of one network, compiled by XLA; each lane's particles may run on a core of their own."""
    if keras.backend.backend() == "jax":
        return import_module("jax").jit(partial(_sample, network, partial(sample_chunk, network), 1))
    return _compile_for_tensorflow(network, lanes)


@lru_cache(maxsize=2)
def _compile_for_tensorflow(network: BiaxialNetwork, lanes: int) -> Any:
    """The same, once for all samplers of a network: TensorFlow never gives back what XLA compiled (30 MB each).

    The weights are read at each run, so that those of a network may change.
    """
    import tensorflow as tf

    lane = tf.function(partial(sample_chunk, network), jit_compile=True, autograph=False)
    return tf.function(partial(_sample, network, lane, lanes), autograph=False)


def _sample(
    network: BiaxialNetwork,
    sample_lane: Callable[[Early, Rules, Settings, Memory], tuple[Drawn, Memory]],
    lanes: int,
    told: Told,
    rules: Rules,
    settings: Settings,
    memory: Memory,
) -> tuple[Any, Any, Weighed, Memory]:
    """Notes [step, pitch, particle, 2], probabilities of the upper hand, log-probabilities, and the memory after."""
    early = project_early(network, told)
    parts = split_particles(rules, memory, lanes)
    drawn, after = join_particles([sample_lane(early, own, settings, own_memory) for own, own_memory in parts])
    upper_hand = ops.sigmoid(drawn.logits[:, :, 0, :, 2])
    return drawn.notes, upper_hand, weigh(drawn, rules, settings, memory.notes), after
