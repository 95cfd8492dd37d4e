import numpy as np
import pytest

from composer.outline import Outline
from composer.perform.durations import double_duration, duration_contrast, social_duration_care, triple_duration
from composer.perform.reading import read
from composer.score import Note
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER


def factors(piano, rule, lengths, *, beat_bpm=120.0, **options):
    """The factor on each inter-onset interval of a melody of these lengths in quarters."""
    from composer.score import TempoMark

    ticks = np.concatenate([[0], np.cumsum(lengths)])[:-1]
    notes = [Note(round(tick * Q), 60, round(length * Q)) for tick, length in zip(ticks, lengths, strict=True)]
    score = piano(notes, bars=8, tempos=(TempoMark(0, beat_bpm),))
    reading = read(score, Outline(score.bars))
    return np.exp(rule(reading, **options).log_period)[reading.onset_points]


def test_two_to_one_softens_where_a_single_short_note_stands_between_long_ones(piano):
    found = factors(piano, double_duration, [1, 0.5, 1, 0.5, 1, 1], k=1.0)
    assert found[0] / found[1] * 2 == pytest.approx(1.68, abs=0.005)
    assert found[0] + found[1] / 2 == pytest.approx(1.5)


def test_dotted_rhythms_and_runs_keep_their_edge(piano):
    assert factors(piano, double_duration, [1.5, 0.5, 1, 1], k=1.0) == pytest.approx(np.ones(4))
    assert factors(piano, double_duration, [1, 0.5, 0.5, 1], k=1.0) == pytest.approx(np.ones(4))


def test_short_notes_become_shorter_and_long_ones_stay(piano):
    # 500 ms, 250 ms, 125 ms, 1000 ms.
    found = factors(piano, duration_contrast, [1, 0.5, 0.25, 2], k=1.0)
    delta = np.interp([500, 250, 125, 1000], [30, 200, 400, 600], [0, -11, -7, 0])
    assert found == pytest.approx(1 + 1.5 * delta / [500, 250, 125, 1000])
    assert found[3] == 1.0


def test_short_notes_become_softer(piano):
    score = piano([Note(0, 60, 4 * Q), Note(4 * Q, 60, Q // 2), Note(9 * Q // 2, 60, 2 * Q)])
    level = duration_contrast(read(score, Outline(score.bars)), k=1.0).level_db
    assert level[0] == level[2] == 0
    assert -0.8 <= level[1] < -0.5


def test_three_to_one_softens_to_two_to_one_where_it_is_asked_for(piano):
    found = factors(piano, triple_duration, [0.75, 0.25, 0.75, 0.25, 1, 1], k=1.0)
    assert found[1] == pytest.approx(1.3)
    assert 3 * found[0] / found[1] == pytest.approx(2.08, abs=0.01)
    assert 3 * found[0] + found[1] == pytest.approx(4)


def test_a_very_short_note_between_longer_ones_is_cared_for(piano):
    found = factors(piano, social_duration_care, [0.875, 0.125, 1, 0.5, 0.5], k=1.0)  # 62.5 ms
    assert found[1] == pytest.approx(72.5 / 62.5)
    assert found[0] == pytest.approx(427.5 / 437.5)
    assert found[2:] == pytest.approx([1, 1, 1])
    run = factors(piano, social_duration_care, [0.125] * 8, k=1.0)
    assert run == pytest.approx(np.ones(8))
