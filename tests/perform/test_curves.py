from dataclasses import replace

import numpy as np
import pytest

from composer.outline import Outline
from composer.perform import perform
from composer.perform.curves import likeness, loudness_of, tempo_of
from composer.performance import Performance, TempoPoint
from composer.score import Note, TempoMark
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER
BAR = 4 * Q


def test_a_deadpan_performance_has_the_marked_tempi_and_one_loudness(piano, tune, outlined):
    score = piano(tune(8), tempos=(TempoMark(0, 120.0), TempoMark(4 * BAR, 80.0)))
    played = perform(score, outlined(score), expression=0)
    ticks, tempo = tempo_of(played)
    assert list(ticks) == [i * Q for i in range(31)]
    assert np.allclose(tempo[:16], 120)
    assert np.allclose(tempo[16:], 80)
    assert set(loudness_of(played)[1]) == {64}


def test_the_beat_is_the_meters(piano):
    score = piano([Note(i * Q // 2, 60 + i, Q // 2) for i in range(24)], meter=(6, 8), bars=4)
    played = perform(score, Outline(score.bars), expression=0)
    ticks, tempo = tempo_of(played)
    assert list(np.diff(ticks)) == [3 * Q // 2] * (len(ticks) - 1)
    assert np.allclose(tempo, 120)


def test_a_phrase_slows_to_its_end_in_the_curve(piano, tune, outlined, silent):
    score = piano(tune(8))
    _, tempo = tempo_of(perform(score, outlined(score), player=replace(silent, phrase_arch=1.5)))
    assert tempo[30] < 0.9 * tempo[15]


def test_a_performance_is_like_itself_and_less_like_another_take(piano, tune, outlined):
    score = piano(tune(8))
    one, other = (perform(score, outlined(score), player="romantic", take=take) for take in (1, 2))
    assert likeness(one, one).tempo == pytest.approx(1)
    assert likeness(one, one).velocity == pytest.approx(1)
    assert 0.3 < likeness(one, other).tempo < 0.999
    assert 0.3 < likeness(one, other).velocity < 0.999


def test_where_nothing_varies_nothing_is_alike(piano, tune, outlined):
    score = piano(tune(8))
    deadpan = perform(score, outlined(score), expression=0)
    assert np.isnan(likeness(deadpan, deadpan).velocity)


def test_of_one_note_or_none_there_is_no_curve(piano):
    for notes in ([], [Note(0, 60, Q)]):
        score = piano(notes)
        performance = Performance(score, (), (TempoPoint(0, 0.0, 0.5),))
        assert not len(tempo_of(performance)[0])
        assert not len(loudness_of(performance)[0])
