import numpy as np
import pytest

from composer.outline import Outline
from composer.perform.reading import read
from composer.perform.timing import GRACE_SEC, MAX_TIMING_SEC, chord_roll, melody_lead, place_graces, settle_start
from composer.score import Note
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER


def reading_of(piano, notes):
    score = piano(notes, bars=4)
    return read(score, Outline(score.bars))


def test_the_louder_note_of_a_chord_leads_by_a_millisecond_a_unit(piano):
    reading = reading_of(piano, [Note(Q, 60, Q), Note(Q, 72, Q), Note(2 * Q, 74, Q)])
    lead = melody_lead(reading, np.array([50.0, 70.0, 90.0]), ms_per_unit=1.0)
    assert lead == pytest.approx([-0.010, 0.010, 0.0])


def test_no_note_leads_by_more_than_thirty_milliseconds(piano):
    reading = reading_of(piano, [Note(Q, 60, Q), Note(Q, 72, Q)])
    assert melody_lead(reading, np.array([1.0, 127.0]), ms_per_unit=1.0) == pytest.approx([-0.03, 0.03])


def test_graces_run_into_their_note(piano):
    graces = [Note(2 * Q, pitch, 0, is_grace=True) for pitch in (64, 66)]
    reading = reading_of(piano, [Note(0, 60, Q), *graces, Note(2 * Q, 67, Q)])
    timing = place_graces(reading, np.zeros(reading.num_notes))
    by_pitch = dict(zip(reading.pitch.tolist(), timing, strict=True))
    assert by_pitch == pytest.approx({60: 0.0, 64: 2 * GRACE_SEC, 66: GRACE_SEC, 67: 0.0})


def test_graces_never_take_more_than_half_of_the_time_before(piano):
    graces = [Note(Q // 4, pitch, 0, is_grace=True) for pitch in (64, 66)]
    reading = reading_of(piano, [Note(0, 60, Q // 4), *graces, Note(Q // 4, 67, Q)])
    assert place_graces(reading, np.zeros(reading.num_notes)).max() == pytest.approx(0.125 / 2)


def test_nothing_sounds_before_the_piece_begins(piano):
    graces = [Note(0, pitch, 0, is_grace=True) for pitch in (64, 66)]
    reading = reading_of(piano, [*graces, Note(0, 67, Q), Note(0, 48, Q)])
    onset_sec = reading.seconds_at(reading.onset_tick)
    timing = place_graces(reading, np.where(reading.is_grace, 0.0, 0.03))
    settled = settle_start(timing, onset_sec)
    assert (onset_sec - settled).min() == pytest.approx(0.0)
    assert np.abs(settled).max() <= MAX_TIMING_SEC


def test_a_hand_rolls_what_is_wider_than_a_tenth_from_the_bottom(piano):
    left = [Note(0, pitch, Q, staff=2) for pitch in (36, 48, 56)]
    right = [Note(0, pitch, Q) for pitch in (64, 72, 76)]
    reading = reading_of(piano, [*left, *right])
    early = chord_roll(reading, k=1.0)
    assert early == pytest.approx([0.012, 0, -0.012, 0, 0, 0])
    assert not chord_roll(reading, k=0.0).any()


def test_the_sign_rolls_a_narrow_chord_too_and_slower(piano):
    chord = [Note(0, pitch, Q, articulations=("arpeggio",)) for pitch in (60, 64, 67)]
    assert chord_roll(reading_of(piano, chord), k=1.0) == pytest.approx([0.024, 0, -0.024])
