"""How long were notes written that are held shorter (or a little longer) than written?

What it is: players and programs let notes go before the next begins, often after the same share of their length: the
gate. It is found in a file as the usual share of the time from a note to the next on its track. Then each end is put
where the likeliest of three things says: the next onset on the track, another moment where something begins, or a line
of the grid; seen from the note's own end or from that without the gate.

Conventions: ticks of the Score.
"""

from __future__ import annotations

import bisect
import math
from collections import Counter
from collections.abc import Iterable, Sequence

from composer.theory.meter import TICKS_PER_QUARTER

_FOLD = 1.04  # shares are doubled until they are more than half of this: an eighth before an eighth's rest
_MIN_SHARE = 0.1
_MIN_NOTES = 16
_STEPS = 50  # a gate is found to 1/50
_GATE_SHARE = 0.3  # of the notes must have it, or nearly
_CLEAR = 0.98  # from here on it is none
_SPREAD = 0.03  # of a note's share about the gate
_FURTHEST = 4.0  # spreads; a note that is further off may be anything (the end of a slur, a staccato)
_NEXT_SHARE = 0.6  # a note that is held for less of the time to the next does not last until then
_OWN_END = 0.8  # costs, in spreads: an end taken as it is, beside a gate …
_MOMENT, _LINE, _FINE_LINE = 1.2, 2.0, 3.0  # … where something else begins, or nothing at all, or beside the grid
_MAX_LENGTH = 64 * TICKS_PER_QUARTER  # longer notes end as they are


def find_gate(shares: Iterable[float]) -> float:
    """Return the usual share of the time to the next onset for which notes are held; 1 where there is none."""
    counts: Counter[int] = Counter()
    for share in shares:
        if _MIN_SHARE <= share <= _FOLD:
            counts[round(share * 2.0 ** math.floor(math.log2(_FOLD / share)) * _STEPS)] += 1
    total = sum(counts.values())
    if total < _MIN_NOTES:
        return 1.0
    best = max(counts, key=lambda one: sum(counts[one + beside] for beside in (-1, 0, 1)))
    near = {beside: counts[best + beside] for beside in (-1, 0, 1)}
    gate = (best + (near[1] - near[-1]) / sum(near.values())) / _STEPS
    return gate if sum(near.values()) >= _GATE_SHARE * total and gate < _CLEAR else 1.0


class WrittenEnds:
    """The ends of a piece's notes.

    Args:
        places: of all onsets.
        gate: of the piece, as `find_gate`.
        spread_ticks: of single onsets and ends about their places.
        limit_tick: no note lasts longer, unless it is held longer.
    """

    def __init__(self, places: Iterable[int], *, gate: float, spread_ticks: float, limit_tick: int) -> None:
        self._places = sorted(set(places))
        self._gate = gate
        self._spread_ticks = spread_ticks
        self._limit_tick = limit_tick

    def end_of(self, onset_tick: int, length_tick: float, *, next_tick: int | None, step_ticks: int) -> int:
        """Return where a note ends.

        Args:
            onset_tick: its place.
            length_tick: for how long it is held.
            next_tick: the next place where one begins on its track, or None.
            step_ticks: between lines of the grid there.
        """
        spread = math.hypot(_SPREAD, math.sqrt(2) * self._spread_ticks / length_tick)  # of its beginning and its end
        # The last notes of a track are held, and there is nothing that they could be let go for.
        usual = self._gate if next_tick is not None else 1.0
        gates = {1.0, self._gate}
        if next_tick is not None and abs(length_tick / ((next_tick - onset_tick) * usual) - 1) < spread / 2:
            return next_tick  # nothing else can cost less
        costs: dict[int, float] = {}

        def offer(end_tick: int, cost: float) -> None:
            length = end_tick - onset_tick
            if length > 0 and (end_tick <= self._limit_tick or onset_tick + length_tick > self._limit_tick):
                off = min(
                    abs(length_tick / (length * gate) - 1) / spread + (_OWN_END if gate != usual else 0)
                    for gate in gates
                )
                costs[end_tick] = min(costs.get(end_tick, math.inf), min(off, _FURTHEST) + cost)

        if next_tick is not None and length_tick <= _MAX_LENGTH:
            offer(next_tick, 0.0 if length_tick > _NEXT_SHARE * (next_tick - onset_tick) else _FURTHEST)
        for gate in gates:
            tick = onset_tick + length_tick / gate
            for step, cost in ((step_ticks, _LINE), (step_ticks // 2, _FINE_LINE)):
                offer(math.floor(tick / step) * step, cost)
                offer(math.ceil(tick / step) * step, cost)
            for place in self._near(tick):
                offer(place, _MOMENT)
        return min(costs, key=lambda tick: (costs[tick], tick)) if costs else onset_tick + step_ticks

    def _near(self, tick: float) -> Sequence[int]:
        index = bisect.bisect_left(self._places, tick)
        return self._places[max(0, index - 1) : index + 1]
