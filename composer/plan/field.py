"""The states, evidence and weights of one phrase's chords on the harmonic grid, and the draw from them.

What it is: `PhraseRequest` says what is asked of a phrase; `Field` turns it into a semi-Markov chain (`chain.py`). A
state is a chord in one of the phrase's keys. A pinned tune weighs each chord by p(melody notes | chord), by duration
and beat strength; of a tune that is not composed yet, but will be over known chords, the notes that it may have there
are summed over. Keys change through a chord of both (`pivots.py`); over a pedal chords are weighed by how they sound
there (`pedals.py`).

Conventions: ticks count from the phrase's first bar line; an upbeat is negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from composer.abc import MelodyNote
from composer.errors import PlanError
from composer.outline import ChordSpan, span_at
from composer.plan.cadences import PlacedFormula, formulas_for
from composer.plan.chain import Segment, SemiMarkov, sample
from composer.plan.chords import FLOOR, ChordModel, ChordModels, grid_ticks
from composer.plan.model import Formula
from composer.plan.numerals import Slot
from composer.plan.pedals import Pedal, pedal_weights
from composer.plan.pivots import heard_in, pivot_weight
from composer.style_statistics import degree_text
from composer.theory.harmony import parse_chord
from composer.theory.key import Key

Weights = NDArray[np.float64]

MELODY_WEIGHT = {"strong": 2.0, "beat": 1.5, "off": 1.0}  # exponent of p(note | chord) for a beat's length
BENEATH_WEIGHT = 2.0  # of a beat of the notes that a tune may have: it has more than one
MAX_CHORD_BARS = 2  # a chord that nobody pinned is not held longer
# Factors of the last chord of a phrase without a cadence: a tonic in root position sounds like an end, and so does V of
# whatever degree; another tonic does after a dominant.
SOUNDS_CLOSED, SOUNDS_HALF_CLOSED = 0.02, 0.1
FOREIGN = 0.1  # factor of a chord that begins a phrase in a new key and is not in the key before


@dataclass(frozen=True)
class PhraseRequest:
    """What is asked of a phrase's harmony.

    Attributes:
        bars: from bar line to bar line.
        cadence: kind; `none` for an open end.
        keys: (start tick, key), the first at the phrase's start.
        pins: slots that are given; those without numeral are free. May be empty.
        tune: the pinned melody, or empty.
        beneath: chords over which a tune that is to be harmonised anew will be composed; empty where it is pinned.
        previous: key and numeral that sound before, or None.
        pedal: a note held in the bass up to the cadence, or None.
        is_opening: whether it opens a theme or the piece.
        needs_formula: whether a cadence must be one of the style's formulas, rather than what pins make of it.
    """

    bars: int
    cadence: str
    keys: tuple[tuple[int, Key], ...]
    pins: tuple[Slot, ...] = ()
    tune: tuple[MelodyNote, ...] = ()
    beneath: tuple[ChordSpan, ...] = ()
    previous: tuple[Key, str] | None = None
    pedal: Pedal | None = None
    is_opening: bool = False
    needs_formula: bool = False


class Field:
    """The states, evidence and weights of one phrase on its grid."""

    def __init__(self, request: PhraseRequest, models: ChordModels, pickup_tick: int) -> None:
        self.request = request
        self.meter = meter = models.meter
        self.grid = grid_ticks(meter)
        self.start_tick = -pickup_tick
        self.steps = (request.bars * meter.bar_ticks) // self.grid
        extra = [slot.numeral for slot in request.pins if slot.numeral]
        self.models = [self._model(models, key, extra) for _, key in request.keys]
        self.offsets = [0, *np.cumsum([model.size for model in self.models]).tolist()]
        self.size = self.offsets[-1]
        self.key_of_step = [self._key_index(self.tick(step)) for step in range(self.steps)]
        self.evidence = self._evidence()
        self.held = self._held()
        self._crossings: dict[tuple[int, str, bool], Weights] = {}

    def tick(self, step: int) -> int:
        """Return where a step begins."""
        return self.start_tick + step * self.grid

    def _model(self, models: ChordModels, key: Key, extra: Sequence[str]) -> ChordModel:
        fitting = [numeral for numeral in extra if _reads(numeral, key)]
        # A formula with a chord too long may stand once that chord is cut off, where the last key begins late.
        for earliest_tick in dict.fromkeys((0, max(0, self.request.keys[-1][0]))):
            for placed in formulas_for(
                models.styles,
                cadence=self.request.cadence,
                mode=key.mode,
                meter=self.meter,
                bars=self.request.bars,
                pickup_tick=0,
                earliest_tick=earliest_tick,
            ):
                fitting += placed.formula.chords
        return models.of(key.mode, extra=fitting)

    def _key_index(self, tick: int) -> int:
        found = 0
        for index, (start, _) in enumerate(self.request.keys):
            if start <= tick:
                found = index
        return found

    def _evidence(self) -> Weights:
        evidence = np.zeros((self.steps, self.size))
        for step in range(self.steps):
            index = self.key_of_step[step]
            evidence[step, self.offsets[index] : self.offsets[index + 1]] = self._melody(step, index)
            pin = next((s for s in self.request.pins if s.start_tick <= self.tick(step) < s.end_tick), None)
            if pin is not None and pin.numeral is not None:
                wanted = np.zeros(self.size)
                key = self.request.keys[index][1]
                place = self.models[index].index.get(pin.numeral) if pin.key == key else None
                if place is not None:
                    wanted[self.offsets[index] + place] = 1.0
                evidence[step] *= wanted
        return evidence

    def _held(self) -> Weights:
        """Return the weight of each chord over the pedal, up to the cadence: [step, state]; ones without pedal."""
        held = np.ones((self.steps, self.size))
        pedal = self.request.pedal
        if pedal is not None:
            for index, ((_, key), model) in enumerate(zip(self.request.keys, self.models, strict=True)):
                weights = pedal_weights(model.chords, key, pedal.pitch_class)
                for step in range(self.steps):
                    if self.tick(step) >= pedal.start_tick:
                        # A chord counts once, however long it is: the weight belongs to a bar.
                        share = self.grid / self.meter.bar_ticks
                        held[step, self.offsets[index] : self.offsets[index + 1]] = weights**share
        return held

    def _melody(self, step: int, index: int) -> Weights:
        """Return p(what the tune does in this step | chord), by duration and beat strength: [chord of the key]."""
        begin, end = self.tick(step), self.tick(step + 1)
        model, key = self.models[index], self.request.keys[index][1]
        log_likelihood = np.zeros(model.size)
        is_sung = False
        for note in self.request.tune:
            overlap = min(end, note.end_tick) - max(begin, note.onset_tick)
            if overlap <= 0:
                continue
            is_sung = True
            name = self._strength_name(max(begin, note.onset_tick))
            relative = (note.pitch - key.tonic_pitch_class) % 12
            share = MELODY_WEIGHT[name] * overlap / self.meter.beat_ticks
            log_likelihood += share * np.log(model.melody(name)[:, relative])
        span = None if is_sung else span_at(self.request.beneath, begin)
        if span is not None:
            heard = heard_in(span.chord, span.key, key)
            if heard in model.index:
                name = self._strength_name(begin)
                melody = model.melody(name)
                share = BENEATH_WEIGHT * MELODY_WEIGHT[name] * (end - begin) / self.meter.beat_ticks
                log_likelihood += share * np.log(melody @ melody[model.index[heard]])
        likelihood: Weights = np.exp(log_likelihood - log_likelihood.max())
        return likelihood

    def _strength_name(self, tick: int) -> str:
        strength = self.meter.strength(tick % self.meter.bar_ticks)
        return "strong" if strength >= 3 else "beat" if strength >= 2 else "off"

    def formula_weight(self, placed: PlacedFormula) -> float:
        """Return how well pins and tune agree with a formula, 0..1; 0 where a pin forbids it."""
        weight = 1.0
        ends = (*placed.onset_ticks[1:], self.tick(self.steps))
        index = len(self.models) - 1
        for start, end, numeral in zip(placed.onset_ticks, ends, placed.formula.chords, strict=True):
            state = self.offsets[index] + self.models[index].index[numeral]
            for step in range((start - self.start_tick) // self.grid, (end - self.start_tick) // self.grid):
                if self.key_of_step[step] != index:
                    return 0.0
                weight *= float(self.evidence[step, state])
        return weight * (1.0 if self._soprano_agrees(placed.formula) else 1e-3)

    def _soprano_agrees(self, formula: Formula) -> bool:
        sung = self.sung(formula)
        return sung.soprano[-1] == formula.soprano[-1] or sung.soprano[-1] == "-"

    def sung(self, formula: Formula) -> Formula:
        """Return the formula with the tune's own notes in the soprano where a pinned tune covers it."""
        key = self.request.keys[-1][1]
        soprano = list(formula.soprano)
        for place, beat in enumerate(formula.onsets):
            tick = round(beat * self.meter.beat_ticks)
            for note in self.request.tune:
                if note.onset_tick <= tick < note.end_tick:
                    soprano[place] = degree_text((note.pitch - key.tonic_pitch_class) % 12, key.mode)
        return formula.model_copy(update={"soprano": tuple(soprano)})

    def zone(self, step: int) -> str:
        """Return the zone of a chord that begins at a step before the cadence."""
        return "opening" if self.tick(step) < self.meter.bar_ticks else "middle"

    def change(self, step: int, zone: str | None = None) -> Weights:
        """Return the weights of going from chord to chord where a chord begins at `step`: [state, state]."""
        tick = self.tick(step)
        on_beat = tick % self.meter.beat_ticks == 0
        zone = zone or self.zone(step)
        index = self.key_of_step[step]
        key = (index, zone, on_beat)
        if key not in self._crossings:
            matrix = np.zeros((self.size, self.size))
            inside = self.models[index].change(zone, on_beat=on_beat)
            here = slice(self.offsets[index], self.offsets[index + 1])
            matrix[here, here] = inside
            if index > 0:
                earlier = slice(self.offsets[index - 1], self.offsets[index])
                matrix[earlier, here] = self._crossing(index, inside)
            self._crossings[key] = matrix
        return self._crossings[key]

    def _crossing(self, index: int, inside: Weights) -> Weights:
        """Return p(chord in the new key | last one in the old key): a chord of both keys goes on as in the new one."""
        old, new = self.models[index - 1], self.models[index]
        old_key, new_key = self.request.keys[index - 1][1], self.request.keys[index][1]
        crossing = np.zeros((old.size, new.size))
        for place, chord in enumerate(old.chords):
            heard = heard_in(chord, old_key, new_key)
            onward = inside[new.index[heard]] if heard in new.index else new.first()
            # Where pins leave no chord of both keys, any other will do.
            crossing[place] = pivot_weight(chord, old_key, new_key) * onward + FLOOR * new.first()
        return crossing

    def first(self) -> Weights:
        """Return the weights of the phrase's first chord: [state]."""
        model, key = self.models[0], self.request.keys[0][1]
        weights = np.zeros(self.size)
        opening = model.opening() if self.request.is_opening else model.first()
        if self.request.previous is not None:
            previous_key, numeral = self.request.previous
            heard = heard_in(parse_chord(numeral, previous_key.mode), previous_key, key)
            if previous_key == key:
                opening = model.link(heard)
            else:
                opening = 0.8 * opening + 0.2 * model.link(heard)
                opening = opening * [
                    1.0 if pivot_weight(chord, key, previous_key) == 1 else FOREIGN for chord in model.chords
                ]
        weights[: model.size] = opening + FLOOR
        return weights

    def draw(self, rng: np.random.Generator, *, before: PlacedFormula | None) -> list[Slot] | None:
        """Draw the chords up to a formula (or the end of the phrase); None when there is no way."""
        steps = self.steps if before is None else (before.onset_ticks[0] - self.start_tick) // self.grid
        last = self._open()
        if before is not None:
            state = self.offsets[-2] + self.models[-1].index[before.formula.chords[0]]
            if steps == 0:
                return []
            last = self.change(steps, "cadence")[:, state] + 0.0
        elif self.request.cadence != "none":
            last = self._last()
        chain = SemiMarkov(
            first=self.first(),
            last=last,
            evidence=self.evidence[:steps] * self.held[:steps],
            length=self._lengths(steps),
            change=self.change,
        )
        segments = sample(chain, rng)
        return None if segments is None else [self._slot(segment) for segment in segments]

    def _open(self) -> Weights:
        """Return the weights of the last chord of a phrase without a cadence: not one that sounds like an end."""
        last = np.ones(self.size)
        if self.request.cadence == "none":
            for place, chord in enumerate(self.models[-1].chords):
                is_tonic = chord.relative_root == 0
                is_half = chord.quality == "major" and (chord.relative_root == 7 or "/" in chord.numeral)
                if chord.inversion == 0 and (is_tonic or is_half):
                    last[self.offsets[-2] + place] = SOUNDS_CLOSED
                elif is_tonic:
                    last[self.offsets[-2] + place] = SOUNDS_HALF_CLOSED
        return last

    def _last(self) -> Weights:
        """Return which chords may end the cadence: [state]."""
        wanted = {"PAC": (0,), "IAC": (0,), "PC": (0,), "HC": (7,), "DC": (8, 9)}.get(self.request.cadence)
        last = np.zeros(self.size)
        for place, chord in enumerate(self.models[-1].chords):
            last[self.offsets[-2] + place] = wanted is None or chord.relative_root in wanted
        return last

    def _lengths(self, steps: int) -> Weights:
        steps_per_bar = self.meter.bar_ticks // self.grid
        lengths = np.zeros((steps, steps))
        cache: dict[tuple[str, int], Weights] = {}
        for step in range(steps):
            place = (self.tick(step) // self.grid) % steps_per_bar
            key = (self.zone(step), place)
            if key not in cache:
                cache[key] = self.models[0].length(*key, longest=steps)
                cache[key][MAX_CHORD_BARS * steps_per_bar :] *= FLOOR  # only where pins ask for it
            lengths[step] = cache[key]
        if 1 < steps == self.steps:
            lengths[0, -1] *= FLOOR  # nor does one chord make a phrase
        return lengths

    def _slot(self, segment: Segment) -> Slot:
        index = max(i for i, offset in enumerate(self.offsets[:-1]) if offset <= segment.state)
        numeral = self.models[index].vocabulary[segment.state - self.offsets[index]]
        return Slot(self.tick(segment.start), self.tick(segment.end), self.request.keys[index][1], numeral)


def _reads(numeral: str, key: Key) -> bool:
    try:
        parse_chord(numeral, key.mode)
    except PlanError:
        return False
    return True
