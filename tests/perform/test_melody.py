import numpy as np
import pytest

from composer.outline import Outline, PhraseSpan
from composer.perform.melody import faster_uphill, leap_gap, leap_tone_duration
from composer.perform.reading import read
from composer.score import Note
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER


def line(piano, pitches, *, rest_after=(), phrases=()):
    """Quarters of half a second."""
    notes = [Note(i * Q, pitch, Q // 2 if i in rest_after else Q) for i, pitch in enumerate(pitches)]
    score = piano(notes, bars=4)
    return read(score, Outline(score.bars, phrases=phrases))


def gained_ms(reading, effect):
    """What each quarter of the line is longer."""
    onsets = reading.note_point[reading.melody]
    return 500 * np.expm1(effect.log_period[onsets])


def test_a_rising_line_hurries_by_two_milliseconds_a_note(piano):
    reading = line(piano, [60, 60, 62, 64, 65, 65, 64])
    assert gained_ms(reading, faster_uphill(reading, k=1.0)) == pytest.approx([0, -2, -2, -2, 0, 0, 0], abs=1e-9)
    assert gained_ms(reading, faster_uphill(reading, k=3.0))[2] == pytest.approx(-6)


def test_a_single_step_up_is_no_rising_line_and_a_rest_ends_one(piano):
    reading = line(piano, [60, 62, 60, 62])
    assert not faster_uphill(reading, k=1.0).log_period.any()
    reading = line(piano, [60, 62, 64, 60], rest_after=(1,))
    assert not faster_uphill(reading, k=1.0).log_period.any()


def test_the_goal_of_a_rising_leap_is_longer_and_its_start_shorter(piano):
    reading = line(piano, [60, 69, 69, 69])
    assert gained_ms(reading, leap_tone_duration(reading, k=1.0)) == pytest.approx([-12.6, 12.6, 0, 0])


def test_the_goal_of_a_falling_leap_is_shorter(piano):
    reading = line(piano, [69, 60, 60, 60])
    assert gained_ms(reading, leap_tone_duration(reading, k=1.0)) == pytest.approx([7.2, -12.6, 0, 0])


def test_a_step_a_zigzag_and_the_leap_into_a_new_phrase_are_no_leaps(piano):
    reading = line(piano, [60, 62, 64, 66])
    assert not leap_tone_duration(reading, k=1.0).log_period.any()
    reading = line(piano, [60, 67, 60, 67, 67])
    assert gained_ms(reading, leap_tone_duration(reading, k=1.0))[0] == 0
    phrases = (PhraseSpan(0, 2 * Q), PhraseSpan(2 * Q, 8 * Q))
    reading = line(piano, [60, 60, 72, 72], phrases=phrases)
    assert not leap_tone_duration(reading, k=1.0).log_period.any()


def test_the_hand_lets_go_before_a_leap_the_wider_the_sooner(piano):
    # 8 ms a semitone, times .3 + .3 * 400 / 600 at half a second.
    reading = line(piano, [60, 62, 65, 77, 77])
    gap = leap_gap(reading, k=1.0).gap_sec
    assert gap[reading.melody] == pytest.approx([0, 0.012, 0.036, 0, 0])
    assert leap_gap(reading, k=2.0).gap_sec[1] == pytest.approx(0.024)


def test_the_accompaniment_is_no_melody(piano):
    notes = [Note(0, 72, 4 * Q), *(Note(i * Q, pitch, Q, staff=2) for i, pitch in enumerate((48, 60, 48, 60)))]
    score = piano(notes, bars=1)
    reading = read(score, Outline(score.bars))
    assert reading.pitch[reading.melody].tolist() == [72]
    assert not leap_gap(reading, k=1.0).gap_sec.any()
