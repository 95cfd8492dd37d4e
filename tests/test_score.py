"""Bars, pickups and what is in force where."""

from __future__ import annotations

import pytest

from composer.score import Bar, Note, Part, Score, make_bars, sort_notes
from composer.theory.key import Key
from composer.theory.meter import TICKS_PER_QUARTER as Q
from composer.theory.meter import Meter

THREE, FOUR = Meter(3, 4), Meter(4, 4)


def test_bars_count_from_1():
    bars = make_bars(THREE, 3)
    assert [(bar.number, bar.onset_tick, bar.end_tick) for bar in bars] == [
        (1, 0, 3 * Q),
        (2, 3 * Q, 6 * Q),
        (3, 6 * Q, 9 * Q),
    ]


def test_a_pickup_is_bar_0_and_lacks_its_front():
    bars = make_bars(FOUR, 2, pickup_tick=Q)
    assert [(bar.number, bar.duration_tick) for bar in bars] == [(0, Q), (1, 4 * Q), (2, 4 * Q)]
    assert [bar.lead_tick for bar in bars] == [3 * Q, 0, 0]


def test_strength_counts_from_the_bar_line_also_in_a_pickup():
    score = Score((), make_bars(FOUR, 2, pickup_tick=Q))
    assert [score.strength_at(tick * Q) for tick in range(6)] == [2, 4, 2, 3, 2, 4]


@pytest.mark.parametrize(("tick", "number"), [(0, 0), (Q - 1, 0), (Q, 1), (5 * Q, 2), (9 * Q, 2), (99 * Q, 2)])
def test_the_bar_of_a_tick(tick, number):
    assert Score((), make_bars(FOUR, 2, pickup_tick=Q)).bar_at(tick).number == number


def test_meters_and_keys_hold_until_the_next():
    bars = (Bar(1, 0, 4 * Q, FOUR), Bar(2, 4 * Q, 3 * Q, THREE))
    score = Score((), bars, keys=((0, Key(0, "major")), (4 * Q, Key(1, "major"))))
    assert [score.meter_at(tick) for tick in (0, 4 * Q - 1, 4 * Q)] == [FOUR, FOUR, THREE]
    assert [str(score.key_at(tick)) for tick in (0, 4 * Q - 1, 4 * Q, 9 * Q)] == ["C major"] * 2 + ["G major"] * 2
    assert score.end_tick == 7 * Q


def test_a_score_without_signature_has_no_key():
    assert Score((), make_bars(FOUR, 1)).key_at(0) is None


def test_notes_of_all_parts_come_in_order():
    upper = Part("upper", (Note(0, 72, Q), Note(Q, 74, Q)))
    lower = Part("lower", (Note(0, 48, 2 * Q),))
    score = Score((upper, lower), make_bars(FOUR, 1))
    assert [(part, note.pitch) for part, note in score.notes()] == [(1, 48), (0, 72), (0, 74)]


def test_sorting_is_by_onset_then_pitch():
    notes = [Note(Q, 60, Q), Note(0, 64, Q), Note(0, 60, Q)]
    assert [(note.onset_tick, note.pitch) for note in sort_notes(notes)] == [(0, 60), (0, 64), (Q, 60)]


def test_an_empty_score_ends_where_it_begins():
    assert Score((), ()).end_tick == 0
