"""Human variation: near-1/f noise that depends on nothing but the take and where a note stands.

What it is: pink plus white deviations of tempo and loudness, and white ones of single notes. White jitter alone does
not sound human (its correlation with pianists is 0); the difference between two performances by one pianist lies
between white and 1/f, with a lag-1 autocorrelation of .2 to .3 from beat to beat.

Conventions: every random number is made from the SHA-256 of (player, take, identity). The identity of a beat is its
section's id and its place in the section, that of a note also its pitch and part: so a change in one section leaves
the noise of all other sections as it was, and a changed note leaves its neighbours alone. There is no generator whose
state could carry a change along.

Sources: Voss 1978 (1/f noise as a sum of noises that change ever more rarely); Gilden, Thornton, Mallon 1995 and the
KTH system (clock and motor noise); Hennig et al. 2011 (listeners prefer long-range correlated deviations).

Contents: `normals`, `beat_noise`, `note_identities`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from composer.perform.reading import Reading
from composer.perform.tempo_map import FloatArray

OCTAVES = 6  # the slowest component of the pink noise changes every 2^5 beats
PINK_SHARE = 0.4  # of the variance; the rest is white. With the jitter of single notes: slope −.4 to −.8


def normals(key: str, identities: Sequence[str]) -> FloatArray:
    """Return four independent standard normal numbers for each identity. [identity, 4]

    The same key and identity always give the same numbers, whatever else is asked for (Box–Muller on SHA-256).
    """
    digests = b"".join(hashlib.sha256(f"{key}|{identity}".encode()).digest() for identity in identities)
    words = np.frombuffer(digests, dtype="<u8").astype(np.float64).reshape(-1, 2, 2)
    uniform: FloatArray = np.clip((words + 0.5) / 2.0**64, 1e-18, 1.0)
    radius: FloatArray = np.sqrt(-2 * np.log(uniform[:, :, 0]))
    angle = 2 * np.pi * uniform[:, :, 1]
    pairs: FloatArray = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return pairs


def beat_noise(reading: Reading, *, key: str, pink_share: float = PINK_SHARE) -> FloatArray:
    """Return pink plus white noise of unit variance that changes from beat to beat. [point]"""
    beats = []
    for tick, (section, start_tick) in zip(reading.point_tick, reading.section_starts, strict=True):
        beat_ticks = reading.score.meter_at(int(tick)).beat_ticks if reading.score.bars else 1
        beats.append((section, int(tick - start_tick) // beat_ticks))
    weights = [(pink_share / OCTAVES) ** 0.5] * OCTAVES
    noise: FloatArray = (1 - pink_share) ** 0.5 * _keyed(
        f"{key}|white", [f"{section}|{beat}" for section, beat in beats]
    )
    for octave, weight in enumerate(weights):
        # Each octave has its own phase, so that they do not all change on the same beat.
        blocks = [f"{section}|{(beat + 2**octave // 3) >> octave}" for section, beat in beats]
        noise = noise + weight * _keyed(f"{key}|{octave}", blocks)
    return noise


def note_identities(reading: Reading) -> list[str]:
    """Return the identity of each note: section, place in it, pitch, part. [note]"""
    starts = [reading.section_starts[point] for point in reading.note_point]
    return [
        f"{section}|{note.onset_tick - start_tick}|{note.pitch}|{part}|{note.is_grace}"
        for (part, note), (section, start_tick) in zip(reading.strikes, starts, strict=True)
    ]


def _keyed(key: str, identities: Sequence[str]) -> FloatArray:
    """Return one normal number for each identity, hashing each identity once."""
    unique = list(dict.fromkeys(identities))
    values = dict(zip(unique, normals(key, unique)[:, 0], strict=True))
    return np.array([values[identity] for identity in identities], dtype=np.float64)
