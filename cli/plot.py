"""`compose plot`: a picture of a piece, or of a training."""

from __future__ import annotations

from pathlib import Path

import click

from .options import common_options, open_option, plan_option


@click.command("plot", short_help="Draw a piece: piano roll, what is alike in it, its playing; or a training.")
@click.argument("path", metavar="PIECE_OR_LOG", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The picture: .png, or .svg for vectors. Without it: the input's name with .roll.png (or the like), here.",
)
@click.option(
    "--kind",
    type=click.Choice(["roll", "similarity", "curves"]),
    help="roll: notes, sections, arcs to what returns, keys and chords (the usual one). similarity: which bars are "
    "alike. curves: tempo and loudness of a MIDI file.",
)
@plan_option
@open_option
@common_options
def command(*, path: Path, output: Path | None, kind: str | None, plan_path: Path | None, opens: bool) -> None:
    """Draw PIECE_OR_LOG: a piece (.mid, .musicxml, .mxl, .krn, .abc) or the log of a training (.jsonl).

    Sections, keys and chords are those of the piece's plan; without one they are found in the notes. An arc leads to
    each section from the earlier one of its theme that is most like it. "+7 ornamented" is seven semitones higher and
    with more notes, "within" has the theme's first notes in some voice; a dotted arc is a return that few notes show.
    """
    from composer.pipeline.plotting import plot_file

    from .options import is_verbose
    from .summary import print_rows, print_warnings

    plotted = plot_file(path, output=output, kind=kind, plan_path=plan_path, folder=Path())
    if is_verbose():
        print_warnings(plotted.mended)
    plan = [("plan", str(plotted.plan_path))] if plotted.plan_path is not None else []
    print_rows([*plan, ("files", str(plotted.file))])
    if opens:
        from .opening import open_made

        open_made([plotted.file])
