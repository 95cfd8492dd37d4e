"""`compose evaluate`: how well a network knows music it has not seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .options import common_options


@click.command("evaluate", short_help="Measure a network on held-out music.")
@click.argument("network", metavar="[NETWORK]", default="composers")
@click.option(
    "--data",
    metavar="FOLDER",
    multiple=True,
    help="Music to measure on (repeatable): folders of MusicXML and MIDI, or music21:bach. "
    "Without it: the held-out pieces of the network's own card, under $RITORNELLO_DATA.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the figures here too, as JSON.")
@click.option("--device", type=click.Choice(["auto", "cpu", "gpu"]), default="auto", show_default=True)
@common_options
def command(*, network: str, data: tuple[str, ...], **options: Any) -> None:
    """Print NETWORK's negative log-likelihood a step on held-out music, with and without each condition.

    NETWORK is its name (composers), a style's, or the path of a .safetensors file.
    """
    from composer.evaluate import evaluate_network

    from .progress import progress_bar
    from .summary import print_rows, print_warnings

    with progress_bar() as on_progress:
        evaluation = evaluate_network(network, data=data, on_progress=on_progress, **options)
    print_warnings(evaluation.warnings)
    print_rows(list(evaluation.figures.items()))
