"""Make the files of the program's own styles: statistics, index of runs and card, from the training side of the music.

    python -m composer.training.style_files --data FOLDER [--output FOLDER] [--runs] [NAME ...]

`FOLDER` holds `corpora/…` (default: the environment variable RITORNELLO_DATA); what each style is made from stands in
`styles/recipes/shipped.yaml`. The same files give the same bytes. Only works on the training side of the split are
counted, with all the recipes' music grouped by likeness as for a network's training, so that held-out pieces stay
unheard; these say how long the runs are that real pieces share. Of more than `MAX_PIECES` an even choice is counted.
`--runs` makes the index alone, which takes seconds, beside statistics that are there.
"""

from __future__ import annotations

import argparse
import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from composer.errors import TrainingError
from composer.files import check_writable, write_all_atomic
from composer.parallel import parallel_map
from composer.style import Source, StyleCard, read_style, styles_folder, write_style
from composer.training.config import SourceConfig
from composer.training.dataset import MusicFile, Piece, prepare
from composer.training.recipes import RecipeBook, StyleRecipe, read_recipes
from composer.training.sources import list_files
from composer.training.style_counting import (
    RUNS_SUFFIX,
    StylePiece,
    read_style_pieces,
    runs_file,
    write_style_files,
)

T = TypeVar("T")

MAX_PIECES = 250
MAX_HELD_OUT = 60


@dataclass(frozen=True)
class Listed:
    """A piece of the recipes' music, not yet read.

    Attributes:
        path, number: its file, and its place there where the file holds several.
        source: place of its collection among all sources.
        ensemble: whom it is for.
        side: of the split.
    """

    path: Path
    number: str
    source: int
    ensemble: str
    side: str


def list_pieces(sources: Sequence[SourceConfig], *, data: Path, cache: Path) -> list[Listed]:
    """Return the pieces of all sources with their sides, in the order of sources and files.

    Args:
        sources: of all recipes: what is alike is found among all of them.
        data: the folder that holds `corpora/`.
        cache: the folder of prepared pieces (`training.dataset`).

    Raises:
        TrainingError: a source has no files.
    """
    listed = list_files(sources, data)
    for source, paths in zip(sources, listed, strict=True):
        if not paths:
            raise TrainingError(
                f"no files {source.path} {' '.join(source.include)}",
                place=data,
                mend="name the folder that holds corpora/",
            )
    places = [place for place, paths in enumerate(listed) for _ in paths]
    files = [
        MusicFile(path, source.composer, source.ensemble, source.values or "auto")
        for source, paths in zip(sources, listed, strict=True)
        for path in paths
    ]
    return [
        Listed(file.path, piece.name[len(file.path.name) + 1 :], place, piece.ensemble, piece.split)
        for place, file, pieces in zip(places, files, prepare(files, cache=cache), strict=True)
        for piece in pieces
        if isinstance(piece, Piece)
    ]


def build_style(recipe: StyleRecipe, book: RecipeBook, pieces: Sequence[Listed], *, output: Path) -> StyleCard:
    """Count a style and write `NAME.json`, `NAME.runs.safetensors` and `NAME.yaml`.

    Args:
        recipe: what from.
        book: holds the sources.
        pieces: of all sources (`list_pieces`).
        output: the folder of the files.

    Raises:
        TrainingError: there is nothing to count.
        OutputError: the place cannot be written.
    """
    check_writable(output / f"{recipe.name}.yaml")
    told = tuple(Source(one.name or one.path, one.url, one.licence, one.credit) for one in book.sources)
    training, held_out = (_read(book, side) for side in _sides(recipe, book, pieces))
    return write_style_files(replace(recipe, sources=told), training, held_out, output=output)


def build_runs(recipe: StyleRecipe, book: RecipeBook, pieces: Sequence[Listed], *, output: Path) -> StyleCard:
    """Write `NAME.runs.safetensors` alone, and name it in the card that is there; otherwise as `build_style`.

    Raises:
        StyleError: there is no card.
    """
    card_path = output / f"{recipe.name}.yaml"
    card = replace(read_style(card_path), runs=f"{recipe.name}{RUNS_SUFFIX}")
    training, held_out = (_read(book, side) for side in _sides(recipe, book, pieces))
    write_all_atomic({output / card.runs: runs_file(training, held_out, ensemble=card.ensemble)})
    write_style(card, card_path)
    return card


def _sides(recipe: StyleRecipe, book: RecipeBook, pieces: Sequence[Listed]) -> tuple[list[Listed], list[Listed]]:
    """Return an even choice of the style's pieces on the training side, and of the held-out ones."""
    own = [
        piece
        for piece in pieces
        if book.sources[piece.source].composer == recipe.composer
        and (not recipe.ensembles or piece.ensemble in recipe.ensembles)
    ]
    training = [piece for piece in own if piece.side == "train"]
    return evenly(training, MAX_PIECES), evenly([piece for piece in own if piece.side != "train"], MAX_HELD_OUT)


def _read(book: RecipeBook, chosen: Sequence[Listed]) -> list[StylePiece]:
    """Read the pieces; those that no style can be counted from are left out."""
    by_file: dict[tuple[Path, str], list[Listed]] = defaultdict(list)
    for piece in chosen:
        by_file[piece.path, book.sources[piece.source].values or "auto"].append(piece)
    found: list[StylePiece] = []
    for wanted, made in zip(by_file.values(), parallel_map(_read_file, by_file), strict=True):
        by_number = {piece.number: piece for piece in made}
        found += [
            replace(
                by_number[piece.number],
                ensemble=piece.ensemble,
                source=piece.source,
                weight=int(book.sources[piece.source].weight),
            )
            for piece in wanted
            if piece.number in by_number
        ]
    return found


def _read_file(file: tuple[Path, str]) -> list[StylePiece]:
    path, values = file
    return read_style_pieces(path, values)


def evenly(items: Sequence[T], most: int) -> list[T]:
    """Return all items, or so many of them at even distances."""
    return [items[place * len(items) // most] for place in range(most)] if len(items) > most else list(items)


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the styles that are named on the command line; all of them when none is."""
    from composer.training.train import cache_folder

    parser = argparse.ArgumentParser(prog="python -m composer.training.style_files", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="styles to make (default: all)")
    parser.add_argument("--data", type=Path, default=os.environ.get("RITORNELLO_DATA"), help="holds corpora/")
    parser.add_argument("--output", type=Path, default=styles_folder(), help="default: the program's own styles")
    parser.add_argument("--recipes", type=Path, default=styles_folder() / "recipes" / "shipped.yaml")
    parser.add_argument("--runs", action="store_true", help="make only the index of runs")
    options = parser.parse_args(arguments)
    if options.data is None:
        parser.error("say where the music is: --data FOLDER or RITORNELLO_DATA")
    book = read_recipes(options.recipes)
    pieces = list_pieces(book.sources, data=Path(options.data), cache=cache_folder())
    build = build_runs if options.runs else build_style
    for recipe in book.styles:
        if not options.names or recipe.name in options.names:
            build(recipe, book, pieces, output=options.output)


if __name__ == "__main__":
    main()
