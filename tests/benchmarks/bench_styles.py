"""Held-out likelihood by style: what is knowing the composer worth, and is the right one the best?

Run by hand, with the network's music in the folder that RITORNELLO_DATA names:

    RITORNELLO_DATA=… python tests/benchmarks/bench_styles.py styles/networks/composers.safetensors
        [--run FOLDER] [--config FILE] [--fold N] [--ensembles NAME …] [--styles NAME …] [--bars N] [--most N]
        [--sides valid test] [--output FILE.json] [--pool FILE.json …] [--picture FILE.png]

What is measured, always from silence, without plan conditions, pins and reference bars, over all 78 pitches:

- the gain of the right style over the average style on the first four bars, in nats a step: over nobody (no composer
  told) and over the equal mix of the styles of the ensemble; the mean over pieces with its 95 % interval;
- for each (piece, other style) within one ensemble, whether the right style is likelier, on the first `--bars` bars
  (default 64): the share over all pairs, and the mean over the styles, of which each counts alike however many pieces
  it has; tables, style by style, of mean nats and of the pairs won.

Intervals are by bootstrap of works, for the mean over styles of the works of each style.

Held out are the pieces of the sides that `--sides` names (both by default: those for validation only told the training
when to stop). Of a style with more than `--most` of them (0: of none) an even choice is heard. `--run FOLDER` takes the
averaged weights of a training's newest checkpoint in place of a network; `--fold` is that of the training, where the
configuration says another. `--styles` hears the pieces of these alone, told all styles of their ensembles.

Small styles have few held-out pieces. Networks of several folds (0, 2 and 4: with both sides each piece of a small
style is held out once) are measured one by one, each with its `--output`; `--pool` shows what such files say together.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from style_music import collected
from style_options import parsed, style_parser
from style_pictures import draw_styles

from composer.files import write_atomic
from composer.network.checkpoint import load_network
from composer.training.config import TrainingConfig, read_config
from composer.training.dataset import Piece
from composer.training.style_files import evenly

FIRST_BARS = 4
MIN_STYLES = 2  # of an ensemble, to be compared
DRAWS = 2_000
ALL = "all ensembles"

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Heard:
    """What was measured of the pieces of one ensemble.

    Attributes:
        ensemble: whose.
        styles: names of its composers.
        own: int [piece], place of its composer.
        works: of each piece.
        gains: of the right style over nobody and over the equal mix, nats a step [piece] each; not a number where
            nothing of the first bars could be scored.
        nats: a step [piece, style told].
    """

    ensemble: str
    styles: list[str]
    own: NDArray[np.int_]
    works: list[str]
    gains: dict[str, Floats]
    nats: Floats

    @property
    def wins(self) -> Floats:
        """Whether a piece is likelier in its own style: 0 or 1 [piece, other style]; not a number beside itself."""
        wins = (self.nats[np.arange(len(self.own)), self.own][:, None] < self.nats).astype(float)
        wins[np.isnan(self.nats)] = np.nan
        wins[np.arange(len(self.own)), self.own] = np.nan
        return wins

    def by_style(self, values: Floats) -> Floats:
        """Return the mean of [piece, style] over the pieces of each style: [own style, style]; empty rows are nan."""
        rows = np.full((len(self.styles), len(self.styles)), np.nan)
        for place in np.unique(self.own):
            own = values[self.own == place]
            heard = own[~np.isnan(own).all(axis=1)]
            if len(heard):
                rows[place] = heard.mean(axis=0)
        return rows


def network_of_run(folder: Path, config: TrainingConfig) -> Any:
    """The averaged weights of the newest checkpoint of a training run."""
    from composer.network.biaxial import BiaxialNetwork
    from composer.training.checkpoints import newest_checkpoint

    checkpoint, _ = newest_checkpoint(folder)
    assert checkpoint is not None, "no checkpoint"
    network = BiaxialNetwork(config.network)
    for name, weight in network.named_weights().items():
        weight.assign(checkpoint.tensors[f"average/{name}"])
    print(f"the averaged weights after {checkpoint.position['update']} updates")
    return network


def main() -> None:
    """Measure, or pool what was measured; print."""
    options = _options()
    found = pooled(options.pool) if options.pool else measured(options)
    for one in found:
        show(one, bars=options.bars)
    figures: dict[str, Any] = {one.ensemble: figures_of(one) for one in found}
    figures["all"] = shares(found)
    print(f"\n{ALL}")
    show_shares(figures["all"])
    if options.output:
        write_atomic(options.output, (json.dumps(figures, indent=1) + "\n").encode())
    if options.picture:
        panels = {}
        for one in found:
            mean = one.by_style(one.nats)
            excess = mean - np.min(mean, axis=1, keepdims=True, where=~np.isnan(mean), initial=np.inf)
            panels[one.ensemble] = (one.styles, excess, one.by_style(one.wins))
        draw_styles(panels, options.picture)


def _options() -> argparse.Namespace:
    parser = style_parser(__doc__)
    parser.add_argument("network", type=Path, nargs="?")
    parser.add_argument("--run", type=Path)
    parser.add_argument("--fold", type=int, help="of the small styles; default: the configuration's")
    parser.add_argument("--bars", type=int, default=64)
    parser.add_argument("--most", type=int, default=40, help="pieces of a style, evenly chosen; 0: all")
    parser.add_argument("--sides", nargs="+", default=["valid", "test"])
    parser.add_argument("--ensembles", nargs="+", help="default: all")
    parser.add_argument("--styles", nargs="+", help="whose pieces are heard; default: all")
    parser.add_argument("--lanes", type=int, default=2)
    parser.add_argument("--output", type=Path, help="FILE.json")
    parser.add_argument("--pool", type=Path, nargs="+", help="files of earlier runs, in place of measuring")
    parser.add_argument("--picture", type=Path, help="FILE.png and FILE.svg of the tables")
    return parsed(parser)


# ---------------------------------------------------------------- measuring


def measured(options: argparse.Namespace) -> list[Heard]:
    """Measure the ensembles that are asked for."""
    config = read_config(options.config)
    pieces = [
        piece for piece in collected(options.config, options.data, fold=options.fold) if piece.split in options.sides
    ]

    from composer.network.startup import start_backend

    start_backend()
    from composer.training.compiled import use_lanes

    use_lanes(options.lanes)
    network = network_of_run(options.run, config) if options.run else load_network(options.network).network
    from composer.training.measure import Measurer

    measurer = Measurer(network, config.windows, lanes=options.lanes)
    by_ensemble: dict[str, dict[str, list[Piece]]] = defaultdict(lambda: defaultdict(list))
    for piece in pieces:
        by_ensemble[piece.ensemble][piece.composer].append(piece)
    found = []
    for ensemble, by_composer in sorted(by_ensemble.items()):
        if len(by_composer) >= MIN_STYLES and ensemble in (options.ensembles or [ensemble]):
            whose = options.styles or sorted(by_composer)
            found.append(heard(ensemble, by_composer, measurer, whose=whose, most=options.most, bars=options.bars))
    return found


def heard(
    ensemble: str,
    by_composer: dict[str, list[Piece]],
    measurer: Any,
    *,
    whose: Sequence[str],
    most: int,
    bars: int,
) -> Heard:
    """Measure the pieces of one ensemble, those of some of its styles, in all of them."""
    styles = sorted(by_composer)
    chosen: list[Piece] = []
    for name in sorted(set(whose) & set(styles)):
        ordered = sorted(by_composer[name], key=lambda piece: (piece.work, piece.name))
        chosen += evenly(ordered, most) if most else ordered

    def nats(style: Sequence[tuple[str, float]] | None, length: int) -> Floats:
        rows = measurer.by_piece(chosen, told=(), style=style, bars=length)
        return np.array([row.per_step if row.steps else np.nan for row in rows])

    own = nats(None, FIRST_BARS)
    others = {"nobody": nats((), FIRST_BARS), "the equal mix": nats([(name, 1.0) for name in styles], FIRST_BARS)}
    return Heard(
        ensemble,
        styles,
        np.array([styles.index(piece.composer) for piece in chosen]),
        [piece.work for piece in chosen],
        {name: other - own for name, other in others.items()},
        np.stack([nats([(name, 1.0)], bars) for name in styles], axis=1),
    )


def pooled(files: Sequence[Path]) -> list[Heard]:
    """Return what earlier runs measured, the pieces of each ensemble together."""
    rows = [row for file in files for name, row in json.loads(file.read_text()).items() if name != "all"]
    found = []
    for ensemble in dict.fromkeys(row["ensemble"] for row in rows):
        own = [row for row in rows if row["ensemble"] == ensemble]
        if len({tuple(row["styles"]) for row in own}) > 1:
            raise SystemExit(f"{ensemble}: the files were told different styles")
        pieces = [piece for row in own for piece in row["heard"]]
        found.append(
            Heard(
                ensemble,
                own[0]["styles"],
                np.array([piece["own"] for piece in pieces]),
                [piece["work"] for piece in pieces],
                {name: np.array([piece["gains"][name] for piece in pieces], float) for name in pieces[0]["gains"]},
                np.array([piece["nats"] for piece in pieces], float),
            )
        )
    return found


# ---------------------------------------------------------------- figures


def shares(found: Sequence[Heard]) -> dict[str, dict[str, float]]:
    """Return gains and pairs of one ensemble or of several together, with their intervals."""
    works = np.array([work for one in found for work in one.works])
    rows = {}
    for name in found[0].gains if found else ():
        rows[f"gain over {name}, first {FIRST_BARS} bars"] = share_of(
            np.concatenate([one.gains[name] for one in found])[:, None], works
        )
    if found:
        widest = max(len(one.styles) for one in found)
        wins = [np.pad(one.wins, ((0, 0), (0, widest - len(one.styles))), constant_values=np.nan) for one in found]
        owners = np.array([f"{one.ensemble} {one.styles[place]}" for one in found for place in one.own])
        rows["pairs won"] = share_of(np.concatenate(wins), works)
        rows["pairs won, mean over styles"] = share_of(np.concatenate(wins), works, styles=owners)
    return rows


def share_of(values: Floats, works: NDArray[np.str_], *, styles: NDArray[np.str_] | None = None) -> dict[str, float]:
    """Return the mean of what is a number in [piece, …], with its 95 % interval by bootstrap of works.

    Args:
        values: [piece, …].
        works: of each piece.
        styles: of each piece; where given, each style counts alike, and its own works are drawn.
    """
    counts = (~np.isnan(values)).sum(axis=1)
    sums = np.nansum(values, axis=1)
    kinds = np.zeros(len(values), int) if styles is None else np.unique(styles, return_inverse=True)[1]
    generator = np.random.default_rng(0)
    means = []  # of each style: the mean itself, then those of the draws
    for kind in np.unique(kinds[counts > 0]):
        inside = (kinds == kind) & (counts > 0)
        places = np.unique(works[inside], return_inverse=True)[1]
        by_work = np.stack([np.bincount(places, weights=one[inside]) for one in (sums, counts)])  # [2, work]
        number = by_work.shape[1]
        draws = np.concatenate([np.arange(number)[None], generator.integers(0, number, (DRAWS, number))])
        total, count = by_work[:, draws].sum(axis=2)
        means.append(total / count)
    drawn = np.mean(means, axis=0)
    low, high = np.percentile(drawn[1:], [2.5, 97.5])
    figures = {"mean": drawn[0], "low": low, "high": high}
    return {name: round(float(value), 4) for name, value in figures.items()} | {"number": int(counts.sum())}


def figures_of(one: Heard) -> dict[str, Any]:
    """Return everything that is told of one ensemble."""
    return {
        "ensemble": one.ensemble,
        "heard": [
            {
                "own": int(one.own[place]),
                "work": one.works[place],
                "gains": {name: _plain(gain[place : place + 1])[0] for name, gain in one.gains.items()},
                "nats": _plain(one.nats[place]),
            }
            for place in range(len(one.own))
        ],
        "shares": shares([one]),
        "pieces": {name: int((one.own == place).sum()) for place, name in enumerate(one.styles)},
        "best": dict(zip(one.styles, _plain(best_of(one)), strict=True)),
        "styles": one.styles,
        "nats": [_plain(row) for row in one.by_style(one.nats)],
        "pairs_won": [_plain(row) for row in one.by_style(one.wins)],
    }


def best_of(one: Heard) -> Floats:
    """Return the share of each style's pieces that are likeliest in it."""
    is_best = np.where(np.isnan(one.nats).any(axis=1), np.nan, np.nanargmin(_filled(one.nats), axis=1) == one.own)
    columns = np.repeat(is_best[:, None], len(one.styles), axis=1)
    return one.by_style(columns)[:, 0]


