"""Rules of uneven halves: notes inégales and swing.

What it is: inégales and the swing rules of the KTH rule system, as pure functions from a `Reading`. Players of jazz and
of French baroque music use them; nobody else does.

Conventions: only beats of simple meters whose second half begins with a note are uneven; the beat keeps its length, and
what falls within a half moves with it. The tempo of a piece that swings is in quarters a minute, as in its source.

Sources: Friberg 1991 (inégales); Friberg and Sundström 2002; Friberg, Gulz, Wettebrandt 2023 (swing ratio and delays
by tempo).

Contents: `inegales`, `swing`, `swing_delay`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from composer.perform.effect import Effect
from composer.perform.reading import Reading
from composer.perform.tempo_map import FloatArray, IntArray

INEGALES_SHARE = 0.22  # of half a beat: 1.56 to 1
SHORTEST_HALF_SEC = 0.050  # nothing is made shorter than this by inégales
RATIO_AT_REST, RATIO_PER_BPM = 4.10, -0.01  # 2.9 to 1 at 120, 2.1 to 1 at 200
OFFBEAT_DB = 3.0
MAX_SHARE = 0.8
SOLO_DELAY_MS, SOLO_DELAY_PER_BPM = 125.0, -0.41
BASS_DELAY_MS, BASS_DELAY_PER_BPM = 23.0, -0.054


def inegales(reading: Reading, *, k: float) -> Effect:
    """Play pairs of half beats long and short: 22 %·k of half a beat goes from the second to the first."""
    return Effect(log_period=_uneven(reading, lambda half_sec: _inegales_share(half_sec, k)))


def swing(reading: Reading, *, k: float) -> Effect:
    """Swing: the halves of a beat stand as 4.10 − 0.01·bpm to 1 (at least evenly), off-beats are 3 dB·k louder.

    At other strengths the off-beat is moved by k times as much, at most by 80 % of half a beat.
    """
    level_db = np.zeros(reading.num_notes)
    for half_tick in _halves(reading)[:, 1]:
        level_db[slice(*np.searchsorted(reading.onset_tick, [half_tick, half_tick + 1]))] = OFFBEAT_DB * k
    return Effect(log_period=_uneven(reading, lambda half_sec: k * _swing_share(half_sec)), level_db=level_db)


def swing_delay(reading: Reading, *, k: float) -> FloatArray:
    """Return how late soloist and bass come on the beat, as negative timing in seconds. [note]

    The top line (125 − 0.41·bpm)·k ms, the lowest notes (23 − 0.054·bpm)·k ms; off-beats are together.
    """
    timing_sec = np.zeros(reading.num_notes)
    if k <= 0:
        return timing_sec
    on_beat = np.isin(reading.onset_tick, reading.beats[:, 0])
    bpm = 60 / np.maximum(reading.quarter_sec[reading.note_point], 1e-3)
    solo_ms = np.maximum(SOLO_DELAY_MS + SOLO_DELAY_PER_BPM * bpm, 0.0)
    bass_ms = np.maximum(BASS_DELAY_MS + BASS_DELAY_PER_BPM * bpm, 0.0)
    timing_sec[reading.is_bottom & on_beat] = -k * bass_ms[reading.is_bottom & on_beat] / 1000
    timing_sec[reading.is_top & on_beat] = -k * solo_ms[reading.is_top & on_beat] / 1000
    return timing_sec


def _inegales_share(half_sec: float, k: float) -> float:
    """Return which share of a half goes over; none where the short one would become too short."""
    share = INEGALES_SHARE * k
    return share if half_sec * (1 - share) > SHORTEST_HALF_SEC else 0.0


def _swing_share(half_sec: float) -> float:
    """Return which share of a half goes over at the tempo of these halves (eighths)."""
    ratio = max(RATIO_AT_REST + RATIO_PER_BPM * 60 / (2 * half_sec), 1.0)
    return (ratio - 1) / (ratio + 1)


def _uneven(reading: Reading, share_of: Callable[[float], float]) -> FloatArray:
    """Return the log period that makes first halves longer by a share and second ones shorter. [point]"""
    log_period = np.zeros(reading.num_points)
    for start, half, end in _halves(reading).tolist():
        half_sec = float(reading.seconds_at(half)) - float(reading.seconds_at(start))
        share = min(share_of(half_sec), MAX_SHARE)
        first, second, stop = np.searchsorted(reading.point_tick, [start, half, end])
        log_period[first:second] = np.log1p(share)
        log_period[second:stop] = np.log1p(-share)
    return log_period


def _halves(reading: Reading) -> IntArray:
    """Return (start, middle, end) of each beat that is uneven. [beat, 3]"""
    rows = [
        (start, (start + end) // 2, end)
        for start, end in reading.beats.tolist()
        if not reading.score.meter_at(start).is_compound and (start + end) % 2 == 0
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    kept: IntArray = table[np.isin(table[:, 1], reading.point_tick[reading.onset_points])]
    return kept
