"""`compose forms`: the forms there are, and what one is made of."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from .completing import form_names
from .options import common_options, is_quiet
from .summary import listed, print_rows

if TYPE_CHECKING:
    from composer.plan.forms import FormTemplate, SectionRow

_HEAD = ("section", "bars", "from", "to", "in major", "in minor", "ends", "function", "theme")
_NUMBERS = (1, 2, 3)  # columns
_COPIES = {"theme": "returns", "recapitulation": "returns"}


@click.command("forms", short_help="List the forms, or show one.")
@click.argument("name", required=False, shell_complete=form_names)
@common_options
def command(name: str | None) -> None:
    """List the forms that `--form` and a plan's `form` take, or show the sections, keys and lengths of the form NAME.

    NAME may also be the path of a template of your own. Where several keys stand, the first is the likeliest. Bars are
    written bars: what is repeated counts once.
    """
    if name is None:
        from composer.plan import list_forms

        print_rows([(form.name, form.description) for form in list_forms()])
        return

    from composer.plan import load_form
    from composer.plan.playing import played_sections

    form = load_form(name)
    usual, least, most = _bars(form)
    print_rows(
        [
            ("form", f"{form.name}: {form.description}"),
            ("length", _length(form, usual, least, most)),
            ("played", " ".join(played_sections(form))),
            *listed("for", filter(None, [form.ensemble])),
            *listed("meters", filter(None, [", ".join(form.meters)])),
            *listed("tempi", (f"{meter}: {low:g} to {high:g}" for meter, (low, _, high) in form.tempo_bpm.items())),
            *listed("themes", (f"{name}: {row.bars} bars, {row.type}" for name, row in form.themes.items())),
        ]
    )
    _print_table(_HEAD, [_section(row, usual) for row in form.sections])


def _bars(form: FormTemplate) -> tuple[int, int, int]:
    """Return the usual length with all sections that are more often there than not, the least and the most."""
    from composer.plan.layout import least_bars

    likeliest = max(form.sections, key=lambda row: row.optional)  # of rare ones it is always there
    usual = sum(row.bars[0] for row in form.sections if row.optional >= 0.5) or likeliest.bars[0]
    return usual, least_bars(form.sections), sum(row.longest for row in form.sections)


def _length(form: FormTemplate, usual: int, least: int, most: int) -> str:
    """Return what is said of the length: no usual one where the style decides how long the phrases are."""
    if any(len(set(phrase.bars)) > 1 for row in form.sections for phrase in row.phrases or ()):
        return f"{least} to {most} bars, as long as the style's phrases are"
    return f"usually {usual} bars, from {least} to {most}"


def _section(row: SectionRow, total: int) -> tuple[str, ...]:
    """Return a section as a line of the table."""
    name = row.section_id if row.optional == 1 else f"{row.section_id} ({row.optional:.0%})"
    returns = f" of {row.copy_of}" if row.copy_of else ""
    return (
        name,
        f"{row.bars[0]} ({row.bars[0] / total:.0%})",
        str(row.shortest),
        str(row.longest),
        " or ".join(row.key.major),
        " or ".join(row.key.minor),
        row.cadence,
        (_COPIES.get(row.function, row.function) if returns else row.function) + returns,
        row.theme or "",
    )


def _print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table to stdout: on a terminal fitted to its width, elsewhere as plain columns; nothing after `-q`."""
    if is_quiet():
        return
    if not sys.stdout.isatty():
        widths = [max(len(line[column]) for line in (head, *rows)) for column in range(len(head))]
        for line in (head, *rows):
            click.echo("  ".join(f"{text:{width}}" for text, width in zip(line, widths, strict=True)).rstrip())
        return

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="cyan")
    for index, text in enumerate(head):
        table.add_column(text, justify="right" if index in _NUMBERS else "left", overflow="fold")
    for line in rows:
        table.add_row(*map(Text, line))
    Console(highlight=False).print(table)
