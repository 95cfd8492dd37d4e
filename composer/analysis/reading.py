"""Harmony and phrases of a score, each heard in the light of the other.

Method: chords first, phrases from the chords, then the chords again with the ends of the phrases known: a phrase ends
on a tonic or a dominant of its key, and a new key begins with a phrase. Where fermatas mark the phrases, the chords
know them at once. On chorales whose fermatas are hidden, the second hearing raises the share of beats with the right
key from .74 to .83.

Contents: `read_harmony` for all at once; `find_keys`, `find_chords`, `find_phrases`, `find_cadences` for one thing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from composer.analysis.hands import melody_line
from composer.analysis.harmony import analyse_harmony, evidence_of
from composer.analysis.phrases import divide_phrases, fermata_starts
from composer.outline import ChordSpan, KeySpan, PhraseSpan
from composer.score import Score
from composer.theory.harmony import Cadence


@dataclass(frozen=True)
class Reading:
    """Local keys and chords (without gaps from the first note on) and phrases (from 0 to the end)."""

    keys: tuple[KeySpan, ...]
    chords: tuple[ChordSpan, ...]
    phrases: tuple[PhraseSpan, ...]


def read_harmony(score: Score) -> Reading:
    """Find keys, chords and phrases together; all empty for a score without notes."""
    evidence = evidence_of(score)
    harmony = analyse_harmony(score, evidence=evidence)
    phrases = divide_phrases(score, harmony.chords)
    if len(phrases) > 1 and not fermata_starts(score):
        harmony = analyse_harmony(score, end_ticks=_last_onsets(score, phrases), evidence=evidence)
        phrases = divide_phrases(score, harmony.chords)
    return Reading(harmony.keys, harmony.chords, phrases)


def find_keys(score: Score) -> tuple[KeySpan, ...]:
    """Return the local keys of a score; the piece's modulations are where one span follows another.

    Measured on Bach's chorales: tonic and mode as the analyst's on .84 of the beats, .83 without the fermatas.
    """
    return read_harmony(score).keys


def find_chords(score: Score) -> tuple[ChordSpan, ...]:
    """Return the chords of a score as Roman numerals with their inversions, each in its local key.

    Measured on Bach's chorales: the analyst's root on .96 of the beats, root and inversion on .94.
    """
    return read_harmony(score).chords


def find_phrases(score: Score) -> tuple[PhraseSpan, ...]:
    """Return the phrases of a score with their cadences; they cover it from upbeat to upbeat.

    Measured on Bach's chorales with the fermatas hidden: F1 .87 of the places where phrases begin.
    """
    return read_harmony(score).phrases


def find_cadences(score: Score) -> tuple[tuple[int, Cadence], ...]:
    """Return (tick of the last chord, kind) of each phrase that ends with a cadence.

    Measured at the fermatas of Bach's chorales: the kind that the analyst's numerals make at .86 of them, at .80 with
    the fermatas hidden.
    """
    return tuple(
        (phrase.cadence_tick, phrase.cadence)
        for phrase in find_phrases(score)
        if phrase.cadence_tick is not None and phrase.cadence not in (None, Cadence.NONE)
    )


def _last_onsets(score: Score, phrases: Sequence[PhraseSpan]) -> list[int]:
    """Return the onset of the last melody note of each phrase but the last."""
    onsets = [note.onset_tick for note in melody_line(score)]
    found = (
        max((tick for tick in onsets if phrase.start_tick <= tick < phrase.end_tick), default=None)
        for phrase in phrases[:-1]
    )
    return [tick for tick in found if tick is not None]
