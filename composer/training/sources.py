"""The sources of a training configuration → prepared pieces, read and analysed.

Where the files are: paths in the configuration lie below the data folder, which `--data` or the environment variable
RITORNELLO_DATA names (without either: below the configuration's own folder). Other music given as `--data` takes the
place of the configuration's sources.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from composer.corpus.builtin import builtin_paths
from composer.corpus.reader import SUFFIXES
from composer.errors import TrainingError
from composer.progress import OnProgress
from composer.training.config import BUILTIN, DATA_VARIABLE, SourceConfig
from composer.training.dataset import LeftOut, MusicFile, Piece, prepare
from composer.training.piece_cache import PieceCache


@dataclass(frozen=True)
class Collection:
    """The pieces of all sources.

    Attributes:
        pieces: in the order of sources and files.
        weights: of each piece, that of its source.
        left_out: files that taught nothing.
        counts: pieces of each source.
        warnings: what the user should know of the sources.
    """

    pieces: tuple[Piece, ...]
    weights: tuple[float, ...]
    left_out: tuple[LeftOut, ...]
    counts: tuple[int, ...]
    warnings: tuple[str, ...]


def locate_sources(
    sources: Sequence[SourceConfig], *, data: Sequence[str], config_folder: Path
) -> tuple[list[SourceConfig], Path]:
    """Return the sources to read and the folder that their paths lie in.

    Args:
        data: what the user gave: the data folder, or folders of music and `music21:` names to read instead.
        config_folder: of the configuration's file.

    Raises:
        TrainingError: a folder is missing.
    """
    if len(data) == 1 and not data[0].startswith(BUILTIN) and not _missing(sources, Path(data[0])):
        return list(sources), Path(data[0])
    if data:
        composers = {source.composer for source in sources}
        if len(composers) > 1:
            raise TrainingError(
                f"--data {data[0]}: it is not said whose music this is",
                mend="list it under sources in the configuration, with its composer",
            )
        given = [SourceConfig(path=path, composer=composers.pop() if composers else "") for path in data[:1]]
        given += [replace(given[0], path=path) for path in data[1:]]
        root = Path()
    else:
        given, root = list(sources), Path(os.environ.get(DATA_VARIABLE) or config_folder)
    missing = _missing(given, root)
    if missing:
        raise TrainingError(
            f"no folder {missing[0]}",
            place=root,
            mend=f"name the data folder with --data or {DATA_VARIABLE}",
        )
    return given, root


def _missing(sources: Sequence[SourceConfig], root: Path) -> list[str]:
    return [
        source.path for source in sources if not source.path.startswith(BUILTIN) and not (root / source.path).is_dir()
    ]


def list_files(sources: Sequence[SourceConfig], root: Path) -> list[list[Path]]:
    """Return the files of each source, by name; a file belongs to the first source that includes it."""
    seen: set[Path] = set()
    listed = []
    for source in sources:
        if source.path.startswith(BUILTIN):
            candidates = list(builtin_paths(source.path))
        else:
            candidates = sorted(path for path in (root / source.path).rglob("*") if path.suffix.lower() in SUFFIXES)
        files = [
            path
            for path in candidates
            if path not in seen and any(fnmatch(path.name, pattern) for pattern in source.include)
        ]
        seen.update(files)
        listed.append(files)
    return listed


def collect(
    sources: Sequence[SourceConfig],
    root: Path,
    *,
    cache: Path,
    composers: Sequence[str] = (),
    fold: int = 0,
    on_progress: OnProgress | None = None,
) -> Collection:
    """Read and analyse every file of the sources, or take it from the cache.

    Args:
        composers: whose pieces are wanted; empty: all. The others are only looked at for what is alike.
        fold: which pieces of small styles are held out (`training/folds.py`).

    Raises:
        TrainingError: nothing could be read.
        OutputError: the cache cannot be written.
    """
    listed = list_files(sources, root)
    warnings = [
        f"{source.path} {' '.join(source.include)}: {len(files)} files; the configuration was made for {source.files}"
        for source, files in zip(sources, listed, strict=True)
        if source.files is not None and source.files != len(files)
    ]
    owners = [index for index, files in enumerate(listed) for _ in files]
    files = [
        MusicFile(path, source.composer, source.ensemble, source.values or "auto")
        for source, paths in zip(sources, listed, strict=True)
        for path in paths
    ]

    def report(share: float) -> None:
        if on_progress is not None:
            on_progress("reading the music", share)

    pieces: list[Piece] = []
    weights: list[float] = []
    left_out: list[LeftOut] = []
    counts = [0] * len(sources)
    for index, results in zip(owners, prepare(files, cache=cache, fold=fold, on_progress=report), strict=True):
        if composers and sources[index].composer not in composers:
            continue
        for result in results:
            if isinstance(result, LeftOut):
                left_out.append(result)
                continue
            pieces.append(result)
            weights.append(sources[index].weight)
            counts[index] += 1
    tidied = PieceCache.at(cache).tidy()
    warnings += [tidied] if tidied else []
    if not pieces:
        raise TrainingError(
            f"none of the {len(files)} files taught anything" if files else "the sources hold no files of music",
            place=root,
            mend=left_out[0].reason if left_out else f"files that end in {', '.join(sorted(SUFFIXES))}",
        )
    return Collection(tuple(pieces), tuple(weights), tuple(left_out), tuple(counts), tuple(warnings))


def source_to_card(source: SourceConfig, pieces: int) -> dict[str, Any]:
    """Return what a card says of one source: enough to find its files again, its terms, and how many taught."""
    told = {field.name: getattr(source, field.name) for field in fields(SourceConfig) if field.name != "files"}
    told |= {"name": source.name or source.path, "include": list(source.include), "pieces": pieces}
    return {name: value for name, value in told.items() if value != ""}


def source_from_card(told: Mapping[str, Any]) -> SourceConfig:
    """Return the source that a card tells of; the inverse of `source_to_card`."""
    known = {field.name for field in fields(SourceConfig)} - {"files"}
    plain = {name: value for name, value in told.items() if name in known}
    return SourceConfig(**(plain | {"include": tuple(plain["include"])}))
