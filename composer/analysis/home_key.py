"""The one key of a whole piece, from how long each pitch class sounds: quick, for scores that state no key.

Method: the profile of the piece is compared with those of the 24 keys by correlation (Krumhansl 1990, chapter 4), with
the profiles of Temperley (2001, chapter 7); the last bass note speaks for its own keys. On 230 pieces of our corpora
it agrees with the first signature in four of five; most of the others are its relative. Where keys follow each other is
`harmony.py`'s affair, which takes about a hundred times as long.
"""

from __future__ import annotations

import numpy as np

from composer.analysis.keys import key_mode, key_tonic, spelled_key
from composer.score import Score
from composer.theory.key import Key

# Weights of the pitch classes from the tonic on.
_MAJOR = (5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0)
_MINOR = (5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0)
_LAST_BASS = 0.15  # of a correlation; from .1 to .3 it makes no difference


def home_key(score: Score) -> Key | None:
    """Return the key whose profile the piece has; None for a piece without sounding notes."""
    notes = [note for part in score.parts for note in part.notes if not note.is_grace]
    weights = np.zeros(12)
    for note in notes:
        weights[note.pitch % 12] += note.duration_tick
    if not weights.any():
        return None
    end_tick = max(note.end_tick for note in notes)
    last_bass = min(note.pitch for note in notes if note.end_tick == end_tick) % 12
    profiles = np.array([np.roll(_MINOR if key_mode(key) == "minor" else _MAJOR, key_tonic(key)) for key in range(24)])
    centred = profiles - profiles.mean(axis=1, keepdims=True)  # [key, pitch class]
    own = weights - weights.mean()
    likeness = centred @ own / np.linalg.norm(centred, axis=1) / max(np.linalg.norm(own), 1e-9)
    likeness[[last_bass, last_bass + 12]] += _LAST_BASS
    return spelled_key(int(likeness.argmax()), 0)
