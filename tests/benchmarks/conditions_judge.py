"""Keys, chords and cadences of a plan found in notes, by code that neither the planner nor the analysis uses.

What it is: counts of what was found as planned, of a composed piece or of a real one on the same plan.

Keys: music21's finders, on the time that each pitch class sounds in a span of one planned key. Chords: the templates of
Pardo and Birmingham (Algorithms for Chordal Analysis, Computer Music Journal 26(2), 2002) on each planned chord's span:
weight of the notes inside the template, less that of the notes outside, less one for each member that is missing; on a
tie the heavier root. A note weighs the quarters that it sounds in the span, half as much where it begins off the beat.
Cadences: `report/cadences.py`, which reads what sounds at the planned moment.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from form_judge import FINDERS, finder

from composer.analysis.frames import NoteArray, note_array
from composer.outline import ChordSpan, Outline
from composer.report.cadences import judge_cadences
from composer.report.keys import judge_keys
from composer.score import Score
from composer.theory.meter import TICKS_PER_QUARTER

KEY_BARS = (8, 4)  # least lengths of a span in one key
BEAT_STRENGTH = 2  # of `Meter.strength`, inclusive
OFF_BEAT_WEIGHT = 0.5
STEP_TICKS = TICKS_PER_QUARTER // 4
KINDS = {
    "major": (0, 4, 7),
    "dominant7": (0, 4, 7, 10),
    "minor": (0, 3, 7),
    "diminished7": (0, 3, 6, 9),
    "halfdiminished7": (0, 3, 6, 10),
    "diminished": (0, 3, 6),
}
TEMPLATES = tuple((root, kind) for kind in KINDS for root in range(12))
MEMBERS = np.array([[(pc - root) % 12 in KINDS[kind] for pc in range(12)] for root, kind in TEMPLATES])


@dataclass(frozen=True)
class Count:
    """How much was found as planned.

    Attributes:
        right, total: spans, or quarters, or weights; of a share.
        number: spans that were looked at.
    """

    right: float = 0.0
    total: float = 0.0
    number: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.right + other.right, self.total + other.total, self.number + other.number)


Counts = dict[str, Count]


def judge(score: Score, outline: Outline) -> Counts:
    """Return what was found of a plan.

    Args:
        score: the notes.
        outline: of the plan, on the same timeline.
    """
    counts: Counts = {}

    def add(figure: str, right: float, total: float) -> None:
        counts[figure] = counts.get(figure, Count()) + Count(right, total, 1)

    for bars in KEY_BARS:
        for name in FINDERS:
            for span in judge_keys(score, outline, finder=finder(name), least_bars=bars):
                add(f"key, {bars} bars or more, {_author(name)}", span.agrees, 1)
    for figure, count in judge_chords(score, outline.chords).items():
        counts[figure] = count
    for cadence in judge_cadences(score, outline):
        add(f"{cadence.planned.cadence} as planned", cadence.is_as_planned, 1)
    return counts


def judge_chords(score: Score, spans: Sequence[ChordSpan]) -> Counts:
    """Return how much of planned chords was found: roots, triads and basses by time, notes by their weight."""
    figures = ("root", "root and triad", "bass", "notes of the chord")
    counts = dict.fromkeys(figures, Count())
    notes = note_array(score)
    on_beat = np.array([score.strength_at(int(tick)) >= BEAT_STRENGTH for tick in notes.onset], bool)
    for span in spans:
        quarters = (span.end_tick - span.start_tick) / TICKS_PER_QUARTER
        weights, basses = _heard(span, notes, on_beat)
        planned = span.chord.pitch_classes(span.key)
        found = find_chord(weights)
        root = found is not None and _has_root(found, planned, span.chord.quality)
        same = root and found is not None and _triad(found) == set(planned[:3])
        bass = bool(basses.any()) and int(basses.argmax()) == span.chord.bass(span.key)
        for figure, is_right in zip(figures, (root, same, bass), strict=False):
            counts[figure] += Count(quarters * is_right, quarters, 1)
        counts[figures[-1]] += Count(float(weights[list(planned)].sum()), float(weights.sum()), 1)
    return counts


def find_chord(weights: np.ndarray) -> tuple[int, str] | None:
    """Return root and kind of the template that fits pitch-class weights [12] best; None for silence."""
    if not weights.any():
        return None
    fit = np.where(MEMBERS, weights, -weights).sum(axis=1) - (MEMBERS & (weights == 0)).sum(axis=1)
    roots = np.array([root for root, _ in TEMPLATES])
    return TEMPLATES[int(np.lexsort((weights[roots], np.round(fit, 6)))[-1])]


def _heard(span: ChordSpan, notes: NoteArray, on_beat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the weight of each pitch class [12] in a span, and how many steps each is the lowest [12]."""
    lengths = np.minimum(notes.end, span.end_tick) - np.maximum(notes.onset, span.start_tick)
    inside = lengths > 0
    quarters = lengths[inside] / TICKS_PER_QUARTER * np.where(on_beat[inside], 1.0, OFF_BEAT_WEIGHT)
    onset, end, pitch = notes.onset[inside], notes.end[inside], notes.pitch[inside]
    basses = np.zeros(12)
    for tick in range(span.start_tick, span.end_tick, STEP_TICKS):
        sounding = pitch[(onset <= tick) & (end > tick)]
        if len(sounding):
            basses[sounding.min() % 12] += 1
    return np.bincount(pitch % 12, weights=quarters, minlength=12), basses


def _author(name: str) -> str:
    """Return the first author of one of `FINDERS`."""
    return re.split(r"(?<=[a-z])(?=[A-Z])", name)[0]


def _has_root(found: tuple[int, str], planned: tuple[int, ...], quality: str) -> bool:
    """Whether a chord found has the root of the planned one; of a diminished seventh any member is the root."""
    root, kind = found
    return root in planned if kind == quality == "diminished7" else root == planned[0]


def _triad(found: tuple[int, str]) -> set[int]:
    root, kind = found
    return {(root + above) % 12 for above in KINDS[kind][:3]}
