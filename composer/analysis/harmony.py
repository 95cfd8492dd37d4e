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

from composer.analysis.chords import Vocabulary, vocabulary
from composer.analysis.frames import Floats, Frames, Integers, frames_of
from composer.analysis.keys import NUM_KEYS, change_log, key_mode, key_tonic, signature_log, spelled_key
from composer.analysis.labels import Stretch, label
from composer.outline import ChordSpan, KeySpan
from composer.score import Score
from composer.theory.harmony import QUALITY_FIFTHS

# Log-probability of a new chord at a frame, by the strength of the place 0..4.
_CHANGE_PROBABILITY = (0.04, 0.18, 0.60, 0.68, 0.78)
_NOTE_SCALE = 2.0  # how much a quarter of sounding note counts against the prior
_BASS_SCALE = 1.25  # the same for the bass
_DIRECT_LOG = 0.0  # a change of key without a pivot
_KEY_CHANGE_OFF_BEAT_LOG = -4.0
_PHRASE_START_LOG = 2.5  # a change of key where a phrase begins
_END_TONIC_LOG = 2.0  # the tonic under a fermata or at the end
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


def analyse_harmony(score: Score, *, end_ticks: Sequence[int] = ()) -> Harmony:
    """Find the local keys and the chords of a score.

    Args:
        score: any score.
        end_ticks: onsets of chords that end a phrase, beside the fermatas of the score.

    Returns:
        Keys and chords, empty for a score without notes.
    """
    frames = frames_of(score)
    if not len(frames) or not frames.weight.any():
        return Harmony((), ())
    emission = _emission(frames, score, sorted({*score.fermata_ticks, *end_ticks}))
    starts = _phrase_starts(frames, score)
    key, chord, changed = _best_path(frames, emission, starts)
    return _spans(frames, score, key, chord, changed)


@dataclass(frozen=True)
class _States:
    """All (key, chord) pairs, [key, slot]; slots beyond a mode's vocabulary are closed."""

    vocabularies: tuple[Vocabulary, ...]  # by key
    slots: int
    absolute: Integers  # [key, slot] id of the sounding chord (root and quality), the same in every key; -1 closed
    num_absolute: int


def _states() -> _States:
    vocabularies = tuple(vocabulary(key_mode(index)) for index in range(NUM_KEYS))
    slots = max(len(table) for table in vocabularies)
    qualities = tuple(QUALITY_FIFTHS)
    absolute = np.full((NUM_KEYS, slots), -1, dtype=np.int64)
    for index, table in enumerate(vocabularies):
        for slot, (root, quality) in enumerate(zip(table.roots, table.qualities, strict=True)):
            absolute[index, slot] = (root + key_tonic(index)) % 12 * len(qualities) + qualities.index(quality)
    return _States(vocabularies, slots, absolute, 12 * len(qualities))


_STATES = _states()


def _tables() -> tuple[Floats, Floats]:
    """Return the prior, [key, slot], and the transition into a chord, [key, to, from]; closed slots never happen."""
    prior = np.full((NUM_KEYS, _STATES.slots), -np.inf)
    into = np.full((NUM_KEYS, _STATES.slots, _STATES.slots), -np.inf)
    for index, table in enumerate(_STATES.vocabularies):
        prior[index, : len(table)] = table.prior
        into[index, : len(table), : len(table)] = table.transition.T
    return prior, into


def _emission(frames: Frames, score: Score, ends: Sequence[int]) -> Floats:
    """Return [frame, key, slot] the log-evidence of each state."""
    count = len(frames)
    result = np.full((count, NUM_KEYS, _STATES.slots), -np.inf)
    quarters = np.diff(frames.ticks) / 10_080
    bass = frames.bass * quarters[:, None]
    start_log, quarter_log = signature_log(score.keys[0][1].signature if score.keys else None)
    for index, table in enumerate(_STATES.vocabularies):
        turned = np.roll(frames.weight, -key_tonic(index), axis=1)  # [frame, pitch class from the tonic]
        turned_bass = np.roll(bass, -key_tonic(index), axis=1)
        evidence = _NOTE_SCALE * turned @ table.notes.T + _BASS_SCALE * turned_bass @ table.bass.T
        result[:, index, : len(table)] = evidence + quarter_log[index] * quarters[:, None]
        bonus = _ending_log(table)
        for tick in ends:
            frame = int(np.searchsorted(frames.ticks, tick, side="right")) - 1
            if 0 <= frame < count:
                result[frame, index, : len(table)] += bonus
        sounding = np.flatnonzero(frames.weight.any(axis=1))
        result[sounding[-1], index, : len(table)] += bonus * _LAST_SCALE
        result[sounding[0], index, : len(table)] += np.where(bonus > _END_DOMINANT_LOG, _START_TONIC_LOG, 0.0)
        result[0, index, : len(table)] += start_log[index] + table.prior
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


def _phrase_starts(frames: Frames, score: Score) -> NDArray[np.bool_]:
    """Return [frame] whether a phrase begins there by the fermatas: at the next strike after one."""
    starts = np.zeros(len(frames), dtype=bool)
    for tick in score.fermata_ticks:
        held = frames.notes.onset == tick
        end = int(frames.notes.end[held].min()) if held.any() else tick
        frame = int(np.searchsorted(frames.ticks, end, side="left"))
        if frame < len(frames):
            starts[frame] = True
    return starts


