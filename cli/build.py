"""`compose build`: from a plan file to the piece."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .options import common_options, made_options, outputs_option, performing_options, sampling_options


@click.command("build", short_help="Compose the piece that a plan describes.")
@click.argument("plan_path", metavar="PLAN", type=click.Path(path_type=Path))
@outputs_option(
    "Write this file (repeatable): .mid, .musicxml, .yaml, .json (the report), sheets as .pdf, .svg or .png "
    "(.parts.pdf: one for each player), sound as .wav, .ogg, .mp3 or .flac, "
    "a page with all of it as .html, or .roll.png (a picture). "
    "Without it: PLAN's name with .mid, .musicxml, .resolved.yaml and .report.json, here."
)
@click.option(
    "--keep",
    metavar="OLD",
    type=click.Path(path_type=Path),
    multiple=True,
    help="The plan before it was edited: phrases of an edited section that are the same in it keep their notes. "
    "Repeatable, oldest first, where OLD was itself built with --keep.",
)
@sampling_options
@performing_options
@made_options
@common_options
def command(*, plan_path: Path, outputs: tuple[Path, ...], as_json: bool, opens: bool, **options: Any) -> None:
    """Compose, perform and write the piece that the plan file PLAN describes.

    The same plan gives the same files. PLAN itself is never written to.
    """
    from composer.pipeline import build_plan

    from .progress import progress_bar
    from .summary import tell_of

    with progress_bar() as on_progress:
        piece = build_plan(plan_path, outputs=outputs, folder=Path(), on_progress=on_progress, **options)
    tell_of(piece, as_json=as_json, opens=opens)
