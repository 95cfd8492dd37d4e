"""A score with bars of one length, once through: what the plan of a piece can hold of its page.

What it is: repeats are passed once, with their last endings; bars that a repeat sign cuts in two are one again. Of a
piece that changes its meter one stretch is left: the one that lasts longest, or the last one. Short insertions in
another meter are taken out of it. Bars that are too short are filled up with rests, bars that are too long are cut.
What was lost is told, a line for each kind of thing.

Conventions: bars are told by their numbers on the page.
"""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from composer.score import Bar, Note, Part, Repeat, Score, sort_notes
from composer.theory.meter import Meter

MAX_INSERTED_BARS = 2  # in another meter between bars of the main one, which are taken out


@dataclass(frozen=True)
class EvenBars:
    """A score of one meter.

    Attributes:
        score: whole bars after at most one upbeat (number 0); its repeats have no endings left.
        told: what is not as on the page, in words.
        page_bars: number on the page of each of its bars.
    """

    score: Score
    told: tuple[str, ...]
    page_bars: tuple[int, ...]


@dataclass(frozen=True)
class _Piece:
    """A bar, or a part of one: [start, end) of the page, `offset` ticks after its bar line."""

    start: int
    end: int
    offset: int


@dataclass(frozen=True)
class _Cell:
    """What becomes one bar."""

    number: int
    meter: Meter
    pieces: tuple[_Piece, ...]

    @property
    def ticks(self) -> int:
        return sum(piece.end - piece.start for piece in self.pieces)

    @property
    def is_upbeat(self) -> bool:
        return self.number == 0 and self.ticks < self.meter.bar_ticks


def even_bars(score: Score, *, at_end: bool = False, most: int | None = None) -> EvenBars:
    """Return a score in bars of one length.

    Args:
        score: with at least one bar.
        at_end: take the stretch that the piece ends with, however short; else the longest one.
        most: bars that are taken, from the beginning of the stretch (or up to its end); None: all of them.
    """
    cells = _cells(score, _spans_once(score.repeats, score.end_tick))
    kept, told = _one_meter(cells, at_end=at_end)
    if most is not None and len(kept) > most:
        told.append(f"of {len(kept)} bars the {'last' if at_end else 'first'} {most} are taken: a plan has no more")
        kept = kept[-most:] if at_end else kept[:most]
    uneven = [cell for cell in kept[:-1] if cell.ticks != cell.meter.bar_ticks and not cell.is_upbeat]
    if uneven:
        verb = "is" if len(uneven) == 1 else "are"
        told.append(f"{_bar_words(uneven)} {verb} not as long as {kept[0].meter} says: cut, or filled up with rests")
    made = _laid(score, kept)
    return EvenBars(made, tuple(told), tuple(cell.number for cell in kept))


def _spans_once(repeats: Sequence[Repeat], end_tick: int) -> list[tuple[int, int]]:
    """Return the spans of the page that are heard when each repeat is passed once, with its last ending."""
    spans: list[tuple[int, int]] = []
    tick = 0
    for repeat in sorted(repeats, key=lambda one: one.start_tick):
        if repeat.start_tick < tick or not repeat.endings:
            continue
        last = max(repeat.endings, key=lambda ending: max(ending[2], default=0))
        spans += [(tick, min(start for start, _, _ in repeat.endings)), (last[0], last[1])]
        tick = max(repeat.end_tick, last[1])
    return [span for span in (*spans, (tick, end_tick)) if span[0] < span[1]]


def _cells(score: Score, spans: Sequence[tuple[int, int]]) -> list[_Cell]:
    """Return the bars of the spans, those that were cut in two joined."""
    cells: list[_Cell] = []
    for start, end in spans:
        for bar in score.bars:
            low, high = max(bar.onset_tick, start), min(bar.end_tick, end)
            if low >= high:
                continue
            last = cells[-1] if len(cells) > 1 else None
            length = high - low
            if (
                last is not None
                and last.meter == bar.meter
                and last.ticks < bar.meter.bar_ticks
                and last.ticks + length == bar.meter.bar_ticks
            ):
                cells[-1] = replace(last, pieces=(*last.pieces, _Piece(low, high, last.ticks)))
            else:
                cells.append(_Cell(bar.number, bar.meter, (_Piece(low, high, 0),)))
    return cells


