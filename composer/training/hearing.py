"""What a window of training hears besides its own past: pins, as a plan gives notes, and bars to be like.

It is drawn in the patterns that composing uses: a line in part, an earlier bar of the same piece, or its rhythm alone.
"""

from __future__ import annotations

import numpy as np

from composer.roll.codec import BoolArray
from composer.roll.pins import SILENT, Pins, make_pins, pin_cells, silence_above, silence_below, top_line
from composer.roll.reference import (
    Reference,
    bar_starts,
    level_of,
    likeness,
    no_reference,
    place_reference,
    rhythm_of,
    shifted,
)
from composer.training.visits import Visit


def draw_line_pins(play: BoolArray, articulate: BoolArray, generator: np.random.Generator) -> Pins:
    """Return pins that give stretches of a line, as a composed idea does: some bars or half bars of it."""
    block = int(generator.choice([8, 16, 32]))
    given = np.repeat(generator.random(-(-len(play) // block)) < generator.uniform(0.2, 0.7), block)[: len(play)]
    code = pin_cells(play, articulate, steps=given)
    code[given & ~play.any(axis=1)] = SILENT
    silence_above(code, np.where(given, top_line(play), -1))
    silence_below(code, np.where(given, top_line(play), -1))
    return make_pins(code, has_melody=given)


def draw_reference(visit: Visit, span: slice, generator: np.random.Generator) -> Reference:
    """Give the bars of the window references: the most like earlier bar (half), any earlier one (a quarter), none.

    In a quarter of the windows only their rhythm is heard, with its own likeness.
    """
    rhythm_only = bool(generator.random() < 0.25)
    reference = no_reference(span.stop - span.start, visit.play.shape[1])
    starts = bar_starts(visit.piece.facts.bar)
    ends = np.append(starts[1:], visit.piece.num_steps)
    best = visit.piece.references
    for bar in range(np.searchsorted(starts, span.start, side="right") - 1, len(starts)):
        if starts[bar] >= span.stop:
            break
        kind = generator.random()
        if kind < 0.25 or bar == 0:
            continue
        if kind < 0.75 and best.bar[bar] >= 0:
            earlier, move = int(best.bar[bar]), int(best.shift[bar])
        else:
            earlier, move = int(generator.integers(0, bar)), 0
        source = slice(int(starts[earlier]), int(ends[earlier]))
        present = slice(int(starts[bar]), int(ends[bar]))
        if source.stop - source.start != present.stop - present.start:
            continue
        if rhythm_only:
            own, other = (rhythm_of(visit.play[cells], visit.articulate[cells]) for cells in (present, source))
            like = likeness(own, other)
        else:
            like = likeness(visit.articulate[present], shifted(visit.articulate[source], move))
        inside = slice(max(present.start, span.start) - span.start, min(present.stop, span.stop) - span.start)
        skip = max(0, span.start - present.start)
        place_reference(
            reference,
            inside,
            visit.play[source][skip:],
            visit.articulate[source][skip:],
            shift=move,
            level=level_of(like),
            rhythm_only=rhythm_only,
        )
    return reference
