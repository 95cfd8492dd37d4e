import numpy as np
import pytest

from composer.outline import ChordSpan, Outline
from composer.perform.charges import charge_of, harmonic_charge, melodic_charge
from composer.perform.reading import read
from composer.score import Note
from composer.theory.harmony import parse_chord
from composer.theory.key import Key
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER
BAR = 4 * Q
C = Key(0, "major")


def over(piano, numerals, pitches):
    """A chord a bar of two seconds, quarters over them."""
    score = piano([Note(i * Q, pitch, Q) for i, pitch in enumerate(pitches)], bars=len(numerals))
    chords = tuple(
        ChordSpan(i * BAR, (i + 1) * BAR, parse_chord(numeral, "major"), C) for i, numeral in enumerate(numerals)
    )
    return read(score, Outline(score.bars, chords=chords))


@pytest.mark.parametrize(
    ("numeral", "charge"),
    [("I", 0), ("V", 1.5), ("V7", 1.5), ("vi6", 1.5), ("ii", 2.5), ("IV", 3), ("iii", 3), ("V/V", 4), ("viio", 5)],
)
def test_chords_are_as_remarkable_as_the_table_says(numeral, charge):
    assert charge_of(ChordSpan(0, Q, parse_chord(numeral, "major"), C)) == charge


def test_chords_from_far_away_are_more_remarkable():
    far = charge_of(ChordSpan(0, Q, parse_chord("bVI", "major"), C))
    assert far > charge_of(ChordSpan(0, Q, parse_chord("V", "major"), C))


def test_a_sharp_over_the_root_is_louder_and_longer_than_the_fifth(piano):
    effect = melodic_charge(over(piano, ["I"], [60, 61, 67, 64]), k=1.0)
    assert effect.level_db == pytest.approx([0, 1.3, 0.2, 0.8])
    assert np.exp(effect.log_period[:4]) == pytest.approx(1 + np.array([0, 6.5, 1, 4]) / 150)


def test_a_remarkable_chord_is_led_up_to(piano):
    effect = harmonic_charge(over(piano, ["I", "IV", "I"], [60] * 12), k=1.0)
    level = effect.level_db
    assert level[0] == 0
    assert (np.diff(level[1:5]) > 0).all()  # within the last 1.9 seconds
    assert level[4] == pytest.approx(1.5 * 3**0.5)
    assert (np.diff(level[4:9]) < 0).all()
    assert effect.log_period[4] > effect.log_period[5] > 0  # the change itself takes most time


def test_no_chords_no_charge(piano):
    score = piano([Note(0, 61, Q)], bars=1)
    reading = read(score, Outline(score.bars))
    assert not melodic_charge(reading, k=1.0).level_db.any()
    assert not harmonic_charge(reading, k=1.0).log_period.any()
