"""The loops of sampling: over the steps of a chunk, and within a step over the notes from low to high.

Written in Keras operations; `composer.network.sampler` compiles it and keeps the state. What does not depend on sampled
notes is projected before the loops, once for all particles; the input part of the first note layer is one
matrix product a step; the random numbers are drawn beforehand and passed in.

Conventions: branch 0 is told the conditions, branch 1 (where there is one) is not; both hear the same notes.
Rows of the time axis are [branch, particle, pitch], of the note axis [branch, particle].
"""

from __future__ import annotations

from typing import Any, NamedTuple

from keras import ops

from composer.network.biaxial import BiaxialNetwork
from composer.network.config import HEARD_WIDTH
from composer.network.features import lower_note_feedback, previous_step_features
from composer.network.recurrence import lstm_step

Tensor = Any

FREE, SILENT, STRUCK, HELD = 0, 1, 2, 3
"""Pins of a cell."""

GUIDANCE_CLIP = 2.0  # nats that guidance may add to or take from a log-odds
DENSITY_MEMORY = 0.95  # of the remembered number of notes, kept each step: the last bar or two count
DENSITY_PULL = 0.05  # how fast the bias answers, in log-odds a step for each nat of difference
DENSITY_CLIP = 2.0  # the bias never goes further
_SMALLEST_DENSITY = 0.05  # notes a step; below it two densities count as equal


class Told(NamedTuple):
    """What a chunk is told; S is the number of steps the sampler was made for, G the number of branches."""

    note_inputs: Tensor  # [G, S, pitch, note_width]
    step_inputs: Tensor  # [G, S, step_width]
    style_input: Tensor  # [G, style_width]
    voices_target: Tensor  # [G, S, 2]
    pins: Tensor  # int8 [particle, S, pitch]
    allowed: Tensor  # bool [particle, S, pitch]
    strike_allowed: Tensor  # bool [particle, S, pitch]
    uniforms: Tensor  # [S, particle, pitch, 2]
    marginal: Tensor  # [pitch, 2], log-odds of play where the cell was silent, where it sounded before
    temperature: Tensor  # []
    guidance: Tensor  # []
    floor: Tensor  # []
    num_steps: Tensor  # int32 []


class Memory(NamedTuple):
    """What is carried from step to step."""

    hidden: tuple[Tensor, ...]  # hidden and cell of each time layer, [G, particle, pitch, unit]
    notes: Tensor  # [particle, pitch, 2], the last step
    bias: Tensor  # [particle], added to the log-odds of play
    density: Tensor  # [particle, 2], remembered notes a step as asked for and as drawn


class Drawn(NamedTuple):
    """What a chunk brings forth; steps from num_steps on are left at zero."""

    cells: Tensor  # [S, pitch, particle, 3]: play, articulate, probability of the upper hand
    logs: Tensor  # [S, particle, 3]: log-probabilities of forced cells, of free cells, of all by branch 0 alone


def sample_chunk(network: BiaxialNetwork, told: Told, memory: Memory) -> tuple[Drawn, Memory]:
    """Draw num_steps steps."""
    num_steps, num_particles, num_pitches, _ = told.uniforms.shape
    early = _Early(network, told)

    def is_left(step: Tensor, *_: Any) -> Tensor:
        return step < told.num_steps

    def draw_step(step: Tensor, memory: Memory, cells: Tensor, logs: Tensor) -> Any:
        projected, hidden = _time_axis(network, early, step, memory)
        found = _note_axis(network, early, told, step, memory, projected)
        memory = _remember(memory, hidden, found)
        cells = _put(cells, step, ops.stack([found.play, found.articulate, found.hand], axis=-1))
        logs = _put(logs, step, ops.transpose(found.logs))
        return step + 1, memory, cells, logs

    start = (
        ops.zeros((), "int32"),
        memory,
        ops.zeros((num_steps, num_pitches, num_particles, 3)),
        ops.zeros((num_steps, num_particles, 3)),
    )
    _, memory, cells, logs = ops.while_loop(is_left, draw_step, start)
    return Drawn(cells, logs), memory


class _Early:
    """Everything that can be projected before a note is drawn."""

    def __init__(self, network: BiaxialNetwork, told: Told) -> None:
        style = network.embed_style(told.style_input)  # [G, style]
        steps_first = ops.transpose(told.step_inputs, (1, 0, 2))
        width = network.config.note_width
        first_time, first_note = network.time_layers[0], network.note_layers[0]
        self.time = _shared_over_pitches(
            first_time.project(told.note_inputs, slice(0, width)), first_time.project_shared(style, steps_first)
        )  # [S, G, pitch, 4 x unit]
        note_told = slice(first_note.input_width - width, first_note.input_width)
        self.note = _shared_over_pitches(
            first_note.project(told.note_inputs, note_told), first_note.project_shared(style, steps_first)
        )
        self.time_above = [layer.project_shared(style, None) for layer in network.time_layers[1:]]  # [G, 4 x unit]
        self.note_above = [layer.project_shared(style, None) for layer in network.note_layers[1:]]
        self.note_kernels = [
            ops.concatenate([layer.kernel[rows], layer.recurrent], axis=0)
            for layer, rows in zip(network.note_layers, _looped_rows(network), strict=True)
        ]


