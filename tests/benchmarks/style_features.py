"""What a style classifier hears in a segment of music: shares of sonorities, chords, steps and rhythms, in one key.

What it is: counts in groups. A group is a table [condition, outcome]; what counts is the share of the outcomes *under
each condition*, drawn towards the usual share where there is little to count. So nothing says how often a condition
occurs, and with that how many notes there are: sonorities are compared among those of as many pitch classes, rhythms
of a beat among those of as many onsets, voicings among chords of as many notes. Linear shares, not their logarithms:
the mean of a share does not depend on how much was counted.

Left out on purpose: absolute pitch, notes a bar or a beat, notes at once, lengths of notes, tempo, meter, the piece's
length, and which mode it is in (shares are compared with the usual ones of the segment's own mode).

Conventions: a segment is moved to the tonic that the key profiles of Temperley (Music and Probability, 2007; from the
Kostka-Payne corpus) find in it. The lines are the highest and the lowest note that sounds wherever one of these begins.
Chords are the best templates of each beat (Pardo and Birmingham 2002, as in `conditions_judge.py`). The planner, the
analysis and the network's features share nothing with this file.

Contents: `GROUPS`, `Counts`, `count_segment`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from conditions_judge import MEMBERS, TEMPLATES
from numpy.typing import NDArray
from style_music import Music

Table = NDArray[np.float64]

STRONG = 2  # `Meter.strength` of a beat, inclusive
_PROFILES = {  # Kostka-Payne, as Temperley (2007) gives them, page 85
    "major": (0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400),
    "minor": (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330),
}
_PAIRS = {pair: index for index, pair in enumerate(combinations(range(12), 2))}
_TRIPLES = {triple: index for index, triple in enumerate(combinations(range(12), 3))}
_FAMILY = {"major": 0, "dominant7": 1, "minor": 2, "diminished7": 3, "halfdiminished7": 3, "diminished": 3}
_KINDS = ("major", "dominant7", "minor", "diminished7", "halfdiminished7", "diminished")
_TEMPLATE_ROOT = np.array([root for root, _ in TEMPLATES])
_TEMPLATE_KIND = np.array([_KINDS.index(kind) for _, kind in TEMPLATES])
_TEMPLATE_FAMILY = np.array([_FAMILY[kind] for _, kind in TEMPLATES])
_WIDEST = 13  # semitones; an interval of so many or more is "wide", so that no register shows
_STEP_CLASSES = np.array([0, 1, 2, 3, 3, 4, 4, 4] + [5] * 6)  # of a size in semitones
_NUM_STEP_CLASSES = 11
_RATIOS = np.log2([0.3, 0.45, 0.6, 0.9, 1.1, 1.6, 2.2, 3.3])  # bounds of ratios of neighbouring lengths of time
_NUM_RATIOS = len(_RATIOS) + 1

# name → (conditions, outcomes)
GROUPS = {
    "degrees": (2, 12),  # off and on the beat
    "degrees of the bass": (2, 12),
    "above the bass": (2, 12),
    "sonorities, 2": (1, 66),
    "sonorities, 3": (1, 66),
    "sonorities, 4": (1, 220),
    "degrees together, 2": (1, 66),
    "degrees together, 3": (1, 220),
    "voicing": (4, _WIDEST),  # of 2, 3, 4, more notes struck at once
    "chords": (1, 72),
    "progressions": (1, 12 * 16),
    "top steps": (1, 2 * _WIDEST + 1),
    "top pairs": (1, _NUM_STEP_CLASSES**2),
    "top contours": (1, 125),
    "bass steps": (1, 2 * _WIDEST + 1),
    "bass pairs": (1, _NUM_STEP_CLASSES**2),
    "outer intervals": (2, 12),
    "motion": (1, 4),
    "outer pairs": (1, 144),
    "top ratios": (1, _NUM_RATIOS**2),
    "bass ratios": (1, _NUM_RATIOS**2),
    "cells": (8, 64),  # quarters with 1 to 3 onsets, dotted ones with 1 to 5
    "top cells": (8, 64),
    "bass cells": (8, 64),
    "syncopation": (3, 2),
}
SETS = {  # of groups, to see what each hears
    "harmony": (
        "degrees",
        "degrees of the bass",
        "above the bass",
        "degrees together, 2",
        "degrees together, 3",
        "chords",
        "progressions",
    ),
    "sonority": ("sonorities, 2", "sonorities, 3", "sonorities, 4", "voicing", "outer intervals"),
    "lines": ("top steps", "top pairs", "top contours", "bass steps", "bass pairs", "motion", "outer pairs"),
    "rhythm": ("top ratios", "bass ratios", "cells", "top cells", "bass cells", "syncopation"),
}


@dataclass(frozen=True, eq=False)
class Counts:
    """What was counted in a segment.

    Attributes:
        mode: 0 major, 1 minor.
        tables: group → counts [condition, outcome].
    """

    mode: int
    tables: dict[str, Table]


def count_segment(music: Music) -> Counts:
    """Count a segment; at least one note is struck in it."""
    tables = {name: np.zeros(shape) for name, shape in GROUPS.items()}
    tonic, mode = find_key(_weights(music.play).sum(axis=0))
    strong = (music.strength >= STRONG).astype(int)
    struck = music.articulate.any(axis=1)
    _count_pitches(music, tonic, strong, struck, tables)
    _count_chords(music, tonic, tables)
    top, bass = _outer_line(music, highest=True), _outer_line(music, highest=False)
    _count_line("top", top, tables)
    _count_line("bass", bass, tables)
    for step, pitch in zip(*bass, strict=True):
        tables["degrees of the bass"][strong[step], (pitch - tonic) % 12] += 1
    _count_outer(music, top, bass, strong, tables)
    for name, onsets in (("cells", struck), ("top cells", _marks(top, music)), ("bass cells", _marks(bass, music))):
        _count_cells(music, onsets, tables[name])
    _count_syncopation(music, top, tables["syncopation"])
    return Counts(mode, tables)


def find_key(weights: NDArray[np.float64]) -> tuple[int, int]:
    """Return tonic (pitch class) and mode (0 major, 1 minor) of pitch-class weights [12], by correlation."""
    best = max(
        (float(np.corrcoef(np.roll(profile, tonic), weights)[0, 1]), -mode, -tonic)
        for mode, profile in enumerate(_PROFILES.values())
        for tonic in range(12)
    )
    return (-best[2], -best[1]) if np.isfinite(best[0]) else (0, 0)


def _weights(cells: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how many pitches of each pitch class there are: [step, 12]; pitch index 0 is a C."""
    wide = np.zeros((len(cells), -(-cells.shape[1] // 12) * 12))
    wide[:, : cells.shape[1]] = cells
    return wide.reshape(len(cells), -1, 12).sum(axis=1)  # [step, octave, pitch class] -> [step, pitch class]


def _count_pitches(
    music: Music, tonic: int, strong: NDArray[np.int_], struck: NDArray[np.bool_], tables: dict[str, Table]
) -> None:
    """Degrees, sets of them, sonorities above the bass, voicings."""
    steps = np.flatnonzero(struck)
    begins = np.roll(_weights(music.articulate[steps]) > 0, -tonic, axis=1)  # [step, degree]
    sounds = _weights(music.play[steps]) > 0  # [step, pitch class]
    lowest = music.play[steps].argmax(axis=1)
    for beat in (0, 1):
        tables["degrees"][beat] += begins[strong[steps] == beat].sum(axis=0)
    for row, step in enumerate(steps):
        classes = np.flatnonzero(sounds[row])
        above = sorted((classes - lowest[row]) % 12)
        tables["above the bass"][strong[step], above[1:]] += 1
        degrees = tuple(sorted((classes - tonic) % 12))
        if len(classes) == 2:
            tables["sonorities, 2"][0, above[1]] += 1
            tables["degrees together, 2"][0, _PAIRS[degrees]] += 1
        elif len(classes) == 3:
            tables["sonorities, 3"][0, _PAIRS[above[1], above[2]]] += 1
            tables["degrees together, 3"][0, _TRIPLES[degrees]] += 1
        elif len(classes) == 4:
            tables["sonorities, 4"][0, _TRIPLES[above[1], above[2], above[3]]] += 1
        together = np.flatnonzero(music.articulate[step])
        if len(together) > 1:
            between = np.minimum(np.diff(together), _WIDEST) - 1
            np.add.at(tables["voicing"][min(len(together), 5) - 2], between, 1)


def _count_chords(music: Music, tonic: int, tables: dict[str, Table]) -> None:
    """The best template of each quarter (or dotted quarter), and how it moves on; repetitions are one."""
    unit = np.cumsum((music.place % music.cell == 0) | (np.diff(music.bar, prepend=-1) != 0)) - 1
    weights = np.zeros((unit[-1] + 1, 12))
    np.add.at(weights, unit, _weights(music.play))
    weights = weights[weights.any(axis=1)]
    fit = weights @ np.where(MEMBERS, 1.0, -1.0).T - ((weights == 0).astype(float) @ MEMBERS.T)
    fit += 1e-6 * weights[:, _TEMPLATE_ROOT]  # on a tie the heavier root
    best = fit.argmax(axis=1)
    best = best[np.concatenate([[True], best[1:] != best[:-1]])]
    roots = (_TEMPLATE_ROOT[best] - tonic) % 12
    np.add.at(tables["chords"][0], roots * 6 + _TEMPLATE_KIND[best], 1)
    family = _TEMPLATE_FAMILY[best]
    moves = (roots[1:] - roots[:-1]) % 12 * 16 + family[:-1] * 4 + family[1:]
    np.add.at(tables["progressions"][0], moves, 1)


_Line = tuple[NDArray[np.int_], NDArray[np.int_]]  # steps, pitch indices


def _outer_line(music: Music, *, highest: bool) -> _Line:
    """Return the notes that begin as the highest (or lowest) of all that sounds."""
    cells = music.play[:, ::-1] if highest else music.play
    outer = cells.argmax(axis=1)
    outer = music.play.shape[1] - 1 - outer if highest else outer
    steps = np.flatnonzero(music.articulate[np.arange(music.num_steps), outer] & music.play.any(axis=1))
    return steps, outer[steps]


def _marks(line: _Line, music: Music) -> NDArray[np.bool_]:
    marks = np.zeros(music.num_steps, bool)
    marks[line[0]] = True
    return marks


def _count_line(name: str, line: _Line, tables: dict[str, Table]) -> None:
    """Steps from note to note, pairs and contours of them, ratios of neighbouring times from onset to onset."""
    steps = np.diff(line[1])
    np.add.at(tables[f"{name} steps"][0], np.clip(steps, -_WIDEST, _WIDEST) + _WIDEST, 1)
    classes = np.sign(steps) * _STEP_CLASSES[np.minimum(abs(steps), _WIDEST)] + _NUM_STEP_CLASSES // 2
    np.add.at(tables[f"{name} pairs"][0], classes[:-1] * _NUM_STEP_CLASSES + classes[1:], 1)
    if f"{name} contours" in tables:
        coarse = np.sign(steps) * np.where(abs(steps) > 2, 2, 1) + 2
        np.add.at(tables[f"{name} contours"][0], coarse[:-2] * 25 + coarse[1:-1] * 5 + coarse[2:], 1)
    times = np.log2(np.maximum(np.diff(line[0]), 1))
    ratios = np.searchsorted(_RATIOS, np.diff(times))
    np.add.at(tables[f"{name} ratios"][0], ratios[:-1] * _NUM_RATIOS + ratios[1:], 1)


def _count_outer(music: Music, top: _Line, bass: _Line, strong: NDArray[np.int_], tables: dict[str, Table]) -> None:
    """Intervals between the outer voices wherever both begin, and how they move from one such moment to the next."""
    both, first, second = np.intersect1d(top[0], bass[0], return_indices=True)
    high, low = top[1][first], bass[1][second]
    are_two = high > low
    both, high, low = both[are_two], high[are_two], low[are_two]
    between = (high - low) % 12
    np.add.at(tables["outer intervals"], (strong[both], between), 1)
    up, below = np.diff(high), np.diff(low)
    moved = (up != 0) & (below != 0)
    is_similar = np.sign(up) == np.sign(below)
    is_parallel = is_similar & (abs(up - below) <= 1) & (abs(np.diff(high - low)) <= 1)
    is_perfect = is_parallel & (between[1:] == between[:-1]) & np.isin(between[1:], (0, 7))
    kind = np.where(is_perfect, 3, np.where(is_parallel, 2, np.where(is_similar, 1, 0)))
    np.add.at(tables["motion"][0], kind[moved], 1)
    np.add.at(tables["outer pairs"][0], (between[:-1] * 12 + between[1:])[moved], 1)


def _count_cells(music: Music, onsets: NDArray[np.bool_], table: Table) -> None:
    """Which places of a quarter (or dotted quarter) have onsets, under the number of these; a full one says nothing."""
    heads = np.flatnonzero(music.place % music.cell == 0)
    for size, first_row in ((4, 0), (6, 3)):
        starts = heads[(music.cell[heads] == size) & (heads + size <= music.num_steps)]
        if not len(starts):
            continue
        patterns = onsets[starts[:, None] + np.arange(size)]  # [unit, place]
        numbers = patterns.sum(axis=1)
        codes = patterns @ (1 << np.arange(size))
        told = (numbers > 0) & (numbers < size)
        np.add.at(table, (first_row + numbers[told] - 1, codes[told]), 1)


def _count_syncopation(music: Music, top: _Line, table: Table) -> None:
    """Whether notes of the top line that begin off the beat, or on a weak one, sound past a stronger place."""
    for step, pitch in zip(*top, strict=True):
        weight = music.strength[step]
        if weight > 2:
            continue
        later = np.flatnonzero(music.strength[step + 1 : step + 17] > weight)
        if len(later):
            end = step + 1 + later[0]
            rows = slice(step + 1, end + 1)
            held = music.play[rows, pitch].all() and not music.articulate[rows, pitch].any()
            table[weight, int(held)] += 1
