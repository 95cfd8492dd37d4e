"""Prepared pieces → batches of consecutive windows, as the fitting loop takes them.

What it is: each row of a batch visits a piece: transposed by a random interval, from a random bar on (behind one
unscored lead-in bar, cold, as a section begins when composing), for the whole bars that fit into some windows, and then
visits another. Bars off the grid are heard, rounded, but not scored.
What the visit is told (conditions) and hears (pins, reference bars) is drawn at random, so that any subset works when
composing.

Conventions: everything is drawn from (seed, row, visit, window) alone, so that a stream can be gone on with from any
batch without making the batches before it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from composer.roll.codec import BoolArray, ByteArray
from composer.roll.facts import StepFacts, line_facts
from composer.roll.grid import HIGHEST_PITCH, LOWEST_PITCH, NO_HAND, NUM_PITCHES, UPPER_HAND
from composer.roll.inputs import GROUPS, NOTE_WIDTH, STEP_WIDTH, note_inputs, step_inputs, voices_target
from composer.roll.pins import (
    FREE,
    SILENT,
    Pins,
    draw_pins,
    make_pins,
    no_pins,
    only_line,
    pin_cells,
    silence_above,
    silence_below,
    top_line,
)
from composer.roll.reference import (
    Reference,
    bar_starts,
    level_of,
    likeness,
    no_reference,
    place_reference,
    rhythm_of,
    shifted,
)
from composer.training.batch import Batch
from composer.training.dataset import Piece

LINE = "line"  # the ensemble of a single melody
_MIDDLE_PITCH = 60  # where a visit looks in which nothing sounds


@dataclass(frozen=True, kw_only=True)
class WindowConfig:
    """How pieces are cut and what the network is told of them.

    Attributes:
        rows: windows in a batch.
        rival_rows: of these, so many are in pairs: the second row of a pair is the first one once more, told another
            composer of the same ensemble, so that the network learns to tell styles apart (`compiled.Measures`).
        rivals_from: number of the first batch with such pairs.
        steps: sixteenths in a window.
        pitches: semitones in a window; steps of a visit that go beyond them are heard in part and not scored.
        balance: how the visits of a style (composer and ensemble) grow with its steps: 1 every step is as likely as any
            other of its weight, 0 every style is as likely, .5 between them (its share grows with their square root).
        composers, ensembles: names of the style vector, in order.
        max_transposition: semitones either way.
        visit_windows: (fewest, most) windows of a visit.
        line_share: share of the visits that see the top line alone.
        told: "random" (design: all 50 %, none 15 %, a random subset 35 %), or the groups that are always told.
        style_dropout: share of the visits that are not told the composer.
        pins, references: draw them; False for measuring.
        whole: visit every piece once from its first to its last step, and end.
        whole_bars: of such a visit, at most; 0: all of the piece.
        told_style: (composer, weight) that is told in place of the piece's own, () for nobody; None: the own.
        style_weights: how often a style is visited beside the others: (a composer, an ensemble, or both as in
            `bach organ`, weight); all that fit it are multiplied.
    """

    rows: int
    steps: int
    pitches: int
    composers: tuple[str, ...]
    ensembles: tuple[str, ...]
    rival_rows: int = 0
    rivals_from: int = 0
    balance: float = 1.0
    max_transposition: int = 6
    visit_windows: tuple[int, int] = (2, 8)
    line_share: float = 0.12
    told: str | tuple[str, ...] = "random"
    style_dropout: float = 0.1
    pins: bool = True
    references: bool = True
    style_weights: tuple[tuple[str, float], ...] = ()
    whole: bool = False
    whole_bars: int = 0
    told_style: tuple[tuple[str, float], ...] | None = None

    @property
    def style_fields(self) -> tuple[tuple[str, int], ...]:
        """Names and widths of the style vector."""
        return (("composer", len(self.composers)), ("ensemble", len(self.ensembles)))


@dataclass(frozen=True)
class _Visit:
    """One stay at a piece, cropped and transposed; arrays are of the whole piece."""

    play: BoolArray
    articulate: BoolArray
    hand: ByteArray
    voice: ByteArray
    valid: BoolArray
    facts: StepFacts
    piece: Piece
    start: int
    stop: int
    scored_from: int
    low_pitch: int
    dropped: frozenset[str]
    style: NDArray[np.float32]
    is_line: bool


def style_vector(
    composers: Sequence[str], ensembles: Sequence[str], weights: Sequence[tuple[str, float]], ensemble: str
) -> NDArray[np.float32]:
    """Return composer weights (summing to 1, or nothing) and the ensemble as one hot: float32 [style width].

    Args:
        weights: (composer, weight); empty: not told.
        ensemble: a name of `ensembles`, or "".
    """
    vector = np.zeros(len(composers) + len(ensembles), np.float32)
    total = sum(weight for _, weight in weights)
    for name, weight in weights:
        vector[list(composers).index(name)] = weight / total
    if ensemble:
        vector[len(composers) + list(ensembles).index(ensemble)] = 1
    return vector


class Windows:
    """The stream of batches of one set of pieces.

    Args:
        pieces: of one side of the split.
        config: as `WindowConfig`.
        seed: of everything that is drawn.
        weights: how often the steps of each piece are visited, beside the others; empty: all alike.
        labels: of each piece, for `Batch.labels`; empty: none.
    """

    def __init__(
        self,
        pieces: Sequence[Piece],
        config: WindowConfig,
        *,
        seed: int,
        weights: Sequence[float] = (),
        labels: Sequence[str] = (),
    ) -> None:
        self.config = config
        self.seed = seed
        self.pieces = list(pieces)
        by_style = dict(config.style_weights)
        self.weights = tuple(
            weight * math.prod(by_style.get(name, 1.0) for name in (piece.composer, piece.ensemble, style_of(piece)))
            for piece, weight in zip(pieces, weights or [1.0] * len(self.pieces), strict=True)
        )
        self._labels = tuple(labels)
        self._composers_for: dict[str, list[str]] = {}
        for piece in self.pieces:
            known = self._composers_for.setdefault(piece.ensemble, [])
            known += [] if piece.composer in known else [piece.composer]
        self._styles = [style_of(piece) for piece in self.pieces]
        # A visit is short, so pieces are drawn by their length.
        mass = np.array([piece.num_steps for piece in self.pieces]) * np.array(self.weights)
        totals: dict[str, float] = {}
        for style, own in zip(self._styles, mass, strict=True):
            totals[style] = totals.get(style, 0.0) + float(own)
        self._mass = mass * np.array([totals[style] ** (config.balance - 1.0) for style in self._styles])
        self._shares: list[tuple[int, NDArray[np.float64]]] = []
        self.set_shares({}, from_batch=0)
        self._plans = [self._visits(row) for row in range(config.rows)]
        self._made: list[list[tuple[int, int]]] = [[] for _ in range(config.rows)]
        self._kept: dict[int, tuple[int, _Visit]] = {}

    @property
    def style_shares(self) -> dict[str, float]:
        """The share of the visits that each style has at first."""
        shares: dict[str, float] = {}
        for style, share in zip(self._styles, self._shares[0][1], strict=True):
            shares[style] = shares.get(style, 0.0) + float(share)
        return shares

    def set_shares(self, factors: Mapping[str, float], *, from_batch: int) -> None:
        """Visit styles more rarely from a batch on: `factors` times as often as at first, by `style_of`.

        What has been yielded already must not change, so the batch lies ahead of those that were asked for.
        """
        mass = self._mass * np.array([factors.get(style, 1.0) for style in self._styles])
        self._shares = [row for row in self._shares if row[0] < from_batch] + [(from_batch, mass / mass.sum())]

    def batches(self, start: int = 0) -> Iterator[Batch]:
        """Yield the batches from index `start` on, without end (or, where pieces are visited whole, once)."""
        schedules = [self._schedule(row) for row in range(self.config.rows)]
        index = 0
        while True:
            cells = [cell for cell in (next(schedule, None) for schedule in schedules) if cell is not None]
            if not cells:
                return
            if index >= start:
                yield self._batch(cells, index)
            index += 1

    def _schedule(self, row: int) -> Iterator[tuple[int, int, int]]:
        """Yield (row, number of the visit, window within it) without end; cheap."""
        for number, (_, num_windows) in enumerate(self._visits(row)):
            for window in range(num_windows):
                yield row, number, window

    def _visits(self, row: int) -> Iterator[tuple[int, int]]:
        """Yield (piece index, number of windows) of each visit of a row."""
        if self.config.whole:
            for index in range(row, len(self.pieces), self.config.rows):
                yield index, -(-self._whole_stop(self.pieces[index]) // self.config.steps)
            return
        generator = np.random.default_rng([self.seed, row])
        batch = 0
        while True:
            probabilities = next(shares for first, shares in reversed(self._shares) if first <= batch)
            index = int(generator.choice(len(self.pieces), p=probabilities))
            fewest, most = self.config.visit_windows
            length = -(-self.pieces[index].num_steps // self.config.steps)
            num_windows = min(int(generator.integers(fewest, most + 1)), length)
            yield index, num_windows
            batch += num_windows

    def _whole_stop(self, piece: Piece) -> int:
        """Return the step before which a visit from the beginning ends."""
        starts = bar_starts(piece.facts.bar)
        bars = self.config.whole_bars
        return int(starts[bars]) if 0 < bars < len(starts) else piece.num_steps

    def _batch(self, cells: list[tuple[int, int, int]], index: int) -> Batch:
        config = self.config
        compared = config.rival_rows if index >= config.rivals_from else 0
        places = {row: (row, number, window) for row, number, window in cells}
        rival = np.zeros(config.rows, np.float32)
        for row in range(1, compared, 2):
            places[row], rival[row] = places[row - 1], 1
        shape = (config.rows, config.steps, config.pitches)
        notes = np.zeros((config.rows, config.steps + 1, config.pitches, 2), np.float32)
        notes_in = np.zeros((*shape, NOTE_WIDTH), np.float32)
        steps_in = np.zeros((*shape[:2], STEP_WIDTH), np.float32)
        width = len(config.composers) + len(config.ensembles)
        style = np.zeros((config.rows, width), np.float32)
        voices = np.zeros((*shape[:2], 2), np.float32)
        hand = np.full(shape, NO_HAND, np.int8)
        mask = np.ones(shape, np.float32)
        valid = np.zeros(shape[:2], np.float32)
        reset = np.zeros(config.rows, np.float32)
        labels = [""] * config.rows
        for row, (source, number, window) in places.items():
            if self._labels:
                labels[row] = self._labels[self._nth_visit(source, number)[0]]
            visit = self._visit(source, number)
            first = visit.start + window * config.steps
            span = slice(first, min(first + config.steps, visit.stop))
            length = max(0, span.stop - span.start)
            reset[row] = float(window == 0 or (rival[row] and index == config.rivals_from))
            style[row] = visit.style
            if row < compared:
                style[row] = self._compared_style(visit, source, number, is_rival=bool(rival[row]))
            if length == 0:
                continue
            if window > 0:
                notes[row, 0, :, 0], notes[row, 0, :, 1] = visit.play[first - 1], visit.articulate[first - 1]
            play, articulate = visit.play[span], visit.articulate[span]
            notes[row, 1 : length + 1, :, 0], notes[row, 1 : length + 1, :, 1] = play, articulate
            generator = np.random.default_rng([self.seed, source, number, 1 + window])
            facts = visit.facts.sliced(span.start, span.stop)
            pins = no_pins(*play.shape)
            if config.pins and not visit.is_line:
                pins = draw_pins(
                    play, articulate, visit.voice[span], facts.phrase_age, facts.cadence_distance, generator
                )
            elif config.pins and generator.random() < 0.5:
                pins = _line_pins(play, articulate, generator)
            reference = no_reference(*play.shape)
            if config.references and generator.random() < 0.6:
                reference = _draw_reference(visit, span, generator)
            dropped = visit.dropped
            notes_in[row, :length] = note_inputs(
                facts, pins, reference, low_pitch=visit.low_pitch, num_pitches=config.pitches, dropped=dropped
            )
            steps_in[row, :length] = step_inputs(facts, pins, reference, dropped=dropped)
            voices[row, :length] = voices_target(facts, dropped=dropped)
            if visit.is_line:
                voices[row, :length] = 1.0
            hand[row, :length] = visit.hand[span]
            mask[row, :length] = pins.code == FREE
            valid[row, :length] = visit.valid[span] & (np.arange(span.start, span.stop) >= visit.scored_from)
        return Batch(
            notes=notes,
            note_inputs=notes_in,
            step_inputs=steps_in,
            style_input=style,
            voices_target=voices,
            hand=hand,
            loss_mask=mask,
            valid=valid,
            reset=reset,
            rival=rival,
            labels=tuple(labels) if self._labels else (),
        )

    def _visit(self, row: int, number: int) -> _Visit:
        """Return the visit; the last one of each row is kept, since its windows follow each other."""
        if row not in self._kept or self._kept[row][0] != number:
            self._kept[row] = (number, self._make_visit(row, number))
        return self._kept[row][1]

    def _make_visit(self, row: int, number: int) -> _Visit:
        config = self.config
        piece_index, num_windows = self._nth_visit(row, number)
        piece = self.pieces[piece_index]
        generator = np.random.default_rng([self.seed, row, number, 0])
        is_line = bool(generator.random() < config.line_share)
        starts = bar_starts(piece.facts.bar)
        latest = max(0, piece.num_steps - num_windows * config.steps)
        candidates = starts[starts <= latest]
        bar = 0 if config.whole else int(generator.integers(0, len(candidates)))
        start = int(candidates[bar])
        stop = min(piece.num_steps, start + num_windows * config.steps)
        stop = self._whole_stop(piece) if config.whole else _end_of_bars(starts, start, stop, piece.num_steps)
        scored_from = int(starts[bar + 1]) if start > 0 and bar + 1 < len(starts) else start
        facts, hand, voice, ensemble = piece.facts, piece.roll.hand, piece.roll.voice, piece.ensemble
        play, articulate = piece.roll.play, piece.roll.articulate
        if is_line:
            play, articulate = melody_cells(piece)
            hand = np.where(play, hand, NO_HAND).astype(np.int8)
            voice = np.where(play, 0, -1).astype(np.int8)
            facts = line_facts(facts, onsets_per_beat(articulate, facts))
            ensemble = LINE
        low, high = _range(play, width=NUM_PITCHES)
        if high - low >= config.pitches:  # bars outside the visit may be heard as references, if that is to be had
            low, high = _range(play[start:stop], width=config.pitches)
        down = max(-config.max_transposition, LOWEST_PITCH - low)
        up = min(config.max_transposition, HIGHEST_PITCH - high)
        semitones = int(generator.integers(down, up + 1)) if config.max_transposition else 0
        spare = config.pitches - (high - low + 1)
        below = int(generator.integers(0, spare + 1))
        low_pitch = low + semitones - below
        if config.whole:  # the same cells whatever is told; the whole range where it fits
            low_pitch = LOWEST_PITCH if config.pitches == NUM_PITCHES else low - spare // 2
        shift = low_pitch - LOWEST_PITCH - semitones
        inside = _crop(play, shift, config.pitches, fill=0)
        return _Visit(
            inside,
            _crop(articulate, shift, config.pitches, fill=0),
            _crop(hand, shift, config.pitches, fill=NO_HAND),
            _crop(voice, shift, config.pitches, fill=NO_HAND),
            piece.roll.valid & (inside.sum(axis=1) == play.sum(axis=1)),
            facts.transposed(semitones),
            piece,
            start,
            stop,
            scored_from,
            low_pitch,
            self._draw_dropped(generator),
            self._draw_style(piece, ensemble, generator),
            is_line,
        )

    def _nth_visit(self, row: int, number: int) -> tuple[int, int]:
        while len(self._made[row]) <= number:
            self._made[row].append(next(self._plans[row]))
        return self._made[row][number]

    def _draw_dropped(self, generator: np.random.Generator) -> frozenset[str]:
        told = self.config.told
        if told != "random":
            return frozenset(set(GROUPS) - set(told))
        draw = generator.random()
        chosen = generator.random(len(GROUPS)) < 0.5
        if draw < 0.15:
            return frozenset(GROUPS)
        if draw < 0.5:
            return frozenset(name for name, gone in zip(GROUPS, chosen, strict=True) if gone)
        return frozenset()

    def _draw_style(self, piece: Piece, ensemble: str, generator: np.random.Generator) -> NDArray[np.float32]:
        hidden = self.config.told == "random" and generator.random() < self.config.style_dropout
        own = ((piece.composer, 1.0),) if self.config.told_style is None else self.config.told_style
        weights = () if hidden else own
        known = ensemble if ensemble in self.config.ensembles else ""  # a network without quartets is told nothing
        return style_vector(self.config.composers, self.config.ensembles, weights, known)

    def _compared_style(self, visit: _Visit, row: int, number: int, *, is_rival: bool) -> NDArray[np.float32]:
        """Return the style vector of a row of a pair: the composer is told, or a rival, where the ensemble has one."""
        own = visit.piece.composer
        others = [name for name in self._composers_for[visit.piece.ensemble] if name != own]
        generator = np.random.default_rng([self.seed, row, number, 0, 1])
        told = others[int(generator.integers(len(others)))] if others and is_rival else own
        style = visit.style.copy()
        style[: len(self.config.composers)] = 0
        style[self.config.composers.index(told)] = 1
        return style


def _end_of_bars(starts: NDArray[np.int_], start: int, stop: int, num_steps: int) -> int:
    """Return the last bar line in (start, stop], or `stop` where a bar is longer than that."""
    if stop == num_steps:
        return stop
    last = int(starts[np.searchsorted(starts, stop, side="right") - 1])
    return last if last > start else stop


def melody_cells(piece: Piece) -> tuple[BoolArray, BoolArray]:
    """Return (play, articulate) of the top line of the upper hand (of everything where hands are not known)."""
    upper = piece.roll.play & (piece.roll.hand == UPPER_HAND)
    cells = upper if upper.any() else piece.roll.play
    line = top_line(cells)
    play = only_line(cells, line)
    # An inner voice that comes to the top while it is held begins there, as far as the line is concerned.
    fresh = line != np.concatenate([[-1], line[:-1]])
    return play, play & (piece.roll.articulate | fresh[:, None])


def onsets_per_beat(articulate: BoolArray, facts: StepFacts) -> NDArray[np.float64]:
    """Return for each step how often a beat something is struck in its bar: float64 [step]."""
    starts = bar_starts(facts.bar)
    lengths = np.diff(np.append(starts, facts.num_steps))
    moments = np.add.reduceat(articulate.any(axis=1).astype(int), starts)
    return np.repeat(moments / lengths, lengths) * facts.steps_in_beat


def style_of(piece: Piece) -> str:
    """Return the style that a piece teaches, as `bach keyboard`."""
    return f"{piece.composer} {piece.ensemble}"


def _range(play: BoolArray, *, width: int) -> tuple[int, int]:
    """Return the lowest and highest MIDI pitch that sounds; of a wider range the `width` semitones with most notes."""
    counts = play.sum(axis=0)
    sounding = np.flatnonzero(counts)
    if not len(sounding):
        return _MIDDLE_PITCH, _MIDDLE_PITCH
    low, high = int(sounding[0]), int(sounding[-1])
    if high - low >= width:
        within = np.convolve(counts, np.ones(width, int), mode="valid")  # [lowest pitch of the window]
        low = int(within.argmax())
        high = low + width - 1
    return LOWEST_PITCH + low, LOWEST_PITCH + high


Cells = TypeVar("Cells", np.bool_, np.int8)


def _crop(cells: NDArray[Cells], shift: int, width: int, *, fill: int) -> NDArray[Cells]:
    """Return the columns [shift, shift + width) of the pitch axis; beyond the range is `fill`."""
    out = np.full((len(cells), width), fill, cells.dtype)
    left, right = max(0, shift), min(NUM_PITCHES, shift + width)
    out[:, left - shift : right - shift] = cells[:, left:right]
    return out


def _line_pins(play: BoolArray, articulate: BoolArray, generator: np.random.Generator) -> Pins:
    """Return pins that give stretches of a line, as a composed idea does: some bars or half bars of it."""
    block = int(generator.choice([8, 16, 32]))
    given = np.repeat(generator.random(-(-len(play) // block)) < generator.uniform(0.2, 0.7), block)[: len(play)]
    code = pin_cells(play, articulate, steps=given)
    code[given & ~play.any(axis=1)] = SILENT
    silence_above(code, np.where(given, top_line(play), -1))
    silence_below(code, np.where(given, top_line(play), -1))
    return make_pins(code, has_melody=given)


def _draw_reference(visit: _Visit, span: slice, generator: np.random.Generator) -> Reference:
    """Give the bars of the window references: the most like earlier bar (half), any earlier one (a quarter), none.

    In a quarter of the windows only their rhythm is heard, with its own likeness.
    """
    rhythm_only = bool(generator.random() < 0.25)
    reference = no_reference(span.stop - span.start, visit.play.shape[1])
    starts = bar_starts(visit.piece.facts.bar)
    ends = np.append(starts[1:], visit.piece.num_steps)
    best = visit.piece.references
    for bar in range(np.searchsorted(starts, span.start, side="right") - 1, len(starts)):
        if starts[bar] >= span.stop:
            break
        kind = generator.random()
        if kind < 0.25 or bar == 0:
            continue
        if kind < 0.75 and best.bar[bar] >= 0:
            earlier, move = int(best.bar[bar]), int(best.shift[bar])
        else:
            earlier, move = int(generator.integers(0, bar)), 0
        source = slice(int(starts[earlier]), int(ends[earlier]))
        present = slice(int(starts[bar]), int(ends[bar]))
        if source.stop - source.start != present.stop - present.start:
            continue
        if rhythm_only:
            own, other = (rhythm_of(visit.play[cells], visit.articulate[cells]) for cells in (present, source))
            like = likeness(own, other)
        else:
            like = likeness(visit.articulate[present], shifted(visit.articulate[source], move))
        inside = slice(max(present.start, span.start) - span.start, min(present.stop, span.stop) - span.start)
        skip = max(0, span.start - present.start)
        place_reference(
            reference,
            inside,
            visit.play[source][skip:],
            visit.articulate[source][skip:],
            shift=move,
            level=level_of(like),
            rhythm_only=rhythm_only,
        )
    return reference


def measuring(config: WindowConfig, told: tuple[str, ...]) -> WindowConfig:
    """Return the configuration for held-out likelihood: whole pieces as written, no pins, no references."""
    return replace(
        config,
        told=told,
        pins=False,
        references=False,
        line_share=0.0,
        max_transposition=0,
        style_dropout=0.0,
        whole=True,
        rival_rows=0,
        rivals_from=0,
    )
