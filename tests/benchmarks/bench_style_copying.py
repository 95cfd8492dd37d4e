"""Do composed pieces copy? The longest run of notes they share with a training piece, beside what real pieces share.

Run by hand, with the network's music in the folder that RITORNELLO_DATA names:

    RITORNELLO_DATA=… python tests/benchmarks/bench_style_copying.py --output FOLDER [--number 200] [--filled]
        [--jobs 1] [--ensemble keyboard] [--network FILE] [--json FILE]

All training pieces of the network's configuration, of every composer and ensemble, are one library of runs
(`shared_runs.py`): consecutive notes of a line with the same intervals and rhythm, at any pitch. Composed pieces are
those of `bench_classifier.py` (the same FOLDER, plans and styles: nothing is composed twice); their tunes are composed,
so every note counts. A longer piece has longer runs by chance: held-out pieces of a style are cut into excerpts of as
many notes as its composed pieces have in the middle.

Printed, style by style and over all: median and 95th percentile of the longest run, in notes, of composed pieces, of
held-out excerpts and of whole held-out pieces, with 95 % intervals (bootstrap of works); and the composed pieces with
the longest runs. Composed runs are to be no longer than real ones. Without `--output` the real side alone.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from bench_classifier import orders_for
from shared_runs import Library, Lines, excerpts, lines_of
from style_classifier import DRAWS
from style_listener import Rule
from style_music import collected
from style_options import add_composing, add_results, parsed, style_parser
from style_workshop import cards_for, compose_all, read_piece

from composer.roll.codec import encode

PERCENTILES = (50, 95)
USUAL_NOTES = 300  # of an excerpt where nothing is composed
LONGEST_LISTED = 5
IN_PARTS = ("chorale", "quartet", "song")


@dataclass(frozen=True)
class Found:
    """A piece, or an excerpt of one.

    Attributes:
        style: whose it is, or that was asked for.
        work: what belongs together in the bootstrap.
        name: of the piece.
        longest: notes of its longest shared run.
    """

    style: str
    work: str
    name: str
    longest: int


def main() -> None:
    """Index, look up, print."""
    options = _options()
    pieces = collected(options.config, options.data)
    styles = options.styles or [
        name for name in dict.fromkeys(p.composer for p in pieces) if has_enough(pieces, name, options.ensemble)
    ]
    library = Library(lines_of(p.roll, with_parts=p.ensemble in IN_PARTS) for p in pieces if p.split == "train")
    composed, notes = composed_side(styles, library, options) if options.output else ([], {})
    held_out = [p for p in pieces if p.split != "train" and p.ensemble == options.ensemble and p.composer in styles]
    rows = {"composed": composed, **real_side(held_out, library, notes)}
    report = show(styles, rows, notes)
    for found in sorted(composed, key=lambda one: -one.longest)[:LONGEST_LISTED]:
        print(f"  {found.longest:3} notes: {found.name}")
    if options.json:
        details = {name: [asdict(one) for one in found] for name, found in rows.items()}
        options.json.write_text(json.dumps({"table": report, "pieces": details}, indent=1))


def _options() -> argparse.Namespace:
    parser = style_parser(__doc__)
    parser.add_argument("--ensemble", default="keyboard")
    parser.add_argument("--styles", nargs="+", default=(), help="default: those of bench_classifier.py")
    parser.add_argument("--number", type=int, default=200, help="composed pieces, over all styles")
    parser.add_argument("--filled", action="store_true", help="those that were filled wholly in their styles")
    add_composing(parser, bars=32)
    add_results(parser)
    return parsed(parser)


def has_enough(pieces: Sequence[Any], composer: str, ensemble: str) -> bool:
    """Return whether a style is a class of the classifier."""
    sides = [p.split == "train" for p in pieces if p.composer == composer and p.ensemble == ensemble]
    rule = Rule()
    return sum(sides) >= rule.training and len(sides) - sum(sides) >= rule.held_out


def composed_side(
    styles: Sequence[str], library: Library, options: argparse.Namespace
) -> tuple[list[Found], dict[str, int]]:
    """Return the runs of composed pieces, and the median of their notes by style."""
    orders = orders_for(cards_for(styles), options.ensemble, options)
    compose_all(options.output, orders, network=options.network, jobs=options.jobs)
    lines = [lines_of(encode(read_piece(options.output, order).score)) for order in orders]
    found = [
        Found(order.told[0][0], order.name, f"{order.who}/{order.name}", int(runs.max(initial=0)))
        for order, runs in zip(orders, library.run_lengths(lines), strict=True)
    ]
    sizes: dict[str, list[int]] = {}
    for one, own in zip(found, lines, strict=True):
        sizes.setdefault(one.style, []).append(own.num_notes)
    return found, {style: int(np.median(numbers)) for style, numbers in sizes.items()}


def real_side(held_out: Sequence[Any], library: Library, notes: dict[str, int]) -> dict[str, list[Found]]:
    """Return the runs of held-out pieces: in excerpts of so many notes by style, and whole."""
    lines: list[Lines] = [lines_of(piece.roll) for piece in held_out]
    rows: dict[str, list[Found]] = {"real excerpts": [], "real pieces": []}
    for piece, own, runs in zip(held_out, lines, library.run_lengths(lines), strict=True):
        if not own.num_notes:
            continue
        name = f"{piece.composer}/{piece.name}"
        rows["real pieces"].append(Found(piece.composer, piece.work, name, int(runs.max())))
        for longest in excerpts(own, runs, notes.get(piece.composer, USUAL_NOTES)):
            rows["real excerpts"].append(Found(piece.composer, piece.work, name, longest))
    return rows


def show(styles: Sequence[str], rows: dict[str, list[Found]], notes: dict[str, int]) -> dict[str, Any]:
    """Print and return medians and 95th percentiles."""
    report: dict[str, Any] = {}
    print(f"longest run shared with a training piece, in notes: {' and '.join(f'p{p}' for p in PERCENTILES)} (95 %)")
    print(f"{'':12}{'notes':>6}" + "".join(f"{name:>34}" for name in rows) + "   no longer")
    for style in (*styles, "all"):
        cells, report[style] = [], {}
        for name, found in rows.items():
            own = [one for one in found if style in (one.style, "all")]
            report[style][name] = {p: spread(own, p) for p in PERCENTILES} if own else {}
            words = [f"{middle:.0f} ({low:.0f}-{high:.0f})" for middle, low, high in report[style][name].values()]
            cells.append(f"{len(own)}: {', '.join(words)}" if own else "")
        met = ""
        if report[style]["composed"] and report[style]["real excerpts"]:
            pair = report[style]["composed"], report[style]["real excerpts"]
            met = "yes" if all(pair[0][p][0] <= pair[1][p][0] for p in PERCENTILES) else "NO"
        size = str(notes.get(style, USUAL_NOTES)) if style != "all" else ""
        print(f"{style:12}{size:>6}" + "".join(f"{cell:>34}" for cell in cells) + f"   {met}")
    return report


def spread(found: Sequence[Found], percent: int) -> tuple[float, float, float]:
    """Return a percentile of the longest runs, with its interval over draws of works."""
    works = sorted({one.work for one in found})
    values = [np.array([one.longest for one in found if one.work == work]) for work in works]
    draws = np.random.default_rng(0).integers(len(works), size=(DRAWS // 4, len(works)))
    drawn = [np.percentile(np.concatenate([values[place] for place in row]), percent) for row in draws]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(np.percentile(np.concatenate(values), percent)), float(low), float(high)


if __name__ == "__main__":
    main()
