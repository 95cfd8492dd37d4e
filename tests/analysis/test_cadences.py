import pytest

from composer.analysis.hands import melody_line
from composer.analysis.harmony import analyse_harmony
from composer.analysis.phrases import divide_phrases
from composer.theory.harmony import Cadence
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
