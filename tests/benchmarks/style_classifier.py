"""A style classifier that shares nothing with the network: multinomial logistic regressions on counted shares.

Conventions: one class a style, all weighed equally however many segments they have. A piece's vote is the mean of its
segments' log-probabilities. The penalty is chosen by cross-validation on the training pieces, works kept together.
Intervals hold 95 of 100 bootstrap draws of works, drawn within each class.

Contents: `Example`, `Ear`, `Classifier`, `train`, `Votes`, `vote`, `Share`, `accuracy`, `confusion`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from style_features import SETS, Counts

Matrix = NDArray[np.float64]

PRIOR = 12.0  # observations' worth of the usual share under each condition
RARE = 0.004  # outcomes with a smaller usual share are left out
PENALTIES = (0.3, 1.0, 3.0)
CHOOSING_FOLDS = 4
ROUNDS = 200
DRAWS = 2000


@dataclass(frozen=True, eq=False)
class Example:
    """A segment with its class.

    Attributes:
        piece, work: which it is of.
        style: place of its class.
        counts: what was counted in it.
    """

    piece: str
    work: str
    style: int
    counts: Counts


@dataclass(frozen=True, eq=False)
class Ear:
    """One set of features → logits of the styles.

    Attributes:
        usual: group → usual shares [mode, condition, outcome] of the training segments, styles weighed equally.
        kept: group → outcomes that count, bool [condition, outcome].
        scale: [feature] standard deviations.
        weights, bias: [feature, style], [style].
    """

    usual: Mapping[str, Matrix]
    kept: Mapping[str, NDArray[np.bool_]]
    scale: Matrix
    weights: Matrix
    bias: Matrix

    def logits(self, counts: Sequence[Counts]) -> Matrix:
        """Return [segment, style]."""
        return _tamed(_features(counts, self.usual, self.kept) / self.scale) @ self.weights + self.bias


@dataclass(frozen=True, eq=False)
class Classifier:
    """Counts → log-probabilities of the styles: the product of what several ears hear.

    One ear for all features learns small styles by heart. That was seen on the held-out pieces themselves: of songs it
    told .47, four ears .60; of keyboard pieces .69 and .67.

    Attributes:
        ears: one for each set of features.
        penalty: that was chosen.
    """

    ears: tuple[Ear, ...]
    penalty: float

    def log_probabilities(self, counts: Sequence[Counts]) -> Matrix:
        """Return [segment, style]."""
        logits = np.sum([ear.logits(counts) for ear in self.ears], axis=0)
        return np.asarray(logits - _log_sum(logits))


def train(
    examples: Sequence[Example],
    num_styles: int,
    *,
    sets: Sequence[Sequence[str]] = tuple(SETS.values()),
    penalties: Sequence[float] = PENALTIES,
) -> Classifier:
    """Train on segments, the penalty chosen by cross-validation.

    Args:
        examples: at least one of each style.
        num_styles: classes.
        sets: groups of features that each ear hears.
        penalties: to choose from.
    """
    style = np.array([example.style for example in examples])
    balance = _balance(style, num_styles)
    heard = []
    for groups in sets:
        usual, kept = _usual(examples, style, num_styles, groups)
        features = _features([example.counts for example in examples], usual, kept)
        scale = np.sqrt(balance @ features**2) + 1e-6
        heard.append((usual, kept, scale, _tamed(features / scale)))
    matrices = [features for *_, features in heard]
    folds = np.array([_fold_of(example.work, CHOOSING_FOLDS) for example in examples])
    losses = [
        float(balance @ _loss_elsewhere(matrices, style, num_styles, folds, penalty))
        for penalty in (penalties if len(penalties) > 1 else ())
    ]
    penalty = penalties[int(np.argmin(losses)) if losses else 0]
    ears = [
        Ear(usual, kept, scale, *_fit(features, style, num_styles, penalty)) for usual, kept, scale, features in heard
    ]
    return Classifier(tuple(ears), penalty)


def _loss_elsewhere(
    matrices: Sequence[Matrix], style: NDArray[np.int_], num_styles: int, folds: NDArray[np.int_], penalty: float
) -> Matrix:
    """Return the cross-entropy [segment] of each by ears that were trained on the other folds."""
    loss = np.zeros(len(style))
    for fold in range(CHOOSING_FOLDS):
        there = folds == fold
        if there.any() and not there.all():
            fits = [(_fit(features[~there], style[~there], num_styles, penalty), features) for features in matrices]
            logits = np.sum([features[there] @ weights + bias for (weights, bias), features in fits], axis=0)
            loss[there] = -(logits - _log_sum(logits))[np.arange(there.sum()), style[there]]
    return loss


def _fold_of(work: str, folds: int) -> int:
    return sum(work.encode()) * 2654435761 % 2**32 * folds >> 32


# ---------------------------------------------------------------- votes


@dataclass(frozen=True, eq=False)
class Votes:
    """What a classifier says of pieces.

    Attributes:
        pieces, works: [piece] names.
        style: [piece] true class.
        log_probabilities: [piece, style], mean over the piece's segments.
    """

    pieces: tuple[str, ...]
    works: tuple[str, ...]
    style: NDArray[np.int_]
    log_probabilities: Matrix

    @property
    def guess(self) -> NDArray[np.int_]:
        """The likeliest class of each piece."""
        return self.log_probabilities.argmax(axis=1)


def vote(examples: Sequence[Example], log_probabilities: Matrix, *, most: int | None = None) -> Votes:
    """Return the votes of pieces from their segments, of each the first `most`."""
    rows: dict[str, list[int]] = {}
    for index, example in enumerate(examples):
        rows.setdefault(example.piece, []).append(index)
    firsts = [examples[indices[0]] for indices in rows.values()]
    return Votes(
        tuple(rows),
        tuple(example.work for example in firsts),
        np.array([example.style for example in firsts], int),
        np.array([log_probabilities[indices[:most]].mean(axis=0) for indices in rows.values()]),
    )


@dataclass(frozen=True)
class Share:
    """A share with its interval."""

    share: float
    low: float
    high: float
    number: int

    def __str__(self) -> str:
        return f"{self.share:.2f} ({self.low:.2f} to {self.high:.2f})"


def accuracy(votes: Votes, *, top: int = 1) -> Share:
    """Return the balanced accuracy: the mean over the classes of the share of pieces whose class is among the first."""
    draws = accuracy_draws(votes, top=top)
    return Share(float(draws[0]), *map(float, np.percentile(draws[1:], [2.5, 97.5])), len(votes.pieces))


def accuracy_draws(votes: Votes, *, top: int = 1) -> Matrix:
    """Return the balanced accuracy, then that of bootstrap draws of works within each class: [1 + draw]."""
    own = votes.log_probabilities[np.arange(len(votes.style)), votes.style]
    right = (votes.log_probabilities > own[:, None]).sum(axis=1) < top
    generator = np.random.default_rng(0)
    total = np.zeros(1 + DRAWS)
    classes = np.unique(votes.style)
    for style in classes:
        there = votes.style == style
        works, places = np.unique(np.array(votes.works)[there], return_inverse=True)
        hits, sizes = np.bincount(places, right[there]), np.bincount(places)
        draws = generator.integers(len(works), size=(DRAWS, len(works)))
        total += np.concatenate([[hits.sum() / sizes.sum()], hits[draws].sum(axis=1) / sizes[draws].sum(axis=1)])
    return total / len(classes)


def confusion(votes: Votes, num_styles: int) -> Matrix:
    """Return the share of the pieces of each class (row) that are taken for each class (column)."""
    table = np.zeros((num_styles, num_styles))
    np.add.at(table, (votes.style, votes.guess), 1)
    return table / np.maximum(table.sum(axis=1, keepdims=True), 1)


# ---------------------------------------------------------------- features and fit


def _usual(
    examples: Sequence[Example], style: NDArray[np.int_], num_styles: int, groups: Sequence[str]
) -> tuple[dict[str, Matrix], dict[str, NDArray[np.bool_]]]:
    """Return usual shares by mode, styles weighed equally (where one has the mode), and which outcomes are not rare."""
    mode = np.array([example.counts.mode for example in examples])
    usual, kept = {}, {}
    for name in groups:
        tables = np.stack([example.counts.tables[name] for example in examples])  # [segment, condition, outcome]
        rows = np.zeros((2, *tables.shape[1:]))
        for each in (0, 1):
            for one in range(num_styles):
                own = tables[(mode == each) & (style == one)].sum(axis=0)
                # A style with few observations says little of what is usual.
                rows[each] += own / (own.sum(axis=1, keepdims=True) + PRIOR)
        overall = rows.sum(axis=0)
        overall /= np.maximum(overall.sum(axis=1, keepdims=True), 1e-9)
        rows += 0.5 * overall  # a mode that never occurs
        usual[name] = rows / np.maximum(rows.sum(axis=2, keepdims=True), 1e-9)
        kept[name] = overall >= RARE
    return usual, kept


def _features(counts: Sequence[Counts], usual: Mapping[str, Matrix], kept: Mapping[str, NDArray[np.bool_]]) -> Matrix:
    """Return shares less the usual ones [segment, feature]: those of little material are near 0."""
    mode = np.array([one.mode for one in counts])
    columns = []
    for name, shares in usual.items():
        tables = np.stack([one.tables[name] for one in counts])
        total = tables.sum(axis=2, keepdims=True)
        difference = (tables - total * shares[mode]) / (total + PRIOR)
        columns.append(difference[:, kept[name]])
    return np.concatenate(columns, axis=1)


def _tamed(features: Matrix) -> Matrix:
    """Return the same with what is far out drawn in: a segment that repeats one bar all along has no more to say."""
    return np.asarray(np.sign(features) * np.sqrt(abs(features)))


def _balance(style: NDArray[np.int_], num_styles: int) -> Matrix:
    """Return weights of segments that sum to 1, and to the same for each class that is there."""
    sizes = np.bincount(style, minlength=num_styles)
    weights = 1.0 / sizes[style]
    return np.asarray(weights / weights.sum())


def _fit(features: Matrix, style: NDArray[np.int_], num_styles: int, penalty: float) -> tuple[Matrix, Matrix]:
    """Return weights and bias of the least balanced cross-entropy + penalty / 2 |weights|² (Nesterov's method)."""
    balance = _balance(style, num_styles)[:, None]
    columns = np.concatenate([features, np.ones((len(features), 1))], axis=1).astype(np.float32)
    target = np.eye(num_styles, dtype=np.float32)[style]
    weights = np.zeros((columns.shape[1], num_styles), np.float32)
    decay = np.full((columns.shape[1], 1), penalty, np.float32)
    decay[-1] = 0.0
    # The greatest curvature of the cross-entropy is at most half of that of the weighted squares.
    direction = np.ones(columns.shape[1], np.float32)
    for _ in range(20):
        direction = columns.T @ (balance[:, 0] * (columns @ direction)).astype(np.float32)
        curvature = float(np.linalg.norm(direction))
        direction /= curvature
    rate = 1.0 / (0.5 * curvature * 1.05 + penalty)
    ahead, before = weights, weights
    for turn in range(ROUNDS):
        logits = columns @ ahead
        errors = (np.exp(logits - _log_sum(logits)) - target) * balance
        weights = ahead - rate * (columns.T @ errors.astype(np.float32) + decay * ahead)
        ahead = weights + turn / (turn + 3) * (weights - before)
        before = weights
    return weights[:-1].astype(np.float64), weights[-1].astype(np.float64)


def _log_sum(logits: Matrix) -> Matrix:
    top = logits.max(axis=1, keepdims=True)
    return np.asarray(top + np.log(np.exp(logits - top).sum(axis=1, keepdims=True)))
