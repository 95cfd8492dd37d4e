"""Duplicates: pieces that are the same music, in other files, keys, note values or editions.

What it is: a `Fingerprint` keeps of a piece what finds it again: a hash of its notes, the same without their height,
and a sample of the hashes of short runs of its top and bass lines. Three kinds of duplicates are told:
`same` (equal pitches at equal times), `transposed` (the same at another pitch) and `near` (most runs of a line in
common: another edition, an arrangement, another setting of the tune).

Conventions: time is relative throughout: a piece in halved note values, or behind a rest, is the same piece. Lengths of
notes, graces, bars and voices make no difference. A run is counted as intervals in semitones and ratios of the times
from onset to onset. Common stock says nothing and is not counted: runs that many pieces have, scales, repeated notes
and trills, and in the bass every run in even notes (accompaniments are alike everywhere). `likeness` is the share,
0..1, of the runs of the piece with fewer of them that the other has too; 1 for `same` and `transposed`.

The sample of a line is its smallest hashes (Broder 1997): of two lines the same part of all hashes is compared, so that
lines of any length can be, and 10,000 pieces take at most 40 MB. How well it finds, and how the numbers below were
chosen, is measured in `tests/benchmarks/bench_duplicates.py`.

Contents: `Fingerprint`, `Duplicate`, `fingerprint_of`, `find_duplicates`, `group_works`, `UnionFind`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from composer.analysis.hands import bass_line, top_line
from composer.score import Note, Score

Kind = Literal["same", "transposed", "near"]
Hashes = NDArray[np.uint32]
Integers = NDArray[np.int64]

_RUN_NOTES = 6  # notes of a run
_MIN_INTERVALS = 3  # different ones in a run that counts: scales, trills and repeated notes have fewer
_SAMPLE = 512  # hashes of a line that are kept
_RATIO_STEPS = 2  # ratios of times are told apart to half a doubling
# A run that more pieces than this share of all (duplicates aside) have is common stock; at least and at most so many.
_COMMON_SHARE = 0.01
_COMMON_PIECES = (24, 64)
_MIN_NOTES = 8  # of a piece that is looked for at other pitches: every single note is a transposed single note
_MIN_SHARED = 8  # runs: fewer in common are chance
_NEAR_LIKENESS = 0.4  # inclusive
# So many are never chance: then half of that likeness will do (a line that another reader heard with other held notes).
_MANY_SHARED = 30
_MANY_LIKENESS = 0.2

_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # of the hash of a run; odd, so that no bit of an earlier note is lost


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """What is kept of a piece to find it again.

    Attributes:
        num_notes: notes struck; graces are none, unisons one.
        notes: hash of all pitches at their relative times.
        intervals: the same with pitches counted from the lowest.
        top, bass: the smallest hashes of the line's runs; sorted, each once.
    """

    num_notes: int
    notes: int
    intervals: int
    top: Hashes
    bass: Hashes


@dataclass(frozen=True)
class Duplicate:
    """Two pieces that are the same music.

    Attributes:
        first, second: their places in the list; `first` < `second`.
        kind: `same`, `transposed` or `near`.
        likeness: 0..1.
    """

    first: int
    second: int
    kind: Kind
    likeness: float


def fingerprint_of(score: Score) -> Fingerprint:
    """Return what finds a piece again; equal for equal pieces on every machine."""
    notes = sorted({(note.onset_tick, note.pitch) for part in score.parts for note in part.notes if not note.is_grace})
    onset, pitch = np.array(notes, np.int64).reshape(-1, 2).T
    place = _relative(onset)
    return Fingerprint(
        len(notes),
        _hash_of_all(place, pitch),
        _hash_of_all(place, pitch - pitch.min(initial=127)),
        _sample(top_line(score), uneven=False),
        _sample(bass_line(score), uneven=True),
    )


def find_duplicates(fingerprints: Sequence[Fingerprint]) -> tuple[Duplicate, ...]:
    """Return the duplicates among pieces, sorted.

    Of several equal pieces each is told with the first of them; only that one is told with pieces near to it.
    """
    found: list[Duplicate] = []
    first_of: dict[tuple[str, int, int], int] = {}
    alone: list[int] = []
    for place, piece in enumerate(fingerprints):
        same = first_of.setdefault(("notes", piece.num_notes, piece.notes), place)
        moved = first_of.setdefault(("intervals", piece.num_notes, piece.intervals), place)
        if same < place:
            found.append(Duplicate(same, place, "same", 1.0))
        elif moved < place and piece.num_notes >= _MIN_NOTES:
            found.append(Duplicate(moved, place, "transposed", 1.0))
        else:
            alone.append(place)
    likeness: dict[tuple[int, int], float] = {}
    for line in ([piece.top for piece in fingerprints], [piece.bass for piece in fingerprints]):
        for left, right, share in _near([line[place] for place in alone]):
            pair = alone[left], alone[right]
            likeness[pair] = max(share, likeness.get(pair, 0.0))
    found += [Duplicate(*pair, "near", share) for pair, share in likeness.items()]
    return tuple(sorted(found, key=lambda one: (one.first, one.second)))


def group_works(ids: Sequence[str], fingerprints: Sequence[Fingerprint]) -> tuple[str, ...]:
    """Return for each piece the id of everything that must stay on one side of a split.

    Args:
        ids: of the works, as `works.work_id` gives them; pieces with one id belong together.
        fingerprints: of the same pieces; duplicates belong together too, and what they are together with.

    Returns:
        [piece] the smallest id in its group. It depends on what other pieces there are, as ids alone do not.
    """
    groups = UnionFind(ids)
    for pair in find_duplicates(fingerprints):
        groups.join(ids[pair.first], ids[pair.second])
    return tuple(groups.smallest(id_) for id_ in ids)


class UnionFind:
    """Names in groups, each known by its smallest name."""

    def __init__(self, names: Iterable[str]) -> None:
        self._parent = {name: name for name in names}

    def smallest(self, name: str) -> str:
        """Return the smallest name in the group of `name`."""
        root = name
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[name] != root:  # the way is shorter the next time
            self._parent[name], name = root, self._parent[name]
        return root

    def join(self, one: str, other: str) -> None:
        """Make one group of two."""
        low, high = sorted((self.smallest(one), self.smallest(other)))
        self._parent[high] = low


# ---------------------------------------------------------------- hashes


def _relative(onset: Integers) -> Integers:
    """Return times counted from the first, in their greatest common unit."""
    if not len(onset):
        return onset
    since = onset - onset[0]
    return np.asarray(since // max(1, math.gcd(*since.tolist())), np.int64)


def _hash_of_all(place: Integers, pitch: Integers) -> int:
    rows = _mixed((place << 8) + pitch)
    spread = _mixed(rows + np.arange(len(rows), dtype=np.uint64) * _FACTOR)
    return int(np.bitwise_xor.reduce(spread, initial=0))


def _sample(line: Sequence[Note], *, uneven: bool) -> Hashes:
    """Return the smallest hashes of a line's runs; with `uneven` only of runs in different note values."""
    if len(line) < _RUN_NOTES:
        return np.zeros(0, np.uint32)
    onset = np.array([note.onset_tick for note in line], np.int64)
    intervals = np.diff([note.pitch for note in line])  # [note - 1]
    ratios = np.rint(_RATIO_STEPS * np.diff(np.log2(np.diff(onset)))).astype(np.int64)  # [note - 2]
    by_run = sliding_window_view(intervals, _RUN_NOTES - 1)  # [run, interval]
    counts = (np.diff(np.sort(by_run, axis=1), axis=1) != 0).sum(axis=1) + 1 >= _MIN_INTERVALS
    if uneven:
        counts &= (sliding_window_view(ratios, _RUN_NOTES - 2) != 0).any(axis=1)
    num_runs = len(by_run)
    total = np.zeros(num_runs, np.uint64)
    for place in range(_RUN_NOTES - 1):
        total = total * _FACTOR + _mixed(intervals[place : place + num_runs])
    for place in range(_RUN_NOTES - 2):
        total = total * _FACTOR + _mixed(ratios[place : place + num_runs])
    return np.unique((_mixed(total[counts]) >> np.uint64(32)).astype(np.uint32))[:_SAMPLE]


