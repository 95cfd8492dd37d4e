"""Do mixes of two styles move with their weights?

Run by hand, with the network's music in the folder that RITORNELLO_DATA names:

    RITORNELLO_DATA=… python tests/benchmarks/bench_mixes.py --output FOLDER [--pairs bach/chopin mozart/joplin]
        [--plans 12] [--filled] [--jobs 1] [--network FILE] [--picture FILE] [--json FILE]

For each pair a classifier of these two styles alone is trained on real pieces (`style_listener.py`). Plans are drawn
from the equal mix of both; on each plan a piece is composed at every weight, from the same seed, and nothing but the
style that the network is told differs (`style_workshop.py`); with `--filled` the plan is filled in each mix, as when a
user writes another one into it: tunes, paces and ends of phrases move with it, too. Printed, pair by pair: the mean
probability of the second style at each weight with its 95 % interval (bootstrap of plans), beside what held-out pieces
of both get; whether the means rise from weight to weight; Spearman's rho of weight and probability, over all pieces and
its mean within plans (with interval); the share of steps from one weight to the next at which a plan's probability
rises. A run that was stopped goes on where it was; composed pieces are kept in FOLDER.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from style_classifier import DRAWS, Share, accuracy
from style_listener import Ears, Listener, Rule, counted, listen
from style_music import collected, composed_music
from style_options import add_composing, add_results, parsed, style_parser
from style_pictures import draw_mixes
from style_workshop import Order, average_plans, compose_all, read_piece, told

from composer.roll.facts import facts_of

PAIRS = ("bach/chopin", "mozart/joplin", "bach/joplin", "handel/romantic")
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the second style
RULE = Rule(training=4, held_out=2)  # two styles are told apart with less than many

Curves = NDArray[np.float64]  # [plan, weight] probabilities of the second style


def main() -> None:
    """Compose, judge, print."""
    options = _options()
    pieces = collected(options.config, options.data)
    ears = Ears()
    report: dict[str, Any] = {}
    curves: dict[str, Curves] = {}
    for pair in options.pairs:
        styles = tuple(pair.split("/"))
        listener = listen(pieces, options.ensemble, rule=RULE, styles=styles, ears=ears)
        if listener is None:
            print(f"\n{pair}: too few pieces of one of them; a style needs {RULE}")
            continue
        orders = orders_for(styles, options)
        compose_all(options.output, orders, network=options.network, jobs=options.jobs)
        heard = [probability(options.output, order, listener, styles[1]) for order in orders]
        curves[pair] = np.array(heard).reshape(-1, len(options.weights))  # orders: plan after plan -> [plan, weight]
        report[pair] = show(pair, curves[pair], listener, options)
    if options.picture and curves:
        draw_mixes(curves, options.weights, options.picture)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))


def _options() -> argparse.Namespace:
    parser = style_parser(__doc__)
    parser.add_argument("--ensemble", default="keyboard")
    parser.add_argument("--pairs", nargs="+", default=PAIRS, metavar="FIRST/SECOND")
    parser.add_argument("--weights", nargs="+", type=float, default=WEIGHTS, help="of the second, from least to most")
    parser.add_argument("--plans", type=int, default=12, help="of each pair")
    parser.add_argument("--filled", action="store_true", help="plans of the equal mix, filled in each mix")
    add_composing(parser, bars=32, is_needed=True)
    add_results(parser, picture="the curves")
    return parsed(parser)


def orders_for(styles: Sequence[str], options: argparse.Namespace) -> list[Order]:
    """Return the pieces: every plan at every weight, plan after plan."""
    first, second = styles
    plans = average_plans(styles, number=options.plans, bars=options.bars, ensemble=options.ensemble)
    orders = []
    for name, plan in plans.items():
        for weight in options.weights:
            mix = {first: 1 - weight, second: weight}
            filled = tuple(mix.items()) if options.filled else ()
            orders.append(Order(name, plan, told(mix), options.guidance, options.style_guidance, filled_in=filled))
    return orders


def probability(folder: Path, order: Order, listener: Listener, style: str) -> float:
    """Return how likely a composed piece is of a style: by the mean of its segments' log-probabilities."""
    found = read_piece(folder, order)
    music = composed_music(
        found.score, facts_of(found.outline), name=order.name, work=order.name, style=style, ensemble=listener.ensemble
    )
    logs = listener.classifier.log_probabilities(counted(music)).mean(axis=0)
    shares = np.exp(logs - logs.max())
    return float(shares[listener.styles.index(style)] / shares.sum())


def show(pair: str, rows: Curves, listener: Listener, options: argparse.Namespace) -> dict[str, Any]:
    """Print and return what was found of one pair."""
    second = listener.styles.index(pair.split("/")[1])
    votes = listener.heard()
    shares = np.exp(votes.log_probabilities)
    shares = shares[:, second] / shares.sum(axis=1)
    real = [float(shares[(votes.style == second) == is_second].mean()) for is_second in (False, True)]
    draws = np.random.default_rng(0).integers(len(rows), size=(DRAWS, len(rows)))
    print(f"\n{pair}: {len(rows)} plans; held-out pieces told apart: {accuracy(votes)}")
    print(
        f"  probability of the second in held-out pieces: {real[0]:.2f} of the first's, {real[1]:.2f} of the second's"
    )
    means = [_share(rows[:, place], draws) for place in range(rows.shape[1])]
    for weight, mean in zip(options.weights, means, strict=True):
        print(f"  weight {weight:4.2f}: {mean}")
    steps = np.diff([mean.share for mean in means])
    rises = np.diff(rows, axis=1) > 0
    within = np.array([spearman(options.weights, row) for row in rows])
    overall = spearman(np.tile(options.weights, len(rows)), rows.ravel())
    found = {
        "Spearman's rho within plans": _share(within, draws),
        "steps that rise within plans": _share(rises.mean(axis=1), draws),
    }
    print(f"  {'means rise at every step':38}{'yes' if (steps > 0).all() else 'NO'}  (least {steps.min():+.3f})")
    print(f"  {'rho over all pieces':38}{overall:.2f}")
    for name, share in found.items():
        print(f"  {name:38}{share}")
    return {
        "weights": list(options.weights),
        "means": [asdict(mean) for mean in means],
        "real": real,
        "rises": bool((steps > 0).all()),
        "rho": overall,
        **{name: asdict(share) for name, share in found.items()},
        "curves": rows.tolist(),
    }


def spearman(first: Sequence[float] | np.ndarray, second: Sequence[float] | np.ndarray) -> float:
    """Return the correlation of ranks; equal values share their mean rank. 0 where one side never changes."""
    ranks = [_ranks(np.asarray(values, float)) for values in (first, second)]
    if min(rank.std() for rank in ranks) == 0:
        return 0.0
    return float(np.corrcoef(*ranks)[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    _, places, sizes = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(sizes) - (sizes - 1) / 2)[places])


def _share(values: np.ndarray, draws: np.ndarray) -> Share:
    """Return the mean over plans with its interval."""
    low, high = np.percentile(values[draws].mean(axis=1), [2.5, 97.5])
    return Share(float(values.mean()), float(low), float(high), len(values))


if __name__ == "__main__":
    main()
