"""Chords that belong to two keys: what a modulation turns on, and how a plan writes it.

What it is: the last chord before a change of key inside a phrase is one of both keys, wherever pinned chords leave the
choice. In a plan's harmony it has both its numerals: `I | vi=ii | V: V7 | I` turns on E minor from G to D major.
"""

from __future__ import annotations

from composer.theory.harmony import Chord, name_chord
from composer.theory.key import Key, Mode

MIXED = 0.02  # weight of a chord that is diatonic in one of the keys only, beside one of both
_AUGMENTED_SIXTHS = ("italian", "french", "german")
# Pitch classes above the tonic; in minor the seventh degree is raised over the dominant, and not elsewhere.
_SCALES: dict[Mode, tuple[frozenset[int], ...]] = {
    "major": (frozenset((0, 2, 4, 5, 7, 9, 11)),),
    "minor": (frozenset((0, 2, 3, 5, 7, 8, 10)), frozenset((0, 2, 3, 5, 7, 8, 11))),
}


def heard_in(chord: Chord, old: Key, new: Key) -> str:
    """Return the numeral by which a chord of one key is heard in another."""
    if chord.quality in _AUGMENTED_SIXTHS:
        return chord.numeral if old.mode == new.mode else "V"
    root = (chord.root(old) - new.tonic_pitch_class) % 12
    return name_chord(root, chord.quality, chord.inversion, new.mode).numeral


def pivot_weight(chord: Chord, old: Key, new: Key) -> float:
    """Return how well a chord of the old key turns into the new one: 1 diatonic in both, 0 where it cannot."""
    if chord.quality in _AUGMENTED_SIXTHS:
        return 0.0
    members = chord.pitch_classes(old)
    homes = sum(_is_diatonic(members, key) for key in (old, new))
    return (0.0, MIXED, 1.0)[homes]


def shared_numeral(chord: Chord, old: Key, new: Key) -> str | None:
    """Return the numeral in the new key of a chord on which a modulation can turn; None of any other."""
    return heard_in(chord, old, new) if pivot_weight(chord, old, new) > 0 else None


def _is_diatonic(members: tuple[int, ...], key: Key) -> bool:
    relative = {(member - key.tonic_pitch_class) % 12 for member in members}
    return any(relative <= scale for scale in _SCALES[key.mode])
