"""The one key of a whole piece, from how long each pitch class sounds: quick, for scores that state no key.

Method: the profile of the piece is compared with those of the 24 keys by correlation (Krumhansl 1990, chapter 4), with
the profiles of Temperley (2001, table 7.2). Where keys follow each other is `harmony.py`'s affair, which takes about a
hundred times as long.
"""

from __future__ import annotations

import numpy as np

from composer.analysis.keys import key_mode, key_tonic, spelled_key
from composer.score import Score
from composer.theory.key import Key

# Weights of the pitch classes from the tonic on.
_MAJOR = (5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0)
_MINOR = (5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0)


def home_key(score: Score) -> Key | None:
    """Return the key whose profile the piece has; None for a piece without sounding notes."""
    weights = np.zeros(12)
    for part in score.parts:
        for note in part.notes:
            weights[note.pitch % 12] += note.duration_tick
    if not weights.any():
        return None
    profiles = np.array([np.roll(_MINOR if key_mode(key) == "minor" else _MAJOR, key_tonic(key)) for key in range(24)])
    centred = profiles - profiles.mean(axis=1, keepdims=True)  # [key, pitch class]
    likeness = centred @ (weights - weights.mean()) / np.linalg.norm(centred, axis=1)
    return spelled_key(int(likeness.argmax()), 0)
