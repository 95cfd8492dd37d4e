"""Write out the repeats of a score: what is played twice stands twice."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TypeVar

from composer.score import Bar, Note, Part, Repeat, Score, sort_notes

T = TypeVar("T")
MAX_UNFOLDED = 20  # times the written length; more is an attack


def unfold_repeats(score: Score) -> Score:
    """Return the score with repeats and endings written out and no `Repeat` left.

    A note that is held over the end of a repeated span is cut there. A tempo or key in force at a span's beginning is
    stated again where the span comes again.
    """
    spans = played_spans(score.repeats, score.end_tick)
    if sum(end - start for start, end in spans) > MAX_UNFOLDED * max(1, score.end_tick):
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

    def moved(tick_of: int) -> list[int]:
        return [tick_of + shift for start, end, shift in targets if start <= tick_of < end]

    return dataclasses.replace(
        score,
        parts=parts,
        bars=_bars(score.bars, targets),
        keys=tuple(_stated(score.keys, targets)),
        tempos=tuple(
            dataclasses.replace(mark, tick=at)
            for at, mark in _stated([(mark.tick, mark) for mark in score.tempos], targets)
        ),
        dynamics=tuple(
            sorted(
                (
                    dataclasses.replace(
                        sign, tick=at, end_tick=None if sign.end_tick is None else at + sign.end_tick - sign.tick
                    )
                    for sign in score.dynamics
                    for at in moved(sign.tick)
                ),
                key=lambda sign: sign.tick,
            )
        ),
        marks=tuple(
            sorted(
                (dataclasses.replace(mark, tick=at) for mark in score.marks for at in moved(mark.tick)),
                key=lambda mark: mark.tick,
            )
        ),
        slurs=tuple(
            sorted(
                (
                    dataclasses.replace(slur, onset_tick=slur.onset_tick + shift, end_tick=slur.end_tick + shift)
                    for slur in score.slurs
                    for start, end, shift in targets
                    if start <= slur.onset_tick and slur.end_tick < end
                ),
                key=lambda slur: slur.onset_tick,
            )
        ),
        repeats=(),
        fermata_ticks=tuple(sorted(at for tick_of in score.fermata_ticks for at in moved(tick_of))),
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
    return [note for note in part.notes if start <= note.onset_tick < end]


def _shifted(note: Note, end: int, shift: int) -> Note:
    return dataclasses.replace(
        note, onset_tick=note.onset_tick + shift, duration_tick=min(note.end_tick, end) - note.onset_tick
    )


def _stated(rows: Sequence[tuple[int, T]], targets: Sequence[tuple[int, int, int]]) -> list[tuple[int, T]]:
    """Return what is in force at each played tick, stated where it changes."""
    found: list[tuple[int, T]] = []

    def state(tick: int, value: T) -> None:
        if not found or found[-1][1] != value:
            found.append((tick, value))

    for start, end, shift in targets:
        before = [value for tick, value in rows if tick <= start]
        if before:
            state(start + shift, before[-1])
        for tick, value in rows:
            if start < tick < end:
                state(tick + shift, value)
    return found


def _bars(bars: Sequence[Bar], targets: Sequence[tuple[int, int, int]]) -> tuple[Bar, ...]:
    """Lay the bars again; a bar that a repeat sign cuts in two joins the pieces that follow each other."""
    pieces: list[Bar] = []
    for start, end, shift in targets:
        for bar in bars:
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
