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

import numpy as np
from numpy.typing import NDArray

from composer.roll.grid import NO_HAND
from composer.roll.inputs import NOTE_WIDTH, STEP_WIDTH, note_inputs, step_inputs, voices_target
from composer.roll.pins import FREE, draw_pins, no_pins
from composer.roll.reference import no_reference
from composer.training.batch import Batch
from composer.training.dataset import Piece
from composer.training.hearing import draw_line_pins, draw_reference
from composer.training.telling import style_of
from composer.training.visits import Visit, make_visit, whole_stop
from composer.training.window_config import WindowConfig


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
        self._kept: dict[int, tuple[int, Visit]] = {}

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
                yield index, -(-whole_stop(self.pieces[index], self.config) // self.config.steps)
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
                pins = draw_line_pins(play, articulate, generator)
            reference = no_reference(*play.shape)
            if config.references and generator.random() < 0.6:
                reference = draw_reference(visit, span, generator)
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

    def _visit(self, row: int, number: int) -> Visit:
        """Return the visit; the last one of each row is kept, since its windows follow each other."""
        if row not in self._kept or self._kept[row][0] != number:
            self._kept[row] = (number, self._begin(row, number))
        return self._kept[row][1]

    def _begin(self, row: int, number: int) -> Visit:
        index, num_windows = self._nth_visit(row, number)
        generator = np.random.default_rng([self.seed, row, number, 0])
        return make_visit(self.pieces[index], num_windows, self.config, generator)

    def _nth_visit(self, row: int, number: int) -> tuple[int, int]:
        while len(self._made[row]) <= number:
            self._made[row].append(next(self._plans[row]))
        return self._made[row][number]

    def _compared_style(self, visit: Visit, row: int, number: int, *, is_rival: bool) -> NDArray[np.float32]:
        """Return the style vector of a row of a pair: the composer is told, or a rival, where the ensemble has one."""
        own = visit.piece.composer
        others = [name for name in self._composers_for[visit.piece.ensemble] if name != own]
        generator = np.random.default_rng([self.seed, row, number, 0, 1])
        told = others[int(generator.integers(len(others)))] if others and is_rival else own
        style = visit.style.copy()
        style[: len(self.config.composers)] = 0
        style[self.config.composers.index(told)] = 1
        return style
