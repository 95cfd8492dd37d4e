"""Voice-leading faults of real pieces, by style and ensemble: what `styles/voice_leading.json` holds.

Run by hand, with the music of `styles/recipes/shipped.yaml` in the folder that RITORNELLO_DATA names (`corpora/…`):

    RITORNELLO_DATA=… python tests/benchmarks/bench_voice_leading.py [--pieces 24] [--write] [NAME …]

Counted by the report's own code, keys and cadences as the analysis hears them. Of more than `--pieces` pieces of a
style for one ensemble an even choice is counted; of a file with several pieces, the first. `--write` puts the table
where the report reads it; without it, it is printed.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path

from composer.analysis.harmony import analyse_harmony
from composer.analysis.outline import ensemble_of
from composer.analysis.phrases import divide_phrases
from composer.corpus.reader import read_score
from composer.errors import MusicFileError
from composer.files import write_atomic
from composer.report.voice_leading import KINDS, RATES_FILE, StyleRate, VoiceLeading, count_faults, rate_of
from composer.score import Score
from composer.style import styles_folder
from composer.training.recipes import RecipeBook, StyleRecipe, read_recipes
from composer.training.sources import list_files
from composer.training.style_files import evenly

LEAST_PIECES = 4  # of an ensemble, for a rate
RECIPES = styles_folder() / "recipes" / "shipped.yaml"


def files_of(recipe: StyleRecipe, book: RecipeBook, data: Path) -> dict[str, list[Path]]:
    """Return the files of a style by the ensemble that its sources state; "" where they state none."""
    found: dict[str, list[Path]] = defaultdict(list)
    for source, files in zip(book.sources, list_files(book.sources, data), strict=True):
        if source.composer == recipe.composer and source.ensemble in (recipe.ensembles or (source.ensemble,)):
            found[source.ensemble].extend(files)
    return found


def count_piece(score: Score) -> VoiceLeading:
    """Return the faults of a piece, its cadences found by the analysis."""
    harmony = analyse_harmony(score)
    return count_faults(score, divide_phrases(score, harmony.chords), harmony.keys)


def rates_of(recipe: StyleRecipe, book: RecipeBook, data: Path, *, most: int) -> dict[str, StyleRate]:
    """Return the rate of each ensemble of a style."""
    counts: dict[str, list[VoiceLeading]] = defaultdict(list)
    for ensemble, files in files_of(recipe, book, data).items():
        for path in evenly(files, most):
            try:
                score = read_score(path).score
            except MusicFileError as error:
                print(f"left out: {error}")
                continue
            counts[ensemble or ensemble_of(score)].append(count_piece(score))
    return {name: rate_of(pieces) for name, pieces in sorted(counts.items()) if len(pieces) >= LEAST_PIECES}


def rounded(rate: StyleRate) -> dict[str, object]:
    """Return a rate as the file holds it."""
    told = asdict(rate)
    told["by_kind"] = {kind: round(rate.by_kind[kind], 2) for kind in KINDS}
    return told | {"per_100_bars": round(rate.per_100_bars, 2), "p95": round(rate.p95, 1)}


def main() -> None:
    """Count, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="styles to count (default: all)")
    parser.add_argument("--data", default=os.environ.get("RITORNELLO_DATA"))
    parser.add_argument("--pieces", type=int, default=24, help="at most, of a style for one ensemble")
    parser.add_argument("--write", action="store_true", help=f"write {RATES_FILE} among the styles")
    options = parser.parse_args()
    if options.data is None:
        parser.error("name the data folder with --data or RITORNELLO_DATA")
    book = read_recipes(RECIPES)
    path = styles_folder() / RATES_FILE
    styles = json.loads(path.read_text(encoding="utf-8"))["styles"] if options.write and path.exists() else {}
    for recipe in book.styles:
        if options.names and recipe.name not in options.names:
            continue
        rates = rates_of(recipe, book, Path(options.data), most=options.pieces)
        styles[recipe.name] = {ensemble: rounded(rate) for ensemble, rate in rates.items()}
        for ensemble, rate in rates.items():
            kinds = ", ".join(f"{kind} {value:.2f}" for kind, value in rate.by_kind.items() if value)
            head = f"{recipe.name} ({ensemble}, {rate.pieces} pieces, {rate.bars} bars)"
            print(f"{head:48} {rate.per_100_bars:6.2f}  95th percentile {rate.p95:5.1f}  {kinds}", flush=True)
        if options.write:
            told = {
                "what": "voice-leading faults in 100 bars of real pieces (composer/report/voice_leading.py)",
                "counted_by": "tests/benchmarks/bench_voice_leading.py",
                "pieces_at_most": options.pieces,
                "music": "styles/recipes/shipped.yaml; terms in each style's card",
                "styles": dict(sorted(styles.items())),
            }
            write_atomic(path, (json.dumps(told, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
