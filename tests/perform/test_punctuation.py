import numpy as np
import pytest

from composer.outline import Outline
from composer.perform.punctuation import boundaries, punctuation
from composer.perform.reading import read
from composer.score import Note
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER


def line(piano, rows):
    """A melody of (pitch, eighths)."""
    notes, tick = [], 0
    for pitch, length in rows:
        notes.append(Note(tick, pitch, length * Q // 2))
        tick += length * Q // 2
    score = piano(notes, bars=8)
    return read(score, Outline(score.bars))


def test_a_boundary_follows_the_longest_note(piano):
    reading = line(piano, [(60, 1), (62, 1), (64, 4), (60, 1), (62, 1), (64, 1), (65, 1)])
    assert np.flatnonzero(boundaries(reading)).tolist() == [2]


def test_a_boundary_stands_between_two_groups_a_leap_apart(piano):
    reading = line(piano, [(64, 1), (62, 1), (60, 1), (72, 1), (71, 1), (69, 1), (71, 1)])
    assert np.flatnonzero(boundaries(reading)).tolist() == [2]


def test_a_scale_has_no_joints(piano):
    assert not boundaries(line(piano, [(60 + step, 1) for step in (0, 2, 4, 5, 7, 9, 11, 12)])).any()
    assert not boundaries(line(piano, [(60, 1), (62, 1)])).any()


def test_the_gap_grows_with_the_note_and_the_note_with_the_gap(piano):
    reading = line(piano, [(60, 1), (62, 1), (64, 4), (60, 1), (62, 1), (64, 1), (65, 1)])
    effect = punctuation(reading, k=1.0)
    assert effect.gap_sec.max() == pytest.approx(0.060)  # after a second
    assert np.expm1(effect.log_period.max()) == pytest.approx(0.45 * 0.060)
    assert punctuation(reading, k=0.5).gap_sec.max() == pytest.approx(0.030)
