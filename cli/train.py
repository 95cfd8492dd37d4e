"""`compose train`: train a network from a configuration file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .options import common_options


@click.command("train", short_help="Train a network on folders of music.")
@click.argument("config_path", metavar="CONFIG", type=click.Path(path_type=Path))
@click.option(
    "--data",
    metavar="FOLDER",
    multiple=True,
    help="Music to learn from (repeatable), in place of CONFIG's: a folder of MusicXML and MIDI, or music21:bach.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="The folder of the run: checkpoints, log, the network and its card.",
)
@click.option(
    "--from",
    "begin",
    metavar="WEIGHTS",
    type=click.Path(path_type=Path),
    help="Begin with the weights of another network (.safetensors, its card beside it) of layers as large.",
)
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint in the run's folder.")
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "gpu"]),
    default="auto",
    show_default=True,
    help="auto: all GPUs of this machine, if there are any. TF_CONFIG in the environment names several machines.",
)
@click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Let a Dask cluster read and analyse the music: its scheduler, as in tcp://HOST:8786.",
)
@common_options
def command(*, config_path: Path, data: tuple[str, ...], **options: Any) -> None:
    """Train a network as CONFIG (YAML) says: data, sizes, steps.

    Ctrl-C loses at most the time since the last checkpoint; `--resume` goes on from there.
    """
    from composer.training import train_from_config

    from .progress import progress_bar
    from .summary import listed, print_rows, print_warnings

    with progress_bar() as on_progress:
        run = train_from_config(config_path, data=data, on_progress=on_progress, **options)
    files = [*run.files]
    for log in [path for path in files if path.suffix == ".jsonl"]:
        from composer.export.curves import draw_curves, read_log

        files.append(log.with_name("curves.png"))
        draw_curves(read_log(log), files[-1])
    print_warnings(run.warnings)
    print_rows([*run.figures.items(), *listed("files", map(str, files))])
