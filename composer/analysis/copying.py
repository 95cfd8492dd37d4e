"""Copying: the runs of notes that a piece shares with the pieces of a style, found again in an index of hashes.

What it is: a run is some consecutive notes of one line with the same intervals and the same time from onset to onset,
at whatever pitch it begins. `RunIndex` knows the runs of one length that the training pieces have, as hashes only;
a longer run is shared as far as all its parts of that length are. `longest_shared_run` asks it about a piece, and the
filling asks it bar by bar.

Conventions: lengths of runs are in notes. Times are in ticks from onset to onset; the length of a run's last note, and
rests, make no difference. Lines are the top line, the bass line, and of a piece in parts each part that is one voice.

The index keeps 32 bits of a run's hash: of 100,000 runs a strange one meets one of them by chance in 1 of 43,000 cases,
once in 30 pieces, and then as a run of the shortest length, which half of all real pieces share too.

Contents: `RunIndex`, `SharedRun`, `make_run_index`, `longest_shared_run`, `shared_notes`, `write_runs`, `read_runs`,
`load_runs`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from composer.analysis.hands import bass_line, is_single_line, top_line
from composer.errors import StyleError
from composer.files import write_atomic
from composer.score import Note, Score
from composer.style import StyleCard, styles_folder

FORMAT = 1
# The index holds the runs of the shortest length that occurs in training in at most this share of the places where
# real held-out pieces have one: shorter runs are common stock, and runs put together of them would not be one copy.
_COMMON_SHARE = 0.02
_LENGTHS = range(4, 33)  # notes; both ends may be chosen

_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # of the hash of a run; odd, so that no bit of an earlier note is lost

Integers = NDArray[np.int64]
Hashes = NDArray[np.uint32]


@dataclass(frozen=True)
class RunIndex:
    """The runs of a style's training pieces.

    Attributes:
        length: notes of each run in the index.
        hashes: of the runs; sorted, each once.
        real_median, real_p95: notes of the longest run that a held-out piece of the style shares with the training
            pieces, by the same measure: median and 95th percentile over the pieces; 0 stands for less than `length`.
        held_out_pieces: that these were counted from.
    """

    length: int
    hashes: Hashes
    real_median: float
    real_p95: float
    held_out_pieces: int

    @property
    def usual(self) -> float:
        """Notes of a shared run that no one would wonder at: every other real piece has one."""
        return max(self.real_median, self.length - 1.0)

    def has(self, runs: Hashes) -> NDArray[np.bool_]:
        """Return which of the runs are in the index."""
        if not len(self.hashes):
            return np.zeros(len(runs), bool)
        place = np.minimum(np.searchsorted(self.hashes, runs), len(self.hashes) - 1)
        return np.asarray(self.hashes[place] == runs)


@dataclass(frozen=True)
class SharedRun:
    """A run that a piece shares with the training pieces.

    Attributes:
        notes: its length, without the notes that were left out.
        start_tick, end_tick: from its first onset to the end of its last note.
        line: `top`, `bass` or the name of a part.
    """

    notes: int
    start_tick: int
    end_tick: int
    line: str


def longest_shared_run(
    score: Score, index: RunIndex, *, left_out: Collection[tuple[int, int]] = ()
) -> SharedRun | None:
    """Return the longest run that a piece shares with the training pieces; None when none is as long as the index's.

    Args:
        score: the piece.
        index: of its style.
        left_out: (onset tick, MIDI pitch) of notes that do not count, such as those of a pinned theme: a run goes on
            through them, but is only as long as its other notes, and none of fewer than the index's length is told.
    """
    pinned = frozenset(left_out)
    best: SharedRun | None = None
    for name, line in _lines(score):
        onset, pitch = _arrays(line)
        shared = shared_notes(onset, pitch, np.zeros(len(line), np.int64), index)
        counts = np.array([(note.onset_tick, note.pitch) not in pinned for note in line], bool)
        own = counted_notes(shared, counts)
        if len(own) and own.max() >= index.length and (best is None or own.max() > best.notes):
            last = int(own.argmax())
            first = last - int(shared[last]) + 1
            best = SharedRun(int(own[last]), line[first].onset_tick, line[last].end_tick, name)
    return best


def shared_notes(onset_tick: Integers, pitch: Integers, line: Integers, index: RunIndex) -> Integers:
    """Return for each note how long the shared run that ends with it is; 0 where none does.

    Args:
        onset_tick, pitch, line: [note] of one or several lines one after another; no run goes from line to line.
        index: of the training pieces.
    """
    found = np.zeros(len(pitch), np.int64)
    back = index.length - 1
    if len(pitch) <= back:
        return found
    inside = line[back:] == line[:-back]
    hit = index.has(_hashes(onset_tick, pitch, index.length)) & inside
    place = np.arange(len(hit))
    last_miss = np.maximum.accumulate(np.where(hit, -1, place))
    found[back:] = np.where(hit, place - last_miss + back, 0)
    return found


def counted_notes(shared: Integers, counts: NDArray[np.bool_]) -> Integers:
    """Return for each note how many notes of the shared run that ends with it count.

    Args:
        shared: [note] as `shared_notes` gives it.
        counts: [note] whether the note counts.
    """
    until = np.concatenate([[0], np.cumsum(counts)])
    last = np.arange(1, len(shared) + 1)
    return np.asarray(until[last] - until[last - shared], np.int64)


def make_run_index(training: Iterable[Score], held_out: Iterable[Score]) -> RunIndex:
    """Index the runs of the training pieces; how long they are is found with the held-out ones.

    Args:
        training: pieces of a style.
        held_out: other works of it.
    """
    known = _joined([line for score in training for _, line in _lines(score)])
    others = [_joined([line for _, line in _lines(score)]) for score in held_out]
    for length in _LENGTHS:
        index = RunIndex(length, np.unique(_inner_hashes(known, length)), 0.0, 0.0, len(others))
        runs = [_inner_hashes(lines, length) for lines in others]
        shares = [index.has(own).mean() for own in runs if len(own)]
        if not shares or np.mean(shares) <= _COMMON_SHARE:
            break
    longest = [int(shared_notes(*lines, index).max(initial=0)) for lines in others] or [0]
    median, high = (float(np.percentile(longest, percent)) for percent in (50, 95))
    return RunIndex(index.length, index.hashes, median, high, len(others))


def write_runs(index: RunIndex, path: Path) -> None:
    """Write an index as safetensors; `read_runs` reads an equal one back.

    Raises:
        OutputError: the place cannot be written.
    """
    write_atomic(path, runs_to_bytes(index))


def runs_to_bytes(index: RunIndex) -> bytes:
    """Return the content of an index's file; equal indices give equal bytes."""
    from safetensors.numpy import save

    told = {
        "format": FORMAT,
        "length": index.length,
        "real_median": index.real_median,
        "real_p95": index.real_p95,
        "held_out_pieces": index.held_out_pieces,
    }
    return bytes(save({"hashes": index.hashes}, metadata={"runs": json.dumps(told)}))


