"""The rule of punctuation: small boundaries in the melody, heard as a breath between two notes.

What it is: `punctuation` finds the joints of the top line from its leaps and lengths and sets a small gap there;
`boundaries` gives their weights.

Conventions: a boundary stands after a note of the top line. Steps and leaps are in semitones, a leap being a minor
third or more.

Source: Friberg, Bresin, Frydén, Sundberg 1998 ("Musical punctuation on the microlevel"), whose rule was tuned on the
marks of one musician. Differences: boundaries that need a chord (appoggiaturas) and those by a rest are left out (the
touch does the latter), and of two boundaries next to each other the weaker one goes.

Contents: `punctuation`, `boundaries`.
"""

from __future__ import annotations

import numpy as np

from composer.perform.effect import Effect
from composer.perform.reading import BoolArray, Reading
from composer.perform.tempo_map import FloatArray, IntArray

SHORT_GAP_MS, LONG_GAP_MS = 20.0, 60.0  # the gap after a note of …
SHORT_MS, LONG_MS = 160.0, 640.0  # … these lengths
LENGTHENING_SHARE = 0.45  # of the gap goes to the note itself
LARGEST_STEP = 2
LONGEST_WEIGHT = 10.5  # after the longest of five notes
SHORT_BETWEEN_LONG_WEIGHT = 6.0  # before a short note between longer ones
FIRST_SHORT_WEIGHT = 2.5  # before the first of several short ones
SHORTEST_SHARE = 0.6  # of the mean length: nothing stands after shorter notes
FAINTEST_SHARE = 0.5  # of the mean weight: fainter boundaries are not heard
# Weight of a leap by what comes before and after it, told for a leap upwards.
WIDEST_OF_A_ZIGZAG = 10.0  # down, up, down, and much wider than both
FROM_STEP_TO_STEP = 9.0  # a step down, up, a step up: two lines
INTO_A_STEP_BACK = 9.0  # not up, up, a step down or the same again
FROM_A_STEP = 5.0  # a step down or the same, up, not up
AND_ON_BY_STEP = 5.0  # down, up, a step up
ALONG_AND_BACK = 4.0  # up, up, a step down
ALONG = 3.0  # up all the way, the leap among steps or smaller leaps
LEAP_FACTOR = 1.2


def punctuation(reading: Reading, *, k: float) -> Effect:
    """Set small boundaries apart: a gap of 20·k ms after a note of 160 ms to 60·k ms after one of 640 ms.

    The note before the gap is 45 % of it longer.
    """
    length_ms = 1000 * reading.melody_ioi_sec
    gap_ms = np.where(
        boundaries(reading) > 0, np.interp(length_ms, [SHORT_MS, LONG_MS], [SHORT_GAP_MS, LONG_GAP_MS]), 0
    )
    gap_sec = np.zeros(reading.num_notes)
    gap_sec[reading.melody] = k * gap_ms / 1000
    stretched = np.log1p(k * LENGTHENING_SHARE * gap_ms / np.maximum(length_ms, 1.0))
    return Effect(log_period=reading.along_melody(stretched), gap_sec=gap_sec)


def boundaries(reading: Reading) -> FloatArray:
    """Return the weight of the boundary after each note of the top line, 0 for none. [melody]"""
    count = len(reading.melody)
    weights = np.zeros(count)
    if count < 5:
        return weights
    length_sec = reading.melody_ioi_sec
    steps = np.diff(reading.pitch[reading.melody])
    joined: BoolArray = ~reading.rest_follows
    for index in range(2, count - 2):
        if joined[index - 1] and joined[index] and joined[index + 1]:
            weights[index] += _leap_weight(steps[index - 1 : index + 2], float(length_sec[index - 1 : index + 2].sum()))
        if joined[index - 1] and joined[index]:
            weights[index] += _length_weight(length_sec[index - 2 : index + 3])
    small = np.abs(steps) <= LARGEST_STEP
    small &= steps != 0
    weights[1:-1][small[:-1] & small[1:]] = 0.0  # inside of a scale nothing stands
    weights[length_sec < SHORTEST_SHARE * length_sec.mean()] = 0.0
    heavier_before = np.concatenate([[False], weights[:-1] >= weights[1:]])
    heavier_after = np.concatenate([weights[1:] > weights[:-1], [False]])
    weights[heavier_before | heavier_after] = 0.0
    found = weights[weights > 0]
    weights[weights < FAINTEST_SHARE * (found.mean() if len(found) else 0.0)] = 0.0
    return weights


def _leap_weight(steps: IntArray, length_sec: float) -> float:
    """Return the weight of the middle one of three intervals; wide and quick ones weigh most."""
    before, leap, after = (int(step) for step in (steps if steps[1] > 0 else -steps))
    if leap <= LARGEST_STEP:
        return 0.0
    is_step_before, is_step_after = abs(before) <= LARGEST_STEP, abs(after) <= LARGEST_STEP
    if before < 0 and after < 0 and leap > 1.5 * max(-before, -after):
        weight = WIDEST_OF_A_ZIGZAG
    elif before < 0 < after and is_step_before and is_step_after:
        weight = FROM_STEP_TO_STEP
    elif before <= 0 and after <= 0 and is_step_after:
        weight = INTO_A_STEP_BACK
    elif before <= 0 and after <= 0 and is_step_before:
        weight = FROM_A_STEP
    elif before < 0 < after and is_step_after:
        weight = AND_ON_BY_STEP
    elif before > 0 >= after and is_step_after:
        weight = ALONG_AND_BACK
    elif before >= 0 and is_step_before and after >= 0 and (is_step_after or leap > 2 * after):
        weight = ALONG
    else:
        return 0.0
    width = float(np.interp(leap, [3, 12], [0.125, 1.7]))
    quickness = float(np.interp(length_sec, [0.6, 2.4], [1.0, 0.0]))
    return LEAP_FACTOR * weight * width * quickness


def _length_weight(length_sec: FloatArray) -> float:
    """Return the weight of a boundary after the middle one of five notes, by their lengths."""
    first, before, here, after, last = (float(length) for length in length_sec)
    tolerance = 1e-6
    longest = here >= max(first, before) - tolerance and here > max(after, last) + tolerance
    weight = (
        LONGEST_WEIGHT * float(np.interp(here / (before + here + after), [0.5, 0.67], [0.78, 1.23])) if longest else 0
    )
    if after < here - tolerance and after < last - tolerance:
        weight = max(weight, SHORT_BETWEEN_LONG_WEIGHT)
    elif after < here - tolerance and abs(after - last) <= tolerance:
        weight = max(weight, FIRST_SHORT_WEIGHT * float(np.interp(here / after, [1.0, 4.0], [0.0, 2.0])))
    return weight
