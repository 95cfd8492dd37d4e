"""Figures of a piece: plain numbers that tell one texture from another, for statistics and benchmarks.

Conventions: each figure is a float per piece; notes are those of the score without graces; time is score time.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from composer.analysis.frames import note_array
from composer.analysis.hands import melody_line
from composer.score import Score
from composer.theory.meter import TICKS_PER_QUARTER

_STEP_SEMITONES = 2  # inclusive

FIGURES = (
    "notes_per_bar",  # notes struck, a bar
    "moments_per_bar",  # moments at which something is struck, a bar
    "polyphony",  # notes that sound at once, on average while anything sounds
    "duration_quarters",  # mean length of a note
    "rest_share",  # share of time in which nothing sounds
    "repeated_chord_share",  # share of struck chords (two notes or more) that equal the one struck before
    "repeated_note_share",  # share of melodic intervals that are a prime
    "pitch_class_entropy",  # bits, of sounding time
    "melodic_interval",  # mean absolute interval of the melody, semitones
    "melodic_step_share",  # share of moving melodic intervals up to a whole tone
    "melodic_range",  # semitones between the melody's 5th and 95th percentile
    "pitch_range",  # semitones between the lowest and the highest note
)


def piece_figures(score: Score) -> dict[str, float]:
    """Return the `FIGURES` of a score, by name; empty for a score with fewer than two notes."""
    notes = note_array(score)
    if len(notes) < 2:
        return {}
    bars = sum(bar.duration_tick / bar.meter.bar_ticks for bar in score.bars)
    lengths = notes.end - notes.onset
    sounding = _sounding_ticks(sorted(zip(notes.onset.tolist(), notes.end.tolist(), strict=True)))
    shares = np.bincount(notes.pitch % 12, weights=lengths, minlength=12) / lengths.sum()
    melody = [note.pitch for note in melody_line(score)]
    intervals = np.abs(np.diff(melody)) if len(melody) > 1 else np.zeros(1)
    moving = intervals[intervals > 0]
    low, high = np.percentile(melody, [5, 95])
    values = (
        len(notes) / bars,
        len(np.unique(notes.onset)) / bars,
        float(lengths.sum()) / sounding,
        float(lengths.mean()) / TICKS_PER_QUARTER,
        1 - sounding / score.end_tick,
        _repeated_chords(notes.onset.tolist(), notes.pitch.tolist()),
        float((intervals == 0).mean()),
        -sum(share * math.log2(share) for share in shares.tolist() if share > 0),
        float(intervals.mean()),
        float((moving <= _STEP_SEMITONES).mean()) if len(moving) else 0.0,
        float(high - low),
        float(notes.pitch.max() - notes.pitch.min()),
    )
    return dict(zip(FIGURES, values, strict=True))


def _sounding_ticks(spans: list[tuple[int, int]]) -> int:
    """Return how many ticks are covered by spans that are sorted by their start."""
    covered, reached = 0, 0
    for start, end in spans:
        covered += max(0, end - max(start, reached))
        reached = max(reached, end)
    return covered


def _repeated_chords(onsets: list[int], pitches: list[int]) -> float:
    groups = itertools.groupby(zip(onsets, pitches, strict=True), key=lambda row: row[0])
    struck = [tuple(pitch for _, pitch in group) for _, group in groups]
    pairs = [(left, right) for left, right in itertools.pairwise(struck) if len(right) > 1]
    return sum(left == right for left, right in pairs) / len(pairs) if pairs else 0.0
