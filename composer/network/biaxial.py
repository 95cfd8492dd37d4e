"""The biaxial network: along time for each note, then from low note to high within each step.

Daniel Johnson's two axes ("Generating Polyphonic Music Using Tied Parallel Networks", 2017), with a style
vector that enters before every LSTM as in DeepJ (Mao, Shin and Cottrell, 2018, section 4.2) and with the
conditions of a plan.

How it differs from both: conditions per step enter through their own matrix, once a step; the note axis also
sees the note's conditions directly, the number of notes so far and the number still to come; a third output is
the hand.

Conventions: float32; notes are [..., pitch, 2] with (play, articulate); logits are [..., pitch, 3] with (play,
articulate, hand), hand being the log-odds of the upper one. Axes are named batch, step, pitch. A state is a
tuple of (hidden, cell) for each time layer, flat, each [batch, pitch, unit], and where the network has them of echoes
[batch, pitch, echo] and of the past [batch, pitch, 2 x step]. Any number of pitches will do.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from composer.network.config import NUM_OUTPUTS, NetworkConfig
from composer.network.features import (
    chord_below,
    echo_features,
    echoes_along,
    keep_of,
    lag_features,
    lags_along,
    lower_note_features,
    next_echoes,
    next_past,
    previous_step_features,
)
from composer.network.recurrence import lstm_sequence, lstm_step

Tensor = Any
State = tuple[Tensor, ...]

_QUIET_LOG_ODDS = -3.0  # about 4 of 78 notes sound; a network that starts there does not first learn silence


class LstmLayer(keras.layers.Layer):
    """One LSTM layer with the style vector added to its input.

    Weights: kernel [input, 4 x unit], recurrent [unit, 4 x unit], bias [4 x unit], style_kernel [style, input],
    style_bias [input]; where gate_units > 0 gate_kernel [gate unit, 4 x unit]; where step_width > 0 step_kernel
    [step feature, 4 x unit].
    """

    def __init__(
        self,
        *,
        input_width: int,
        units: int,
        style_units: int,
        gate_units: int,
        step_width: int,
        seed: int,
        name: str,
    ) -> None:
        super().__init__(name=name)
        self.units = units
        self.input_width = input_width
        seeds = iter(np.random.SeedSequence(seed).generate_state(4))

        def glorot() -> Any:
            return keras.initializers.GlorotUniform(seed=int(next(seeds)))

        forget_open = np.concatenate([np.zeros(units), np.ones(units), np.zeros(2 * units)]).astype("float32")
        orthogonal = keras.initializers.Orthogonal(seed=int(next(seeds)))
        recurrent = np.concatenate([_values(orthogonal, (units, units)) for _ in range(4)], axis=1)
        self.kernel = self._weight("kernel", _values(glorot(), (input_width, 4 * units)))
        self.recurrent = self._weight("recurrent", recurrent)
        self.bias = self._weight("bias", forget_open)
        self.style_kernel = self._weight("style_kernel", _values(glorot(), (style_units, input_width)))
        self.style_bias = self._weight("style_bias", np.zeros(input_width, "float32"))
        self.style_units = style_units
        self.gate_kernel = None
        if gate_units:
            self.gate_kernel = self._weight("gate_kernel", np.zeros((gate_units, 4 * units), "float32"))
        self.step_kernel = None
        if step_width:
            self.step_kernel = self._weight("step_kernel", _values(glorot(), (step_width, 4 * units)))
        self.built = True

    def _weight(self, name: str, value: np.ndarray) -> Any:
        weight = self.add_weight(name=name, shape=value.shape, initializer="zeros", dtype="float32")
        weight.assign(value)
        return weight

    def style_offset(self, style: Tensor) -> Tensor:
        """What the style adds to the input: [batch, style] -> [batch, input]."""
        return ops.tanh(ops.matmul(style[..., : self.style_units], self.style_kernel) + self.style_bias)

    def project(self, inputs: Tensor, rows: slice = slice(None)) -> Tensor:
        """Inputs' part of the gates, one matrix product: [..., input] -> [..., 4 x unit].

        rows: the rows of the kernel that these inputs belong to, where the input comes in parts.
        """
        return _product(inputs, self.kernel[rows])

    def project_shared(self, style: Tensor, step_inputs: Tensor | None) -> Tensor:
        """What all notes of a step have in common: style, bias and the conditions of the step.

        style: [batch, style]; step_inputs: [..., batch, step feature]. Returns [..., batch, 4 x unit]. The style goes
        through the kernel like the input it is added to, but once a row instead of once a note.
        """
        shared = ops.matmul(self.style_offset(style), self.kernel) + self.bias
        if self.gate_kernel is not None:
            shared = shared + ops.matmul(style[..., self.style_units :], self.gate_kernel)
        if self.step_kernel is None:
            return shared
        return _product(step_inputs, self.step_kernel) + shared

    def step(self, projected: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        """One step: projected [row, 4 x unit], hidden and cell [row, unit] -> the new hidden and cell."""
        hidden, cell, _ = lstm_step(projected + ops.matmul(hidden, self.recurrent), cell)
        return hidden, cell

    def sequence(
        self,
        learned: Tensor | None,
        given: Tensor | None,
        shared: Tensor,
        state: tuple[Tensor, Tensor],
        *,
        products: str,
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """The step along the first axis; see `composer.network.recurrence.lstm_sequence`."""
        kernel = ops.concatenate([self.kernel, self.recurrent], axis=0)
        return lstm_sequence(learned, given, shared, state, kernel, products=products)


class BiaxialNetwork(keras.layers.Layer):
    """The network with its weights; see the module's words for shapes.

    config: sizes. seed: of the first weights and, with `set_dropout_step`, of the dropout.
    """

    def __init__(self, config: NetworkConfig, *, seed: int = 0) -> None:
        super().__init__(name="biaxial")
        self.config = config
        self._seed = seed
        self.dropout_seeds = keras.random.SeedGenerator(seed)
        seeds = iter(np.random.SeedSequence(seed).generate_state(64))
        embed = keras.initializers.GlorotUniform(seed=int(next(seeds)))
        self.style_embedding = self.add_weight(
            name="style_embedding", shape=(config.style_width, config.embedding_width), initializer=embed
        )
        heard = config.note_width + config.heard_width
        self.time_layers = _stack("time", heard, config.time_units, config, seeds)
        skip = config.time_units[-1] + config.feedback_width + config.note_width
        self.note_layers = _stack("note", skip, config.note_units, config, seeds)
        self.heard_rows = slice(0, config.time_units[-1])
        self.told_rows = slice(config.time_units[-1], skip)
        head = keras.initializers.GlorotUniform(seed=int(next(seeds)))
        self.head_kernel = self.add_weight(
            name="head_kernel", shape=(config.note_units[-1], NUM_OUTPUTS), initializer=head
        )
        self.head_bias = self.add_weight(name="head_bias", shape=(NUM_OUTPUTS,), initializer="zeros")
        self.head_bias.assign(np.array([_QUIET_LOG_ODDS, 0.0, 0.0], "float32"))
        self.built = True

    # The state

    def initial_state(self, batch: int, num_pitches: int) -> State:
        """The state of rows that have heard nothing."""
        widths = [units for units in self.config.time_units for _ in (0, 1)]
        widths += self.config.memory_widths
        return tuple(ops.zeros((batch, num_pitches, width), "float32") for width in widths)

    def set_dropout_step(self, number: int) -> None:
        """Make the dropout of the next call depend on the seed and this number alone, so that a run can be resumed."""
        words = np.random.SeedSequence([self._seed, number]).generate_state(2)
        self.dropout_seeds.state.assign((words >> 1).astype("int64").astype("uint32"))

    # Teacher forcing

    def call(
        self,
        notes: Tensor,
        note_inputs: Tensor,
        step_inputs: Tensor,
        style_input: Tensor,
        voices_target: Tensor,
        state: State,
        training: bool = False,
        products: str = "float32",
    ) -> tuple[Tensor, State]:
        """Logits of every note of a window, each given all earlier notes.

        notes: [batch, step + 1, pitch, 2]; the first step is the one before the window.
        note_inputs: [batch, step, pitch, note_width]. step_inputs: [batch, step, step_width].
        style_input: [batch, style_width]. voices_target: [batch, step, 2], (planned notes, known).
        products: type of the factors of the LSTMs' matrix products (see `lstm_sequence`).
        state: of the step before the window. Returns logits [batch, step, pitch, 3] and the state after it.
        """
        notes, note_inputs, step_inputs, voices_target = (
            _swap_first(ops.cast(part, "float32")) for part in (notes, note_inputs, step_inputs, voices_target)
        )  # [step, batch, ...]
        style = self.embed_style(style_input)
        heard, state = self._time_axis(notes[:-1], note_inputs, step_inputs, style, state, training, products)
        below = [lower_note_features(notes[1:], voices_target)]
        if self.config.hears_chord:
            below.append(chord_below(notes[1:]))
        told = ops.concatenate([*below, note_inputs], axis=-1)  # [step, batch, pitch, feedback_width + note_width]
        logits = self._note_axis(heard, told, step_inputs, style, training, products)  # [step, batch, pitch, 3]
        return _swap_first(logits), state

    def _time_axis(
        self,
        previous: Tensor,
        note_inputs: Tensor,
        step_inputs: Tensor,
        style: Tensor,
        state: State,
        training: bool,
        products: str,
    ) -> tuple[Tensor, State]:
        num_steps, batch, num_pitches, _ = previous.shape
        heard, memory = self._heard_along(previous, state)
        given = ops.concatenate([note_inputs, heard], axis=-1)
        given = self._drop(given, self.config.input_dropout, training)
        given = ops.reshape(given, (num_steps, batch * num_pitches, -1))
        learned = None
        after: list[Tensor] = []
        for number, (layer, start) in enumerate(zip(self.time_layers, self._pairs(state), strict=True)):
            shared = layer.project_shared(style, step_inputs)
            shared = ops.reshape(shared, (-1, batch, 1, 4 * layer.units))
            rows = tuple(ops.reshape(part, (batch * num_pitches, layer.units)) for part in start)
            learned, rows = layer.sequence(learned, given if number == 0 else None, shared, rows, products=products)
            after += [ops.reshape(part, (batch, num_pitches, layer.units)) for part in rows]
            learned = self._drop(learned, self.config.dropout, training)
        return ops.reshape(learned, (num_steps, batch, num_pitches, -1)), (*after, *memory)

    def _heard_along(self, previous: Tensor, state: State) -> tuple[Tensor, State]:
        """`heard` for all steps at once: previous [step, batch, pitch, 2] -> [step, batch, pitch, heard_width]."""
        config = self.config
        kept = list(state[2 * len(self.time_layers) :])
        parts = [previous_step_features(previous)]
        after = []
        if config.echo_steps:
            echoes = echoes_along(previous[..., 0], kept.pop(0), keep_of(config.echo_steps))
            parts.append(echo_features(echoes))
            after.append(echoes[-1])
        if config.lag_steps:
            lags, past = lags_along(previous, kept.pop(0), config.lag_steps)
            parts.append(lags)
            after.append(past)
        return ops.concatenate(parts, axis=-1), tuple(after)

    def _note_axis(
        self, heard: Tensor, told: Tensor, step_inputs: Tensor, style: Tensor, training: bool, products: str
    ) -> Tensor:
        num_steps, batch, num_pitches, _ = told.shape
        learned = ops.reshape(_notes_first(heard), (num_pitches, num_steps * batch, -1))
        given = ops.reshape(_notes_first(told), (num_pitches, num_steps * batch, -1))
        for number, layer in enumerate(self.note_layers):
            shared = layer.project_shared(style, step_inputs)  # [(step,) batch, 4 x unit]
            if number == 0:
                shared = ops.reshape(shared, (1, num_steps * batch, 1, 4 * layer.units))
            else:
                shared = ops.tile(ops.reshape(shared, (1, batch, 1, -1)), (1, num_steps, 1, 1))
            silent = ops.zeros((num_steps * batch, layer.units))
            learned, _ = layer.sequence(
                learned, given if number == 0 else None, shared, (silent, silent), products=products
            )
            learned = self._drop(learned, self.config.dropout, training)
        logits = ops.reshape(self.head(learned), (num_pitches, num_steps, batch, NUM_OUTPUTS))
        return ops.transpose(logits, (1, 2, 0, 3))

    def _drop(self, sequence: Tensor, rate: float, training: bool) -> Tensor:
        """Inverted dropout on [axis, ..., unit], whose first axis is the one the layer runs along."""
        if not training or rate == 0.0:
            return sequence
        along = 1 if self.config.dropout_sharing == "sequence" else sequence.shape[0]
        shape = (along, *sequence.shape[1:])
        kept = keras.random.uniform(shape, seed=self.dropout_seeds) >= rate
        return sequence * (ops.cast(kept, "float32") * (1.0 / (1.0 - rate)))

    # The parts that teacher forcing and sampling share

    def embed_style(self, style_input: Tensor) -> Tensor:
        """[batch, style_width] -> [batch, style_units]; linear, so that mixes of styles are mixes of embeddings."""
        return ops.matmul(ops.cast(style_input, "float32"), self.style_embedding)

    def heard(self, previous: Tensor, memory: State) -> tuple[Tensor, State]:
        """What a note hears of earlier steps, and what it keeps in mind of them.

        previous: [..., pitch, 2]; memory: as the state has it behind the layers, each [..., pitch, width].
        Returns [..., pitch, heard_width] and the new memory.
        """
        kept = list(memory)
        parts = [previous_step_features(previous)]
        after = []
        if self.config.echo_steps:
            keep = ops.convert_to_tensor(keep_of(self.config.echo_steps))
            after.append(next_echoes(kept.pop(0), previous[..., 0], keep))
            parts.append(echo_features(after[-1]))
        if self.config.lag_steps:
            after.append(next_past(kept.pop(0), previous))
            parts.append(lag_features(after[-1], self.config.lag_steps))
        return ops.concatenate(parts, axis=-1), tuple(after)

    def time_step(
        self, previous: Tensor, note_inputs: Tensor, step_inputs: Tensor, style: Tensor, state: State
    ) -> tuple[Tensor, State]:
        """One step of the time axis.

        previous: [batch, pitch, 2]; note_inputs: [batch, pitch, note_width]; step_inputs: [batch, step_width];
        style: embedded. Returns [batch, pitch, unit] and the new state.
        """
        batch, num_pitches, _ = previous.shape
        heard, memory = self.heard(previous, state[2 * len(self.time_layers) :])
        values = ops.concatenate([note_inputs, heard], axis=-1)
        after: list[Tensor] = []
        for layer, (hidden, cell) in zip(self.time_layers, self._pairs(state), strict=True):
            projected = layer.project(values) + layer.project_shared(style, step_inputs)[:, None, :]
            hidden, cell = layer.step(
                ops.reshape(projected, (batch * num_pitches, 4 * layer.units)),
                ops.reshape(hidden, (batch * num_pitches, layer.units)),
                ops.reshape(cell, (batch * num_pitches, layer.units)),
            )
            after += [ops.reshape(part, (batch, num_pitches, layer.units)) for part in (hidden, cell)]
            values = after[-2]
        return values, (*after, *memory)

    def head(self, values: Tensor) -> Tensor:
        """Logits of notes from the last note layer: [..., unit] -> [..., 3]."""
        return _product(values, self.head_kernel) + self.head_bias

    def _pairs(self, state: State) -> list[tuple[Tensor, Tensor]]:
        """Hidden and cell of each time layer."""
        layers = state[: 2 * len(self.time_layers)]
        return list(zip(layers[0::2], layers[1::2], strict=True))

    # The weights by name

    def named_weights(self) -> dict[str, Any]:
        """Every trained variable by its name, such as `time_0/kernel`; the order is always the same."""
        named = {"style_embedding": self.style_embedding}
        for layer in (*self.time_layers, *self.note_layers):
            for variable in layer.trainable_variables:
                named[f"{layer.name}/{variable.name}"] = variable
        return named | {"head_kernel": self.head_kernel, "head_bias": self.head_bias}


def _stack(name: str, input_width: int, sizes: tuple[int, ...], config: NetworkConfig, seeds: Any) -> list[LstmLayer]:
    """The layers of one axis; the first of them is told the conditions of the step."""
    widths = (input_width, *sizes[:-1])
    return [
        LstmLayer(
            input_width=width,
            units=units,
            style_units=config.style_units,
            gate_units=config.gate_units,
            step_width=config.step_width if number == 0 else 0,
            seed=int(next(seeds)),
            name=f"{name}_{number}",
        )
        for number, (width, units) in enumerate(zip(widths, sizes, strict=True))
    ]


def _values(initializer: Any, shape: tuple[int, ...]) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(initializer(shape)), "float32")


def _product(values: Tensor, matrix: Any) -> Tensor:
    """Rows [..., in] times matrix [in, out], as one matrix product over all rows."""
    rows = ops.matmul(ops.reshape(values, (-1, values.shape[-1])), matrix)
    return ops.reshape(rows, (*values.shape[:-1], matrix.shape[-1]))


def _notes_first(sequence: Tensor) -> Tensor:
    """[step, batch, pitch, value] -> [pitch, step, batch, value]."""
    return ops.transpose(sequence, (2, 0, 1, 3))


def _swap_first(tensor: Tensor) -> Tensor:
    return ops.transpose(tensor, (1, 0, *range(2, len(tensor.shape))))
