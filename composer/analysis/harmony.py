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
        emission: [frame, key, slot] the log-evidence of each state; without frames for a score without notes.
    """

    frames: Frames
    emission: Floats


def evidence_of(score: Score) -> Evidence:
    """Hear the notes of a score: all that several analyses of its harmony have in common."""
    frames = frames_of(score)
    if not len(frames) or not frames.weight.any():
        return Evidence(frames, np.zeros((0, NUM_KEYS, states().slots)))
    return Evidence(frames, _emission(frames, score))


def analyse_harmony(score: Score, *, end_ticks: Sequence[int] = (), evidence: Evidence | None = None) -> Harmony:
    """Find the local keys and the chords of a score; none for a score without notes.

    Args:
        score: any score.
        end_ticks: where the last note of a phrase is known to begin; fermatas are known besides.
        evidence: of this score, where it is at hand.
    """
    heard = evidence_of(score) if evidence is None else evidence
    if not len(heard.emission):
        return Harmony((), ())
    ends = sorted({*score.fermata_ticks, *end_ticks})
    emission = _with_ends(heard, ends)
    key, chord, changed = best_path(heard.frames, emission, _phrase_starts(heard.frames, ends))
    return _spans(heard.frames, score, key, chord, changed)


def _emission(frames: Frames, score: Score) -> Floats:
    """Return [frame, key, slot] the log-evidence of each state, the ends of inner phrases left out."""
    count = len(frames)
    result = np.full((count, NUM_KEYS, states().slots), -np.inf)
    quarters = np.diff(frames.ticks) / TICKS_PER_QUARTER
    bass = frames.bass * quarters[:, None]
    start_log, quarter_log = signature_log(score.keys[0][1].signature if score.keys else None)
    for index, table in enumerate(states().vocabularies):
        turned = np.roll(frames.weight, -key_tonic(index), axis=1)  # [frame, pitch class from the tonic]
        turned_bass = np.roll(bass, -key_tonic(index), axis=1)
        evidence = _NOTE_SCALE * turned @ table.notes.T + _BASS_SCALE * turned_bass @ table.bass.T
        result[:, index, : len(table)] = evidence + quarter_log[index] * quarters[:, None]
        bonus = _ending_log(table)
        sounding = np.flatnonzero(frames.weight.any(axis=1))
        result[sounding[-1], index, : len(table)] += bonus * _LAST_SCALE
        result[sounding[0], index, : len(table)] += np.where(bonus > _END_DOMINANT_LOG, _START_TONIC_LOG, 0.0)
        result[0, index, : len(table)] += start_log[index] + table.prior
    return result


def _with_ends(evidence: Evidence, ends: Sequence[int]) -> Floats:
    """Return the log-evidence with what the ends of phrases say about the chords there."""
    frame = np.searchsorted(evidence.frames.ticks, np.array(ends, dtype=np.int64), side="right") - 1
    frame = frame[(frame >= 0) & (frame < len(evidence.frames))]
    result = evidence.emission.copy()
    for index, table in enumerate(states().vocabularies):
        np.add.at(result[:, index, : len(table)], frame, _ending_log(table))
    return result


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
