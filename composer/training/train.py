"""Train a network as a configuration says: read the music, fit, and leave the weights with their card."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from composer.errors import TrainingError
from composer.files import write_atomic
from composer.network.startup import start_backend
from composer.parallel import on_cluster
from composer.progress import OnProgress
from composer.roll.inputs import GROUPS
from composer.training.batch import Batch
from composer.training.config import TrainingConfig, read_config
from composer.training.dataset import Piece, by_split
from composer.training.marginals import TABLE, marginal_log_odds
from composer.training.run_folder import LOG_NAME
from composer.training.sources import Collection, collect, locate_sources
from composer.training.style_stopping import StyleStopping
from composer.training.telling import style_of
from composer.training.warm_start import begin_with, check_beginning
from composer.training.window_config import WindowConfig, measuring
from composer.training.windows import Windows

if TYPE_CHECKING:
    from composer.training.replicas import JaxReplicas, TensorflowReplicas

TOLD, UNTOLD = "told everything", "told nothing"  # names of the two halves of a validation
MAX_HEARD_BARS = 64  # of a held-out piece, from its beginning: many pieces tell more than long ones
LEFT_OUT_NAME = "left_out.json"
STOPPED = {
    "done": "after the last update",
    "early": "no better for a long time",
    "time": "out of time; --resume goes on",
    "asked": "as asked; --resume goes on",
}


@dataclass(frozen=True)
class TrainingResult:
    """What a training run left behind.

    Attributes:
        figures: what to show, by label.
        files: the weights, their card, the log; none where another machine wrote them.
        warnings: what the user should know.
    """

    figures: Mapping[str, str]
    files: tuple[Path, ...]
    warnings: tuple[str, ...]


def train_from_config(
    config_path: Path,
    *,
    data: tuple[str, ...] = (),
    output: Path,
    resume: bool = False,
    begin: Path | None = None,
    device: str = "auto",
    cluster: str | None = None,
    on_progress: OnProgress | None = None,
) -> TrainingResult:
    """Train the network that a configuration describes.

    Args:
        config_path: a YAML file (`training/config.py`).
        data: the data folder, or music to learn from in place of the configuration's (`training/sources.py`).
        output: the folder of the run: checkpoints, log, left_out.json, NAME.safetensors and its card NAME.yaml.
        resume: go on from the last checkpoint in that folder.
        begin: weights of another network to begin with (`training/warm_start.py`); a run that is resumed has its own.
        device: `auto` (all GPUs that are seen), `cpu` or `gpu`. Several machines train together where the environment
            variable TF_CONFIG names them (`training/devices.py`); the first of them writes the files.
        cluster: address of the Dask scheduler whose workers read and analyse the music; None: this machine does.
        on_progress: called with what is being done and the share done, 0..1.

    Raises:
        TrainingError: the configuration, the sources or the run's folder cannot be used, the rows of a batch cannot be
            shared out among the devices, `begin` has other sizes, or another machine was lost.
        WeightsError: `begin` is not a network's weights with their card.
        OptionError: a GPU was asked for and there is none, TF_CONFIG cannot be used, or no cluster answers.
        OutputError: a file cannot be written.
    """
    config = read_config(config_path)
    if begin is not None:
        check_beginning(begin, config.network)
    sources, root = locate_sources(config.sources, data=data, config_folder=config_path.parent)
    with on_cluster(cluster) if cluster else nullcontext():
        collection = collect(
            sources, root, cache=cache_folder(), composers=config.composers, fold=config.fold, on_progress=on_progress
        )
    windows, held_out = make_windows(config, collection)

    start_backend()
    from composer.network.biaxial import BiaxialNetwork
    from composer.training.devices import on_devices
    from composer.training.engine import Progress, fit
    from composer.training.replicas import check_pairs, check_rows, replicas_in_force
    from composer.training.ship import ship_network

    def report(progress: Progress) -> None:
        if on_progress is not None:
            doing = f"{progress.nats_per_step:.2f} nats a step, best {progress.best.nats:.3f}"
            on_progress(f"{doing}, {progress.steps_per_sec:.0f} steps/s", progress.update / progress.num_updates)

    files: Sequence[Path] = ()
    warnings = list(collection.warnings)
    with on_devices(device, lanes=config.fit.lanes) as lanes, replicas_in_force().watched(output) as replicas:
        check_rows(config.windows.rows, replicas.num_replicas)
        if config.windows.rival_rows:
            check_pairs(config.windows.rows, replicas.num_replicas * lanes)
        _check_same(replicas, config, windows, held_out)
        if replicas.is_chief:
            output.mkdir(parents=True, exist_ok=True)
            warnings += _write_left_out(output / LEFT_OUT_NAME, collection)
        network = BiaxialNetwork(config.network, seed=config.seed)
        if begin is not None:
            begin_with(network, begin, composers=config.composers, ensembles=config.ensembles)
        result = fit(
            network,
            windows.batches,
            config=replace(config.fit, lanes=lanes),
            folder=output,
            validation=lambda: validation_batches(held_out, config.windows, seed=config.seed),
            resume=resume,
            report=report,
            styles=StyleStopping(windows, patience=config.fit.style_patience),
        )
        if replicas.is_chief:
            odds = marginal_log_odds(
                windows.pieces, windows.weights, max_transposition=config.windows.max_transposition
            )
            shipped = ship_network(network, config, sources, collection, result, folder=output, tables={TABLE: odds})
            files = (*shipped, output / LOG_NAME)
        replicas.agree(0)  # so that nobody leaves, and is missed, while another still works
    figures = {
        "held out": f"{result.best.nats:.3f} nats a step, after {result.best.update} updates",
        "stopped": STOPPED[result.stopped],
        "pieces": f"{len(windows.pieces)} taught, {len(held_out)} held out, {len(collection.left_out)} left out",
    }
    if otherwise := sum(bool(piece.told) for piece in collection.pieces):
        figures["note values"] = f"{otherwise} pieces read halved or as compound, in part or whole"
    if replicas.num_replicas > 1:
        figures["devices"] = f"{replicas.num_replicas}, of {replicas.num_workers} processes"
        if not replicas.is_chief:
            figures["files"] = "written by the first process"
    return TrainingResult(figures, tuple(files), tuple(warnings))


def make_windows(config: TrainingConfig, collection: Collection) -> tuple[Windows, list[Piece]]:
    """Return the stream of training windows and the held-out pieces that validation hears.

    Raises:
        TrainingError: one side of the split is empty.
    """
    weight_of = dict(zip(map(id, collection.pieces), collection.weights, strict=True))
    taught = by_split(collection.pieces, "train")
    windows = Windows(taught, config.windows, seed=config.seed, weights=[weight_of[id(piece)] for piece in taught])
    return windows, some_pieces(by_split(collection.pieces, "valid"), config.validate_steps)


def some_pieces(pieces: Sequence[Piece], num_steps: int) -> list[Piece]:
    """Return pieces of every style in turn until `num_steps` are to be heard."""
    queues: dict[str, list[Piece]] = {}
    for piece in sorted(pieces, key=lambda piece: (piece.work, piece.name), reverse=True):
        queues.setdefault(style_of(piece), []).append(piece)
    fair = num_steps / max(1, len(queues))  # of each style, so that one of long pieces does not keep the others out
    heard = dict.fromkeys(queues, 0)
    chosen: list[Piece] = []
    while sum(heard.values()) < num_steps:
        waiting = [style for style, queue in sorted(queues.items()) if queue]
        behind = [style for style in waiting if heard[style] < fair] or waiting
        if not behind:
            break
        for style in behind:
            piece = queues[style].pop()
            chosen.append(piece)
            heard[style] += int((piece.facts.bar < MAX_HEARD_BARS).sum())
    # Rows take pieces in turn, so that equal lengths beside each other leave few rows idle.
    return sorted(chosen, key=lambda piece: (-piece.num_steps, piece.work, piece.name))


def validation_batches(pieces: Sequence[Piece], config: WindowConfig, *, seed: int) -> Iterator[Batch]:
    """Yield the held-out pieces twice: told everything, and told nothing; the stream's name says which.

    Rows are labelled by their style. A network that is always told the same is measured once, and told that.
    """
    streams: tuple[tuple[str, tuple[str, ...]], ...] = ((TOLD, GROUPS), (UNTOLD, ()))
    if config.told != "random":
        streams = ((TOLD if config.told else UNTOLD, tuple(config.told)),)
    for name, told in streams:
        hearing = replace(measuring(config, told), whole_bars=MAX_HEARD_BARS)
        windows = Windows(pieces, hearing, seed=seed, labels=[style_of(piece) for piece in pieces])
        for batch in windows.batches():
            yield replace(batch, stream=name)


def cache_folder() -> Path:
    """Return where prepared pieces are kept between runs: a folder of the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ritornello" / "pieces"


def _check_same(
    replicas: TensorflowReplicas | JaxReplicas, config: TrainingConfig, windows: Windows, held_out: Sequence[Piece]
) -> None:
    """Raise TrainingError where this process would train something else than the first one."""
    pieces = [[(piece.name, piece.num_steps) for piece in side] for side in (windows.pieces, held_out)]
    mine = hashlib.sha256(repr((config, pieces, windows.weights)).encode()).digest()
    if replicas.tell(lambda: mine) != mine:
        raise TrainingError(
            f"process {replicas.worker} has another configuration or other music than the first one",
            mend="give all of them the same CONFIG, the same files and the same version of this program",
        )


def _write_left_out(path: Path, collection: Collection) -> list[str]:
    """Write what taught nothing and why; return a warning that counts them."""
    told = [
        {"file": f"{left.path}#{left.number}" if left.number else str(left.path), "reason": left.reason}
        for left in collection.left_out
    ]
    write_atomic(path, (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode())
    return [f"{len(told)} files taught nothing; {path} says why"] if told else []
