"""Keys by name and by numeral, and how notes are spelled in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.errors import PlanError
from composer.theory.key import Key, key_numeral, parse_key, relative_key, resolve_key

C_MAJOR, A_MINOR = Key(0, "major"), Key(3, "minor")
# 24 keys that are written with at most six accidentals.
HOMES = [Key(place, "major") for place in range(-5, 7)] + [Key(place, "minor") for place in range(-2, 10)]


@pytest.mark.parametrize(
    ("text", "name", "signature"),
    [
        ("G major", "G major", 1),
        ("e minor", "E minor", 1),
        ("Bb", "Bb major", -2),
        ("f#", "F# minor", 3),
        ("B- major", "Bb major", -2),
        ("E♭ major", "Eb major", -3),
        ("a", "A minor", 0),
        ("C# min", "C# minor", 4),
        ("Cb major", "Cb major", -7),
        ("D# major", "Eb major", -3),  # nine sharps are written as three flats
        ("G# major", "Ab major", -4),
    ],
)
def test_keys_by_name(text, name, signature):
    key = parse_key(text)
    assert (str(key), key.signature) == (name, signature)


@pytest.mark.parametrize("text", ["H dur", "", "G maj or", "c moll", "VII#", "3"])
def test_what_is_no_key_says_how_keys_look(text):
    with pytest.raises(PlanError, match="keys look like"):
        parse_key(text)


@pytest.mark.parametrize(
    ("numeral", "home", "name"),
    [
        ("V", C_MAJOR, "G major"),
        ("vi", C_MAJOR, "A minor"),
        ("bIII", C_MAJOR, "Eb major"),
        ("iii", C_MAJOR, "E minor"),
        ("i", C_MAJOR, "C minor"),
        ("III", A_MINOR, "C major"),
        ("VI", A_MINOR, "F major"),
        ("VII", A_MINOR, "G major"),
        ("v", A_MINOR, "E minor"),
        ("I", A_MINOR, "A major"),
        ("bII", A_MINOR, "Bb major"),
    ],
)
def test_keys_relative_to_a_home(numeral, home, name):
    assert str(relative_key(numeral, home)) == name
    assert str(resolve_key(numeral, home)) == name


def test_an_absolute_key_stays_where_it_is():
    assert resolve_key("e minor", C_MAJOR) == resolve_key("e minor", A_MINOR) == Key(4, "minor")


@pytest.mark.parametrize("home", HOMES, ids=str)
@pytest.mark.parametrize("other", HOMES, ids=str)
def test_numerals_and_keys_are_inverse_up_to_respelling(home, other):
    again = relative_key(key_numeral(other, home), home)
    assert (again.tonic_pitch_class, again.mode) == (other.tonic_pitch_class, other.mode)


@pytest.mark.parametrize("home", HOMES, ids=str)
@pytest.mark.parametrize(
    "numeral", ["I", "i", "ii", "iii", "IV", "iv", "V", "v", "vi", "VI", "bIII", "bVI", "bII", "VII"]
)
def test_a_relative_key_can_always_be_written(home, numeral):
    assert abs(relative_key(numeral, home).signature) <= 7


def test_scales():
    assert C_MAJOR.scale == (0, 2, 4, 5, 7, 9, 11)
    assert A_MINOR.scale == (9, 11, 0, 2, 4, 5, 7)


@given(st.integers(-30, 30), st.sampled_from(["major", "minor"]))
def test_the_simplest_spelling_has_at_most_six_accidentals(fifths, mode):
    key = Key(fifths, mode)
    plain = key.simplified()
    assert plain.tonic_pitch_class == key.tonic_pitch_class
    assert -5 <= plain.signature <= 6


@pytest.mark.parametrize(
    ("key", "pitch", "spelled"),
    [
        (A_MINOR, 68, "G#4"),  # the leading tone
        (A_MINOR, 66, "F#4"),
        (A_MINOR, 70, "Bb4"),
        (C_MAJOR, 66, "F#4"),
        (C_MAJOR, 70, "Bb4"),
        (C_MAJOR, 63, "Eb4"),
        (Key(-4, "major"), 61, "Db4"),
        (Key(6, "major"), 65, "E#4"),
        (Key(-1, "minor"), 66, "Gb4"),  # b2 of F minor
        (Key(-1, "minor"), 64, "E4"),  # its leading tone
    ],
)
def test_notes_are_spelled_by_their_key(key, pitch, spelled):
    assert str(key.spell(pitch)) == spelled


def test_the_chord_decides_before_the_key():
    # V7 of IV in C major has a B flat, V/vi a G sharp.
    assert str(C_MAJOR.spell(68, chord_fifths=(4, 8, 5))) == "G#4"
    assert str(C_MAJOR.spell(68)) == "Ab4"


@given(st.sampled_from(HOMES), st.integers(0, 127))
def test_spelling_never_changes_the_sound(key, pitch):
    assert key.spell(pitch).pitch == pitch


def test_transposing_a_key_by_fifths():
    assert str(C_MAJOR.transposed(2)) == "D major"
