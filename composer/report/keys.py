"""Planned keys beside found ones, span by span.

What it is: the finder is handed in, so that benchmarks can use one that nobody here wrote; `find_by_profile` is our
own: the key whose profile correlates best with the time that each pitch class sounds.

Conventions: a found key is (pitch class of the tonic 0..11, mode), since notes have no spelling.

Contents: `FoundKey`, `KeyFinder`, `KeySpanFound`, `judge_keys`, `one_key_spans`, `find_by_profile`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np

from composer.analysis.frames import note_array
from composer.outline import KeySpan, Outline
from composer.report.sounding import Floats, pitch_class_quarters
from composer.score import Score
from composer.theory.key import Key, Mode

FoundKey: TypeAlias = tuple[int, Mode]
KeyFinder: TypeAlias = Callable[[Floats], FoundKey]

LEAST_BARS = 8  # of a span that has a key worth finding
# Probe-tone ratings of the degrees above the tonic (Krumhansl and Kessler, Psychological Review 89, 1982).
_PROFILES: dict[Mode, tuple[float, ...]] = {
    "major": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    "minor": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}


@dataclass(frozen=True)
class KeySpanFound:
    """A span of one planned key, and the key found in its notes."""

    planned: KeySpan
    found: FoundKey

    @property
    def agrees(self) -> bool:
        """Whether tonic and mode are the planned ones."""
        return self.found == as_found(self.planned.key)


def as_found(key: Key) -> FoundKey:
    """Return a spelled key as a finder names it."""
    return key.tonic_pitch_class, key.mode


def one_key_spans(outline: Outline, *, least_bars: float = LEAST_BARS) -> tuple[KeySpan, ...]:
    """Return the stretches of a section that stay in one key for at least so many whole bars."""
    pieces = []
    for section in outline.sections:
        for span in outline.keys:
            start, end = max(span.start_tick, section.start_tick), min(span.end_tick, section.end_tick)
            if start < end:
                pieces.append(KeySpan(start, end, span.key))
    if not outline.sections:
        pieces = list(outline.keys)
    bar_ticks = outline.bars[0].meter.bar_ticks if outline.bars else 1
    return tuple(span for span in pieces if span.end_tick - span.start_tick >= least_bars * bar_ticks)


def judge_keys(
    score: Score, outline: Outline, *, finder: KeyFinder | None = None, least_bars: float = LEAST_BARS
) -> tuple[KeySpanFound, ...]:
    """Return the key found in each one-key span of a plan.

    Args:
        score: the notes.
        outline: of the plan, on the same timeline.
        finder: names the key of pitch-class weights [12]; None: `find_by_profile`.
        least_bars: of a span; shorter ones say too little.
    """
    notes, find = note_array(score), finder or find_by_profile
    return tuple(
        KeySpanFound(span, find(pitch_class_quarters(notes, span.start_tick, span.end_tick)))
        for span in one_key_spans(outline, least_bars=least_bars)
    )


def find_by_profile(weights: Floats) -> FoundKey:
    """Return the key whose profile correlates best with pitch-class weights [12]; C major for silence."""
    place = int(key_fits(weights).argmax())
    return place % 12, "minor" if place >= 12 else "major"


def key_fits(weights: Floats) -> Floats:
    """Return how well each key's profile correlates with pitch-class weights: [..., 12] -> [..., 24], major keys first.

    All alike: 0 for every key.
    """
    centred = weights - weights.mean(axis=-1, keepdims=True)
    length = np.linalg.norm(centred, axis=-1, keepdims=True)
    fits: Floats = np.divide(centred, length, out=np.zeros_like(centred), where=length > 0) @ _keys_by_degree()
    return fits


def place_of_key(key: Key) -> int:
    """Return where a key stands in `key_fits`: its tonic's pitch class, 12 more in minor."""
    return key.tonic_pitch_class + (12 if key.mode == "minor" else 0)


@cache
def _keys_by_degree() -> Floats:
    """Return the profiles of all keys, centred and of length 1: [pitch class, key]."""
    rows = np.array([np.roll(_PROFILES[mode], tonic) for mode in ("major", "minor") for tonic in range(12)])
    rows -= rows.mean(axis=1, keepdims=True)
    profiles: Floats = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).T
    return profiles
