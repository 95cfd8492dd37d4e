"""Notes that are let go before they end on paper."""

from __future__ import annotations

import random

import pytest

from composer.corpus import read_bytes
from composer.corpus.midi.gates import WrittenEnds, find_gate
from composer.theory.meter import TICKS_PER_QUARTER as Q

QUARTERS = range(0, 16 * Q, Q)


@pytest.mark.parametrize("gate", [0.66, 0.8, 0.9])
def test_the_gate_is_the_usual_share_of_the_way_to_the_next_note(gate):
    rng = random.Random(2)
    shares = [gate + rng.gauss(0, 0.01) for _ in range(60)] + [rng.uniform(0.3, 1) for _ in range(20)]
    assert find_gate(shares) == pytest.approx(gate, abs=0.015)


def test_notes_before_rests_have_the_same_gate():
    assert find_gate([0.44] * 30 + [0.88] * 30) == pytest.approx(0.88, abs=0.01)


def test_legato_has_no_gate():
    assert find_gate([1.0] * 50 + [0.5] * 20) == 1.0
    assert find_gate([]) == 1.0


@pytest.mark.parametrize(("held", "written"), [(0.88, 1), (1.0, 1), (0.44, 0.5), (1.76, 2), (0.22, 0.25)])
def test_ends_are_put_where_they_were_written(held, written):
    ends = WrittenEnds(QUARTERS, gate=0.88, spread_ticks=0, limit_tick=16 * Q)
    assert ends.end_of(0, held * Q, next_tick=Q, step_ticks=Q // 4) == written * Q


def test_no_end_is_put_beyond_the_end_of_the_piece():
    ends = WrittenEnds(QUARTERS, gate=0.66, spread_ticks=0, limit_tick=16 * Q)
    assert ends.end_of(14 * Q, 2 * Q, next_tick=None, step_ticks=Q // 4) == 16 * Q


def test_a_file_whose_notes_are_all_let_go_early_is_read_in_whole_notes(midi):
    lengths = [1, 0.5, 0.5, 2, 1, 0.25, 0.25, 0.5, 1, 1] * 4
    rows, now = [], 0.0
    for index, length in enumerate(lengths):
        rows.append((now, 0.87 * length, 60 + index % 7))
        now += length
    result = read_bytes(midi(rows, ticks=960), "detached.mid")
    durations = [note.duration_tick / Q for note in result.score.parts[0].notes]
    assert durations[:-1] == lengths[:-1]
    assert any("held for 87%" in line for line in result.mended)
