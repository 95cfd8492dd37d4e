"""What is held out: whole works of large styles, a sixth of the small ones, and never a copy of what is taught."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest

from composer.analysis.duplicates import Fingerprint, fingerprint_of
from composer.analysis.works import split_of
from composer.score import Note, Part, Score, make_bars
from composer.theory.meter import parse_meter
from composer.training.folds import FOLDS, SMALL, works_and_sides

TICKS = 10_080


def a_tune(number: int) -> Fingerprint:
    """The fingerprint of a tune that is like no other number's."""
    pitches = np.random.default_rng(number).integers(48, 84, 48)
    notes = tuple(Note(step * TICKS, int(pitch), TICKS) for step, pitch in enumerate(pitches))
    return fingerprint_of(Score((Part("Piano", notes),), make_bars(parse_meter("4/4"), 12)))


def sides(
    ids: list[str], styles: list[str], *, numbers: list[int] | None = None, fold: int = 0
) -> tuple[tuple[str, ...], ...]:
    prints = [a_tune(number) for number in (numbers or range(len(ids)))]
    return works_and_sides(ids, prints, styles, fold=fold)


def test_a_large_style_is_split_by_what_its_works_are_called() -> None:
    ids = [f"bach/bwv-{number}" for number in range(3 * SMALL)]
    _, found = sides(ids, ["bach keyboard"] * len(ids))
    assert list(found) == [split_of(name) for name in ids]


@pytest.mark.parametrize("pieces", [6, 11, 24])
def test_every_piece_of_a_small_style_is_tested_in_one_fold(pieces: int) -> None:
    ids = [f"joplin/rag-{number}" for number in range(pieces)]
    tested: Counter[int] = Counter()
    for fold in range(FOLDS):
        _, found = sides(ids, ["joplin keyboard"] * pieces, fold=fold)
        counts = Counter(found)
        assert counts["train"] >= 0.6 * pieces
        assert min(counts["valid"], counts["test"]) >= 1
        tested.update(index for index, side in enumerate(found) if side == "test")
    assert set(tested.values()) == {1}
    assert len(tested) == pieces


def test_pieces_of_one_collection_are_held_out_apart_where_there_are_few_works() -> None:
    ids = ["handel/aylesford"] * 20 + ["handel/hwv-585"]
    works, found = sides(ids, ["handel keyboard"] * 21)
    assert len(set(works)) == 2
    assert 3 <= Counter(found)["test"] <= 4


def test_movements_of_a_work_stay_together_where_there_are_enough_works() -> None:
    ids = [f"mozart/k-{number // 3}" for number in range(30)]
    _, found = sides(ids, ["mozart keyboard"] * 30)
    of_work: dict[str, set[str]] = defaultdict(set)
    for name, side in zip(ids, found, strict=True):
        of_work[name].add(side)
    assert all(len(of_one) == 1 for of_one in of_work.values())


def test_a_work_that_is_most_of_a_style_is_taught() -> None:
    ids = ["mozart/k-331"] * 7 + [f"mozart/k-{number}" for number in range(9)]
    for fold in range(FOLDS):
        assert set(sides(ids, ["mozart keyboard"] * 16, fold=fold)[1][:7]) == {"train"}


def test_too_few_pieces_are_never_mostly_held_out() -> None:
    of_side = {side: [name for name in map(str, range(99)) if split_of(name) == side] for side in ("train", "test")}
    for num_tests, expected in ((2, ["train"] * 2 + ["test"] * 2), (3, ["train"] * 4)):
        ids = of_side["train"][: 4 - num_tests] + of_side["test"][:num_tests]
        assert list(sides(ids, ["brahms quartet"] * 4)[1]) == expected


def test_a_copy_in_another_style_is_never_on_another_side() -> None:
    ids = [f"small/{number}" for number in range(12)] + [f"other/{number}" for number in range(12)]
    styles = ["chopin keyboard"] * 12 + ["romantic keyboard"] * 12
    numbers = [*range(12), *range(100, 106), *range(6)]  # half of the second are pieces of the first
    _, found = sides(ids, styles, numbers=numbers)
    for index in range(6):
        assert found[index] == found[18 + index]
    assert "test" in found