def _mixed(values: NDArray[np.int64] | NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread every bit over all 64 (the finalizer of SplitMix64, Steele, Lea & Flood 2014)."""
    mixed = values.astype(np.uint64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))


# ---------------------------------------------------------------- near duplicates


def _near(samples: Sequence[Hashes]) -> Iterator[tuple[int, int, float]]:
    """Yield (left, right, likeness) of the pairs of lines that are near to each other."""
    limit = np.clip(int(_COMMON_SHARE * len(samples)), *_COMMON_PIECES)
    hashes = np.concatenate([np.zeros(0, np.uint32), *samples])
    owners = np.repeat(np.arange(len(samples)), [len(sample) for sample in samples])
    order = np.lexsort((owners, hashes))
    hashes, owners = hashes[order], owners[order]
    starts = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]])) if len(hashes) else np.zeros(0, int)
    counts = np.diff(np.append(starts, len(hashes)))
    is_rare = np.repeat(counts <= limit, counts)
    hashes, owners = hashes[is_rare], owners[is_rare]
    # Of each piece: the hashes that count, sorted; a full sample says nothing beyond its last hash.
    by_owner = np.argsort(owners, kind="stable")
    edges = np.searchsorted(owners[by_owner], np.arange(len(samples) + 1))
    known = [hashes[by_owner[edges[i] : edges[i + 1]]] for i in range(len(samples))]
    reach = [int(sample[-1]) if len(sample) == _SAMPLE else 2**32 for sample in samples]
    for left, right, shared in _shared_pairs(hashes, owners, len(samples)):
        bound = min(reach[left], reach[right])
        fewer = min(int(np.searchsorted(known[one], bound, side="right")) for one in (left, right))
        if shared / fewer >= (_NEAR_LIKENESS if shared < _MANY_SHARED else _MANY_LIKENESS):
            yield left, right, shared / fewer


def _shared_pairs(hashes: Hashes, owners: Integers, num_pieces: int) -> Iterator[tuple[int, int, int]]:
    """Yield (left, right, hashes in common) of the pairs that have enough; hashes are sorted, then their owners."""
    codes: list[Integers] = []
    distance = 1
    while distance < len(hashes):
        equal = hashes[distance:] == hashes[:-distance]
        if not equal.any():
            break
        codes.append(owners[:-distance][equal] * num_pieces + owners[distance:][equal])
        distance += 1
    pairs, counts = np.unique(np.concatenate(codes), return_counts=True) if codes else (np.zeros(0, int), ())
    for code, count in zip(pairs, counts, strict=True):
        if count >= _MIN_SHARED:
            yield int(code) // num_pieces, int(code) % num_pieces, int(count)
