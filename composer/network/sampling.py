"""The loops of sampling: over the steps of a chunk, and within a step over the notes from low to high.

Written in Keras operations; `composer.network.sampler` compiles it and keeps the state. What does not depend on
sampled notes is projected before the loops, once for all particles; the input part of the first note layer is one
matrix product a step; the random numbers are drawn beforehand and passed in, and turned into thresholds, so that
in the loop over the notes a note sounds where its log-odds exceed a number.

Conventions: branch 0 is told the conditions, branch 1 (where there is one) is told less, branch 2 less again; all hear
the same notes.
Axes are in the order step, pitch, branch, particle throughout. S: steps of the sampler, G: branches.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from composer.network.biaxial import BiaxialNetwork
from composer.network.config import CHORD_WIDTH, FEEDBACK_WIDTH
from composer.network.features import lower_note_feedback, next_chord_below
from composer.network.recurrence import lstm_step

Tensor = Any

FREE, SILENT, STRUCK, HELD = 0, 1, 2, 3
"""Pins of a cell."""

GUIDANCE_CLIP = 2.0  # nats that guidance may add to or take from a log-odds
DENSITY_MEMORY = 0.95  # of the remembered number of notes, kept each step: the last bar or two count
DENSITY_PULL = 0.05  # how fast the bias answers, in log-odds a step for each nat of difference
DENSITY_CLIP = 2.0  # the bias never goes further
_SMALLEST_DENSITY = 0.05  # notes a step; below it two densities count as equal
_NEVER = 1e30  # as a threshold of log-odds
_UNIT_MULTIPLE = 16


class Told(NamedTuple):
    """What all particles of a chunk are told."""

    note_inputs: Tensor  # [G, S, pitch, note_width]
    step_inputs: Tensor  # [G, S, step_width]
    style_input: Tensor  # [G, style_width]
    voices_target: Tensor  # [G, S, 2]


class Rules(NamedTuple):
    """How the cells of a chunk are drawn."""

    pins: Tensor  # int8 [S, pitch, particle]
    allowed: Tensor  # bool [S, pitch, particle]
    strike_allowed: Tensor  # bool [S, pitch, particle]
    odds: Tensor  # [S, pitch, particle, 2], log-odds of uniform numbers, for play and for the strike


class Settings(NamedTuple):
    """The numbers that hold for a whole chunk."""

    marginal: Tensor  # [pitch, 2], log-odds of play where the cell was silent, where it sounded before
    temperature: Tensor  # []
    guidance: Tensor  # [], how far branch 0 leads away from branch 1
    style_guidance: Tensor  # [], how far branch 1 leads away from branch 2
    floor_odds: Tensor  # [], log-odds below which nothing begins
    num_steps: Tensor  # int32 []


class Memory(NamedTuple):
    """What is carried from step to step."""

    hidden: tuple[Tensor, ...]  # the network's state, [pitch, G, particle, unit] each
    notes: Tensor  # [pitch, particle, 2], the last step
    bias: Tensor  # [particle], added to the log-odds of play
    density: Tensor  # [2, particle], remembered notes a step as asked for and as drawn


class Drawn(NamedTuple):
    """What the loops bring forth; steps from num_steps on are left at zero."""

    notes: Tensor  # [S, pitch, particle, 2]: play, articulate
    logits: Tensor  # [S, pitch, G, particle, 3]
    bias: Tensor  # [S, particle], as it was for the step


class Weighed(NamedTuple):
    """Log-probabilities of each step's notes, each [S, particle]."""

    forced: Tensor  # of cells that pins and masks decided, as they would have been drawn
    free: Tensor  # of cells that were drawn
    by_model: Tensor  # of all cells, by branch 0 alone


