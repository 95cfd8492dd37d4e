"""Compose a countersubject: a second line that sounds with a subject, above it or below it.

What it is: the subject is given as the lower of two voices; the network draws the upper one, over and over, and the
drafts are ranked as tunes (`melody.py`) and as counterpoint: consonant on the beats, moving where the subject holds,
without parallel fifths and octaves. Since the voices change places later, a fifth counts less than a third or a sixth:
turned over it is a fourth. Source: double counterpoint at the octave, as in every textbook since Fux.

Conventions: as in `themes.py`: the theme's timeline begins with its upbeat at tick 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from composer.abc import Melody, MelodyNote
from composer.fill.entries import voice_compass
from composer.fill.given import Sounding, close_below, give_notes, line_of, nothing_given
from composer.fill.particles import NoteSource, Stretch
from composer.fill.rhythm import usual_onsets
from composer.fill.setting import Setting
from composer.fill.themes import rate_tune, sample_drafts, tune_of
from composer.fill.tune_stretch import ThemeTask
from composer.outline import PATTERNS
from composer.roll.grid import STEP_TICKS
from composer.roll.pins import FREE
from composer.roll.reference import no_reference

ROUNDS = 4  # of drafts: so many times the particles
_WORTH = {3: 1.0, 4: 1.0, 8: 1.0, 9: 1.0, 0: 0.4, 7: 0.3}  # of an interval on a beat, modulo the octave
_USUAL_WORTH = 0.6  # of the beats of a line that is good enough


def compose_countersubject(
    subject: Melody, task: ThemeTask, source: NoteSource, setting: Setting, generator: np.random.Generator
) -> Melody:
    """Return a line to sound with a subject.

    Args:
        subject: its tune.
        task: of the countersubject: the same timeline and chords.
        source: samples notes.
        setting: of the piece, in the theme's style.
        generator: the theme's own stream.
    """
    below = _as_lower_voice(subject, task, setting)
    stretch = _two_voices(below, task, source, setting)
    free = stretch.pins.code == FREE
    best: tuple[float, list[Sounding]] = (-np.inf, [])
    for _ in range(ROUNDS):
        for play, articulate in sample_drafts(source, stretch, generator):
            notes = tune_of(play & free, articulate & free, task.low_pitch)
            score = rate_tune(notes, task, setting.statistics, task.local.end_tick)
            score += counterpoint_score(notes, below, beat_ticks=task.meter.beat_ticks, end_tick=task.local.end_tick)
            if score > best[0]:
                best = (score, notes)
    moved = sorted(MelodyNote(onset - task.pickup_tick, length, pitch) for onset, length, pitch in best[1])
    return Melody(tuple(moved), end_tick=task.local.end_tick - task.pickup_tick, pickup_tick=task.pickup_tick)


def counterpoint_score(
    upper: Sequence[Sounding], lower: Sequence[Sounding], *, beat_ticks: int, end_tick: int
) -> float:
    """Return how well two lines go together; higher is better.

    Args:
        upper, lower: (onset tick, duration ticks, MIDI pitch), one note at a time.
        beat_ticks: of the meter.
        end_tick: of both.
    """
    if len(upper) < 4:
        return -100.0
    worth, parallels = [], 0
    before: tuple[int, int] | None = None
    for tick in range(0, end_tick, beat_ticks):
        pair = _at(upper, tick), _at(lower, tick)
        if pair[0] is None or pair[1] is None:
            before = None
            continue
        interval = (pair[0] - pair[1]) % 12
        worth.append(_WORTH.get(interval, 0.0))
        moved = before is not None and before != pair
        parallels += moved and before is not None and interval in (0, 7) and (before[0] - before[1]) % 12 == interval
        before = pair[0], pair[1]
    onsets = {onset for onset, _, _ in lower}
    own = [onset for onset, _, _ in upper]
    apart = sum(onset not in onsets for onset in own) / len(own)
    first, last = upper[0][0], upper[-1][0] + upper[-1][1]
    silent = max(0, first - beat_ticks) + max(0, end_tick - last)
    silent += sum(max(0, later[0] - one[0] - one[1]) for one, later in pairwise(upper))
    together = float(np.mean(worth)) - _USUAL_WORTH if worth else -1.0
    return 5.0 * together + 1.5 * apart - 0.8 * parallels - 0.8 * silent / beat_ticks


def _at(line: Sequence[Sounding], tick: int) -> int | None:
    return next((pitch for onset, length, pitch in line if onset <= tick < onset + length), None)


def _as_lower_voice(subject: Melody, task: ThemeTask, setting: Setting) -> list[Sounding]:
    """Return a subject's notes on the theme's timeline, in the octave that leaves most room above them."""
    notes = [(note.onset_tick + task.pickup_tick, note.duration_tick, note.pitch) for note in subject.notes]
    low, high = voice_compass("alto", setting)
    shift = min(
        range(-48, 49, 12),
        key=lambda octaves: (sum(max(0, low - p - octaves, p + octaves - high) for _, _, p in notes), octaves),
    )
    return [(onset, length, pitch + shift) for onset, length, pitch in notes]


def _two_voices(below: list[Sounding], task: ThemeTask, source: NoteSource, setting: Setting) -> Stretch:
    """Return the theme as a stretch of two voices, of which the lower one is given."""
    facts, num_steps = task.local.facts, task.local.end_tick // STEP_TICKS
    eighths = round(8 * usual_onsets(setting.statistics, setting.meter))
    facts = replace(
        facts,
        pattern=np.full(facts.num_steps, PATTERNS.index("imitation"), np.int16),
        onsets_x8=np.full((facts.num_steps, 2), eighths, np.int16),
        polyphony_x8=np.full((facts.num_steps, 2), 8, np.int16),
    ).sliced(0, num_steps)
    given = nothing_given(num_steps, source.num_pitches, task.low_pitch, compass=voice_compass("soprano", setting))
    give_notes(given, below)
    line = line_of(below, num_steps, task.low_pitch)
    lowest = np.where(line >= 0, line, min(pitch for _, _, pitch in below) - task.low_pitch)
    close_below(given, slice(0, num_steps), lowest)
    for step in np.flatnonzero(line >= 0):
        given.allowed[step, line[step]] = True
    bars = tuple((first, min(end, num_steps)) for first, end in task.local.bars if first < num_steps)
    return Stretch(
        facts=facts,
        pins=given.pins(),
        reference=no_reference(num_steps, source.num_pitches),
        allowed=given.allowed,
        bars=bars,
        lead_in_steps=0,
        phrase_ends=frozenset({len(bars) - 1}),
        ensemble=setting.ensemble,
        style=task.style,
        low_pitch=task.low_pitch,
        plays_keyboard=False,
        runs=task.runs,
    )
