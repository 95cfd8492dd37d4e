import numpy as np
import pytest

from composer.perform.boosting import fit_trees, no_trees, with_constant


def rows_of(count, *, seed=0, width=5):
    return np.random.default_rng(seed).normal(size=(count, width))


def test_a_step_and_a_meeting_of_two_features_are_found():
    rows = rows_of(2000)
    wanted = np.where(rows[:, 1] > 0.3, 2.0, 0.0) + np.where((rows[:, 2] > 0) & (rows[:, 4] < 0), 1.0, 0.0)
    trees = fit_trees(rows, wanted - wanted.mean())
    new = rows_of(500, seed=1)
    truth = np.where(new[:, 1] > 0.3, 2.0, 0.0) + np.where((new[:, 2] > 0) & (new[:, 4] < 0), 1.0, 0.0)
    assert np.corrcoef(trees(new), truth)[0, 1] > 0.97


def test_noise_is_hardly_believed():
    rows = rows_of(60)
    trees = fit_trees(rows, np.random.default_rng(3).normal(size=60), num_trees=10)
    assert np.abs(trees(rows)).mean() < 0.2


def test_the_same_rows_give_the_same_trees_and_each_tree_adds_its_answer():
    rows = rows_of(300)
    wanted = rows[:, 0] ** 2
    one, other = (fit_trees(rows, wanted, num_trees=20) for _ in range(2))
    assert np.array_equal(one.leaf, other.leaf)
    assert np.allclose(one.answers(rows).sum(axis=0), one(rows))
    assert np.allclose(one.first(7)(rows), one.answers(rows)[:7].sum(axis=0))


def test_a_heavier_row_counts_as_several():
    rows = rows_of(200)
    wanted = rows[:, 0]
    heavy = np.where(rows[:, 0] > 0, 2.0, 1.0)
    doubled = np.concatenate([rows, rows[rows[:, 0] > 0]])
    one = fit_trees(rows, wanted, weights=heavy, num_trees=1, depth=1)
    other = fit_trees(doubled, doubled[:, 0], num_trees=1, depth=1)
    assert one.feature[0, 0] == other.feature[0, 0] == 0
    assert one.leaf.shape == (1, 2)


def test_constant_features_and_no_trees_say_nothing():
    rows = np.ones((50, 3))
    assert fit_trees(rows, np.zeros(50), num_trees=3)(rows) == pytest.approx(np.zeros(50))
    assert not no_trees()(rows).any()
    assert not fit_trees(rows, np.arange(50.0), num_trees=0)(rows).any()


def test_a_constant_is_added_everywhere():
    rows = rows_of(40)
    trees = fit_trees(rows, rows[:, 0], num_trees=3)
    assert np.allclose(with_constant(trees, 1.5)(rows), trees(rows) + 1.5)
    assert np.allclose(with_constant(no_trees(), -2.0)(rows), -2.0)
