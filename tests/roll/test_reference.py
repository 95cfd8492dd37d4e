"""Reference bars: an earlier bar that the present one is like, in any transposition."""

from __future__ import annotations

import numpy as np
import pytest

from composer.roll.reference import (
    MAX_SHIFT,
    NUM_LEVELS,
    bar_starts,
    best_references,
    level_of,
    likeness,
    no_reference,
    place_reference,
    rhythm_of,
    shifted,
)

BAR = np.repeat(np.arange(4, dtype=np.int16), 4)  # four bars of four steps


def bars(*onsets: tuple[tuple[int, int], ...]) -> np.ndarray:
    """Struck cells [step, pitch] of bars of four steps, each given as (step, pitch)."""
    cells = np.zeros((4 * len(onsets), 30), bool)
    for bar, struck in enumerate(onsets):
        for step, pitch in struck:
            cells[4 * bar + step, pitch] = True
    return cells


TUNE = ((0, 10), (1, 12), (2, 14), (3, 10))
OTHER = ((0, 3), (2, 3))


def moved(notes: tuple[tuple[int, int], ...], semitones: int) -> tuple[tuple[int, int], ...]:
    return tuple((step, pitch + semitones) for step, pitch in notes)


def test_a_bar_that_returns_is_found() -> None:
    found = best_references(bars(TUNE, OTHER, TUNE, OTHER), BAR)
    assert found.bar.tolist()[2:] == [0, 1]
    assert found.shift.tolist()[2:] == [0, 0]
    assert found.likeness.tolist()[2:] == [1.0, 1.0]


@pytest.mark.parametrize("semitones", [-7, -1, 5, 12])
def test_a_bar_that_returns_in_another_key_is_found_with_its_move(semitones: int) -> None:
    found = best_references(bars(TUNE, OTHER, moved(TUNE, semitones), OTHER), BAR)
    assert found.bar[2] == 0
    assert found.shift[2] == semitones
    assert found.likeness[2] == pytest.approx(1.0)


def test_the_smallest_move_wins_a_tie() -> None:
    # The second bar is the first an octave up, the third is the second again.
    found = best_references(bars(TUNE, moved(TUNE, 12), moved(TUNE, 12), OTHER), BAR)
    assert (found.bar[2], found.shift[2]) == (1, 0)


def test_the_first_bar_and_empty_bars_have_none() -> None:
    found = best_references(bars(TUNE, (), TUNE, ()), BAR)
    assert found.bar.tolist() == [-1, -1, 0, -1]


def test_bars_of_other_length_are_not_compared() -> None:
    bar = np.array([0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3], np.int16)
    found = best_references(bars(TUNE, TUNE, TUNE, TUNE), bar)
    assert found.bar.tolist()[:3] == [-1, -1, -1]
    assert found.bar[3] == 1


def test_no_move_beyond_an_octave() -> None:
    found = best_references(bars(TUNE, moved(TUNE, MAX_SHIFT + 1)), BAR[:8])
    assert found.likeness[1] < 0.7


def test_likeness_is_the_share_of_common_strikes() -> None:
    first, second = bars(TUNE), bars(((0, 10), (1, 12), (2, 20), (3, 21)))
    assert likeness(first, second) == pytest.approx(0.5)
    assert likeness(first, first) == 1.0
    assert likeness(first, bars(())) == 0.0


def test_levels_are_fifths_of_likeness() -> None:
    assert [level_of(value) for value in (0.0, 0.19, 0.2, 0.5, 0.8, 1.0)] == [1, 1, 2, 3, 5, 5]
    assert NUM_LEVELS == 6, "five and none"


def test_moving_up_and_down_again_loses_only_what_left_the_range() -> None:
    cells = bars(TUNE)
    np.testing.assert_array_equal(shifted(shifted(cells, 5), -5), cells)
    assert shifted(cells, 17).sum() == 3, "the highest note has left"
    assert shifted(cells, -11).sum() == 2


def test_bars_begin_where_their_number_changes() -> None:
    assert bar_starts(BAR).tolist() == [0, 4, 8, 12]
    assert bar_starts(np.array([0, 0, 1, 1, 1], np.int16)).tolist() == [0, 2]


def test_a_reference_is_placed_in_its_bar_alone() -> None:
    reference = no_reference(16, 30)
    cells = bars(TUNE)
    place_reference(reference, slice(4, 8), cells, cells, shift=2, level=4)
    np.testing.assert_array_equal(reference.play[4:8], shifted(cells, 2))
    assert reference.level.tolist() == [0] * 4 + [4] * 4 + [0] * 8
    assert not reference.play[:4].any()
    assert not reference.play[8:].any()
    assert reference.sliced(4, 6).level.tolist() == [4, 4]


def test_a_longer_reference_is_cut_at_the_bar() -> None:
    reference = no_reference(8, 30)
    cells = np.ones((6, 30), bool)
    place_reference(reference, slice(2, 5), cells, cells, shift=0, level=1)
    assert reference.play.any(axis=1).tolist() == [False, False, True, True, True, False, False, False]


def test_a_rhythm_is_that_of_the_top_line_and_of_everything_else() -> None:
    play, articulate = np.zeros((2, 4, 30), bool)
    play[:, 20], articulate[0, 20] = True, True  # held below
    play[0:2, 25], articulate[[0, 1], 25] = True, True  # repeated above, then silent: the held note comes to the top
    assert rhythm_of(play, articulate).tolist() == [[True, True], [True, False], [False, False], [False, False]]
    assert likeness(rhythm_of(play, articulate), rhythm_of(shifted(play, 3), shifted(articulate, 3))) == 1.0


def test_of_a_rhythm_no_note_is_told() -> None:
    reference = no_reference(16, 30)
    cells = bars(TUNE)
    place_reference(reference, slice(4, 8), cells, cells, shift=2, level=4, rhythm_only=True)
    assert not reference.play.any()
    assert not reference.articulate.any()
    np.testing.assert_array_equal(reference.rhythm[4:8], rhythm_of(cells, cells)[:4])
    assert reference.sliced(3, 6).rhythm_only.tolist() == [False, True, True]
