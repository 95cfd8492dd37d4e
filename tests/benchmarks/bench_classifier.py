"""Can a stranger tell the styles apart, in held-out pieces and in composed ones?

Run by hand, with the network's music in the folder that RITORNELLO_DATA names:

    RITORNELLO_DATA=… python tests/benchmarks/bench_classifier.py [--ensembles keyboard chorale quartet song]
        [--output FOLDER [--number 200] [--jobs 1] [--network FILE]] [--picture FILE] [--json FILE]

Real side: a classifier (`style_features.py`, `style_classifier.py`) that shares nothing with the network hears pieces
of one ensemble, all moved to one tonic, in segments of 16 bars; no absolute pitch, no density, no polyphony, no tempo,
no length. It is trained on the training side of the network's split and tried on the held-out sides. Printed: accuracy
by piece, balanced over the styles, with its 95 % interval (bootstrap of works); the same with the right style among the
first two; each set of features alone; all of it over six folds of the small styles, which have few held-out pieces in
one; and a control, the same held-out pieces in notes of twice the length: what follows density would change its mind.

Composed side (`--output`, the first of the ensembles): plans drawn from an equal mix of the styles, each composed once
with the network told each style (`style_workshop.py`), cut into the same segments and given to the same classifier.
With `--filled` the plan is still the mix's (form, keys, chords, cadences, textures), but all of the filling is the
style's, as when a user writes another style into a resolved plan: rhythms and ranking of tunes, registers too.
Printed: accuracy, beside held-out pieces whole and in excerpts as long as the composed pieces, the ratio of the two,
and both confusion matrices, as a picture too. A run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from style_classifier import Example, Share, Votes, accuracy, accuracy_draws, confusion
from style_features import SETS
from style_listener import Ears, Listener, Rule, counted, listen, pooled
from style_music import Music, collected, composed_music, real_music
from style_options import add_composing, add_results, parsed, style_parser
from style_pictures import draw_confusions
from style_workshop import Order, average_plans, cards_for, compose_all, read_piece, seconds_of, told

from composer.roll.facts import facts_of
from composer.training.folds import FOLDS

TARGET = 0.8  # of the accuracy on held-out pieces


def main() -> None:
    """Train, judge, print."""
    options = _options()
    pieces = collected(options.config, options.data)
    report: dict[str, Any] = {}
    rule = Rule(options.least_training, options.least_held_out)
    print(f"a style is a class where it has {rule}")
    for ensemble in options.ensembles:
        ears = Ears()
        listener = listen(pieces, ensemble, rule=rule, styles=options.styles, ears=ears)
        if listener is None:
            print(f"\n{ensemble}: fewer than two styles have enough pieces")
            continue
        alone = with_less(listener, pieces, rule, ears)
        report[ensemble] = real_side(listener, alone, options, pieces, rule, ears)
        if options.output and ensemble == options.ensembles[0]:
            report[ensemble]["composed"] = composed_side(listener, alone, options)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))


def _options() -> argparse.Namespace:
    parser = style_parser(__doc__)
    parser.add_argument("--ensembles", nargs="+", default=["keyboard", "chorale", "quartet", "song"])
    parser.add_argument("--styles", nargs="+", default=(), help="default: all that have enough pieces")
    parser.add_argument("--least-training", type=int, default=Rule.training, help="pieces of a class")
    parser.add_argument("--least-held-out", type=int, default=Rule.held_out, help="pieces of a class")
    parser.add_argument("--folds", type=int, default=FOLDS, help="of the small styles; 1: only the network's own")
    parser.add_argument("--filled", action="store_true", help="plans of the mix, filled wholly in the style")
    parser.add_argument("--number", type=int, default=200, help="composed pieces, over all styles")
    add_composing(parser, bars=32)
    add_results(parser, picture="the confusion matrices")
    return parsed(parser)


# ---------------------------------------------------------------- real pieces


def with_less(listener: Listener, pieces: Sequence[Any], rule: Rule, ears: Ears) -> dict[str, Listener]:
    """Return listeners that hear one set of features alone."""
    found = {}
    penalties = (listener.classifier.penalty,)
    for name, groups in SETS.items():
        own = listen(
            pieces,
            listener.ensemble,
            rule=rule,
            styles=listener.styles,
            sets=(groups,),
            penalties=penalties,
            ears=ears,
        )
        assert own is not None
        found[f"  {name} alone"] = own
    return found


def real_side(
    listener: Listener,
    alone: dict[str, Listener],
    options: argparse.Namespace,
    pieces: Sequence[Any],
    rule: Rule,
    ears: Ears,
) -> dict[str, Any]:
    """Print and return what the classifier of one ensemble says of held-out pieces."""
    styles = listener.styles
    segments = Counter(styles[one.style] for one in listener.training)
    votes = listener.heard()
    held_out = Counter(styles[style] for style in votes.style)
    print(f"\n{listener.ensemble}: {len(styles)} classes; chance {1 / len(styles):.2f}")
    for name in styles:
        print(f"  {name:12}{segments[name]:5} segments for training, {held_out[name]:4} pieces held out")
    for name, (training, rest) in listener.left_out.items():
        print(f"  left out: {name}, {training} pieces for training and {rest} held out")
    rows = {"held-out pieces": accuracy(votes), "  among the first two": accuracy(votes, top=2)}
    rows["  their first three segments"] = accuracy(listener.heard(most=3))
    rows["  in notes twice as long"] = accuracy(slower(listener, pieces))
    rows |= {name: accuracy(own.heard()) for name, own in alone.items()}
    tables = {"held-out pieces": confusion(votes, len(styles))}
    if options.folds > 1:
        folded = over_folds(listener, options, rule, ears)
        rows[f"held-out pieces of {options.folds} folds"] = accuracy(folded)
        rows["  of all folds, among the first two"] = accuracy(folded, top=2)
        tables[f"held-out pieces of {options.folds} folds"] = confusion(folded, len(styles))
    _show_rows(rows)
    for title, table in tables.items():
        _show_table(title, table, styles)
    return {
        "styles": styles,
        "segments": segments,
        "pieces": held_out,
        "penalty": listener.classifier.penalty,
        "rows": {name.strip(): asdict(share) for name, share in rows.items()},
        "tables": {name: table.tolist() for name, table in tables.items()},
    }


def over_folds(listener: Listener, options: argparse.Namespace, rule: Rule, ears: Ears) -> Votes:
    """Return the votes on all pieces that some fold holds out, each by a classifier that did not learn from it."""
    parts = []
    for fold in range(options.folds):
        pieces = collected(options.config, options.data, fold=fold)
        other = listen(
            pieces,
            listener.ensemble,
            rule=replace(rule, training=1, held_out=0),
            styles=listener.styles,
            penalties=(listener.classifier.penalty,),
            ears=ears,
        )
        assert other is not None
        order = [listener.styles.index(name) for name in other.styles]
        votes = other.heard()
        parts.append(
            Votes(
                votes.pieces,
                votes.works,
                np.array(order)[votes.style],
                votes.log_probabilities[:, np.argsort(order)],
            )
        )
    return pooled(parts)


def slower(listener: Listener, pieces: Sequence[Any]) -> Votes:
    """Return the votes on the held-out pieces in notes of twice the length, cut at the same bars."""
    names = {one.piece for one in listener.held_out}
    examples = [
        Example(f"{piece.composer}/{piece.name}", piece.work, listener.styles.index(piece.composer), counts)
        for piece in pieces
        if piece.ensemble == listener.ensemble and f"{piece.composer}/{piece.name}" in names and piece.split != "train"
        for counts in counted(_stretched(real_music(piece)))
    ]
    return listener.votes(examples)


def _stretched(music: Music) -> Music:
    twice = {name: np.repeat(getattr(music, name), 2, axis=0) for name in ("play", "bar", "place", "cell", "strength")}
    articulate = np.zeros_like(twice["play"])
    articulate[::2] = music.articulate
    second = np.arange(len(articulate)) % 2
    strength = np.where(second == 1, 0, np.where(twice["strength"] == 0, 1, np.maximum(twice["strength"], 2)))
    return replace(music, **twice | {"place": 2 * twice["place"] + second, "strength": strength}, articulate=articulate)


# ---------------------------------------------------------------- composed pieces


def composed_side(listener: Listener, alone: dict[str, Listener], options: argparse.Namespace) -> dict[str, Any]:
    """Compose, judge, print and return."""
    styles = cards_for(listener.styles)
    missing = [name for name in listener.styles if name not in styles]
    if missing:
        print(f"\nno card, so nothing is composed: {', '.join(missing)}")
    orders = orders_for(styles, listener.ensemble, options)
    compose_all(options.output, orders, network=options.network, jobs=options.jobs)
    examples = [one for order in orders for one in heard_piece(options.output, order, listener)]
    votes = listener.votes(examples)
    kept = [listener.styles.index(name) for name in styles]
    lengths = Counter(one.piece for one in examples)
    most = int(np.median(list(lengths.values())))
    whole, excerpts = (_only(listener.heard(most=length), kept) for length in (None, most))
    print(f"\n{listener.ensemble}: {len(orders)} pieces composed on {len(orders) // len(styles)} plans")
    seconds = np.array(seconds_of(options.output, orders))
    print(f"  seconds a piece: {np.median(seconds):.1f} ({seconds.min():.1f} to {seconds.max():.1f})")
    rows = {
        "held-out pieces": accuracy(whole),
        f"held-out pieces, their first {most} segments": accuracy(excerpts),
        "composed pieces": accuracy(votes),
        "  among the first two": accuracy(votes, top=2),
        **{name: accuracy(own.votes(examples)) for name, own in alone.items()},
    }
    _show_rows(rows)
    ratios = {"whole": ratio(votes, whole), "as long": ratio(votes, excerpts)}
    for name, share in ratios.items():
        met = "yes" if share.share >= TARGET else "NO"
        print(f"{'composed / held-out, ' + name:46}{share!s:26}>= {TARGET:g}   {met}")
    tables = {"held-out pieces": confusion(whole, len(listener.styles))}
    tables["composed pieces"] = confusion(votes, len(listener.styles))
    _show_table("composed pieces", tables["composed pieces"], listener.styles)
    if options.picture:
        draw_confusions(tables, listener.styles, options.picture)
    return {
        "rows": {name.strip(): asdict(share) for name, share in {**rows, **ratios}.items()},
        "tables": {name: table.tolist() for name, table in tables.items()},
        "seconds": seconds.tolist(),
    }


def orders_for(styles: Sequence[str], ensemble: str, options: argparse.Namespace) -> list[Order]:
    """Return the pieces, plan after plan in every style; the same ones in whatever order styles are named."""
    styles = sorted(styles)
    plans = average_plans(styles, number=-(-options.number // len(styles)), bars=options.bars, ensemble=ensemble)
    filled = {style: ((style, 1.0),) if options.filled else () for style in styles}
    return [
        Order(name, plan, told(style), options.guidance, options.style_guidance, filled_in=filled[style])
        for name, plan in plans.items()
        for style in styles
    ]


def heard_piece(folder: Path, order: Order, listener: Listener) -> list[Example]:
    """Return the segments of a composed piece."""
    found = read_piece(folder, order)
    style = order.told[0][0]
    music = composed_music(
        found.score,
        facts_of(found.outline),
        name=f"{order.who}/{order.name}",
        work=order.name,
        style=style,
        ensemble=listener.ensemble,
    )
    return listener.examples(music)


def ratio(composed: Votes, real: Votes) -> Share:
    """Return the ratio of two accuracies with its interval."""
    above, below = accuracy_draws(composed), accuracy_draws(real)
    ratios = above / np.maximum(below, 1e-9)
    return Share(float(ratios[0]), *map(float, np.percentile(ratios[1:], [2.5, 97.5])), len(composed.pieces))


def _only(votes: Votes, styles: Sequence[int]) -> Votes:
    """Return the votes on pieces of some classes."""
    rows = np.flatnonzero(np.isin(votes.style, styles))
    return Votes(
        tuple(votes.pieces[row] for row in rows),
        tuple(votes.works[row] for row in rows),
        votes.style[rows],
        votes.log_probabilities[rows],
    )


# ---------------------------------------------------------------- tables


def _show_rows(rows: dict[str, Share]) -> None:
    for name, share in rows.items():
        print(f"{name:46}{share!s:26}{share.number:4} pieces")


def _show_table(title: str, table: np.ndarray, styles: Sequence[str]) -> None:
    print(f"\n{title}, taken for:\n{'':14}" + "".join(f"{name[:6]:>8}" for name in styles))
    for name, row in zip(styles, table, strict=True):
        print(f"  {name:12}" + _cells(row))


def _cells(row: np.ndarray) -> str:
    return "".join(f"{value:8.2f}" for value in row)


if __name__ == "__main__":
    main()
