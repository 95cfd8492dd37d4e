"""How phrases end: most of them with fewer notes than they went on with, and many that do not close with a halt.

Source: 25,400 phrases of two bars and more in keyboard music of ten composers, as the analysis finds them; it differs
little from composer to composer. Where one ends without a cadence nothing else tells that it does: half of the real
ones halt for a beat in all voices; here two in three are asked to, since some go on under a tune that does.

Contents: `Closing`, `draw_closing`, `eased`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from composer.outline import TextureSpan
from composer.theory.harmony import Cadence
from composer.theory.meter import TICKS_PER_QUARTER, Meter

LEAST_BARS = 2  # of a phrase that comes to an end of its own
# Onsets a beat in a phrase's last half bar as a share of those before, (lower, upper) hand: means of five equal parts
# of the phrases, from those that come to rest to those that drive on.
CLOSING_SHARES = ((0.43, 0.31), (0.80, 0.63), (0.95, 0.86), (1.02, 0.99), (1.30, 1.23))
_NUM_OPEN = 3  # of them that phrases without a cadence have
_NUM_HALTING = 2


@dataclass(frozen=True)
class Closing:
    """How a phrase ends.

    Attributes:
        start_tick, end_tick: of the phrase's last half bar (of three beats, or shorter than four quarters: bar).
        shares: of the onsets a beat before, (lower, upper) hand.
        halt_tick: after which nothing begins before the next phrase; None where it may.
    """

    start_tick: int
    end_tick: int
    shares: tuple[float, float]
    halt_tick: int | None


def draw_closing(
    start_tick: int,
    end_tick: int,
    cadence: Cadence | None,
    *,
    meter: Meter,
    upbeat_tick: int,
    generator: np.random.Generator,
) -> Closing:
    """Return how a phrase ends.

    Args:
        start_tick, end_tick: of the phrase.
        cadence: that it ends with.
        meter: its meter.
        upbeat_tick: how much before a bar line it begins and ends.
        generator: its own.
    """
    is_open = cadence in (None, Cadence.NONE)
    place = int(generator.integers(_NUM_OPEN if is_open else len(CLOSING_SHARES)))
    has_halves = meter.beats % 2 == 0 and meter.bar_ticks >= 4 * TICKS_PER_QUARTER
    last_tick = end_tick - (meter.bar_ticks // 2 if has_halves else meter.bar_ticks)
    if end_tick - start_tick < LEAST_BARS * meter.bar_ticks:
        return Closing(last_tick, end_tick, (1.0, 1.0), None)
    halts = is_open and place < _NUM_HALTING
    # A beat of the bar, at least a beat before the end.
    halt_tick = end_tick - meter.beat_ticks - -upbeat_tick % meter.beat_ticks
    return Closing(last_tick, end_tick, CLOSING_SHARES[place], halt_tick if halts else None)


def eased(textures: Sequence[TextureSpan], closing: Closing) -> list[TextureSpan]:
    """Return textures (sorted) with the onsets that a phrase's end has."""
    found: list[TextureSpan] = []
    for span in textures:
        if span.onsets_per_beat is None or span.end_tick <= closing.start_tick or span.start_tick >= closing.end_tick:
            found.append(span)
            continue
        if span.start_tick < closing.start_tick:
            found.append(replace(span, end_tick=closing.start_tick))
        first, last = max(span.start_tick, closing.start_tick), min(span.end_tick, closing.end_tick)
        lower, upper = (round(n * share, 3) for n, share in zip(span.onsets_per_beat, closing.shares, strict=True))
        found.append(replace(span, start_tick=first, end_tick=last, onsets_per_beat=(lower, upper)))
        if span.end_tick > closing.end_tick:
            found.append(replace(span, start_tick=closing.end_tick))
    return found
