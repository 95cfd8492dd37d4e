"""What a player has learned from performances, besides the rules: loudness, touch and time of each note.

What it is: a `LearnedPart` predicts, from the score, its phrases and what the rules say, by how much somebody's playing
differs from the rules; added at half weight it is the mean of the rules and of what was learned. It is a refinement of
`performer.perform`, so that noise, leads, ornaments and pedal are as ever.

Conventions: loudness in dB, touch as log2 of the sounding share, time as the natural log of the beat period. The mean
loudness and the usual tempo of a performance are taken off: how loud and how fast a piece goes is not to be learned.

Source: basis-function models (Grachten and Widmer 2012) with boosted trees; half rules, half learned was best on the
recordings of 22 pianists.

Contents: `LearnedPart`, `Residuals`, `residuals`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from composer.perform.boosting import Trees
from composer.perform.codec import encode
from composer.perform.effect import Curves
from composer.perform.learned_features import note_features, onset_features, onset_log_ioi
from composer.perform.performer import VELOCITY_PER_DB
from composer.perform.reading import Reading
from composer.perform.tempo_map import FloatArray
from composer.performance import Performance
from composer.score import Note

WEIGHT = 0.5  # of what was learned; the rules have the rest
MAX_LEVEL_DB = 10.0  # of what is learned and played, either way
MAX_TOUCH_LOG2 = 2.0
MAX_LOG_PERIOD = 0.5


@dataclass(frozen=True, eq=False)
class LearnedPart:
    """A refinement: rules in, rules and experience out.

    Attributes:
        loudness, touch: of each note, from its features.
        time: of each onset, from the features of its highest note.
        weight: 0 for the rules alone, 1 for all that was learned.
    """

    loudness: Trees
    touch: Trees
    time: Trees
    weight: float = WEIGHT

    def __call__(self, reading: Reading, curves: Curves) -> Curves:
        """Return the curves with what was learned."""
        if not reading.num_notes or not len(reading.onset_points):
            return curves
        notes = note_features(reading, curves)
        level_db = _held(self.loudness(notes), MAX_LEVEL_DB)
        touch_log2 = _held(self.touch(notes), MAX_TOUCH_LOG2)
        log_period = _held(self.time(onset_features(reading, notes)), MAX_LOG_PERIOD)
        return replace(
            curves,
            level_db=curves.level_db + self.weight * (level_db - level_db.mean()),
            articulation_log2=curves.articulation_log2 + self.weight * touch_log2,
            log_period=curves.log_period + self.weight * reading.spread(log_period - log_period.mean()),
        )


@dataclass(frozen=True, eq=False)
class Residuals:
    """What somebody plays beyond the rules; nan where a note was not played or cannot say.

    Attributes:
        level_db, touch_log2: [note]
        log_period: [onset]
    """

    level_db: FloatArray
    touch_log2: FloatArray
    log_period: FloatArray


def residuals(reading: Reading, curves: Curves, performance: Performance) -> Residuals:
    """Return by how much a performance differs from the rules.

    Args:
        reading: of the score that is played.
        curves: the sum of the rules.
        performance: whose notes are those of the score, some of them missing.
    """
    code = encode(performance)
    row_of = {_identity(part, note): index for index, (part, note) in enumerate(code.strikes)}
    found = np.array([row_of.get(_identity(part, note), -1) for part, note in reading.strikes], dtype=np.int64)
    is_there = (found >= 0) & ~reading.is_grace
    level_db = np.where(is_there, code.velocity[found] / VELOCITY_PER_DB, np.nan) - _centred(curves.level_db, is_there)
    sounding = np.maximum(reading.nominal_duration_sec * 2.0**curves.articulation_log2 - curves.gap_sec, 0.03)
    ruled_log2 = np.log2(sounding / np.maximum(reading.nominal_duration_sec, 0.03))
    touch_log2 = np.where(is_there, code.articulation_log2[found], np.nan) - ruled_log2
    return Residuals(
        level_db=_held(level_db - np.nanmean(level_db) if is_there.any() else level_db, 2 * MAX_LEVEL_DB),
        touch_log2=_held(touch_log2, 2 * MAX_TOUCH_LOG2),
        log_period=_held(_time_beyond(reading, curves, performance), 2 * MAX_LOG_PERIOD),
    )


def _time_beyond(reading: Reading, curves: Curves, performance: Performance) -> FloatArray:
    """Return the log of the time to the next onset beyond the rules' one, its median taken off. [onset]"""
    ticks = reading.point_tick[reading.onset_points]
    seconds = np.full(len(ticks), np.nan)
    rows = [(played.note.onset_tick, played.onset_sec) for played in performance.notes if not played.note.is_grace]
    if rows:
        played_tick, played_sec = np.array(rows, dtype=np.float64).T
        unique, place = np.unique(played_tick, return_inverse=True)
        means = np.bincount(place, weights=played_sec) / np.bincount(place)
        at = np.searchsorted(ticks, unique)
        known = (at < len(ticks)) & (ticks[np.minimum(at, len(ticks) - 1)] == unique)
        seconds[at[known]] = means[known]
    ioi_sec = np.append(np.diff(seconds), np.nan)
    with np.errstate(invalid="ignore"):
        beyond = np.log(np.maximum(ioi_sec, 0.01) / np.maximum(reading.onset_ioi_sec, 0.01))
    beyond = beyond - onset_log_ioi(reading, curves.log_period)
    centred: FloatArray = beyond - np.nanmedian(beyond) if np.isfinite(beyond).any() else beyond
    return centred


def _identity(part: int, note: Note) -> tuple[int, int, int, bool]:
    return part, note.onset_tick, note.pitch, note.is_grace


def _centred(values: FloatArray, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> FloatArray:
    centred: FloatArray = values - values[chosen].mean() if chosen.any() else values
    return centred


def _held(values: FloatArray, limit: float) -> FloatArray:
    held: FloatArray = np.clip(values, -limit, limit)
    return held