def _filled(nats: Floats) -> Floats:
    return np.where(np.isnan(nats), 0.0, nats)


def _plain(row: Floats) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value), 4) for value in row]


# ---------------------------------------------------------------- tables


def show(one: Heard, *, bars: int) -> None:
    """Print what is told of one ensemble."""
    print(f"\n{one.ensemble}: {len(one.own)} held-out pieces of {len(one.styles)} styles; pairs on {bars} bars")
    show_shares(shares([one]))
    _show_table(one, "nats a step, told", one.by_style(one.nats), "best", best_of(one))
    won = one.by_style(one.wins)
    means = np.array([row[~np.isnan(row)].mean() if (~np.isnan(row)).any() else np.nan for row in won])
    _show_table(one, "pairs won over", won, "mean", means)


def _show_table(one: Heard, title: str, table: Floats, last: str, lasts: Floats) -> None:
    """Print a table [own style, style] with one more column."""
    print(f"  {title:>18} " + " ".join(f"{name:>9.9}" for name in one.styles) + f"{last:>7}")
    for place, name in enumerate(one.styles):
        cells = " ".join(" " * 9 if np.isnan(value) else f"{value:9.3f}" for value in table[place])
        print(f"  {name:>13} {int((one.own == place).sum()):4} {cells}{lasts[place]:7.2f}")


def show_shares(rows: dict[str, dict[str, float]]) -> None:
    """Print figures with their intervals."""
    for name, row in rows.items():
        print(f"  {name:40}{row['mean']:7.3f}  ({row['low']:.3f} to {row['high']:.3f}, {row['number']} of them)")


if __name__ == "__main__":
    main()
