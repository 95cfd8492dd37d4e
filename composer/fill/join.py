"""Set a composed continuation behind a piece: one score, the piece's own bars note for note as they were.

Conventions: the continuation counts from its own upbeat; `start_tick` is where that stands on the page of the piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from composer.score import Bar, Mark, Note, Score, TempoMark, sort_notes
from composer.theory.meter import Meter

Line = tuple[int, int]
"""A part's index and a staff of it."""


def continuation_start(score: Score, pickup_tick: int) -> tuple[int, int]:
    """Return where what follows a piece begins, and its first whole bar, in ticks of the piece.

    An upbeat stands in the last bar where that is short of it; else behind a rest, in a bar of its own.

    Args:
        score: of the piece.
        pickup_tick: length of the upbeat; 0 for none.
    """
    last = score.bars[-1]
    missing = last.meter.bar_ticks - last.lead_tick - last.duration_tick
    end = score.end_tick + max(0, missing)
    if pickup_tick and missing != pickup_tick:
        end += last.meter.bar_ticks
    return end - pickup_tick, end


def joined(score: Score, more: Score, *, start_tick: int, first_bar_tick: int) -> Score:
    """Return a piece with what follows it.

    Args:
        score: the piece as written.
        more: the continuation, in the meter that the piece ends in.
        start_tick, first_bar_tick: of `continuation_start`.
    """
    meter = score.bars[-1].meter
    bars = _bars(score.bars, more.bars, meter, first_bar_tick)
    lines = _lines(score, more)
    parts = []
    for index, part in enumerate(score.parts):
        own = [
            replace(note, onset_tick=note.onset_tick + start_tick, staff=lines[place, note.staff][1])
            for place, other in enumerate(more.parts)
            for note in other.notes
            if lines[place, note.staff][0] == index
        ]
        parts.append(replace(part, notes=(*part.notes, *sort_notes(own))) if own else part)
    signed = score.keys[-1][1].signature if score.keys else None
    keys = [*score.keys]
    for tick, key in more.keys:
        if key.signature != signed:
            keys.append((max(first_bar_tick, tick + start_tick) if keys else 0, key))
            signed = key.signature
    tempo = score.tempos[-1].beat_bpm if score.tempos else None
    tempos: list[TempoMark] = [*score.tempos]
    for mark in more.tempos:
        if mark.beat_bpm != tempo:
            tempos.append(replace(mark, tick=mark.tick + start_tick))
            tempo = mark.beat_bpm
    return replace(
        score,
        parts=tuple(parts),
        bars=bars,
        keys=tuple(keys),
        tempos=tuple(tempos),
        dynamics=(
            *score.dynamics,
            *(
                replace(
                    sign,
                    tick=sign.tick + start_tick,
                    end_tick=None if sign.end_tick is None else sign.end_tick + start_tick,
                )
                for sign in more.dynamics
            ),
        ),
        marks=(*score.marks, *(Mark(mark.tick + start_tick, mark.text) for mark in more.marks)),
        fermata_ticks=(*score.fermata_ticks, *(tick + start_tick for tick in more.fermata_ticks)),
        credits=(*score.credits, *more.credits),
    )


def _bars(own: Sequence[Bar], more: Sequence[Bar], meter: Meter, first_bar_tick: int) -> tuple[Bar, ...]:
    """Return the bars of both; the piece's last one is filled up, and what is missing between them is a rest."""
    bars = list(own)
    last = bars[-1]
    bars[-1] = replace(last, duration_tick=max(last.duration_tick, meter.bar_ticks - last.lead_tick))
    while bars[-1].end_tick < first_bar_tick:
        bars.append(Bar(bars[-1].number + 1, bars[-1].end_tick, meter.bar_ticks, meter))
    tick, number = bars[-1].end_tick, bars[-1].number
    for bar in more:
        if bar.number > 0:
            number += 1
            bars.append(Bar(number, tick, bar.duration_tick, meter))
            tick += bar.duration_tick
    return tuple(bars)


def _lines(score: Score, more: Score) -> dict[Line, Line]:
    """Return for each line of the continuation the line of the piece that goes on with it: of like height."""
    own, new = _by_height(score), _by_height(more)
    if len(own) == len(new):
        return {line: other for (_, line), (_, other) in zip(new, own, strict=True)}
    return {line: min(own, key=lambda row: abs(row[0] - height))[1] for height, line in new}


def _by_height(score: Score) -> list[tuple[float, Line]]:
    """Return (mean pitch, line) of each line that has notes, the highest first."""
    pitches: dict[Line, list[int]] = {}
    for index, part in enumerate(score.parts):
        for note in part.notes:
            pitches.setdefault((index, note.staff), []).append(note.pitch)
    return sorted(((sum(own) / len(own), line) for line, own in pitches.items()), reverse=True)


def sounding_before(score: Score, start_tick: int, length_tick: int) -> tuple[tuple[int, int, int], ...]:
    """Return (onset, duration, pitch) of what sounds in a stretch before a tick, counted from that tick.

    Args:
        score: of the piece.
        start_tick: where what follows begins.
        length_tick: of the stretch.
    """
    begin = start_tick - length_tick

    def inside(note: Note) -> bool:
        return not note.is_grace and note.onset_tick < start_tick and note.end_tick > begin

    return tuple(
        sorted(
            (max(begin, note.onset_tick) - start_tick, note.end_tick - max(begin, note.onset_tick), note.pitch)
            for _, note in score.notes()
            if inside(note)
        )
    )
