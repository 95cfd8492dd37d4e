"""How usual it is that a pitch sounds: what is counted from the training music."""

from __future__ import annotations

from pathlib import PurePath
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from composer.roll.grid import LOWEST_PITCH, NUM_PITCHES
from composer.training.dataset import Piece
from composer.training.marginals import TABLE, marginal_log_odds


def piece(*sounding: tuple[int, slice], steps: int = 1001) -> Piece:
    play = np.zeros((steps, NUM_PITCHES), bool)
    for pitch, where in sounding:
        play[where, pitch - LOWEST_PITCH] = True
    return cast(Piece, SimpleNamespace(roll=SimpleNamespace(play=play)))


def test_odds_are_those_of_the_music() -> None:
    # Middle C sounds every other step; c'' sounds for all of the piece after its first step.
    table = marginal_log_odds([piece((60, slice(0, None, 2)), (72, slice(1, None)))], [1.0], max_transposition=0)
    assert table.shape == (128, 2)
    assert table.dtype == np.float32
    assert table[60, 0] > 5, "it always begins again"
    assert table[60, 1] < -5, "it never goes on"
    assert table[72, 1] > 5
    assert table[61, 0] < -7, "it never sounds"
    assert (table[[0, 127], 0] < -7).all(), "beyond the range nothing sounds"


def test_transposition_spreads_a_pitch_over_its_neighbours() -> None:
    table = marginal_log_odds([piece((60, slice(1, None, 2)))], [1.0], max_transposition=1)
    # Each of b, c and c sharp sounds in one of the three transpositions.
    assert table[59, 0] == pytest.approx(table[60, 0], abs=1e-3)
    assert table[61, 0] == pytest.approx(table[60, 0], abs=1e-3)
    assert 1 / (1 + np.exp(-table[60, 0])) == pytest.approx(500 / 2500, abs=0.01)


def test_weights_count_a_piece_more() -> None:
    loud, still = piece((60, slice(1, None, 2))), piece()
    often = marginal_log_odds([loud, still], [3.0, 1.0], max_transposition=0)[60, 0]
    seldom = marginal_log_odds([loud, still], [1.0, 3.0], max_transposition=0)[60, 0]
    assert often > seldom


def test_the_table_has_a_name_that_a_file_of_tensors_can_hold() -> None:
    assert PurePath(TABLE).name == TABLE
