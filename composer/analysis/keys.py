"""Local keys as hidden states: how far apart keys are, and where a piece of a given signature begins.

Conventions: a key is an index 0..23: the tonic's pitch class, plus 12 in minor. Log-weights are natural and are
added to a path; arrays are [key, key] (from, to) or [key].
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from composer.analysis.frames import Floats
from composer.theory.key import Key, Mode
from composer.theory.pitch import nearest_fifths

NUM_KEYS = 24
_MINOR = 12  # offset of the minor keys

# A change of key: what any costs, and how much more for each fifth between the signatures.
_CHANGE_LOG = -3.9
_FIFTH_LOG = -1.8
_PARALLEL_LOG = -7.5  # major and minor on one tonic
# A weak prior from the key signature: for each fifth between it and the key's own, at the start and per quarter.
_START_LOG = -2.5
_SIGNATURE_LOG = -0.04


def key_mode(index: int) -> Mode:
    """Return the mode of a key index."""
    return "minor" if index >= _MINOR else "major"


def key_tonic(index: int) -> int:
    """Return the tonic's pitch class of a key index."""
    return index % 12


def signature_fifths(index: int) -> int:
    """Return the signature of a key index in -5..6."""
    major = (key_tonic(index) + (3 if index >= _MINOR else 0)) % 12
    return nearest_fifths(major, 0)


def signature_distance(index: int, signature: int) -> int:
    """Return the fifths, 0..6, between a key and a signature, enharmonic ones being equal."""
    apart = abs(signature_fifths(index) - signature) % 12
    return min(apart, 12 - apart)


def spelled_key(index: int, signature: int) -> Key:
    """Return the key of an index, spelled as near as possible to the signature of its surroundings."""
    mode = key_mode(index)
    major_tonic = (key_tonic(index) + (3 if mode == "minor" else 0)) % 12
    fifths = nearest_fifths(major_tonic, signature) + (3 if mode == "minor" else 0)
    key = Key(fifths, mode)
    return key if abs(key.signature) <= 7 else key.simplified()


@lru_cache(maxsize=1)
def change_log() -> Floats:
    """Return [from, to] what a change of key costs; 0 on the diagonal."""
    table = np.zeros((NUM_KEYS, NUM_KEYS))
    for old in range(NUM_KEYS):
        for new in range(NUM_KEYS):
            if old == new:
                continue
            apart = signature_distance(new, signature_fifths(old))
            cost = _CHANGE_LOG + _FIFTH_LOG * max(0, apart - 1)
            table[old, new] = max(cost, _PARALLEL_LOG) if key_tonic(old) == key_tonic(new) else cost
    return table


@lru_cache(maxsize=32)
def signature_log(signature: int | None) -> tuple[Floats, Floats]:
    """Return ([key] at the start, [key] per quarter): what a key signature says; nothing when there is none."""
    if signature is None:
        return np.zeros(NUM_KEYS), np.zeros(NUM_KEYS)
    apart = np.array([signature_distance(index, signature) for index in range(NUM_KEYS)], dtype=np.float64)
    return _START_LOG * apart, _SIGNATURE_LOG * apart
