"""What a learned player knows of each note: the score, its phrases, and what the rules would do with it.

What it is: `note_features` lays some forty numbers a note out, `onset_features` those of the highest note of each
onset, and `onset_log_ioi` what a tempo curve makes of the time from one onset to the next.

Conventions: logarithms are to the base 2, distances in pitch octaves, places from 0 to 1; what is not there is 0.
Nothing depends on absolute loudness, on the marked tempo alone, or on the length of the piece.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from composer.perform.accents import dynamics
from composer.perform.effect import Curves
from composer.perform.reading import Arc, Reading
from composer.perform.tempo_map import FloatArray, IntArray
from composer.score import LOWER_STAFF

CENTRE_PITCH = 62.0
LONGEST_LEAP = 2.0  # octaves; wider ones count as so wide
NEAR_ONSETS = 8  # onsets to a boundary beyond which it is far
FEATURES = (
    *("rule_level", "rule_articulation", "rule_log_ioi"),  # what the rules say
    *("is_top", "is_bottom", "pitch", "below_top", "above_local_mean", "chord_size", "is_lower_staff", "is_grace"),
    *("ioi_before", "ioi_after", "ioi_change", "duration", "duration_of_ioi"),
    *("strength", "is_downbeat", "place_in_bar"),
    *("leap_before", "leap_after", "is_peak"),
    *("place_in_subphrase", "place_in_period", "place_in_section", "place_in_piece"),
    *("onsets_since_subphrase", "onsets_to_subphrase", "onsets_to_period", "onsets_to_end", "finality"),
    *("density", "level", "is_accented", "is_short", "is_held", "key_repeats"),
)


def note_features(reading: Reading, curves: Curves) -> FloatArray:
    """Return the features of each note. [note, FEATURES]

    Args:
        reading: the piece.
        curves: the sum of the rules.
    """
    onset = _onset_of(reading)
    columns = {
        "rule_level": curves.level_db - curves.level_db.mean() if reading.num_notes else curves.level_db,
        "rule_articulation": curves.articulation_log2,
        "rule_log_ioi": onset_log_ioi(reading, curves.log_period)[onset],
        **_pitches(reading, onset),
        **_times(reading, onset),
        **_places(reading, onset),
        **_signs(reading),
    }
    table: FloatArray = np.stack([np.asarray(columns[name], dtype=np.float64) for name in FEATURES], axis=1)
    return table


def onset_features(reading: Reading, per_note: FloatArray) -> FloatArray:
    """Return the features of the highest note of each onset. [onset, FEATURES]"""
    return per_note[_highest(reading)]


def onset_log_ioi(reading: Reading, log_period: FloatArray) -> FloatArray:
    """Return the natural log of the factor by which a curve stretches the time from each onset to the next. [onset]

    Args:
        reading: the piece.
        log_period: natural log of the factor on the beat. [point]
    """
    if not len(reading.onset_points):
        return np.zeros(0)
    nominal = np.append(np.diff(reading.point_sec), 0.0)
    stretched = np.concatenate([[0.0], np.cumsum(nominal * np.exp(log_period))])
    plain = np.concatenate([[0.0], np.cumsum(nominal)])
    edges = np.append(reading.onset_points, reading.num_points)
    lengths, wanted = np.diff(plain[edges]), np.diff(stretched[edges])
    at_once = log_period[reading.onset_points]
    known = lengths > 1e-9
    ratio: FloatArray = np.where(known, np.log(wanted / np.where(known, lengths, 1.0) + (~known)), at_once)
    return ratio


def _onset_of(reading: Reading) -> IntArray:
    """Return the onset that each note belongs to; of a grace before the first one, that one. [note]"""
    found = np.searchsorted(reading.onset_points, reading.note_point, side="right") - 1
    return np.clip(found, 0, max(len(reading.onset_points) - 1, 0)).astype(np.int64)


def _highest(reading: Reading) -> IntArray:
    """Return the highest note of each onset, graces apart. [onset]"""
    whole = np.flatnonzero(~reading.is_grace)
    order = whole[np.lexsort((reading.pitch[whole], reading.onset_tick[whole]))]
    _, last = np.unique(reading.onset_tick[order][::-1], return_index=True)
    highest: IntArray = order[::-1][last]
    return highest


def _pitches(reading: Reading, onset: IntArray) -> dict[str, FloatArray]:
    height = (reading.pitch - CENTRE_PITCH) / 12
    top = height[_highest(reading)]
    size = np.bincount(onset[~reading.is_grace], minlength=len(top))
    around = _smoothed(np.bincount(onset, weights=height, minlength=len(top)) / np.maximum(size, 1))
    before = np.clip(np.diff(top, prepend=top[:1]), -LONGEST_LEAP, LONGEST_LEAP)
    after = np.clip(np.diff(top, append=top[-1:]), -LONGEST_LEAP, LONGEST_LEAP)
    return {
        "is_top": reading.is_top.astype(float),
        "is_bottom": reading.is_bottom.astype(float),
        "pitch": height,
        "below_top": top[onset] - height,
        "above_local_mean": height - around[onset],
        "chord_size": np.log2(np.maximum(size, 1))[onset],
        "is_lower_staff": np.array([note.staff == LOWER_STAFF for _, note in reading.strikes], dtype=float),
        "is_grace": reading.is_grace.astype(float),
        "leap_before": before[onset],
        "leap_after": after[onset],
        "is_peak": ((before > 0) & (after < 0)).astype(float)[onset],
    }


def _times(reading: Reading, onset: IntArray) -> dict[str, FloatArray]:
    ioi = np.log2(np.maximum(reading.onset_ioi_sec, 0.02))
    before = np.concatenate([ioi[:1], ioi[:-1]])
    duration = np.log2(np.maximum(reading.nominal_duration_sec, 0.02))
    bars = [reading.score.bar_at(int(tick)) for tick in reading.onset_tick] if reading.score.bars else []
    place = [
        (tick - bar.onset_tick + bar.lead_tick) / bar.meter.bar_ticks
        for tick, bar in zip(reading.onset_tick, bars, strict=False)
    ]
    place_in_bar = np.array(place) if bars else np.zeros(reading.num_notes)
    rate = 1 / np.maximum(reading.onset_ioi_sec, 0.02)
    return {
        "ioi_before": before[onset],
        "ioi_after": ioi[onset],
        "ioi_change": (ioi - before)[onset],
        "duration": duration,
        "duration_of_ioi": duration - ioi[onset],
        "strength": reading.strength.astype(float),
        "is_downbeat": (place_in_bar % 1 < 1e-6).astype(float),
        "place_in_bar": place_in_bar,
        "density": np.log2(_smoothed(rate))[onset],
    }


def _places(reading: Reading, onset: IntArray) -> dict[str, FloatArray]:
    ticks = reading.point_tick[reading.onset_points]
    sub, since, until, finality = _along(ticks, reading.subphrases)
    period, _, to_period, _ = _along(ticks, reading.periods)
    section, _, _, _ = _along(ticks, reading.sections)
    count = len(ticks)
    return {
        "place_in_subphrase": sub[onset],
        "place_in_period": period[onset],
        "place_in_section": section[onset],
        "place_in_piece": (np.arange(count) / max(count - 1, 1))[onset],
        "onsets_since_subphrase": since[onset],
        "onsets_to_subphrase": until[onset],
        "onsets_to_period": to_period[onset],
        "onsets_to_end": np.minimum(np.arange(count)[::-1], NEAR_ONSETS)[onset].astype(float),
        "finality": finality[onset],
    }


def _along(ticks: IntArray, arcs: Sequence[Arc]) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return each onset's place in its arc, onsets since its start and to its last, and how final that is. [onset]"""
    place, since, until, finality = (np.zeros(len(ticks)) for _ in range(4))
    for arc in arcs:
        first, last = np.searchsorted(ticks, [arc.start_tick, arc.end_tick])
        count = last - first
        place[first:last] = np.clip((ticks[first:last] - arc.start_tick) / max(arc.last_tick - arc.start_tick, 1), 0, 1)
        since[first:last] = np.minimum(np.arange(count), NEAR_ONSETS)
        until[first:last] = np.minimum(np.arange(count)[::-1], NEAR_ONSETS)
        finality[first:last] = arc.weight * (1 + arc.ends_higher)
    return place, since, until, finality


def _signs(reading: Reading) -> dict[str, FloatArray]:
    signs = [set(note.articulations) for _, note in reading.strikes]
    level = dynamics(reading, k=1.0).level_db
    return {
        "level": np.zeros(reading.num_notes) if level is None else level,
        "is_accented": np.array([bool(own & {"accent", "marcato", "strong-accent"}) for own in signs], dtype=float),
        "is_short": np.array([bool(own & {"staccato", "staccatissimo"}) for own in signs], dtype=float),
        "is_held": np.array([bool(own & {"tenuto", "fermata"}) for own in signs], dtype=float),
        "key_repeats": (reading.next_on_key >= 0).astype(float),
    }


def _smoothed(values: FloatArray, *, reach: int = 8) -> FloatArray:
    """Return the mean of so many values before and behind each."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    index = np.arange(len(values))
    first, last = np.maximum(index - reach, 0), np.minimum(index + reach + 1, len(values))
    means: FloatArray = (sums[last] - sums[first]) / np.maximum(last - first, 1)
    return means
