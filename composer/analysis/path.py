"""The best path over (key, chord) states: an exact Viterbi search, all states of a frame in one array operation.

Conventions: a state is [key, slot], the slot counting the chords of the key's mode; modes with fewer chords leave the
last slots closed (log-weight −inf). All weights are natural logarithms and are added.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from composer.analysis.chords import Vocabulary, vocabulary
from composer.analysis.frames import Floats, Frames, Integers
from composer.analysis.keys import NUM_KEYS, change_log, key_mode, key_tonic

# Probability of a new chord at a frame, by the strength of the place 0..4.
_CHANGE_PROBABILITY = (0.04, 0.18, 0.60, 0.68, 0.78)
_UNSTRUCK_SCALE = 0.1  # of it, where nothing is struck: a new chord only where a voice has stopped
_DIRECT_LOG = 0.0  # a change of key without a pivot, beside that of any
_OFF_BEAT_LOG = -4.0  # a change of key off the beat
_PHRASE_START_LOG = 2.5  # a change of key where a phrase begins
_BLOCK = 256  # frames whose evidence is in memory at once


@dataclass(frozen=True)
class States:
    """All (key, chord) pairs as tables.

    Attributes:
        vocabularies: by key.
        prior: [key, slot] log-probability of a chord in its key.
        into: [key, to, from] log-probability of the next chord.
        sounding: [key, slot] id of the chord as it sounds (root and quality), the same in every key; closed slots share
            a last id.
        slot_of: [key, id] slot of a sounding chord in a key; 0 where the key does not have it.
        key_change: [from, to], −inf on the diagonal.
    """

    vocabularies: tuple[Vocabulary, ...]
    prior: Floats
    into: Floats
    sounding: Integers
    slot_of: Integers
    key_change: Floats

    @property
    def slots(self) -> int:
        """Chords of the larger vocabulary."""
        return int(self.prior.shape[1])


@lru_cache(maxsize=1)
def states() -> States:
    """Return the tables, made once."""
    vocabularies = tuple(vocabulary(key_mode(index)) for index in range(NUM_KEYS))
    slots = max(len(table) for table in vocabularies)
    qualities = sorted({quality for table in vocabularies for quality in table.qualities})
    closed = 12 * len(qualities)
    prior = np.full((NUM_KEYS, slots), -np.inf)
    into = np.full((NUM_KEYS, slots, slots), -np.inf)
    sounding = np.full((NUM_KEYS, slots), closed, dtype=np.int64)
    slot_of = np.zeros((NUM_KEYS, closed + 1), dtype=np.int64)
    for index, table in enumerate(vocabularies):
        prior[index, : len(table)] = table.prior
        into[index, : len(table), : len(table)] = table.transition.T
        for slot, (root, quality) in enumerate(zip(table.roots, table.qualities, strict=True)):
            sounding[index, slot] = (root + key_tonic(index)) % 12 * len(qualities) + qualities.index(quality)
            slot_of[index, sounding[index, slot]] = slot
    apart = np.where(np.eye(NUM_KEYS, dtype=bool), -np.inf, change_log())
    return States(vocabularies, prior, into, sounding, slot_of, apart)


def best_path(
    frames: Frames, emission: Callable[[int, int], Floats], phrase_starts: NDArray[np.bool_]
) -> tuple[Integers, Integers, NDArray[np.bool_]]:
    """Find the best path.

    Args:
        frames: for the strength of each place and what is struck there.
        emission: (first, stop) → [frame - first, key, slot] log-evidence of these frames.
        phrase_starts: [frame] whether a phrase is known to begin there.

    Returns:
        Per frame the key, the slot of the chord, and whether a chord begins there; all [frame].
    """
    table = states()
    count = len(frames)
    # Only the scores are kept, below the best of their frame and so in few digits: where each came from is asked on the
    # way back, of the one state that is on the path.
    scores = np.zeros((count, NUM_KEYS, table.slots), dtype=np.float32)
    begins = np.ones((count, NUM_KEYS, table.slots), dtype=bool)
    kinds = {(on, new): _turn(table, on_beat=on, phrase_begins=new) for on in (False, True) for new in (False, True)}
    turns = [kinds[bool(frames.strength[frame] >= 2), bool(phrase_starts[frame])] for frame in range(count)]
    score = np.zeros((NUM_KEYS, table.slots))
    rows = score[None]
    for frame in range(count):
        if frame % _BLOCK == 0:
            rows = emission(frame, min(frame + _BLOCK, count))
        if frame:
            probability = _CHANGE_PROBABILITY[int(frames.strength[frame])]
            probability *= 1.0 if frames.strikes[frame] else _UNSTRUCK_SCALE
            # The chord before, as each key hears it, leads to a new chord of that key.
            heard = _reinterpreted(table, score, turns[frame])
            moved = np.maximum((heard[:, None, :] + table.into).max(axis=2), _direct(table, score, turns[frame]))
            moved = moved + np.log(probability)
            stayed = score + np.log1p(-probability)
            begins[frame] = moved > stayed
            score = np.maximum(moved, stayed)
        score = score + rows[frame % _BLOCK]
        score -= score.max()
        scores[frame] = score
    return _trace(table, scores, begins, turns)


def _turn(table: States, *, on_beat: bool, phrase_begins: bool) -> Floats:
    """Return [old key, new key] what a change of key counts at a place."""
    turn = table.key_change + (0.0 if on_beat else _OFF_BEAT_LOG)
    return turn + (_PHRASE_START_LOG if phrase_begins else 0.0)


def _reinterpreted(table: States, score: Floats, turn: Floats) -> Floats:
    """Return [key, slot] the best way to have heard a chord in a key: as it was, or from another key."""
    by_chord = _by_chord(table, score)
    offers = (by_chord[:, :, None] + turn[:, None, :]).max(axis=0)  # [chord, new key], over the old keys
    return np.asarray(np.maximum(score, offers[table.sounding, np.arange(NUM_KEYS)[:, None]]))


def _by_chord(table: States, score: Floats) -> Floats:
    """Return [key, id] the score of each sounding chord in each key; −inf where the key does not have it."""
    by_chord = np.full((NUM_KEYS, table.slot_of.shape[1]), -np.inf)
    by_chord[np.arange(NUM_KEYS)[:, None], table.sounding] = score
    by_chord[:, -1] = -np.inf  # the closed slots
    return by_chord


def _direct(table: States, score: Floats, turn: Floats) -> Floats:
    """Return [key, slot] the best way into a chord of a new key without a pivot."""
    offers = score.max(axis=1)[:, None] + turn  # [old key, new key]
    return np.asarray(offers.max(axis=0)[:, None] + _DIRECT_LOG + table.prior)


def _trace(
    table: States, scores: NDArray[np.float32], begins: NDArray[np.bool_], turns: Sequence[Floats]
) -> tuple[Integers, Integers, NDArray[np.bool_]]:
    """Follow the path back from its last state."""
    count = len(scores)
    key, slot = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    changed = np.zeros(count, dtype=bool)
    state = divmod(int(scores[-1].argmax()), table.slots)
    for frame in range(count - 1, -1, -1):
        key[frame], slot[frame] = state
        changed[frame] = begins[frame][state]
        if changed[frame] and frame:
            state = _before(table, scores[frame - 1].astype(np.float64), turns[frame], *state)
    return key, slot, changed


def _before(table: States, score: Floats, turn: Floats, key: int, slot: int) -> tuple[int, int]:
    """Return the (key, slot) from which a chord that begins was reached."""
    sounding = table.sounding[key]
    offers = _by_chord(table, score)[:, sounding] + turn[:, key][:, None]  # [old key, slot]
    pivot = offers.max(axis=0)
    heard = np.maximum(score[key], pivot)
    step = heard + table.into[key, slot]
    if _direct(table, score, turn)[key, slot] > step.max():
        old_key = int((score.max(axis=1) + turn[:, key]).argmax())
        return old_key, int(score[old_key].argmax())
    before = int(step.argmax())
    if pivot[before] > score[key, before]:
        old_key = int(offers[:, before].argmax())
        return old_key, int(table.slot_of[old_key, sounding[before]])
    return key, before
