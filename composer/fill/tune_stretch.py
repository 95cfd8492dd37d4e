"""A theme of which some notes are given → the stretch of one line in which the network draws its tune.

What it is: the idea where it is stated, with its rests; the cadences' notes; what a plan pins. A tune breathes: it
rests after a cadence, and nothing begins in the last beat of a phrase that ends without one.

Conventions: a theme's timeline begins with its upbeat at tick 0 and is `bars` whole bars long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from composer.analysis.copying import RunIndex
from composer.fill.critics import LINE_WEIGHTS
from composer.fill.given import Given, Sounding, close_above, close_below, give_notes, line_of, nothing_given
from composer.fill.local import Local
from composer.fill.particles import LINE, Goals, NoteSource, Stretch
from composer.fill.rhythm import DIVISIONS, contradicts
from composer.plan.themes import SUBJECT
from composer.roll.codec import BoolArray
from composer.roll.grid import STEP_TICKS
from composer.roll.pins import FREE, SILENT, STRUCK
from composer.roll.reference import no_reference
from composer.theory.harmony import Cadence
from composer.theory.key import Key
from composer.theory.meter import Meter

METER = "meter"  # the goal that a tune's rhythm is that of its meter
IDEA_BARS = 2
LEAST_BREATHING_BARS = 2  # of a phrase after which a tune breathes


@dataclass(frozen=True)
class Statement:
    """A theme's idea as it is stated once: from where, and its notes in local ticks."""

    start_tick: int
    notes: tuple[Sounding, ...]


@dataclass(frozen=True)
class ThemeTask:
    """What is known of a theme before its tune.

    Attributes:
        local: its timeline: facts told to the network, bars, phrases with cadences, chords.
        key, meter, pickup_tick: its own.
        kind: `period`, `compound period`, `sentence`, `chain` or `subject`.
        phrase_bars: bars of each phrase.
        cadence_notes: top-voice notes of the cadences, already placed (local ticks).
        given: notes that the plan pins (local ticks); may be empty.
        free: stretches (local ticks) that a pinned tune leaves open; empty where nothing is pinned.
        compass: lowest and highest pitch of the tune.
        usual_pitch: MIDI pitch in the middle of the style's tunes.
        low_pitch: of the window.
        style: (composer, weight).
        flowing: (start, end) of last beats of bars, local ticks, in which the tune goes on (`Closing.flowing`).
        breath_tick: how long before the end of a phrase a held note ends; 0 where nobody has to breathe.
        runs: of the style's training pieces, which are not to be copied.
    """

    local: Local
    key: Key
    meter: Meter
    pickup_tick: int
    kind: str
    phrase_bars: tuple[int, ...]
    cadence_notes: tuple[Sounding, ...]
    given: tuple[Sounding, ...]
    free: tuple[tuple[int, int], ...]
    compass: tuple[int, int]
    usual_pitch: float
    low_pitch: int
    style: tuple[tuple[str, float], ...]
    flowing: tuple[tuple[int, int], ...] = ()
    breath_tick: int = 0
    runs: tuple[RunIndex, ...] = ()

    @property
    def open_ends(self) -> tuple[tuple[int, int], ...]:
        """Start and end (local ticks) of the phrases after which a tune breathes although they have no cadence."""
        if self.kind == SUBJECT:
            return ()
        return tuple(
            (phrase.start_tick, phrase.end_tick)
            for phrase, bars in zip(self.local.phrases, self.phrase_bars, strict=True)
            if phrase.cadence is Cadence.NONE and bars >= LEAST_BREATHING_BARS
        )

    @property
    def pace(self) -> float | None:
        """How many notes a beat the network is told that the tune has; None where it is not told."""
        told = int(self.local.facts.onsets_x8[0, 1])
        return told / 8 if told > 0 else None


