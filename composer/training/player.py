"""A folder of scores and performances of them → a player of one's own, who refines the rules.

What it is: `train_player` finds each performance's notes in its score, takes off what the rules of a preset say, and
fits trees to the rest. How many trees are of use is tried on pieces that are held out, for loudness, touch and time
apart; what does not help there is left to the rules. `played_pairs` says how the folder is laid out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from composer.errors import OptionError, OutputError, StyleError
from composer.files import check_writable, write_all_atomic
from composer.perform.boosting import MAX_TREES, Trees, fit_trees, no_trees, with_constant
from composer.perform.effect import Curves
from composer.perform.learned import WEIGHT, LearnedPart, Residuals, residuals
from composer.perform.learned_features import note_features, onset_features, onset_log_ioi
from composer.perform.own_players import (
    CARD_SUFFIX,
    WEIGHTS_SUFFIX,
    OwnPlayer,
    own_player_to_files,
    own_players_folder,
    read_own_player,
)
from composer.perform.players import PLAYERS, Player, player_named
from composer.perform.reading import Reading
from composer.perform.rules import sum_of_rules
from composer.perform.tempo_map import FloatArray
from composer.progress import OnProgress
from composer.training.played_pairs import PlayedPiece, read_pairs

TREE_COUNTS = (0, 10, 20, 40, 80, MAX_TREES)  # that are tried
MAX_FOLDS = 4
FEWEST_PIECES = 3  # with fewer, nothing can be held out, and …
UNTRIED_TREES = 40  # … so many are taken on trust
MOST_WORSE = 0.5  # of the pieces may be played worse
QUANTITIES = {"loudness": "level_db", "touch": "touch_log2", "time": "log_period"}


@dataclass(frozen=True)
class TrainedPlayer:
    """What was learned.

    Attributes:
        own: the card.
        files: card first.
        figures: what to show, by label.
        told: what was left out and what else the user should know.
        called: what `--player` takes.
    """

    own: OwnPlayer
    files: tuple[Path, ...]
    figures: Mapping[str, str]
    told: tuple[str, ...]
    called: str


@dataclass(frozen=True, eq=False)
class _Lesson:
    """A piece as the trees see it: features, and what is wanted: the mean over its performances, with how many."""

    rows: FloatArray  # [row, feature]
    wanted: FloatArray  # [row]
    weights: FloatArray  # [row]


def train_player(
    folder: Path,
    name: str,
    *,
    base: str | None = None,
    weight: float = WEIGHT,
    output: Path | None = None,
    force: bool = False,
    on_progress: OnProgress | None = None,
) -> TrainedPlayer:
    """Learn a player from a folder and write its files.

    Args:
        folder: of scores and performances; never written to.
        name: of the player.
        base: the preset that is refined; None: the one that is nearest to the performances.
        weight: of what is learned, 0..1; the rules have the rest.
        output: the folder of its files; None: that of the user's own players.
        force: replace a player that is there.
        on_progress: called with what is being done and the share done, 0..1.

    Raises:
        StyleError: a name that is taken or none.
        OptionError: no such base, an impossible weight.
        TrainingError: no pair of score and performance that can be used.
        OutputError: the files cannot be written.
    """
    where = output or own_players_folder()
    _check_name(name, where, force=force)
    if not 0 <= weight <= 1:
        raise OptionError(f"the weight is from 0 to 1; found {weight:g}", mend="0 is the rules alone")
    bases = [player_named(base).name] if base else [preset for preset in PLAYERS if preset not in ("organ", "chorale")]
    if output is None:
        _make(where)
    for suffix in (CARD_SUFFIX, WEIGHTS_SUFFIX):
        check_writable(where / f"{name}{suffix}")
    pieces, told = read_pairs(folder, on_progress=on_progress)
    chosen = max(bases, key=lambda preset: sum(_likeness(pieces, player_named(preset))))
    if on_progress is not None:
        on_progress("learning", 0.8)
    part, figures = fit_part(pieces, player_named(chosen), weight=weight)
    own = OwnPlayer(
        name=name,
        description=f"learned from {folder.resolve().name}",
        base=chosen,
        weight=weight,
        pieces=len(pieces),
        performances=sum(len(piece.performances) for piece in pieces),
        notes=sum(len(one.notes) for piece in pieces for one in piece.performances),
        figures=figures,
    )
    files = own_player_to_files(own, part, where)
    write_all_atomic(files)
    if len(pieces) < FEWEST_PIECES:
        told += (f"with fewer than {FEWEST_PIECES} pieces nothing is held out: that it helps is taken on trust",)
    called = name if output is None else str(where / f"{name}{CARD_SUFFIX}")
    own = read_own_player(next(iter(files)))  # as whoever plays will have it
    return TrainedPlayer(own, tuple(files), _shown(own, part), told, called)


def fit_part(
    pieces: Sequence[PlayedPiece], base: Player, *, weight: float = WEIGHT
) -> tuple[LearnedPart, dict[str, float]]:
    """Fit what is beyond the rules of a player; return it with figures of held-out pieces, where there are enough."""
    curves = [sum_of_rules(piece.reading, base) for piece in pieces]
    beyond = [
        [residuals(piece.reading, one, performance) for performance in piece.performances]
        for piece, one in zip(pieces, curves, strict=True)
    ]
    fitted: dict[str, Trees] = {}
    held_out: dict[str, list[FloatArray]] = {}
    for quantity, attribute in QUANTITIES.items():
        lessons = [
            _lesson(piece.reading, one, rest, attribute)
            for piece, one, rest in zip(pieces, curves, beyond, strict=True)
        ]
        if quantity == "touch":
            lessons, mean = _without_mean(lessons)
        count, guesses = _tried(lessons)
        fitted[quantity] = _fit(lessons, count)
        if quantity == "touch":
            fitted[quantity] = with_constant(fitted[quantity], mean)
        held_out[quantity] = guesses
    return LearnedPart(**fitted, weight=weight), _figures(pieces, curves, held_out, weight)


def _lesson(reading: Reading, curves: Curves, beyond: Sequence[Residuals], attribute: str) -> _Lesson:
    features = note_features(reading, curves)
    if attribute == "log_period":
        features = onset_features(reading, features)
    values = np.stack([getattr(one, attribute) for one in beyond])  # [performance, row]
    count = np.isfinite(values).sum(axis=0)
    wanted = np.nansum(values, axis=0) / np.maximum(count, 1)
    return _Lesson(features, wanted, count / (count + 1))  # a mean of many is surer, but no more notes than one


def _without_mean(lessons: Sequence[_Lesson]) -> tuple[list[_Lesson], float]:
    """Return the lessons with the mean of all taken off, and that mean: how long keys are held is a habit by itself."""
    total = sum(float(one.weights.sum()) for one in lessons)
    mean = sum(float((one.weights * one.wanted).sum()) for one in lessons) / max(total, 1e-12)
    return [replace(one, wanted=one.wanted - mean) for one in lessons], mean


def _fit(lessons: Sequence[_Lesson], num_trees: int) -> Trees:
    rows, wanted, weights = (
        np.concatenate([getattr(one, name) for one in lessons]) for name in ("rows", "wanted", "weights")
    )
    known = weights > 0
    if not num_trees or not known.any():
        return no_trees()
    return fit_trees(rows[known], wanted[known], weights=weights[known], num_trees=num_trees)


def _tried(lessons: Sequence[_Lesson]) -> tuple[int, list[FloatArray]]:
    """Return how many trees explain most of the pieces that they were not fitted to, and what these then say of each.

    A piece counts as much as any other, and what is wrong by the same amount throughout does not count: it is a habit
    of the recording. Trees that make half of the pieces worse are not used. With too few pieces:
    `UNTRIED_TREES`, and nothing.
    """
    if len(lessons) < FEWEST_PIECES:
        return UNTRIED_TREES, []
    num_folds = min(MAX_FOLDS, len(lessons))
    errors = np.zeros((len(lessons), len(TREE_COUNTS)))  # beside those of no trees
    guesses: list[list[FloatArray]] = [[] for _ in lessons]
    for fold in range(num_folds):
        trees = _fit([one for index, one in enumerate(lessons) if index % num_folds != fold], MAX_TREES)
        for index in range(fold, len(lessons), num_folds):
            one = lessons[index]
            sums = np.concatenate([np.zeros((1, len(one.rows))), np.cumsum(trees.answers(one.rows), axis=0)])
            guesses[index] = [sums[min(count, len(trees))] for count in TREE_COUNTS]
            spreads = np.array([_spread(one.wanted - guess, one.weights) for guess in guesses[index]])
            errors[index] = spreads / max(spreads[0], 1e-12)
    helpful = (errors < 1).mean(axis=0) > 1 - MOST_WORSE
    means = np.where(helpful, errors.mean(axis=0), 1.0)
    best = int(means.argmin())
    return TREE_COUNTS[best], [row[best] for row in guesses]


def _spread(values: FloatArray, weights: FloatArray) -> float:
    """Return the weighted variance."""
    total = max(float(weights.sum()), 1e-12)
    mean = float((weights * values).sum()) / total
    return float((weights * (values - mean) ** 2).sum()) / total


def _figures(
    pieces: Sequence[PlayedPiece], curves: Sequence[Curves], guesses: Mapping[str, Sequence[FloatArray]], weight: float
) -> dict[str, float]:
    """Return correlations with the playing of held-out pieces: of the rules, and with what was learned."""
    found: dict[str, list[float]] = {}
    for index, (piece, one) in enumerate(zip(pieces, curves, strict=True)):
        ruled = {"loudness": one.level_db, "time": onset_log_ioi(piece.reading, one.log_period)}
        for performance in piece.performances:
            beyond = residuals(piece.reading, one, performance)
            for quantity, rules in ruled.items():
                played = getattr(beyond, QUANTITIES[quantity]) + rules
                found.setdefault(f"{quantity}, rules", []).append(_correlation(rules, played))
                if guesses[quantity]:
                    learned = rules + weight * guesses[quantity][index]
                    found.setdefault(f"{quantity}, learned", []).append(_correlation(learned, played))
    return {name: float(np.nanmean(values)) for name, values in found.items() if np.isfinite(values).any()}


def _likeness(pieces: Sequence[PlayedPiece], preset: Player) -> tuple[float, float]:
    """Return how a preset's rules correlate with the performances, in loudness and time."""
    curves = [sum_of_rules(piece.reading, preset) for piece in pieces]
    found = _figures(pieces, curves, dict.fromkeys(QUANTITIES, ()), 0.0)
    return found.get("loudness, rules", 0.0), found.get("time, rules", 0.0)


