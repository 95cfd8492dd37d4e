import pytest

from composer.analysis.cadences import cadence_at
from composer.analysis.hands import melody_line
from composer.analysis.harmony import analyse_harmony
from composer.analysis.phrases import divide_phrases
from composer.outline import ChordSpan
from composer.theory.harmony import Cadence, parse_chord
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER

ENDINGS = {
    Cadence.PAC: ("D5 D5 C5:2", "A4 G4 G4:2", "F4 B3 E4:2", "F3 G3 C3:2"),
    Cadence.IAC: ("D5 D5 E5:2", "A4 G4 G4:2", "F4 B3 C4:2", "F3 G3 C3:2"),
    Cadence.HC: ("D5 E5 D5:2", "A4 G4 G4:2", "F4 C4 B3:2", "F3 C3 G3:2"),
    Cadence.DC: ("D5 D5 C5:2", "A4 G4 A4:2", "F4 B3 E4:2", "F3 G3 A3:2"),
    Cadence.PC: ("C5 C5 C5:2", "E4 A4 G4:2", "G4 F4 E4:2", "C3 F3 C3:2"),
}


@pytest.mark.parametrize("kind", ENDINGS)
def test_the_kind_of_a_cadence(voices, kind):
    opening = ("E5 D5 C5 E5 ", "G4 G4 G4 G4 ", "C4 B3 C4 C4 ", "C3 G3 E3 C3 ")
    closing = (" E5 D5 C5:2", " G4 G4 E4:2", " C4 B3 G3:2", " C3 G3 C3:2")  # so that the key is plain
    texts = [a + b + c for a, b, c in zip(opening, ENDINGS[kind], closing, strict=True)]
    score = voices(*texts, fermata_ticks=(6 * Q, 10 * Q))
    phrase = divide_phrases(score, analyse_harmony(score).chords)[0]
    assert (phrase.cadence, phrase.cadence_tick) == (kind, 6 * Q)
    assert phrase.end_tick == 8 * Q


def test_what_sways_over_the_last_tonic_does_not_undo_the_cadence(keyboard):
    score = keyboard(
        "E5+G4 D5+F4 | C5+E4:2 | D5+F4 C5+E4 B4+D4:2 | C5+E4:2 C5+A4+F4:2 | C5+G4+E4:4",
        "C3 G3 | C3:2 | F3 G3:1 G2:2 | C3:4 | C3:4",
    )
    chords = analyse_harmony(score).chords
    assert len(melody_line(score)) > 4
    last = divide_phrases(score, chords)[-1]
    assert last.cadence is Cadence.PAC


def test_a_phrase_that_stops_on_the_dominant_of_the_sixth_degree_ends_with_a_half_cadence():
    key = parse_key("C major")
    chords = [
        ChordSpan(place * Q, (place + 1) * Q, parse_chord(numeral, "major"), key)
        for place, numeral in enumerate(("I", "vi", "ii6", "V/vi"))
    ]
    assert cadence_at(chords, 3, ()) == (Cadence.HC, 3 * Q)


def test_a_dominant_seventh_that_rises_by_step_deceives_across_a_change_of_key():
    chords = [
        ChordSpan(0, Q, parse_chord("i", "minor"), parse_key("D minor")),
        ChordSpan(Q, 2 * Q, parse_chord("V7", "minor"), parse_key("D minor")),
        ChordSpan(2 * Q, 3 * Q, parse_chord("I", "major"), parse_key("Bb major")),
    ]
    assert cadence_at(chords, 2, ()) == (Cadence.DC, 2 * Q)


@pytest.mark.parametrize(("opening", "found"), [("V", (Cadence.IAC, Q)), ("IV", (Cadence.NONE, 3001 * Q))])
def test_a_thousand_chords_may_sway_over_a_pedal(opening, found):
    key = parse_key("C major")
    numerals = [opening, "I", *["IV64", "I"] * 1500]
    chords = [
        ChordSpan(place * Q, (place + 1) * Q, parse_chord(numeral, "major"), key)
        for place, numeral in enumerate(numerals)
    ]
    assert cadence_at(chords, 3001, ()) == found
