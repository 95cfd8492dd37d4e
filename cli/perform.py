"""`compose perform`: from a score to an expressive performance of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import common_options, made_options, outputs_option, performing_options

if TYPE_CHECKING:
    from composer.pipeline import Performed


@click.command("perform", short_help="Play a score or MIDI file with expression.")
@click.argument("score_path", metavar="SCORE_OR_MIDI", type=click.Path(path_type=Path))
@outputs_option(
    "Write this file (repeatable): .mid, .musicxml, sheets as .pdf, .svg or .png, sound as .wav, .ogg, .mp3 or "
    ".flac, a page with all of it as .html, or .roll.png (a picture). "
    "Without it: the input's name with .performed.mid, here."
)
@partial(performing_options, takes_for="a page (.html) or --plot")
@click.option(
    "--plot",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Draw tempo and loudness over the bars, with phrases and written dynamics (.png or .svg).",
)
@click.option(
    "--beside",
    metavar="MIDI",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Lay somebody's performance of the piece beside it in the plot (repeatable): a MIDI file, however freely "
    "played; its notes are found in the score.",
)
@made_options
@common_options
def command(
    *,
    score_path: Path,
    outputs: tuple[Path, ...],
    plot: Path | None,
    beside: tuple[Path, ...],
    as_json: bool,
    opens: bool,
    **options: Any,
) -> None:
    """Play SCORE_OR_MIDI (.musicxml, .mxl, .mid, .krn, .abc) with expression and write the performance.

    Phrases, keys and cadences are found in the score. Its notes stay as they are; repeats are played out (and stay
    signs in a .musicxml). Written tempi, dynamics, hairpins, fermatas, slurs, accents and the like are followed; in a
    MIDI file its velocities are the dynamics. A MIDI file keeps its tracks, sounds, drums and all other events. Without
    --player the composer's plays, if he is named and known, else the ensemble's.
    """
    if plot is None and beside:
        raise click.UsageError("--beside is for --plot: name the picture that shall show it")

    from composer.pipeline import perform_file

    from .progress import progress_bar
    from .summary import print_warnings

    with progress_bar() as on_progress:
        performed = perform_file(
            score_path,
            outputs=outputs,
            folder=Path(),
            plot=plot,
            beside=beside,
            on_progress=on_progress,
            **options,
        )
    print_warnings(performed.warnings)
    if as_json:
        from .as_json import performed_facts, print_json

        print_json(performed_facts(performed))
    else:
        _print_words(performed)
    if opens:
        from .opening import open_made

        open_made(performed.files)


def _print_words(performed: Performed) -> None:
    from .summary import listed, print_rows

    print_rows(
        [
            ("player", performed.player),
            ("take", str(performed.take)),
            ("length", f"{performed.length_sec:.1f} s"),
            *listed("beside", performed.beside),
            *listed("files", map(str, performed.files)),
        ]
    )
