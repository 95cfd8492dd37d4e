"""`compose train-player`: a player of one's own, from scores and performances of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .options import common_options


@click.command("train-player", short_help="Learn a player of your own from performances.")
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option("--name", metavar="NAME", required=True, help="What the player shall be called: --player NAME.")
@click.option(
    "--base",
    metavar="PLAYER",
    help="Whose rules are refined: baroque, classical, romantic … Without it: those that are nearest to the playing.",
)
@click.option(
    "--weight",
    type=click.FloatRange(0, 1),
    metavar="X",
    default=0.5,
    show_default=True,
    help="How much of what was learned is played; the rules have the rest.",
)
@click.option(
    "-o",
    "--output",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Where its two files go; then its path is its name: --player FOLDER/NAME.yaml. Without it: the folder players "
    "in that of your own styles, where it is found by its name.",
)
@click.option("--force", is_flag=True, help="Replace a player of this name that is there.")
@common_options
def command(*, folder: Path, name: str, **options: Any) -> None:
    """Learn how somebody plays from the pairs of score and performance below FOLDER.

    A score (waltz.musicxml, .mxl, .krn, .abc, or waltz.score.mid) has its performances beside it: waltz.mid, or several
    as waltz.1.mid, waltz.anna.mid. They may be played however freely, with the repeats that the score writes; their
    notes are found in it.

    What is learned refines the rules: by how much each note is louder, longer and later. It is tried on pieces that are
    held out, from three on; what does not help there is left to the rules. Nothing leaves this machine, and FOLDER is
    never written to.
    """
    from composer.training.player import train_player

    from .progress import progress_bar
    from .summary import listed, print_rows, print_warnings

    with progress_bar() as on_progress:
        trained = train_player(folder, name, on_progress=on_progress, **options)
    print_warnings(trained.told)
    print_rows(
        [
            *trained.figures.items(),
            *listed("files", map(str, trained.files)),
            ("next", f"compose perform song.mid --player {trained.called}"),
        ]
    )
