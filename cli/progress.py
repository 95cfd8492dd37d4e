"""A progress bar on stderr for the commands that take their time; none where nobody would see it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from .options import is_quiet

OnProgress = Callable[[str, float], None]
"""What the library calls while it works: (what it is doing, the fraction done from 0 to 1)."""


@contextlib.contextmanager
def progress_bar() -> Iterator[OnProgress | None]:
    """Yield the function that moves the bar; None when stderr is not a terminal or `-q` was given."""
    if is_quiet() or not sys.stderr.isatty():
        yield None
        return

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)

        def on_progress(doing: str, fraction: float) -> None:
            bar.update(task, description=doing, completed=fraction)

        yield on_progress
