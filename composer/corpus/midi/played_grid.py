"""Put played times on musical places: the likeliest subdivision of each quarter, given the ones around it.

What it is: notes that were played to a click, or written and then "humanised", lie about their places with a spread
that is the same over the piece. Spread and subdivisions are found in turns: a Viterbi path over quarters chooses among
subdivisions by how near their lines the onsets lie, what a finer grid costs, and what the neighbours have; then the
spread is measured anew. Onsets of one moment, whatever their track, are put on one place.

A performance that did not follow the file's beats fits its grid no better than it would if the beats were a little
longer or shorter (`lead`): that tells it from a loose one that did.

Conventions: ticks of the Score as floats; the spread is a standard deviation.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from composer.theory.meter import TICKS_PER_QUARTER

Floats = npt.NDArray[np.float64]

# Parts of a quarter and how usual they are.
_USUAL = {1: 0.32, 2: 0.34, 4: 0.2, 3: 0.08, 6: 0.02, 8: 0.02, 12: 0.005, 16: 0.003, 5: 0.003, 7: 0.001}
_FAMILIES = ({1, 2, 4, 8, 16}, {1, 3, 6, 12}, {1, 5}, {1, 7})
_KEEP = 0.8  # a quarter is of its neighbour's family so often
_STRAY = 0.01  # an onset is on no line at all so often
_FIRST_SPREAD = 0.03 * TICKS_PER_QUARTER
_MAX_SPREAD = 0.09 * TICKS_PER_QUARTER  # more is no spread about 16ths any more
_TURNS = 4
_MOMENT = 2.5  # spreads between two onsets of one moment, at most …
_MAX_MOMENT_TICKS = TICKS_PER_QUARTER / 12  # … and never more than this from the first to the last
_WARPS = (0.9283, 1.0741)  # other lengths of the beat; no simple ratio is near
_JUDGED_ONSETS = 6_000  # for `lead`: more say nothing new


class PlayedGrid:
    """The places of the onsets of a piece that was not written exactly.

    Args:
        onset_ticks: of all notes.
        tolerance_ticks: what exact places are rounded by; the spread is not taken to be less than half of it.

    Attributes:
        spread_ticks: of the onsets about their places.
        fit: log likelihood of a moment, mean; of use beside another of the same piece.
    """

    def __init__(self, onset_ticks: Sequence[float], *, tolerance_ticks: float) -> None:
        onsets = np.sort(np.asarray(onset_ticks, dtype=np.float64))
        self._tolerance = tolerance_ticks
        self.spread_ticks = max(_FIRST_SPREAD, tolerance_ticks)
        self.fit = 0.0
        before: dict[int, int] = {}
        for _ in range(_TURNS):
            moments, counts = _moments(onsets, self.spread_ticks)
            self._parts, self.fit = _best_parts(moments, counts, self.spread_ticks / TICKS_PER_QUARTER)
            distances = np.abs(self._nearest(onsets) - onsets)
            near = distances[distances < 4 * self.spread_ticks]
            spread = float(np.sqrt((near**2).mean())) if len(near) else 0.0
            self.spread_ticks = min(max(spread, tolerance_ticks / 2), _MAX_SPREAD)
            if self._parts == before:
                break
            before = self._parts
        self._moment_ticks: list[float] = moments.tolist()
        self._moment_places: list[int] = self._nearest(moments).astype(int).tolist()

    def step_at(self, tick: float) -> int:
        """Return the distance between lines there: at most a 16th, where notes end that do not begin."""
        step = self._step(tick)
        return step if (TICKS_PER_QUARTER // step) % 3 == 0 else min(step, TICKS_PER_QUARTER // 4)

    def _step(self, tick: float) -> int:
        return TICKS_PER_QUARTER // self._parts.get(int(tick // TICKS_PER_QUARTER), 4)

    def _nearest(self, ticks: Floats) -> Floats:
        quarters = np.floor_divide(ticks, TICKS_PER_QUARTER).astype(np.int64)
        known, index = np.unique(quarters, return_inverse=True)
        steps = np.array([TICKS_PER_QUARTER // self._parts.get(int(one), 4) for one in known])[index]
        base = quarters * TICKS_PER_QUARTER
        return np.asarray(np.maximum(0, base + np.round((ticks - base) / steps) * steps), dtype=np.float64)

    def snap(self, tick: float) -> tuple[int, bool]:
        """Return the place of an onset, and whether it is clear (it lies nearer to it than to anything between)."""
        index = bisect.bisect_left(self._moment_ticks, tick)
        near = min(
            range(max(0, index - 1), min(len(self._moment_ticks), index + 1)),
            key=lambda i: abs(self._moment_ticks[i] - tick),
        )
        place, step = self._moment_places[near], self._step(tick)
        return place, abs(place - tick) <= max(self._tolerance, step / 4)


def lead(grid: PlayedGrid, onset_ticks: Sequence[float], *, tolerance_ticks: float) -> float:
    """Return by how much the file's own beats suit the onsets better than beats of other lengths.

    Args:
        grid: of these onsets.
        onset_ticks: of all notes, in any order.
        tolerance_ticks: as for `PlayedGrid`.

    Returns:
        Nats a moment. Pianists who play freely: -.2 to .3; a spread of 30 ms about written places: .4 and more.
    """
    onsets = sorted(onset_ticks)
    if len(onsets) > _JUDGED_ONSETS:
        first = (len(onsets) - _JUDGED_ONSETS) // 2
        onsets = onsets[first : first + _JUDGED_ONSETS]
        grid = PlayedGrid(onsets, tolerance_ticks=tolerance_ticks)
    others = (PlayedGrid([tick * warp for tick in onsets], tolerance_ticks=tolerance_ticks) for warp in _WARPS)
    return grid.fit - max(other.fit for other in others)


def _moments(onsets: Floats, spread_ticks: float) -> tuple[Floats, Floats]:
    """Join onsets that are struck together; return the mean tick and the number of each moment."""
    gap, width = _MOMENT * spread_ticks, min(4 * spread_ticks, _MAX_MOMENT_TICKS)
    starts: list[int] = []
    first = last = -np.inf
    for index, tick in enumerate(onsets.tolist()):
        if tick - last > gap or tick - first > width:
            starts.append(index)
            first = tick
        last = tick
    counts = np.diff([*starts, len(onsets)])
    return np.add.reduceat(onsets, starts) / counts, counts.astype(np.float64)


def _best_parts(moments: Floats, counts: Floats, spread: float) -> tuple[dict[int, int], float]:
    """Return the parts of each quarter on the likeliest path, and the log likelihood a moment; `spread` in quarters."""
    parts = np.array(list(_USUAL))
    usual = np.array(list(_USUAL.values()))
    where = moments / TICKS_PER_QUARTER
    quarters, index = np.unique(np.floor(where).astype(np.int64), return_inverse=True)
    places = (where - np.floor(where))[:, None]  # [moment, 1]
    width = (spread / np.sqrt(np.minimum(counts, 4)))[:, None]  # a chord's mean is surer than one note, to a point
    errors = (places - np.round(places * parts) / parts) / width  # [moment, parts]
    density = np.exp(-0.5 * errors**2) / (width * np.sqrt(2 * np.pi))
    fits = np.zeros((len(quarters), len(parts)))
    np.add.at(fits, index, np.log((1 - _STRAY) * density / parts + _STRAY))
    best = np.log(usual) + fits[0]
    back = np.zeros(fits.shape, dtype=np.int64)
    for quarter in range(1, len(quarters)):
        paths = best[:, None] + _STEPS  # [before, now]
        back[quarter] = paths.argmax(axis=0)
        best = paths.max(axis=0) + fits[quarter]
    path = [int(best.argmax())]
    for quarter in range(len(quarters) - 1, 0, -1):
        path.append(int(back[quarter, path[-1]]))
    found = {int(quarter): int(parts[one]) for quarter, one in zip(quarters, reversed(path), strict=True)}
    return found, float(best.max()) / len(moments)


def _step_costs() -> Floats:
    """Return the log likelihood that parts `other` follow parts `one`, [one, other]."""
    rows = []
    for one in _USUAL:
        family = set().union(*(group for group in _FAMILIES if one in group))
        total = sum(_USUAL[member] for member in family)
        rows.append(
            [(1 - _KEEP) * usual + _KEEP * (usual / total if other in family else 0) for other, usual in _USUAL.items()]
        )
    return np.asarray(np.log(np.array(rows)), dtype=np.float64)


_STEPS = _step_costs()