def _one_meter(cells: Sequence[_Cell], *, at_end: bool) -> tuple[list[_Cell], list[str]]:
    """Return the cells of one stretch of one meter, and what is lost."""
    times: Counter[Meter] = Counter()
    for cell in cells:
        times[cell.meter] += cell.ticks
    if len(times) == 1:
        return list(cells), []
    stretches: dict[Meter, list[tuple[int, int]]] = {}  # (first cell, end) of each
    runs = [(meter, len(list(group))) for meter, group in groupby(cells, key=lambda cell: cell.meter)]
    place = 0
    for meter, count in runs:
        own = stretches.setdefault(meter, [])
        if own and place - own[-1][1] <= MAX_INSERTED_BARS:
            own[-1] = (own[-1][0], place + count)
        else:
            own.append((place, place + count))
        place += count

    def length(meter: Meter, first: int, end: int) -> int:
        return sum(cell.ticks for cell in cells[first:end] if cell.meter == meter)

    found = [(meter, *span) for meter, spans in stretches.items() for span in spans]
    if at_end:
        meter, first, end = next(one for one in found if one[2] == len(cells) and one[0] == cells[-1].meter)
    else:
        meter, first, end = max(found, key=lambda one: (length(*one), -one[1]))
    kept = [cell for cell in cells[first:end] if cell.meter == meter]
    taken_out = [cell for cell in cells[first:end] if cell.meter != meter]
    told = []
    if len(kept) + len(taken_out) < len(cells):
        others = ", ".join(str(other) for other in times if other != meter) or str(meter)
        which = "last" if at_end else "longest"
        told.append(
            f"the meter changes ({meter}, {others}): only bars {kept[0].number}-{kept[-1].number}, the {which} stretch "
            f"in {meter}, are taken"
        )
    if taken_out:
        verb = "is" if len(taken_out) == 1 else "are"
        meters = ", ".join(dict.fromkeys(str(cell.meter) for cell in taken_out))
        told.append(f"{_bar_words(taken_out)} in {meters} {verb} left out: a plan has one meter")
    return kept, told


def _bar_words(cells: Sequence[_Cell]) -> str:
    numbers = [str(cell.number) for cell in cells]
    if len(numbers) == 1:
        return f"bar {numbers[0]}"
    return f"bars {', '.join(numbers[:8])}" + (f" and {len(numbers) - 8} more" if len(numbers) > 8 else "")


def _laid(score: Score, cells: Sequence[_Cell]) -> Score:
    """Return the score of the cells, each a whole bar but an upbeat at the beginning."""
    meter = cells[0].meter
    bars: list[Bar] = []
    pieces: list[tuple[int, int, int]] = []  # (start, end) on the page, start in the new score
    tick = 0
    for index, cell in enumerate(cells):
        is_upbeat = index == 0 and cell.is_upbeat and len(cells) > 1
        length = cell.ticks if is_upbeat else meter.bar_ticks
        number = 0 if is_upbeat else len(bars) + (0 if bars and bars[0].number == 0 else 1)
        bars.append(Bar(number, tick, length, meter))
        for piece in cell.pieces:
            end = min(piece.end, piece.start + length - piece.offset)
            if piece.start < end:
                pieces.append((piece.start, end, tick + piece.offset))
        tick += length
    starts = [start for start, _, _ in pieces]
    ends = [end for _, end, _ in pieces]

    def place_of(page_tick: int) -> int:
        """Return where a moment of the page is, or, when it is left out, what comes after it."""
        index = bisect.bisect_right(ends, page_tick)
        if index == len(pieces):
            return tick
        return pieces[index][2] + max(0, page_tick - starts[index])

    def end_of(page_tick: int) -> int:
        """Return where what ends at a moment of the page ends."""
        start, end, place = pieces[max(0, bisect.bisect_left(starts, page_tick) - 1)]
        return place + min(page_tick, end) - start

    def notes_of(part: Part) -> Iterator[Note]:
        for start, end, place in pieces:
            low, high = (
                bisect.bisect_left(part.notes, edge, key=lambda note: note.onset_tick) for edge in (start, end)
            )
            for note in part.notes[low:high]:
                onset = place + note.onset_tick - start
                length = 0 if note.is_grace else max(1, end_of(note.end_tick) - onset)
                yield replace(note, onset_tick=onset, duration_tick=length)

    first, last = starts[0], ends[-1]

    def inside(page_tick: int) -> bool:
        return first <= page_tick < last

    keys = [(0, key) for key in [score.key_at(first)] if key is not None]
    keys += [(place_of(at), key) for at, key in score.keys if first < at < last]
    tempos = [replace(mark, tick=0) for mark in [m for m in score.tempos if m.tick <= first][-1:]]
    tempos += [replace(mark, tick=place_of(mark.tick)) for mark in score.tempos if first < mark.tick < last]
    repeats = [
        Repeat(place_of(one.start_tick), end_of(one.end_tick), one.times)
        for one in score.repeats
        if inside(one.start_tick) and one.end_tick <= last
    ]
    return Score(
        parts=tuple(replace(part, notes=sort_notes(notes_of(part))) for part in score.parts),
        bars=tuple(bars),
        keys=tuple(keys),
        tempos=tuple(tempos),
        dynamics=tuple(
            replace(
                sign,
                tick=place_of(sign.tick),
                end_tick=None if sign.end_tick is None else max(place_of(sign.tick) + 1, end_of(sign.end_tick)),
            )
            for sign in score.dynamics
            if inside(sign.tick)
        ),
        marks=tuple(replace(mark, tick=place_of(mark.tick)) for mark in score.marks if inside(mark.tick)),
        repeats=tuple(one for one in repeats if one.start_tick < one.end_tick),
        fermata_ticks=tuple(place_of(at) for at in score.fermata_ticks if inside(at)),
        title=score.title,
        composer=score.composer,
        credits=score.credits,
    )
