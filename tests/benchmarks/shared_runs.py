"""The longest run of notes that a piece shares with one training piece, found exactly.

What it is: a run is as in `analysis/copying.py`: consecutive notes of one line with the same intervals and the same
times from onset to onset, at whatever pitch. Of the piece that is looked at the lines are its highest and its lowest
notes; of training pieces in parts the parts are lines too. The product's index knows runs of one length, and takes
runs that overlap for one long one. Here every length is looked up by itself, so that a long run is one that a single
line of a training piece has; and no index is shared with the critics that refuse copies.

Conventions: 64-bit hashes of runs; times in steps of the grid. A line is broken where its piece is off the grid.

Contents: `Lines`, `lines_of`, `Library`, `excerpts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SHORTEST = 4  # notes of a run that is looked for
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_SINGLE_SHARE = 0.03  # of a part's onsets may be of two notes at once, for it to be a line

Integers = NDArray[np.int64]
Hashes = NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Lines:
    """The notes of a piece's lines, one line after another.

    Attributes:
        onset, pitch, line: int64 [note]: step, pitch, number of the line; a line that is broken has two numbers.
    """

    onset: Integers
    pitch: Integers
    line: Integers

    @property
    def num_notes(self) -> int:
        """Notes of all lines."""
        return len(self.pitch)


def lines_of(roll: Any, *, with_parts: bool = False) -> Lines:
    """Return the highest and the lowest line of a roll, broken where it is off the grid.

    Args:
        roll: a `Roll` or a `PackedRoll`.
        with_parts: whether each voice that is a line counts as well.
    """
    valid = roll.valid
    play, articulate = roll.play & valid[:, None], roll.articulate & valid[:, None]
    part = np.cumsum(np.diff(valid.astype(int), prepend=1) == -1)
    lines = [_outer(play, articulate, highest=True), _outer(play, articulate, highest=False)]
    if with_parts:
        voice = roll.voice
        for number in range(int(voice.max(initial=-1)) + 1):
            own = articulate & (voice == number)
            steps = np.flatnonzero(own.any(axis=1))
            if len(steps) and (own.sum(axis=1)[steps] > 1).mean() <= _SINGLE_SHARE:
                lines.append((steps, own.shape[1] - 1 - own[steps, ::-1].argmax(axis=1)))
    onset = np.concatenate([steps for steps, _ in lines])
    number = np.repeat(np.arange(len(lines)), [len(steps) for steps, _ in lines])
    return Lines(
        onset, np.concatenate([pitch for _, pitch in lines]), number * (int(part.max(initial=0)) + 1) + part[onset]
    )


def _outer(play: NDArray[np.bool_], articulate: NDArray[np.bool_], *, highest: bool) -> tuple[Integers, Integers]:
    """Return steps and pitches of the notes that begin at or beyond everything that sounds."""
    outer = play.shape[1] - 1 - play[:, ::-1].argmax(axis=1) if highest else play.argmax(axis=1)
    steps = np.flatnonzero(articulate[np.arange(len(play)), outer])
    return steps, outer[steps]


class Library:
    """All runs of many pieces.

    Args:
        pieces: their lines.
    """

    def __init__(self, pieces: Iterable[Lines]) -> None:
        self._steps, self._left = _steps(list(pieces))

    def run_lengths(self, pieces: Sequence[Lines]) -> list[Integers]:
        """Return for each note of each piece the length of the longest run from it on that is in the library.

        0 where not even `SHORTEST` notes are. A run has no more notes than its line has left.
        """
        steps, left = _steps(pieces)
        longest = np.zeros(len(steps), np.int64)
        own, known = np.arange(len(steps)), np.arange(len(self._steps))
        own_hash, known_hash = np.zeros(len(own), np.uint64), np.zeros(len(known), np.uint64)
        length = 1
        while len(own) and len(known):
            # Each run grows by a note, where its line has one left.
            length += 1
            grow, grow_known = left[own] >= length, self._left[known] >= length
            own, known = own[grow], known[grow_known]
            own_hash = own_hash[grow] * _FACTOR + steps[own + length - 2]
            known_hash = known_hash[grow_known] * _FACTOR + self._steps[known + length - 2]
            if length < SHORTEST:
                continue
            ours, theirs = np.unique(_mixed(own_hash)), np.unique(_mixed(known_hash))
            common = np.intersect1d(ours, theirs, assume_unique=True)
            keep, keep_known = _is_in(_mixed(own_hash), common), _is_in(_mixed(known_hash), common)
            own, own_hash = own[keep], own_hash[keep]
            known, known_hash = known[keep_known], known_hash[keep_known]
            longest[own] = length
        ends = np.cumsum([piece.num_notes for piece in pieces])[:-1]
        return np.split(longest, ends)


def excerpts(piece: Lines, runs: Integers, num_notes: int) -> list[int]:
    """Return the longest run within each excerpt of so many notes; of a shorter piece, of the whole of it.

    Args:
        piece: lines.
        runs: [note], as `Library.run_lengths` gives them.
        num_notes: of an excerpt, over both lines; what is left at the end is none.
    """
    order = np.argsort(piece.onset, kind="stable")
    count = max(1, piece.num_notes // num_notes)
    found = []
    for index in range(count):
        inside = np.zeros(piece.num_notes, bool)
        inside[order[index * num_notes : (index + 1) * num_notes]] = True
        # Notes of a line stand one after another: a run is cut at the next note outside.
        outside = np.append(np.flatnonzero(~inside), piece.num_notes)
        notes = np.flatnonzero(inside)
        room = outside[np.searchsorted(outside, notes)] - notes
        found.append(int(np.minimum(runs[notes], room).max(initial=0)))
    return found


def _steps(pieces: Sequence[Lines]) -> tuple[Hashes, Integers]:
    """Return for each note a hash of what leads to the next one, and how many notes its line has left, with itself."""
    steps, left = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
    for piece in pieces:
        moved = (np.diff(piece.pitch, append=0) << 32) + np.diff(piece.onset, append=0)
        steps.append(_mixed(moved))
        ends = np.append(np.flatnonzero(np.diff(piece.line)), piece.num_notes - 1)
        own = np.arange(piece.num_notes)
        left.append(ends[np.searchsorted(ends, own)] - own + 1 if piece.num_notes else own)
    return np.concatenate(steps), np.concatenate(left)


def _is_in(values: Hashes, ordered: Hashes) -> NDArray[np.bool_]:
    if not len(ordered):
        return np.zeros(len(values), bool)
    place = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
    return np.asarray(ordered[place] == values)


def _mixed(values: NDArray[Any]) -> Hashes:
    """Spread every bit over all 64 (the finalizer of SplitMix64, Steele, Lea & Flood 2014)."""
    mixed = values.astype(np.uint64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))
