"""A frozen network and pieces of one composer → the vector under which the network knows them best.

What it is: the first vector is that of the nearest known composer, the mean of all of them, or nobody's, whichever
makes the held-out pieces likeliest. From there its row of the style embedding is fitted by Adam; then, where there is
music enough, row and adapter together. Held-out pieces say when to stop, and what of it is kept: a vector, or an
adapter, that does not make them likelier is given up.

Conventions: nats are those of plays and articulations a step (a sixteenth), the mean of what they are when the network
is told everything of the plan and when it is told nothing; the ensemble is told as it was heard in the pieces. Held-out
pieces are heard from their beginning, `HEARD_BARS` at most. The same seed gives the same vector, unless the time ran
out.

Adam: Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2015), algorithm 1.
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from composer.network.checkpoint import LoadedNetwork
from composer.network.extended import extended
from composer.network.own_composer import OwnComposer, gate_widths
from composer.progress import OnProgress
from composer.roll.inputs import GROUPS
from composer.training.dataset import Piece
from composer.training.learn_steps import (
    EMBEDDING,
    ComposerSteps,
    FloatArray,
    Vector,
    is_factor,
    to_own_composer,
)
from composer.training.measure import Likelihood, Measurer
from composer.training.own_style import OWN
from composer.training.window_config import LINE, WindowConfig
from composer.training.windows import Windows

AVERAGE, NOBODY = "the average style", "nobody in particular"
HEARD_BARS = 32
MAX_HEARD_PIECES = 8
MIN_ADAPTER_STEPS = 2_000  # of the training pieces; with fewer the row alone is fitted
_BLIND_UPDATES = 60  # where nothing is held out to say when to stop
_START_BATCHES = 3  # that tell which vector to start from
_ROW_SHARE = 0.25  # of the time, at most, when an adapter is fitted after the row
_CLIP_NORM = 1.0
_AVERAGE_DECAY = 0.95  # of the vector that is measured and kept, over the updates
_FINAL_SHARE = 0.1  # of the learning rate, at the end of the cosine
_WARMUP_UPDATES = 5
_LEAST_GAIN = 0.001  # nats a step; less is chance


@dataclass(frozen=True, kw_only=True)
class LearnConfig:
    """How a composer is fitted.

    Attributes:
        seed: of the windows.
        max_seconds: after which the fit ends with the best so far.
        row_updates, adapter_updates: of the row alone at most, and of row and adapter at most.
        validate_every: updates.
        patience: validations without a new best before the fit ends.
        row_rate, adapter_rate, kernel_rate: Adam's learning rates of the row alone; then of row and gates, of factors.
        rows, steps, pitches: of a batch (`WindowConfig`).
        lanes: cores to use.
    """

    seed: int = 1
    max_seconds: float = 300.0
    row_updates: int = 80
    adapter_updates: int = 320
    validate_every: int = 20
    patience: int = 4
    row_rate: float = 0.01
    adapter_rate: float = 0.0005
    kernel_rate: float = 0.0004
    rows: int = 8
    steps: int = 64
    pitches: int = 56
    lanes: int = 1


@dataclass(frozen=True)
class FittedComposer:
    """What was fitted.

    Attributes:
        vector: of the composer, called `OWN`.
        average, nearest, before, after: nats a step of the held-out pieces (of the training pieces where nothing was
            held out) told that they are of the average style, of the nearest known composer, of what the fit began
            with, and of this one.
        nearest_name: that composer's name.
        began_with: the same, `AVERAGE` or `NOBODY`.
        num_updates: that were made.
        ran_out: of time.
    """

    vector: OwnComposer
    average: float
    nearest: float
    before: float
    after: float
    nearest_name: str
    began_with: str
    num_updates: int
    ran_out: bool


def fit_composer(
    loaded: LoadedNetwork,
    training: Sequence[Piece],
    held_out: Sequence[Piece],
    *,
    config: LearnConfig,
    on_progress: OnProgress | None = None,
) -> FittedComposer:
    """Fit a composer's vector; the network itself is not changed.

    Args:
        loaded: the network.
        training: pieces whose composer is `OWN`.
        held_out: the same; may be empty: then the row is moved a little, and nothing proves that it helps.
        config: as `LearnConfig`.
        on_progress: called with what is being done and the share done, 0..1.

    Raises:
        OptionError: Keras runs on another backend than TensorFlow.
    """
    return _Fit(loaded, training, held_out, config, on_progress or (lambda _what, _share: None)).go()


class _Fit:
    """The moving parts of one fit."""

    def __init__(
        self,
        loaded: LoadedNetwork,
        training: Sequence[Piece],
        held_out: Sequence[Piece],
        config: LearnConfig,
        on_progress: OnProgress,
    ) -> None:
        self._started = time.monotonic()
        self._config = config
        self._on_progress = on_progress
        self._training = list(training)
        self._judges = _longest_first(held_out or training)[:MAX_HEARD_PIECES]
        self._is_judged_apart = bool(held_out)
        card = loaded.card
        self._known = card.composers
        silent = {layer: np.zeros(width, np.float32) for layer, width in gate_widths(card.network).items()}
        first = np.zeros(card.network.embedding_width, np.float32)
        network = extended(loaded.network, [OwnComposer(OWN, first, silent)])
        self._steps = ComposerSteps(network, seed=config.seed, lanes=config.lanes)
        windows = WindowConfig(
            rows=config.rows,
            steps=config.steps,
            pitches=config.pitches,
            composers=(*self._known, OWN),
            ensembles=card.ensembles,
            style_dropout=0.0,  # nothing is learned of a composer who is not told
            line_share=WindowConfig.line_share if LINE in card.ensembles else 0.0,
        )
        self._windows = Windows(self._training, windows, seed=config.seed)
        hearing = replace(windows, rows=min(config.rows, len(self._judges)))
        self._measurer = Measurer(network, hearing, lanes=config.lanes)
        self._done = 0

    def go(self) -> FittedComposer:
        self._report("comparing with known composers")
        nearest, nearest_name = self._nearest()
        average = self._steps.known_rows.mean(axis=0)
        starts: dict[str, Vector] = {
            nearest_name: {EMBEDDING: nearest},
            AVERAGE: {EMBEDDING: average},
            NOBODY: {EMBEDDING: np.zeros_like(average)},  # what it is told of nobody adds nothing to the ensemble
        }
        told = {name: self._nats(vector) for name, vector in starts.items()}
        began_with = min(told, key=lambda name: told[name])
        start = starts[began_with], told[began_with]
        if not self._is_judged_apart:
            best = self._descend(start, {EMBEDDING}, _BLIND_UPDATES, until=1.0)[0]
            found = self._nats(best)
        else:
            has_music = sum(piece.num_steps for piece in self._training) >= MIN_ADAPTER_STEPS
            until = _ROW_SHARE if has_music else 1.0
            best, found = self._descend(start, {EMBEDDING}, self._config.row_updates, until=until)
            if has_music:
                parts = self._steps.vector()
                adapted, nats = self._descend((best, found), parts, self._config.adapter_updates, until=1.0)
                if nats < found - _LEAST_GAIN:
                    best, found = adapted, nats
        if found > start[1] - _LEAST_GAIN:
            best, found = start
        return FittedComposer(
            to_own_composer(best, OWN),
            told[AVERAGE],
            told[nearest_name],
            start[1],
            found,
            nearest_name,
            began_with,
            self._done,
            self._time_share() >= 1.0,
        )

    def _nearest(self) -> tuple[FloatArray, str]:
        """Return the row of a known composer, and whose it is: the likeliest on some windows of the training pieces."""
        rows = dict(zip(self._known, self._steps.known_rows, strict=True))
        if len(rows) == 1:
            return self._steps.known_rows[0], self._known[0]
        batches = list(islice(self._windows.batches(), _START_BATCHES))
        losses = {}
        for name, row in rows.items():
            self._steps.set_vector({EMBEDDING: row})
            state, losses[name] = self._steps.initial_state(batches[0]), 0.0
            for batch in batches:
                loss, _, state = self._steps.gradient(batch, state, names={EMBEDDING})
                losses[name] += loss
        name = min(losses, key=lambda name: losses[name])
        return rows[name], name

    def _descend(
        self, start: tuple[Vector, float], names: Collection[str], num_updates: int, *, until: float
    ) -> tuple[Vector, float]:
        """Fit some parts of a vector; return the best vector heard, and its nats a step.

        Args:
            start: the same of the vector to begin with; parts that are not named in it do nothing at first.
            names: parts of the vector that are fitted.
            num_updates: at most.
            until: share of the time after which it ends.
        """
        best, best_nats = start
        self._steps.set_vector(best)
        vector = smoothed = self._steps.vector()
        since_best = 0
        row_rate = self._config.row_rate if len(names) == 1 else self._config.adapter_rate  # it has been fitted
        adam = _Adam({name: row_rate if name == EMBEDDING else self._rate(name) for name in names})
        state = None
        for update, batch in enumerate(self._windows.batches(self._done), start=1):
            state = state or self._steps.initial_state(batch)
            self._steps.set_vector(vector)
            _, slopes, state = self._steps.gradient(batch, state, names=names)
            vector = vector | adam.moved(vector, slopes, _rate_share(update, num_updates))
            keep = min(_AVERAGE_DECAY, update / (update + 9.0))
            smoothed = {name: keep * smoothed[name] + (1.0 - keep) * vector[name] for name in vector}
            self._done += 1
            is_last = update >= num_updates or self._time_share() >= until
            if self._is_judged_apart and (is_last or update % self._config.validate_every == 0):
                nats = self._nats(smoothed)
                since_best += 1
                if nats < best_nats:
                    best, best_nats, since_best = smoothed, nats, 0
            self._report(f"fitting, {best_nats:.3f} nats a step")
            if is_last or since_best >= self._config.patience:
                break
        return (best if self._is_judged_apart else smoothed), best_nats

    def _rate(self, name: str) -> float:
        return self._config.kernel_rate if is_factor(name) else self._config.adapter_rate

    def _nats(self, vector: Mapping[str, FloatArray]) -> float:
        """Return the nats a step of the pieces that judge: the mean of told everything and told nothing."""
        self._steps.set_vector(vector)
        heard = [
            sum(self._measurer.by_piece(self._judges, told=told, bars=HEARD_BARS), Likelihood()).per_step
            for told in (GROUPS, ())
        ]
        return sum(heard) / len(heard)

    def _time_share(self) -> float:
        return (time.monotonic() - self._started) / self._config.max_seconds

    def _report(self, doing: str) -> None:
        made = self._done / (self._config.row_updates + self._config.adapter_updates)
        self._on_progress(doing, min(1.0, max(made, self._time_share())))


class _Adam:
    """Adam with a learning rate for each part, on the clipped gradient."""

    _MEAN_DECAY, _SQUARE_DECAY, _EPSILON = 0.9, 0.999, 1e-8

    def __init__(self, rates: Mapping[str, float]) -> None:
        self._rates = rates
        self._means: Vector = {}
        self._squares: Vector = {}
        self._count = 0

    def moved(self, vector: Vector, slopes: Vector, share: float) -> Vector:
        """Return the parts after one update, at this share of their rates."""
        self._count += 1
        norm = math.sqrt(sum(float(np.square(slope, dtype=np.float64).sum()) for slope in slopes.values()))
        after: Vector = {}
        for name, slope in slopes.items():
            slope = slope * np.float32(min(1.0, _CLIP_NORM / max(norm, self._EPSILON)))
            mean = self._MEAN_DECAY * self._means.get(name, 0.0) + (1 - self._MEAN_DECAY) * slope
            square = self._SQUARE_DECAY * self._squares.get(name, 0.0) + (1 - self._SQUARE_DECAY) * slope * slope
            self._means[name], self._squares[name] = mean, square
            mean = mean / (1 - self._MEAN_DECAY**self._count)
            square = square / (1 - self._SQUARE_DECAY**self._count)
            moved = vector[name] - share * self._rates[name] * mean / (np.sqrt(square) + self._EPSILON)
            after[name] = moved.astype(np.float32)
        return after


def _rate_share(update: int, num_updates: int) -> float:
    """Return the share of the learning rate at an update (the first is 1): a short rise, then a cosine."""
    along = min(1.0, update / num_updates)
    cosine = _FINAL_SHARE + (1.0 - _FINAL_SHARE) * 0.5 * (1.0 + math.cos(math.pi * along))
    return min(1.0, update / _WARMUP_UPDATES) * cosine


def _longest_first(pieces: Sequence[Piece]) -> list[Piece]:
    return sorted(pieces, key=lambda piece: (-piece.num_steps, piece.work, piece.name))
