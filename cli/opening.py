"""`--open`: show what was made, or where it plays, with the program that the desktop keeps for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

# What says most of a piece comes first; of two of a kind, the one that was asked for first.
_KINDS = (
    (".html",),
    (".pdf", ".svg", ".png"),
    (".mp3", ".ogg", ".flac", ".wav"),
    (".mid", ".midi"),
    (".musicxml", ".mxl", ".xml"),
)


def open_made(files: Sequence[Path]) -> None:
    """Open the page among some files; without one the sheet (or picture), the sound, the MIDI file, or the first.

    Where that cannot be, a line on stderr says so; the files are there all the same.
    """
    shown = to_open(files)
    if shown is not None:
        _open(str(shown.absolute()), told=str(shown))


def open_address(address: str) -> None:
    """Open an address in a browser; where that cannot be, a line on stderr says so."""
    _open(address, told=address)


def to_open(files: Sequence[Path]) -> Path | None:
    """Return the file that `--open` opens; None where there is none."""
    for kind in _KINDS:
        for path in files:
            if path.suffix.lower() in kind:
                return path
    return files[0] if files else None


def _open(what: str, *, told: str) -> None:
    if not _has_display():
        click.echo(f"warning: cannot open {told}: there is no display here", err=True)
    elif click.launch(what) != 0:
        click.echo(f"warning: cannot open {told}: no program for it was found", err=True)


def _has_display() -> bool:
    """Whether a window could open. Without one, `xdg-open` would start a text browser in the terminal."""
    if sys.platform in ("darwin", "win32", "cygwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
