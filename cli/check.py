"""`compose check`: what is found in a piece, beside what its plan asks for."""

from __future__ import annotations

from pathlib import Path

import click

from .completing import style_names
from .options import common_options, is_quiet, plan_option


@click.command("check", short_help="Find in a piece what its plan asks for.")
@click.argument("score_path", metavar="PIECE", type=click.Path(path_type=Path))
@plan_option
@click.option(
    "--style",
    metavar="NAME",
    shell_complete=style_names,
    help="Beside whose pieces it is put. Without it: the plan's style.",
)
@click.option("--json", "as_json", is_flag=True, help="Print all findings as JSON.")
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Write all findings there, as JSON."
)
@common_options
def command(*, score_path: Path, plan_path: Path | None, style: str | None, as_json: bool, output: Path | None) -> None:
    """Find in PIECE (.mid, .musicxml, .mxl, .krn, .abc) the keys, cadences, themes and chords that its plan asks for.

    Nothing but the notes is looked at. Beside them: voice-leading faults and the longest run of notes that a training
    piece also has, next to what real pieces of the style have. Without a plan, what is found is told alone.
    """
    from composer.files import check_writable, write_atomic
    from composer.pipeline import check_file
    from composer.report.as_json import report_text

    from .report_rows import print_report
    from .summary import print_warnings

    if output is not None:
        check_writable(output)
    checked = check_file(score_path, plan_path=plan_path, style=style)
    text = report_text(checked.report)
    if output is not None:
        write_atomic(output, text.encode())
    print_warnings(checked.mended)
    if as_json:
        click.echo(text, nl=False)
        return
    if not is_quiet():
        print_report(checked)
