"""Roman numerals are chords, and chords find their numerals."""

from __future__ import annotations

import pytest

from composer.errors import PlanError
from composer.theory.harmony import QUALITY_FIFTHS, name_chord, parse_chord
from composer.theory.key import Key

C_MAJOR, A_MINOR, E_FLAT = Key(0, "major"), Key(3, "minor"), Key(-3, "major")
NAMES = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]


def notes(numeral: str, key: Key) -> str:
    """The chord's pitch classes, root first, then its bass."""
    chord = parse_chord(numeral, key.mode)
    return " ".join(NAMES[pc] for pc in chord.pitch_classes(key)) + " / " + NAMES[chord.bass(key)]


@pytest.mark.parametrize(
    ("numeral", "key", "expected"),
    [
        ("I", C_MAJOR, "C E G / C"),
        ("ii6", C_MAJOR, "D F A / F"),
        ("V7", C_MAJOR, "G B D F / G"),
        ("V65", C_MAJOR, "G B D F / B"),
        ("V43", C_MAJOR, "G B D F / D"),
        ("V42", C_MAJOR, "G B D F / F"),
        ("V2", C_MAJOR, "G B D F / F"),
        ("I64", C_MAJOR, "C E G / G"),
        ("Cad64", C_MAJOR, "C E G / G"),
        ("IV7", C_MAJOR, "F A C E / F"),  # the diatonic seventh
        ("ii7", C_MAJOR, "D F A C / D"),
        ("viio", C_MAJOR, "B D F / B"),
        ("viiø7", C_MAJOR, "B D F A / B"),
        ("viio7", C_MAJOR, "B D F Ab / B"),
        ("V/V", C_MAJOR, "D F# A / D"),
        ("V65/V", C_MAJOR, "D F# A C / F#"),
        ("viio7/ii", C_MAJOR, "C# E G Bb / C#"),
        ("V7/vi", C_MAJOR, "E Ab B D / E"),
        ("bVI", C_MAJOR, "Ab C Eb / Ab"),
        ("N6", C_MAJOR, "C# F Ab / F"),
        ("iv", C_MAJOR, "F Ab C / F"),
        ("III+", C_MAJOR, "E Ab C / E"),
        ("i", A_MINOR, "A C E / A"),
        ("V", A_MINOR, "E Ab B / E"),  # the leading tone is raised
        ("v", A_MINOR, "E G B / E"),
        ("VI", A_MINOR, "F A C / F"),
        ("VII", A_MINOR, "G B D / G"),
        ("viio7", A_MINOR, "Ab B D F / Ab"),  # on the raised seventh
        ("viio6", A_MINOR, "Ab B D / B"),
        ("iiø65", A_MINOR, "B D F A / D"),
        ("III", A_MINOR, "C E G / C"),
        ("V7/III", A_MINOR, "G B D F / G"),
        ("Ger65", A_MINOR, "F A C Eb / F"),
        ("It6", A_MINOR, "F A Eb / F"),
        ("Fr43", A_MINOR, "F A B Eb / F"),
        ("I", E_FLAT, "Eb G Bb / Eb"),
        ("V7", E_FLAT, "Bb D F Ab / Bb"),
    ],
)
def test_numerals_are_chords(numeral, key, expected):
    assert notes(numeral, key) == expected


@pytest.mark.parametrize("numeral", ["", "VIII", "H", "V99", "Q7", "V/", "Cad7", "b", "I/H", "?"])
def test_what_is_no_numeral_says_how_they_look(numeral):
    with pytest.raises(PlanError, match="Roman numerals such as"):
        parse_chord(numeral, "major")


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("quality", [name for name in QUALITY_FIFTHS if name not in ("italian", "french", "german")])
def test_any_chord_that_is_found_has_a_numeral_that_means_it(quality, mode):
    for root in range(12):
        for inversion in range(len(QUALITY_FIFTHS[quality])):
            chord = name_chord(root, quality, inversion, mode)
            again = parse_chord(chord.numeral, mode)
            assert again == chord
            assert (again.relative_root, again.quality, again.inversion) == (root, quality, inversion)


@pytest.mark.parametrize(
    ("root", "quality", "inversion", "mode", "numeral"),
    [
        (0, "major", 0, "major", "I"),
        (7, "dominant7", 1, "major", "V65"),
        (2, "major", 0, "major", "V/V"),
        (2, "dominant7", 1, "major", "V65/V"),
        (9, "minor", 1, "major", "vi6"),
        (10, "major", 0, "major", "bVII"),
        (11, "diminished7", 0, "minor", "viio7"),
        (7, "major", 0, "minor", "V"),
        (8, "major", 0, "minor", "VI"),
        (0, "major", 0, "minor", "I"),  # a Picardy third
    ],
)
def test_the_plainest_numeral_is_chosen(root, quality, inversion, mode, numeral):
    assert name_chord(root, quality, inversion, mode).numeral == numeral


@pytest.mark.parametrize(
    ("numeral", "expected"),
    [("V", True), ("V65", True), ("viio6", True), ("V/V", False), ("Cad64", False), ("I", False)],
)
def test_dominants_of_the_key_itself(numeral, expected):
    assert parse_chord(numeral, "major").is_dominant is expected


def test_spelling_of_an_augmented_sixth_is_an_augmented_sixth():
    chord = parse_chord("Ger65", "minor")
    low, high = chord.fifths(A_MINOR)[0], chord.fifths(A_MINOR)[3]
    assert high - low == 10  # F to D sharp, ten places on the line of fifths