def _best_path(
    frames: Frames, emission: Floats, starts: NDArray[np.bool_]
) -> tuple[Integers, Integers, NDArray[np.bool_]]:
    """Return per frame the key, the slot of the chord, and whether a chord begins there."""
    count, slots = len(frames), _STATES.slots
    prior, into = _tables()
    closed = _STATES.absolute < 0
    change_probability = np.array(_CHANGE_PROBABILITY)
    key_change = change_log() + np.where(np.eye(NUM_KEYS, dtype=bool), -np.inf, 0.0)
    absolute = np.where(closed, _STATES.num_absolute, _STATES.absolute)  # closed slots read a last, empty cell
    back_state = np.zeros((count, NUM_KEYS, slots), dtype=np.int64)  # flat index of the state before
    back_new = np.zeros((count, NUM_KEYS, slots), dtype=bool)
    identity = np.arange(NUM_KEYS * slots).reshape(NUM_KEYS, slots)
    score = emission[0]
    back_new[0] = True
    rows = np.arange(NUM_KEYS)[:, None]
    for frame in range(1, count):
        probability = change_probability[frames.strength[frame]]
        if not frames.strikes[frame]:
            probability *= 0.1  # nothing is struck: a new chord only where a voice has stopped
        stay, change = np.log1p(-probability), np.log(probability)
        # The chord before, as each key would hear it: in its own key, or reinterpreted at the price of the key's
        # change.
        turn = key_change + (0.0 if frames.strength[frame] >= 2 else _KEY_CHANGE_OFF_BEAT_LOG)
        if starts[frame]:
            turn = turn + _PHRASE_START_LOG
        by_chord = np.full((NUM_KEYS, _STATES.num_absolute + 1), -np.inf)
        by_chord[rows, absolute] = np.where(closed, -np.inf, score)
        offers = by_chord[:, None, :] + turn[:, :, None]  # [old key, new key, chord]
        old_key = offers.argmax(axis=0)  # [new key, chord]
        pivot = np.take_along_axis(offers, old_key[None], axis=0)[0]
        slot_of = np.zeros((NUM_KEYS, _STATES.num_absolute + 1), dtype=np.int64)
        slot_of[rows, absolute] = np.arange(slots)
        pivot_score = pivot[rows, absolute]  # [new key, slot]
        pivot_key = old_key[rows, absolute]
        pivot_from = pivot_key * slots + slot_of[pivot_key, absolute]
        heard = np.maximum(score, pivot_score)
        heard_from = np.where(pivot_score > score, pivot_from, identity)
        # A new chord in that key.
        step = heard[:, None, :] + into  # [key, to, from]
        best = step.argmax(axis=2)
        moved = np.take_along_axis(step, best[:, :, None], axis=2)[:, :, 0] + change
        moved_from = np.take_along_axis(heard_from, best, axis=1)
        # A new key without a pivot: from the best state of any other key to the likeliest chords.
        top = score.argmax(axis=1)  # [key]
        direct_offers = score[rows[:, 0], top][:, None] + turn  # [old, new]
        direct_old = direct_offers.argmax(axis=0)
        direct = direct_offers[direct_old, rows[:, 0]][:, None] + _DIRECT_LOG + prior + change
        direct_from = np.broadcast_to((direct_old * slots + top[direct_old])[:, None], direct.shape)
        moved_from = np.where(direct > moved, direct_from, moved_from)
        moved = np.maximum(moved, direct)
        stayed = score + stay
        new = moved > stayed
        back_new[frame] = new
        back_state[frame] = np.where(new, moved_from, identity)
        score = np.where(new, moved, stayed) + emission[frame]
    return _trace(int(score.argmax()), back_state, back_new)


def _trace(
    last: int, back_state: Integers, back_new: NDArray[np.bool_]
) -> tuple[Integers, Integers, NDArray[np.bool_]]:
    count, _, slots = back_state.shape
    key, slot = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    changed = np.zeros(count, dtype=bool)
    state = last
    for frame in range(count - 1, -1, -1):
        key[frame], slot[frame] = divmod(state, slots)
        changed[frame] = back_new[frame].flat[state]
        state = int(back_state[frame].flat[state])
    return key, slot, changed


def _spans(frames: Frames, score: Score, key: Integers, slot: Integers, changed: NDArray[np.bool_]) -> Harmony:
    """Turn the path into spans."""
    first = int(np.flatnonzero(frames.weight.any(axis=1))[0])
    starts = [first, *[frame for frame in range(first + 1, len(frames)) if changed[frame]]]
    roots = [(_STATES.vocabularies[key[at]].roots[slot[at]] + key_tonic(int(key[at]))) % 12 for at in starts]
    keys: list[KeySpan] = []
    chords: list[ChordSpan] = []
    for place, (start, stop) in enumerate(itertools.pairwise([*starts, len(frames)])):
        index = int(key[start])
        quality = _STATES.vocabularies[index].qualities[slot[start]]
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
