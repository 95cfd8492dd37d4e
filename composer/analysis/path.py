"""The best path over (key, chord) states: an exact Viterbi search, all states of a frame in one array operation.

Conventions: a state is [key, slot], the slot counting the chords of the key's mode; modes with fewer chords leave the
last slots closed (log-weight −inf). All weights are natural logarithms and are added.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from composer.analysis.chords import Vocabulary, vocabulary
from composer.analysis.frames import Floats, Frames, Integers
from composer.analysis.keys import NUM_KEYS, change_log, key_mode, key_tonic
from composer.theory.harmony import QUALITY_FIFTHS

# Probability of a new chord at a frame, by the strength of the place 0..4.
_CHANGE_PROBABILITY = (0.04, 0.18, 0.60, 0.68, 0.78)
_UNSTRUCK_SCALE = 0.1  # of it, where nothing is struck: a new chord only where a voice has stopped
_DIRECT_LOG = 0.0  # a change of key without a pivot, beside that of any
_OFF_BEAT_LOG = -4.0  # a change of key off the beat
_PHRASE_START_LOG = 2.5  # a change of key where a phrase begins


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
    qualities = tuple(QUALITY_FIFTHS)
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
    frames: Frames, emission: Floats, phrase_starts: NDArray[np.bool_]
) -> tuple[Integers, Integers, NDArray[np.bool_]]:
    """Find the best path.

    Args:
        frames: for the strength of each place and what is struck there.
        emission: [frame, key, slot] log-evidence.
        phrase_starts: [frame] whether a phrase is known to begin there.

    Returns:
        Per frame the key, the slot of the chord, and whether a chord begins there; all [frame].
    """
    table = states()
    count = len(frames)
    back = np.zeros((count, NUM_KEYS, table.slots), dtype=np.int64)  # flat index of the state before
    begins = np.ones((count, NUM_KEYS, table.slots), dtype=bool)
    identity = np.arange(NUM_KEYS * table.slots).reshape(NUM_KEYS, table.slots)
    score = emission[0]
    for frame in range(1, count):
        strength = int(frames.strength[frame])
        probability = _CHANGE_PROBABILITY[strength] * (1.0 if frames.strikes[frame] else _UNSTRUCK_SCALE)
        turn = table.key_change + (_OFF_BEAT_LOG if strength < 2 else 0.0)
        turn = turn + (_PHRASE_START_LOG if phrase_starts[frame] else 0.0)
        # The chord before, as each key hears it, leads to a new chord of that key.
        heard, heard_from = _reinterpreted(table, score, turn, identity)
        step = heard[:, None, :] + table.into  # [key, to, from]
        moved, moved_from = step.max(axis=2), np.take_along_axis(heard_from, step.argmax(axis=2), axis=1)
        direct, direct_from = _direct(table, score, turn)
        moved_from = np.where(direct > moved, direct_from[:, None], moved_from)
        moved = np.maximum(moved, direct) + np.log(probability)
        stayed = score + np.log1p(-probability)
        begins[frame] = moved > stayed
        back[frame] = np.where(begins[frame], moved_from, identity)
        score = np.maximum(moved, stayed) + emission[frame]
    return _trace(int(score.argmax()), back, begins)


def _reinterpreted(table: States, score: Floats, turn: Floats, identity: Integers) -> tuple[Floats, Integers]:
    """Return [key, slot] the best way to have heard a chord in a key, and its state: as it was, or from another key."""
    by_chord = np.full((table.slot_of.shape[1], NUM_KEYS), -np.inf)
    by_chord[table.sounding, np.arange(NUM_KEYS)[:, None]] = score
    by_chord[-1] = -np.inf  # the closed slots
    offers = by_chord[:, None, :] + turn.T[None, :, :]  # [chord, new key, old key]
    rows = np.arange(NUM_KEYS)[:, None]
    best = offers.max(axis=2)[table.sounding, rows]  # [new key, slot]
    old_key = offers.argmax(axis=2)[table.sounding, rows]
    old_state = old_key * table.slots + table.slot_of[old_key, table.sounding]
    return np.maximum(score, best), np.where(best > score, old_state, identity)


def _direct(table: States, score: Floats, turn: Floats) -> tuple[Floats, Integers]:
    """Return [key, slot] the best way into a chord of a new key without a pivot, and [key] the state before."""
    top = score.argmax(axis=1)  # [old key]
    offers = score.max(axis=1)[:, None] + turn  # [old key, new key]
    old_key = offers.argmax(axis=0)
    return offers.max(axis=0)[:, None] + _DIRECT_LOG + table.prior, old_key * table.slots + top[old_key]


def _trace(last: int, back: Integers, begins: NDArray[np.bool_]) -> tuple[Integers, Integers, NDArray[np.bool_]]:
    """Follow the path back from its last state."""
    count, _, slots = back.shape
    key, slot = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    changed = np.zeros(count, dtype=bool)
    state = last
    for frame in range(count - 1, -1, -1):
        key[frame], slot[frame] = divmod(state, slots)
        changed[frame] = begins[frame].flat[state]
        state = int(back[frame].flat[state])
    return key, slot, changed
