"""`compose perform`: from a score to an expressive performance of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .options import common_options, outputs_option, performing_options


@click.command("perform", short_help="Play a score or MIDI file with expression.")
@click.argument("score_path", metavar="SCORE_OR_MIDI", type=click.Path(path_type=Path))
@outputs_option(
    "Write this file (repeatable): .mid, .musicxml, sheets as .pdf, .svg or .png, or .roll.png (a picture). "
    "Without it: the input's name with .performed.mid, here."
)
@performing_options
@common_options
def command(*, score_path: Path, outputs: tuple[Path, ...], **options: Any) -> None:
    """Play SCORE_OR_MIDI (.musicxml, .mxl, .mid, .krn, .abc) with expression and write the performance.

    Phrases, keys and cadences are found in the score. Its notes stay as they are; repeats are played out (and stay
    signs in a .musicxml).
    """
    from composer.pipeline import perform_file

    from .summary import listed, print_rows, print_warnings

    performed = perform_file(score_path, outputs=outputs, folder=Path(), **options)
    print_warnings(performed.warnings)
    print_rows(
        [
            ("player", performed.player),
            ("take", str(performed.take)),
            ("length", f"{performed.length_sec:.1f} s"),
            *listed("files", map(str, performed.files)),
        ]
    )
