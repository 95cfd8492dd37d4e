"""The loudness of a note from its stroke to its end, as factors frame by frame.

Conventions: frames are counted from the note's own beginning. The curve is worked out every `_STEP` frames and drawn
straight between, so that nothing clicks: no attack and no release is shorter than a few steps.

Source: SoundFont Technical Specification 2.04, section 9.1.7 (the attack rises evenly, decay and release fall evenly in
decibels).

Contents: `RATE_HZ`, `SILENT_DB`, `levels`, `length_frames`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from composer.sound.regions import Envelope

RATE_HZ = 44_100
SILENT_DB = 80.0  # below its own loudest a note is over
LEAST_ATTACK_SEC = 0.0015
LEAST_RELEASE_SEC = 0.12  # for a fall of 100 dB; the last 20 are not heard
_STEP = 32  # frames


def length_frames(envelope: Envelope, release_frame: int) -> int:
    """Return after how many frames a note is silent whose key goes up at `release_frame`."""
    released = release_frame + _release_sec(envelope) * SILENT_DB / 100 * RATE_HZ
    if envelope.sustain_db < SILENT_DB:
        return int(released) + 1
    decay_sec = envelope.decay_sec * SILENT_DB / 100
    faded = envelope.delay_sec + max(envelope.attack_sec, LEAST_ATTACK_SEC) + envelope.hold_sec + decay_sec
    return int(min(released, max(faded, LEAST_RELEASE_SEC) * RATE_HZ)) + 1


def levels(envelope: Envelope, release_frame: int, first: int, last: int) -> NDArray[np.float32]:
    """Return the factor at each frame from `first` to before `last`, 0..1.

    Args:
        envelope: of the region.
        release_frame: when the key (or the pedal) goes up.
        first, last: frames, 0 <= first < last.
    """
    steps = np.arange(first // _STEP, -(-last // _STEP) + 1, dtype=np.float64) * _STEP
    coarse = _held(envelope, np.minimum(steps, release_frame) / RATE_HZ)
    late_sec = np.maximum(steps - release_frame, 0.0) / RATE_HZ
    fallen_db = late_sec * (100.0 / _release_sec(envelope))
    # The last 20 dB go down to nothing, so that the note's end is an end.
    end = np.clip((SILENT_DB - fallen_db) / 20.0, 0.0, 1.0)
    edges: NDArray[np.float32] = (coarse * 10.0 ** (-fallen_db / 20.0) * end).astype(np.float32)
    ramp = np.arange(_STEP, dtype=np.float32) / np.float32(_STEP)
    fine = (edges[:-1, None] + (edges[1:] - edges[:-1])[:, None] * ramp).ravel()  # [frame]
    offset = first - first // _STEP * _STEP
    return fine[offset : offset + last - first]


def _held(envelope: Envelope, time_sec: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the factor at each time while the key is down."""
    attack_sec = max(envelope.attack_sec, LEAST_ATTACK_SEC)
    since_sec = time_sec - envelope.delay_sec
    rise = np.clip(since_sec / attack_sec, 0.0, 1.0)
    decaying_sec = np.maximum(since_sec - attack_sec - envelope.hold_sec, 0.0)
    fallen_db = np.minimum(decaying_sec * (100.0 / max(envelope.decay_sec, 1e-3)), envelope.sustain_db)
    silent = fallen_db >= SILENT_DB
    return np.where(silent, 0.0, rise * 10.0 ** (-fallen_db / 20.0))


def _release_sec(envelope: Envelope) -> float:
    return max(envelope.release_sec, LEAST_RELEASE_SEC)