class Early(NamedTuple):
    """Everything that can be projected before a note is drawn, and the kernels as the loops use them."""

    time: Tensor  # [S, pitch, G, 1, 4 x unit]
    note: Tensor  # [S, pitch, G, 1, 4 x unit]
    target: Tensor  # [S, G, 2]
    time_above: tuple[Tensor, ...]  # of the second and later time layers, [G, 1, 4 x unit]
    note_above: tuple[Tensor, ...]
    time_kernels: tuple[Tensor, ...]  # [input in the loop + unit, 4 x unit]
    heard_kernel: Tensor  # time output -> gates of the first note layer
    feedback_kernel: Tensor  # [FEEDBACK_WIDTH, 4 x unit] of the first note layer
    chord_kernel: (
        Tensor  # [CHORD_WIDTH, 4 x unit] of the same where it hears the chord below a note, else [0, 4 x unit]
    )
    note_kernels: tuple[Tensor, ...]  # [unit, 4 x unit of the layer above (of the last layer: logits) + 4 x unit]
    head_bias: Tensor  # [1, 3]


def project_early(network: BiaxialNetwork, told: Told) -> Early:
    """The part of a chunk that needs no loop; the same for all particles."""
    style = network.embed_style(told.style_input)  # [G, style]
    by_step = ops.transpose(told.step_inputs, (1, 0, 2))  # [S, G, step_width]
    by_note = ops.transpose(told.note_inputs, (1, 2, 0, 3))  # [S, pitch, G, note_width]
    width = network.config.note_width
    first_time, first_note = network.time_layers[0], network.note_layers[0]
    told_rows = slice(first_note.input_width - width, first_note.input_width)
    time = _product(by_note, _wide(first_time.kernel[:width])) + _wide(
        first_time.project_shared(style, by_step)[:, None]
    )
    note = _product(by_note, _wide(first_note.kernel[told_rows])) + _wide(
        first_note.project_shared(style, by_step)[:, None]
    )
    inputs = [first_time.kernel[width:]] + [_deep(layer.kernel) for layer in network.time_layers[1:]]
    upwards = [_wide(layer.kernel) for layer in network.note_layers[1:]] + [network.head_kernel]
    of_lower = _wide(first_note.kernel[network.heard_rows.stop : told_rows.start])
    return Early(
        time=time[..., None, :],
        note=note[..., None, :],
        target=ops.transpose(told.voices_target, (1, 0, 2)),
        time_above=tuple(_wide(layer.project_shared(style, None)[:, None]) for layer in network.time_layers[1:]),
        note_above=tuple(_wide(layer.project_shared(style, None)[:, None]) for layer in network.note_layers[1:]),
        time_kernels=tuple(
            ops.concatenate([_wide(kernel), _wide(_deep(layer.recurrent))], axis=0)
            for layer, kernel in zip(network.time_layers, inputs, strict=True)
        ),
        heard_kernel=_wide(_deep(first_note.kernel[network.heard_rows])),
        feedback_kernel=of_lower[:FEEDBACK_WIDTH],
        chord_kernel=of_lower[FEEDBACK_WIDTH:],
        note_kernels=tuple(
            _deep(ops.concatenate([upward, _wide(layer.recurrent)], axis=1))
            for layer, upward in zip(network.note_layers, upwards, strict=True)
        ),
        head_bias=ops.reshape(network.head_bias, (1, -1)),
    )


