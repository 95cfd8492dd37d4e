"""Major or minor? The mode of a key signature that does not say it."""

from __future__ import annotations

from collections.abc import Sequence

from composer.score import Note
from composer.theory.key import Key


def key_from_signature(signature: int, mode: str, notes: Sequence[Note]) -> Key:
    """Return the key of a signature.

    Args:
        signature: sharps (positive) or flats (negative), -7..7.
        mode: as the file states it; anything but `major` and `minor` is decided from the notes.
        notes: that begin while the signature is in force: the last bass note decides, and whether the seventh of minor
            is raised.
    """
    major, minor = Key(signature, "major"), Key(signature + 3, "minor")
    if mode in ("major", "minor"):
        return major if mode == "major" else minor
    if not notes:
        return major
    last_tick = max(note.end_tick for note in notes)
    bass = min((note for note in notes if note.end_tick == last_tick), key=lambda note: note.pitch).pitch % 12
    weights = [0] * 12
    for note in notes:
        weights[note.pitch % 12] += note.duration_tick
    # The raised seventh of minor is foreign to the major key, the fifth of major is the unraised one.
    leading = (minor.tonic_pitch_class - 1) % 12
    minor_votes = 3 * (bass == minor.tonic_pitch_class) + (weights[leading] > weights[major.scale[4]])
    minor_votes += weights[minor.tonic_pitch_class] > weights[major.tonic_pitch_class]
    major_votes = 3 * (bass == major.tonic_pitch_class) + 1
    return minor if minor_votes > major_votes else major
