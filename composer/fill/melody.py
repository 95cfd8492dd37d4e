"""How good a drafted tune is: range, contour, leaps, rhythm cells, and distance to the style's own openings.

What it is: `melody_score` ranks finished drafts of an idea or of a whole theme, `copied_notes` tells which were heard
before. Likelihood under the style's counts enters only as a mean over notes and only up to what is typical, since the
likeliest tune is a dull one.

Conventions: a tune is a list of (onset tick, duration ticks, MIDI pitch), one note at a time, sorted; scores are in
arbitrary units, higher is better.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from composer.analysis.copying import RunIndex, counted_notes, shared_notes
from composer.fill.rhythm import DIVISIONS, cell_name, cells_of, contradicts, tune_cells, usual_onsets
from composer.outline import ChordSpan, span_at
from composer.style_statistics import Opening, StyleStatistics, meter_class
from composer.theory.meter import Meter

Tune = Sequence[tuple[int, int, int]]
COPY_COST = 0.6  # of a note with which a tune goes on with a known one
PARALLEL_COST = 1.5  # for each fifth or octave that a tune would make with the planned bass

LEAST_NOTES = 4  # of what is a tune at all
WIDE = 7  # semitones: a leap beyond a fifth
# For each tenth by which a tune has fewer steps, or more wide leaps, than tunes of the style: a third of a point, one.
STEPS_COST, WIDE_COST = 3.0, 10.0
AGAINST_METER = 1.2  # of a beat whose rhythm contradicts the meter
_UNKNOWN_SHARE = 0.002  # of a cell that the style never has


def melody_score(
    tune: Tune,
    *,
    chords: Sequence[ChordSpan],
    meter: Meter,
    statistics: StyleStatistics,
    span_ticks: int,
    bar_offset_tick: int = 0,
    pace: float | None = None,
) -> float:
    """Return how good a tune is.

    Args:
        tune: the draft.
        chords: that it stands over.
        meter: of its bars.
        statistics: of the style.
        span_ticks: how long the place is that it fills.
        bar_offset_tick: tick of the first bar line (an upbeat comes before it).
        pace: notes a beat that are asked for; None: as many as the style's tunes have.
    """
    if len(tune) < LEAST_NOTES:
        return -100.0
    return (
        _fit(tune, chords, meter, bar_offset_tick)
        + _motion(tune, statistics)
        + _contour(tune)
        + _rhythm(tune, meter, statistics, span_ticks, bar_offset_tick, pace)
    )


def parallels_with_bass(tune: Tune, chords: Sequence[ChordSpan]) -> int:
    """Return how often a tune goes in fifths or octaves with the bass of its chords, where both move together."""
    found = 0
    for before, after in pairwise(chords):
        bass, next_bass = before.chord.bass(before.key), after.chord.bass(after.key)
        struck = next((pitch for onset, _, pitch in tune if onset == after.start_tick), None)
        held = [pitch for onset, length, pitch in tune if onset < after.start_tick <= onset + length]
        if struck is None or not held or bass == next_bass or held[-1] == struck:
            continue
        interval = (struck - next_bass) % 12
        found += interval in (0, 7) and interval == (held[-1] - bass) % 12
    return found


def copied_notes(tune: Tune, runs: Sequence[RunIndex], *, given: Tune = ()) -> int:
    """Return how many notes go on with a training piece's run beyond what every other real piece has.

    Args:
        tune: the draft.
        runs: of the training pieces; the worst one counts.
        given: its notes that are not the draft's own, which do not count.
    """
    onset, pitch = (np.array([note[column] for note in tune], np.int64) for column in (0, 2))
    pinned = {(note[0], note[2]) for note in given}
    own = np.array([(note[0], note[2]) not in pinned for note in tune], bool)
    line = np.zeros(len(tune), np.int64)
    copied = [counted_notes(shared_notes(onset, pitch, line, index), own) > index.usual for index in runs]
    return max((int((beyond & own).sum()) for beyond in copied), default=0)


def _fit(tune: Tune, chords: Sequence[ChordSpan], meter: Meter, bar_offset_tick: int) -> float:
    """Notes of the chord on strong places; others are welcome between them."""
    score = 0.0
    for onset, _, pitch in tune:
        span = span_at(chords, onset)
        if span is None:
            continue
        strength = meter.strength((onset - bar_offset_tick) % meter.bar_ticks)
        inside = pitch % 12 in span.chord.pitch_classes(span.key)
        if not inside:
            score -= (0.0, 0.1, 0.6, 0.9, 1.0)[strength]
            scale = set(span.key.scale)
            if span.key.mode == "minor":
                scale |= {(span.key.tonic_pitch_class + 9) % 12, (span.key.tonic_pitch_class + 11) % 12}
            if pitch % 12 not in scale:
                score -= 0.8
    return score


def _motion(tune: Tune, statistics: StyleStatistics) -> float:
    """Steps and leaps as the style has them, each large leap turned back, no note hammered."""
    pitches = [pitch for _, _, pitch in tune]
    intervals = np.diff(pitches)
    score = 0.0
    typical = _mean_log(statistics.melody_intervals)
    seen = [_log_share(statistics.melody_intervals, str(int(i))) for i in intervals]
    score -= 1.5 * max(0.0, typical - float(np.mean(seen)))  # rarer than usual is a fault, commoner is no merit
    for before, after in pairwise(intervals):
        if abs(before) > 7 and (abs(after) > 4 or before * after > 0):
            score -= 0.8
    score -= 1.2 * sum(abs(int(i)) in (6, 10, 11) or abs(int(i)) > 12 for i in intervals)
    repeats = float(np.mean(intervals == 0))
    score -= 5.0 * max(0.0, repeats - 0.15)
    steps = float(np.mean((np.abs(intervals) <= 2) & (intervals != 0)))
    wide = float(np.mean(np.abs(intervals) > WIDE))
    least_steps, most_wide = _usual_sizes(statistics)
    score -= STEPS_COST * max(0.0, least_steps - steps) + 3.0 * max(0.0, steps - 0.9)
    return score - WIDE_COST * max(0.0, wide - most_wide)


def _usual_sizes(statistics: StyleStatistics) -> tuple[float, float]:
    """Return the share of steps that a tune of the style has at least, and that of wide leaps that it has at most.

    Keyboard tunes were counted with their broken chords: one leap in ten notes is enough for any theme, and choirs
    hardly leap at all.
    """
    counts = {abs(int(interval)): 0 for interval in statistics.melody_intervals}
    for interval, count in statistics.melody_intervals.items():
        counts[abs(int(interval))] += count
    total = sum(counts.values())
    if not total:
        return 0.4, 0.1
    steps = sum(count for size, count in counts.items() if 0 < size <= 2) / total
    wide = sum(count for size, count in counts.items() if size > WIDE) / total
    return max(0.4, steps - 0.1), min(0.1, wide)


def _contour(tune: Tune) -> float:
    """A compass of about an octave and one highest note, neither first nor last."""
    pitches = [pitch for _, _, pitch in tune]
    compass = max(pitches) - min(pitches)
    score = -0.35 * max(0, 5 - compass) - 0.35 * max(0, compass - 14)
    peaks = [index for index, pitch in enumerate(pitches) if pitch == max(pitches)]
    score += 0.6 if len(peaks) == 1 else 0.2 if len(peaks) == 2 else -0.3
    if 0 < peaks[0] < len(pitches) - 1:
        score += 0.4
    turns = sum(int(a * b < 0) for a, b in pairwise(np.diff(pitches)))
    return score - 2.0 * max(0.0, turns / max(1, len(pitches) - 2) - 0.65)


def _rhythm(
    tune: Tune,
    meter: Meter,
    statistics: StyleStatistics,
    span_ticks: int,
    bar_offset_tick: int,
    pace: float | None,
) -> float:
    """Few different cells a beat, more than one, none that the style does not know in this meter."""
    cells = tune_cells([onset - bar_offset_tick for onset, _, _ in tune], meter)
    names = [cell_name(cell) for cell in cells]
    different = len(set(names))
    allowed = 2 + span_ticks / (4 * meter.bar_ticks)
    score = -0.5 * max(0.0, different - allowed) - (1.5 if different < 2 else 0.0)
    score -= AGAINST_METER * sum(contradicts(cell, meter) for cell in cells)
    known = cells_of(statistics, meter)
    if known:
        typical = sum(share * math.log(share) for share in known.values())
        seen = [math.log(max(known.get(name, 0.0), _UNKNOWN_SHARE)) for name in names]
        score -= 1.0 * max(0.0, typical - float(np.mean(seen)))
    # A tune moves about as much as it is asked to, or as the style's tunes do.
    per_beat = len(tune) / max(1.0, span_ticks / meter.beat_ticks)
    usual = usual_onsets(statistics, meter) if pace is None else pace
    score -= 2.0 * max(0.0, 0.7 * usual - per_beat) + 1.0 * max(0.0, per_beat - 1.3 * usual)
    longest = max(duration for _, duration, _ in tune[:-1])
    return score - 0.8 * max(0.0, longest / meter.bar_ticks - 1.0)


def _log_share(counts: Mapping[str, int], name: str) -> float:
    total = sum(counts.values())
    return math.log((counts.get(name, 0) + 0.5) / (total + 0.5 * (len(counts) + 1))) if total else 0.0


def _mean_log(counts: Mapping[str, int]) -> float:
    """Return the mean log share of what the style does (its negative entropy)."""
    total = sum(counts.values())
    if not total:
        return 0.0
    return sum(n / total * _log_share(counts, name) for name, n in counts.items())


def known_openings(statistics: StyleStatistics, *, meter: Meter, mode: str) -> list[Opening]:
    """Return the style's real two-bar openings that are in a meter and mode; those in triplets of another are not."""
    found = []
    for opening in statistics.openings:
        if opening.meter != meter_class(meter) or opening.mode != mode or len(opening.pitches) < 3:
            continue
        own = tune_cells([round(onset * meter.beat_ticks) for onset in opening.onsets_beat], meter)
        if not any(contradicts(cell, meter) for cell in own):
            found.append(opening)
    return found


