"""Outline → StepFacts: what is known at each step of the grid, as small integer arrays.

Conventions: -1 means not known, everywhere; pitch classes are absolute (0 = C); distances are in steps, capped at
`FAR`. The facts of a whole piece are a few kilobytes, so that data sets keep these rather than the network's inputs.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from composer.outline import PATTERNS, Outline, PhraseSpan
from composer.roll.grid import STEP_TICKS, steps_per_beat
from composer.theory.harmony import Cadence

FAR = 255  # steps: more than this is far away
CADENCES = tuple(Cadence)  # the order of the cadence code
OPENING, MIDDLE, CLOSING = 0, 1, 2
IntArray = NDArray[np.int16]


@dataclass(frozen=True)
class StepFacts:
    """Facts of each step; every array has one row a step.

    Attributes:
        bar: int16, index of the bar.
        step_in_bar: place in the meter (a pickup counts from the bar line that it lacks).
        steps_in_bar, steps_in_beat: of the meter.
        strength: 0..4, `Meter.strength`.
        tonic, mode: local key: pitch class; 0 major, 1 minor.
        next_tonic, next_mode, key_distance: the next different local key and the steps until then.
        chord_root, chord_bass: pitch classes; chord_members: a bit for each pitch class (0 = unknown).
        next_root, next_bass, next_members, chord_distance: the next different chord and the steps until then.
        chord_age: steps since the chord began.
        phrase_age, phrase_distance, cadence_distance: steps since the phrase began, until it ends, until its last chord
            (0 from that chord on).
        cadence: index in `CADENCES`.
        section_age, section_distance: steps since the section began and until it ends.
        place: OPENING, MIDDLE or CLOSING phrase of the piece.
        pattern: index in `outline.PATTERNS`.
        onsets_x8: int16 [step, 2]: 8 x onsets a beat (lower, upper); polyphony_x8: likewise notes at once.
    """

    bar: IntArray
    step_in_bar: IntArray
    steps_in_bar: IntArray
    steps_in_beat: IntArray
    strength: IntArray
    tonic: IntArray
    mode: IntArray
    next_tonic: IntArray
    next_mode: IntArray
    key_distance: IntArray
    chord_root: IntArray
    chord_bass: IntArray
    chord_members: IntArray
    next_root: IntArray
    next_bass: IntArray
    next_members: IntArray
    chord_distance: IntArray
    chord_age: IntArray
    phrase_age: IntArray
    phrase_distance: IntArray
    cadence_distance: IntArray
    cadence: IntArray
    section_age: IntArray
    section_distance: IntArray
    place: IntArray
    pattern: IntArray
    onsets_x8: IntArray
    polyphony_x8: IntArray

    @property
    def num_steps(self) -> int:
        """Steps described."""
        return len(self.bar)

    def sliced(self, start: int, stop: int) -> StepFacts:
        """Return the facts of the steps [start, stop)."""
        return StepFacts(**{field.name: getattr(self, field.name)[start:stop] for field in fields(self)})

    def transposed(self, semitones: int) -> StepFacts:
        """Return the facts of the same piece `semitones` higher."""

        def moved(pitch_class: IntArray) -> IntArray:
            return np.where(pitch_class >= 0, (pitch_class + semitones) % 12, -1).astype(np.int16)

        def turned(members: IntArray) -> IntArray:
            shift = semitones % 12
            wide = members.astype(np.int32)
            return ((wide << shift | wide >> (12 - shift)) & 0xFFF).astype(np.int16)

        return replace(
            self,
            tonic=moved(self.tonic),
            next_tonic=moved(self.next_tonic),
            chord_root=moved(self.chord_root),
            chord_bass=moved(self.chord_bass),
            next_root=moved(self.next_root),
            next_bass=moved(self.next_bass),
            chord_members=turned(self.chord_members),
            next_members=turned(self.next_members),
        )


def line_facts(facts: StepFacts, onsets_per_beat: NDArray[np.float64] | float) -> StepFacts:
    """Return the facts as a single line is told them: one note at once, so many onsets a beat, no pattern.

    Args:
        facts: of the piece or the theme.
        onsets_per_beat: of the line; one number, or one for each step.
    """
    zero = np.zeros(facts.num_steps)
    onsets = np.stack([zero, np.broadcast_to(np.round(8 * np.asarray(onsets_per_beat)), zero.shape)], axis=1)
    return replace(
        facts,
        pattern=np.full(facts.num_steps, -1, np.int16),
        onsets_x8=onsets.astype(np.int16),
        polyphony_x8=np.stack([zero, zero + 8], axis=1).astype(np.int16),
    )


def concatenate(pieces: list[StepFacts]) -> StepFacts:
    """Return the facts of several stretches in a row."""
    return StepFacts(
        **{field.name: np.concatenate([getattr(piece, field.name) for piece in pieces]) for field in fields(StepFacts)}
    )


def facts_of(outline: Outline) -> StepFacts:
    """Return the facts of every step of the outline's bars."""
    num_steps = -(-outline.end_tick // STEP_TICKS)
    columns: dict[str, IntArray] = {
        field.name: np.full((num_steps, 2) if field.name.endswith("_x8") else num_steps, -1, np.int16)
        for field in fields(StepFacts)
    }
    _meter_facts(outline, columns)
    _key_facts(outline, columns)
    _chord_facts(outline, columns)
    _phrase_facts(outline, columns)
    _texture_facts(outline, columns)
    return StepFacts(**columns)


def _range(start_tick: int, end_tick: int, num_steps: int) -> tuple[int, int]:
    """Return the steps whose first tick lies in [start_tick, end_tick)."""
    return min(-(-start_tick // STEP_TICKS), num_steps), min(-(-end_tick // STEP_TICKS), num_steps)


def _meter_facts(outline: Outline, columns: dict[str, IntArray]) -> None:
    num_steps = len(columns["bar"])
    for index, bar in enumerate(outline.bars):
        start, stop = _range(bar.onset_tick, bar.end_tick, num_steps)
        for step in range(start, stop):
            offset = (step * STEP_TICKS - bar.onset_tick + bar.lead_tick) % bar.meter.bar_ticks
            columns["step_in_bar"][step] = offset // STEP_TICKS
            columns["strength"][step] = bar.meter.strength(offset)
        columns["bar"][start:stop] = index
        columns["steps_in_bar"][start:stop] = max(1, bar.meter.bar_ticks // STEP_TICKS)
        columns["steps_in_beat"][start:stop] = steps_per_beat(bar.meter)


def _key_facts(outline: Outline, columns: dict[str, IntArray]) -> None:
    num_steps = len(columns["bar"])
    for index, span in enumerate(outline.keys):
        start, stop = _range(span.start_tick, span.end_tick, num_steps)
        columns["tonic"][start:stop] = span.key.tonic_pitch_class
        columns["mode"][start:stop] = int(span.key.mode == "minor")
        for later in outline.keys[index + 1 :]:
            if later.key != span.key:
                change = -(-later.start_tick // STEP_TICKS)
                columns["next_tonic"][start:stop] = later.key.tonic_pitch_class
                columns["next_mode"][start:stop] = int(later.key.mode == "minor")
                columns["key_distance"][start:stop] = np.minimum(change - np.arange(start, stop), FAR)
                break


def _chord_facts(outline: Outline, columns: dict[str, IntArray]) -> None:
    num_steps = len(columns["bar"])
    columns["chord_members"][:] = 0
    columns["next_members"][:] = 0
    sounding: list[tuple[int, int, tuple[int, int, int]]] = []
    for span in outline.chords:
        members = 0
        for pitch_class in span.chord.pitch_classes(span.key):
            members |= 1 << pitch_class
        chord = (span.chord.root(span.key), span.chord.bass(span.key), members)
        if sounding and sounding[-1][2] == chord and sounding[-1][1] == span.start_tick:
            sounding[-1] = (sounding[-1][0], span.end_tick, chord)
        else:
            sounding.append((span.start_tick, span.end_tick, chord))
    for index, (start_tick, end_tick, (root, bass, members)) in enumerate(sounding):
        start, stop = _range(start_tick, end_tick, num_steps)
        columns["chord_root"][start:stop] = root
        columns["chord_bass"][start:stop] = bass
        columns["chord_members"][start:stop] = members
        columns["chord_age"][start:stop] = np.minimum(np.arange(stop - start), FAR)
        if index + 1 < len(sounding):
            next_tick, _, (next_root, next_bass, next_members) = sounding[index + 1]
            columns["next_root"][start:stop] = next_root
            columns["next_bass"][start:stop] = next_bass
            columns["next_members"][start:stop] = next_members
            change = -(-next_tick // STEP_TICKS)
            columns["chord_distance"][start:stop] = np.minimum(change - np.arange(start, stop), FAR)


def _phrase_facts(outline: Outline, columns: dict[str, IntArray]) -> None:
    num_steps = len(columns["bar"])
    count = len(outline.phrases)
    for index, phrase in enumerate(outline.phrases):
        start, stop = _range(phrase.start_tick, phrase.end_tick, num_steps)
        steps = np.arange(start, stop)
        columns["phrase_age"][start:stop] = np.minimum(steps - start, FAR)
        columns["phrase_distance"][start:stop] = np.minimum(stop - steps, FAR)
        columns["place"][start:stop] = OPENING if index == 0 else CLOSING if index == count - 1 else MIDDLE
        _cadence_facts(phrase, start, stop, columns)
    for section in outline.sections:
        start, stop = _range(section.start_tick, section.end_tick, num_steps)
        steps = np.arange(start, stop)
        columns["section_age"][start:stop] = np.minimum(steps - start, FAR)
        columns["section_distance"][start:stop] = np.minimum(stop - steps, FAR)


def _cadence_facts(phrase: PhraseSpan, start: int, stop: int, columns: dict[str, IntArray]) -> None:
    if phrase.cadence is not None:
        columns["cadence"][start:stop] = CADENCES.index(phrase.cadence)
    if phrase.cadence_tick is not None:
        goal = phrase.cadence_tick // STEP_TICKS
        columns["cadence_distance"][start:stop] = np.clip(goal - np.arange(start, stop), 0, FAR)


def _texture_facts(outline: Outline, columns: dict[str, IntArray]) -> None:
    num_steps = len(columns["bar"])
    for span in outline.textures:
        start, stop = _range(span.start_tick, span.end_tick, num_steps)
        if span.pattern != "unknown":
            columns["pattern"][start:stop] = PATTERNS.index(span.pattern)
        if span.onsets_per_beat is not None:
            columns["onsets_x8"][start:stop] = [round(8 * value) for value in span.onsets_per_beat]
        if span.polyphony is not None:
            columns["polyphony_x8"][start:stop] = [round(8 * value) for value in span.polyphony]
