"""Gradient boosting of small symmetric trees: fitted and evaluated in a few lines of numpy, kept as plain arrays.

What it is: each tree asks `depth` questions "is feature f above t?", the same for all rows, so that the answers are the
number of its leaf. Trees are added one after another, each fitted to what the ones before have left (least squares),
shrunk by `RATE`.

Conventions: `Trees` are three arrays; no pickle, no code in a file. A fit is the same for the same rows.

Source: Friedman 2001 (gradient boosting); the symmetric trees are those of CatBoost (Prokhorenkova et al. 2018), which
bear few and noisy rows well.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from composer.perform.tempo_map import FloatArray

DEPTH = 3
RATE = 0.08  # of each tree's answer that counts
NUM_BINS = 24  # thresholds that are tried for a feature, at equal shares of the rows
SMALLEST_LEAF = 25.0  # weight of rows at 0 that are added to each leaf: it takes many to believe in one
MAX_TREES = 200


@dataclass(frozen=True, eq=False)
class Trees:
    """A fitted function of the features.

    Attributes:
        feature: which feature each question asks for. int32 [tree, depth]
        threshold: float32 [tree, depth]
        leaf: what each leaf adds. float32 [tree, 2 ** depth]
    """

    feature: npt.NDArray[np.int32]
    threshold: npt.NDArray[np.float32]
    leaf: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.leaf)

    def first(self, count: int) -> Trees:
        """Return the function of the first trees only."""
        return Trees(self.feature[:count], self.threshold[:count], self.leaf[:count])

    def answers(self, rows: FloatArray) -> FloatArray:
        """Return what each tree adds to each row. [tree, row]"""
        added = np.zeros((len(self), len(rows)))
        for tree in range(len(self)):
            added[tree] = self.leaf[tree][_leaves(rows, self.feature[tree], self.threshold[tree])]
        return added

    def __call__(self, rows: FloatArray) -> FloatArray:
        """Return the value of each row [row, feature]. [row]"""
        total = np.zeros(len(rows))
        for tree in range(len(self)):
            total += self.leaf[tree][_leaves(rows, self.feature[tree], self.threshold[tree])]
        return total


def no_trees(depth: int = DEPTH) -> Trees:
    """Return the function that is 0 everywhere."""
    return Trees(np.zeros((0, depth), np.int32), np.zeros((0, depth), np.float32), np.zeros((0, 2**depth), np.float32))


def with_constant(trees: Trees, value: float) -> Trees:
    """Return the function with a value added everywhere: a tree that asks nothing, before the others."""
    depth = trees.feature.shape[1]
    return Trees(
        np.concatenate([np.zeros((1, depth), np.int32), trees.feature]),
        np.concatenate([np.full((1, depth), np.inf, np.float32), trees.threshold]),
        np.concatenate([np.full((1, 2**depth), value, np.float32), trees.leaf]),
    )


def fit_trees(
    rows: FloatArray,
    wanted: FloatArray,
    *,
    weights: FloatArray | None = None,
    num_trees: int = MAX_TREES,
    depth: int = DEPTH,
) -> Trees:
    """Fit trees to what is wanted of each row.

    Args:
        rows: [row, feature].
        wanted: [row].
        weights: how much each row counts; 1 each when None. [row]
        num_trees: how many.
        depth: questions of each.
    """
    edges = [_thresholds(column) for column in rows.T]
    bins = np.stack([np.searchsorted(cuts, column, side="left") for cuts, column in zip(edges, rows.T, strict=True)])
    left = np.asarray(wanted, dtype=np.float64).copy()
    heavy = np.ones(len(rows)) if weights is None else weights
    features, thresholds, leaves = [], [], []
    for _ in range(num_trees):
        leaf = np.zeros(len(rows), dtype=np.int64)
        asked, cuts_at = [], []
        for level in range(depth):
            feature, cut = _best_question(bins, leaf, (heavy, heavy * left), num_leaves=2**level, edges=edges)
            asked.append(feature)
            cuts_at.append(edges[feature][cut] if len(edges[feature]) else np.inf)
            leaf = 2 * leaf + (bins[feature] > cut)
        total = np.bincount(leaf, weights=heavy * left, minlength=2**depth)
        count = np.bincount(leaf, weights=heavy, minlength=2**depth)
        values = RATE * total / (count + SMALLEST_LEAF)
        left -= values[leaf]
        features.append(asked)
        thresholds.append(cuts_at)
        leaves.append(values)
    if not num_trees:
        return no_trees(depth)
    return Trees(np.array(features, np.int32), np.array(thresholds, np.float32), np.array(leaves, np.float32))


def _thresholds(column: FloatArray) -> FloatArray:
    """Return where a feature is cut, rounded as a file keeps it."""
    cuts = np.unique(np.quantile(column, np.linspace(0, 1, NUM_BINS + 1)[1:-1]).astype(np.float32))
    above: FloatArray = cuts[cuts < column.max()].astype(np.float64)
    return above


def _best_question(
    bins: npt.NDArray[np.int64],
    leaf: npt.NDArray[np.int64],
    sums: tuple[FloatArray, FloatArray],
    *,
    num_leaves: int,
    edges: list[FloatArray],
) -> tuple[int, int]:
    """Return the feature and the number of its threshold that explain most; `sums` are weights and what is left."""
    num_features, width = len(bins), NUM_BINS + 1
    place = bins + leaf * width + np.arange(num_features)[:, None] * (num_leaves * width)  # [feature, row]
    shape = (num_features, num_leaves, width)
    count, total = (
        np.bincount(place.ravel(), np.broadcast_to(one, bins.shape).ravel(), minlength=math.prod(shape)).reshape(shape)
        for one in sums
    )
    below_n, below = count.cumsum(axis=2), total.cumsum(axis=2)
    above_n, above = below_n[:, :, -1:] - below_n, below[:, :, -1:] - below
    gain = (below**2 / (below_n + SMALLEST_LEAF) + above**2 / (above_n + SMALLEST_LEAF)).sum(axis=1)  # [feature, bin]
    for feature, cuts in enumerate(edges):
        gain[feature, len(cuts) :] = -1.0
    best = int(gain.argmax())
    return best // width, best % width


def _leaves(
    rows: FloatArray, feature: npt.NDArray[np.int32], threshold: npt.NDArray[np.float32]
) -> npt.NDArray[np.int64]:
    """Return the number of the leaf of each row."""
    leaf = np.zeros(len(rows), dtype=np.int64)
    for question, cut in zip(feature, threshold, strict=True):
        leaf = 2 * leaf + (rows[:, question] > cut)
    return leaf
