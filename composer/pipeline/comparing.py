"""Performances of one score beside each other: drawn over its bars, and in words how much they are alike."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from composer.errors import OptionError, did_you_mean
from composer.files import check_writable

if TYPE_CHECKING:
    from composer.outline import Outline
    from composer.performance import Performance

PLOT_EXTENSIONS = (".png", ".svg")


def check_plot(plot: Path, others: Iterable[Path]) -> None:
    """Raise where a picture could not be written.

    Args:
        plot: the picture.
        others: files that are read or written besides.

    Raises:
        OptionError: an unknown extension, or one of the other files.
        OutputError: a folder that does not exist or may not be written.
    """
    extension = plot.suffix.lower()
    if extension not in PLOT_EXTENSIONS:
        mend = did_you_mean(extension, PLOT_EXTENSIONS) or f"it can be {' or '.join(PLOT_EXTENSIONS)}"
        raise OptionError(f'no picture is written as "{extension}"', place=plot, mend=mend)
    if os.path.realpath(plot) in {os.path.realpath(path) for path in others}:
        raise OptionError("this file is read or written besides", place=plot, mend="give the picture its own name")
    check_writable(plot)


def draw_performances(
    takes: Sequence[Performance], outline: Outline, *, beside: Sequence[Path] = (), kind: str = "png"
) -> tuple[bytes, tuple[str, ...]]:
    """Return a picture of performances, and what those of others have in common with the first, in words.

    Args:
        takes: of one score, one or more.
        outline: phrases and sections.
        beside: MIDI files in which the piece is played; their notes are found in the score.
        kind: `png` or `svg`.

    Raises:
        MusicFileError: a file cannot be read.
        OptionError: another piece is played in it.
    """
    from composer.corpus.midi.presses import key_presses
    from composer.corpus.reader import load_bytes
    from composer.export.performance_picture import performance_picture_bytes
    from composer.perform.alignment import align
    from composer.perform.curves import likeness

    rows = [(f"{one.player}, take {one.take}", one) for one in takes]
    words = []
    for path in beside:
        found = align(takes[0].score, key_presses(load_bytes(path), str(path)), name=str(path))
        rows.append((path.stem, found.performance))
        like = likeness(takes[0], found.performance)
        told = [f"{what} r {r:.2f}" for what, r in (("tempo", like.tempo), ("velocity", like.velocity)) if r == r]
        told += [
            f"{count} notes {what}" for count, what in ((found.missing, "not found"), (found.added, "added")) if count
        ]
        words.append(f"{path.name}: {', '.join(told) or 'nothing in common'}")
    return performance_picture_bytes(rows, outline=outline, kind=kind), tuple(words)
