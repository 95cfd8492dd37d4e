"""Small keyboard pieces written as text: `C5 D5:2 -` is a quarter C5, a half D5, a quarter rest; `C4+E4` a chord."""

from __future__ import annotations

from fractions import Fraction

import pytest

from composer.outline import KeySpan, Outline, PhraseSpan, SectionSpan
from composer.score import Note, Part, Score, make_bars, sort_notes
from composer.theory.harmony import Cadence
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER, parse_meter

_CLASS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def pitch(name: str) -> int:
    """MIDI number of `F#4` or `Bb3`."""
    return 12 * (int(name[-1]) + 1) + _CLASS[name[0]] + name.count("#") - name[1:].count("b")


def line(text: str, *, staff: int = 1) -> list[Note]:
    """Notes of one voice; lengths in quarters after a colon."""
    notes, tick = [], 0
    for token in text.replace("|", " ").split():
        names, _, length = token.partition(":")
        ticks = int(Fraction(length or 1) * TICKS_PER_QUARTER)
        notes += [Note(tick, pitch(name), ticks, staff=staff) for name in names.split("+") if names != "-"]
        tick += ticks
    return notes


@pytest.fixture
def keyboard():
    """Make a score from the notes of two hands."""

    def make(upper, lower="", *, meter="4/4", bars=None):
        notes = sort_notes([*line(upper), *line(lower, staff=2)])
        whole = parse_meter(meter)
        count = bars or -(-max(note.end_tick for note in notes) // whole.bar_ticks)
        return Score((Part("Piano", notes, staves=2),), make_bars(whole, count))

    return make


@pytest.fixture
def planned():
    """Make the outline of a piece in one key: one section, one phrase with its cadence at a quarter."""

    def make(score, *, key="C major", cadence="PAC", at_quarter=0, theme="refrain"):
        end = score.end_tick
        return Outline(
            bars=score.bars,
            keys=(KeySpan(0, end, parse_key(key)),),
            phrases=(PhraseSpan(0, end, Cadence(cadence), at_quarter * TICKS_PER_QUARTER, "A"),),
            sections=(SectionSpan(0, end, "A", "A", "theme", theme),),
        )

    return make


@pytest.fixture
def tune():
    """Make a tune, (onset tick, pitch), from text."""
    return lambda text: tuple((note.onset_tick, note.pitch) for note in line(text))
