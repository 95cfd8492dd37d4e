"""Files of music → the pieces that a network learns from, each on its side of the split.

Conventions: a `Piece` keeps small integers only; the network's inputs are made from them batch by batch
(`training/windows.py`). The pieces of all files are taken together, so that editions, arrangements and settings of one
work are found to be one, whatever they are called, and lie on one side.

The work is done in `training/making.py`, on all cores or on a cluster; `training/piece_cache.py` keeps it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from composer.analysis.works import work_id
from composer.corpus.reader import load_bytes
from composer.errors import MusicFileError, TrainingError
from composer.parallel import parallel_map, works_here
from composer.roll.codec import PackedRoll, Roll
from composer.roll.facts import StepFacts
from composer.roll.reference import BestReferences
from composer.training.folds import works_and_sides
from composer.training.making import Answer, Task, answer
from composer.training.piece_cache import PieceCache
from composer.training.piece_file import Prepared, Unfit, from_bytes


@dataclass(frozen=True)
class Piece:
    """One piece, ready to be cut into windows.

    Attributes:
        name: the file's name, and the piece's number where the file holds several.
        work: what keeps variants of one work on the same side of the split.
        split: "train", "valid" or "test".
        composer, ensemble: the style it teaches.
        roll: notes on the grid.
        facts: of each step.
        references: of each bar.
        told: what was read otherwise than it is written (`roll/values.py`).
    """

    name: str
    work: str
    split: str
    composer: str
    ensemble: str
    roll: Roll | PackedRoll
    facts: StepFacts
    references: BestReferences
    told: tuple[str, ...] = ()

    @property
    def num_steps(self) -> int:
        """Steps of the piece."""
        return self.roll.num_steps


@dataclass(frozen=True)
class MusicFile:
    """A file of music and what it teaches.

    Attributes:
        path: of the file.
        composer: name of the style's composer.
        ensemble: of its pieces, or "" to tell it from each.
        values: how note values are read, as `roll.values.read_on_grid` takes it.
    """

    path: Path
    composer: str
    ensemble: str = ""
    values: str = "auto"


@dataclass(frozen=True)
class LeftOut:
    """A file, or a piece of it, that taught nothing, and why."""

    path: Path
    reason: str
    number: str = ""


def prepare(
    files: Sequence[MusicFile],
    *,
    cache: Path,
    workers: int | None = None,
    fold: int = 0,
    on_progress: Callable[[float], None] | None = None,
) -> list[list[Piece | LeftOut]]:
    """Return the pieces of each file, read and analysed once and then from the cache.

    Args:
        files: those of all sources: their pieces are told apart and grouped together.
        cache: the folder of prepared pieces.
        workers: as `parallel_map`.
        fold: which pieces of small styles are held out (`training/folds.py`).
        on_progress: called with the share done, 0..1.

    Returns:
        For each file what its pieces came to, in order.

    Raises:
        OutputError: the cache folder cannot be written.
        TrainingError: the workers of a cluster run another version of this program.
    """
    found = _found(files, PieceCache.at(cache), workers, on_progress or (lambda _share: None))
    rows = [(index, one) for index, made in enumerate(found) for one in made]
    usable = [(index, one) for index, one in rows if isinstance(one, Prepared)]
    ids = [work_id(files[index].path, one.title, one.number) for index, one in usable]
    styles = [f"{files[index].composer} {files[index].ensemble or one.ensemble}" for index, one in usable]
    prints = [one.fingerprint for _, one in usable]
    works = iter(zip(*works_and_sides(ids, prints, styles, fold=fold), strict=True))
    results: list[list[Piece | LeftOut]] = [[] for _ in files]
    for index, one in rows:
        file = files[index]
        if isinstance(one, Unfit):
            results[index].append(LeftOut(file.path, one.reason, one.number))
            continue
        work, side = next(works)
        name = f"{file.path.name}#{one.number}" if one.number else file.path.name
        ensemble = file.ensemble or one.ensemble
        results[index].append(
            Piece(name, work, side, file.composer, ensemble, one.roll, one.facts, one.references, one.told)
        )
    return results


def _found(
    files: Sequence[MusicFile], cache: PieceCache, workers: int | None, on_progress: Callable[[float], None]
) -> list[tuple[Prepared | Unfit, ...]]:
    """Return what is prepared of each file: what the cache holds, then the rest."""
    found: list[tuple[Prepared | Unfit, ...]] = [()] * len(files)
    missing: dict[Path, list[int]] = {}  # files of one content are made once
    for index, file in enumerate(files):
        try:
            place = cache.path_of(Task(load_bytes(file.path), file.values))
        except MusicFileError as error:
            found[index] = (Unfit("", error.problems[0].message),)
            continue
        kept = cache.load(place)
        if kept is None:
            missing.setdefault(place, []).append(index)
        else:
            found[index] = kept
    done = len(files) - sum(map(len, missing.values()))
    answers = parallel_map(answer, _tasks(files, missing.values()), workers=workers)
    for (place, owners), made in zip(missing.items(), answers, strict=True):
        pieces = _checked(made, cache)
        if made.version == cache.version:  # else the source is being edited: what was made is of no version
            cache.save(place, made.data)
        for index in owners:
            found[index] = pieces
        done += len(owners)
        on_progress(done / len(files))
    return found


def _tasks(files: Sequence[MusicFile], owners: Iterable[list[int]]) -> Iterator[Task]:
    for first, *_ in owners:
        yield Task(load_bytes(files[first].path), files[first].values)


def _checked(made: Answer, cache: PieceCache) -> tuple[Prepared | Unfit, ...]:
    pieces = from_bytes(made.data)
    if pieces is None or (made.version != cache.version and not works_here()):
        raise TrainingError(
            "the workers run another version of this program than the one that asked them",
            mend="install the same on every machine",
        )
    return pieces


def by_split(pieces: Iterable[Piece], split: str) -> list[Piece]:
    """Return the pieces of one side of the split.

    Raises:
        TrainingError: there is none.
    """
    chosen = [piece for piece in pieces if piece.split == split]
    if not chosen:
        raise TrainingError(f'no piece on the "{split}" side of the split', mend="give more pieces")
    return chosen
