"""Scores → prepared pieces: the arrays of one piece with all its facts, cached as compressed files.

Conventions: a `Piece` keeps small integers only (rolls as bits, facts as int16); the network's inputs are made from
them batch by batch (`training/windows.py`). A cache folder holds one `.npz` a piece, named by the hash of the
source and of `FORMAT`; it is made again when either changes.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from composer.analysis.outline import ensemble_of, outline_of
from composer.analysis.works import split_of, work_id
from composer.corpus.reader import read_score
from composer.errors import MusicFileError, TrainingError
from composer.files import write_atomic
from composer.roll.codec import Roll, encode
from composer.roll.facts import StepFacts, facts_of
from composer.roll.grid import NUM_PITCHES
from composer.roll.reference import BestReferences, best_references

FORMAT = 1  # raise when the meaning of a cached array changes
MIN_BARS = 4


@dataclass(frozen=True)
class Piece:
    """One piece, ready to be cut into windows.

    Attributes:
        name: the file's name.
        work: what keeps variants of one work on the same side of the split.
        split: "train", "valid" or "test".
        composer, ensemble: the style it teaches.
        roll: notes on the grid.
        facts: of each step.
        references: of each bar.
    """

    name: str
    work: str
    split: str
    composer: str
    ensemble: str
    roll: Roll
    facts: StepFacts
    references: BestReferences

    @property
    def num_steps(self) -> int:
        """Steps of the piece."""
        return self.roll.num_steps


@dataclass(frozen=True)
class Source:
    """A folder of scores that teaches one style.

    Attributes:
        files: the scores.
        composer: name of the style's composer.
        ensemble: of all of them, or None to tell it from each score.
    """

    files: tuple[Path, ...]
    composer: str
    ensemble: str | None = None


@dataclass(frozen=True)
class LeftOut:
    """A file that taught nothing, and why."""

    path: Path
    reason: str


def prepare(source: Source, *, cache: Path) -> Iterator[Piece | LeftOut]:
    """Yield the pieces of a source, read and analysed once and then from the cache.

    Raises:
        OutputError: the cache folder cannot be written.
    """
    cache.mkdir(parents=True, exist_ok=True)
    for path in source.files:
        content = path.read_bytes()
        label = f"{FORMAT}|{source.composer}|{source.ensemble}|{path.name}|".encode()
        cached = cache / f"{hashlib.sha256(label + content).hexdigest()[:32]}.npz"
        piece = _load(cached) if cached.exists() else None
        if piece is None:
            made = _make(path, source)
            if isinstance(made, LeftOut):
                yield made
                continue
            piece = made
            _save(piece, cached)
        yield piece


def _make(path: Path, source: Source) -> Piece | LeftOut:
    try:
        read = read_score(path)
    except MusicFileError as error:
        return LeftOut(path, str(error))
    score = read.score
    if len(score.bars) < MIN_BARS:
        return LeftOut(path, f"only {len(score.bars)} bars")
    roll = encode(score)
    if not roll.play.any():
        return LeftOut(path, "no notes in the range of the network")
    if not roll.valid.any():
        return LeftOut(path, "no bar fits the grid of sixteenths")
    ensemble = source.ensemble or ensemble_of(score)
    facts = facts_of(outline_of(score, ensemble=ensemble))
    work = work_id(path, score.title)
    references = best_references(roll.articulate, facts.bar)
    return Piece(path.name, work, split_of(work), source.composer, ensemble, roll, facts, references)


def by_split(pieces: Iterable[Piece], split: str) -> list[Piece]:
    """Return the pieces of one side of the split.

    Raises:
        TrainingError: there is none.
    """
    chosen = [piece for piece in pieces if piece.split == split]
    if not chosen:
        raise TrainingError(f'no piece on the "{split}" side of the split', mend="give more pieces")
    return chosen


def _save(piece: Piece, path: Path) -> None:
    arrays = {
        "label": np.array([piece.name, piece.work, piece.split, piece.composer, piece.ensemble]),
        "play": np.packbits(piece.roll.play, axis=1),
        "articulate": np.packbits(piece.roll.articulate, axis=1),
        "hand": piece.roll.hand,
        "voice": piece.roll.voice,
        "valid": piece.roll.valid,
        **{f"fact_{field.name}": getattr(piece.facts, field.name) for field in fields(StepFacts)},
        **{f"reference_{field.name}": getattr(piece.references, field.name) for field in fields(BestReferences)},
    }
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    write_atomic(path, buffer.getvalue())


def _load(path: Path) -> Piece | None:
    """Return the cached piece, or None when the file is not whole (it is then made again)."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        name, work, split, composer, ensemble = (str(text) for text in arrays["label"])
        roll = Roll(
            np.unpackbits(arrays["play"], axis=1, count=NUM_PITCHES).astype(bool),
            np.unpackbits(arrays["articulate"], axis=1, count=NUM_PITCHES).astype(bool),
            arrays["hand"],
            arrays["voice"],
            arrays["valid"],
        )
        facts = StepFacts(**{field.name: arrays[f"fact_{field.name}"] for field in fields(StepFacts)})
        references = BestReferences(**{f.name: arrays[f"reference_{f.name}"] for f in fields(BestReferences)})
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error):
        return None
    return Piece(name, work, split, composer, ensemble, roll, facts, references)
