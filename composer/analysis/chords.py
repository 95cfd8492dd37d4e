"""Chords as hidden states: the vocabulary of a key, how likely each is, how one leads to the next, what notes it shows.

What it is: tables of functional harmony in the form that a Viterbi path needs. No corpus was counted for them: they are
ranks from harmony textbooks turned into log-probabilities.

Conventions: a state is (root counted from the tonic, quality of `QUALITY_FIFTHS`); inversions are read from the bass
after the path is found. Log-probabilities are natural. Arrays: [chord], [chord, chord] (from, to), [chord, 12] (pitch
classes counted from the tonic).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from composer.analysis.frames import Floats
from composer.theory.harmony import QUALITY_FIFTHS
from composer.theory.key import SCALE_FIFTHS, Mode
from composer.theory.pitch import fifths_pitch_class

# Chords of a key (root in semitones above the tonic, quality), a line for each rank from the plainest to the rarest.
_RANKS: dict[Mode, tuple[str, ...]] = {
    "major": (
        """0 major, 7 major""",
        """5 major, 7 dominant7, 2 minor, 9 minor""",
        """11 diminished, 2 minor7, 2 dominant7, 2 major, 4 minor, 4 major""",
        """0 dominant7, 4 dominant7, 9 dominant7, 9 major, 11 halfdiminished7, 5 major7, 9 minor7, 0 major7, 4 minor7,
        6 diminished, 6 diminished7, 6 halfdiminished7, 8 diminished, 8 diminished7, 1 diminished, 1 diminished7,
        10 major""",
        """11 dominant7, 11 major, 5 minor, 0 minor, 2 diminished, 2 halfdiminished7, 11 diminished7, 3 diminished,
        3 diminished7, 4 diminished, 4 diminished7, 8 major, 3 major, 1 major, 7 minor, 7 minor7, 10 dominant7,
        5 dominant7, 7 augmented, 0 augmented""",
    ),
    "minor": (
        """0 minor, 7 major""",
        """5 minor, 7 dominant7, 3 major, 11 diminished""",
        """2 halfdiminished7, 8 major, 2 diminished, 10 major, 11 diminished7, 7 minor, 10 dominant7""",
        """0 major, 5 major, 2 major, 2 dominant7, 0 dominant7, 5 dominant7, 5 minor7, 8 major7, 3 major7, 0 minor7,
        7 minor7, 4 diminished, 4 diminished7, 6 diminished, 6 diminished7, 2 minor, 2 minor7, 9 diminished,
        9 halfdiminished7""",
        """3 dominant7, 1 major, 1 major7, 3 augmented, 7 augmented, 4 halfdiminished7, 6 halfdiminished7, 9
        diminished7,
        2 diminished7, 10 minor, 5 major7""",
    ),
}
_RANK_LOG = (0.0, -0.7, -1.6, -2.8, -4.2)  # of each rank, before normalising

# Reward of the root's motion, in semitones upwards from one root to the next.
_MOTION_LOG = {0: -0.6, 1: 0.1, 2: 0.4, 3: -0.3, 4: -0.4, 5: 0.9, 6: -0.8, 7: 0.4, 8: 0.1, 9: 0.4, 10: -0.2, 11: -0.5}
_RESOLVES_LOG = 1.8  # a dominant to its tonic
_DECEIVES_LOG = 0.3  # a dominant to the chord above its root's
_STAYS_DOMINANT_LOG = 0.5  # V to V7, viio to V7
_UNRESOLVED_LOG = -1.2  # an applied dominant to anything else
_LEADING_QUALITIES = ("diminished", "diminished7", "halfdiminished7")
_DOMINANT_QUALITIES = ("dominant7", *_LEADING_QUALITIES)

# What a chord's notes are: probability of a unit of weight on each member, on other notes of the scale, on the rest.
_MEMBERS_TRIAD = (0.39, 0.29, 0.24)
_MEMBERS_SEVENTH = (0.30, 0.24, 0.19, 0.19)
_SCALE_PROBABILITY = 0.003  # each note of the scale outside the chord
_CHROMATIC_PROBABILITY = 0.0013  # each note outside both
_BASS_TRIAD = (0.60, 0.26, 0.06)
_BASS_SEVENTH = (0.50, 0.21, 0.10, 0.11)
_BASS_OTHER = 0.012


@dataclass(frozen=True)
class Vocabulary:
    """The chords of one mode as tables.

    Attributes:
        mode: which.
        roots: [chord] semitones above the tonic; qualities: names, in the same order.
        prior: [chord] log-probability.
        transition: [chord, chord] log-probability of the next chord, given that the chord changes.
        notes: [chord, 12] log-probability of a unit of weight on a pitch class.
        bass: [chord, 12] log-probability of a bass.
    """

    mode: Mode
    roots: tuple[int, ...]
    qualities: tuple[str, ...]
    prior: Floats
    transition: Floats
    notes: Floats
    bass: Floats

    def __len__(self) -> int:
        return len(self.roots)


@lru_cache(maxsize=2)
def vocabulary(mode: Mode) -> Vocabulary:
    """Return the chords of a mode."""
    rows = [
        (int(root), quality, _RANK_LOG[rank])
        for rank, line in enumerate(_RANKS[mode])
        for root, quality in (entry.split() for entry in line.split(","))
    ]
    rank_log = np.array([row[2] for row in rows])
    leads = [[_lead(old[0], old[1], new[0], new[1]) for new in rows] for old in rows]
    transition = np.array(leads) + rank_log[None, :]
    transition[np.diag_indices(len(rows))] = -np.inf
    return Vocabulary(
        mode,
        tuple(row[0] for row in rows),
        tuple(row[1] for row in rows),
        _normalised(rank_log),
        _normalised(transition),
        np.array([_note_log(root, quality, mode) for root, quality, _ in rows]),
        np.array([_bass_log(root, quality) for root, quality, _ in rows]),
    )


def members(root: int, quality: str) -> tuple[int, ...]:
    """Return the pitch classes of a chord, root first, counted as `root` is."""
    return tuple((root + fifths_pitch_class(place)) % 12 for place in QUALITY_FIFTHS[quality])


def _normalised(log_weights: Floats) -> Floats:
    """Return log-probabilities that sum to one along the last axis."""
    top = log_weights.max(axis=-1, keepdims=True)
    total: Floats = log_weights - top - np.log(np.exp(log_weights - top).sum(axis=-1, keepdims=True))
    return total


def _target(root: int, quality: str) -> int | None:
    """Return the root that a dominant leads to, or None for a chord that is no dominant."""
    if quality in _LEADING_QUALITIES:
        return (root + 1) % 12
    return (root + 5) % 12 if quality == "dominant7" else None


def _lead(root: int, quality: str, next_root: int, next_quality: str) -> float:
    """Return the reward of one chord leading to another."""
    reward = _MOTION_LOG[(next_root - root) % 12]
    target = _target(root, quality)
    if target is None:
        return reward
    if next_root == target and next_quality not in _LEADING_QUALITIES:
        return _RESOLVES_LOG
    if _target(next_root, next_quality) == target or (next_root == (target + 7) % 12 and next_quality == "major"):
        return _STAYS_DOMINANT_LOG
    if (next_root - target) % 12 in (8, 9):
        return _DECEIVES_LOG
    return reward + (_UNRESOLVED_LOG if target != 0 else _UNRESOLVED_LOG / 2)


def _note_log(root: int, quality: str, mode: Mode) -> list[float]:
    chord = members(root, quality)
    shares = _MEMBERS_TRIAD if len(chord) == 3 else _MEMBERS_SEVENTH
    scale = {fifths_pitch_class(place) for place in SCALE_FIFTHS[mode]} | ({9, 11} if mode == "minor" else set())
    rest = [_SCALE_PROBABILITY if pitch_class in scale else _CHROMATIC_PROBABILITY for pitch_class in range(12)]
    for pitch_class, share in zip(chord, shares, strict=True):
        rest[pitch_class] = share
    return [float(value) for value in np.log(np.array(rest) / sum(rest))]


def _bass_log(root: int, quality: str) -> list[float]:
    chord = members(root, quality)
    shares = _BASS_TRIAD if len(chord) == 3 else _BASS_SEVENTH
    rest = [_BASS_OTHER] * 12
    for pitch_class, share in zip(chord, shares, strict=True):
        rest[pitch_class] = share
    if quality in _LEADING_QUALITIES and len(chord) == 3:
        rest[chord[0]], rest[chord[1]] = shares[1], shares[0]  # a diminished triad stands on its third
    return [float(value) for value in np.log(np.array(rest) / sum(rest))]
