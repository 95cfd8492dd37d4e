"""The bytes of a file of music → what is prepared of it: read, brought onto the grid, analysed.

This is the slow part, done once for each file and wherever there is room: a task and its answer hold everything, so
that a worker needs no file of ours and no shared disk. `VERSION_OF` names this module for `code_version`: whatever
changes here, or in the readers and analyses it calls, makes every piece anew.
"""

from __future__ import annotations

from dataclasses import dataclass

from composer.analysis.duplicates import fingerprint_of
from composer.analysis.outline import ensemble_of, outline_of
from composer.corpus.reader import ReadResult, read_pieces_bytes
from composer.errors import MusicFileError
from composer.roll.codec import encode, pack
from composer.roll.facts import facts_of
from composer.roll.reference import best_references
from composer.roll.values import read_on_grid
from composer.training.code_version import code_version
from composer.training.piece_file import Prepared, Unfit, to_bytes

VERSION_OF = "composer.training.making"
MIN_BARS = 4


@dataclass(frozen=True)
class Task:
    """A file to prepare.

    Attributes:
        content: of the file.
        values: as `roll.values.read_on_grid` takes it.
    """

    content: bytes
    values: str


@dataclass(frozen=True)
class Answer:
    """What came of a task.

    Attributes:
        version: of the worker's code; another machine may have another.
        data: as `piece_file.to_bytes`.
    """

    version: str
    data: bytes


def answer(task: Task) -> Answer:
    """Prepare the pieces of one file; what cannot be read or analysed is an `Unfit`, never an exception."""
    return Answer(code_version(VERSION_OF), to_bytes(make_pieces(task)))


def make_pieces(task: Task) -> tuple[Prepared | Unfit, ...]:
    """Return what is prepared of each piece of a file, in their order."""
    try:
        results = read_pieces_bytes(task.content, "")
    except MusicFileError as error:
        return (Unfit("", _without_name(error)),)
    return tuple(_made(result, task.values) for result in results)


def _made(result: ReadResult, values: str) -> Prepared | Unfit:
    try:
        return _make(result, values)
    except Exception as error:  # a fault of ours in one of thousands: told as such, and the others are made
        return Unfit(result.piece, f"a fault of this program: {type(error).__name__}: {error}")


def _make(result: ReadResult, values: str) -> Prepared | Unfit:
    if result.is_live:
        return Unfit(result.piece, "a live performance: its bars and note values are only a guess")
    if len(result.score.bars) < MIN_BARS:
        return Unfit(result.piece, f"only {len(result.score.bars)} bars")
    reading = read_on_grid(result.score, values=values)
    roll = encode(reading.score)
    if not roll.play.any():
        return Unfit(result.piece, "no notes in the range of the network")
    if not roll.valid.any():
        return Unfit(result.piece, "no bar fits the grid of sixteenths")
    ensemble = ensemble_of(result.score)
    facts = facts_of(outline_of(reading.score, ensemble=ensemble))
    return Prepared(
        number=result.piece,
        title=result.score.title,
        ensemble=ensemble,
        told=reading.told,
        roll=pack(roll),
        facts=facts,
        references=best_references(roll.articulate, facts.bar),
        fingerprint=fingerprint_of(result.score),
    )


def _without_name(error: MusicFileError) -> str:
    """Return what is wrong, without the file's name, which may change."""
    lines = []
    for problem in error.problems:
        where = f"{problem.place}".lstrip(": ") if problem.place else ""
        lines.append(f"{where}: {problem.message}" if where else problem.message)
    return "; ".join(lines)
