"""Rules of timing along the top line: what its steps and leaps do to the beat.

What it is: faster uphill, leap tone duration and leap articulation of the KTH rule system. Each is a pure function from
a `Reading` to an `Effect` with one strength `k`; 0 does nothing, 1 is the published quantity.

Conventions: the melody is the top line (`Reading.melody`); one tempo curve carries all voices, so what its notes gain
or lose the others share (the KTH system keeps parts together by their melody, too). Intervals are in semitones, upward
positive. Lengths are those from one note of the line to the next.

Sources: Friberg 1991 ("Generative rules for music performance"); Friberg, Bresin, Sundberg 2006.

Contents: `faster_uphill`, `leap_tone_duration`, `leap_gap`.
"""

from __future__ import annotations

import numpy as np

from composer.perform.effect import Effect
from composer.perform.reading import BoolArray, Reading
from composer.perform.tempo_map import FloatArray

UPHILL_MS = 2.0  # each note of a rising line is so much shorter
SMALLEST_LEAP = 3  # semitones: a minor third is a leap
LEAP_MS = 4.2  # per square root of a semitone
FALLING_START_MS = 2.4  # the note from which the line falls gains less than the one it falls to loses
LEAP_GAP_MS = 8.0  # per semitone
LARGEST_LEAP = 9  # a major sixth: larger leaps are no further apart
SHORTEST_GAPPED_MS = 100.0
MAX_SHORTENING = 0.5  # of a note, by all of one rule


def faster_uphill(reading: Reading, *, k: float) -> Effect:
    """Hurry uphill: each note of a rising line is 2 ms·k shorter, its first one too."""
    steps = np.diff(reading.pitch[reading.melody])
    joined = ~reading.rest_follows
    change_ms = np.zeros(len(reading.melody))
    if len(steps) > 1:
        inside = (steps[:-1] > 0) & (steps[1:] > 0) & joined[:-2] & joined[1:-1]
        rising = np.concatenate([[False], inside, [False]])
        rising[:-1] |= rising[1:] & ~rising[:-1]
        change_ms[rising] = -UPHILL_MS * k
    return Effect(log_period=reading.along_melody(_stretched(reading, change_ms)))


def leap_tone_duration(reading: Reading, *, k: float) -> Effect:
    """Give the note that a leap reaches more time after a rise, less after a fall.

    Of a leap of s >= 3 semitones upwards: −4.2·k·√s ms for its first note, +4.2·k·√s for its second; downwards:
    +2.4·k·√s and −4.2·k·√s. Leaps there and back again, over a rest and into a new phrase are left alone.
    """
    leaps = _leaps(reading)
    change_ms = np.zeros(len(reading.melody))
    for index in np.flatnonzero(np.abs(leaps) >= SMALLEST_LEAP):
        following = leaps[index + 1 : index + 3]
        swings = len(following) == 2 and leaps[index] * following[0] < 0 < leaps[index] * following[1]
        if swings and (np.abs(following) >= SMALLEST_LEAP).all():
            continue
        size = k * abs(leaps[index]) ** 0.5
        if leaps[index] > 0:
            change_ms[[index, index + 1]] += -LEAP_MS * size, LEAP_MS * size
        else:
            change_ms[[index, index + 1]] += FALLING_START_MS * size, -LEAP_MS * size
    return Effect(log_period=reading.along_melody(_stretched(reading, change_ms)))


def leap_gap(reading: Reading, *, k: float) -> Effect:
    """Let go before a leap: a gap of 8 ms·k a semitone, from a third to a sixth; shorter notes have shorter ones.

    The gap is 8·s·k·(0.3 + 0.3/600·(IOI − 100)) ms for an IOI of more than 100 ms.
    """
    leaps, ioi_ms = np.abs(_leaps(reading)), 1000 * reading.melody_ioi_sec[:-1]
    gap_sec = np.zeros(reading.num_notes)
    wide = (leaps >= SMALLEST_LEAP) & (ioi_ms > SHORTEST_GAPPED_MS)
    gap_ms = LEAP_GAP_MS * np.minimum(leaps, LARGEST_LEAP) * (0.3 + 0.3 / 600 * (ioi_ms - SHORTEST_GAPPED_MS))
    gap_sec[reading.melody[:-1][wide]] = k * gap_ms[wide] / 1000
    return Effect(gap_sec=gap_sec)


def _leaps(reading: Reading) -> FloatArray:
    """Return the interval after each note of the melody but the last; 0 over a rest and into a new phrase."""
    steps = np.diff(reading.pitch[reading.melody]).astype(np.float64)
    starts = np.array([arc.start_tick for arc in reading.subphrases], dtype=np.int64)
    ticks = reading.onset_tick[reading.melody]
    phrase = np.searchsorted(starts, ticks, side="right")
    apart: BoolArray = reading.rest_follows[:-1] | (np.diff(phrase) > 0)
    return np.where(apart, 0.0, steps)


def _stretched(reading: Reading, change_ms: FloatArray) -> FloatArray:
    """Return the log of the factor by which a change in milliseconds makes each note of the melody longer. [melody]"""
    share = change_ms / 1000 / np.maximum(reading.melody_ioi_sec, 1e-3)
    return np.log1p(np.maximum(share, -MAX_SHORTENING))
