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
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from composer.abc import Melody, MelodyNote
from composer.fill.explained import draft_line
from composer.fill.given import Sounding, off_grid
from composer.fill.idea_layout import lay_out
from composer.fill.melody import (
    COPY_COST,
    LEAST_NOTES,
    PARALLEL_COST,
    copied_notes,
    known_openings,
    melody_score,
    opening_likeness,
    parallels_with_bass,
    rhythm_likeness,
)
from composer.fill.particles import NoteSource, Stretch, run_filter
from composer.fill.rhythm import usual_onsets
from composer.fill.tune_stretch import IDEA_BARS, Statement, ThemeTask, held_on, tune_stretch
from composer.roll.codec import BoolArray
from composer.roll.facts import line_facts
from composer.roll.grid import STEP_TICKS
from composer.roll.pins import only_line, top_line
from composer.style_statistics import Opening, StyleStatistics
from composer.theory.meter import Meter

LOGGER = logging.getLogger(__name__)

STATED_AGAIN = ("period", "compound period", "sentence")  # kinds of themes that come back to their idea
IDEA_ROUNDS = 4  # drafts of the idea: so many times the particles
LEAST_BEGUN = 0.6  # notes a beat, without which two bars are no idea,
BARE_COST = 3.0  # of each that is wanting
OPENING_WEIGHT = 1.5  # of an idea's likeness to some opening of the style,
RHYTHM_WEIGHT = 4.0  # of its rhythm to that of one opening, which is drawn: so rhythms are as varied as the style's
STANDING_COST = 1.5  # of each bar line over which it stands where that opening goes on
LEAST_PACE, MOST_PACE = 0.6, 1.6  # of a new tune, in notes a beat, beside what is usual in its style
REGISTER_SPARE = 2.5  # semitones between the middles of a tune and of its style's tunes that cost nothing;
REGISTER_COST = 0.5  # of each one more


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
    statements: list[Statement] = []
    if not task.given:
        task, model = with_model(task, statistics, generator)
        if task.kind in STATED_AGAIN and sum(task.phrase_bars) > IDEA_BARS:
            idea = _draft_idea(task, model, source, statistics, generator)
            statements = lay_out(task, idea)
    notes = _draft_tune(task, statements, source, generator)
    if not task.given:
        notes = held_on(notes, task)
    exact = off_grid(task.given)
    true = [(*exact.get((onset, pitch), (onset, length)), pitch) for onset, length, pitch in notes]
    moved = sorted(MelodyNote(onset - task.pickup_tick, length, pitch) for onset, length, pitch in true)
    return Melody(tuple(moved), end_tick=task.local.end_tick - task.pickup_tick, pickup_tick=task.pickup_tick)


def with_model(
    task: ThemeTask, statistics: StyleStatistics, generator: np.random.Generator, *, least_pace: float = LEAST_PACE
) -> tuple[ThemeTask, Opening | None]:
    """Draw a real opening of the style as the model of a theme's rhythm, and let the theme be told its pace.

    Args:
        task: of the theme.
        statistics: of the style.
        generator: the theme's own stream.
        least_pace: of the model and of the theme, as a share of what is usual in the style.

    Returns:
        The theme as it is told now, and the opening; None where the style has none in the theme's meter and mode.
    """
    meter = task.meter
    openings = known_openings(statistics, meter=meter, mode=task.key.mode)
    usual = usual_onsets(statistics, meter)
    lively = [one for one in openings if _pace(one, meter) >= least_pace * usual]
    model = drawn_opening(lively or openings, generator)
    if model is None:
        return task, None
    pace = min(max(_pace(model, meter), least_pace * usual), MOST_PACE * usual)
    return replace(task, local=replace(task.local, facts=line_facts(task.local.facts, pace))), model


def _pace(opening: Opening, meter: Meter) -> float:
    """Return how many notes a beat an opening has, as far as it goes into two bars of a meter.

    Compound openings are of any compound meter: two bars of 6/8 are one of 12/8.
    """
    inside = [onset for onset in opening.onsets_beat if onset < IDEA_BARS * meter.beats]
    return len(inside) / (math.floor(max(inside)) + 1) if inside and max(inside) >= 0 else 0.0


