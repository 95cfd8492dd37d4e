"""Make the files of a style: its statistics, its index of runs and its card, from the training side of its pieces.

What a recipe does not say is told from the pieces: for whom they are written, the forms and the player that suit it. A
style of a user's own folder is made so (`training/own_style.py`). Note values are read as the network reads them
(`roll/values.py`). The program's own styles are made by hand:

    python -m composer.training.style_files --data FOLDER [--output FOLDER] [--runs] [NAME ...]

`FOLDER` holds `corpora/…` (default: the environment variable RITORNELLO_DATA). The same files give the same bytes. Only
works on the training side of `analysis.works.split_of` are counted, so that held-out pieces stay unheard; these say how
long the runs are that real pieces share. `--runs` makes the index alone, which takes seconds, beside statistics that
are there.
"""

from __future__ import annotations

import argparse
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from composer.analysis.copying import make_run_index, runs_to_bytes
from composer.analysis.duplicates import fingerprint_of, group_works
from composer.analysis.outline import ensemble_of, outline_of
from composer.analysis.statistics import AnalysedPiece, style_statistics
from composer.analysis.works import sides_of, work_id
from composer.corpus.reader import read_pieces
from composer.errors import MusicFileError, TrainingError
from composer.files import check_writable, write_all_atomic
from composer.parallel import parallel_map
from composer.plan.forms import form_names
from composer.roll.values import read_on_grid
from composer.score import Score
from composer.style import Source, StyleCard, read_style, styles_folder, write_style
from composer.style_statistics import StyleStatistics, meter_class, statistics_to_json
from composer.theory.meter import parse_meter

# The usual register: this much beyond the 10th percentile below and the 90th above.
_BELOW_SEMITONES = 5
_ABOVE_SEMITONES = 3
_RUNS_SUFFIX = ".runs.safetensors"
_MAX_OFF_GRID_SHARE = 0.1  # of a piece's notes; more, and its bars are only a guess


# What suits an ensemble, best first; of the forms those that there are, a minuet only where 3/4 is usual.
_FORMS = {
    "chorale": ("chorale", "strophic"),
    "keyboard": ("binary", "ternary", "rondo", "sonata", "minuet", "variations"),
    "line": ("binary", "ternary", "rondo"),
    "organ": ("fugue", "ritornello", "binary", "ternary"),
    "quartet": ("sonata", "minuet", "rondo", "ternary"),
    "song": ("song", "strophic", "ternary", "binary"),
}
_PLAYERS = {"chorale": "chorale", "organ": "organ", "song": "romantic"}
_USUAL_PLAYER = "classical"
_USUAL_ENSEMBLE = "keyboard"
# Meter class → (slow, usual, fast) beats a minute, where neither the scores nor the recipe say: a walk, and round it.
_USUAL_TEMPO_BPM = {
    "duple": (60.0, 84.0, 112.0),
    "triple": (72.0, 96.0, 132.0),
    "quadruple": (66.0, 92.0, 120.0),
    "compound": (48.0, 66.0, 88.0),
}


