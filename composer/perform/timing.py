"""Rules of timing inside a chord: the melody leads, wide chords are rolled, fingers scatter, graces come before.

Conventions: `timing_sec` is how much earlier than the tempo curve a note sounds (positive = early), as in the codec.
Notes stay within `MAX_TIMING_SEC` of the curve, graces excepted.

Sources: Goebl 2001 (melody lead follows from the harder, so faster, key stroke); Repp 1996; about 1 ms a velocity
unit, median chord asynchrony (SD) 6 to 13 ms by style, measured on 22 pianists.

Contents: `melody_lead`, `chord_roll`, `place_graces`, `settle_start`.
"""

from __future__ import annotations

import numpy as np

from composer.perform.reading import Reading
from composer.perform.tempo_map import FloatArray

MAX_LEAD_SEC = 0.030
MAX_TIMING_SEC = 0.040  # so that bars stay bars in every program
GRACE_SEC = 0.070  # length of a grace note
WIDEST_STRUCK = 16  # semitones: a hand that strikes more than a tenth at once has to roll it
ROLL_MS = 12.0  # from note to note of a chord that is too wide …
ARPEGGIO_MS = 24.0  # … and of one with the sign
START_SEC = 0.080  # nothing may sound before 0: onsets nearer than this to it are settled


def melody_lead(reading: Reading, velocity: FloatArray, *, ms_per_unit: float) -> FloatArray:
    """Return how early each note of a chord is struck: `ms_per_unit` a velocity unit above the chord's mean. [note]"""
    count = np.bincount(reading.note_point, minlength=reading.num_points)
    total = np.bincount(reading.note_point, weights=velocity, minlength=reading.num_points)
    mean = (total / np.maximum(count, 1))[reading.note_point]
    lead_sec = np.where(reading.is_grace, 0.0, ms_per_unit / 1000 * (velocity - mean))
    return np.clip(lead_sec, -MAX_LEAD_SEC, MAX_LEAD_SEC)


def chord_roll(reading: Reading, *, k: float) -> FloatArray:
    """Return how early each note of a rolled chord is struck, from the lowest on, its middle in time. [note]

    Chords of one hand (a staff of a keyboard part) are rolled where they are wider than a tenth, 12·k ms from note to
    note, and where they carry the sign `arpeggio`, 24·k ms.
    """
    timing_sec = np.zeros(reading.num_notes)
    if k <= 0:
        return timing_sec
    hands: dict[tuple[int, int, int], list[int]] = {}
    for index, (part, note) in enumerate(reading.strikes):
        if not note.is_grace:
            hands.setdefault((note.onset_tick, part, note.staff), []).append(index)
    for (_, part, _), chord in hands.items():
        is_signed = any("arpeggio" in reading.strikes[index][1].articulations for index in chord)
        is_wide = reading.pitch[chord[-1]] - reading.pitch[chord[0]] > WIDEST_STRUCK
        if len(chord) < 2 or not (is_signed or (is_wide and reading.score.parts[part].staves == 2)):
            continue
        step_sec = k * (ARPEGGIO_MS if is_signed else ROLL_MS) / 1000
        timing_sec[chord] = step_sec * ((len(chord) - 1) / 2 - np.arange(len(chord)))
    return timing_sec


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
