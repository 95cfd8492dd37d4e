"""Pedal points: one degree held in the bass beneath the changing chords of a phrase.

What it is: `pedal: V` of a phrase holds the dominant of its last key from where that key begins up to the cadence. The
chords above are drawn so that most of them have the held note, which sets aside all but those that are heard as
neighbours of it; the fill pins the note (`fill/pedals.py`).

Conventions: ticks count from the phrase's first bar line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from composer.plan.model import Formula, PedalName
from composer.theory.harmony import Chord, parse_chord
from composer.theory.key import Key

IN_BASS, MEMBER, NEIGHBOUR, FOREIGN = 1.0, 0.6, 0.3, 0.005  # weights of chords over a pedal
LEAST_BARS = 2  # of a phrase that is given a pedal unasked
# Share of phrases that are given one: a retransition waits on the dominant, a coda rests on the tonic.
USUAL: Mapping[str, tuple[PedalName, float]] = {"retransition": ("V", 0.6), "coda": ("I", 0.4)}


@dataclass(frozen=True)
class Pedal:
    """A held degree: I or V of a key, from a tick on."""

    degree: PedalName
    key: Key
    start_tick: int

    @property
    def pitch_class(self) -> int:
        """0..11."""
        return (self.key.tonic_pitch_class + (7 if self.degree == "V" else 0)) % 12


def pedal_weights(chords: Sequence[Chord], key: Key, pitch_class: int) -> NDArray[np.float64]:
    """Return how well each chord of a key sounds over a held note: [chord]."""
    weights = []
    for chord in chords:
        held = (pitch_class - key.tonic_pitch_class) % 12
        if chord.relative_bass == held:
            weights.append(IN_BASS)
        elif held in chord.relative_pitch_classes:
            weights.append(MEMBER)
        else:
            # Over the tonic its dominant and the diminished sevenths, over the dominant what leads to it.
            weights.append(NEIGHBOUR if chord.is_dominant or chord.quality.startswith("diminished") else FOREIGN)
    return np.array(weights)


def usual_pedal(function: str, *, bars: int, is_last: bool, rng: np.random.Generator) -> PedalName | None:
    """Draw whether a phrase of a section has a pedal that nobody asked for.

    The dominant is held at the end of its section, the tonic before it.
    """
    degree, share = USUAL.get(function, ("V", 0.0))
    if rng.random() >= share or bars < LEAST_BARS or is_last != (degree == "V"):
        return None
    return degree


def pedal_end(formula: Formula | None, degree: PedalName, key: Key, *, beat_ticks: int, end_tick: int) -> int:
    """Return the tick up to which a pedal is held: the cadence's first chord with another bass, or the phrase's end.

    Args:
        formula: of the phrase; None for an open end.
        degree: that is held.
        key: in which the formula's chords count.
        beat_ticks: of the meter.
        end_tick: of the phrase.
    """
    if formula is None:
        return end_tick
    held = 7 if degree == "V" else 0
    for numeral, onset in zip(formula.chords, formula.onsets, strict=True):
        if parse_chord(numeral, key.mode).relative_bass != held:
            return round(onset * beat_ticks)
    return end_tick
