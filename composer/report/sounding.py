"""What sounds when: shared by all that is found in the notes.

Conventions: notes are `analysis.frames.NoteArray` (sorted by onset, then pitch); a note sounds in [onset, end).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from composer.analysis.frames import NoteArray
from composer.theory.meter import TICKS_PER_QUARTER

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


def sounding_at(notes: NoteArray, tick: int) -> Bools:
    """Return which notes sound at a tick: bool [note]."""
    return np.asarray((notes.onset <= tick) & (notes.end > tick))


def pitch_class_quarters(notes: NoteArray, start_tick: int, end_tick: int) -> Floats:
    """Return how long each pitch class sounds in a span, in quarters: [12]; two voices count twice."""
    lengths = np.minimum(notes.end, end_tick) - np.maximum(notes.onset, start_tick)
    quarters = np.maximum(lengths, 0) / TICKS_PER_QUARTER
    return np.bincount(notes.pitch % 12, weights=quarters, minlength=12).astype(np.float64)
