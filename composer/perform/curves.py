"""What can be drawn and compared of a performance: its tempo from beat to beat and its loudness.

Conventions: axis `beat` runs over the beats of the meter between the first and the last onset, a value at each beat's
beginning. Tempi are heard from the onsets, so that a person's performance and a rule's are measured alike.

Contents: `tempo_of`, `loudness_of`, `Likeness`, `likeness`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from composer.perform.codec import encode
from composer.perform.tempo_map import FloatArray, IntArray, seconds_at
from composer.performance import Performance
from composer.score import Score
from composer.theory.meter import TICKS_PER_QUARTER


def tempo_of(performance: Performance) -> tuple[IntArray, FloatArray]:
    """Return (tick, beats a minute) of each beat. [beat], [beat]"""
    ticks = _beats(performance)
    if len(ticks) < 2:
        return ticks[:0], np.zeros(0)
    curve = encode(performance).tempo_curve
    lengths_sec = np.maximum(np.diff(seconds_at(curve, ticks)), 1e-3)
    quarters = np.diff(ticks) / TICKS_PER_QUARTER
    beat_quarters = np.array([performance.score.meter_at(int(tick)).beat_quarters for tick in ticks[:-1]])
    tempo: FloatArray = 60.0 / lengths_sec * quarters / beat_quarters
    return ticks[:-1], tempo


def loudness_of(performance: Performance) -> tuple[IntArray, FloatArray]:
    """Return (tick, mean velocity) of each beat in which a note begins. [beat], [beat]"""
    edges = _beats(performance)
    rows = [(played.note.onset_tick, played.velocity) for played in performance.notes if not played.note.is_grace]
    if not rows or not len(edges):
        return edges[:0], np.zeros(0)
    ticks, velocities = np.array(rows, dtype=np.float64).T
    beat = np.maximum(np.searchsorted(edges, ticks, side="right") - 1, 0)
    count = np.bincount(beat, minlength=len(edges))
    total = np.bincount(beat, weights=velocities, minlength=len(edges))
    return edges[count > 0], total[count > 0] / count[count > 0]


@dataclass(frozen=True)
class Likeness:
    """How much two performances of a score are alike, as correlations from -1 to 1; nan where one is constant.

    Attributes:
        tempo: of the log tempi of the beats that both have.
        velocity: of the velocities of the notes that both have.
    """

    tempo: float
    velocity: float


def likeness(one: Performance, other: Performance) -> Likeness:
    """Compare two performances of one score."""
    tempi = [dict(zip(*map(list, tempo_of(performance)), strict=True)) for performance in (one, other)]
    velocities = [
        {(n.part, n.note.onset_tick, n.note.pitch, n.note.is_grace): float(n.velocity) for n in performance.notes}
        for performance in (one, other)
    ]
    return Likeness(tempo=_correlation(*tempi, is_log=True), velocity=_correlation(*velocities))


def _correlation(one: Mapping[Any, float], other: Mapping[Any, float], *, is_log: bool = False) -> float:
    shared = [key for key in one if key in other]
    rows = np.array([[values[key] for key in shared] for values in (one, other)])
    if len(shared) < 3 or rows.std(axis=1).min() < 1e-9:
        return float("nan")
    return float(np.corrcoef(np.log(rows) if is_log else rows)[0, 1])


def _beats(performance: Performance) -> IntArray:
    """Return the beats from the first onset to the last one."""
    onsets = [played.note.onset_tick for played in performance.notes if not played.note.is_grace]
    if not onsets:
        return np.zeros(0, dtype=np.int64)
    first, last = min(onsets), max(onsets)
    return np.array([tick for tick in beats_of(performance.score) if first <= tick <= last], dtype=np.int64)


def beats_of(score: Score) -> list[int]:
    """Return the ticks of all beats of a score."""
    return [
        tick
        for bar in score.bars
        for tick in range(bar.onset_tick - bar.lead_tick, bar.end_tick, bar.meter.beat_ticks)
        if tick >= bar.onset_tick
    ]
