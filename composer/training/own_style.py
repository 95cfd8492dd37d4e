"""A style of a user's own folder: counted from what the survey found there, written as NAME.yaml with its statistics.

A plan names it by its path: `compose plan --style ./NAME.yaml`. The notes then come from the program's own network,
which knows the composers and ensembles that it was trained on; the nearest of them is named in the card.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from composer.analysis.survey import FileSurvey, FolderSurvey, PieceSurvey
from composer.analysis.works import Split, sides_of
from composer.errors import TrainingError
from composer.files import check_writable
from composer.network.checkpoint import read_card
from composer.parallel import parallel_map
from composer.style import Source, StyleCard, styles_folder
from composer.training.recipes import StyleRecipe
from composer.training.style_counting import StylePiece, read_style_pieces, write_style_files

MIN_PIECES = 3
_DEFAULT_NETWORK = "bach"
_FALLBACK_ENSEMBLE = "keyboard"
_UNKNOWN = "unknown"


@dataclass(frozen=True)
class OwnStyle:
    """What was made of a folder.

    Attributes:
        card: of the style, as written.
        files: the card, the statistics, and the index of runs where there is one.
        held_out: pieces that were not counted: copying is judged by them.
        told: what the user should know of it.
    """

    card: StyleCard
    files: tuple[Path, ...]
    held_out: int
    told: tuple[str, ...]


def check_style_name(name: str, output: Path) -> None:
    """Raise TrainingError for a name that is no file's, OutputError where its files cannot be written."""
    if not name.replace("-", "").replace("_", "").isalnum():
        raise TrainingError(f'"{name}" is no name of a style', mend="letters, digits, - and _")
    for suffix in (".yaml", ".json", ".runs.safetensors"):
        check_writable(output / f"{name}{suffix}")


def build_own_style(
    survey: FolderSurvey,
    name: str,
    *,
    output: Path,
    workers: int | None = None,
    on_progress: Callable[[str, float], None] | None = None,
) -> OwnStyle:
    """Count the style of a folder and write NAME.yaml, NAME.json and NAME.runs.safetensors.

    A piece that is there several times is counted once. One work in five is held out, so that copying can be judged by
    pieces that were not counted; where that leaves fewer than three, all are counted and copying is not judged.

    Args:
        survey: of the folder (`analysis.survey`).
        name: of the style and its files.
        output: the folder of the files.
        workers: as `parallel_map`.
        on_progress: called with what is being done and the share done, 0..1.

    Raises:
        TrainingError: fewer than three pieces that a style can be counted from, or an impossible name.
        OutputError: the place cannot be written.
    """
    check_style_name(name, output)
    pieces = _pieces(survey, workers, on_progress or (lambda _what, _share: None))
    if len(pieces) < MIN_PIECES:
        raise TrainingError(
            f"{len(pieces)} pieces to count a style from; at least {MIN_PIECES} are needed",
            place=survey.root,
            mend="live performances, pieces beside any grid and second copies are not counted",
        )
    training = [piece for piece, side in pieces if side == "train"]
    held_out = [piece for piece, side in pieces if side != "train"]
    told = []
    if len(training) < MIN_PIECES:
        training, held_out = [piece for piece, _ in pieces], []
    if not held_out:
        told.append("too few pieces to hold some out: whether music copies them will not be judged")
    recipe = StyleRecipe(name, f"The music of {survey.root.name}", "", sources=_sources(survey))
    card = write_style_files(_for_network(recipe, training, told), training, held_out, output=output)
    names = (f"{name}.yaml", card.statistics, card.runs)
    return OwnStyle(card, tuple(output / one for one in names if one), len(held_out), tuple(told))


def _pieces(
    survey: FolderSurvey, workers: int | None, on_progress: Callable[[str, float], None]
) -> list[tuple[StylePiece, Split]]:
    """Return the pieces to count, once each, and their sides."""
    copies = {pair.second for pair in survey.duplicates if pair.kind != "near"}
    rows: dict[str, list[tuple[int, PieceSurvey]]] = defaultdict(list)
    for index, (file, piece) in enumerate(survey.pieces):
        rows[file.path].append((index, piece))
    paths = [survey.root / path for path in rows]
    sides = sides_of([piece.work for _, piece in survey.pieces], survey.groups)
    found: list[tuple[StylePiece, Split]] = []
    results = parallel_map(read_style_pieces, paths, workers=workers)
    for done, (own, made) in enumerate(zip(rows.values(), results, strict=True), start=1):
        by_number = {piece.number: piece for piece in made}
        for index, piece in own:
            if index not in copies and piece.number in by_number:
                found.append((by_number[piece.number], sides[index]))
        on_progress("counting the style", done / len(paths))
    return found


def _sources(survey: FolderSurvey) -> tuple[Source, ...]:
    """Return a source for each licence that the files state, the commonest first."""
    by_licence: dict[str, list[FileSurvey]] = defaultdict(list)
    places = {file.provenance.source for file in survey.files if file.pieces}
    url = places.pop() if len(places) == 1 else ""
    for file in survey.files:
        if file.pieces:
            by_licence[file.provenance.licence or _UNKNOWN].append(file)
    ordered = sorted(by_licence.items(), key=lambda row: (-len(row[1]), row[0]))
    return tuple(
        Source(
            f"Files of the folder {survey.root.name}",
            url or str(survey.root),
            licence,
            pieces=sum(len(file.pieces) for file in files),
            bars=sum(piece.bars for file in files for piece in file.pieces),
        )
        for licence, files in ordered
    )


def _for_network(recipe: StyleRecipe, pieces: Sequence[StylePiece], told: list[str]) -> StyleRecipe:
    """Name the composer and, where theirs is unknown to the network, the ensemble that the notes are asked for."""
    network = read_card(styles_folder() / "networks" / f"{_DEFAULT_NETWORK}.yaml")
    composer = recipe.name if recipe.name in network.composers else network.composers[0]
    if composer != recipe.name:
        told.append(f"harmony and form are this style's own; notes are drawn as for {composer}, whom the network knows")
    counts: dict[str, int] = defaultdict(int)
    for piece in pieces:
        counts[piece.ensemble] += 1
    ensemble = max(sorted(counts), key=lambda one: counts[one])
    if ensemble not in network.ensembles:
        told.append(f"the network knows no {ensemble}; what it composes is for {_FALLBACK_ENSEMBLE}")
        ensemble = _FALLBACK_ENSEMBLE
    return replace(recipe, composer=composer, ensemble=ensemble)