def rhythm_likeness(tune: Tune, opening: Opening, *, meter: Meter, bar_offset_tick: int = 0) -> float:
    """Return how many onsets a tune and an opening share, 0..1: the F1 of their places, in twelfths of a beat."""
    places = {round((onset - bar_offset_tick) * DIVISIONS / meter.beat_ticks) for onset, _, _ in tune}
    others = {round(onset * DIVISIONS) for onset in opening.onsets_beat}
    return 2 * len(places & others) / max(1, len(places) + len(others))


def opening_likeness(tune: Tune, openings: Sequence[Opening], *, meter: Meter, bar_offset_tick: int = 0) -> float:
    """Return how like the nearest of some real openings a tune begins, 0..1.

    Half of it is rhythm, half contour (share of equal directions). A copy is not wanted: what is nearly equal counts
    as 0.
    """
    if len(tune) < 2:
        return 0.0
    signs = np.sign(np.diff([pitch for _, _, pitch in tune]))
    best = 0.0
    for opening in openings:
        rhythm = rhythm_likeness(tune, opening, meter=meter, bar_offset_tick=bar_offset_tick)
        other_signs = np.sign(np.diff(opening.pitches))
        shared = min(len(signs), len(other_signs))
        alike = 0.5 * rhythm + 0.5 * float(np.mean(signs[:shared] == other_signs[:shared]))
        best = max(best, 0.0 if alike > 0.97 else alike)
    return best
