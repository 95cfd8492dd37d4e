"""The order in which a Humdrum file is played: expansion lists to spans, and back to repeat signs.

Conventions: a section runs from its label (`*>A`) to the next one; a list (`*>[A,A1,A,A2,B]`) names them in the order
of playing. A Score's repeats can say most of these orders; what they cannot (a da capo) only the spans say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from composer.corpus.unfold import played_spans
from composer.score import Repeat

MAX_PLAYED = 400  # sections in a list, inclusive
_LIST = re.compile(r"^>\[([^\]]*)\]$")  # lists with a name (`*>norep[…]`) are other ways to play
_LABEL = re.compile(r"^>([^\[\]]+)$")


@dataclass(frozen=True)
class PlayedOrder:
    """How a piece is played.

    Attributes:
        sections: (label, start_tick) in the order of the page.
        spans: [start, end) in the order of playing; empty where the file has no list.
        repeats: the same as repeat signs, as far as these can say it.
    """

    sections: tuple[tuple[str, int], ...]
    spans: tuple[tuple[int, int], ...]
    repeats: tuple[Repeat, ...]


def read_order(signs: Sequence[tuple[int, str]], end_tick: int, mended: list[str]) -> PlayedOrder:
    """Read labels and the expansion list.

    Args:
        signs: (tick, interpretation without its star), sorted.
        end_tick: of the piece.
        mended: takes a line for a list that cannot be followed, or that repeat signs cannot say.
    """
    sections: dict[str, int] = {}
    order: list[str] = []
    for tick, text in signs:
        if (found := _LIST.match(text)) and not order:
            order = [label.strip() for label in found[1].split(",")][: MAX_PLAYED + 1]
        elif (found := _LABEL.match(text)) and tick < end_tick:
            sections.setdefault(found[1].strip()[:80], tick)
    rows = tuple(sorted(sections.items(), key=lambda row: row[1]))
    if not order:
        return PlayedOrder(rows, (), ())
    if len(order) > MAX_PLAYED or any(label not in sections for label in order):
        mended.append("the expansion list is longer than any piece, or names sections that are not there; not followed")
        return PlayedOrder(rows, (), ())
    starts = [start for _, start in rows]
    starts[0] = 0
    bounds = list(zip(starts, [*starts[1:], end_tick], strict=True))
    index_of = {label: place for place, (label, _) in enumerate(rows)}
    places = [place for place in (index_of[label] for label in order) if bounds[place][1] > bounds[place][0]]
    spans = tuple(bounds[place] for place in places)
    repeats = tuple(_repeats(places, bounds))
    if _ticks(played_spans(repeats, end_tick)) != _ticks(spans):
        mended.append(
            f"the order {', '.join(order)[:80]} is more than repeat signs can say; it is followed where repeats are"
            " written out"
        )
    return PlayedOrder(rows, spans, repeats)


def _repeats(places: Sequence[int], bounds: Sequence[tuple[int, int]]) -> list[Repeat]:
    """Return the repeats in an order of sections: `A A`, `A B A B`, and with endings `A A1 A A2`."""
    found: list[Repeat] = []
    at = reached = 0  # `reached`: sections before this one have had their turn
    while at < len(places):
        length, times, num_endings = _turns(places, at)
        if places[at] < reached:
            break  # a da capo
        start = bounds[places[at]][0]
        if num_endings:
            first = places[at] + length
            endings = tuple((*bounds[first + i], (i + 1,)) for i in range(num_endings))
            found.append(Repeat(start, endings[-1][1], num_endings, endings))
            at += num_endings * (length + 1)
        else:
            if times > 1:
                found.append(Repeat(start, bounds[places[at + length - 1]][1], times))
            at += length * times
        reached = places[at - 1] + 1
    return found


def _turns(places: Sequence[int], at: int) -> tuple[int, int, int]:
    """Return how many sections from `at` on come again, how often in all, and with how many endings."""
    for length in range(1, (len(places) - at) // 2 + 1):
        body = list(places[at : at + length])
        if body != list(range(body[0], body[0] + length)):
            break
        times = 1
        while list(places[at + times * length : at + (times + 1) * length]) == body:
            times += 1
        if times > 1:
            return length, times, 0
        endings = 0
        turn = length + 1
        while list(places[at + endings * turn : at + (endings + 1) * turn]) == [*body, body[-1] + 1 + endings]:
            endings += 1
        if endings > 1:
            return length, endings, endings
    return 1, 1, 0


def _ticks(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans with neighbours that follow each other on the page made one."""
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and merged[-1][1] == start:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged
