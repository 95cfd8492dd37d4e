"""Tempo marks, and curves that are none."""

from __future__ import annotations

import math

import pytest

from composer.corpus.midi.tempos import tempos_of
from composer.score import make_bars
from composer.theory.meter import TICKS_PER_QUARTER as Q
from composer.theory.meter import Meter

BARS = make_bars(Meter(4, 4), 32)


def curve(bpm_at) -> list[tuple[int, int]]:
    """A point at every quarter of 32 bars."""
    return [(quarter * Q, round(60e6 / bpm_at(quarter))) for quarter in range(128)]


def test_a_few_events_are_marks():
    marks = tempos_of([(0, 500_000), (40 * Q, 1_000_000)], BARS, [])
    assert [(mark.tick, mark.beat_bpm) for mark in marks] == [(0, 120), (40 * Q, 60)]


def test_rubato_about_one_tempo_is_one_mark():
    told: list[str] = []
    (mark,) = tempos_of(curve(lambda quarter: 100 + 12 * math.sin(quarter / 5)), BARS, told)
    assert mark.beat_bpm == pytest.approx(100, abs=3)
    assert "one tempo" in told[0]


def test_a_ritardando_at_the_end_is_no_new_tempo():
    assert len(tempos_of(curve(lambda quarter: 100 + quarter % 2 - max(0, quarter - 116) * 5), BARS, [])) == 1


def test_an_adagio_before_an_allegro_keeps_its_tempo():
    marks = tempos_of(curve(lambda quarter: (60 if quarter < 48 else 132) + quarter % 4), BARS, [])
    assert [mark.tick for mark in marks] == [0, 48 * Q]
    assert [mark.beat_bpm for mark in marks] == pytest.approx([61.5, 133.5], abs=1)


def test_the_beat_of_a_compound_meter_is_counted():
    (mark,) = tempos_of([(0, 500_000)], make_bars(Meter(6, 8), 4), [])
    assert mark.beat_bpm == pytest.approx(80)
