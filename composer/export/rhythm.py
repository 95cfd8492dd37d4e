"""Write lengths as note values: split, dot and tie them so that the beats of the bar can be seen, and find tuplets.

Conventions: `place` is a tick counted from the bar line, or, in a pickup, from where that would be. A note value
is a `kind` (`eighth`) with at most one dot, in a tuplet or not. Levels of a bar are its nested divisions, strongest
first: in 4/4 bar, half, quarter, eighth …; in 6/8 bar, dotted quarter, eighth …; a place has the level of the largest
division that it begins.

What is kept to, as engravers do: a note may pass over a division of the bar only if it begins or ends on one as strong,
or lies evenly across it one level below (eighth, quarter, eighth); in compound meters it passes over a beat only from
beat to beat; rests never do unless they begin on a stronger one, and no rest fills two beats of three.

Contents: `Span`, `Value`, `write_values`, `levels`, `beam_groups`.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from composer.theory.meter import TICKS_PER_QUARTER, Meter

KINDS = ("breve", "whole", "half", "quarter", "eighth", "16th", "32nd", "64th", "128th")
KIND_TICKS = {kind: 8 * TICKS_PER_QUARTER >> index for index, kind in enumerate(KINDS)}
FINEST_TICKS = KIND_TICKS["128th"]
TUPLETS = (3, 5, 7, 9)  # notes in the time of the next smaller power of two (in compound beats: of 3 or 6)
# Groups of eighths that a bar without a regular beat is beamed in.
_IRREGULAR = {5: (3, 2), 7: (2, 2, 3), 8: (3, 3, 2)}

_PLAIN = {ticks: (kind, 0) for kind, ticks in KIND_TICKS.items()}
_DOTTED = {ticks * 3 // 2: (kind, 1) for kind, ticks in KIND_TICKS.items() if kind != "128th"}
_VALUES = _PLAIN | _DOTTED


@dataclass(frozen=True)
class Span:
    """A chord or a rest of one voice within one bar; places, `start < end`."""

    start: int
    end: int
    is_rest: bool


@dataclass(frozen=True)
class Value:
    """One written note value.

    Attributes:
        start, end: its places in the bar.
        span: index of the span that it belongs to; the values of one chord are tied.
        kind, dots: `eighth`, 0.
        ratio: (actual, normal) notes of its tuplet, or None.
        tuplet_edges: `start` and `stop` where it is the first or last of its tuplet.
    """

    start: int
    end: int
    span: int
    kind: str
    dots: int = 0
    ratio: tuple[int, int] | None = None
    tuplet_edges: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Tuplet:
    start: int
    end: int
    actual: int
    normal: int

    def scaled(self, place: int) -> int:
        """Return a place in the tuplet's written ticks, counted from its start (exact by construction)."""
        return (place - self.start) * self.actual // self.normal

    def unscaled(self, written: int) -> int:
        """Return the place of a written tick."""
        return self.start + written * self.normal // self.actual


def write_values(spans: Sequence[Span], meter: Meter) -> tuple[Value, ...]:
    """Write consecutive spans of one voice as note values.

    Args:
        spans: without gaps or overlap, inside one bar.
        meter: the time signature.

    Returns:
        The values in order. A length that has no value at all (nothing a musician would write) gets the nearest kind.
    """
    tuplets = _find_tuplets(spans, meter)
    values: list[Value] = []
    for index, span in enumerate(spans):
        start = span.start
        for tuplet in tuplets:
            if tuplet.end <= start or tuplet.start >= span.end:
                continue
            if tuplet.start > start:
                values += _plain_values(Span(start, tuplet.start, span.is_rest), index, meter)
            inside = Span(max(start, tuplet.start), min(span.end, tuplet.end), span.is_rest)
            values += _tuplet_values(inside, index, tuplet)
            start = inside.end
        if start < span.end:
            values += _plain_values(Span(start, span.end, span.is_rest), index, meter)
    return tuple(values)