def tune_stretch(task: ThemeTask, statements: Sequence[Statement], *, end_tick: int, source: NoteSource) -> Stretch:
    """Return the theme up to `end_tick` as a stretch of one line with its pins.

    Args:
        task: of the theme.
        statements: of its idea.
        end_tick: see above.
        source: samples single lines.
    """
    pinned = [*task.given, *(note for statement in statements for note in statement.notes)]
    num_steps = end_tick // STEP_TICKS
    given = nothing_given(num_steps, source.num_pitches, task.low_pitch, compass=task.compass)
    onsets = _before_breaths(task, num_steps)
    exact = {note[0] for note in (*task.given, *task.cadence_notes)}
    inside = [note for note in (*pinned, *task.cadence_notes) if note[0] < end_tick]
    inside = [note for note in inside if onsets[note[0] // STEP_TICKS] or note[0] in exact]  # an idea is cut to breathe
    closed = _closed(task)
    stated = {note[0] for note in task.given}
    # An idea that comes again over a cadence ends with it.
    inside = [n for n in inside if n[0] in stated or not any(last < n[0] < end for last, _, end in closed)]
    inside = _without_overlap(inside)
    give_notes(given, inside)
    line = line_of(inside, num_steps, task.low_pitch)
    close_above(given, slice(0, num_steps), line)
    close_below(given, slice(0, num_steps), line)
    _rest_after_cadences(given, task)
    _rest_within(given, statements, task)
    if task.given:
        _rest_where_pinned(given, task, line)
    given.has_bass[:] = False
    bars = tuple((first, min(end, num_steps)) for first, end in task.local.bars if first < num_steps)
    return Stretch(
        facts=task.local.facts.sliced(0, num_steps),
        pins=given.pins(),
        reference=no_reference(num_steps, source.num_pitches),
        allowed=given.allowed,
        bars=bars,
        lead_in_steps=0,
        onsets=onsets[:, None],
        moving=_flowing(task, num_steps),
        phrase_ends=_phrase_ends(bars, task),
        ensemble=LINE,
        style=task.style,
        low_pitch=task.low_pitch,
        plays_keyboard=False,
        goals=_in_meter(given, task),
        critic_weights=LINE_WEIGHTS,
        runs=task.runs,
    )


def _in_meter(given: Given, task: ThemeTask) -> Goals | None:
    """Return the goal that no beat of a tune contradicts a compound meter; what is given is not asked for again.

    In simple meters nothing on the grid contradicts the beat.
    """
    if not task.meter.is_compound:
        return None
    beat_steps = task.meter.beat_ticks // STEP_TICKS
    offset = task.pickup_tick // STEP_TICKS % beat_steps
    is_given = (given.code == STRUCK).any(axis=1)

    def goals(_play: BoolArray, articulate: BoolArray, first: int, end: int) -> dict[str, BoolArray]:
        struck: BoolArray = np.asarray(articulate.any(axis=2))
        met: BoolArray = np.ones(len(struck), bool)
        for start in range(first - (first - offset) % beat_steps, end, beat_steps):
            beat = slice(max(start, first), min(start + beat_steps, end))
            if is_given[beat].any():
                continue
            for particle in range(len(struck)):
                places = np.flatnonzero(struck[particle, beat]) + beat.start - start
                met[particle] &= not contradicts([int(place) * DIVISIONS // beat_steps for place in places], task.meter)
        return {METER: met}

    return goals


def _closed(task: ThemeTask) -> list[tuple[int, int, int]]:
    """Return where the last note of each cadence begins and ends, and where its phrase ends."""
    found = []
    for phrase in task.local.phrases:
        closing = [note for note in task.cadence_notes if phrase.start_tick <= note[0] < phrase.end_tick]
        if closing:
            onset, length, _ = max(closing)
            found.append((onset, onset + length, phrase.end_tick))
    return found


def _rest_after_cadences(given: Given, task: ThemeTask) -> None:
    """Silence what is free between the last note of each cadence and the end of its phrase: there a tune breathes."""
    for _, last_tick, end_tick in _closed(task):
        rest = given.code[last_tick // STEP_TICKS : end_tick // STEP_TICKS]
        rest[rest == FREE] = SILENT


def _rest_within(given: Given, statements: Sequence[Statement], task: ThemeTask) -> None:
    """Silence what is free in each statement of the idea, up to a cadence: its rests return with it."""
    for statement in statements:
        length = IDEA_BARS * task.meter.bar_ticks
        inside = (note[0] for note in task.cadence_notes if 0 <= note[0] - statement.start_tick < length)
        end_tick = min(inside, default=statement.start_tick + length)
        span = slice(statement.start_tick // STEP_TICKS, end_tick // STEP_TICKS)
        is_rest = line_of(statement.notes, len(given.code), task.low_pitch)[span] < 0
        region = given.code[span]
        region[is_rest[:, None] & (region == FREE)] = SILENT


def _before_breaths(task: ThemeTask, num_steps: int) -> BoolArray:
    """Return where a tune's notes may begin: not in the last beat of a phrase that ends without a cadence.

    There a long note or a rest tells that it ends; cadences have notes of their own.
    """
    onsets = np.ones(num_steps, bool)
    for _, end_tick in task.open_ends:
        last_beat = end_tick - task.meter.beat_ticks
        onsets[last_beat // STEP_TICKS : end_tick // STEP_TICKS] = False
    return onsets


def _flowing(task: ThemeTask, num_steps: int) -> BoolArray:
    """Return the last steps of the bars over whose end a tune goes on."""
    found = np.zeros(num_steps, bool)
    for _, end_tick in task.flowing:
        if end_tick // STEP_TICKS <= num_steps:
            found[end_tick // STEP_TICKS - 1] = True
    return found


def held_on(notes: Sequence[Sounding], task: ThemeTask) -> list[Sounding]:
    """Return a tune whose last note before each open end is held as long as it belongs to the chords.

    Where a tune rests under a moving accompaniment nobody hears that a phrase ends: whatever is highest then goes on.
    """
    found = list(notes)
    for start_tick, end_tick in task.open_ends:
        inside = [place for place, note in enumerate(found) if start_tick <= note[0] < end_tick]
        if not inside:
            continue
        onset, length, pitch = found[inside[-1]]
        end = end_tick - task.breath_tick
        for chord in task.local.chords:
            changes = onset < chord.start_tick < end
            if changes and pitch % 12 not in chord.chord.pitch_classes(chord.key):
                end = chord.start_tick
        found[inside[-1]] = (onset, max(length, end - onset), pitch)
    return found


def _rest_where_pinned(given: Given, task: ThemeTask, line: NDArray[np.int_]) -> None:
    """Silence the rests of a pinned tune; only its free stretches are open."""
    is_free = np.zeros(len(given.code), bool)
    for start, end in task.free:
        is_free[start // STEP_TICKS : end // STEP_TICKS] = True
    rests = (line < 0) & ~is_free
    region = given.code[rests]
    region[region == FREE] = SILENT
    given.code[rests] = region


def _phrase_ends(bars: Sequence[tuple[int, int]], task: ThemeTask) -> frozenset[int]:
    ends = {phrase.end_tick // STEP_TICKS for phrase in task.local.phrases}
    inside = {index for index, (first, end) in enumerate(bars) if any(first < phrase_end <= end for phrase_end in ends)}
    return frozenset(inside | {len(bars) - 1})


def _without_overlap(notes: list[Sounding]) -> list[Sounding]:
    """Return the notes in time, each cut where the next begins; of two on one onset the later given wins."""
    by_onset = {note[0]: note for note in notes}
    ordered = [by_onset[onset] for onset in sorted(by_onset)]
    ends = [*(note[0] for note in ordered[1:]), 10**12][: len(ordered)]
    return [(onset, min(length, end - onset), pitch) for (onset, length, pitch), end in zip(ordered, ends, strict=True)]