def _draft_idea(
    task: ThemeTask,
    model: Opening | None,
    source: NoteSource,
    statistics: StyleStatistics,
    generator: np.random.Generator,
) -> list[Sounding]:
    """Return the best of many drafts of the first two bars."""
    end_tick = task.pickup_tick + IDEA_BARS * task.meter.bar_ticks
    if task.pickup_tick:
        end_tick -= task.pickup_tick  # the next upbeat is not part of the idea
    stretch = tune_stretch(task, [], end_tick=end_tick, source=source)
    return best_draft(task, stretch, source, statistics, generator, model=model, end_tick=end_tick, rounds=IDEA_ROUNDS)


def best_draft(
    task: ThemeTask,
    stretch: Stretch,
    source: NoteSource,
    statistics: StyleStatistics,
    generator: np.random.Generator,
    *,
    model: Opening | None,
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
        model: a real opening whose rhythm it is to have; None: the network's.
        end_tick: of the stretch.
        rounds: of drafts, each of as many as there are particles.
        rate: what a draft is worth besides.
    """
    drafts: list[tuple[float, list[Sounding]]] = []
    worths: list[dict[str, float]] = []  # of each draft, what it is worth by what
    openings = known_openings(statistics, meter=task.meter, mode=task.key.mode)
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

    Of an opening that does not lie on the grid, or that has too few notes for a tune, nothing is asked.
    """
    if model is None or turn % 4 == 0:
        return stretch
    ticks = [task.pickup_tick + onset * task.meter.beat_ticks for onset in model.onsets_beat]
    if any(abs(tick / STEP_TICKS - round(tick / STEP_TICKS)) > 1e-3 for tick in ticks):
        return stretch
    onsets = np.zeros(stretch.num_steps, bool)
    steps = [round(tick / STEP_TICKS) for tick in ticks]
    end = (task.pickup_tick + IDEA_BARS * task.meter.bar_ticks) // STEP_TICKS
    inside = [step for step in steps if 0 <= step < min(end, len(onsets))]
    if len(inside) < max(LEAST_NOTES, least_begun(task)):
        return stretch
    onsets[inside] = True
    onsets[end:] = True
    own = onsets[:, None]
    return replace(stretch, onsets=own if stretch.onsets is None else own & stretch.onsets)


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
    worth -= BARE_COST * max(0, least_begun(task) - len(begun))
    if model is not None:
        worth += RHYTHM_WEIGHT * rhythm_likeness(begun, model, meter=task.meter, bar_offset_tick=offset)
        worth -= STANDING_COST * _standing(begun, model, task)
    return worth


def _standing(notes: Sequence[Sounding], model: Opening, task: ThemeTask) -> int:
    """Return how many of an idea's bars end with a held note or a rest where the model has notes."""
    bar_ticks, beat_ticks = task.meter.bar_ticks, task.meter.beat_ticks
    own = [onset - task.pickup_tick for onset, _, _ in notes]
    models = [onset * beat_ticks for onset in model.onsets_beat]
    lines = [bar_ticks * (bar + 1) for bar in range(min(IDEA_BARS, sum(task.phrase_bars) - 1))]
    return sum(_goes_on(models, line, beat_ticks) and not _goes_on(own, line, beat_ticks) for line in lines)


def _goes_on(onsets: Sequence[float], line: int, beat_ticks: int) -> bool:
    """Whether something begins less than a beat before a bar line."""
    return any(line - beat_ticks < onset < line for onset in onsets)


def least_begun(task: ThemeTask) -> int:
    """Return how many notes an idea has at least: with fewer nobody would know it again."""
    return round(LEAST_BEGUN * IDEA_BARS * task.meter.beats)


def _draft_tune(
    task: ThemeTask, statements: Sequence[Statement], source: NoteSource, generator: np.random.Generator
) -> list[Sounding]:
    """Return the whole theme, filled round its idea and what is given."""
    stretch = tune_stretch(task, statements, end_tick=task.local.end_tick, source=source)
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
        pace=task.pace,
    )
    score -= COPY_COST * copied_notes(notes, task.runs, given=task.given)
    if notes:
        middle = sum(pitch for _, _, pitch in notes) / len(notes)
        score -= REGISTER_COST * max(0.0, abs(middle - task.usual_pitch) - REGISTER_SPARE)
    return score - PARALLEL_COST * parallels_with_bass(notes, task.local.chords)


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
