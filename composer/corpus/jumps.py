"""Da capo, dal segno, al fine, to the coda: the order in which a page with such words is played.

Conventions: the words stand for the end of their bar, a segno or a coda for the beginning of theirs. A da capo goes
back to the beginning of its movement. After a jump repeats are not taken again, and of endings only the last is played;
a `fine` or a `to coda` counts only then.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from composer.corpus.unfold import played_spans
from composer.score import Repeat

Span = tuple[int, int]


@dataclass(frozen=True)
class JumpSign:
    """One word or sign.

    Attributes:
        kind: `dacapo`, `dalsegno`, `fine`, `tocoda`, `segno` or `coda`.
        start_tick, end_tick: of its bar.
        name: of the segno or coda that is meant.
    """

    kind: str
    start_tick: int
    end_tick: int
    name: str = ""


def played_with_jumps(
    repeats: Sequence[Repeat], signs: Sequence[JumpSign], movement_ticks: Sequence[int], end_tick: int
) -> list[Span]:
    """Return the spans [start, end) in the order of playing; empty where no sign jumps.

    Args:
        repeats: of the page.
        signs: in any order; the same one may come from several parts.
        movement_ticks: where movements begin after the first; a jump stays within its own.
        end_tick: of the page.
    """
    signs = sorted(set(signs), key=lambda sign: (sign.end_tick, sign.start_tick, sign.kind))
    if not any(sign.kind in ("dacapo", "dalsegno") for sign in signs):
        return []
    bounds = [0, *sorted(set(movement_ticks)), end_tick]
    spans: list[Span] = []
    for start, end in itertools.pairwise(bounds):
        own = [sign for sign in signs if start <= sign.start_tick < end]
        spans += _movement(repeats, own, start, end)
    return [span for span in spans if span[1] > span[0]]


def _movement(repeats: Sequence[Repeat], signs: Sequence[JumpSign], start: int, end: int) -> list[Span]:
    spans: list[Span] = []
    at = start
    jumped: set[int] = set()
    for jump in (sign for sign in signs if sign.kind in ("dacapo", "dalsegno")):
        if jump.end_tick in jumped or jump.end_tick < at:
            continue
        jumped.add(jump.end_tick)
        spans += _with_repeats(repeats, at, jump.end_tick)
        target = start if jump.kind == "dacapo" else _place(signs, "segno", jump.name, before=jump.end_tick)
        at = jump.end_tick
        if target is None:
            continue
        fine = next((s.end_tick for s in signs if s.kind == "fine" and target < s.end_tick <= jump.end_tick), None)
        leave = next((s for s in signs if s.kind == "tocoda" and target < s.end_tick <= jump.end_tick), None)
        coda = _place(signs, "coda", leave.name, after=leave.end_tick) if leave else None
        if leave is not None and coda is not None:
            spans += _without_repeats(repeats, target, leave.end_tick)
            spans += _with_repeats(repeats, coda, end)
            return spans
        spans += _without_repeats(repeats, target, jump.end_tick if fine is None else fine)
    return spans + _with_repeats(repeats, at, end)


def _place(
    signs: Sequence[JumpSign], kind: str, name: str, *, before: int | None = None, after: int | None = None
) -> int | None:
    """Return where the segno or coda of a name stands, else the nearest one."""
    found = [
        sign
        for sign in signs
        if sign.kind == kind
        and (before is None or sign.start_tick < before)
        and (after is None or sign.start_tick >= after)
    ]
    named = [sign for sign in found if sign.name == name] or found
    if not named:
        return None
    return named[-1].start_tick if before is not None else named[0].start_tick


def _with_repeats(repeats: Sequence[Repeat], start: int, end: int) -> list[Span]:
    own = [one for one in repeats if start <= one.start_tick and one.end_tick <= end]
    return [(max(low, start), high) for low, high in played_spans(own, end) if high > start]


def _without_repeats(repeats: Sequence[Repeat], start: int, end: int) -> list[Span]:
    """Return a passage played once, with the last of its endings."""
    skipped: list[Span] = []
    for one in repeats:
        last = max((max(passes, default=0) for _, _, passes in one.endings), default=0)
        skipped += [(low, high) for low, high, passes in one.endings if last not in passes]
    spans: list[Span] = []
    for low, high in sorted(skipped):
        if start < high and low < end:
            spans.append((start, min(low, end)))
            start = max(start, high)
    return [*spans, (start, end)]
