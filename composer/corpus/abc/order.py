"""The order in which an ABC tune is played: repeat signs, and the parts that a P: field lists.

Conventions: a repeat without an opening sign begins at the tune's beginning, or after the last double bar line or end
of a repeat (ABC 2.1, 4.8). A part that the order lists as often as its own repeat signs say is played so often, not
more (4.10: `P:A4` with four endings).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

from composer.corpus.musicxml.drafts import EventDraft
from composer.corpus.unfold import played_spans
from composer.score import Repeat


def with_openings(events: Sequence[EventDraft]) -> list[EventDraft]:
    """Return the events with a double bar line as an opening sign where a closing one has no other."""
    is_open = False
    doubles: set[int] = set()  # places of double bar lines outside of any passage that is opened
    for place, event in enumerate(events):
        if event.kind == "repeat":
            is_open = event.value[0] == "forward"
        elif event.kind == "double" and not is_open:
            doubles.add(place)
    found: list[EventDraft] = []
    is_wanted = False  # a closing sign comes, whose opening has not been found
    for place, event in reversed(list(enumerate(events))):
        if event.kind == "repeat":
            is_wanted = event.value[0] == "backward"
        if event.kind != "double":
            found.append(event)
        elif is_wanted and place in doubles:
            found.append(replace(event, kind="repeat", value=("forward", 2)))
            is_wanted = False
    return found[::-1]


def played_order(
    order: Sequence[str], labels: Sequence[tuple[int, str]], repeats: Sequence[Repeat], end_tick: int, mended: list[str]
) -> tuple[tuple[int, int], ...]:
    """Return the spans [start, end) in the order of a header's P: field; empty where the page says the same.

    Args:
        order: the parts, one letter each.
        labels: (tick, text) of the P: fields in the body, sorted.
        repeats: as written.
        end_tick: of the tune.
        mended: takes a line for an order that cannot be followed, or that repeat signs cannot say.
    """
    starts: dict[str, int] = {}
    for tick, text in labels:
        if text and not text[1:2].isalnum() and tick < end_tick:
            starts.setdefault(text[0].upper(), tick)
    names = sorted(starts, key=lambda name: starts[name])
    if len(order) < 2 or list(order) == names:  # a single letter is the name of the first part
        return ()
    if any(name not in starts for name in order):
        mended.append(f"the order of parts {''.join(order)[:80]} names parts that are not there; not followed")
        return ()
    bounds = dict(zip(names, itertools.pairwise([0, *(starts[name] for name in names[1:]), end_tick]), strict=True))
    spans: list[tuple[int, int]] = []
    for name, run in itertools.groupby(order):
        start, end = bounds[name]
        inside = [
            Repeat(
                one.start_tick - start,
                one.end_tick - start,
                one.times,
                tuple((low - start, high - start, passes) for low, high, passes in one.endings),
            )
            for one in repeats
            if start <= one.start_tick and one.end_tick <= end
        ]
        count = len(list(run))
        times = 1 if any(one.times == count for one in inside) else count
        spans += times * [(low + start, high + start) for low, high in played_spans(inside, end - start)]
    mended.append(f"the order of parts {''.join(order)[:80]} is followed where repeats are written out")
    return tuple(spans)
