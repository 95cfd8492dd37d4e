"""Rules of timing inside a chord: the melody leads, fingers scatter, graces come before.

Conventions: `timing_sec` is how much earlier than the tempo curve a note sounds (positive = early), as in the codec.
Notes stay within `MAX_TIMING_SEC` of the curve, graces excepted.

Sources: Goebl 2001 (melody lead follows from the harder, so faster, key stroke); Repp 1996; about 1 ms a velocity
unit, median chord asynchrony (SD) 6 to 13 ms by style, measured on 22 pianists.

Contents: `melody_lead`, `place_graces`, `settle_start`.
"""

from __future__ import annotations

import numpy as np

from composer.perform.reading import Reading
from composer.perform.tempo_map import FloatArray

MAX_LEAD_SEC = 0.030
MAX_TIMING_SEC = 0.040  # so that bars stay bars in every program
GRACE_SEC = 0.070  # length of a grace note
START_SEC = 0.080  # nothing may sound before 0: onsets nearer than this to it are settled


def melody_lead(reading: Reading, velocity: FloatArray, *, ms_per_unit: float) -> FloatArray:
    """Return how early each note of a chord is struck: `ms_per_unit` a velocity unit above the chord's mean. [note]"""
    count = np.bincount(reading.note_point, minlength=reading.num_points)
    total = np.bincount(reading.note_point, weights=velocity, minlength=reading.num_points)
    mean = (total / np.maximum(count, 1))[reading.note_point]
    lead_sec = np.where(reading.is_grace, 0.0, ms_per_unit / 1000 * (velocity - mean))
    return np.clip(lead_sec, -MAX_LEAD_SEC, MAX_LEAD_SEC)


def place_graces(reading: Reading, timing_sec: FloatArray) -> FloatArray:
    """Return the timing with each group of graces spread before its main note, in at most half of the time there.

    Of several graces the one nearest in pitch to the main note comes last (a Note does not keep their order).
    """
    placed = timing_sec.copy()
    groups: dict[tuple[int, int, int, int], list[int]] = {}
    for index in map(int, np.flatnonzero(reading.is_grace)):
        part, note = reading.strikes[index]
        groups.setdefault((note.onset_tick, part, note.staff, note.voice), []).append(index)
    onset_sec = reading.point_sec[reading.onset_points]
    for (tick, part, staff, voice), group in groups.items():
        main = [
            index
            for index in range(*np.searchsorted(reading.onset_tick, [tick, tick + 1]))
            if not reading.is_grace[index]
            and (reading.part[index], reading.strikes[index][1].staff, reading.strikes[index][1].voice)
            == (part, staff, voice)
        ]
        main_pitch = reading.pitch[main].max() if main else reading.pitch[group].max()
        now_sec = float(reading.seconds_at(tick))
        before = int(np.searchsorted(onset_sec, now_sec - 1e-9)) - 1
        room_sec = (now_sec - onset_sec[before]) / 2 if before >= 0 else max(now_sec / 2, MAX_TIMING_SEC)
        length_sec = min(GRACE_SEC, room_sec / len(group))
        base_sec = float(np.mean(timing_sec[main])) if main else 0.0
        ordered = sorted(group, key=lambda index: (-abs(reading.pitch[index] - main_pitch), index))
        for place, grace in enumerate(ordered):
            placed[grace] = base_sec + (len(ordered) - place) * length_sec
    return placed


def settle_start(timing_sec: FloatArray, onset_sec: FloatArray) -> FloatArray:
    """Return the timing with the first chord moved so that nothing sounds before 0.

    Args:
        timing_sec: how early each note is. [note]
        onset_sec: where the tempo curve has each note. [note]
    """
    settled = timing_sec.copy()
    early = onset_sec < START_SEC
    if early.any() and (timing_sec[early] > onset_sec[early]).any():
        # Halved, then moved as one: the spread of a chord and a group of graces stays within MAX_TIMING_SEC.
        settled[early] = timing_sec[early] / 2
        settled[early] -= max(0.0, float((settled[early] - onset_sec[early]).max()))
    return settled
