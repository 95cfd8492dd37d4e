"""Bars, beats and their strength."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.errors import PlanError
from composer.theory.meter import TICKS_PER_QUARTER as Q
from composer.theory.meter import Meter, parse_meter


@pytest.mark.parametrize(
    ("text", "beats", "beat_quarters", "bar_quarters"),
    [
        ("4/4", 4, 1, 4),
        ("3/4", 3, 1, 3),
        ("2/2", 2, 2, 4),
        ("3/8", 3, 0.5, 1.5),
        ("6/8", 2, 1.5, 3),
        ("9/8", 3, 1.5, 4.5),
        ("12/8", 4, 1.5, 6),
        ("12/16", 4, 0.75, 3),
        ("6/4", 6, 1, 6),
        ("C", 4, 1, 4),
        ("C|", 2, 2, 4),
        (" 5 / 8 ", 5, 0.5, 2.5),
    ],
)
def test_what_is_counted(text, beats, beat_quarters, bar_quarters):
    meter = parse_meter(text)
    assert (meter.beats, meter.beat_quarters, meter.bar_ticks / Q) == (beats, beat_quarters, bar_quarters)
    assert meter.beats * meter.beat_ticks == meter.bar_ticks


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("3:4", 'did you mean "3/4"'),
        ("4/3", "the lower number"),
        ("0/4", "the upper number"),
        ("33/4", "the upper number"),
        ("waltz", "meters look like"),
        ("", "meters look like"),
    ],
)
def test_what_is_no_meter_says_what_would_be(text, mend):
    with pytest.raises(PlanError, match=mend):
        parse_meter(text)


@pytest.mark.parametrize(
    ("text", "step", "strengths"),
    [
        ("4/4", Q // 2, [4, 1, 2, 1, 3, 1, 2, 1]),
        ("3/4", Q // 2, [4, 1, 2, 1, 2, 1]),
        ("2/4", Q // 2, [4, 1, 2, 1]),
        ("6/8", Q // 2, [4, 1, 1, 3, 1, 1]),
        ("9/8", Q // 2, [4, 1, 1, 2, 1, 1, 2, 1, 1]),
        ("12/8", Q // 2, [4, 1, 1, 2, 1, 1, 3, 1, 1, 2, 1, 1]),
        ("3/8", Q // 4, [4, 1, 2, 1, 2, 1]),
        ("4/4", Q // 4, [4, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0]),
    ],
)
def test_strength_of_each_place(text, step, strengths):
    meter = parse_meter(text)
    assert [meter.strength(tick) for tick in range(0, meter.bar_ticks, step)] == strengths


@given(st.integers(1, 32), st.sampled_from([1, 2, 4, 8, 16, 32]))
def test_every_meter_reads_back(upper, lower):
    meter = Meter(upper, lower)
    assert parse_meter(str(meter)) == meter
    assert meter.strength(0) == 4
    assert all(meter.strength(tick) < 4 for tick in range(meter.unit_ticks, meter.bar_ticks, meter.unit_ticks))
