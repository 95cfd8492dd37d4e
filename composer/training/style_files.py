"""Make the files of a style: its statistics, its index of runs and its card, from the training side of its pieces.

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
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from composer.analysis.copying import make_run_index, runs_to_bytes
from composer.analysis.outline import outline_of
from composer.analysis.statistics import AnalysedPiece, style_statistics
from composer.analysis.works import split_of, work_id
from composer.corpus.reader import ReadResult, read_score
from composer.errors import MusicFileError, TrainingError
from composer.files import write_all_atomic
from composer.score import Score
from composer.style import Source, StyleCard, read_style, styles_folder, write_style
from composer.style_statistics import StyleStatistics, meter_class, statistics_to_json
from composer.theory.meter import parse_meter

# The usual register: this much beyond the 10th percentile below and the 90th above.
_BELOW_SEMITONES = 5
_ABOVE_SEMITONES = 3
_RUNS_SUFFIX = ".runs.safetensors"
_MAX_OFF_GRID_SHARE = 0.1  # of a piece's notes; more, and its bars are only a guess


@dataclass(frozen=True)
class StyleRecipe:
    """What a style is made from.

    Attributes:
        name, description, composer, ensemble, forms, player: of the card.
        pattern: the files, below the data folder.
        source: name, address, licence and credit of the collection.
        weight: how many times a file counts, by its name.
        usual_tempo_bpm: where the scores state no tempo: meter → (slow, usual, fast).
    """

    name: str
    description: str
    composer: str
    ensemble: str
    forms: tuple[str, ...]
    player: str
    pattern: str
    source: Source
    weight: Callable[[str], int] = lambda _name: 1
    usual_tempo_bpm: dict[str, tuple[float, float, float]] = field(default_factory=dict)


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
        source=Source(
            "Mutopia Project: keyboard music of J. S. Bach",
            "https://www.mutopiaproject.org",
            "public domain; BWV 817 Polonaise: CC BY 4.0",
            "Typeset by the volunteers of the Mutopia Project; the Polonaise of BWV 817 under CC BY 4.0.",
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
        source=Source(
            "DCMLab: Bach chorales",
            "https://github.com/DCMLab/bach_chorales",
            "CC0-1.0",
        ),
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
    training, held_out = _readable_pieces(recipe, data)
    statistics = style_statistics(_analysed(recipe, training), name=recipe.name)
    runs = _runs_file(training, held_out)
    card = _card(recipe, statistics)
    write_all_atomic({output / card.statistics: statistics_to_json(statistics).encode(), output / card.runs: runs})
    write_style(card, output / f"{recipe.name}.yaml")
    return card


def build_runs(recipe: StyleRecipe, *, data: Path, output: Path) -> StyleCard:
    """Write `NAME.runs.safetensors` alone, and name it in the card that is there; otherwise as `build_style`.

    Raises:
        StyleError: there is no card.
    """
    card_path = output / f"{recipe.name}.yaml"
    card = replace(read_style(card_path), runs=f"{recipe.name}{_RUNS_SUFFIX}")
    write_all_atomic({output / card.runs: _runs_file(*_readable_pieces(recipe, data))})
    write_style(card, card_path)
    return card


def _readable_pieces(recipe: StyleRecipe, data: Path) -> tuple[list[ReadResult], list[ReadResult]]:
    """Return the pieces of the training side and the held-out ones, each in the order of the files."""
    paths = sorted(data.glob(recipe.pattern))
    if not paths:
        raise TrainingError(f"no files {recipe.pattern}", place=data, mend="name the folder that holds corpora/")
    results = [result for result in map(_read, paths) if result is not None and not result.is_live]
    sides: tuple[list[ReadResult], list[ReadResult]] = ([], [])
    for result in results:
        if result.off_grid_share <= _MAX_OFF_GRID_SHARE:
            is_training = split_of(work_id(result.source, result.score.title)) == "train"
            sides[0 if is_training else 1].append(result)
    return sides


def _runs_file(training: Sequence[ReadResult], held_out: Sequence[ReadResult]) -> bytes:
    return runs_to_bytes(make_run_index((result.score for result in training), (result.score for result in held_out)))


def _analysed(recipe: StyleRecipe, chosen: Sequence[ReadResult]) -> Iterator[AnalysedPiece]:
    """Yield the pieces, analysed on all cores, in the order of the files."""
    with ProcessPoolExecutor() as pool:
        analysed = pool.map(_analyse, [(result.score, recipe.ensemble) for result in chosen], chunksize=4)
        for result, piece in zip(chosen, analysed, strict=True):
            yield AnalysedPiece(result.score, piece.outline, recipe.weight(Path(result.source).name))


def _read(path: Path) -> ReadResult | None:
    try:
        return read_score(path)
    except MusicFileError:
        return None  # `compose corpus` names such files; a style is counted from those that can be read


def _analyse(task: tuple[Score, str]) -> AnalysedPiece:
    score, ensemble = task
    return AnalysedPiece(score, outline_of(score, ensemble=ensemble))


def _card(recipe: StyleRecipe, statistics: StyleStatistics) -> StyleCard:
    meters = tuple(meter for meter, _ in Counter(statistics.meters).most_common(6))
    tempo_of_class = statistics.tempo_bpm
    tempos = {
        meter: tempo_of_class[kind] for meter in meters if (kind := meter_class(parse_meter(meter))) in tempo_of_class
    }
    registers, source = statistics.registers, recipe.source
    low = registers.get("lower", registers["bass"])  # a single line has no lower hand
    high = registers.get("upper", registers["melody"])
    return StyleCard(
        name=recipe.name,
        description=recipe.description,
        composer=recipe.composer,
        ensemble=recipe.ensemble,
        forms=recipe.forms,
        meters=meters,
        tempo_bpm={**tempos, **recipe.usual_tempo_bpm},
        register=(round(low[0]) - _BELOW_SEMITONES, round(high[2]) + _ABOVE_SEMITONES),
        player=recipe.player,
        statistics=f"{recipe.name}.json",
        runs=f"{recipe.name}{_RUNS_SUFFIX}",
        sources=(Source(source.name, source.url, source.licence, source.credit, statistics.pieces, statistics.bars),),
        figures={name: values[1] for name, values in statistics.figures.items()},
    )


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
