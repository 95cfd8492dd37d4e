"""Somebody's playing beside its score: which key press is which note.

What it is: `align` finds the notes of a score among the key presses of a performance, by pitch and order alone: the
onsets of the score and the chords that were played are laid along each other at the least number of notes without a
partner (an edit distance, found by dynamic programming), then each note is paired with the nearest press of its pitch
about the time at which its chord was found.

What it cannot do: it knows no wrong notes (a slip is a missing note and an added one), no ornaments (of a trill one
note is found), no jumps back, and no passages in an order of their own; a repeat that was not played is a stretch of
missing notes, one that was played but is not written out a stretch of added ones. Presses of one pitch that follow
each other faster than their chords can be told apart may change places.

Conventions: a cluster is the presses that begin within `CLUSTER_SEC` of each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from composer.corpus.midi.presses import KeyPress
from composer.errors import OptionError
from composer.perform.codec import encode
from composer.perform.tempo_map import FloatArray, IntArray
from composer.performance import Performance, PlayedNote, TempoPoint
from composer.score import Note, Score

CLUSTER_SEC = 0.035  # from one press to the next of a chord
REACH_SEC = 0.6  # a note is looked for so far from where its chord was found
MAX_CELLS = 400_000_000  # onsets times clusters, one byte each
FEWEST_FOUND = 0.3  # of the notes; below, it is another piece
_BOTH, _SCORE_ONLY, _PLAYED_ONLY = 0, 1, 2


@dataclass(frozen=True)
class Alignment:
    """A performance with the link to its score.

    Attributes:
        performance: the notes that were found, from the first one on.
        missing: notes of the score that were not found.
        added: presses that are no notes of the score.
        pressed: index of the press of each played note, in the order of `performance.notes`.
    """

    performance: Performance
    missing: int
    added: int
    pressed: tuple[int, ...]


def align(score: Score, presses: Sequence[KeyPress], *, name: str = "") -> Alignment:
    """Find the notes of a score among key presses.

    Args:
        score: with its repeats written out as they were played.
        presses: sorted by onset.
        name: of the performance, for errors.

    Raises:
        OptionError: fewer than `FEWEST_FOUND` of its notes were found, or both are longer than can be laid along each
            other.
    """
    strikes = [(part, note) for part, note in score.notes() if not note.is_grace]
    ticks, group_of = np.unique(np.array([note.onset_tick for _, note in strikes], np.int64), return_inverse=True)
    clusters, cluster_sec = _clusters(presses)
    if len(ticks) * len(cluster_sec) > MAX_CELLS:
        raise OptionError("too long to be laid beside its score", place=name or None)
    groups: list[list[int]] = [[] for _ in ticks]
    for (_, note), group in zip(strikes, group_of, strict=True):
        groups[group].append(note.pitch)
    path = _path(groups, clusters)
    found = _pairs(strikes, group_of, _expected_sec(ticks, path, cluster_sec), presses) if path else {}
    if len(found) < FEWEST_FOUND * len(strikes) or not found:
        told = f"only {len(found)} of {len(strikes)} notes of the score are in it"
        raise OptionError(told, place=name or None, mend="is it this piece, as it is written?")
    start_sec = min(presses[press].onset_sec for press in found.values())
    rows = sorted((presses[press].onset_sec, strikes[index][1].pitch, index, press) for index, press in found.items())
    notes = []
    for onset_sec, _, index, press in rows:
        part, note = strikes[index]
        key = presses[press]
        notes.append(PlayedNote(part, note, onset_sec - start_sec, key.duration_sec, key.velocity))
    bare = Performance(score, tuple(notes), (TempoPoint(0, 0.0, 0.5),), player=name)
    performance = replace(bare, tempo_curve=encode(bare).tempo_curve)
    pressed = tuple(press for *_, press in rows)
    return Alignment(performance, len(strikes) - len(found), len(presses) - len(found), pressed)


def _clusters(presses: Sequence[KeyPress]) -> tuple[list[list[int]], FloatArray]:
    """Return the pitches of each cluster and its mean onset."""
    clusters: list[list[int]] = []
    onsets: list[list[float]] = []
    for press in presses:
        if onsets and press.onset_sec - onsets[-1][-1] <= CLUSTER_SEC:
            clusters[-1].append(press.pitch)
            onsets[-1].append(press.onset_sec)
        else:
            clusters.append([press.pitch])
            onsets.append([press.onset_sec])
    return clusters, np.array([np.mean(one) for one in onsets])


def _path(groups: Sequence[Sequence[int]], clusters: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """Return (onset, cluster) of each pair along the cheapest way; a note without a partner costs 1.

    D[i, j] = min(D[i-1, j-1] + unpaired notes of both, D[i-1, j] + notes of the onset, D[i, j-1] + notes of the
    cluster): the last of the three runs along a row, where the sums of the clusters turn it into a running minimum.
    """
    held = np.zeros((128, len(clusters)), dtype=np.int32)  # [pitch, cluster]
    for index, pitches in enumerate(clusters):
        held[list(set(pitches)), index] = 1
    sizes = np.array([len(set(pitches)) for pitches in clusters], dtype=np.int64)
    passed = np.concatenate([[0], np.cumsum(sizes)])
    steps = np.empty((len(groups), len(clusters) + 1), dtype=np.uint8)
    cost = passed.copy()
    for index, pitches in enumerate(groups):
        unique = list(set(pitches))
        common = held[unique].sum(axis=0)
        paired = cost[:-1] + np.where(common > 0, len(unique) + sizes - 2 * common, 2**30)
        skipped = cost + len(unique)
        here = np.minimum(np.concatenate([[2**30], paired]), skipped)
        row = np.minimum.accumulate(here - passed) + passed
        is_pair = np.concatenate([[False], paired <= row[1:]])
        steps[index] = np.where(is_pair, _BOTH, np.where(skipped <= row, _SCORE_ONLY, _PLAYED_ONLY))
        cost = row
    pairs = []
    i, j = len(groups), len(clusters)
    while i > 0:
        step = steps[i - 1, j]
        if step == _BOTH:
            pairs.append((i - 1, j - 1))
        i -= step != _PLAYED_ONLY
        j -= step != _SCORE_ONLY
    return pairs[::-1]


def _expected_sec(ticks: IntArray, path: Sequence[tuple[int, int]], cluster_sec: FloatArray) -> FloatArray:
    """Return when each onset is to be expected, from those that were found. [onset]"""
    rows = np.array(path, dtype=np.int64)
    known_tick, known_sec = ticks[rows[:, 0]].astype(np.float64), cluster_sec[rows[:, 1]]
    expected: FloatArray = np.interp(ticks, known_tick, known_sec)
    return expected


def _pairs(
    strikes: Sequence[tuple[int, Note]], group_of: IntArray, expected_sec: FloatArray, presses: Sequence[KeyPress]
) -> dict[int, int]:
    """Return note -> press: of each pitch the nearest ones first, each once."""
    by_pitch: dict[int, list[int]] = defaultdict(list)
    for index, press in enumerate(presses):
        by_pitch[press.pitch].append(index)
    onset_sec = {pitch: np.array([presses[i].onset_sec for i in own]) for pitch, own in by_pitch.items()}
    near: list[tuple[float, int, int]] = []
    for index, (_, note) in enumerate(strikes):
        own = by_pitch.get(note.pitch)
        if own is None:
            continue
        when = expected_sec[group_of[index]]
        first, last = np.searchsorted(onset_sec[note.pitch], [when - REACH_SEC, when + REACH_SEC])
        near += [(abs(presses[own[place]].onset_sec - when), index, own[place]) for place in range(first, last)]
    found: dict[int, int] = {}
    taken: set[int] = set()
    for _, index, place in sorted(near):
        if index not in found and place not in taken:
            found[index] = place
            taken.add(place)
    return found
