"""Give the plan of an analysed piece the repeats and the da capo that its page states.

Conventions: bars count from 0 within the plan, ends are exclusive.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from composer.plan.model import MAX_TIMES, Plan, RepeatEntry


def with_repeats(
    plan: Plan, *, repeats: Sequence[tuple[int, int, int]], fine_bar: int | None = None
) -> tuple[Plan, list[str]]:
    """Return the plan with its repeats and its da capo, and in words those that it cannot hold.

    Args:
        plan: with ids and bars for all sections.
        repeats: (first bar, end, times) of each repeated passage.
        fine_bar: where a da capo ends; None where there is none.
    """
    edges = [0, *accumulate(section.bars or 0 for section in plan.sections)]
    found: list[RepeatEntry] = []
    told: list[str] = []
    last_place = 0
    for start, end, times in sorted(repeats):
        if start not in edges or end not in edges or edges.index(start) < last_place or start >= end:
            told.append(f"the repeat of bars {start + 1}-{end} is not held: no sections of their own")
            continue
        first, last_place = edges.index(start), edges.index(end)
        ids = tuple(section.id or "" for section in plan.sections[first:last_place])
        found.append(RepeatEntry(sections=ids, times=min(times, MAX_TIMES)))
    da_capo = None
    if fine_bar is not None and fine_bar in edges[1:-1]:
        da_capo = plan.sections[edges.index(fine_bar) - 1].id
    return plan.model_copy(update={"repeats": tuple(found) or None, "da_capo": da_capo}), told