@dataclass(frozen=True)
class StyleRecipe:
    """What a style is made from; what is empty is told from the pieces.

    Attributes:
        name, description, composer, ensemble, forms, player: of the card.
        pattern: the files, below the data folder.
        sources: name, address, licence and credit of the collections; of a single one the pieces are counted.
        weight: how many times a file counts, by its name.
        usual_tempo_bpm: where the scores state no tempo: meter → (slow, usual, fast).
    """

    name: str
    description: str
    composer: str
    ensemble: str = ""
    forms: tuple[str, ...] = ()
    player: str = ""
    pattern: str = "**/*"
    sources: tuple[Source, ...] = ()
    weight: Callable[[str], int] = lambda _name: 1
    usual_tempo_bpm: dict[str, tuple[float, float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class StylePiece:
    """A piece that a style is counted from.

    Attributes:
        path: its file.
        number: of the piece, where its file holds several; else "".
        score: in the note values in which the network reads it.
        ensemble: as told from the score.
        work: id of the work.
    """

    path: Path
    number: str
    score: Score
    ensemble: str
    work: str


def bach_weight(name: str) -> int:
    """Return how often a piece of Bach counts: suites, inventions and preludes thrice, fugues and organ music once."""
    found = re.search(r"BWV(Anh)?(\d+)", name, re.I)
    if not found:
        return 1
    number, rest = int(found[2]), name[found.end() :].lower()
    if found[1]:
        return 3 if 111 <= number <= 132 else 1  # the Notebook for Anna Magdalena
    if 846 <= number <= 893:  # The Well-Tempered Clavier: files end in b, or say so, where they hold the fugue
        return 1 if re.search(r"fug|\d{3}b", rest) else 3
    return 3 if 772 <= number <= 801 or 806 <= number <= 833 or 924 <= number <= 943 else 1


RECIPES = (
    StyleRecipe(
        name="bach",
        description="J. S. Bach at the keyboard: suites, inventions, preludes, fugues",
        composer="bach",
        ensemble="keyboard",
        forms=("binary", "rondo", "invention", "fugue", "ritornello", "ternary", "minuet", "variations"),
        player="baroque",
        pattern="corpora/mutopia/BachJS/*.mid",
        sources=(
            Source(
                "Mutopia Project: keyboard music of J. S. Bach",
                "https://www.mutopiaproject.org",
                "public domain; BWV 817 Polonaise: CC BY 4.0",
                "Typeset by the volunteers of the Mutopia Project; the Polonaise of BWV 817 under CC BY 4.0.",
            ),
        ),
        weight=bach_weight,
    ),
    StyleRecipe(
        name="chorale",
        description="J. S. Bach's four-part chorales",
        composer="bach",
        ensemble="chorale",
        forms=("chorale", "strophic"),
        player="chorale",
        pattern="corpora/chorales/*.musicxml",
        sources=(Source("DCMLab: Bach chorales", "https://github.com/DCMLab/bach_chorales", "CC0-1.0"),),
        usual_tempo_bpm={"4/4": (60.0, 76.0, 92.0), "3/4": (72.0, 88.0, 104.0)},
    ),
)


def build_style(recipe: StyleRecipe, *, data: Path, output: Path) -> StyleCard:
    """Count a style and write `NAME.json`, `NAME.runs.safetensors` and `NAME.yaml`.

    Args:
        recipe: what from.
        data: the folder that holds `corpora/`.
        output: the folder of the files.

    Raises:
        TrainingError: there are no such files.
        OutputError: the place cannot be written.
    """
    check_writable(output / f"{recipe.name}.yaml")
    return write_style_files(recipe, *_sides(_readable_pieces(recipe, data)), output=output)


def write_style_files(
    recipe: StyleRecipe, training: Sequence[StylePiece], held_out: Sequence[StylePiece], *, output: Path
) -> StyleCard:
    """Count a style from pieces and write its files; without held-out pieces there is no index of runs.

    Raises:
        TrainingError: there is nothing to count.
        OutputError: the place cannot be written.
    """
    if not training:
        raise TrainingError(f'no piece to count for the style "{recipe.name}"', mend="give more pieces")
    statistics = style_statistics(_analysed(recipe, training), name=recipe.name)
    card = _card(recipe, statistics, runs=f"{recipe.name}{_RUNS_SUFFIX}" if held_out else "")
    files = {output / card.statistics: statistics_to_json(statistics).encode()}
    if card.runs:
        files[output / card.runs] = _runs_file(training, held_out)
    write_all_atomic(files)
    write_style(card, output / f"{recipe.name}.yaml")
    return card


def build_runs(recipe: StyleRecipe, *, data: Path, output: Path) -> StyleCard:
    """Write `NAME.runs.safetensors` alone, and name it in the card that is there; otherwise as `build_style`.

    Raises:
        StyleError: there is no card.
    """
    card_path = output / f"{recipe.name}.yaml"
    card = replace(read_style(card_path), runs=f"{recipe.name}{_RUNS_SUFFIX}")
    write_all_atomic({output / card.runs: _runs_file(*_sides(_readable_pieces(recipe, data)))})
    write_style(card, card_path)
    return card


def read_style_pieces(path: Path) -> list[StylePiece]:
    """Return the pieces of a file that a style can be counted from; none of a file that cannot be read.

    `compose corpus` names such files; live performances and pieces that fit no grid are left out too.
    """
    try:
        results = read_pieces(path)
    except MusicFileError:
        return []
    return [
        StylePiece(
            path,
            result.piece,
            read_on_grid(result.score).score,
            ensemble_of(result.score),
            work_id(path, result.score.title, result.piece),
        )
        for result in results
        if not result.is_live
        and result.off_grid_share <= _MAX_OFF_GRID_SHARE
        and any(part.notes for part in result.score.parts)
    ]


def _readable_pieces(recipe: StyleRecipe, data: Path) -> list[StylePiece]:
    """Return the pieces in the order of the files."""
    paths = sorted(data.glob(recipe.pattern))
    if not paths:
        raise TrainingError(f"no files {recipe.pattern}", place=data, mend="name the folder that holds corpora/")
    return [piece for pieces in parallel_map(read_style_pieces, paths) for piece in pieces]


def _sides(pieces: Sequence[StylePiece]) -> tuple[list[StylePiece], list[StylePiece]]:
    """Return the pieces of the training side and the held-out ones; what is alike stays together."""
    ids = [piece.work for piece in pieces]
    groups = group_works(ids, [fingerprint_of(piece.score) for piece in pieces])
    sides: tuple[list[StylePiece], list[StylePiece]] = ([], [])
    for piece, side in zip(pieces, sides_of(ids, groups), strict=True):
        sides[0 if side == "train" else 1].append(piece)
    return sides


def _runs_file(training: Sequence[StylePiece], held_out: Sequence[StylePiece]) -> bytes:
    return runs_to_bytes(make_run_index((piece.score for piece in training), (piece.score for piece in held_out)))


def _analysed(recipe: StyleRecipe, chosen: Sequence[StylePiece]) -> Iterator[AnalysedPiece]:
    """Yield the pieces, analysed on all cores, in the order of the files."""
    outlines = parallel_map(partial(outline_of, ensemble=recipe.ensemble or None), (piece.score for piece in chosen))
    for piece, outline in zip(chosen, outlines, strict=True):
        yield AnalysedPiece(piece.score, outline, recipe.weight(piece.path.name))


def _card(recipe: StyleRecipe, statistics: StyleStatistics, *, runs: str) -> StyleCard:
    meters = tuple(meter for meter, _ in Counter(statistics.meters).most_common(6))
    ensemble = recipe.ensemble or _ensemble(statistics)
    registers = statistics.registers
    low = registers.get("lower", registers["bass"])  # a single line has no lower hand
    high = registers.get("upper", registers["melody"])
    sources = recipe.sources
    if len(sources) == 1:
        sources = (replace(sources[0], pieces=statistics.pieces, bars=statistics.bars),)
    return StyleCard(
        name=recipe.name,
        description=recipe.description,
        composer=recipe.composer,
        ensemble=ensemble,
        forms=recipe.forms or _forms(ensemble, meters),
        meters=meters,
        tempo_bpm={meter: _tempo(meter, statistics) for meter in meters} | recipe.usual_tempo_bpm,
        register=(round(low[0]) - _BELOW_SEMITONES, round(high[2]) + _ABOVE_SEMITONES),
        player=recipe.player or _PLAYERS.get(ensemble, _USUAL_PLAYER),
        statistics=f"{recipe.name}.json",
        runs=runs,
        sources=sources,
        figures={name: values[1] for name, values in statistics.figures.items()},
    )


def _ensemble(statistics: StyleStatistics) -> str:
    """Return the ensemble of most pieces."""
    counts = Counter(statistics.ensembles).most_common(1)
    return counts[0][0] if counts else _USUAL_ENSEMBLE


def _forms(ensemble: str, meters: Sequence[str]) -> tuple[str, ...]:
    known = form_names()
    suiting = [form for form in _FORMS.get(ensemble, _FORMS[_USUAL_ENSEMBLE]) if form in known]
    return tuple(form for form in suiting if form != "minuet" or "3/4" in meters[:3])


def _tempo(meter: str, statistics: StyleStatistics) -> tuple[float, float, float]:
    kind = meter_class(parse_meter(meter))
    return statistics.tempo_bpm.get(kind) or _USUAL_TEMPO_BPM[kind]


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the styles that are named on the command line; all of them when none is."""
    parser = argparse.ArgumentParser(prog="python -m composer.training.style_files", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="styles to make (default: all)")
    parser.add_argument("--data", type=Path, default=os.environ.get("RITORNELLO_DATA"), help="holds corpora/")
    parser.add_argument("--output", type=Path, default=styles_folder(), help="default: the program's own styles")
    parser.add_argument("--runs", action="store_true", help="make only the index of runs")
    options = parser.parse_args(arguments)
    if options.data is None:
        parser.error("say where the music is: --data FOLDER or RITORNELLO_DATA")
    for recipe in RECIPES:
        if not options.names or recipe.name in options.names:
            build = build_runs if options.runs else build_style
            build(recipe, data=Path(options.data), output=options.output)


if __name__ == "__main__":
    main()
