"""A small style for the planner's tests: a few textbook chords and lengths, counted by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from composer.plan.brief import Brief
from composer.plan.model import Plan
from composer.plan.planner import plan_piece
from composer.style import StyleCard
from composer.style_statistics import CadenceFormula, StyleStatistics, TextureFigures

_MAJOR = {
    "I": {"IV": (6, 2), "V": (8, 2), "ii6": (5, 1), "vi": (5, 1), "I6": (3, 2), "V65": (3, 1)},
    "I6": {"ii6": (3, 1), "IV": (3, 1), "V": (3, 1), "I": (2, 1)},
    "ii6": {"V": (9, 2), "V7": (4, 1), "I6": (1, 0)},
    "IV": {"V": (5, 1), "I": (4, 1), "ii6": (2, 1), "I6": (2, 1)},
    "V": {"I": (9, 2), "vi": (3, 1), "V7": (1, 2), "V42": (1, 2)},
    "V7": {"I": (9, 1), "vi": (2, 0)},
    "V42": {"I6": (5, 1)},
    "V65": {"I": (6, 1)},
    "vi": {"ii6": (4, 1), "IV": (4, 1), "V65/V": (2, 0), "I6": (1, 0)},
    "V65/V": {"V": (5, 1)},
}
_MINOR = {
    "i": {"iv": (6, 2), "V": (8, 2), "iio6": (5, 1), "VI": (5, 1), "i6": (3, 2), "V65": (3, 1)},
    "i6": {"iio6": (3, 1), "iv": (3, 1), "V": (3, 1), "i": (2, 1)},
    "iio6": {"V": (9, 2), "V7": (4, 1)},
    "iv": {"V": (5, 1), "i": (4, 1), "iio6": (2, 1)},
    "V": {"i": (9, 2), "VI": (3, 1), "V7": (1, 2)},
    "V7": {"i": (9, 1), "VI": (2, 0)},
    "V65": {"i": (6, 1)},
    "VI": {"iio6": (4, 1), "iv": (4, 1), "III": (2, 0)},
    "III": {"iv": (2, 0), "VI": (2, 0)},
}


def _formulas(meter: str) -> tuple[CadenceFormula, ...]:
    rows = [
        ("PAC", "major", "ii6 V I", "4 2 1", "4 5 1"),
        ("PAC", "major", "IV V7 I", "6 7 1", "4 5 1"),
        ("PAC", "minor", "iio6 V i", "4 2 1", "4 5 1"),
        ("HC", "major", "I V", "3 2", "1 5"),
        ("HC", "major", "IV V", "1 7", "4 5"),
        ("HC", "minor", "iv V", "1 #7", "4 5"),
        ("IAC", "major", "V7 I", "4 3", "5 1"),
        ("IAC", "minor", "V7 i", "4 3", "5 1"),
    ]
    return tuple(
        CadenceFormula(
            kind=kind,
            mode="major" if mode == "major" else "minor",
            chords=tuple(chords.split()),
            soprano=tuple(soprano.split()),
            bass=tuple(bass.split()),
            durations_beat=(1.0,) * (len(chords.split()) - 1) + (2.0,),
            final_beat=0.0,
            meter=meter,
            count=5,
        )
        for kind, mode, chords, soprano, bass in rows
    )


_METERS = {"duple": 2, "triple": 3, "quadruple": 4, "compound": 2}
_TEXTURE = TextureFigures(10, (0.5, 1.0, 2.0), (1.0, 2.0, 3.0), (1.0, 1.5, 2.0), (1.0, 1.2, 2.0))

SMALL = StyleStatistics(
    name="small",
    pieces=10,
    bars=300,
    chord_transitions={mode: {"middle": table} for mode, table in (("major", _MAJOR), ("minor", _MINOR))},
    phrase_links={"major": {"I": {"I": 3, "vi": 1}, "V": {"I": 4}}, "minor": {"V": {"i": 4}}},
    chord_durations={
        name: {"middle": {str(place): {"1": 6, "2": 4, str(beats): 4, "0.5": 1} for place in range(beats)}}
        for name, beats in _METERS.items()
    },
    first_chords={"major": {"I": 20, "V": 3, "I6": 2}, "minor": {"i": 20, "V": 3}},
    cadence_formulas=tuple(formula for meter in _METERS for formula in _formulas(meter)),
    phrase_lengths={name: {"4": 20, "2": 5, "8": 5, "3": 1} for name in _METERS},
    cadence_mix={"major": {"inner": {"HC": 10, "IAC": 5, "PAC": 5}}, "minor": {"inner": {"HC": 10, "PAC": 5}}},
    modulations={"major": {"V": 10, "vi": 6}, "minor": {"III": 10, "v": 4}},
    pickups={name: {"0": 6, "1": 4} for name in _METERS},
    meters={"3/4": 5, "4/4": 5, "2/4": 2, "6/8": 2},
    keys={"G major": 4, "C major": 4, "A minor": 3, "D minor": 3},
    registers={"bass": (36.0, 46.0, 55.0), "melody": (65.0, 72.0, 80.0)},
    textures=dict.fromkeys(("imitation", "walking", "chords", "arpeggio", "chorale"), _TEXTURE),
    melody_members={
        "strong": {"root": 30, "third": 30, "fifth": 20, "seventh": 4, "scale": 10, "chromatic": 1},
        "beat": {"root": 25, "third": 25, "fifth": 20, "seventh": 6, "scale": 20, "chromatic": 2},
        "off": {"root": 20, "third": 20, "fifth": 15, "seventh": 8, "scale": 35, "chromatic": 4},
    },
)
CARD = StyleCard(
    name="small",
    description="A style for tests.",
    meters=("3/4", "4/4"),
    tempo_bpm={"3/4": (80.0, 100.0, 130.0), "4/4": (70.0, 90.0, 120.0)},
)


@pytest.fixture
def small() -> StyleStatistics:
    """The small style's statistics."""
    return SMALL


@pytest.fixture(scope="module")
def library_of_module() -> Callable[[str], tuple[StyleCard, StyleStatistics]]:
    """The same for tests whose examples hypothesis makes."""
    return lambda name: (CARD, SMALL)


@pytest.fixture
def library() -> Callable[[str], tuple[StyleCard, StyleStatistics]]:
    """The small style under any name."""
    return lambda name: (CARD, SMALL)


@pytest.fixture
def planned(library) -> Callable[..., Plan]:
    """Plan a piece in the small style from a brief's fields."""
    return lambda **wishes: plan_piece(Brief(**{"style": "small", "seed": 7, **wishes}), library=library)
