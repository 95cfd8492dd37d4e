"""Compose the subject of a fugue or an invention: one line, drafted many times and ranked as subjects are.

What it is: the network draws the whole line over the theme's chords, over and over. What makes a tune good counts
(`melody.py`), and besides: a compass within a tenth, a head on the tonic or the dominant, an end on a note of the
tonic's chord that leaves no hole before the next entry, and that the line goes with its answer's harmony, with its own
inversion's and, a bar later, with itself.

Conventions: as in `themes.py`: the theme's timeline begins with its upbeat at tick 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from composer.abc import Melody, MelodyNote
from composer.fill.given import Sounding
from composer.fill.idea_layout import misfit
from composer.fill.particles import NoteSource
from composer.fill.themes import best_draft, with_model
from composer.fill.tune_stretch import ThemeTask, tune_stretch
from composer.plan.answer import mutated
from composer.style_statistics import StyleStatistics
from composer.theme import Theme, inverted

ROUNDS = 6  # of drafts: so many times the particles
# Bach's begin with 2.5 notes a beat (median of 45; three quarters of them with 1.75 or more), his tunes with 2.4.
LEAST_PACE = 0.75  # of a subject, beside what is usual in its style
MAX_COMPASS = 16  # semitones, inclusive: a tenth
_CONSONANT = (0, 3, 4, 7, 8, 9)  # intervals modulo the octave; of a fourth only the bass decides, so it counts half
_TONIC_CHORD = {"major": (0, 4, 7), "minor": (0, 3, 7)}


def compose_subject(
    task: ThemeTask, source: NoteSource, statistics: StyleStatistics, generator: np.random.Generator
) -> Melody:
    """Return the tune of a subject of which nothing is pinned.

    Args:
        task: what is known of it.
        source: samples single lines.
        statistics: of the style, for ranking.
        generator: the theme's own stream.
    """
    end_tick = task.local.end_tick
    task, model = with_model(task, statistics, generator, least_pace=LEAST_PACE)
    stretch = tune_stretch(task, [], end_tick=end_tick, source=source)
    notes = best_draft(
        task,
        stretch,
        source,
        statistics,
        generator,
        model=model,
        end_tick=end_tick,
        rounds=ROUNDS,
        rate=lambda draft: subject_score(draft, task),
    )
    moved = sorted(MelodyNote(onset - task.pickup_tick, length, pitch) for onset, length, pitch in notes)
    return Melody(tuple(moved), end_tick=end_tick - task.pickup_tick, pickup_tick=task.pickup_tick)


def subject_score(notes: Sequence[Sounding], task: ThemeTask) -> float:
    """Return how well a line serves as a subject, beside how good a tune it is; higher is better."""
    if len(notes) < 4:
        return -100.0
    return _ends(notes, task) + _line(notes, task) + _fits(notes, task)


def _ends(notes: Sequence[Sounding], task: ThemeTask) -> float:
    """The head on 1 or 5 in the first beat; the end on a note of the tonic's chord, just before the next entry."""
    beat, tonic = task.meter.beat_ticks, task.key.tonic_pitch_class
    head = (notes[0][2] - tonic) % 12
    score = {0: 1.0, 7: 0.8}.get(head, -1.5)
    score -= 1.0 * max(0.0, (notes[0][0] - beat / 2) / beat)
    onset, length, pitch = notes[-1]
    score += 1.0 if (pitch - tonic) % 12 in _TONIC_CHORD[task.key.mode] else -2.5
    score -= 1.0 * max(0.0, (task.local.end_tick - onset - length) / beat - 0.5)
    score -= 0.8 * sum(one == later for (_, _, one), (_, _, later) in pairwise(notes[-4:]))
    # It comes to rest on a beat, and not before its last bar.
    score -= 0.0 if task.meter.strength((onset - task.pickup_tick) % task.meter.bar_ticks) >= 2 else 1.0
    return score - 0.5 * max(0.0, (task.local.end_tick - onset) / beat - task.meter.beats)


def _line(notes: Sequence[Sounding], task: ThemeTask) -> float:
    """A compass within a tenth, no long rest, more than one length of notes, a leap in the head to know it by."""
    pitches = [pitch for _, _, pitch in notes]
    score = -0.7 * max(0, max(pitches) - min(pitches) - MAX_COMPASS)
    for (onset, length, _), (later, _, _) in pairwise(notes):
        score -= 0.8 * max(0.0, (later - onset - length) / task.meter.beat_ticks - 0.5)
    lengths = [length for _, length, _ in notes]
    commonest = max(lengths.count(length) for length in lengths) / len(lengths)
    score += 0.3 * (min(len(set(lengths)), 3) - 2) - 4.0 * max(0.0, commonest - 0.7)
    head = [pitch for onset, _, pitch in notes if onset < task.pickup_tick + task.meter.bar_ticks]
    return score + 0.4 * any(3 <= abs(second - first) <= 9 for first, second in pairwise(head))


def _fits(notes: Sequence[Sounding], task: ThemeTask) -> float:
    """The answer and the inversion over the subject's own harmony, and the subject against itself a bar later."""
    melody = Melody(tuple(MelodyNote(*note) for note in notes), task.local.end_tick)
    theme = Theme("subject", (melody,), task.key, task.meter, 1)
    own = list(notes)
    score = 0.0
    for weight, other in ((0.5, mutated(melody, task.key)), (0.15, inverted(theme).melody)):
        changed = [(note.onset_tick, note.duration_tick, note.pitch) for note in other.notes]
        beyond = misfit(changed, task.local.chords, task.meter, task.pickup_tick)
        score -= weight * max(0.0, beyond - misfit(own, task.local.chords, task.meter, task.pickup_tick))
    return score + 0.6 * _stretto(own, task)


def _stretto(notes: Sequence[Sounding], task: ThemeTask) -> float:
    """Return the share of beats at which the subject is consonant with itself a bar later, less a half."""
    bar, beat = task.meter.bar_ticks, task.meter.beat_ticks
    heard = []
    for tick in range(task.pickup_tick + bar, task.local.end_tick, beat):
        first = next((pitch for onset, length, pitch in notes if onset <= tick < onset + length), None)
        second = next((pitch for onset, length, pitch in notes if onset <= tick - bar < onset + length), None)
        if first is not None and second is not None:
            interval = abs(first - second) % 12
            heard.append(1.0 if interval in _CONSONANT else 0.5 if interval == 5 else 0.0)
    return float(np.mean(heard)) - 0.5 if heard else 0.0
