"""A progress bar on stderr for the commands that take their time; none where nobody would see it."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import IO

from composer.progress import OnProgress

from .options import is_quiet

REFRESHES_PER_SEC = 5  # of the screen, by a thread of its own: what is told in between costs next to nothing


@contextlib.contextmanager
def progress_bar() -> Iterator[OnProgress | None]:
    """Yield the function that moves the bar; None when stderr is not a terminal or `-q` was given.

    What is logged or warned of meanwhile stands above the bar.
    """
    if is_quiet() or not sys.stderr.isatty():
        yield None
        return

    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),  # last: its length changes all the time
    )
    with (
        _screen() as screen,
        Progress(
            *columns,
            console=Console(file=screen),
            transient=True,
            redirect_stdout=False,
            refresh_per_second=REFRESHES_PER_SEC,
        ) as bar,
    ):
        task = bar.add_task("", total=1.0)

        def on_progress(doing: str, fraction: float) -> None:
            bar.update(task, description=doing, completed=fraction)

        yield on_progress


@contextlib.contextmanager
def _screen() -> Iterator[IO[str]]:
    """Yield stderr by a file descriptor of its own: starting a network turns number 2 aside for some seconds."""
    try:
        own = os.dup(sys.stderr.fileno())
    except (OSError, ValueError):  # no true file, as under a test
        yield sys.stderr
        return
    with os.fdopen(own, "w", encoding=sys.stderr.encoding, errors="replace") as screen:
        yield screen
