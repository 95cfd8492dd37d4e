"""The style classifier of one ensemble: its classes, its training on real pieces, and what it says of held-out ones.

Conventions: a style is a class where there are enough pieces of it on both sides of the split (`Rule`); no other style
is heard. Of a long piece `SEGMENTS` segments at even distances count, of a style with many pieces an even choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from style_classifier import PENALTIES, Classifier, Example, Votes, train, vote
from style_features import SETS, Counts, count_segment
from style_music import Music, real_music, segments

from composer.training.style_files import evenly

SEGMENTS = 16
MOST_PIECES = 160  # of a style, for training
MOST_HELD_OUT = 60  # of a style


@dataclass(frozen=True)
class Rule:
    """When a style is a class: so many pieces on the training side, so many held out."""

    training: int = 6
    held_out: int = 4

    def __str__(self) -> str:
        return f"at least {self.training} pieces for training and {self.held_out} held out"


@dataclass(frozen=True, eq=False)
class Listener:
    """A trained classifier and its held-out pieces.

    Attributes:
        ensemble: of all pieces.
        styles: the classes.
        left_out: style → its numbers of pieces (training, held out), too few.
        classifier: trained on the training side.
        training, held_out: the segments.
    """

    ensemble: str
    styles: tuple[str, ...]
    left_out: dict[str, tuple[int, int]]
    classifier: Classifier
    training: tuple[Example, ...]
    held_out: tuple[Example, ...]

    def heard(self, *, most: int | None = None) -> Votes:
        """Return the votes on held-out pieces, of each the first `most` segments that count."""
        return self.votes(self.held_out, most=most)

    def votes(self, examples: Sequence[Example], *, most: int | None = None) -> Votes:
        """Return the votes on pieces, given as their segments."""
        return vote(examples, self.classifier.log_probabilities([one.counts for one in examples]), most=most)

    def examples(self, music: Music, *, piece: str | None = None, style: str | None = None) -> list[Example]:
        """Return the segments of a piece, as `style` or its own."""
        place = self.styles.index(style or music.composer)
        return [
            Example(piece or f"{music.composer}/{music.name}", music.work, place, counts) for counts in counted(music)
        ]


def counted(music: Music) -> list[Counts]:
    """Return the counts of a piece's segments."""
    return [count_segment(part) for part in evenly(segments(music), SEGMENTS)]


class Ears:
    """Counts pieces once, however often they are asked for."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, str], list[Counts]] = {}

    def examples(self, pieces: Iterable[Any], styles: Sequence[str]) -> list[Example]:
        """Return the segments of prepared pieces."""
        found = []
        for piece in pieces:
            key = (piece.composer, piece.ensemble, piece.name)
            if key not in self._counts:
                self._counts[key] = counted(real_music(piece))
            name = f"{piece.composer}/{piece.name}"
            found += [Example(name, piece.work, styles.index(piece.composer), one) for one in self._counts[key]]
        return found


def listen(
    pieces: Iterable[Any],
    ensemble: str,
    *,
    rule: Rule,
    styles: Sequence[str] = (),
    sets: Sequence[Sequence[str]] = tuple(SETS.values()),
    penalties: Sequence[float] = PENALTIES,
    ears: Ears | None = None,
) -> Listener | None:
    """Train on the training side of an ensemble's pieces; None where fewer than two styles are classes.

    Args:
        pieces: prepared ones, of all ensembles.
        ensemble: the one.
        rule: when a style is a class.
        styles: those that are wanted; () for all.
        sets: groups of features that each ear hears.
        penalties: to choose from.
        ears: keeps counts from call to call.
    """
    sides: dict[str, tuple[list[Any], list[Any]]] = {}
    for piece in pieces:
        if piece.ensemble == ensemble and (not styles or piece.composer in styles):
            sides.setdefault(piece.composer, ([], []))[piece.split != "train"].append(piece)
    counts = {name: (len(training), len(held_out)) for name, (training, held_out) in sides.items()}
    classes = tuple(name for name, (a, b) in counts.items() if a >= rule.training and b >= rule.held_out)
    if len(classes) < 2:
        return None
    ears = ears or Ears()
    training = [one for name in classes for one in ears.examples(evenly(sides[name][0], MOST_PIECES), classes)]
    held_out = [one for name in classes for one in ears.examples(evenly(sides[name][1], MOST_HELD_OUT), classes)]
    return Listener(
        ensemble,
        classes,
        {name: numbers for name, numbers in counts.items() if name not in classes},
        train(training, len(classes), sets=sets, penalties=penalties),
        tuple(training),
        tuple(held_out),
    )


def pooled(parts: Sequence[Votes]) -> Votes:
    """Return votes of several listeners with the same classes as one; of a piece that was heard twice the first."""
    rows = [(votes, index) for votes in parts for index in range(len(votes.pieces))]
    first = {votes.pieces[index]: (votes, index) for votes, index in reversed(rows)}
    chosen = list(first.values())
    return Votes(
        tuple(first),
        tuple(votes.works[index] for votes, index in chosen),
        np.array([votes.style[index] for votes, index in chosen], int),
        np.array([votes.log_probabilities[index] for votes, index in chosen]),
    )