def _looped_rows(network: BiaxialNetwork) -> list[slice]:
    """The rows of each note layer's kernel that are used note by note; in the first layer the feedback alone."""
    heard, told = network.heard_rows, network.told_rows
    feedback = slice(heard.stop, told.stop - network.config.note_width)
    return [feedback] + [slice(0, layer.input_width) for layer in network.note_layers[1:]]


def _shared_over_pitches(by_note: Tensor, by_step: Tensor) -> Tensor:
    """[G, S, pitch, gate] plus [S, G, gate] -> [S, G, pitch, gate]."""
    return ops.transpose(by_note, (1, 0, 2, 3)) + by_step[:, :, None, :]


def _time_axis(
    network: BiaxialNetwork, early: _Early, step: Tensor, memory: Memory
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """One step of the time layers; returns the first note layer's gates so far, [pitch, G, particle, 4 x unit]."""
    branches, particles, pitches, _ = memory.hidden[0].shape
    rows = branches * particles * pitches
    heard_rows = slice(network.config.note_width, network.config.note_width + HEARD_WIDTH)
    heard = network.time_layers[0].project(previous_step_features(memory.notes), heard_rows)
    gates = _get(early.time, step)[:, None] + heard[None]  # [G, particle, pitch, 4 x unit]
    hidden: list[Tensor] = []
    for number, layer in enumerate(network.time_layers):
        if number > 0:
            shared = early.time_above[number - 1][:, None, None, :]
            gates = ops.reshape(layer.project(hidden[-2]), (branches, particles, pitches, -1)) + shared
        before = [ops.reshape(part, (rows, layer.units)) for part in memory.hidden[2 * number : 2 * number + 2]]
        hidden += layer.step(ops.reshape(gates, (rows, -1)), *before)
    first = network.note_layers[0]
    projected = ops.reshape(first.project(hidden[-2], network.heard_rows), (branches, particles, pitches, -1))
    projected = projected + _get(early.note, step)[:, None]
    shaped = tuple(ops.reshape(part, (branches, particles, pitches, -1)) for part in hidden)
    return ops.transpose(projected, (2, 0, 1, 3)), shaped


class _Found(NamedTuple):
    """One step's notes: the first three [pitch, particle], logs [3, particle], expected [particle, 2]."""

    play: Tensor
    articulate: Tensor
    hand: Tensor
    logs: Tensor
    expected: Tensor


def _note_axis(
    network: BiaxialNetwork, early: _Early, told: Told, step: Tensor, memory: Memory, projected: Tensor
) -> _Found:
    """Draw the notes of a step, low to high."""
    pitches, branches, particles, _ = projected.shape
    rows = branches * particles
    projected = ops.reshape(projected, (pitches, rows, -1))
    target = ops.repeat(_get(ops.transpose(told.voices_target, (1, 0, 2)), step), particles, axis=0)  # [row, 2]
    cells = _cells(told, step, memory)  # [pitch, particle, 9]
    above = [ops.repeat(shared, particles, axis=0) for shared in early.note_above]
    silent = tuple(ops.zeros((rows, layer.units)) for layer in network.note_layers for _ in (0, 1))

    def draw_note(pitch: Tensor, carry: Any) -> Any:
        state, lower, count, sums, drawn = carry
        feedback = lower_note_feedback(_each_branch(lower, branches), _each_branch(count, branches), target)
        after: list[Tensor] = []
        values = feedback
        for number, kernel in enumerate(early.note_kernels):
            shared = _get(projected, pitch) if number == 0 else above[number - 1]
            gates = shared + ops.matmul(ops.concatenate([values, state[2 * number]], axis=-1), kernel)
            hidden, cell, _ = lstm_step(gates, state[2 * number + 1])
            after += [hidden, cell]
            values = hidden
        logits = ops.reshape(network.head(values), (branches, particles, 3))
        note, adds = _draw_cell(told, memory, logits, _get(cells, pitch))
        drawn = _put(drawn, pitch, note)
        return tuple(after), note[:, :2], count + note[:, 0], sums + adds, drawn

    start = (
        silent,
        ops.zeros((particles, 2)),
        ops.zeros((particles,)),
        ops.zeros((particles, 5)),
        ops.zeros((pitches, particles, 3)),
    )
    _, _, _, sums, drawn = ops.fori_loop(0, pitches, draw_note, start)
    return _Found(drawn[..., 0], drawn[..., 1], drawn[..., 2], ops.transpose(sums[:, :3]), sums[:, 3:])


def _cells(told: Told, step: Tensor, memory: Memory) -> Tensor:
    """What drawing needs to know of each cell of a step, side by side: [pitch, particle, 9]."""

    def at(per_cell: Tensor) -> Tensor:
        """[particle, S, pitch] -> [pitch, particle]."""
        return ops.cast(ops.transpose(_get(ops.transpose(per_cell, (1, 0, 2)), step)), "float32")

    pins, uniforms = at(told.pins), _get(told.uniforms, step)
    sounded = ops.transpose(memory.notes[..., 0])
    marginal = told.marginal[:, None, 0] * (1.0 - sounded) + told.marginal[:, None, 1] * sounded
    return ops.stack(
        [
            ops.cast(pins == FREE, "float32"),
            ops.cast(pins >= STRUCK, "float32"),  # must sound
            ops.cast(pins == STRUCK, "float32"),  # must be struck
            at(told.allowed),
            at(told.strike_allowed),
            sounded,
            marginal,
            ops.transpose(uniforms[..., 0]),
            ops.transpose(uniforms[..., 1]),
        ],
        axis=-1,
    )


def _draw_cell(told: Told, memory: Memory, logits: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    """One note of every particle.

    logits: [G, particle, 3]; cell: [particle, 9]. Returns [particle, 3] (play, articulate, hand) and
    [particle, 5]: what is added to the three log-probabilities and to the expected numbers of notes, as asked
    for and as drawn.
    """
    free, must_sound, must_strike, allowed, strike_allowed, sounded, marginal, by_play, by_strike = (
        cell[:, number] for number in range(9)
    )
    plain, strike_logit = logits[0, :, 0], logits[0, :, 1]
    guided = plain
    if logits.shape[0] == 2:
        pull = (told.guidance - 1.0) * (plain - logits[1, :, 0])
        guided = plain + ops.clip(pull, -GUIDANCE_CLIP, GUIDANCE_CLIP)
    play_logit = marginal + (guided - marginal) / told.temperature + memory.bias
    chance, strike_chance = ops.sigmoid(play_logit), ops.sigmoid(strike_logit)
    # A free cell may sound where it is allowed, and where it would be struck, if striking is allowed too.
    may_sound = free * allowed * ops.maximum(strike_allowed, sounded)
    is_stray = ops.cast(chance < told.floor, "float32") * (1.0 - sounded)
    drawn_play = ops.cast(by_play < chance, "float32") * may_sound * (1.0 - is_stray)
    play = free * drawn_play + (1.0 - free) * must_sound
    # What did not sound before is struck; a held pin is not struck, a free cell by chance and leave.
    drawn_strike = ops.cast(by_strike < strike_chance, "float32") * strike_allowed
    struck_by_choice = free * drawn_strike + (1.0 - free) * must_strike
    articulate = play * ops.maximum(1.0 - sounded, struck_by_choice)
    # Log-probabilities.
    of_play = _log_chance(play_logit, play)
    of_strike = play * sounded * _log_chance(strike_logit, articulate)
    play_was_free, strike_was_free = may_sound, free * strike_allowed
    forced = (1.0 - play_was_free) * of_play + (1.0 - strike_was_free) * of_strike
    unforced = play_was_free * of_play + strike_was_free * of_strike
    by_model = _log_chance(plain, play) + play * _log_chance(strike_logit, articulate)
    note = ops.stack([play, articulate, ops.sigmoid(logits[0, :, 2])], axis=-1)
    asked = free * ops.sigmoid(plain)
    return note, ops.stack([forced, unforced, by_model, asked, free * chance], axis=-1)


def _log_chance(logit: Tensor, outcome: Tensor) -> Tensor:
    """Log p(outcome) of a coin with this log-odds."""
    return -ops.softplus(logit * (1.0 - 2.0 * outcome))


def _remember(memory: Memory, hidden: tuple[Tensor, ...], found: _Found) -> Memory:
    """The memory after a step; the bias moves so that as many notes are drawn as branch 0 alone would draw."""
    density = DENSITY_MEMORY * memory.density + (1.0 - DENSITY_MEMORY) * found.expected
    asked, drawn = density[:, 0] + _SMALLEST_DENSITY, density[:, 1] + _SMALLEST_DENSITY
    bias = memory.bias + DENSITY_PULL * ops.log(asked / drawn)
    notes = ops.transpose(ops.stack([found.play, found.articulate], axis=-1), (1, 0, 2))
    return Memory(hidden, notes, ops.clip(bias, -DENSITY_CLIP, DENSITY_CLIP), density)


def _each_branch(values: Tensor, branches: int) -> Tensor:
    """[particle, ...] -> [branch x particle, ...]."""
    return values if branches == 1 else ops.concatenate([values] * branches, axis=0)


def _get(array: Tensor, index: Tensor) -> Tensor:
    """array[index] with an index of the graph."""
    rest = tuple(array.shape[1:])
    return ops.reshape(ops.slice(array, (index, *(0 for _ in rest)), (1, *rest)), rest)


def _put(array: Tensor, index: Tensor, value: Tensor) -> Tensor:
    """A copy of the array with array[index] = value, made in place by the compiler."""
    return ops.slice_update(array, (index, *(0 for _ in array.shape[1:])), value[None])
