"""The key of a whole piece is heard in its notes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from composer.analysis.home_key import home_key
from composer.score import Part, Score, make_bars
from composer.theory.meter import Meter


@pytest.mark.parametrize(
    ("tune", "key"),
    [
        ("G4 A4 B4 C5 | D5 E5 F#5 G5 | D5 B4 A4 F#4 | G4:4", "G major"),
        ("E4 F#4 G4 A4 | B4 C5 D#5 E5 | B4 G4 F#4 D#4 | E4:4", "E minor"),
        ("Eb4 F4 G4 Ab4 | Bb4 C5 D5 Eb5 | Bb4 G4 F4 D4 | Eb4:4", "Eb major"),
    ],
)
def test_a_tune_has_its_key(voices: Callable[..., Score], tune: str, key: str) -> None:
    assert str(home_key(voices(tune))) == key


def test_a_piece_that_moves_up_takes_its_key_with_it(voices: Callable[..., Score]) -> None:
    assert str(home_key(voices("C4 E4 G4 F4 | D4 B3 C4:2"))) == "C major"
    assert str(home_key(voices("D4 F#4 A4 G4 | E4 C#4 D4:2"))) == "D major"


def test_a_piece_without_notes_has_no_key() -> None:
    assert home_key(Score((Part("Flute", ()),), make_bars(Meter(4, 4), 1))) is None
