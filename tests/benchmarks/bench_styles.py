"""Held-out likelihood by style: what is knowing the composer worth, and is the right one the best?

Run by hand, with the network's music in the folder that RITORNELLO_DATA names:

    RITORNELLO_DATA=… python tests/benchmarks/bench_styles.py styles/networks/composers.safetensors
        [--run FOLDER] [--config FILE] [--ensembles NAME …] [--bars N] [--sides valid test]
        [--output FILE.json] [--picture FILE.png]

What is measured, always from silence, without plan conditions, pins and reference bars, over all 78 pitches:

- the gain of the right style over the average style on the first four bars, in nats a step: over nobody (no composer
  told) and over the equal mix of the styles of the ensemble; the mean over pieces with its 95 % interval (bootstrap);
- for each (piece, other style) within one ensemble, whether the right style is likelier, on the first `--bars` bars
  (default 64): the share over all pairs with its interval, by ensemble and by style; a table of mean nats, style by
  style.

Held out are the pieces of the sides that `--sides` names (both by default: those for validation only told the training
when to stop). `--run FOLDER` takes the averaged weights of a training's newest checkpoint in place of a network.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from composer.files import write_atomic
from composer.network.checkpoint import load_network
from composer.training.config import TrainingConfig, read_config
from composer.training.dataset import Piece
from composer.training.sources import collect, locate_sources
from composer.training.train import cache_folder

FIRST_BARS = 4
MIN_STYLES = 2  # of an ensemble, to be compared
DRAWS = 2_000


def held_out_pieces(config: TrainingConfig, config_path: Path, sides: Sequence[str]) -> list[Piece]:
    sources, root = locate_sources(config.sources, data=(), config_folder=config_path.parent)
    collection = collect(sources, root, cache=cache_folder(), composers=config.composers, fold=config.fold)
    return [piece for piece in collection.pieces if piece.split in sides]


def network_of_run(folder: Path, config: TrainingConfig):  # type: ignore[no-untyped-def]
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


def interval(values: NDArray[np.float64], groups: Sequence[object]) -> tuple[float, float]:
    """The 95 % interval of the mean by bootstrap over groups (pieces of one work, pairs of one piece)."""
    names = sorted(set(groups), key=str)
    rows = [np.array([value for value, group in zip(values, groups, strict=True) if group == name]) for name in names]
    sums, counts = np.array([row.sum() for row in rows]), np.array([len(row) for row in rows])
    draw = np.random.default_rng(0).integers(0, len(rows), (DRAWS, len(rows)))
    means = sums[draw].sum(axis=1) / counts[draw].sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def told(values: Sequence[float], groups: Sequence[object]) -> dict[str, float]:
    array = np.array(values, float)
    low, high = interval(array, groups)
    return {"mean": round(float(array.mean()), 4), "low": round(low, 4), "high": round(high, 4), "number": len(array)}


def words(row: dict[str, float]) -> str:
    return f"{row['mean']:7.3f}  ({row['low']:.3f} to {row['high']:.3f}, {row['number']} of them)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", type=Path, nargs="?")
    parser.add_argument("--run", type=Path)
    parser.add_argument("--config", type=Path, default=Path("styles/networks/composers.train.yaml"))
    parser.add_argument("--bars", type=int, default=64)
    parser.add_argument("--most", type=int, default=40, help="pieces of a style, evenly chosen")
    parser.add_argument("--sides", nargs="+", default=["valid", "test"])
    parser.add_argument("--ensembles", nargs="+", help="default: all")
    parser.add_argument("--lanes", type=int, default=2)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    config = read_config(options.config)
    pieces = held_out_pieces(config, options.config, options.sides)

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
    figures: dict[str, object] = {}
    tables = {}
    all_gains: list[float] = []
    all_mix_gains: list[float] = []
    all_works: list[str] = []
    all_pairs: list[float] = []
    all_owners: list[str] = []
    for ensemble, by_composer in sorted(by_ensemble.items()):
        if len(by_composer) < MIN_STYLES or ensemble not in (options.ensembles or [ensemble]):
            continue
        composers = sorted(by_composer)
        chosen = [piece for name in composers for piece in evenly(by_composer[name], options.most)]
        right = np.array([composers.index(piece.composer) for piece in chosen])
        equal = [(name, 1.0) for name in composers]

        def nats(style: Sequence[tuple[str, float]] | None, bars: int) -> NDArray[np.float64]:
            found = measurer.by_piece(chosen, told=(), style=style, bars=bars)  # noqa: B023 (called at once)
            return np.array([one.per_step if one.steps else np.nan for one in found])

        own, nobody, mix = nats(None, FIRST_BARS), nats((), FIRST_BARS), nats(equal, FIRST_BARS)
        usable = ~np.isnan(own)
        works = [piece.work for piece, fit in zip(chosen, usable, strict=True) if fit]
        gains, mix_gains = (nobody - own)[usable], (mix - own)[usable]
        table = np.stack([nats([(name, 1.0)], options.bars) for name in composers], axis=1)  # [piece, told]
        usable_long = ~np.isnan(table[:, 0])
        pairs, owners, pair_rows = [], [], []
        for row in np.flatnonzero(usable_long):
            for other in range(len(composers)):
                if other != right[row]:
                    pairs.append(float(table[row, right[row]] < table[row, other]))
                    owners.append(f"{chosen[row].work}")
                    pair_rows.append(int(row))
        print(f"\n{ensemble}: {len(chosen)} held-out pieces of {len(composers)} styles")
        print(f"  gain over nobody on the first {FIRST_BARS} bars, nats a step: {words(told(gains, works))}")
        print(f"  gain over the equal mix:                            {words(told(mix_gains, works))}")
        print(f"  the right style likelier than another, {options.bars} bars:    {words(told(pairs, owners))}")
        print(f"  {'nats a step':>13} told " + " ".join(f"{name:>9.9}" for name in composers) + "    best  pairs won")
        mean = np.full((len(composers), len(composers)), np.nan)
        by_style = {}
        for place, name in enumerate(composers):
            rows = np.flatnonzero((right == place) & usable_long)
            if not len(rows):
                continue
            mean[place] = table[rows].mean(axis=0)
            best = float((table[rows].argmin(axis=1) == place).mean())
            won = [pair for pair, row in zip(pairs, pair_rows, strict=True) if right[row] == place]
            by_style[name] = {"pieces": len(rows), "best": best, "pairs_won": float(np.mean(won))}
            line = " ".join(f"{value:9.3f}" for value in mean[place])
            print(f"  {name:>13} {len(rows):4} {line}   {best:5.2f}  {np.mean(won):.2f}")
        tables[ensemble] = (composers, mean)
        figures[ensemble] = {
            "gain_over_nobody": told(gains, works),
            "gain_over_equal_mix": told(mix_gains, works),
            "pairs": told(pairs, owners),
            "styles": by_style,
            "composers": composers,
            "nats": [[None if np.isnan(value) else round(float(value), 4) for value in row] for row in mean],
        }
        all_gains += gains.tolist()
        all_mix_gains += mix_gains.tolist()
        all_works += works
        all_pairs += pairs
        all_owners += owners
    figures["all"] = {
        "gain_over_nobody": told(all_gains, all_works),
        "gain_over_equal_mix": told(all_mix_gains, all_works),
        "pairs": told(all_pairs, all_owners),
    }
    print(f"\nall ensembles: gain over nobody     {words(told(all_gains, all_works))}")
    print(f"all ensembles: gain over equal mix  {words(told(all_mix_gains, all_works))}")
    print(f"all ensembles: pairs                {words(told(all_pairs, all_owners))}")
    if options.output:
        write_atomic(options.output, (json.dumps(figures, indent=1) + "\n").encode())
    if options.picture:
        draw_tables(tables, options.picture)


def evenly(pieces: Sequence[Piece], most: int) -> list[Piece]:
    ordered = sorted(pieces, key=lambda piece: (piece.work, piece.name))
    if len(ordered) <= most:
        return ordered
    return [ordered[int(place)] for place in np.linspace(0, len(ordered) - 1, most)]


def draw_tables(tables: dict[str, tuple[list[str], NDArray[np.float64]]], path: Path) -> None:
    """Nats above the row's best, style by style, a panel for each ensemble."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(tables), figsize=(4.5 * len(tables), 4.5), squeeze=False)
    for axis, (ensemble, (names, mean)) in zip(axes[0], tables.items(), strict=True):
        excess = mean - np.nanmin(mean, axis=1, keepdims=True)
        axis.imshow(excess, cmap="magma_r", vmin=0, vmax=0.6)
        axis.set_xticks(range(len(names)), names, rotation=60, ha="right")
        axis.set_yticks(range(len(names)), names)
        axis.set_xlabel("told")
        axis.set_ylabel("held-out pieces of")
        axis.set_title(ensemble)
        for row in range(len(names)):
            for column in range(len(names)):
                if not np.isnan(excess[row, column]):
                    colour = "white" if excess[row, column] > 0.3 else "black"
                    axis.text(column, row, f"{excess[row, column]:.2f}", ha="center", va="center", color=colour, size=7)
    figure.suptitle("Nats a step above the best style told (0: the best)")
    figure.tight_layout()
    figure.savefig(path, dpi=130)


if __name__ == "__main__":
    main()
