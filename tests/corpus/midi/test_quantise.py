"""The exact grid, and what only looks like a grace note."""

from __future__ import annotations

import pytest

from composer.corpus.midi.quantise import BeatGrid, grace_chain, leading_offset
from composer.theory.meter import TICKS_PER_QUARTER as Q


@pytest.mark.parametrize("parts", [1, 2, 3, 4, 5, 6, 7, 8, 12, 16])
def test_each_quarter_takes_the_coarsest_grid_that_holds_its_onsets(parts):
    onsets = [i * Q / parts for i in range(parts)]
    grid = BeatGrid(onsets, file_tick=1)
    assert [grid.snap(tick) for tick in onsets] == [(i * Q // parts, True) for i in range(parts)]


def test_written_music_needs_no_rare_grid():
    assert BeatGrid([i * Q / 4 for i in range(64)], file_tick=21).fine_share == 0
    assert BeatGrid([i * Q / 7 for i in range(70)], file_tick=21).fine_share == 1


@pytest.mark.parametrize("parts", [5, 7, 11])
def test_the_last_note_of_a_tuplet_is_no_grace_note(parts):
    notes = [(i * Q / parts, (i + 1) * Q / parts) for i in range(parts)] + [(Q, 2 * Q)]
    assert grace_chain(notes, file_tick=21) == {}


@pytest.mark.parametrize("length", [0.1125, 0.05625])
def test_a_short_note_before_the_beat_is_a_grace_note(length):
    assert grace_chain([(Q - length * Q, Q), (Q, 2 * Q)], file_tick=21) == {0: Q}


def test_a_piece_beside_the_grid_is_found():
    assert leading_offset([7 + i * 120 for i in range(40)], 480) == 7
    assert leading_offset([i * 120 for i in range(40)], 480) == 0


def test_five_against_four_both_keep_their_places():
    onsets = sorted({i * Q / 5 for i in range(5)} | {i * Q / 4 for i in range(4)})
    grid = BeatGrid(onsets, file_tick=21)
    assert [grid.snap(round(tick / 21) * 21) for tick in onsets] == [(round(tick), True) for tick in onsets]


def test_a_run_of_equal_notes_from_the_beat_on_is_a_tuplet_of_any_number():
    notes = [(i * Q / 9, (i + 1) * Q / 9) for i in range(9)] + [(Q, 2 * Q)]
    assert grace_chain(notes, file_tick=21) == {}


def test_a_note_ends_where_the_next_begins():
    grid = BeatGrid([0, Q / 7, Q * 5 / 7], file_tick=21)
    assert grid.snap_end(0, Q * 5 / 7) == (Q * 5 // 7, True)
