"""Spelling: letters, accidentals and the line of fifths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.theory.pitch import (
    Spelling,
    accidental_text,
    fifths_letter,
    fifths_pitch_class,
    letter_fifths,
    nearest_fifths,
    nearest_pitch,
    spell,
)


@pytest.mark.parametrize(
    ("fifths", "name", "pitch_class"),
    [(0, "C", 0), (1, "G", 7), (-1, "F", 5), (5, "B", 11), (6, "F#", 6), (-2, "Bb", 10), (7, "C#", 1), (13, "F##", 7)],
)
def test_the_line_of_fifths(fifths, name, pitch_class):
    letter, alter = fifths_letter(fifths)
    assert letter + accidental_text(alter) == name
    assert fifths_pitch_class(fifths) == pitch_class


@given(st.integers(-15, 19))
def test_letters_and_fifths_are_inverse(fifths):
    assert letter_fifths(*fifths_letter(fifths)) == fifths


@given(st.integers(0, 127), st.integers(-10, 14))
def test_a_spelled_pitch_sounds_as_it_did(pitch, around):
    fifths = nearest_fifths(pitch % 12, around)
    assert fifths_pitch_class(fifths) == pitch % 12
    assert abs(fifths - around) <= 6
    assert spell(pitch, fifths).pitch == pitch


@pytest.mark.parametrize(
    ("spelling", "pitch"),
    [
        (Spelling("C", 0, 4), 60),
        (Spelling("B", 1, 3), 60),  # B#3 sounds as C4
        (Spelling("C", -1, 5), 71),  # Cb5 sounds as B4
        (Spelling("A", 0, 0), 21),
    ],
)
def test_octaves_are_the_written_ones(spelling, pitch):
    assert spelling.pitch == pitch


def test_staff_steps_follow_the_letters():
    c, d, high = Spelling("C", 0, 4), Spelling("D", -1, 4), Spelling("C", 0, 5)
    assert d.staff_step - c.staff_step == 1
    assert high.staff_step - c.staff_step == 7


def test_a_spelling_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="pitch 60"):
        spell(60, 1)


def test_spellings_read_as_musicians_write_them():
    assert str(Spelling("F", 1, 4)) == "F#4"
    assert str(Spelling("B", -2, 3)) == "Bbb3"


@given(st.integers(0, 11), st.floats(20, 110))
def test_the_nearest_pitch_of_a_class_lies_within_a_tritone(pitch_class, goal):
    pitch = nearest_pitch(pitch_class, goal)
    assert pitch % 12 == pitch_class
    assert abs(pitch - goal) <= 6


def test_of_two_octaves_equally_near_the_lower_is_taken():
    assert nearest_pitch(6, 60) == 54
