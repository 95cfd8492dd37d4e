"""Rules that sharpen or soften the rhythm itself: short notes against long ones.

What it is: duration contrast and double duration of the KTH rule system, as pure functions from a `Reading` to an
`Effect`.

Conventions: the durations are those from one onset to the next in all voices together (inter-onset intervals, IOI),
since one tempo curve carries them all.

Source: Friberg, Bresin, Sundberg 2006; Friberg 1991 (quantities).

Contents: `duration_contrast`, `double_duration`.
"""

from __future__ import annotations

import numpy as np

from composer.perform.effect import Effect
from composer.perform.reading import Reading

CONTRAST_FACTOR = 1.5
CONTRAST_DB_PER_MS = 0.075
MAX_CONTRAST_DB = 0.8
DOUBLE_SHARE = 0.12  # 2:1 becomes 1.68:1: the short note gains 12 % of itself, the long one pays it
RATIO_TOLERANCE = 0.02


def duration_contrast(reading: Reading, *, k: float) -> Effect:
    """Make short notes shorter and softer.

    Δ(ms) = −11/170·(IOI − 30) from 30 to 200 ms, −4/200·(400 − IOI) − 7 to 400, −7/200·(600 − IOI) to 600, else 0;
    the IOI changes by 1.5·k·Δ, the level by 0.075 dB·k a millisecond of Δ, at most 0.8 dB.
    """
    ioi_ms = 1000 * reading.onset_ioi_sec
    delta_ms = np.interp(ioi_ms, [30, 200, 400, 600], [0, -11, -7, 0])
    log_period = np.log1p(np.maximum(k * CONTRAST_FACTOR * delta_ms / np.maximum(ioi_ms, 30), -0.5))
    point_db = reading.spread(k * np.maximum(CONTRAST_DB_PER_MS * delta_ms, -MAX_CONTRAST_DB))
    return Effect(log_period=reading.spread(log_period), level_db=point_db[reading.note_point])


def double_duration(reading: Reading, *, k: float) -> Effect:
    """Soften the ratio of a long onset to a single short one between longer ones: 2:1 towards 1.68:1.

    The short one gains 12 %·k of itself, the long one pays for it; their sum stays. The pattern is that of compound
    meters (quarter, eighth, quarter …): before several short notes, and at 3:1, pianists sharpen the contrast instead
    of softening it, so the rule leaves those alone (its published form softens 3:1 too).
    """
    ioi_sec = reading.onset_ioi_sec
    factor = np.ones(len(ioi_sec))
    if len(ioi_sec) > 2:
        long_sec, short_sec, next_sec = ioi_sec[:-2], np.maximum(ioi_sec[1:-1], 1e-6), ioi_sec[2:]
        longs = np.flatnonzero((np.abs(long_sec / short_sec - 2) < RATIO_TOLERANCE) & (next_sec > 1.01 * short_sec))
        factor[longs] -= k * DOUBLE_SHARE / 2
        factor[longs + 1] += k * DOUBLE_SHARE
    return Effect(log_period=reading.spread(np.log(np.maximum(factor, 0.3))))
