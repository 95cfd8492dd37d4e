"""Between score ticks and seconds along a tempo curve, both ways.

Conventions: a curve is piecewise constant in tempo, so piecewise linear in time. Before its first point the tempo of
the first point holds, after its last point that of the last.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from composer.performance import TempoPoint
from composer.theory.meter import TICKS_PER_QUARTER

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def seconds_at(curve: Sequence[TempoPoint], ticks: npt.ArrayLike) -> FloatArray:
    """Return the seconds of each of `ticks`, same shape; `curve` has at least one point."""
    point_tick, point_sec, quarter_sec = _columns(curve)
    wanted = np.asarray(ticks, dtype=np.float64)
    index = np.maximum(np.searchsorted(point_tick, wanted, side="right") - 1, 0)
    return point_sec[index] + (wanted - point_tick[index]) / TICKS_PER_QUARTER * quarter_sec[index]


def ticks_at(curve: Sequence[TempoPoint], seconds: npt.ArrayLike) -> FloatArray:
    """Return the (fractional) score ticks at `seconds`, same shape; the inverse of `seconds_at`."""
    point_tick, point_sec, quarter_sec = _columns(curve)
    wanted = np.asarray(seconds, dtype=np.float64)
    index = np.maximum(np.searchsorted(point_sec, wanted, side="right") - 1, 0)
    return point_tick[index] + (wanted - point_sec[index]) / quarter_sec[index] * TICKS_PER_QUARTER


def curve_of(point_tick: IntArray, quarter_sec: FloatArray, *, start_sec: float = 0.0) -> tuple[TempoPoint, ...]:
    """Return the curve with these tempi from these ticks on; points that change nothing are left out.

    Args:
        point_tick: increasing ticks. [point]
        quarter_sec: length of a quarter from each tick on, > 0. [point]
        start_sec: seconds of the first tick.
    """
    point_sec = start_sec + np.concatenate(
        [[0.0], np.cumsum(np.diff(point_tick) / TICKS_PER_QUARTER * quarter_sec[:-1])]
    )
    kept = np.concatenate([[True], np.abs(np.diff(quarter_sec)) > 1e-12])
    # A left-out point must not move the others: between two kept points the tempo is constant, so nothing moves.
    return tuple(
        TempoPoint(int(tick), float(sec), float(period))
        for tick, sec, period in zip(point_tick[kept], point_sec[kept], quarter_sec[kept], strict=True)
    )


def _columns(curve: Sequence[TempoPoint]) -> tuple[FloatArray, FloatArray, FloatArray]:
    rows = np.array([(point.tick, point.onset_sec, point.quarter_sec) for point in curve], dtype=np.float64)
    return rows[:, 0], rows[:, 1], rows[:, 2]
