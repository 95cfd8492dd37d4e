"""Real and composed pieces as a style classifier takes them: notes on the grid, cut into segments of some bars.

Conventions: real pieces come from the cache of prepared pieces of a network's configuration, so that its split (and
its folds of small styles) holds here too; steps off the grid are left out, as they are in training. A composed piece is
a Score on the grid. A segment is `SEGMENT_BARS` bars, the next one begins `HOP_BARS` later; what is left at the end is
one more where it has `LEAST_BARS`. Nothing of the analysis is taken but bar lines and beats.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from composer.roll.codec import encode
from composer.roll.facts import StepFacts
from composer.score import Score

SEGMENT_BARS = 16
HOP_BARS = 8
LEAST_BARS = 8
SHORT_STEPS = 48  # fewer on the grid tell nothing
_COMPOUND_BEATS = (3, 6, 12)  # steps


@dataclass(frozen=True, eq=False)
class Music:
    """Notes on the grid, of a piece or a segment of it.

    Attributes:
        name, work, composer, ensemble, split: as `training.dataset.Piece` has them; a composed piece has no split, and
            its composer is the style that was asked for.
        play, articulate: bool [step, pitch].
        bar: int [step], index of the bar.
        place: int [step], steps since the bar line.
        cell: int [step], steps of the unit of rhythm: 4 (a quarter) or 6 (a dotted one).
        strength: int [step], 0..4.
    """

    name: str
    work: str
    composer: str
    ensemble: str
    split: str
    play: NDArray[np.bool_]
    articulate: NDArray[np.bool_]
    bar: NDArray[np.integer]
    place: NDArray[np.integer]
    cell: NDArray[np.integer]
    strength: NDArray[np.integer]

    @property
    def num_steps(self) -> int:
        """Steps of the music."""
        return len(self.bar)

    def part(self, steps: NDArray[np.bool_]) -> Music:
        """Return those steps, in their order."""
        arrays = ("play", "articulate", "bar", "place", "cell", "strength")
        return replace(self, **{name: getattr(self, name)[steps] for name in arrays})


def collected(config_path: Path, data: Path, *, fold: int | None = None) -> Any:
    """Return the pieces that a network's configuration names (`training.sources.collect`); seconds, from the cache.

    Args:
        config_path: of the training.
        data: the data folder.
        fold: which pieces of small styles are held out; None: those of the training.
    """
    from composer.training.config import read_config
    from composer.training.sources import collect, locate_sources
    from composer.training.train import cache_folder

    config = read_config(config_path)
    sources, root = locate_sources(config.sources, data=[str(data)], config_folder=config_path.parent)
    fold = config.fold if fold is None else fold
    return collect(sources, root, cache=cache_folder(), composers=config.composers, fold=fold).pieces


def real_music(piece: Any) -> Music:
    """Return a prepared piece, without the bars that are off the grid."""
    roll, facts = piece.roll, piece.facts
    music = _music(piece.name, piece.work, piece.composer, piece.ensemble, piece.split, roll, facts)
    return music.part(roll.valid)


def composed_music(score: Score, facts: StepFacts, *, name: str, work: str, style: str, ensemble: str) -> Music:
    """Return a composed piece.

    Args:
        score: its notes.
        facts: of its plan's outline (`roll.facts.facts_of`): bar lines and beats.
        name: of the piece.
        work: of the plan; pieces of one plan belong together.
        style: that was asked for.
        ensemble: of the piece.
    """
    return _music(name, work, style, ensemble, "", encode(score), facts)


def _music(name: str, work: str, composer: str, ensemble: str, split: str, roll: Any, facts: StepFacts) -> Music:
    steps = min(roll.num_steps, facts.num_steps)
    # A bar of 3/8 is three beats of an eighth, and sounds as one of 6/8 cut in two.
    is_short = (facts.steps_in_beat == 2) & (facts.steps_in_bar % 6 == 0) & (facts.steps_in_bar % 4 != 0)
    cell = np.where(np.isin(facts.steps_in_beat, _COMPOUND_BEATS) | is_short, 6, 4)[:steps]
    return Music(
        name,
        work,
        composer,
        ensemble,
        split,
        roll.play[:steps],
        roll.articulate[:steps],
        facts.bar[:steps],
        facts.step_in_bar[:steps],
        cell,
        facts.strength[:steps],
    )


def segments(music: Music) -> list[Music]:
    """Return the segments of a piece; the whole of it where it is shorter than one."""
    bars = np.unique(music.bar)
    starts = [0, *range(HOP_BARS, max(HOP_BARS, len(bars) - LEAST_BARS + 1), HOP_BARS)]
    # A beginning whose bars all lie in the segment before says nothing new.
    starts = [start for start in starts if start == 0 or start + SEGMENT_BARS - HOP_BARS < len(bars)]
    parts = [music.part(np.isin(music.bar, bars[start : start + SEGMENT_BARS])) for start in starts]
    return [part for part in parts if part.num_steps >= SHORT_STEPS and part.articulate.any()]
