"""Rules that sharpen or soften the rhythm itself: short notes against long ones.

What it is: duration contrast, double and triple duration and social duration care of the KTH rule system, as pure
functions from a `Reading` to an `Effect` with one strength `k`.

Conventions: the durations are those from one onset to the next in all voices together (inter-onset intervals, IOI),
since one tempo curve carries them all.

Source: Friberg, Bresin, Sundberg 2006; Friberg 1991 (quantities).

Contents: `duration_contrast`, `contrast_ms`, `double_duration`, `triple_duration`, `social_duration_care`.
"""

from __future__ import annotations

import numpy as np

from composer.perform.effect import Effect
from composer.perform.reading import Reading
from composer.perform.tempo_map import FloatArray

CONTRAST_FACTOR = 1.5
CONTRAST_DB_PER_MS = 0.075
MAX_CONTRAST_DB = 0.8
DOUBLE_SHARE = 0.12  # 2:1 becomes 1.68:1: the short note gains 12 % of itself, the long one pays it
TRIPLE_SHARE = 0.30  # 3:1 becomes 2.08:1
SHORTEST_MS = 100.0  # shorter notes between longer ones are cared for …
CARE_MS = 10.0  # … by so much, which the note before pays
MIN_FACTOR = 0.3
RATIO_TOLERANCE = 0.02


def duration_contrast(reading: Reading, *, k: float) -> Effect:
    """Make short notes shorter and softer.

    Δ(ms) = −11/170·(IOI − 30) from 30 to 200 ms, −4/200·(400 − IOI) − 7 to 400, −7/200·(600 − IOI) to 600, else 0;
    the IOI changes by 1.5·k·Δ, the level by 0.075 dB·k a millisecond of Δ, at most 0.8 dB.
    """
    ioi_ms = 1000 * reading.onset_ioi_sec
    delta_ms = contrast_ms(ioi_ms)
    log_period = np.log1p(np.maximum(k * CONTRAST_FACTOR * delta_ms / np.maximum(ioi_ms, 30), -0.5))
    point_db = reading.spread(k * np.maximum(CONTRAST_DB_PER_MS * delta_ms, -MAX_CONTRAST_DB))
    return Effect(log_period=reading.spread(log_period), level_db=point_db[reading.note_point])


def contrast_ms(length_ms: FloatArray) -> FloatArray:
    """Return what the rule takes from notes of these lengths, before its factor: 0 to −11 ms, most at 200 ms."""
    change_ms: FloatArray = np.interp(length_ms, [30, 200, 400, 600], [0, -11, -7, 0])
    return change_ms


def double_duration(reading: Reading, *, k: float) -> Effect:
    """Soften the ratio of a long onset to a single short one between longer ones: 2:1 towards 1.68:1.

    The short one gains 12 %·k of itself, the long one pays for it; their sum stays. The pattern is that of compound
    meters (quarter, eighth, quarter …): before several short notes pianists sharpen the contrast instead of softening
    it, so the rule leaves those alone.
    """
    return _softened(reading, ratio=2.0, share=k * DOUBLE_SHARE)


def triple_duration(reading: Reading, *, k: float) -> Effect:
    """Soften the ratio of a long onset to a single short one between longer ones: 3:1 towards 2.08:1.

    The short one gains 30 %·k of itself. Players leave it out: pianists sharpen dotted rhythms.
    """
    return _softened(reading, ratio=3.0, share=k * TRIPLE_SHARE)


def social_duration_care(reading: Reading, *, k: float) -> Effect:
    """Give very short onsets between longer ones 10 ms·k more, so that they are heard; the one before pays for it."""
    ioi_ms = 1000 * reading.onset_ioi_sec
    change_ms = np.zeros(len(ioi_ms))
    if len(ioi_ms) > 2:
        short = (ioi_ms[1:-1] < SHORTEST_MS) & (ioi_ms[1:-1] < ioi_ms[:-2]) & (ioi_ms[1:-1] < ioi_ms[2:])
        shorts = np.flatnonzero(short) + 1
        change_ms[shorts] += k * CARE_MS
        change_ms[shorts - 1] -= k * CARE_MS
    factor = 1 + change_ms / np.maximum(ioi_ms, 1.0)
    return Effect(log_period=reading.spread(np.log(np.maximum(factor, MIN_FACTOR))))


def _softened(reading: Reading, *, ratio: float, share: float) -> Effect:
    """Return the effect of giving single short onsets `share` of themselves where the one before is `ratio` as long."""
    ioi_sec = reading.onset_ioi_sec
    factor = np.ones(len(ioi_sec))
    if len(ioi_sec) > 2:
        long_sec, short_sec, next_sec = ioi_sec[:-2], np.maximum(ioi_sec[1:-1], 1e-6), ioi_sec[2:]
        is_pair = np.abs(long_sec / short_sec - ratio) < RATIO_TOLERANCE
        longs = np.flatnonzero(is_pair & (next_sec > 1.01 * short_sec))
        factor[longs] -= share / ratio
        factor[longs + 1] += share
    return Effect(log_period=reading.spread(np.log(np.maximum(factor, MIN_FACTOR))))
