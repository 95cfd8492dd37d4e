"""The particle filter: several drafts of a section at once, weighed bar by bar.

What it is: sequential Monte Carlo over bars. All particles share the section's inputs and differ in their random
numbers; after each bar the critics and the likelihood of what was given weigh them, and where the weights have become
uneven they are resampled systematically (a gather of states). A phrase in which no particle meets all goals starts
again from its stored state with more particles and more guidance: one batch more each time. If none does in the end,
those live on that miss the fewest, and it is told what they miss.

Conventions: the random numbers are drawn beforehand from the section's own stream, so that nothing else changes them. A
source always runs the same number of particles, a batch; more of them are several batches, weighed and resampled
together, so that no note depends on how a machine would run a larger batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from composer.analysis.copying import RunIndex
from composer.fill.bar import Bar, hard_faults
from composer.fill.critics import CRITICS, penalties
from composer.roll.codec import BoolArray
from composer.roll.facts import StepFacts
from composer.roll.pins import FREE, Pins
from composer.roll.reference import Reference

MAX_RESTARTS = 3  # of a phrase
GUIDANCE_STEP = 0.5  # added to the factor of the plan's guidance at each of them
STILLNESS = "stillness"  # the goal that nothing falls silent or stands still, of every phrase
# Power of the likelihood of what was given. Whole, it would drown the critics: its standard deviation between the
# particles of a bar is 2 to 13 nats, that of the critics' sum half a nat.
GIVEN_POWER = 0.05
LINE = "line"  # the ensemble of one melody
FloatArray = NDArray[np.float32]
ComposerMix = tuple[tuple[str, float], ...]  # (composer, weight)
# (play, articulate, first step, end step) of all particles -> which of them meet each goal: name -> bool [particle].
Goals = Callable[[BoolArray, BoolArray, int, int], Mapping[str, BoolArray]]


@dataclass(frozen=True)
class Stretch:
    """What is to be filled: a section behind its lead-in, or a theme.

    Attributes:
        facts, pins, reference: of all steps, the lead-in included.
        allowed: bool [step, pitch]; where a note may sound at all.
        bars: (first step, end step) of each chunk in order, without gaps; no longer than the source can run at once.
        lead_in_steps: steps at the front that are given and not emitted.
        phrase_ends: indices in `bars` of the last chunk of each phrase.
        ensemble: of the style vector.
        style: (composer, weight), as it begins.
        low_pitch: MIDI number of pitch index 0.
        plays_keyboard: two hands must reach everything but the soloist's notes.
        solo: bool [step, pitch], the soloist's notes; None: there is no soloist.
        compasses: (lowest, highest) MIDI pitch of each part, where each is a single line; else empty.
        style_changes: (first step, style) of each later style, in order.
        goals: what a finished phrase must have, by name; None: nothing.
        guidance_factor: of the plan's guidance beyond 1.
        critic_weights: factor of each critic by name; see `critics.penalties`.
        batches: of particles with which each phrase begins.
        onsets: bool [step, pitch], or one column for all pitches; where a free note may begin; None: everywhere.
        moving: bool [step]; `given.moving_beats`, or the bars that a tune goes on over; None: nothing is asked for.
        open_ends: bool [step]; see `given.open_ends`; None: there are none.
        runs: of the training pieces, which are not to be copied.
    """

    facts: StepFacts
    pins: Pins
    reference: Reference
    allowed: BoolArray
    bars: tuple[tuple[int, int], ...]
    lead_in_steps: int
    phrase_ends: frozenset[int]
    ensemble: str
    style: ComposerMix
    low_pitch: int
    plays_keyboard: bool = True
    solo: BoolArray | None = None
    compasses: tuple[tuple[int, int], ...] = ()
    style_changes: tuple[tuple[int, ComposerMix], ...] = ()
    goals: Goals | None = None
    guidance_factor: float = 1.0
    critic_weights: Mapping[str, float] = field(default_factory=dict)
    batches: int = 1
    onsets: BoolArray | None = None
    moving: BoolArray | None = None
    open_ends: BoolArray | None = None
    runs: tuple[RunIndex, ...] = ()

    @property
    def num_steps(self) -> int:
        """All steps, the lead-in included."""
        return self.facts.num_steps

    @property
    def strike_allowed(self) -> BoolArray:
        """Where a free note may begin: bool [step, pitch]."""
        return self.allowed if self.onsets is None else self.allowed & self.onsets

    def style_at(self, step: int) -> ComposerMix:
        """Return the style in which a step is composed."""
        return next((style for first, style in reversed(self.style_changes) if first <= step), self.style)

    @property
    def is_line(self) -> bool:
        """Whether it is a single melody."""
        return self.ensemble == LINE


@dataclass(frozen=True)
class Chunk:
    """What a source samples in one go.

    Attributes:
        play, articulate: bool [particle, step, pitch].
        upper_hand: float32 [particle, step, pitch]; the probability that the upper hand plays the note.
        given_log_probability: float32 [particle, step]; how likely the source found the cells that pins and bounds
            decided. None: it has no opinion.
    """

    play: BoolArray
    articulate: BoolArray
    upper_hand: FloatArray
    given_log_probability: FloatArray | None = None


class NoteSource(Protocol):
    """Something that samples notes for a batch of particles: the network, or a fake one in tests."""

    num_particles: int
    num_pitches: int

    def start(self, stretch: Stretch) -> Any:
        """Return the state of a batch in which nothing has been heard."""

    def run(self, state: Any, stretch: Stretch, first: int, end: int, uniforms: FloatArray) -> tuple[Chunk, Any]:
        """Sample the steps [first, end).

        Args:
            state: from `start`, `run` or `gather`.
            stretch: what is filled.
            first, end: steps.
            uniforms: float32 [step, particle, pitch, 2] in [0, 1).
        """

    def gather(self, states: Sequence[Any], indices: NDArray[np.int_]) -> Any:
        """Return the state whose particle p is particle `indices[p]` of the states, counted one after another."""


@dataclass(frozen=True)
class Miss:
    """A phrase that was kept although it does not meet all its goals.

    Attributes:
        number: which phrase of the stretch, from 0.
        goals: names of those that it misses.
    """

    number: int
    goals: tuple[str, ...]


@dataclass(frozen=True)
class Filled:
    """The kept particle of a stretch, without its lead-in.

    Attributes:
        play, articulate: bool [step, pitch].
        upper_hand: float32 [step, pitch].
        penalty: summed penalties of the kept particle.
        again: each time that a phrase was started again, and what its best particle had missed.
        misses: phrases that were kept although they miss a goal.
        merits: by critic, by how much less the kept particle was punished, bar by bar, than those beside it on average;
            nats, the largest first.
    """

    play: BoolArray
    articulate: BoolArray
    upper_hand: FloatArray
    penalty: float
    again: tuple[Miss, ...]
    misses: tuple[Miss, ...]
    merits: Mapping[str, float] = field(default_factory=dict)

    @property
    def restarts(self) -> int:
        """How often a phrase was started again."""
        return len(self.again)


@dataclass
class _Cloud:
    """The particles under way; arrays run over the particles of all batches and over all steps of the stretch."""

    states: tuple[Any, ...]  # of each batch
    play: BoolArray
    articulate: BoolArray
    upper_hand: FloatArray
    log_weight: NDArray[np.float64]
    penalty: NDArray[np.float64]
    faulty: BoolArray
    merit: NDArray[np.float64]  # [particle, critic]; see `Filled.merits`

    def gathered(self, source: NoteSource, indices: NDArray[np.int_]) -> _Cloud:
        """Return the particles with these indices, as whole batches."""
        batches = indices.reshape(-1, source.num_particles)
        return _Cloud(
            tuple(source.gather(self.states, batch) for batch in batches),
            self.play[indices],
            self.articulate[indices],
            self.upper_hand[indices],
            np.zeros(len(indices)),
            self.penalty[indices],
            self.faulty[indices],
            self.merit[indices],
        )

    def repeated(self, times: int) -> _Cloud:
        """Return the cloud so many times over: its particles go on in as many ways as there are random numbers."""
        return _Cloud(
            self.states * times,
            np.tile(self.play, (times, 1, 1)),
            np.tile(self.articulate, (times, 1, 1)),
            np.tile(self.upper_hand, (times, 1, 1)),
            np.tile(self.log_weight, times),
            np.tile(self.penalty, times),
            np.tile(self.faulty, times),
            np.tile(self.merit, (times, 1)),
        )


def run_filter(source: NoteSource, stretch: Stretch, generator: np.random.Generator) -> Filled:
    """Fill a stretch.

    Args:
        source: what samples notes.
        stretch: what is to be filled.
        generator: the stream of the section; advanced by as much as the filling needs.
    """
    stored = _start(source, stretch)
    cloud = stored.repeated(stretch.batches)
    first_bar, tries = 0, 0
    misses: list[Miss] = []
    again: list[Miss] = []
    number = bar = 0
    best: tuple[tuple[int, float], _Cloud, dict[str, BoolArray]] | None = None
    asked = stretch
    while bar < len(stretch.bars):
        cloud = _advance(source, asked, cloud, bar, generator)
        if bar not in stretch.phrase_ends and bar + 1 < len(stretch.bars):
            cloud = _resample(source, cloud, generator)
            bar += 1
            continue
        met = _goals_met(stretch, cloud, stretch.bars[first_bar][0], stretch.bars[bar][1])
        missed = np.sum([~one for one in met.values()], axis=0)
        rank = (int(missed.min()), float(cloud.penalty[missed == missed.min()].min()))
        if best is None or rank < best[0]:
            best = rank, cloud, met
        if rank[0] and tries < MAX_RESTARTS:
            again.append(_miss(number, met))
            tries += 1
            cloud, bar = stored.repeated(stretch.batches + tries), first_bar
            asked = replace(stretch, guidance_factor=stretch.guidance_factor * (1.0 + GUIDANCE_STEP * tries))
            continue
        _, cloud, met = best
        missed = np.sum([~one for one in met.values()], axis=0)
        kept: BoolArray = np.asarray(missed == missed.min())
        if missed.min():
            misses.append(_miss(number, met))
        cloud.log_weight = np.where(kept, cloud.log_weight, -np.inf)
        cloud = _resample(source, cloud, generator, to_one_batch=True)
        cloud.faulty[:] = False
        stored, first_bar, tries, best, asked = cloud, bar + 1, 0, None, stretch
        cloud = stored.repeated(stretch.batches)
        number, bar = number + 1, bar + 1
    particle = int(np.argmin(cloud.penalty))
    lead = stretch.lead_in_steps
    return Filled(
        cloud.play[particle, lead:],
        cloud.articulate[particle, lead:],
        cloud.upper_hand[particle, lead:],
        float(cloud.penalty[particle]),
        tuple(again),
        tuple(misses),
        _sorted_merits(cloud.merit[particle]),
    )


def _miss(number: int, met: Mapping[str, BoolArray]) -> Miss:
    """Return what the particles miss that miss the fewest goals."""
    missed = np.sum([~one for one in met.values()], axis=0)
    return Miss(number, tuple(name for name, one in met.items() if not one[missed == missed.min()].all()))


def _sorted_merits(merit: NDArray[np.float64]) -> dict[str, float]:
    nats = dict(zip(CRITICS, map(float, merit), strict=True))
    return dict(sorted(nats.items(), key=lambda row: -row[1]))


def _goals_met(stretch: Stretch, cloud: _Cloud, first: int, end: int) -> dict[str, BoolArray]:
    """Return which particles meet each goal of the phrase that lies in the steps [first, end)."""
    met: dict[str, BoolArray] = {STILLNESS: ~cloud.faulty}
    if stretch.goals is not None:
        met |= stretch.goals(cloud.play, cloud.articulate, first, end)
    return met


def _start(source: NoteSource, stretch: Stretch) -> _Cloud:
    shape = (source.num_particles, stretch.num_steps, source.num_pitches)
    zeros = np.zeros(source.num_particles)
    return _Cloud(
        (source.start(stretch),),
        np.zeros(shape, bool),
        np.zeros(shape, bool),
        np.zeros(shape, np.float32),
        zeros.copy(),
        zeros.copy(),
        np.zeros(source.num_particles, bool),
        np.zeros((source.num_particles, len(CRITICS))),
    )


def _advance(source: NoteSource, stretch: Stretch, cloud: _Cloud, bar: int, generator: np.random.Generator) -> _Cloud:
    """Sample one bar and weigh it; the arrays of `cloud` are not changed (it may be a stored one)."""
    first, end = stretch.bars[bar]
    chunk, states = _run_batches(source, stretch, cloud.states, first, end, generator)
    play, articulate, upper = cloud.play.copy(), cloud.articulate.copy(), cloud.upper_hand.copy()
    play[:, first:end], articulate[:, first:end] = chunk.play, chunk.articulate
    upper[:, first:end] = chunk.upper_hand
    log_weight, penalty, faulty, merit = cloud.log_weight, cloud.penalty, cloud.faulty, cloud.merit
    if end > stretch.lead_in_steps:
        view = Bar(
            chunk.play,
            chunk.articulate,
            play[:, :first] if first else np.zeros_like(play[:, :1]),
            articulate[:, :first] if first else np.zeros_like(play[:, :1]),
            stretch.facts.sliced(first, end),
            stretch.pins.sliced(first, end),
            stretch.low_pitch,
            stretch.plays_keyboard,
            stretch.pins.code[: max(first, 1)] == FREE,
            stretch.runs,
            None if stretch.solo is None else stretch.solo[first:end],
            stretch.compasses,
            int(stretch.facts.chord_bass[first - 1]) if first else -1,
            None if stretch.moving is None else stretch.moving[first:end],
            None if stretch.open_ends is None else stretch.open_ends[first:end],
        )
        judged = penalties(view, stretch.critic_weights)  # [critic, particle]
        cost = sum(judged)
        log_weight, penalty = log_weight - cost, penalty + cost
        merit = merit + (judged.mean(axis=1, keepdims=True) - judged).T
        if chunk.given_log_probability is not None:
            log_weight = log_weight + GIVEN_POWER * chunk.given_log_probability.sum(axis=1)
        faulty = faulty | hard_faults(view)
    return _Cloud(states, play, articulate, upper, log_weight, penalty, faulty.copy(), merit)


def _run_batches(
    source: NoteSource, stretch: Stretch, states: Sequence[Any], first: int, end: int, generator: np.random.Generator
) -> tuple[Chunk, tuple[Any, ...]]:
    """Sample a bar of each batch; return the particles of all of them, and the batches' states."""
    shape = (end - first, source.num_particles, source.num_pitches, 2)
    runs = [source.run(state, stretch, first, end, generator.random(shape, dtype=np.float32)) for state in states]
    chunks = [chunk for chunk, _ in runs]
    given = [chunk.given_log_probability for chunk in chunks if chunk.given_log_probability is not None]
    pooled = Chunk(
        np.concatenate([chunk.play for chunk in chunks]),
        np.concatenate([chunk.articulate for chunk in chunks]),
        np.concatenate([chunk.upper_hand for chunk in chunks]),
        np.concatenate(given) if given else None,
    )
    return pooled, tuple(state for _, state in runs)


def _resample(
    source: NoteSource, cloud: _Cloud, generator: np.random.Generator, *, to_one_batch: bool = False
) -> _Cloud:
    """Resample systematically where the effective number of particles has fallen below half, or down to one batch."""
    uniform = generator.random()  # drawn in any case: the stream must not depend on the weights
    weight = np.exp(cloud.log_weight - cloud.log_weight.max())
    weight /= weight.sum()
    if not to_one_batch and 1.0 / np.square(weight).sum() >= 0.5 * len(weight):
        return cloud
    count = source.num_particles if to_one_batch else len(weight)
    positions = (uniform + np.arange(count)) / count
    indices = np.minimum(np.searchsorted(np.cumsum(weight), positions), len(weight) - 1)
    return cloud.gathered(source, indices)
