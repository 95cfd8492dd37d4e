"""What an editor adds to a composed piece before it is printed: hands that can play it, rolls, phrasing, ritardandi,
marks at bar lines.

Conventions: only parts whose notes are not spelled yet are edited; those of a page are as their editor had them. No
note's pitch, onset or length changes.

Contents: `edited`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from composer.export.phrase_slurs import phrase_slurs
from composer.fill.playable_hands import playable
from composer.outline import Outline
from composer.score import Mark, Score, TempoMark

RITARD, A_TEMPO = "rit.", "a tempo"
_SAME_TEMPO = 0.04  # of it; what comes back so near is `a tempo`, and a change so small is not told


def edited(score: Score, outline: Outline | None) -> Score:
    """Return a composed score as it is printed.

    Args:
        score: as composed.
        outline: of its plan; without one only the hands are looked after.
    """
    are_composed = [all(note.spelling is None for note in part.notes) for part in score.parts]
    parts = tuple(
        playable(part) if is_composed and part.staves > 1 else part
        for part, is_composed in zip(score.parts, are_composed, strict=True)
    )
    score = replace(score, parts=parts)
    if outline is None or not all(are_composed):
        return score
    slurs = score.slurs or phrase_slurs(score, outline)
    return replace(score, slurs=slurs, tempos=_with_ritards(score, outline), marks=_at_bar_lines(score))


def _at_bar_lines(score: Score) -> tuple[Mark, ...]:
    """Return the rehearsal marks: that of a section with an upbeat stands at its first whole bar.

    Where a repeat sign stands before the upbeat there is a bar line already.
    """
    lines = {tick for repeat in score.repeats for tick in (repeat.start_tick, repeat.end_tick)}
    marks = []
    for mark in score.marks:
        bar = score.bar_at(mark.tick)
        is_upbeat = (
            mark.tick not in lines
            and 2 * (mark.tick - bar.onset_tick) >= bar.duration_tick
            and bar.end_tick < score.end_tick
        )
        marks.append(replace(mark, tick=bar.end_tick) if is_upbeat else mark)
    return tuple(marks)


def _with_ritards(score: Score, outline: Outline) -> tuple[TempoMark, ...]:
    """Return the tempo marks, and where a phrase slows down and where the tempo is taken up again."""
    marks = {mark.tick: mark for mark in _told_tempos(score)}
    for tick, beat_bpm, text in _ritards(outline):
        if tick not in marks or text == A_TEMPO:
            marks[tick] = TempoMark(tick, beat_bpm, text)
    return tuple(marks[tick] for tick in sorted(marks))


def _told_tempos(score: Score) -> Iterator[TempoMark]:
    """Yield the tempo marks but for shades of the one before, which some programs would print with their decimals."""
    told: TempoMark | None = None
    for mark in score.tempos:
        if (
            told is None
            or mark.text
            or score.meter_at(mark.tick).beat_ticks != score.meter_at(told.tick).beat_ticks
            or abs(mark.beat_bpm - told.beat_bpm) >= _SAME_TEMPO * told.beat_bpm
        ):
            told = mark
            yield mark


def _ritards(outline: Outline) -> Iterator[tuple[int, float, str]]:
    """Yield (tick, beats a minute, words) of each ritardando and of the tempo behind it."""
    starts = {phrase.start_tick for phrase in outline.phrases} | {0}
    steady: float | None = None  # the tempo before the ritardando that goes on
    before = None
    for span in outline.tempos:
        if span.start_tick not in starts:
            if steady is None and before is not None and span.beat_bpm < before.beat_bpm:
                steady = before.beat_bpm
                yield span.start_tick, span.beat_bpm, RITARD
        elif steady is not None:
            if abs(span.beat_bpm - steady) < _SAME_TEMPO * steady:
                yield span.start_tick, span.beat_bpm, A_TEMPO
            else:
                yield span.start_tick, span.beat_bpm, ""
            steady = None
        before = span
