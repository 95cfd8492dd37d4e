"""How long work tells what it is doing: one function that is called with words and the share done.

Conventions: `on_progress(doing, share)`; `doing` is what a musician would call it ("section B, bar 5 of 16"), `share`
runs from 0 to 1 and never goes back. None stands for nobody who listens. What is told never changes what is made.
"""

from __future__ import annotations

from collections.abc import Callable

OnProgress = Callable[[str, float], None]


def silent(_doing: str, _share: float) -> None:
    """Tell nobody."""


def part_of(on_progress: OnProgress | None, start: float, end: float) -> OnProgress:
    """Return what a part of the work is to call, which takes the whole from the share `start` to `end`."""
    if on_progress is None:
        return silent
    return lambda doing, share: on_progress(doing, start + (end - start) * min(1.0, max(0.0, share)))
