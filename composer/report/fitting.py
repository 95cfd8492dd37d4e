"""Lay a piece that was read from a file over its plan, bar by bar, or say why that cannot be.

What it is: a plan writes every section once; a MIDI file plays repeats and the da capo out. `as_written` takes each
passage where it is played first. `fitted` sees that meters, upbeat and bars are the plan's.

Contents: `as_written`, `fitted`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from composer.corpus.jumps import played_with_jumps
from composer.corpus.unfold import played_spans
from composer.errors import Place, PlanError
from composer.outline import Outline
from composer.plan.model import Plan
from composer.plan.playing import jumps_of, repeats_of
from composer.score import Bar, Note, Part, Score, sort_notes

_MEND = "give the plan of this piece: --plan"


def as_written(score: Score, plan: Plan, outline: Outline) -> Score:
    """Return a score without what it plays again, where it is as long as the plan with its repeats; else as it is.

    Args:
        score: the piece.
        plan: resolved.
        outline: of the plan, as written.
    """
    edges = [*(section.start_tick for section in outline.sections), outline.end_tick]
    repeats, jumps = repeats_of(plan, edges), jumps_of(plan, edges)
    spans = played_with_jumps(repeats, jumps, (), outline.end_tick) or played_spans(repeats, outline.end_tick)
    played_tick = sum(end - start for start, end in spans)
    # A pause behind the last note may be cut off or added: half the difference decides.
    if played_tick == outline.end_tick or 2 * score.end_tick < played_tick + outline.end_tick:
        return score
    firsts: list[tuple[int, int, int]] = []  # (start as played, end, ticks back to the written place)
    seen: set[tuple[int, int]] = set()
    tick = 0
    for start, end in spans:
        if not any(start < other_end and other_start < end for other_start, other_end in seen):
            firsts.append((tick, tick + end - start, tick - start))
            seen.add((start, end))
        tick += end - start
    parts = tuple(replace(part, notes=_moved(part, firsts)) for part in score.parts)
    return replace(score, parts=parts, bars=outline.bars, marks=(), slurs=(), dynamics=(), fermata_ticks=())


def _moved(part: Part, firsts: Sequence[tuple[int, int, int]]) -> tuple[Note, ...]:
    """Return the notes of the passages, each moved back to where it is written, and cut at its end."""
    return sort_notes(
        replace(note, onset_tick=note.onset_tick - back, duration_tick=min(note.end_tick, end) - note.onset_tick)
        for start, end, back in firsts
        for note in part.notes
        if start <= note.onset_tick < end
    )


def fitted(score: Score, outline: Outline, *, source: str, plan_source: str) -> Score:
    """Return a score with exactly the bars of a plan: empty ones behind the last note are added or taken away.

    Args:
        score: the piece.
        outline: of the plan.
        source, plan_source: names of the files, for the error.

    Raises:
        PlanError: other meters, another upbeat, or another number of bars.
    """
    if _beats(score.bars) != _beats(outline.bars):
        raise PlanError(
            f"its upbeat is {_beats(score.bars)}, {plan_source} plans {_beats(outline.bars)}",
            place=source,
            mend=_MEND,
        )
    for bar, planned in zip(score.bars, outline.bars, strict=False):
        if bar.meter.bar_ticks != planned.meter.bar_ticks:
            raise PlanError(
                f"{bar.meter}, where {plan_source} plans {planned.meter}",
                place=Place(source, detail=f"bar {bar.number}"),
                mend=_MEND,
            )
    last_note = max((note.onset_tick for _, note in score.notes()), default=0)
    sounding = score.bar_index_at(last_note) + 1
    if sounding > len(outline.bars) or len(score.bars) < len(outline.bars) - 1:
        raise PlanError(f"{_count(sounding)}, {plan_source} plans {len(outline.bars)}", place=source, mend=_MEND)
    return replace(score, bars=outline.bars)


def _beats(bars: Sequence[Bar]) -> str:
    """Return the length of an upbeat in words."""
    if not bars or bars[0].number > 0:
        return "none"
    beats = bars[0].duration_tick / bars[0].meter.beat_ticks
    return "1 beat" if beats == 1 else f"{beats:g} beats"


def _count(bars: int) -> str:
    return "1 bar" if bars == 1 else f"{bars} bars"
