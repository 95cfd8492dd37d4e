"""Small pieces written as text: `C5 D5:2 -` is a quarter C5, a half D5, a quarter rest; `C4+E4+G4` a chord."""

from __future__ import annotations

from fractions import Fraction

import pytest

from composer.score import Bar, Note, Part, Score, make_bars, sort_notes
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER, parse_meter

_CLASS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def pitch(name: str) -> int:
    """MIDI number of `F#4` or `Bb3`."""
    alter = name.count("#") - name[1:].count("b")
    return 12 * (int(name[-1]) + 1) + _CLASS[name[0]] + alter


def line(text: str, *, staff: int = 1, start_tick: int = 0) -> list[Note]:
    """Notes of one voice; lengths in quarters after a colon."""
    notes, tick = [], start_tick
    for token in text.replace("|", " ").split():
        names, _, length = token.partition(":")
        ticks = int(Fraction(length or 1) * TICKS_PER_QUARTER)
        for name in [] if names == "-" else names.split("+"):
            notes.append(Note(tick, pitch(name), ticks, staff=staff))
        tick += ticks
    return notes


def bars_for(end_tick: int, meter: str, pickup: int) -> tuple[Bar, ...]:
    """Enough bars for a piece."""
    whole = parse_meter(meter)
    return make_bars(whole, -(-(end_tick - pickup) // whole.bar_ticks), pickup_tick=pickup)


@pytest.fixture
def voices():
    """Make a score of single lines, the highest first."""

    def make(*texts, meter="4/4", pickup=0, key="C major", names=("Soprano", "Alto", "Tenor", "Bass"), **fields):
        parts = tuple(Part(name, sort_notes(line(text))) for name, text in zip(names, texts, strict=False))
        end = max(note.end_tick for part in parts for note in part.notes)
        bars = bars_for(end, meter, int(pickup * TICKS_PER_QUARTER))
        return Score(parts, bars, ((0, parse_key(key)),), **fields)

    return make


@pytest.fixture
def keyboard():
    """Make a keyboard score from the notes of two hands."""

    def make(upper, lower, *, meter="4/4", pickup=0, key="C major", **fields):
        notes = sort_notes([*line(upper), *line(lower, staff=2)])
        end = max(note.end_tick for note in notes)
        bars = bars_for(end, meter, int(pickup * TICKS_PER_QUARTER))
        return Score((Part("Piano", notes, staves=2),), bars, ((0, parse_key(key)),), **fields)

    return make


@pytest.fixture
def hymn(voices):
    """Two phrases in C major: a half cadence, a perfect one; a fermata over each last note."""
    return voices(
        "E5 E5 D5:2 | E5 F5 E5 D5 | E5 F5 D5 D5 | C5:4",
        "G4 G4 G4:2 | G4 A4 G4 G4 | G4 A4 A4 G4 | E4:4",
        "C4 C4 B3:2 | C4 C4 C4 B3 | C4 C4 C4 B3 | G3:4",
        "C3 C3 G3:2 | C3 F3 C3 G3 | C3 F3 F3 G3 | C3:4",
        fermata_ticks=(7 * TICKS_PER_QUARTER, 12 * TICKS_PER_QUARTER),
    )
