"""A folder of scores → the pieces that a style of one's own is learned from, and what its card says of them.

What it is: a piece is used once, however many copies there are; one that neither a style can be counted from nor the
network can hear is not used. One work in five is held out where there are enough, so that the fit knows when to stop
and copying can be judged.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from composer.analysis.duplicates import UnionFind
from composer.analysis.survey import FolderSurvey
from composer.errors import TrainingError
from composer.network.checkpoint import WeightsCard
from composer.parallel import parallel_map
from composer.progress import OnProgress
from composer.style import Source
from composer.style_statistics import StyleStatistics
from composer.training.dataset import MusicFile, Piece, prepare
from composer.training.recipes import StyleRecipe
from composer.training.style_counting import StylePiece, read_style_pieces
from composer.training.style_files import MAX_PIECES, evenly

OWN = "(own)"  # the composer of the pieces, while a network is taught them; none that it knows is called so
MIN_PIECES = 3
_EVERY = 5  # the share of the works that is held out: one in five
_MOST_OF_ALL = 0.25  # of the pieces; a larger work is not held out
_FALLBACK_ENSEMBLE = "keyboard"
UNKNOWN_LICENCE = "unknown"
_BY_MODE = ("chord_transitions", "phrase_links", "first_chords", "opening_chords", "melody_degrees")


@dataclass(frozen=True)
class UsablePiece:
    """A piece as the style counts it, and as the network hears it, by the composer `OWN`."""

    counted: StylePiece
    heard: Piece
    is_held_out: bool


def usable_pieces(
    survey: FolderSurvey,
    *,
    cache: Path,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> list[UsablePiece]:
    """Return the pieces of a folder that a style can be learned from; of more than `MAX_PIECES` an even choice.

    Args:
        survey: of the folder.
        cache: the folder of prepared pieces (`training.dataset`).
        workers: as `parallel_map`.
        on_progress: called with what is being done and the share done, 0..1.

    Raises:
        TrainingError: there are fewer than `MIN_PIECES`.
        OutputError: the cache cannot be written.
    """
    report = on_progress or (lambda _what, _share: None)
    copies = {pair.second for pair in survey.duplicates if pair.kind != "near"}
    candidates = [index for index, (_, piece) in enumerate(survey.pieces) if index not in copies and not piece.is_live]
    wanted: dict[str, list[int]] = defaultdict(list)  # indices by file
    for index in evenly(candidates, MAX_PIECES):
        wanted[survey.pieces[index][0].path].append(index)
    paths = [survey.root / path for path in wanted]
    prepared = prepare(
        [MusicFile(path, OWN) for path in paths],
        cache=cache,
        workers=workers,
        on_progress=lambda share: report("reading for the network", share / 2),
    )
    found: dict[int, tuple[StylePiece, Piece]] = {}
    counted = parallel_map(read_style_pieces, paths, workers=workers)
    for done, (indices, path, heard, made) in enumerate(
        zip(wanted.values(), paths, prepared, counted, strict=True), start=1
    ):
        heard_by_number = {one.name[len(path.name) + 1 :]: one for one in heard if isinstance(one, Piece)}
        made_by_number = {one.number: one for one in made}
        for index in indices:
            number = survey.pieces[index][1].number
            if number in heard_by_number and number in made_by_number:
                found[index] = made_by_number[number], heard_by_number[number]
        report("reading for the style", 0.5 + done / len(paths) / 2)
    if len(found) < MIN_PIECES:
        raise TrainingError(
            f"{len(found)} usable {'piece' if len(found) == 1 else 'pieces'}; at least {MIN_PIECES} are needed",
            place=survey.root,
            mend="live performances, pieces beside any grid or of a few bars, and second copies are not used; "
            "`compose corpus` says what was read",
        )
    held_out = _held_out(list(found), survey)
    licences = {licence: place for place, licence in enumerate(_licences(survey))}
    return [
        UsablePiece(replace(made, source=licences[_licence(survey, index)]), heard, index in held_out)
        for index, (made, heard) in found.items()
    ]


def recipe_of(name: str, survey: FolderSurvey, pieces: Sequence[UsablePiece], network: WeightsCard) -> StyleRecipe:
    """Return what the card of a folder's style is made from: a source for each licence, the commonest ensemble."""
    counts = Counter(piece.counted.ensemble for piece in pieces)
    ensemble = max(sorted(counts), key=lambda one: counts[one])
    folder = survey.root.resolve().name
    places = {file.provenance.source for file in survey.files if file.pieces}
    url = places.pop() if len(places) == 1 else ""
    return StyleRecipe(
        name,
        f"The music of {folder}",
        "",
        ensemble=ensemble if ensemble in network.ensembles else _FALLBACK_ENSEMBLE,
        sources=tuple(
            Source(f"Files of the folder {folder}", url or str(survey.root), licence) for licence in _licences(survey)
        ),
    )


def with_both_modes(statistics: StyleStatistics, lender: StyleStatistics) -> tuple[StyleStatistics, tuple[str, ...]]:
    """Return statistics with chords in both modes, and the modes that had to be borrowed.

    A folder of nothing but major would otherwise plan no section in a minor key, which most forms have.

    Args:
        statistics: of the folder.
        lender: of a style that has both.
    """
    missing = tuple(mode for mode in ("major", "minor") if not statistics.chord_transitions.get(mode))
    tables: dict[str, Any] = {
        table: {**getattr(statistics, table), **{mode: getattr(lender, table).get(mode, {}) for mode in missing}}
        for table in _BY_MODE
    }
    return (replace(statistics, **tables) if missing else statistics), missing


def _licences(survey: FolderSurvey) -> list[str]:
    """Return the licences that the files state, the commonest first."""
    counts = Counter(_licence(survey, index) for index in range(len(survey.pieces)))
    return sorted(counts, key=lambda one: (-counts[one], one))


def _licence(survey: FolderSurvey, index: int) -> str:
    return survey.pieces[index][0].provenance.licence or UNKNOWN_LICENCE


def _held_out(usable: Sequence[int], survey: FolderSurvey) -> set[int]:
    """Return the pieces that are held out: every fifth work, or of a few works every fifth piece with its like."""
    units = {index: survey.groups[index] for index in usable}
    if len(set(units.values())) < _EVERY:
        alike = UnionFind([f"{index:08d}" for index in range(len(survey.pieces))])
        for pair in survey.duplicates:
            alike.join(f"{pair.first:08d}", f"{pair.second:08d}")
        units = {index: alike.smallest(f"{index:08d}") for index in usable}
    sizes = Counter(units.values())
    order = sorted((unit for unit, size in sizes.items() if size <= _MOST_OF_ALL * len(usable)), key=_drawn)
    chosen = set(order[::_EVERY]) if len(order) >= _EVERY else set()
    return {index for index, unit in units.items() if unit in chosen}


def _drawn(unit: str) -> bytes:
    return hashlib.sha256(unit.encode()).digest()
