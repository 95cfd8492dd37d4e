"""Compose a theme: its tune first, from one idea that is drafted many times, ranked, and laid out as a form.

What it is: the network draws two bars over the theme's chords as a single line, over and over; the best draft (see
`melody.py`) becomes the idea. Code lays it out: a period states it again where its consequent begins, a sentence
repeats it at once, moved along the scale to fit the chords there. With the cadence formulas' top voices these are pins;
the network fills what is between.

Conventions: a theme's timeline begins with its upbeat at tick 0 and is `bars` whole bars long; the `Melody` that comes
out counts from its first bar line.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from composer.abc import Melody, MelodyNote
from composer.analysis.copying import RunIndex
from composer.fill.critics import LINE_WEIGHTS
from composer.fill.explained import draft_line
from composer.fill.given import Given, Sounding, close_above, close_below, give_notes, line_of, nothing_given, off_grid
from composer.fill.local import Local
from composer.fill.melody import (
    COPY_COST,
    PARALLEL_COST,
    copied_notes,
    known_openings,
    melody_score,
    opening_likeness,
    parallels_with_bass,
    rhythm_likeness,
)
from composer.fill.particles import LINE, Goals, NoteSource, Stretch, run_filter
from composer.fill.rhythm import DIVISIONS, contradicts
from composer.outline import ChordSpan
from composer.roll.codec import BoolArray
from composer.roll.grid import STEP_TICKS
from composer.roll.pins import FREE, SILENT, STRUCK, only_line, top_line
from composer.roll.reference import no_reference
from composer.style_statistics import Opening, StyleStatistics
from composer.theory.key import Key
from composer.theory.meter import Meter

LOGGER = logging.getLogger(__name__)

METER = "meter"  # the goal that a tune's rhythm is that of its meter
IDEA_BARS = 2
IDEA_ROUNDS = 4  # drafts of the idea: so many times the particles
OPENING_WEIGHT = 1.5  # of an idea's likeness to some opening of the style,
RHYTHM_WEIGHT = 4.0  # of its rhythm to that of one opening, which is drawn: so rhythms are as varied as the style's
REGISTER_SPARE = 2.5  # semitones between the middles of a tune and of its style's tunes that cost nothing;
REGISTER_COST = 0.5  # of each one more
_SEQUENCE_STEPS = (0, 1, -1, 2, -2, 3, -3, 4, -4)


@dataclass(frozen=True)
class ThemeTask:
    """What is known of a theme before its tune.

    Attributes:
        local: its timeline: facts told to the network, bars, phrases with cadences, chords.
        key, meter, pickup_tick: its own.
        kind: `period`, `sentence` or `chain`.
        phrase_bars: bars of each phrase.
        cadence_notes: top-voice notes of the cadences, already placed (local ticks).
        given: notes that the plan pins (local ticks); may be empty.
        free: stretches (local ticks) that a pinned tune leaves open; empty where nothing is pinned.
        compass: lowest and highest pitch of the tune.
        usual_pitch: MIDI pitch in the middle of the style's tunes.
        low_pitch: of the window.
        style: (composer, weight).
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
    runs: tuple[RunIndex, ...] = ()


def compose_theme(
    task: ThemeTask, source: NoteSource, statistics: StyleStatistics, generator: np.random.Generator
) -> Melody:
    """Return the tune of a theme.

    Args:
        task: what is known of it.
        source: samples single lines.
        statistics: of the style, for ranking.
        generator: the theme's own stream.
    """
    pinned = list(task.given)
    if not pinned and task.kind in ("period", "sentence") and sum(task.phrase_bars) > IDEA_BARS:
        idea = _draft_idea(task, source, statistics, generator)
        pinned = _lay_out(task, idea)
    notes = _draft_tune(task, pinned, source, generator)
    exact = off_grid(task.given)
    true = [(*exact.get((onset, pitch), (onset, length)), pitch) for onset, length, pitch in notes]
    moved = sorted(MelodyNote(onset - task.pickup_tick, length, pitch) for onset, length, pitch in true)
    return Melody(tuple(moved), end_tick=task.local.end_tick - task.pickup_tick, pickup_tick=task.pickup_tick)


def _draft_idea(
    task: ThemeTask, source: NoteSource, statistics: StyleStatistics, generator: np.random.Generator
) -> list[Sounding]:
    """Return the best of many drafts of the first two bars."""
    end_tick = task.pickup_tick + IDEA_BARS * task.meter.bar_ticks
    if task.pickup_tick:
        end_tick -= task.pickup_tick  # the next upbeat is not part of the idea
    stretch = tune_stretch(task, [], end_tick=end_tick, source=source)
    return best_draft(task, stretch, source, statistics, generator, end_tick=end_tick, rounds=IDEA_ROUNDS)