def padded_units(units: int) -> int:
    """The size of a layer in the loops: gates of a multiple of 64 columns take XLA's fast products on a CPU.

    Measured at 300 units: 141 against 194 GFLOP/s a core. The units that are added stay at zero for ever.
    """
    return -(-units // _UNIT_MULTIPLE) * _UNIT_MULTIPLE


def _wide(gates: Tensor) -> Tensor:
    """[..., 4 x unit] -> [..., 4 x padded unit]."""
    units = gates.shape[-1] // 4
    parts = ops.reshape(gates, (*gates.shape[:-1], 4, units))
    padded = _filled(parts, -1, padded_units(units))
    return ops.reshape(padded, (*gates.shape[:-1], -1))


def _deep(kernel: Tensor) -> Tensor:
    """[unit, out] -> [padded unit, out]."""
    return _filled(kernel, 0, padded_units(kernel.shape[0]))


def _filled(array: Tensor, axis: int, size: int) -> Tensor:
    """The array with zeros behind it along an axis."""
    widths = [(0, 0)] * len(array.shape)
    widths[axis] = (0, size - array.shape[axis])
    return ops.pad(array, widths)


def sample_chunk(
    network: BiaxialNetwork, early: Early, rules: Rules, settings: Settings, memory: Memory
) -> tuple[Drawn, Memory]:
    """Draw num_steps steps."""
    num_steps, num_pitches, num_particles, _ = rules.odds.shape

    def is_left(step: Tensor, *_: Any) -> Tensor:
        return step < settings.num_steps

    def draw_step(step: Tensor, memory: Memory, drawn: Drawn, shared: Tensor) -> Any:
        rules_now = Rules(*(ops.cast(_get(part, step), "float32") for part in rules))
        hidden, projected = _time_axis(network, early, step, memory, shared)
        thresholds = _thresholds(rules_now, settings, memory)
        logits, notes = _note_axis(early, settings, projected, _get(early.target, step), thresholds)
        found = (notes, logits, memory.bias)
        drawn = Drawn(*(_put(part, step, value) for part, value in zip(drawn, found, strict=True)))
        asked, expected = _densities(logits, rules_now, settings, memory)
        following = _get(early.time, ops.minimum(step + 1, num_steps - 1))
        return step + 1, _remember(memory, hidden, notes, asked, expected), drawn, following

    branches = memory.hidden[0].shape[1]
    drawn = Drawn(
        ops.zeros((num_steps, num_pitches, num_particles, 2)),
        ops.zeros((num_steps, num_pitches, branches, num_particles, 3)),
        ops.zeros((num_steps, num_particles)),
    )
    # An axis of length 1 inside the loop makes XLA copy states from one layout to another.
    shapes = [part.shape for part in memory.hidden]
    hidden = tuple(_without_single_branch(part, axis=1) for part in memory.hidden)
    early = early._replace(
        time=_without_single_branch(early.time, axis=2),
        time_above=tuple(_without_single_branch(part, axis=0) for part in early.time_above),
    )
    # A slice at a changing index is carried along: inside the gates XLA would not vectorise them.
    start = (ops.zeros((), "int32"), memory._replace(hidden=hidden), drawn, early.time[0])
    _, memory, drawn, _ = ops.while_loop(is_left, draw_step, start)
    hidden = tuple(ops.reshape(part, shape) for part, shape in zip(memory.hidden, shapes, strict=True))
    return drawn, memory._replace(hidden=hidden)


def _without_single_branch(array: Tensor, *, axis: int) -> Tensor:
    return ops.squeeze(array, axis=axis) if array.shape[axis] == 1 else array


def split_particles(rules: Rules, memory: Memory, lanes: int) -> list[tuple[Rules, Memory]]:
    """The particles in equal parts; a part's notes do not depend on the others."""
    num_particles = rules.odds.shape[2]
    size = num_particles // lanes
    parts = []
    for first in range(0, num_particles, size):
        part = slice(first, first + size)
        own = Memory(
            tuple(hidden[:, :, part] for hidden in memory.hidden),
            memory.notes[:, part],
            memory.bias[part],
            memory.density[:, part],
        )
        parts.append((Rules(*(rule[:, :, part] for rule in rules)), own))
    return parts


def join_particles(parts: list[tuple[Drawn, Memory]]) -> tuple[Drawn, Memory]:
    """The inverse of `split_particles` for what was drawn."""
    drawn, memories = zip(*parts, strict=True)
    notes, logits, bias = zip(*drawn, strict=True)
    return (
        Drawn(ops.concatenate(notes, axis=2), ops.concatenate(logits, axis=3), ops.concatenate(bias, axis=1)),
        join_memories(memories),
    )


def join_memories(memories: Sequence[Memory]) -> Memory:
    """The particles of several memories, one after another."""
    hidden = zip(*(memory.hidden for memory in memories), strict=True)
    return Memory(
        tuple(ops.concatenate(part, axis=2) for part in hidden),
        ops.concatenate([memory.notes for memory in memories], axis=1),
        ops.concatenate([memory.bias for memory in memories], axis=0),
        ops.concatenate([memory.density for memory in memories], axis=1),
    )


def weigh(drawn: Drawn, rules: Rules, settings: Settings, before: Tensor) -> Weighed:
    """The log-probabilities of a chunk; before: [pitch, particle, 2], the notes of the step before it."""
    play, articulate = drawn.notes[..., 0], drawn.notes[..., 1]  # [S, pitch, particle]
    sounded = ops.concatenate([before[None, ..., 0], play[:-1]], axis=0)
    free = ops.cast(rules.pins == FREE, "float32")
    plain, strike = drawn.logits[:, :, 0, :, 0], drawn.logits[:, :, 0, :, 1]
    of_play = _log_chance(_drawn_from(drawn.logits, sounded, settings, drawn.bias[:, None]), play)
    of_strike = play * sounded * _log_chance(strike, articulate)
    strike_was_free = free * ops.cast(rules.strike_allowed, "float32")
    play_was_free = ops.cast(rules.allowed, "float32") * ops.maximum(strike_was_free, free * sounded)
    unforced = play_was_free * of_play + strike_was_free * of_strike
    by_model = _log_chance(plain, play) + play * _log_chance(strike, articulate)
    within = ops.cast(ops.arange(play.shape[0]) < settings.num_steps, "float32")[:, None]
    sums = (of_play + of_strike - unforced, unforced, by_model)
    return Weighed(*(ops.sum(part, axis=1) * within for part in sums))


def _time_axis(
    network: BiaxialNetwork, early: Early, step: Tensor, memory: Memory, time_shared: Tensor
) -> tuple[tuple[Tensor, ...], Tensor]:
    """One step of the time layers; returns their state and the first note layer's gates, [pitch, row, 4 x unit]."""
    pitches, particles, _ = memory.notes.shape
    lead = memory.hidden[0].shape[:-1]  # pitch, branch where there are two, particle
    rows = int(np.prod(lead))
    heard, kept = _heard(network, memory)
    values = heard if len(lead) == 2 else ops.concatenate([heard[:, None]] * lead[1], axis=1)
    hidden: list[Tensor] = []
    for number, kernel in enumerate(early.time_kernels):
        before, cell = memory.hidden[2 * number : 2 * number + 2]
        shared = time_shared if number == 0 else early.time_above[number - 1]
        told = ops.reshape(ops.concatenate([values, before], axis=-1), (rows, -1))
        # Whole axes in the elementwise part: with rows split up inside it, XLA's loops are not vectorised.
        gates = ops.reshape(ops.matmul(told, kernel), (*lead, -1)) + shared
        hidden += lstm_step(gates, cell)[:2]
        values = hidden[-2]
    hidden += [part if len(lead) == 2 else ops.stack([part] * lead[1], axis=1) for part in kept]
    projected = ops.matmul(ops.reshape(values, (rows, -1)), early.heard_kernel)
    projected = ops.reshape(projected, (pitches, -1, particles, early.heard_kernel.shape[-1]))
    projected = projected + _get(early.note, step)
    return tuple(hidden), ops.reshape(projected, (pitches, rows // pitches, -1))


def _heard(network: BiaxialNetwork, memory: Memory) -> tuple[Tensor, tuple[Tensor, ...]]:
    """What each note hears of earlier steps, [pitch, particle, heard], and keeps in mind, each the like."""
    kept = memory.hidden[2 * len(network.time_layers) :]  # the same in all branches
    kept = tuple(_by_particle(part if len(part.shape) == 3 else part[:, 0]) for part in kept)
    heard, kept = network.heard(_by_particle(memory.notes), kept)
    return _by_particle(heard), tuple(map(_by_particle, kept))


def _by_particle(array: Tensor) -> Tensor:
    """[pitch, particle, value] -> [particle, pitch, value], and back."""
    return ops.transpose(array, (1, 0, 2))


def _thresholds(rules: Rules, settings: Settings, memory: Memory) -> Tensor:
    """Log-odds that a note must exceed to sound and to be struck, [pitch, particle, 2].

    To draw play with p = sigmoid(marginal + (logit - marginal) / temperature + bias) and a uniform number u is to ask
    whether the logit exceeds marginal + temperature x (log-odds of u - bias - marginal).
    """
    sounded = memory.notes[..., 0]
    free = ops.cast(rules.pins == FREE, "float32")
    marginal = _marginal_of(settings, sounded)
    odds = rules.odds[..., 0]
    # What would begin with a probability below the floor never does.
    odds = ops.where(sounded > 0.5, odds, ops.maximum(odds, settings.floor_odds))
    play = marginal + settings.temperature * (odds - memory.bias - marginal)
    may_sound = free * rules.allowed * ops.maximum(rules.strike_allowed, sounded)
    play = ops.where(may_sound > 0.5, play, _NEVER)
    play = ops.where(rules.pins >= STRUCK, -_NEVER, play)
    # What did not sound before is struck; a held pin is not, a free cell by chance and leave.
    strike = ops.where(rules.strike_allowed * free > 0.5, rules.odds[..., 1], _NEVER)
    must_strike = ops.logical_or(rules.pins == STRUCK, sounded < 0.5)
    return ops.stack([play, ops.where(must_strike, -_NEVER, strike)], axis=-1)


def _note_axis(
    early: Early, settings: Settings, projected: Tensor, target: Tensor, thresholds: Tensor
) -> tuple[Tensor, Tensor]:
    """Draw the notes of a step, low to high; returns logits [pitch, G, particle, 3] and notes [pitch, particle, 2].

    One small product a layer: a new hidden state gives at once what the layer above hears and what its own layer will
    hear at the next note.
    """
    num_pitches, rows, _ = projected.shape
    particles = thresholds.shape[1]
    branches = rows // particles
    target = ops.repeat(target, particles, axis=0)  # [row, 2]
    above = [ops.reshape(ops.repeat(part, particles, axis=1), (rows, -1)) for part in early.note_above]
    units = [kernel.shape[0] for kernel in early.note_kernels]
    # The feedback is an affine function of the lower note and the count; what of it is the same for all notes of
    # the step is added beforehand.
    nothing, no_count = ops.zeros((rows, 2)), ops.zeros((rows,))
    alone = lower_note_feedback(nothing, no_count, target)
    by_count = ops.matmul(lower_note_feedback(nothing, no_count + 1.0, target) - alone, early.feedback_kernel)
    projected = projected + ops.matmul(alone, early.feedback_kernel)
    of_play, of_strike = early.feedback_kernel[0], early.feedback_kernel[1]
    hears_chord = early.chord_kernel.shape[0] > 0
    # Of each layer what the last note leaves: its part in the gates, and the cell.
    silent = tuple((ops.zeros((rows, 4 * unit)), ops.zeros((rows, unit))) for unit in units)

    def draw_note(pitch: Tensor, carry: Any) -> Any:
        shared, state, play, strike, count, chord, logits, notes = carry  # of the lower note, each [row, 1]
        gates = shared + play * of_play + strike * of_strike + count * by_count
        if hears_chord:
            gates = gates + ops.matmul(chord, early.chord_kernel)
        after: list[tuple[Tensor, Tensor]] = []
        for number, (kernel, (left, cell)) in enumerate(zip(early.note_kernels, state, strict=True)):
            hidden, cell, _ = lstm_step(gates + left, cell)
            product = ops.matmul(hidden, kernel)
            width = kernel.shape[1] - 4 * units[number]
            gates = product[:, :width] + (above[number] if number < len(above) else early.head_bias)
            after.append((product[:, width:], cell))
        found = ops.reshape(gates, (branches, particles, 3))
        of_note = ops.cast(_log_odds_to_draw(found, settings) > _get(thresholds, pitch), "float32")
        note = ops.stack([of_note[:, 0], of_note[:, 0] * of_note[:, 1]], axis=-1)
        by_row = ops.concatenate([note] * branches, axis=0)
        play, strike = by_row[:, :1], by_row[:, 1:]
        following = _get(projected, ops.minimum(pitch + 1, num_pitches - 1))
        logits, notes = _put(logits, pitch, found), _put(notes, pitch, note)
        chord = next_chord_below(chord, play)
        return following, tuple(after), play, strike, count + play, chord, logits, notes

    start = (
        projected[0],  # carried along for the same reason as in `sample_chunk`
        silent,
        *(ops.zeros((rows, 1)) for _ in range(3)),
        ops.zeros((rows, CHORD_WIDTH)),
        ops.zeros((num_pitches, branches, particles, 3)),
        ops.zeros((num_pitches, particles, 2)),
    )
    *_, logits, notes = ops.fori_loop(0, num_pitches, draw_note, start)
    return logits, notes


def _log_odds_to_draw(logits: Tensor, settings: Settings) -> Tensor:
    """Log-odds of play, led by the guidance, and of the strike: [..., G, particle, 3] -> [..., particle, 2].

    With three branches: l2 + style_guidance (l1 - l2) + guidance (l0 - l1), written as what is added to l0.
    """
    with_conditions = logits[..., 0, :, :2]
    branches = logits.shape[-3]
    if branches == 1:
        return with_conditions
    pull = (settings.guidance - 1.0) * (with_conditions[..., 0] - logits[..., 1, :, 0])
    if branches == 3:
        pull = pull + (settings.style_guidance - 1.0) * (logits[..., 1, :, 0] - logits[..., 2, :, 0])
    play = with_conditions[..., 0] + ops.clip(pull, -GUIDANCE_CLIP, GUIDANCE_CLIP)
    return ops.stack([play, with_conditions[..., 1]], axis=-1)


def _drawn_from(logits: Tensor, sounded: Tensor, settings: Settings, bias: Tensor) -> Tensor:
    """The log-odds of play that are drawn from: guided, at the temperature, with the bias."""
    marginal = _marginal_of(settings, sounded)
    guided = _log_odds_to_draw(logits, settings)[..., 0]
    return marginal + (guided - marginal) / settings.temperature + bias


def _densities(logits: Tensor, rules: Rules, settings: Settings, memory: Memory) -> tuple[Tensor, Tensor]:
    """Expected numbers of free notes a step, each [particle]: by branch 0 alone, and as they are drawn."""
    free = ops.cast(rules.pins == FREE, "float32")
    drawn_from = _drawn_from(logits, memory.notes[..., 0], settings, memory.bias)
    return ops.sum(free * ops.sigmoid(logits[:, 0, :, 0]), axis=0), ops.sum(free * ops.sigmoid(drawn_from), axis=0)


def _remember(memory: Memory, hidden: tuple[Tensor, ...], notes: Tensor, asked: Tensor, expected: Tensor) -> Memory:
    """The memory after a step; the bias moves so that as many notes are drawn as branch 0 alone would draw."""
    density = DENSITY_MEMORY * memory.density + (1.0 - DENSITY_MEMORY) * ops.stack([asked, expected])
    asked, expected = density[0] + _SMALLEST_DENSITY, density[1] + _SMALLEST_DENSITY
    bias = memory.bias + DENSITY_PULL * ops.log(asked / expected)
    return Memory(hidden, notes, ops.clip(bias, -DENSITY_CLIP, DENSITY_CLIP), density)


def _marginal_of(settings: Settings, sounded: Tensor) -> Tensor:
    """The marginal log-odds of each cell, [..., pitch, particle]."""
    silent, sounding = settings.marginal[:, :1], settings.marginal[:, 1:]
    return silent + (sounding - silent) * sounded


def _log_chance(logit: Tensor, outcome: Tensor) -> Tensor:
    """Log p(outcome) of a coin with this log-odds."""
    return -ops.softplus(logit * (1.0 - 2.0 * outcome))


def _product(values: Tensor, matrix: Tensor) -> Tensor:
    """[..., in] times [in, out], as one matrix product over all rows."""
    rows = ops.matmul(ops.reshape(values, (-1, values.shape[-1])), matrix)
    return ops.reshape(rows, (*values.shape[:-1], matrix.shape[-1]))


def _get(array: Tensor, index: Tensor) -> Tensor:
    """array[index] with an index of the graph."""
    rest = tuple(array.shape[1:])
    return ops.reshape(ops.slice(array, (index, *(0 for _ in rest)), (1, *rest)), rest)


def _put(array: Tensor, index: Tensor, value: Tensor) -> Tensor:
    """A copy of the array with array[index] = value, made in place by the compiler."""
    return ops.slice_update(array, (index, *(0 for _ in array.shape[1:])), value[None])
