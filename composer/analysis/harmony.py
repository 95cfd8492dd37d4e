"""Local keys and chords of a Score, found together: the best path over (key, chord) states.

Method: a hidden Markov model on frames of half a beat. Each state shows its notes and its bass (`chords.py`); a chord
may change at any frame, at a price that depends on the strength of the place; a key may change where the chord that
sounds is reinterpreted in the new key (a pivot), or, dearer, directly. The path is found exactly (Viterbi), with all
states of a frame in one array operation. After Temperley and Sleator (1999) and Raphael and Stoddard (2004); weights
are our own.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from composer.analysis.chords import Vocabulary
from composer.analysis.frames import Floats, Frames, Integers, frames_of
from composer.analysis.keys import NUM_KEYS, key_tonic, signature_log, spelled_key
from composer.analysis.labels import Stretch, label
from composer.analysis.path import best_path, states
from composer.outline import ChordSpan, KeySpan
from composer.score import Score
from composer.theory.meter import TICKS_PER_QUARTER

_NOTE_SCALE = 2.0  # how much a quarter of sounding note counts against the prior
_BASS_SCALE = 1.25  # the same for the bass
_END_TONIC_LOG = 3.0  # the tonic under a fermata or at the end
_PICARDY_LOG = -1.0  # what a tonic of the other mode counts less
_END_DOMINANT_LOG = 0.6
_END_OTHER_LOG = -0.1
_START_TONIC_LOG = 1.5  # the tonic as the first chord
_LAST_SCALE = 2.0  # the end of the piece says more


@dataclass(frozen=True)
class Harmony:
    """Local keys and chords; both without gaps from the first note on."""

    keys: tuple[KeySpan, ...]
    chords: tuple[ChordSpan, ...]


@dataclass(frozen=True)
class Evidence:
    """What the notes of a score say, phrases aside.

    Attributes:
        frames: of the score.
        signature: the first one, sharps minus flats; None where the score states none.
    """

    frames: Frames
    signature: int | None

    def __bool__(self) -> bool:
        """Whether anything sounds."""
        return bool(len(self.frames)) and bool(self.frames.weight.any())

    def rows(self, first: int, stop: int) -> Floats:
        """Return [frame - first, key, slot] the log-evidence of each state; made when asked for, or it fills memory."""
        frames = self.frames
        result = np.full((stop - first, NUM_KEYS, states().slots), -np.inf)
        quarters = np.diff(frames.ticks[first : stop + 1]) / TICKS_PER_QUARTER
        weight, bass = frames.weight[first:stop], frames.bass[first:stop] * quarters[:, None]
        start_log, quarter_log = signature_log(self.signature)
        begin, end = np.flatnonzero(frames.weight.any(axis=1))[[0, -1]]
        for index, table in enumerate(states().vocabularies):
            turned = np.roll(weight, -key_tonic(index), axis=1)  # [frame, pitch class from the tonic]
            turned_bass = np.roll(bass, -key_tonic(index), axis=1)
            heard = _NOTE_SCALE * turned @ table.notes.T + _BASS_SCALE * turned_bass @ table.bass.T
            rows = result[:, index, : len(table)]
            rows[:] = heard + quarter_log[index] * quarters[:, None]
            bonus = _ending_log(table)
            if first <= end < stop:
                rows[end - first] += bonus * _LAST_SCALE
            if first <= begin < stop:
                rows[begin - first] += np.where(bonus > _END_DOMINANT_LOG, _START_TONIC_LOG, 0.0)
            if first == 0:
                rows[0] += start_log[index] + table.prior
        return result


def evidence_of(score: Score) -> Evidence:
    """Hear the notes of a score: all that several analyses of its harmony have in common."""
    return Evidence(frames_of(score), score.keys[0][1].signature if score.keys else None)


def analyse_harmony(score: Score, *, end_ticks: Sequence[int] = (), evidence: Evidence | None = None) -> Harmony:
    """Find the local keys and the chords of a score; none for a score without notes.

    Args:
        score: any score.
        end_ticks: where the last note of a phrase is known to begin; fermatas are known besides.
        evidence: of this score, where it is at hand.
    """
    heard = evidence_of(score) if evidence is None else evidence
    if not heard:
        return Harmony((), ())
    frames = heard.frames
    ends = sorted({*score.fermata_ticks, *end_ticks})
    ending = np.searchsorted(frames.ticks, np.array(ends, dtype=np.int64), side="right") - 1  # [end] its frame

    def emission(first: int, stop: int) -> Floats:
        rows = heard.rows(first, stop)
        here = ending[(ending >= first) & (ending < stop)] - first
        for index, table in enumerate(states().vocabularies):
            np.add.at(rows[:, index, : len(table)], here, _ending_log(table))
        return rows

    key, chord, changed = best_path(frames, emission, _phrase_starts(frames, ends))
    return _spans(frames, score, key, chord, changed)


def _ending_log(table: Vocabulary) -> Floats:
    """Return [slot] what the end of a phrase says about its chord."""
    bonus = np.full(len(table), _END_OTHER_LOG)
    for slot, (root, quality) in enumerate(zip(table.roots, table.qualities, strict=True)):
        if root == 0 and quality in ("major", "minor"):
            own = quality == table.mode
            bonus[slot] = _END_TONIC_LOG + (0.0 if own else _PICARDY_LOG)
        elif root == 7 and quality == "major":
            bonus[slot] = _END_DOMINANT_LOG
    return bonus


def _phrase_starts(frames: Frames, ends: Sequence[int]) -> NDArray[np.bool_]:
    """Return [frame] whether a phrase begins there: where the shortest note struck at an end stops."""
    starts = np.zeros(len(frames), dtype=bool)
    for tick in ends:
        held = frames.notes.onset == tick
        end = int(frames.notes.end[held].min()) if held.any() else tick
        frame = int(np.searchsorted(frames.ticks, end, side="left"))
        if frame < len(frames):
            starts[frame] = True
    return starts


def _spans(frames: Frames, score: Score, key: Integers, slot: Integers, changed: NDArray[np.bool_]) -> Harmony:
    """Turn the path into spans."""
    first = int(np.flatnonzero(frames.weight.any(axis=1))[0])
    starts = [first, *[frame for frame in range(first + 1, len(frames)) if changed[frame]]]
    roots = [(states().vocabularies[key[at]].roots[slot[at]] + key_tonic(int(key[at]))) % 12 for at in starts]
    keys: list[KeySpan] = []
    chords: list[ChordSpan] = []
    for place, (start, stop) in enumerate(itertools.pairwise([*starts, len(frames)])):
        index = int(key[start])
        quality = states().vocabularies[index].qualities[slot[start]]
        signature = score.key_at(int(frames.ticks[start]))
        local = spelled_key(index, signature.signature if signature else 0)
        following = roots[place + 1] if place + 1 < len(roots) else None
        stretch = Stretch(start, stop, roots[place], quality, key_tonic(index), local.mode, following)
        for left, right, chord in label(frames, stretch):
            chords.append(ChordSpan(int(frames.ticks[left]), int(frames.ticks[right]), chord, local))
        if keys and keys[-1].key == local:
            keys[-1] = KeySpan(keys[-1].start_tick, chords[-1].end_tick, local)
        else:
            keys.append(KeySpan(int(frames.ticks[start]), chords[-1].end_tick, local))
    return Harmony(tuple(keys), tuple(chords))