def best_draft(
    task: ThemeTask,
    stretch: Stretch,
    source: NoteSource,
    statistics: StyleStatistics,
    generator: np.random.Generator,
    *,
    end_tick: int,
    rounds: int,
    rate: Callable[[Sequence[Sounding]], float] | None = None,
) -> list[Sounding]:
    """Return the best of many drafts of a line.

    Args:
        task: of the theme.
        stretch: what is drafted, from the theme's beginning.
        source: samples single lines.
        statistics: of the style, for ranking.
        generator: the theme's own stream.
        end_tick: of the stretch.
        rounds: of drafts, each of as many as there are particles.
        rate: what a draft is worth besides.
    """
    drafts: list[tuple[float, list[Sounding]]] = []
    worths: list[dict[str, float]] = []  # of each draft, what it is worth by what
    openings = known_openings(statistics, meter=task.meter, mode=task.key.mode)
    model = drawn_opening(openings, generator)
    for turn in range(rounds):
        for play, articulate in sample_drafts(source, in_rhythm(stretch, task, model, turn=turn), generator):
            notes = tune_of(play, articulate, task.low_pitch)
            melody = rate_tune(notes, task, statistics, end_tick)
            service = rate(notes) if rate is not None else 0.0
            likeness = likeness_to_style(notes, task, openings, model)
            drafts.append((melody + service + likeness, notes))
            worths.append({"its melody": melody, "what it can do": service, "its likeness to real openings": likeness})
    best = max(range(len(drafts)), key=lambda index: drafts[index][0])
    LOGGER.info(draft_line(worths, best))
    return drafts[best][1]


def drawn_opening(openings: Sequence[Opening], generator: np.random.Generator) -> Opening | None:
    """Return one of some real openings, the model of an idea's rhythm; None if there are none."""
    return openings[int(generator.integers(len(openings)))] if openings else None


def in_rhythm(stretch: Stretch, task: ThemeTask, model: Opening | None, *, turn: int) -> Stretch:
    """Return a stretch of two bars whose free notes begin where a real opening's do; every fourth turn as it is.

    Of an opening that does not lie on the grid nothing is asked.
    """
    if model is None or turn % 4 == 0:
        return stretch
    ticks = [task.pickup_tick + onset * task.meter.beat_ticks for onset in model.onsets_beat]
    if any(abs(tick / STEP_TICKS - round(tick / STEP_TICKS)) > 1e-3 for tick in ticks):
        return stretch
    onsets = np.zeros(stretch.num_steps, bool)
    steps = [round(tick / STEP_TICKS) for tick in ticks]
    onsets[[step for step in steps if 0 <= step < len(onsets)]] = True
    end = (task.pickup_tick + IDEA_BARS * task.meter.bar_ticks) // STEP_TICKS
    onsets[end:] = True
    return replace(stretch, onsets=onsets)


def likeness_to_style(
    notes: Sequence[Sounding], task: ThemeTask, openings: Sequence[Opening], model: Opening | None
) -> float:
    """Return what the first two bars of a draft are worth for their likeness to the style's openings.

    Args:
        notes: the draft.
        task: of the theme.
        openings: of the style, in its meter and mode.
        model: the one whose rhythm it is to have.
    """
    end_tick = task.pickup_tick + IDEA_BARS * task.meter.bar_ticks
    begun = [note for note in notes if note[0] < end_tick]
    offset = task.pickup_tick
    worth = OPENING_WEIGHT * opening_likeness(begun, openings, meter=task.meter, bar_offset_tick=offset)
    if model is not None:
        worth += RHYTHM_WEIGHT * rhythm_likeness(begun, model, meter=task.meter, bar_offset_tick=offset)
    return worth


def _draft_tune(
    task: ThemeTask, pinned: list[Sounding], source: NoteSource, generator: np.random.Generator
) -> list[Sounding]:
    """Return the whole theme, filled round its pins."""
    stretch = tune_stretch(task, pinned, end_tick=task.local.end_tick, source=source)
    filled = run_filter(source, stretch, generator)
    return tune_of(filled.play, filled.articulate, task.low_pitch)


def rate_tune(notes: list[Sounding], task: ThemeTask, statistics: StyleStatistics, span_ticks: int) -> float:
    """Return how good a draft is: also how little is copied, how far it is from its register and its bass."""
    score = melody_score(
        notes,
        chords=task.local.chords,
        meter=task.meter,
        statistics=statistics,
        span_ticks=span_ticks,
        bar_offset_tick=task.pickup_tick,
    )
    score -= COPY_COST * copied_notes(notes, task.runs, given=task.given)
    if notes:
        middle = sum(pitch for _, _, pitch in notes) / len(notes)
        score -= REGISTER_COST * max(0.0, abs(middle - task.usual_pitch) - REGISTER_SPARE)
    return score - PARALLEL_COST * parallels_with_bass(notes, task.local.chords)


def tune_stretch(task: ThemeTask, pinned: list[Sounding], *, end_tick: int, source: NoteSource) -> Stretch:
    """Return the theme up to `end_tick` as a stretch of one line with its pins."""
    num_steps = end_tick // STEP_TICKS
    given = nothing_given(num_steps, source.num_pitches, task.low_pitch, compass=task.compass)
    inside = [note for note in (*pinned, *task.cadence_notes) if note[0] < end_tick]
    inside = _without_overlap(inside)
    give_notes(given, inside)
    line = line_of(inside, num_steps, task.low_pitch)
    close_above(given, slice(0, num_steps), line)
    close_below(given, slice(0, num_steps), line)
    _rest_after_cadences(given, task)
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


