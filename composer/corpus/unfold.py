"""Write out the repeats of a score: what is played twice stands twice."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from composer.score import Bar, Note, Part, Repeat, Score, sort_notes
from composer.theory.meter import TICKS_PER_QUARTER

T = TypeVar("T")
S = TypeVar("S")
MAX_UNFOLDED = 8  # times the written length, inclusive; more is an attack
MAX_TICKS = 30_000 * TICKS_PER_QUARTER  # of a piece, inclusive: four hours at 120


def unfold_repeats(score: Score) -> Score:
    """Return the score with repeats and endings written out and no `Repeat` left; as `unfold_spans`."""
    return unfold_spans(score, played_spans(score.repeats, score.end_tick))


def unfold_spans(score: Score, spans: Sequence[tuple[int, int]]) -> Score:
    """Return the score with the spans [start, end) of its page in the order in which they are played.

    A note that is held over the end of a repeated span is cut there. A tempo or key in force at a span's beginning is
    stated again where the span comes again. A score that would grow beyond `MAX_UNFOLDED` or `MAX_TICKS` comes back as
    it was.
    """
    length_tick = sum(end - start for start, end in spans)
    if length_tick > MAX_UNFOLDED * max(1, score.end_tick) or length_tick > max(MAX_TICKS, score.end_tick):
        return score
    targets: list[tuple[int, int, int]] = []  # (start, end, shift)
    tick = 0
    for start, end in spans:
        targets.append((start, end, tick - start))
        tick += end - start
    parts = tuple(
        Part(
            part.name,
            sort_notes(
                _shifted(note, end, shift) for start, end, shift in targets for note in _within(part, start, end)
            ),
            part.program,
            part.staves,
        )
        for part in score.parts
    )

    def moved(signs: Sequence[S], tick_of: Callable[[S], int]) -> Iterator[tuple[int, int, S]]:
        """Yield (end of its span, shift, sign) wherever a sign comes again; `signs` are sorted by tick."""
        for start, end, shift in targets:
            low, high = (bisect.bisect_left(signs, tick, key=tick_of) for tick in (start, end))
            for sign in signs[low:high]:
                yield end, shift, sign

    return replace(
        score,
        parts=parts,
        bars=_bars(score.bars, targets),
        keys=tuple(_stated(score.keys, targets)),
        tempos=tuple(
            replace(mark, tick=at) for at, mark in _stated([(mark.tick, mark) for mark in score.tempos], targets)
        ),
        dynamics=tuple(
            replace(sign, tick=sign.tick + shift, end_tick=None if sign.end_tick is None else sign.end_tick + shift)
            for _, shift, sign in moved(score.dynamics, lambda sign: sign.tick)
        ),
        marks=tuple(
            replace(mark, tick=mark.tick + shift) for _, shift, mark in moved(score.marks, lambda mark: mark.tick)
        ),
        slurs=tuple(
            replace(slur, onset_tick=slur.onset_tick + shift, end_tick=slur.end_tick + shift)
            for end, shift, slur in moved(score.slurs, lambda slur: slur.onset_tick)
            if slur.end_tick < end
        ),
        repeats=(),
        fermata_ticks=tuple(tick + shift for _, shift, tick in moved(score.fermata_ticks, int)),
    )


def played_spans(repeats: Sequence[Repeat], end_tick: int) -> list[tuple[int, int]]:
    """Return the spans [start, end) of the written score in the order in which they are played."""
    spans: list[tuple[int, int]] = []
    tick = 0
    for repeat in sorted(repeats, key=lambda one: one.start_tick):
        if repeat.start_tick < tick:
            continue  # one inside another: the outer one rules
        if repeat.start_tick > tick:
            spans.append((tick, repeat.start_tick))
        for passing in range(1, repeat.times + 1):
            body_end = min((start for start, _, _ in repeat.endings), default=repeat.end_tick)
            spans.append((repeat.start_tick, body_end))
            spans.extend((start, end) for start, end, passes in repeat.endings if passing in passes)
        tick = repeat.end_tick
    if tick < end_tick:
        spans.append((tick, end_tick))
    return [span for span in spans if span[1] > span[0]]


def _within(part: Part, start: int, end: int) -> list[Note]:
    low, high = (bisect.bisect_left(part.notes, tick, key=lambda note: note.onset_tick) for tick in (start, end))
    return list(part.notes[low:high])


def _shifted(note: Note, end: int, shift: int) -> Note:
    return replace(note, onset_tick=note.onset_tick + shift, duration_tick=min(note.end_tick, end) - note.onset_tick)


def _stated(rows: Sequence[tuple[int, T]], targets: Sequence[tuple[int, int, int]]) -> list[tuple[int, T]]:
    """Return what is in force at each played tick, stated where it changes."""
    found: list[tuple[int, T]] = []

    def state(tick: int, value: T) -> None:
        if not found or found[-1][1] != value:
            found.append((tick, value))

    for start, end, shift in targets:
        first = bisect.bisect_right(rows, start, key=lambda row: row[0])
        if first:
            state(start + shift, rows[first - 1][1])
        for tick, value in rows[first : bisect.bisect_left(rows, end, key=lambda row: row[0])]:
            state(tick + shift, value)
    return found


def _bars(bars: Sequence[Bar], targets: Sequence[tuple[int, int, int]]) -> tuple[Bar, ...]:
    """Lay the bars again; a bar that a repeat sign cuts in two joins the pieces that follow each other."""
    pieces: list[Bar] = []
    for start, end, shift in targets:
        first, last = (bisect.bisect_right(bars, tick, key=lambda bar: bar.onset_tick) for tick in (start, end))
        for bar in bars[max(0, first - 1) : last]:
            low, high = max(bar.onset_tick, start), min(bar.end_tick, end)
            if low < high:
                pieces.append(Bar(bar.number, low + shift, high - low, bar.meter))
    laid: list[Bar] = []
    for piece in pieces:
        before = laid[-1] if laid else None
        joins = (
            before is not None
            and len(laid) > 1
            and before.meter == piece.meter
            and before.duration_tick + piece.duration_tick == piece.meter.bar_ticks
            and before.duration_tick < piece.meter.bar_ticks
        )
        if before is not None and joins:
            laid[-1] = Bar(before.number, before.onset_tick, piece.meter.bar_ticks, piece.meter)
        else:
            laid.append(piece)
    first = 0 if laid and laid[0].number == 0 else 1
    return tuple(Bar(first + i, bar.onset_tick, bar.duration_tick, bar.meter) for i, bar in enumerate(laid))
