"""How much guidance? Obedience to plan and style against diversity, over a grid of both guidances.

Run by hand, with the network's music in the folder that RITORNELLO_DATA names:

    RITORNELLO_DATA=… python tests/benchmarks/bench_guidance.py --output FOLDER [--styles bach chopin joplin]
        [--plan-guidances 1 1.25 1.5 2 3] [--style-guidances 1 1.5 2 3] [--plans 6] [--jobs 1] [--network FILE]
        [--picture FILE] [--json FILE]

Short plans are drawn from the equal mix of the styles; each is composed at every point of the grid, told one of the
styles (the next one from plan to plan), with two seeds. Everything else is as in the product: drafts, critics, cadences
given. A run that was stopped goes on where it was.

Printed for each point, with 95 % intervals (bootstrap of plans):

- roots: share of time in which a planned chord's root is found, and keys: planned keys found, both by code that the
  planner and the analysis do not use (`conditions_judge.py`);
- style: probability of the style that was told, by the classifier of `bench_classifier.py`, of these styles alone;
- diversity: 1 less the share of struck notes that two pieces of one plan have in common (Jaccard), bar by bar;
- distance: how far the figures that the issue of quality asks for lie outside the told style's 10th to 90th percentile,
  in widths of that range, on average;
- refused: phrases that were kept although no draft passed every check; seconds a piece.

The picture shows roots and style over diversity, the default marked.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
from bench_mixes import RULE, probability
from conditions_judge import Counts, judge
from style_classifier import DRAWS, Share
from style_listener import Listener, listen
from style_music import collected
from style_options import add_composing, add_results, parsed, style_parser
from style_pictures import draw_plane
from style_workshop import Composed, Order, average_plans, compose_all, read_piece, told
from usual_figures import outside_usual

from composer.pipeline import DEFAULT_GUIDANCE, DEFAULT_STYLE_GUIDANCE
from composer.roll.codec import encode
from composer.roll.facts import facts_of

PLAN_GUIDANCES = (1.0, 1.25, 1.5, 2.0, 3.0)
STYLE_GUIDANCES = (1.0, 1.5, 2.0, 3.0)
SEEDS = (1, 2)
MEASURES = ("roots", "keys", "style", "diversity", "distance", "refused", "seconds")

Point = tuple[float, float]  # guidance by the plan, by the style


def main() -> None:
    """Compose, judge, print."""
    options = _options()
    pieces = collected(options.config, options.data)
    listener = listen(pieces, options.ensemble, rule=RULE, styles=options.styles)
    points = [(plan, style) for style in options.style_guidances for plan in options.plan_guidances]
    orders = {point: orders_for(point, options) for point in points}
    flat = [order for own in orders.values() for order in own]
    compose_all(options.output, flat, network=options.network, jobs=options.jobs)
    rows = {point: judged(own, options, listener) for point, own in orders.items()}
    table = show(rows)
    if options.picture:
        picture(table, options)
    if options.json:
        details = [{"point": point, **{k: v.tolist() for k, v in row.items()}} for point, row in rows.items()]
        cells = [{"point": point, **{k: asdict(v) for k, v in row.items()}} for point, row in table.items()]
        options.json.write_text(json.dumps({"table": cells, "plans": details}, indent=1))


def _options() -> argparse.Namespace:
    parser = style_parser(__doc__)
    parser.add_argument("--ensemble", default="keyboard")
    parser.add_argument("--styles", nargs="+", default=["bach", "chopin", "joplin"])
    parser.add_argument("--plan-guidances", nargs="+", type=float, default=PLAN_GUIDANCES)
    parser.add_argument("--style-guidances", nargs="+", type=float, default=STYLE_GUIDANCES)
    parser.add_argument("--plans", type=int, default=6)
    add_composing(parser, bars=24, is_needed=True, with_guidances=False)
    add_results(parser, picture="roots and style over diversity")
    return parsed(parser)


def orders_for(point: Point, options: argparse.Namespace) -> list[Order]:
    """Return the pieces of one point: plan after plan, each with every seed."""
    plans = average_plans(
        options.styles, number=options.plans, bars=options.bars, ensemble=options.ensemble, forms=("binary", "ternary")
    )
    return [
        Order(name, plan, told(options.styles[turn % len(options.styles)]), *point, seed=seed)
        for turn, (name, plan) in enumerate(plans.items())
        for seed in SEEDS
    ]


def judged(orders: Sequence[Order], options: argparse.Namespace, listener: Listener | None) -> dict[str, np.ndarray]:
    """Return each measure [plan] of the pieces of one point."""
    found: dict[str, list[float]] = {measure: [] for measure in MEASURES}
    for first in range(0, len(orders), len(SEEDS)):
        own = orders[first : first + len(SEEDS)]
        pieces = [read_piece(options.output, order) for order in own]
        counts = [judge(piece.score, piece.outline) for piece in pieces]
        style = own[0].told[0][0]
        found["roots"].append(_share_of(counts, "root"))
        found["keys"].append(_share_of(counts, "key, 4"))
        found["style"].append(
            float(np.mean([probability(options.output, order, listener, style) for order in own]))
            if listener is not None and style in listener.styles
            else np.nan
        )
        found["diversity"].append(1 - likeness(*pieces[:2]))
        found["distance"].append(float(np.mean([outside_usual(piece.score, style) for piece in pieces])))
        found["refused"].append(float(np.mean([piece.facts["refused"] for piece in pieces])))
        found["seconds"].append(float(np.mean([piece.facts["seconds"] for piece in pieces])))
    return {measure: np.array(values) for measure, values in found.items()}


def _share_of(counts: Sequence[Counts], figure: str) -> float:
    """Return the share of what was found of the figures whose name is this, or begins with it and goes on in words."""
    own = [
        count
        for piece in counts
        for name, count in piece.items()
        if name == figure or (figure.startswith("key") and name.startswith(figure))
    ]
    total = sum(count.total for count in own)
    return sum(count.right for count in own) / total if total else np.nan


def likeness(first: Composed, second: Composed) -> float:
    """Return the share of struck notes that two pieces of one plan have in common, of all that either has, by bars."""
    bar = facts_of(first.outline).bar
    struck = [encode(piece.score).articulate[: len(bar)] for piece in (first, second)]
    steps = min(len(bar), *map(len, struck))
    both, either = struck[0][:steps] & struck[1][:steps], struck[0][:steps] | struck[1][:steps]
    common = np.bincount(bar[:steps], both.sum(axis=1), minlength=1)
    total = np.bincount(bar[:steps], either.sum(axis=1), minlength=1)
    return float((common[total > 0] / total[total > 0]).mean())


def show(rows: dict[Point, dict[str, np.ndarray]]) -> dict[Point, dict[str, Share]]:
    """Print and return the table."""
    number = len(next(iter(rows.values()))["roots"])
    draws = np.random.default_rng(0).integers(number, size=(DRAWS, number))
    print(f"{number} plans, {len(SEEDS)} seeds; means, with 95 % intervals of the first four")
    print(
        f"{'plan':>5}{'style':>6}"
        + "".join(f"{measure:>{22 if place < 4 else 10}}" for place, measure in enumerate(MEASURES))
    )
    table: dict[Point, dict[str, Share]] = {}
    for point, row in rows.items():
        table[point] = {measure: _mean(values, draws) for measure, values in row.items()}
        cells = [
            f"{share!s:>22}" if place < 4 else f"{share.share:10.2f}"
            for place, share in enumerate(table[point].values())
        ]
        mark = "  <- default" if point == (DEFAULT_GUIDANCE, DEFAULT_STYLE_GUIDANCE) else ""
        print(f"{point[0]:5g}{point[1]:6g}" + "".join(cells) + mark)
    return table


def _mean(values: np.ndarray, draws: np.ndarray) -> Share:
    drawn = np.nanmean(values[draws], axis=1) if not np.isnan(values).all() else np.full(len(draws), np.nan)
    low, high = np.nanpercentile(drawn, [2.5, 97.5]) if not np.isnan(drawn).all() else (np.nan, np.nan)
    middle = float(np.nanmean(values)) if not np.isnan(values).all() else float("nan")
    return Share(middle, float(low), float(high), len(values))


def picture(table: dict[Point, dict[str, Share]], options: argparse.Namespace) -> None:
    """Draw roots and style over diversity: FILE-plan and FILE-style."""
    marked = (f"{DEFAULT_GUIDANCE:g}/{DEFAULT_STYLE_GUIDANCE:g}",)
    for measure, up in (("roots", "share of planned chord roots found"), ("style", "probability of the style told")):
        lines: dict[str, list[tuple[str, float, float]]] = {}
        for (plan, style), row in table.items():
            label = f"{plan:g}/{style:g}"
            name = f"style guidance {style:g}" if measure == "roots" else f"plan guidance {plan:g}"
            lines.setdefault(name, []).append((label, row["diversity"].share, row[measure].share))
        path = options.picture.with_name(f"{options.picture.stem}-{'plan' if measure == 'roots' else 'style'}")
        draw_plane(lines, path, along="diversity of two seeds on one plan", up=up, marked=marked)


if __name__ == "__main__":
    main()