def read_runs(path: Path) -> RunIndex:
    """Read an index.

    Raises:
        StyleError: no such file, or it is not an index of this format, or not whole.
    """
    from safetensors import SafetensorError, safe_open

    mend = "make it again: python -m composer.training.style_files --runs"
    try:
        with safe_open(str(path), framework="numpy") as stored:
            told = json.loads((stored.metadata() or {}).get("runs", "{}"))
            hashes = np.asarray(stored.get_tensor("hashes"))
    except (OSError, SafetensorError, ValueError, TypeError) as error:
        raise StyleError(f"cannot read the index of runs: {error}", place=path, mend=mend) from error
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise StyleError(f"not an index of runs of format {FORMAT}", place=path, mend=mend)
    if hashes.dtype != np.uint32 or hashes.ndim != 1 or (hashes[1:] <= hashes[:-1]).any():
        raise StyleError("the hashes of an index of runs are sorted whole numbers of 32 bits", place=path, mend=mend)
    try:
        numbers = (int(told["length"]), float(told["real_median"]), float(told["real_p95"]))
        index = RunIndex(numbers[0], hashes, *numbers[1:], int(told["held_out_pieces"]))
    except (KeyError, TypeError, ValueError) as error:
        raise StyleError(
            f"a figure of the index of runs is missing or wrong: {error}", place=path, mend=mend
        ) from error
    if index.length not in _LENGTHS:
        raise StyleError(
            f"runs of {index.length} notes: they have {_LENGTHS[0]} to {_LENGTHS[-1]}", place=path, mend=mend
        )
    return index


def load_runs(card: StyleCard) -> RunIndex | None:
    """Return the index that a style's card names; None when it names none.

    Raises:
        StyleError: it cannot be read.
    """
    return read_runs((card.folder or styles_folder()) / card.runs) if card.runs else None


def _lines(score: Score) -> list[tuple[str, tuple[Note, ...]]]:
    """Return the lines of a piece by name: the outer ones, and parts that are one voice."""
    lines = [("top", top_line(score)), ("bass", bass_line(score))]
    if len(score.parts) > 1:
        lines += [
            (part.name or f"part {number}", tuple(note for note in part.notes if not note.is_grace))
            for number, part in enumerate(score.parts, start=1)
            if is_single_line(part)
        ]
    return lines


def _arrays(line: Sequence[Note]) -> tuple[Integers, Integers]:
    return (
        np.array([note.onset_tick for note in line], np.int64),
        np.array([note.pitch for note in line], np.int64),
    )


_Lines = tuple[Integers, Integers, Integers]  # onset ticks, pitches, numbers of lines; all [note]


def _joined(lines: Sequence[Sequence[Note]]) -> _Lines:
    arrays = [_arrays(line) for line in lines] or [_arrays(())]
    onset, pitch = (np.concatenate(column) for column in zip(*arrays, strict=True))
    return onset, pitch, np.repeat(np.arange(len(lines)), np.array([len(line) for line in lines], np.int64))


def _inner_hashes(lines: _Lines, length: int) -> Hashes:
    """Return the hashes of all runs that lie inside a line."""
    onset, pitch, line = lines
    if len(pitch) < length:
        return np.zeros(0, np.uint32)
    return np.asarray(_hashes(onset, pitch, length)[line[length - 1 :] == line[: len(line) - length + 1]])


def _hashes(onset_tick: Integers, pitch: Integers, length: int) -> Hashes:
    """Return the hash of each run of so many notes; at least one."""
    steps = _mixed((np.diff(pitch) << 32) + np.diff(onset_tick))
    count = len(pitch) - length + 1
    total = np.zeros(count, np.uint64)
    for place in range(length - 1):
        total = total * _FACTOR + steps[place : place + count]
    return np.asarray(_mixed(total) >> np.uint64(32), np.uint32)


def _mixed(values: NDArray[Any]) -> NDArray[np.uint64]:
    """Spread every bit over all 64 (the finalizer of SplitMix64, Steele, Lea & Flood 2014)."""
    mixed = values.astype(np.uint64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))
