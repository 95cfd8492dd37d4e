"""Silences, and chords that stay: stretches in which nothing happens.

Conventions: lengths are in bars of the meter in force where a stretch begins. A chord that stays is one set of pitches,
held or struck again and again, with or without rests between.

Contents: `Stretch`, `silences`, `standing_chords`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from composer.analysis.frames import NoteArray, note_array
from composer.report.sounding import sounding_at
from composer.score import Score

_LEAST_CHORD = 2  # notes; one note alone is a line


@dataclass(frozen=True)
class Stretch:
    """A stretch of a piece.

    Attributes:
        start_tick, end_tick: half open.
        bars: its length.
    """

    start_tick: int
    end_tick: int
    bars: float


def silences(score: Score, *, beyond_bars: float = 1.0) -> tuple[Stretch, ...]:
    """Return the silences that are longer than `beyond_bars`, the ends of the piece included."""
    notes = note_array(score)
    found, reached = [], 0
    for onset, end in sorted(zip(notes.onset.tolist(), notes.end.tolist(), strict=True)):
        if onset > reached:
            found.append(_stretch(score, reached, onset))
        reached = max(reached, end)
    if reached < score.end_tick:
        found.append(_stretch(score, reached, score.end_tick))
    return tuple(stretch for stretch in found if stretch.bars > beyond_bars)


def standing_chords(score: Score, *, beyond_bars: float = 2.0) -> tuple[Stretch, ...]:
    """Return the stretches longer than `beyond_bars` in which one chord is held or struck on."""
    notes = note_array(score)
    found: list[Stretch] = []
    chord: tuple[int, ...] = ()
    start = end = 0
    for tick in np.unique(notes.onset).tolist():
        now, until = _chord_at(notes, tick)
        if now != chord:
            if len(chord) >= _LEAST_CHORD:
                found.append(_stretch(score, start, min(end, tick)))
            chord, start, end = now, tick, until
        end = max(end, until)
    if len(chord) >= _LEAST_CHORD:
        found.append(_stretch(score, start, end))
    return tuple(stretch for stretch in found if stretch.bars > beyond_bars)


def _chord_at(notes: NoteArray, tick: int) -> tuple[tuple[int, ...], int]:
    """Return what sounds at a tick, as pitches, and when the last of it ends."""
    sounding = sounding_at(notes, tick)
    return tuple(sorted(set(notes.pitch[sounding].tolist()))), int(notes.end[sounding].max())


def _stretch(score: Score, start: int, end: int) -> Stretch:
    return Stretch(start, end, (end - start) / score.meter_at(start).bar_ticks)