@lru_cache(maxsize=64)
def levels(meter: Meter) -> tuple[int, ...]:
    """Return the lengths in ticks of the nested divisions of a bar, largest first, down to the 128th."""
    steps = [meter.bar_ticks]
    if meter.beats % 2 == 0 and meter.bar_ticks // 2 > meter.beat_ticks:
        steps.append(meter.bar_ticks // 2)
    if steps[-1] != meter.beat_ticks:
        steps.append(meter.beat_ticks)
    step = meter.unit_ticks if meter.is_compound else meter.beat_ticks // 2
    while step >= FINEST_TICKS:
        steps.append(step)
        step //= 2
    return tuple(steps)


def beam_groups(values: Sequence[Value], meter: Meter) -> tuple[int, ...]:
    """Return for each value the number of the group that it may be beamed in.

    Beats are the groups; plain eighths alone are joined over half a bar of 4/4 and the whole bar of 2/4 and 3/4.
    """
    if meter.lower == 8 and meter.upper in _IRREGULAR:
        edges = [0]
        for count in _IRREGULAR[meter.upper]:
            edges.append(edges[-1] + count * meter.unit_ticks)
        return tuple(bisect.bisect_right(edges, value.start) for value in values)
    if meter.is_compound:
        return tuple(value.start // meter.beat_ticks for value in values)
    if meter.lower >= 8:  # 3/8, 2/8, 4/8: the bar, at most two quarters of it
        size = min(meter.bar_ticks, 2 * TICKS_PER_QUARTER)
        return tuple(value.start // size for value in values)
    half = meter.bar_ticks // 2 if meter.beats == 4 or meter.lower == 2 else meter.bar_ticks
    joined = half if half <= 3 * TICKS_PER_QUARTER else TICKS_PER_QUARTER
    mixed = {v.start // joined for v in values if (v.kind, v.dots, v.ratio) != ("eighth", 0, None)}
    return tuple(
        1000 + v.start // joined if v.start // joined not in mixed else v.start // TICKS_PER_QUARTER for v in values
    )


# ---------------------------------------------------------------- plain values


def _plain_values(span: Span, index: int, meter: Meter) -> Iterator[Value]:
    """Split a span outside tuplets."""
    found = _VALUES.get(span.end - span.start)
    if found and _fits(span, found[1], meter):
        yield Value(span.start, span.end, index, *found)
        return
    cut = _cut(span, meter)
    if cut is None:
        yield Value(span.start, span.end, index, _nearest_kind(span.end - span.start))
        return
    yield from _plain_values(Span(span.start, cut, span.is_rest), index, meter)
    yield from _plain_values(Span(cut, span.end, span.is_rest), index, meter)


def _fits(span: Span, dots: int, meter: Meter) -> bool:
    """Whether a span may stand as one value where it is; see the module's docstring."""
    inside = _strongest_inside(span, meter)
    if inside is None:
        return True
    level, _ = inside
    before, after = _level(span.start, meter), _level(span.end, meter)
    passes_beat = levels(meter)[level] >= meter.beat_ticks
    if span.is_rest:
        if passes_beat and (meter.beats % 2 == 1 or (dots and not meter.is_compound)):
            return False
        return before < level
    if meter.is_compound and passes_beat:
        beat_level = levels(meter).index(meter.beat_ticks)
        return max(before, after) <= beat_level and min(before, after) <= level
    if before <= level or after <= level:
        return True
    middle = (span.start + span.end) // 2
    return dots == 0 and before == after == level + 1 and _level(middle, meter) == level


def _cut(span: Span, meter: Meter) -> int | None:
    """Return where a span that is not one value is split, or None where nothing divides it."""
    inside = _strongest_inside(span, meter)
    if inside is None:
        return None
    level, step = inside
    first = (span.start // step + 1) * step
    last = (span.end - 1) // step * step
    # From a strong place as far as possible; from a weak one only to the next strong place.
    return last if _level(span.start, meter) <= level and not span.is_rest else first


def _strongest_inside(span: Span, meter: Meter) -> tuple[int, int] | None:
    """Return (level, step) of the strongest division that lies inside a span, or None."""
    for level, step in enumerate(levels(meter)):
        if (span.start // step + 1) * step < span.end:
            return level, step
    return None


def _level(place: int, meter: Meter) -> int:
    """Return the level of a place: 0 the bar line; beyond the last where it lies on no division."""
    steps = levels(meter)
    return next((level for level, step in enumerate(steps) if place % step == 0), len(steps))


def _nearest_kind(ticks: int) -> str:
    return min(KINDS, key=lambda kind: abs(KIND_TICKS[kind] - ticks))


# ---------------------------------------------------------------- tuplets


def _tuplet_values(span: Span, index: int, tuplet: _Tuplet) -> Iterator[Value]:
    """Split a span inside a tuplet: the largest values first, to whole units of it where the span begins off them."""
    unit = (tuplet.end - tuplet.start) // tuplet.normal
    start, end = tuplet.scaled(span.start), tuplet.scaled(span.end)
    while start < end:
        length = end - start
        if length not in _VALUES:
            rest_of_unit = -start % unit
            limit = rest_of_unit if 0 < rest_of_unit < length else length
            length = max((ticks for ticks in _VALUES if ticks <= limit), default=length)
        kind, dots = _VALUES.get(length, (_nearest_kind(length), 0))
        edges = [name for name, here in (("start", start == 0),) if here]
        if tuplet.unscaled(start + length) == tuplet.end:
            edges.append("stop")
        yield Value(
            tuplet.unscaled(start),
            tuplet.unscaled(start + length),
            index,
            kind,
            dots,
            (tuplet.actual, tuplet.normal),
            tuple(edges),
        )
        start += length


def _find_tuplets(spans: Sequence[Span], meter: Meter) -> list[_Tuplet]:
    """Return the tuplets that all places off the grid of 128ths need, in order, without overlap.

    Of the divisions of the bar that hold such a place, the smallest is taken whose edges no span with an end off the
    grid passes over; where there is none, the beat or what is nearest to it, and the values are tied.
    """
    places = sorted({place for span in spans for place in (span.start, span.end)})
    if all(place % FINEST_TICKS == 0 for place in places):
        return []
    uneven = [span for span in spans if span.start % FINEST_TICKS or span.end % FINEST_TICKS]
    found: list[_Tuplet] = []
    for place in places:
        if place % FINEST_TICKS == 0 or any(t.start < place < t.end for t in found):
            continue
        fitting: list[tuple[bool, float, _Tuplet]] = []
        for start, end in _divisions(place, meter):
            tuplet = _fit_tuplet(start, end, [p for p in places if start <= p <= end], meter)
            if tuplet:
                passed = any(s.start < edge < s.end for s in uneven for edge in (start, end))
                ratio = (end - start) / meter.beat_ticks
                fitting.append((passed, max(ratio, 1 / ratio) if passed else ratio, tuplet))
        if fitting:
            tuplet = min(fitting, key=lambda choice: choice[:2])[2]
            found = [t for t in found if t.end <= tuplet.start or t.start >= tuplet.end]
            found.append(tuplet)
    return sorted(found, key=lambda t: t.start)


def _divisions(place: int, meter: Meter) -> Iterator[tuple[int, int]]:
    """Yield the divisions round a place that a tuplet may fill: from the bar down to a quarter of a beat."""
    smallest = meter.unit_ticks // 2 if meter.is_compound else meter.beat_ticks // 4
    for step in levels(meter):
        if step >= smallest:
            yield place // step * step, place // step * step + step
    if meter.beats == 3 and not meter.is_compound:  # two beats of three, from the first or from the second
        two_beats = 2 * meter.beat_ticks
        for start in (0, meter.beat_ticks):
            if start < place < start + two_beats:
                yield start, start + two_beats


def _fit_tuplet(start: int, end: int, places: Sequence[int], meter: Meter) -> _Tuplet | None:
    """Return the simplest tuplet from `start` to `end` that all places fit, or None.

    Up to a beat they must lie on its written 128ths; a longer one must be a plain triplet of whole members.
    """
    length = end - start
    units = [length // ticks for ticks in KIND_TICKS.values() if length % ticks == 0]
    for actual in TUPLETS if length <= meter.beat_ticks else TUPLETS[:1]:
        normal = max((count for count in units if count <= actual), default=0)
        if normal in (0, 1, actual):
            continue
        grid = normal * FINEST_TICKS if length <= meter.beat_ticks else length
        if all((place - start) * actual % grid == 0 for place in places):
            return _Tuplet(start, end, actual, normal)
    return None
