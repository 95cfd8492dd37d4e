"""What filling tells while it works: which theme or section is drafted, and which of its bars.

What it is: a teller that knows how much work there is, and a source of notes that tells of all that it samples; the
notes, and the random numbers, are those of the source it stands for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from composer.fill.particles import Chunk, FloatArray, NoteSource, Stretch
from composer.progress import OnProgress, silent


class Teller:
    """Tells of pieces of work one after another.

    Args:
        total: all work, in whatever unit `begin` is told it.
        on_progress: what is called; None: nobody listens.
    """

    def __init__(self, total: float, on_progress: OnProgress | None) -> None:
        self._total, self._on_progress = max(total, 1e-9), on_progress or silent
        self._doing, self._before, self._work = "", 0.0, 0.0
        self._stretches, self._begun, self._reached, self._share = 1, 0, 0, 0.0

    def begin(self, doing: str, *, work: float, stretches: int) -> None:
        """Tell of the next piece of work.

        Args:
            doing: what it is.
            work: how much it is.
            stretches: that a source will sample in it, about: 1 for all voices, 2 where a soloist comes first, more
                where drafts of a theme's tune do.
        """
        self._doing, self._before, self._work = doing, self._before + self._work, work
        self._stretches, self._begun, self._reached = stretches, 0, 0
        self._tell(doing, 0.0)

    def watched(self, source: NoteSource) -> NoteSource:
        """Return a source that tells of what it samples."""
        return _Watched(source, self)

    def stretch_begins(self) -> None:
        """Note that a source begins a stretch."""
        self._begun, self._reached = self._begun + 1, 0

    def sampled(self, stretch: Stretch, end: int) -> None:
        """Tell of what a source has sampled up to a step."""
        if end <= stretch.lead_in_steps:
            return
        goes_back, self._reached = end < self._reached, end
        first, bar, last = (int(stretch.facts.bar[step]) for step in (stretch.lead_in_steps, end - 1, -1))
        doing = [self._doing, f"bar {bar - first + 1} of {last - first + 1}"]
        if self._stretches > 2:
            doing.insert(1, f"draft {self._begun}" if stretch.is_line else "its voices")
        elif self._stretches == 2 and stretch.is_line:
            doing.insert(1, "the soloist")
        if goes_back:
            doing.append("once more")
        self._tell(", ".join(doing), (self._begun - 1 + end / stretch.num_steps) / self._stretches)

    def _tell(self, doing: str, share: float) -> None:
        done = (self._before + self._work * min(share, 1.0)) / self._total
        self._share = max(self._share, min(1.0, done))  # a phrase that is drawn once more does not take it back
        self._on_progress(doing, self._share)


class _Watched:
    """A source of notes whose work is told of; see `NoteSource`."""

    def __init__(self, source: NoteSource, teller: Teller) -> None:
        self.num_particles, self.num_pitches = source.num_particles, source.num_pitches
        self._source, self._teller = source, teller

    def start(self, stretch: Stretch) -> Any:
        self._teller.stretch_begins()
        return self._source.start(stretch)

    def run(self, state: Any, stretch: Stretch, first: int, end: int, uniforms: FloatArray) -> tuple[Chunk, Any]:
        sampled = self._source.run(state, stretch, first, end, uniforms)
        self._teller.sampled(stretch, end)
        return sampled

    def gather(self, states: Sequence[Any], indices: NDArray[np.int_]) -> Any:
        return self._source.gather(states, indices)