def _correlation(one: FloatArray, other: FloatArray) -> float:
    known = np.isfinite(one) & np.isfinite(other)
    if known.sum() < 3 or one[known].std() < 1e-9 or other[known].std() < 1e-9:
        return float("nan")
    return float(np.corrcoef(one[known], other[known])[0, 1])


def _shown(own: OwnPlayer, part: LearnedPart) -> dict[str, str]:
    rows = {
        "learned from": f"{own.performances} performances of {own.pieces} pieces, {own.notes:,} notes",
        "rules": f"those of {own.base}; what was learned weighs {own.weight:g}",
    }
    for quantity, attribute in (("loudness", part.loudness), ("touch", part.touch), ("time", part.time)):
        told = f"{len(attribute)} trees" if len(attribute) else "left to the rules: nothing helped with pieces held out"
        if quantity == "touch":
            longer = 2.0 ** float(attribute.leaf[0, 0])  # of the constant
            told = f"keys are held {longer:.2f} times as long as by the rules; {len(attribute) - 1} trees"
        rules, learned = (own.figures.get(f"{quantity}, {which}") for which in ("rules", "learned"))
        if len(attribute) and rules is not None and learned is not None:
            told += f"; on pieces held out r {learned:.2f}, the rules alone {rules:.2f}"
        rows[quantity] = told
    return rows


# ---------------------------------------------------------------- files


def _check_name(name: str, where: Path, *, force: bool) -> None:
    if not name or name != name.strip() or not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
        raise StyleError(f'a player cannot be called "{name}"', mend="letters, digits, - and _")
    if name.lower() in PLAYERS or _is_preset(name):
        raise StyleError(f'there is a player "{name}" already', mend="choose another name")
    if not force and (where / f"{name}{CARD_SUFFIX}").exists():
        raise StyleError(f'there is a player "{name}" already', place=where, mend="--force replaces it")


def _is_preset(name: str) -> bool:
    try:
        player_named(name)
    except OptionError:
        return False
    return True


def _make(where: Path) -> None:
    try:
        where.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder: {error.strerror or error}", place=where) from error
