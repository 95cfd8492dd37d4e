"""How phrases end, and bars inside them: with fewer notes or more, with a halt of all voices or going on without one.

A style tells how its own do (`StyleStatistics.phrase_ends`): one phrase in nine of Bach's keyboard music halts for a
beat, half of Chopin's do. Where a phrase ends without a cadence nothing else tells that it does.

Contents: `Closing`, `ends_of`, `halting_share`, `holding_share`, `draw_closing`, `eased`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from composer.outline import TextureSpan
from composer.plan.chords import Styles
from composer.style_statistics import ENDS, PhraseEnd, closing_ticks
from composer.theory.harmony import Cadence
from composer.theory.meter import Meter

LEAST_BARS = 2  # of a phrase that comes to an end of its own
# Of 31,000 phrases of keyboard music, songs and quartets, for a style in which too few were counted; and of their bars.
USUAL_ENDS = {
    "open": (
        PhraseEnd(0.556, 0.381, 0.89),
        PhraseEnd(0.951, 0.7, 0.618),
        PhraseEnd(0.873, 0.906, 0.311),
        PhraseEnd(1.045, 1.024, 0.348),
        PhraseEnd(1.462, 1.148, 0.292),
    ),
    "closed": (
        PhraseEnd(0.628, 0.428, 0.853),
        PhraseEnd(0.982, 0.726, 0.566),
        PhraseEnd(0.857, 0.934, 0.219),
        PhraseEnd(1.15, 1.009, 0.254),
        PhraseEnd(1.454, 1.218, 0.246),
    ),
}
USUAL_HALTING_BARS = 0.178
USUAL_HOLDING_BARS = 0.302


@dataclass(frozen=True)
class Closing:
    """How a phrase ends.

    Attributes:
        start_tick, end_tick: of the phrase's end (`closing_ticks`).
        shares: of the onsets a beat before, (lower, upper) hand.
        halt_tick: the last beat of the bar that is a whole one before the end, or the last chord, where that is later.
        halts: whether nothing begins after `halt_tick` before the next phrase.
        moving: (start, end) of last beats of bars in which something begins after the beat itself.
        is_open: whether it ends without a cadence, so that only its melody can tell that it does.
        flowing: (start, end) of last beats of bars inside it in which the melody goes on; some of those in which
            something does.
    """

    start_tick: int
    end_tick: int
    shares: tuple[float, float]
    halt_tick: int
    halts: bool
    moving: tuple[tuple[int, int], ...] = ()
    is_open: bool = False
    flowing: tuple[tuple[int, int], ...] = ()

    def at_rest(self) -> Closing:
        """Return the same for a phrase whose last beat may stand still: under a fermata, or held back."""
        return replace(self, moving=tuple(span for span in self.moving if span[1] < self.end_tick))


def ends_of(styles: Styles, kind: str) -> tuple[PhraseEnd, ...]:
    """Return the kinds of ends of a mix of styles, each as often as the others.

    Args:
        styles: (weight, statistics).
        kind: `open` or `closed`.
    """
    rows = [(weight, own.phrase_ends.get(kind) or USUAL_ENDS[kind]) for weight, own in styles]
    total = sum(weight for weight, _ in rows)
    if not total:
        return USUAL_ENDS[kind]
    return tuple(
        PhraseEnd(
            sum(weight * end.lower for (weight, _), end in zip(rows, ends, strict=True)) / total,
            sum(weight * end.upper for (weight, _), end in zip(rows, ends, strict=True)) / total,
            sum(weight * end.halts for (weight, _), end in zip(rows, ends, strict=True)) / total,
        )
        for ends in zip(*(own for _, own in rows), strict=True)
    )


def halting_share(styles: Styles) -> float:
    """Return the share of bars inside phrases that halt for a beat at their end, in a mix of styles."""
    return _share([(weight, own.halting_bars) for weight, own in styles], USUAL_HALTING_BARS)


def holding_share(styles: Styles) -> float:
    """Return the share of bars inside phrases over whose end the melody holds or rests, in a mix of styles."""
    holding = _share([(weight, own.holding_bars) for weight, own in styles], USUAL_HOLDING_BARS)
    return max(holding, halting_share(styles))  # of styles of an earlier version only the latter is known


def _share(rows: Sequence[tuple[float, float | None]], usual: float) -> float:
    total = sum(weight for weight, _ in rows)
    return sum(weight * (usual if share is None else share) for weight, share in rows) / total if total else usual


def draw_closing(
    start_tick: int,
    end_tick: int,
    cadence: Cadence | None,
    *,
    styles: Styles,
    meter: Meter,
    upbeat_tick: int,
    last_chord_tick: int | None = None,
    generator: np.random.Generator,
) -> Closing:
    """Return how a phrase ends.

    Args:
        start_tick, end_tick: of the phrase.
        cadence: that it ends with.
        styles: (weight, statistics).
        meter: its meter.
        upbeat_tick: how much before a bar line it begins and ends.
        last_chord_tick: of its cadence, where that is known.
        generator: its own.
    """
    bar_tick = meter.bar_ticks
    is_open = cadence in (None, Cadence.NONE)
    ends = ends_of(styles, ENDS[not is_open])
    place, draw = int(generator.integers(len(ends))), generator.random()
    downbeats = range(start_tick + upbeat_tick, end_tick - bar_tick // 2, bar_tick)
    lines = [tick for tick in downbeats if tick >= start_tick + bar_tick // 2]
    share = halting_share(styles)
    drawn = generator.random(len(lines))  # for both: where all voices halt the melody does
    halting, holding = drawn < share, drawn < holding_share(styles)
    moving = [(line - meter.beat_ticks, line) for line, halts in zip(lines, halting, strict=True) if not halts]
    flowing = tuple((line - meter.beat_ticks, line) for line, holds in zip(lines, holding, strict=True) if not holds)
    # A beat of the bar, at least a beat before the end.
    halt_tick = max(end_tick - meter.beat_ticks - -upbeat_tick % meter.beat_ticks, last_chord_tick or 0)
    last_tick = end_tick - closing_ticks(meter)
    if end_tick - start_tick < LEAST_BARS * bar_tick:
        return Closing(last_tick, end_tick, (1.0, 1.0), halt_tick, False, flowing=flowing)
    end = ends[place]
    halts = bool(draw < end.halts)
    if not halts:
        moving.append((halt_tick, end_tick))
    shares = (end.lower, end.upper)
    return Closing(last_tick, end_tick, shares, halt_tick, halts, tuple(moving), is_open, flowing)


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
