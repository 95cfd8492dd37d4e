"""Rhythm cells of a meter: what a beat of a tune may look like, and what contradicts the beat.

A style's cells are counted over all its meters, and a beat of 6/8 is not one of 3/4: there halves of a beat are the
rule, here thirds. Beats of 2/4 in which triplets go on are read as 6/8 too, so that even counts of compound meters hold
duplets, which nobody means who asks for 6/8.

Conventions: a cell is the onsets in a beat in 12ths of it, as in `StyleStatistics.rhythm_cells`.

Contents: `contradicts`, `cells_of`, `tune_cells`, `cell_name`, `usual_onsets`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from composer.style_statistics import StyleStatistics, meter_class
from composer.theory.meter import Meter

DIVISIONS = 12  # of a beat
LEAST_CELLS = 60  # of a style's openings in a meter's class, from which they tell its rhythm
OPENING_SHARE = 0.5  # of the weight that they then have beside the cells of all meters
# Of tunes in 6/8, where a style has too few: shares of the openings of all styles that come with the program.
_COMPOUND_CELLS: Mapping[str, int] = {
    "0": 48, "0,4,8": 23, "0,8": 12, "8": 5, "0,2,4,6,8,10": 5, "4,8": 2, "0,6,8": 1, "0,8,10": 1, "0,4": 1,
}  # fmt: skip


def contradicts(cell: Sequence[int], meter: Meter) -> bool:
    """Whether a beat's onsets divide it as the meter does not.

    In compound meters a beat has three parts: quarters of it contradict them, and so does its middle unless a third
    follows or goes before (a dotted rhythm). In simple meters thirds and sixths do.
    """
    places = set(cell)
    if meter.is_compound:
        return bool(places & {3, 9}) or (6 in places and not places & {4, 8})
    return any(place % 3 for place in places)


def cells_of(statistics: StyleStatistics, meter: Meter) -> dict[str, float]:
    """Return the shares of the cells that a style's tunes have in a meter; those that contradict it are left out.

    Args:
        statistics: of the style.
        meter: of the tune.
    """
    openings: Counter[str] = Counter()
    for opening in statistics.openings:
        if opening.meter == meter_class(meter):
            openings.update(cell_name(cell) for cell in _cells([onset * DIVISIONS for onset in opening.onsets_beat]))
    own = _shares(openings, meter)
    if meter.is_compound:
        return own if openings.total() >= LEAST_CELLS and own else _shares(Counter(_COMPOUND_CELLS), meter)
    everywhere = _shares(Counter(statistics.rhythm_cells), meter)
    if openings.total() < LEAST_CELLS or not own:
        return everywhere
    names = {*own, *everywhere}
    return {
        name: OPENING_SHARE * own.get(name, 0.0) + (1 - OPENING_SHARE) * everywhere.get(name, 0.0)
        for name in sorted(names)
    }


def tune_cells(onset_ticks: Sequence[int], meter: Meter) -> list[tuple[int, ...]]:
    """Return the cells of the beats in which a tune strikes; ticks count from a bar line."""
    return _cells([onset * DIVISIONS / meter.beat_ticks for onset in onset_ticks])


def cell_name(cell: Sequence[int]) -> str:
    """Return a cell as the statistics write it."""
    return ",".join(str(place) for place in cell)


def usual_onsets(statistics: StyleStatistics, meter: Meter) -> float:
    """Return how often a beat the style's tunes strike a note in this meter, within bounds."""
    cells = cells_of(statistics, meter)
    highest = 3.0 if meter.is_compound else 2.5
    mean = sum(share * len(name.split(",")) for name, share in cells.items() if name) if cells else 1.5
    return min(highest, max(1.0, mean))


def _cells(places: Sequence[float]) -> list[tuple[int, ...]]:
    """Return the cells of places that are counted in 12ths of a beat."""
    cells: dict[int, list[int]] = {}
    for place in places:
        beat, rest = divmod(round(place), DIVISIONS)
        cells.setdefault(beat, []).append(rest)
    return [tuple(cell) for cell in cells.values()]


def _shares(counts: Counter[str], meter: Meter) -> dict[str, float]:
    kept = {
        name: count
        for name, count in counts.items()
        if not contradicts([int(place) for place in name.split(",") if place], meter)
    }
    total = sum(kept.values())
    return {name: count / total for name, count in kept.items()} if total else {}
