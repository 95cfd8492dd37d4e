"""Bars that come back: for each bar the most similar earlier one, whatever its transposition.

Conventions: two bars are alike by the notes that they strike at the same place of the bar and, after one chromatic
transposition of the whole bar, at the same pitch: likeness = 2 x shared / (notes of one + notes of the other), 0..1
(Dice's coefficient). Places are in ticks from the bar line, so that nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from composer.score import HIGHEST_PITCH, Score

MAX_TRANSPOSITION = 12  # semitones either way, inclusive
_SAME_PITCH_BONUS = 1e-4  # of two equal matches the untransposed one, then the later bar, is taken


@dataclass(frozen=True)
class BarMatch:
    """How one bar is found again.

    Attributes:
        bar: index in `Score.bars` of the earlier bar.
        semitones: to add to the earlier bar's pitches.
        likeness: 0..1; 1 the same notes.
    """

    bar: int
    semitones: int
    likeness: float


def bar_similarity(score: Score) -> tuple[BarMatch | None, ...]:
    """Return for each bar the most similar earlier one; None for the first bars with notes, and for empty ones."""
    likeness, semitones = likeness_matrix(score)
    matches: list[BarMatch | None] = []
    for bar in range(len(likeness)):
        row = likeness[bar, :bar]
        if not len(row) or row.max() <= 0:
            matches.append(None)
            continue
        tie = row - _SAME_PITCH_BONUS * (semitones[bar, :bar] != 0) + 1e-6 * np.arange(bar) / max(1, bar)
        best = int(tie.argmax())
        matches.append(BarMatch(best, int(semitones[bar, best]), float(row[best])))
    return tuple(matches)


def likeness_matrix(score: Score, *, rows: Sequence[int] | None = None) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Return the likeness of pairs of bars and the transposition that gives it, both [row, bar].

    Args:
        score: any score.
        rows: the bars (indices) to compare with all bars; all of them when None.

    Returns:
        Likeness 0..1, and the semitones to add to the other bar's pitches; of equal transpositions the smallest.
    """
    strikes, counts = _strikes(score)  # [bar, place, pitch], [bar]
    chosen = np.arange(len(counts)) if rows is None else np.array(rows, dtype=np.int64)
    bars, _, pitches = strikes.shape
    best = np.zeros((len(chosen), bars), dtype=np.float32)
    semitones = np.zeros((len(chosen), bars), dtype=np.int8)
    if not strikes.size or not len(chosen):
        return best, semitones
    flat = strikes.reshape(bars, -1)
    own = strikes[chosen]  # [row, place, pitch]
    total = np.maximum(counts[chosen][:, None] + counts[None, :], 1)

    def keep(shift: int, shared: NDArray[np.float32]) -> None:
        share = 2.0 * shared / total
        better = share > best + 1e-6
        best[better], semitones[better] = share[better], shift

    for size in range(min(MAX_TRANSPOSITION + 1, pitches)):
        # The other bar moved up by `size` meets this one as this one moved down meets it.
        down = np.zeros_like(own)
        down[:, :, : pitches - size] = own[:, :, size:]
        higher = down.reshape(len(chosen), -1) @ flat.T
        if not size:
            keep(0, higher)
        elif rows is None:
            keep(-size, higher.T)  # of all pairs of bars, those moved down are those moved up, the other way round
            keep(size, higher)
        else:
            up = np.zeros_like(own)
            up[:, :, size:] = own[:, :, : pitches - size]
            keep(-size, up.reshape(len(chosen), -1) @ flat.T)
            keep(size, higher)
    return best, semitones


def _strikes(score: Score) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return [bar, place, pitch] which notes are struck (only what occurs has a place), and [bar] their number."""
    bar_of: list[int] = []
    place_of: list[int] = []
    pitch_of: list[int] = []
    for _, note in score.notes():
        if note.is_grace or not score.bars:
            continue
        index = score.bar_index_at(note.onset_tick)
        bar = score.bars[index]
        bar_of.append(index)
        place_of.append(note.onset_tick - bar.onset_tick + bar.lead_tick)
        pitch_of.append(note.pitch)
    places, place = np.unique(np.array(place_of, dtype=np.int64), return_inverse=True)
    low = min(pitch_of, default=0)
    span = min(max(pitch_of, default=0), HIGHEST_PITCH) - low + 1
    strikes = np.zeros((len(score.bars), len(places), span), dtype=np.float32)
    strikes[bar_of, place, np.array(pitch_of, dtype=np.int64) - low] = 1
    return strikes, strikes.sum(axis=(1, 2)).astype(np.int64)
