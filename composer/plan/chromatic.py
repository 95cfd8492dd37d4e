"""Neapolitan and augmented sixths by their own names, where the style has them.

What it is: the analysis counts chords by their triads and sevenths, so that a Neapolitan sixth is a `bII6` and an
augmented sixth the chord on the lowered sixth degree that goes to the dominant. Among drawn chords the first is written
`N6`; of the second those in major become `Ger65` or `It6`, and in minor, where VI is also a chord of the scale, as
large a share of them as the style is chromatic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from composer.plan.numerals import Slot
from composer.theory.harmony import Chord, parse_chord
from composer.theory.key import Mode

_GERMAN = 0.6  # share of the German among the augmented sixths; the Italian has the others
_SIX = 8  # the lowered sixth degree, in semitones above the tonic


def coloured(
    slots: Sequence[Slot], pinned: Sequence[bool], *, share: float, rng: np.random.Generator
) -> tuple[Slot, ...]:
    """Return drawn chords with Neapolitan and augmented sixths by name.

    Args:
        slots: of a phrase.
        pinned: of each, whether somebody stated it; then it stays as it is.
        share: of the VI before the dominant in minor that are augmented sixths (`chords.augmented_share`).
        rng: stream.
    """
    named = list(slots)
    for place, slot in enumerate(slots):
        draws = rng.random(2)
        if pinned[place]:
            continue
        chord = slot.chord
        if chord.quality == "major" and chord.relative_root == 1 and "/" not in chord.numeral:
            named[place] = replace(slot, numeral="N6" if chord.inversion == 1 else slot.numeral)
        elif place + 1 < len(slots) and slots[place + 1].key == slot.key and _is_dark_sixth(chord):
            wanted = 1.0 if slot.key.mode == "major" else share
            if leads_to_dominant(slots[place + 1].chord) and draws[0] < wanted:
                # The German sixth goes to the six-four chord; straight to V it would make fifths.
                german = draws[1] < _GERMAN and slots[place + 1].chord.relative_root == 0
                named[place] = replace(slot, numeral="Ger65" if german else "It6")
    return tuple(named)


def leads_to_dominant(after: Chord) -> bool:
    """Whether a chord is the dominant in root position, or the six-four chord above its bass."""
    return after.relative_bass == 7 and after.relative_root in (0, 7)


def sounds_as(numeral: str, mode: Mode) -> tuple[frozenset[int], int]:
    """Return what is heard of a chord: its pitch classes and its bass, above the tonic."""
    chord = parse_chord(numeral, mode)
    return frozenset(chord.relative_pitch_classes), chord.relative_bass


def _is_dark_sixth(chord: Chord) -> bool:
    return chord.relative_root == _SIX and chord.inversion == 0 and chord.quality in ("major", "dominant7")
