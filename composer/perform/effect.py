"""What one rule of performance adds: curves that are summed over all rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from composer.perform.reading import Reading
from composer.perform.tempo_map import FloatArray


@dataclass(frozen=True, eq=False)
class Effect:
    """The additive curves of a rule; None where it leaves a quantity alone.

    Attributes:
        log_period: natural log of the factor on the length of a beat. [point]
        level_db: loudness. [note]
        articulation_log2: log2 of the factor on the sounding length. [note]
        gap_sec: silence before the note's written end, taken from its sounding length, >= 0. [note]
    """

    log_period: FloatArray | None = None
    level_db: FloatArray | None = None
    articulation_log2: FloatArray | None = None
    gap_sec: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class Curves:
    """The sum of effects: the attributes of `Effect`, none of them missing."""

    log_period: FloatArray
    level_db: FloatArray
    articulation_log2: FloatArray
    gap_sec: FloatArray


def add_up(reading: Reading, effects: Iterable[Effect]) -> Curves:
    """Sum the effects. Of gaps only the longest counts: a key is let go once."""
    log_period = np.zeros(reading.num_points)
    level_db, articulation_log2, gap_sec = (np.zeros(reading.num_notes) for _ in range(3))
    for effect in effects:
        if effect.log_period is not None:
            log_period = log_period + effect.log_period
        if effect.level_db is not None:
            level_db = level_db + effect.level_db
        if effect.articulation_log2 is not None:
            articulation_log2 = articulation_log2 + effect.articulation_log2
        if effect.gap_sec is not None:
            gap_sec = np.maximum(gap_sec, effect.gap_sec)
    return Curves(log_period, level_db, articulation_log2, gap_sec)
