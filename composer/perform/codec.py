"""Four numbers a note: a Performance taken apart and put together again, an inverse pair.

What it is: `encode` turns a performance, a person's or our own, into beat period, velocity, timing and articulation
of each note; `decode` turns them back. `decode(encode(p))` has the notes of `p`, to rounding of floats, and its pedal.

Conventions: the beat period holds from a score tick on, in seconds a quarter (`beat_period_sec` gives it per beat of
the meter); `timing_sec` is how much earlier than the tempo curve a note sounds; `articulation_log2` is log2 of its
sounding length over its written length along the curve. A grace note has no written length: `GRACE_SEC` stands for
it.

Source: the four parameters of partitura's performance codec (Cancino-Chacón et al. 2022; Grachten and Widmer 2012).
Differences: the written length of a note is measured along the tempo curve, not by the period at its onset, so that a
long note held through a ritardando does not seem to be articulated; the curve may have points between onsets;
velocity is not scaled to 0..1. The pedal goes along as it is. What is lost: the tempo curve of a performance between
onsets.

Contents: `PerformanceCode`, `encode`, `decode`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from composer.perform.tempo_map import FloatArray, IntArray, curve_of, seconds_at
from composer.perform.timing import GRACE_SEC
from composer.performance import PedalEvent, Performance, PlayedNote, TempoPoint
from composer.score import Note, Score
from composer.theory.meter import TICKS_PER_QUARTER

MIN_QUARTER_SEC = 0.02  # a curve never goes faster (3000 quarters a minute), nor backwards


@dataclass(frozen=True, eq=False)
class PerformanceCode:
    """A performance as four numbers a note.

    Attributes:
        score: what is played.
        strikes: (part index, note) of each note. [note]
        point_tick: where the tempo may change, increasing; every onset tick of a note is among them. [point]
        quarter_sec: seconds a quarter lasts from each of them on, > 0. [point]
        velocity: [note]
        timing_sec: [note]
        articulation_log2: [note]
        start_sec: seconds of the first point.
        pedal: sorted by time.
    """

    score: Score
    strikes: tuple[tuple[int, Note], ...]
    point_tick: IntArray
    quarter_sec: FloatArray
    velocity: FloatArray
    timing_sec: FloatArray
    articulation_log2: FloatArray
    start_sec: float = 0.0
    pedal: tuple[PedalEvent, ...] = ()

    @property
    def tempo_curve(self) -> tuple[TempoPoint, ...]:
        """The beat periods as a curve."""
        return curve_of(self.point_tick, self.quarter_sec, start_sec=self.start_sec)

    @property
    def beat_period_sec(self) -> FloatArray:
        """Seconds a beat of the meter lasts at the onset of each note. [note]"""
        ticks = np.array([note.onset_tick for _, note in self.strikes], dtype=np.int64)
        beats = np.array([self.score.meter_at(int(tick)).beat_quarters if self.score.bars else 1.0 for tick in ticks])
        periods: FloatArray = self.quarter_sec[np.searchsorted(self.point_tick, ticks)] * beats
        return periods


def encode(performance: Performance) -> PerformanceCode:
    """Return the four numbers of each note of a performance.

    The tempo curve goes through the mean onset of each chord (graces only count where nothing else begins), made
    increasing where a chord is struck before the one that is written earlier.
    """
    notes = performance.notes
    if not notes:
        curve = performance.tempo_curve or (TempoPoint(0, 0.0, 0.5),)
        ticks = np.array([point.tick for point in curve], dtype=np.int64)
        periods = np.array([point.quarter_sec for point in curve])
        empty = np.zeros(0)
        start_sec, pedal = curve[0].onset_sec, performance.pedal
        return PerformanceCode(performance.score, (), ticks, periods, empty, empty, empty, start_sec, pedal)
    onset_tick = np.array([played.note.onset_tick for played in notes], dtype=np.int64)
    onset_sec = np.array([played.onset_sec for played in notes])
    duration_sec = np.array([played.duration_sec for played in notes])
    point_tick, note_point = np.unique(onset_tick, return_inverse=True)
    point_sec = _chord_onsets(notes, onset_sec, note_point, point_tick)
    quarters = np.diff(point_tick) / TICKS_PER_QUARTER
    quarter_sec = np.diff(point_sec) / quarters
    quarter_sec = np.append(quarter_sec, quarter_sec[-1] if len(quarter_sec) else _lone_quarter_sec(notes))
    start_sec = float(point_sec[0])
    strikes = tuple((played.part, played.note) for played in notes)
    curve_sec, nominal_sec = _nominal(strikes, curve_of(point_tick, quarter_sec, start_sec=start_sec))
    return PerformanceCode(
        score=performance.score,
        strikes=strikes,
        point_tick=point_tick,
        quarter_sec=quarter_sec,
        velocity=np.array([float(played.velocity) for played in notes]),
        timing_sec=curve_sec - onset_sec,
        articulation_log2=np.log2(duration_sec / nominal_sec),
        start_sec=start_sec,
        pedal=performance.pedal,
    )


def decode(code: PerformanceCode, *, player: str = "", take: int = 0, expression: float = 1.0) -> Performance:
    """Return the performance that the four numbers describe; the inverse of `encode`.

    Velocities are rounded and held within 1..127. Nothing else is mended: a code made by rules must see to it that no
    key is struck twice at once (`performer.perform` does).
    """
    curve = code.tempo_curve
    curve_sec, nominal_sec = _nominal(code.strikes, curve)
    onset_sec = curve_sec - code.timing_sec
    duration_sec = nominal_sec * 2.0**code.articulation_log2
    velocity = np.clip(np.rint(code.velocity), 1, 127).astype(int)
    rows = zip(code.strikes, onset_sec.tolist(), duration_sec.tolist(), velocity.tolist(), strict=True)
    notes = [PlayedNote(part, note, onset, duration, value) for (part, note), onset, duration, value in rows]
    if curve[0].tick > 0:
        first = curve[0]
        lead_sec = first.onset_sec - first.tick / TICKS_PER_QUARTER * first.quarter_sec
        curve = (TempoPoint(0, lead_sec, first.quarter_sec), *curve[1:])
    return Performance(
        score=code.score,
        notes=tuple(sorted(notes, key=lambda played: played.onset_sec)),
        tempo_curve=curve,
        pedal=code.pedal,
        player=player,
        take=take,
        expression=expression,
    )


def _nominal(strikes: tuple[tuple[int, Note], ...], curve: tuple[TempoPoint, ...]) -> tuple[FloatArray, FloatArray]:
    """Return where the curve has each onset, and how long each note is along it, both in seconds. [note], [note]"""
    onset_tick = np.array([note.onset_tick for _, note in strikes], dtype=np.int64)
    end_tick = np.array([note.end_tick for _, note in strikes], dtype=np.int64)
    onset_sec = seconds_at(curve, onset_tick)
    lengths = seconds_at(curve, end_tick) - onset_sec
    without = np.array([note.is_grace or note.duration_tick <= 0 for _, note in strikes], dtype=bool)
    return onset_sec, np.where(without, GRACE_SEC, lengths)


def _chord_onsets(
    notes: tuple[PlayedNote, ...], onset_sec: FloatArray, note_point: IntArray, point_tick: IntArray
) -> FloatArray:
    """Return the mean onset of each chord, increasing. [point]"""
    whole = np.array([not played.note.is_grace for played in notes], dtype=np.float64)
    only_graces = np.bincount(note_point, weights=whole) == 0
    weights = np.where(only_graces[note_point], 1.0, whole)
    means = np.bincount(note_point, weights=weights * onset_sec) / np.bincount(note_point, weights=weights)
    steps = MIN_QUARTER_SEC * np.diff(point_tick) / TICKS_PER_QUARTER
    floor = np.concatenate([[0.0], np.cumsum(steps)])
    increasing: FloatArray = np.maximum.accumulate(means - floor) + floor
    return increasing


def _lone_quarter_sec(notes: tuple[PlayedNote, ...]) -> float:
    """Return a beat period for a performance of a single chord: as if its notes were held for their written length."""
    periods = [
        played.duration_sec * TICKS_PER_QUARTER / played.note.duration_tick
        for played in notes
        if played.note.duration_tick > 0
    ]
    return max(float(np.median(periods)), MIN_QUARTER_SEC) if periods else 0.5
