"""What is `compose learn` worth beside training the whole network on the same pieces?

Run by hand, with the music in the folder that RITORNELLO_DATA names:

    RITORNELLO_DATA=… python tests/benchmarks/bench_learn.py --output FOLDER [--composers mendelssohn wolf] [--folds 4]
        [--minutes N] [--json FILE] [--network FILE]

The composers are ones that the network was not taught, nor was it taught anything like their pieces (`MUSIC`; in the
file of recipes they are nobody's). Works are dealt out into folds; the pieces of a fold are the test. Of the others
some works are held out to say when to stop, and from the rest are learned

- a composer's vector, and an adapter where there is music enough, as `compose learn` fits them (`learn_fit.py`);
- all weights: the same network and the same first vector, fitted by the training of the program (`engine.py`) with the
  same windows and the same judges, once with each of the learning rates `--rates`; the one that the judges like best
  counts.

Printed: nats a step of the test pieces from silence, told the ensemble and the style and nothing of the plan, and told
everything of it, when the network is told nobody, the equal mix of those that it knows, the nearest known composer (as
`learn` finds it), when it has learned, and when all of it was trained; and the gain of learning as a share of the gain
of full training, from each of the first three on, with 95 % intervals (bootstrap of works). At least half is asked for.
The share is of sums over pieces; where full training gains nothing there is none.

A fold that was judged is kept in FOLDER, and so is a training on its way: after `--minutes` the run ends, and the same
command goes on. `compose learn` itself reads the files of one folder, leaves copies out, and holds out one work in
five; here the sides are given, so that both see the same.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from full_training import OutOfTimeError, Sides, best_of_full_training, hear
from style_options import NETWORK, add_results, parsed, style_parser

from composer.files import write_atomic
from composer.network.checkpoint import load_network, read_card
from composer.roll.inputs import GROUPS
from composer.training.config import SourceConfig
from composer.training.dataset import MusicFile, Piece, prepare
from composer.training.learn import DEFAULT_SECONDS
from composer.training.own_style import OWN
from composer.training.sources import list_files
from composer.training.train import cache_folder

# Composer -> folders below the data folder, with patterns of file names. Of Mendelssohn's Nunc dimittis one of five
# files is enough: they hold the same notes.
MUSIC = {
    "mendelssohn": {
        "corpora/mutopia/Mendelssohn-BartholdyF": (
            "*[Ss]ong*",
            "*Lieder*",
            "*Inquietude*",
            "*scherzo*",
            "*O23*",
            "*O37*",
            "*dimittis__1*",
        ),
        "corpora/lieder/mendelssohn": ("*",),
    },
    "hensel": {"corpora/lieder/hensel": ("*",)},
    "wolf": {"corpora/lieder/wolf": ("*",)},
    "faure": {"corpora/lieder/faur": ("*",)},
    "franz": {"corpora/lieder/franz": ("*",)},
}
BEFORE = ("nobody", "equal mix", "nearest known")  # what the network can be told without learning
LEARNED, FULL = "learned", "all weights trained"
WAYS = (*BEFORE, LEARNED, FULL)
TELLINGS: dict[str, tuple[str, ...]] = {"nothing of the plan": (), "everything of the plan": GROUPS}
STOPPING = 5  # one part in so many of the pieces that are not tested says when to stop
TARGET = 0.5
DRAWS = 2_000


@dataclass(frozen=True)
class Row:
    """A test piece: its work, and its nats a step by `WAYS`, told what is in `TELLINGS`."""

    name: str
    work: str
    nats: Mapping[str, Mapping[str, float]]


def main() -> None:
    """Learn, train, judge, print."""
    options = _options()
    deadline = time.monotonic() + 60 * options.minutes
    found: dict[str, list[dict[str, Any]]] = {}
    try:
        for composer in options.composers:
            pieces = pieces_of(composer, options.data)
            folds = dealt(pieces, options.folds)
            found[composer] = []
            for number, test in enumerate(folds):
                rest = [piece for place, fold in enumerate(folds) if place != number for piece in fold]
                judges, *others = dealt(rest, STOPPING)
                if not others:
                    raise SystemExit(
                        f"{composer}: too few works for {options.folds} folds; some must be left to learn from"
                    )
                sides = Sides([piece for other in others for piece in other], judges, test)
                found[composer].append(judged(composer, number, sides, options, deadline))
                _tell(composer, number, found[composer][-1])
    except OutOfTimeError:
        print(f"\nout of time after {options.minutes:g} minutes; the same command goes on")
    rows = {composer: _rows(folds) for composer, folds in found.items() if folds}
    if len(rows) > 1:
        rows["all of them"] = [row for own in rows.values() for row in own]
    report = {composer: {told: show(composer, told, own) for told in TELLINGS} for composer, own in rows.items()}
    if options.json:
        options.json.write_text(json.dumps({"table": report, "folds": found}, indent=1))


def _options() -> argparse.Namespace:
    parser = style_parser(__doc__)
    parser.add_argument("--output", type=Path, required=True, help="folder of what is judged and trained")
    parser.add_argument("--network", type=Path, default=NETWORK)
    parser.add_argument("--composers", nargs="+", default=["mendelssohn", "wolf"], choices=list(MUSIC), metavar="NAME")
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--bars", type=int, default=64, help="of a test piece that are heard, from its beginning")
    parser.add_argument("--learn-seconds", type=float, default=DEFAULT_SECONDS, help="of a fit by `learn`, at most")
    parser.add_argument("--rates", type=float, nargs="+", default=[2e-4, 6e-4, 2e-3], help="of full training")
    parser.add_argument("--updates", type=int, default=600, help="of a full training, at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lanes", type=int, default=2, help="cores")
    parser.add_argument("--minutes", type=float, default=1e6, help="after which the run ends, to be gone on with")
    add_results(parser)
    return parsed(parser)


# ---------------------------------------------------------------- pieces


def pieces_of(composer: str, data: Path) -> list[Piece]:
    """Return the pieces of a composer, by the composer `OWN`."""
    sources = [SourceConfig(path=path, composer=OWN, include=include) for path, include in MUSIC[composer].items()]
    files = [MusicFile(path, OWN) for paths in list_files(sources, data) for path in paths]
    return [piece for made in prepare(files, cache=cache_folder()) for piece in made if isinstance(piece, Piece)]


def dealt(pieces: Sequence[Piece], count: int) -> list[list[Piece]]:
    """Return the pieces in at most so many parts of like many steps, each work in one: the largest works first."""
    works: dict[str, list[Piece]] = {}
    for piece in pieces:
        works.setdefault(piece.work, []).append(piece)
    parts: list[list[Piece]] = [[] for _ in range(min(count, len(works)))]
    for _, own in sorted(works.items(), key=lambda item: (-_steps(item[1]), item[0])):
        min(parts, key=_steps).extend(own)
    return parts


def _steps(pieces: Sequence[Piece]) -> int:
    return sum(piece.num_steps for piece in pieces)


# ---------------------------------------------------------------- one fold


def judged(composer: str, number: int, sides: Sides, options: argparse.Namespace, deadline: float) -> dict[str, Any]:
    """Return what was found of one fold, now or by an earlier run.

    Raises:
        OutOfTimeError: it is not found yet.
    """
    folder = options.output / f"{composer}-{number + 1}-of-{options.folds}"
    settings = {
        "network": read_card(options.network.with_suffix(".yaml")).sha256,
        "pieces": {side: sorted(piece.name for piece in own) for side, own in vars(sides).items()},
        **{name: getattr(options, name) for name in ("bars", "learn_seconds", "rates", "updates", "seed")},
    }
    told, path = folder / "settings.json", folder / "found.json"
    if folder.exists() and (not told.exists() or json.loads(told.read_text()) != settings):
        shutil.rmtree(folder)  # of other settings; so are its trainings
    if path.exists():
        found: dict[str, Any] = json.loads(path.read_text())
        return found
    if time.monotonic() >= deadline:
        raise OutOfTimeError
    folder.mkdir(parents=True, exist_ok=True)
    _write(told, settings)
    found = _found(folder, sides, options, deadline)
    _write(path, found)
    for run in folder.glob("rate-*"):
        shutil.rmtree(run)
    return found


def _write(path: Path, plain: Any) -> None:
    write_atomic(path, (json.dumps(plain, indent=1) + "\n").encode())


def _found(folder: Path, sides: Sides, options: argparse.Namespace, deadline: float) -> dict[str, Any]:
    from composer.network.startup import start_backend

    start_backend()
    from composer.network.adapters import Adapters
    from composer.network.extended import extended
    from composer.training.compiled import use_lanes
    from composer.training.learn_fit import AVERAGE, NOBODY, LearnConfig, fit_composer

    use_lanes(options.lanes)
    loaded = load_network(options.network)
    config = LearnConfig(seed=options.seed, max_seconds=options.learn_seconds, lanes=options.lanes)
    began = time.monotonic()
    fitted = fit_composer(loaded, sides.training, sides.judges, config=config)
    learned = {
        "nearest": fitted.nearest_name,
        "began with": fitted.began_with,
        "judges before, after": [fitted.before, fitted.after],
        "with adapter": fitted.vector.has_adapter,
        "updates": fitted.num_updates,
        "ran out": fitted.ran_out,
        "seconds": round(time.monotonic() - began, 1),
    }
    known = loaded.card.composers
    equal = tuple((name, 1.0) for name in known)
    nearest = ((fitted.nearest_name, 1.0),)
    start = {AVERAGE: equal, NOBODY: ()}.get(fitted.began_with, nearest)
    own = ((OWN, 1.0),)
    learner = extended(loaded.network, [fitted.vector])
    Adapters(learner, [fitted.vector]).sound([(OWN, 1.0)])
    trained, full = best_of_full_training(folder, loaded, start, sides, config, options, deadline)
    heard: dict[str, dict[str, list[float]]] = {}
    for name, told in TELLINGS.items():
        before = hear(loaded.network, known, loaded, sides.test, ((), equal, nearest), options, told=told)
        heard[name] = dict(zip(BEFORE, before, strict=True))
        for way, network in ((LEARNED, learner), (FULL, trained)):
            heard[name][way] = hear(network, (*known, OWN), loaded, sides.test, [own], options, told=told)[0]
    rows = [
        Row(piece.name, piece.work, {name: {way: one[way][place] for way in WAYS} for name, one in heard.items()})
        for place, piece in enumerate(sides.test)
        if not any(np.isnan(one[LEARNED][place]) for one in heard.values())  # nothing of it is on the grid
    ]
    return {"learned": learned, "full": full, "rows": [asdict(row) for row in rows]}


# ---------------------------------------------------------------- figures


def _rows(folds: Sequence[Mapping[str, Any]]) -> list[Row]:
    return [Row(**row) for fold in folds for row in fold["rows"]]


def _tell(composer: str, number: int, found: Mapping[str, Any]) -> None:
    learned = found["learned"]
    print(f"{composer}, fold {number + 1}, {len(found['rows'])} pieces")
    for told in TELLINGS:
        nats = ", ".join(f"{way} {np.mean([row['nats'][told][way] for row in found['rows']]):.3f}" for way in WAYS)
        print(f"    told {told}: {nats}")
    print(
        f"    nearest {learned['nearest']}; began with {learned['began with']}; {learned['updates']} updates in "
        f"{learned['seconds']:.0f} s, {'an' if learned['with adapter'] else 'no'} adapter; full training at "
        f"{found['full']['rate']}",
        flush=True,
    )


def show(title: str, told: str, rows: Sequence[Row]) -> dict[str, Any]:
    """Print and return nats by way, and the gain of learning as a share of that of full training."""
    works = sorted({row.work for row in rows})
    sums = {way: np.zeros(len(works)) for way in WAYS}
    counts = np.zeros(len(works))
    for row in rows:
        counts[works.index(row.work)] += 1
        for way in WAYS:
            sums[way][works.index(row.work)] += row.nats[told][way]
    everything = np.arange(len(works))[None]
    draws = np.concatenate([everything, np.random.default_rng(0).integers(len(works), size=(DRAWS, len(works)))])
    drawn = {way: sums[way][draws].sum(axis=1) / counts[draws].sum(axis=1) for way in WAYS}  # [the figure, draw …]
    print(f"\n{title}, told {told}: {len(rows)} test pieces of {len(works)} works; nats a step, 95 % intervals")
    report: dict[str, Any] = {"pieces": len(rows), "works": len(works)}
    for way in WAYS:
        report[way] = _interval(drawn[way])
        print(f"  {way:44}{_words(report[way])}")
    for way in BEFORE:
        learned, full = drawn[way] - drawn[LEARNED], drawn[way] - drawn[FULL]
        gains: dict[str, Any] = {"learned": _interval(learned), "full": _interval(full)}
        report[f"from {way}"] = gains
        print(f"  gain of learning from {way:22}{_words(gains['learned'])}")
        print(f"  gain of full training from {way:17}{_words(gains['full'])}")
        if full[0] <= 0:
            print("    full training gains nothing, so there is no share")
            continue
        # In a draw in which full training gains nothing there is no share: learning does better there, or worse.
        endless = np.where(learned >= full, np.inf, -np.inf)
        share = _interval(np.where(full > 0, learned / np.where(full > 0, full, 1), endless))
        print(f"    share{'':37}{_words(share)}   >= {TARGET:g}   {'yes' if share['mean'] >= TARGET else 'NO'}")
        # JSON knows no infinity.
        gains["share"] = {name: value if np.isfinite(value) else None for name, value in share.items()}
    return report


def _interval(drawn: np.ndarray) -> dict[str, float]:
    low, high = np.percentile(drawn[1:], [2.5, 97.5], method="nearest")
    return {"mean": float(drawn[0]), "low": float(low), "high": float(high)}


def _words(row: Mapping[str, float]) -> str:
    return f"{row['mean']:7.3f}  ({row['low']:.3f} to {row['high']:.3f})"


if __name__ == "__main__":
    main()
