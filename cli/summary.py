"""What a composed or performed piece looks like on the screen: form, keys, themes, device, time, files.

On a terminal in colours and folded to its width, elsewhere the same words as plain lines.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from .options import is_quiet

if TYPE_CHECKING:
    from composer.pipeline import Piece as MadePiece
    from composer.report.form import FormReport

Row = tuple[str, str]
"""A label and its text; an empty label continues the row before."""


class SectionLine(Protocol):
    """What the summary says of a section."""

    @property
    def label(self) -> str:
        """What the form calls it: A."""

    @property
    def key(self) -> str:
        """Its key by name: "G major", or the path "e minor -> a minor"."""

    @property
    def bars(self) -> int:
        """Its length."""


class Piece(Protocol):
    """What the summary reads of a piece that was composed (`composer.pipeline.Piece`)."""

    @property
    def title(self) -> str:
        """The title in the files."""

    @property
    def form(self) -> str:
        """The form's name."""

    @property
    def style(self) -> str:
        """The style's name, or the mix in words."""

    @property
    def meter(self) -> str:
        """The meter: "3/4"."""

    @property
    def tempo_bpm(self) -> float:
        """Beats per minute."""

    @property
    def sections(self) -> Sequence[SectionLine]:
        """The sections in their order."""

    @property
    def themes(self) -> Mapping[str, str]:
        """Each theme's name and what it is: "8 bars, pinned", "8 bars, composed"."""

    @property
    def kept(self) -> Sequence[str]:
        """What was kept of an earlier plan; empty where none was given."""

    @property
    def seed(self) -> int:
        """The seed of the plan."""

    @property
    def device(self) -> str:
        """Where the network ran, with the versions that byte identity depends on."""

    @property
    def seconds(self) -> float:
        """How long it took, in seconds."""

    @property
    def files(self) -> Sequence[Path]:
        """The files that were written."""

    @property
    def report(self) -> FormReport | None:
        """What was found in the notes of what the plan asks for."""

    @property
    def warnings(self) -> Sequence[str]:
        """What the user should know: a section that no longer joins its neighbour, a mended input file."""


def print_summary(piece: Piece, *, seed_was_drawn: bool = False) -> None:
    """Print a composed piece's summary to stdout and its warnings to stderr; nothing after `-q`."""
    print_warnings(piece.warnings)
    bars = sum(section.bars for section in piece.sections)
    labels = " ".join(section.label for section in piece.sections)
    runs = groupby((section.label, section.key) for section in piece.sections)
    from .report_rows import short_lines  # which prints with what stands here

    themes = [f"{name}: {what}" for name, what in piece.themes.items()]
    print_rows(
        [
            ("title", piece.title),
            ("form", f"{piece.form} {labels}, {bars} bars, {piece.meter}, {piece.tempo_bpm:g} beats a minute"),
            ("style", piece.style),
            ("keys", ", ".join(f"{label} {key}" for (label, key), _ in runs)),
            *listed("themes", themes),
            *listed("kept", piece.kept),
            ("seed", f"{piece.seed} (drawn)" if seed_was_drawn else str(piece.seed)),
            *listed("found", short_lines(piece.report) if piece.report is not None else ()),
            ("device", piece.device),
            ("time", f"{piece.seconds:.1f} s"),
            *listed("files", map(str, piece.files)),
        ]
    )


def tell_of(piece: MadePiece, *, seed_was_drawn: bool = False, as_json: bool, opens: bool) -> None:
    """Print a composed piece's summary, in words or as JSON, and open it where that was asked for."""
    if as_json:
        from .as_json import piece_facts, print_json

        print_warnings(piece.warnings)
        print_json(piece_facts(piece, seed_was_drawn=seed_was_drawn))
    else:
        print_summary(piece, seed_was_drawn=seed_was_drawn)
    if opens:
        from .opening import open_made

        open_made(piece.files)


def print_warnings(warnings: Iterable[str]) -> None:
    """Print each warning as a line on stderr; nothing after `-q`."""
    if not is_quiet():
        for warning in warnings:
            click.echo(f"warning: {warning}", err=True)


def listed(label: str, texts: Iterable[str]) -> list[Row]:
    """Return a row for each text, the label before the first."""
    return [(label if index == 0 else "", text) for index, text in enumerate(texts)]


def print_rows(rows: Sequence[Row]) -> None:
    """Print labels and texts as two columns to stdout; nothing after `-q`."""
    if is_quiet():
        return
    if not sys.stdout.isatty():
        width = max(len(label) for label, _ in rows)
        for label, text in rows:
            click.echo(f"{label:{width}}  {text}".rstrip())
        return

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in rows:
        table.add_row(label, Text(text))  # Text: square brackets in a title are not markup
    Console(highlight=False).print(table)


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table to stdout; nothing after `-q`."""
    if is_quiet():
        return
    if not sys.stdout.isatty():
        widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
        for row in (heads, *rows):
            click.echo("  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
        return

    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, header_style="cyan", padding=(0, 1))
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    Console(highlight=False).print(table)
