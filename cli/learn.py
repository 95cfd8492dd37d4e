"""`compose learn`: a style of one's own, from a folder of scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .options import MAX_NUMBER, WholeNumber, common_options


@click.command("learn", short_help="Learn a style of your own from a folder of scores.")
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option("--name", metavar="NAME", required=True, help="What the style shall be called: --style NAME.")
@click.option(
    "-o",
    "--output",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Where its files go; then its path is its name: --style FOLDER/NAME.yaml. Without it: the folder of your own "
    "styles, where it is found by its name (RITORNELLO_STYLES, or ritornello/styles in your data folder).",
)
@click.option("--force", is_flag=True, help="Replace a style of this name that is there.")
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    metavar="X",
    default=5.0,
    show_default=True,
    help="How long the network may be taught at most, after the reading.",
)
@click.option(
    "--seed",
    type=WholeNumber(min=0, max=MAX_NUMBER),
    metavar="N",
    default=1,
    show_default=True,
    help="The same seed and folder, the same style, unless the minutes run out.",
)
@click.option("--device", type=click.Choice(["auto", "cpu", "gpu"]), default="auto", show_default=True)
@click.option("--workers", type=WholeNumber(min=1), metavar="N", help="Files read at once. Without it: one a core.")
@common_options
def command(*, folder: Path, name: str, minutes: float, **options: Any) -> None:
    """Learn the style of the scores below FOLDER: its harmony, phrases and textures, and its composer for the network.

    At least three pieces are needed; some twenty are better. Then `--style NAME` composes in it, `NAME:0.5,bach:0.5`
    mixes it, and plans may name it. FOLDER itself is never written to.
    """
    from composer.training.learn import learn_style

    from .progress import progress_bar
    from .summary import listed, print_rows, print_warnings

    with progress_bar() as on_progress:
        learned = learn_style(folder, name, max_seconds=60 * minutes, on_progress=on_progress, **options)
    print_warnings(learned.told)
    print_rows(
        [
            *learned.figures.items(),
            *listed("files", map(str, learned.files)),
            ("next", f"compose --form rondo --style {learned.called}"),
        ]
    )