def _rest_after_cadences(given: Given, task: ThemeTask) -> None:
    """Silence what is free between the last note of each cadence and the end of its phrase: there a tune breathes."""
    for phrase in task.local.phrases:
        closing = [note for note in task.cadence_notes if phrase.start_tick <= note[0] < phrase.end_tick]
        if not closing:
            continue
        onset, length, _ = max(closing)
        rest = given.code[(onset + length) // STEP_TICKS : phrase.end_tick // STEP_TICKS]
        rest[rest == FREE] = SILENT


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


def sample_drafts(
    source: NoteSource, stretch: Stretch, generator: np.random.Generator
) -> list[tuple[BoolArray, BoolArray]]:
    """Sample every particle on its own, without weighing: drafts should differ."""
    state = source.start(stretch)
    play = np.zeros((source.num_particles, stretch.num_steps, source.num_pitches), bool)
    articulate = np.zeros_like(play)
    for first, end in stretch.bars:
        uniforms = generator.random((end - first, source.num_particles, source.num_pitches, 2), dtype=np.float32)
        chunk, state = source.run(state, stretch, first, end, uniforms)
        play[:, first:end], articulate[:, first:end] = chunk.play, chunk.articulate
    return list(zip(play, articulate, strict=True))


def tune_of(play: BoolArray, articulate: BoolArray, low_pitch: int) -> list[Sounding]:
    """Return the top line of some cells as notes."""
    line = top_line(play)
    cells = only_line(play, line)
    struck = (cells & articulate).any(axis=1) | (line != np.concatenate([[-1], line[:-1]]))
    notes: list[Sounding] = []
    for step in np.flatnonzero(struck & (line >= 0)):
        end = step + 1
        while end < len(line) and line[end] == line[step] and not struck[end]:
            end += 1
        notes.append((int(step) * STEP_TICKS, int(end - step) * STEP_TICKS, int(line[step]) + low_pitch))
    return notes


def _lay_out(task: ThemeTask, idea: list[Sounding]) -> list[Sounding]:
    """Return the pins of the whole theme: the idea, and where its form states it again."""
    pins = list(idea)
    bar_ticks = task.meter.bar_ticks
    if task.kind == "period" and len(task.phrase_bars) >= 2:
        bar = 0
        for index, bars in enumerate(task.phrase_bars[:-1]):
            bar += bars
            if task.phrase_bars[index + 1] > IDEA_BARS:
                pins += [(onset + bar * bar_ticks, length, pitch) for onset, length, pitch in idea]
    elif task.phrase_bars[0] > 2 * IDEA_BARS or (sum(task.phrase_bars) > 2 * IDEA_BARS and task.kind == "sentence"):
        pins += _sequence(task, idea, IDEA_BARS * bar_ticks)
    return pins


def _sequence(task: ThemeTask, idea: list[Sounding], offset_tick: int) -> list[Sounding]:
    """Return the idea `offset_tick` later, moved along the scale by what fits the chords there best."""
    best: tuple[float, list[Sounding]] | None = None
    for steps in _SEQUENCE_STEPS:
        moved = [(onset + offset_tick, length, along_scale(pitch, task.key, steps)) for onset, length, pitch in idea]
        outside = sum(max(0, task.compass[0] - p, p - task.compass[1]) for _, _, p in moved)
        cost = misfit(moved, task.local.chords, task.meter, task.pickup_tick) + 0.15 * abs(steps) + outside
        if best is None or cost < best[0] - 1e-9:
            best = (cost, moved)
    assert best is not None  # there is at least one step to try
    return best[1]


def misfit(notes: list[Sounding], chords: Sequence[ChordSpan], meter: Meter, bar_offset_tick: int) -> float:
    """Return how much of a line stands outside its chords, weighed by place."""
    cost = 0.0
    for onset, _, pitch in notes:
        for span in chords:
            if span.start_tick <= onset < span.end_tick:
                strength = meter.strength((onset - bar_offset_tick) % meter.bar_ticks)
                if pitch % 12 not in span.chord.pitch_classes(span.key):
                    cost += (0.1, 0.2, 0.8, 1.0, 1.2)[strength]
                break
    return cost


def along_scale(pitch: int, key: Key, steps: int) -> int:
    """Return the pitch moved by scale degrees; a note beside the scale keeps its distance to the degree below it."""
    degrees = sorted((pitch_class - key.tonic_pitch_class) % 12 for pitch_class in key.scale)
    octave, relative = divmod(pitch - key.tonic_pitch_class, 12)
    below = max(index for index, degree in enumerate(degrees) if degree <= relative)
    alter = relative - degrees[below]
    turned, index = divmod(below + steps, 7)
    return key.tonic_pitch_class + 12 * (octave + turned) + degrees[index] + alter
