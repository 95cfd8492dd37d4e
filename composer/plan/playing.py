"""In what order a plan's sections are played: its repeats and its da capo, checked, noted and written out.

Conventions: a plan writes each section once; bars count once. A repeat is a run of sections, with endings or without; a
da capo goes from the end of the piece to its beginning and plays on, without repeats and with the last endings, to the
end of a section. The signs on the page are the Score's repeats and the words of `corpus.jumps`, so that a sheet that is
read again is played in the same order.

Contents: `Signed`, `Wrong`, `playing_problems`, `played_sections`, `check_played_length`, `repeats_of`, `jumps_of`,
`played`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol, TypeVar

from composer.corpus.jumps import JumpSign, played_with_jumps
from composer.corpus.unfold import MAX_TICKS, played_spans, unfold_spans
from composer.errors import PlanError, did_you_mean
from composer.outline import (
    ChordSpan,
    DynamicSpan,
    KeySpan,
    Outline,
    PhraseSpan,
    SectionSpan,
    TempoSpan,
    TextureSpan,
)
from composer.plan.model import NO_DA_CAPO, Plan, RepeatEntry
from composer.score import Repeat, Score
from composer.theory.meter import parse_meter

F = TypeVar("F", KeySpan, ChordSpan, PhraseSpan, SectionSpan, TextureSpan, DynamicSpan, TempoSpan)


class HasId(Protocol):
    """A section."""

    @property
    def id(self) -> str | None:
        """Unique."""


class Signed(Protocol):
    """What says in what order it is played: a plan, or a form's template."""

    @property
    def sections(self) -> Sequence[HasId]:
        """In the order of the page."""

    @property
    def repeats(self) -> Sequence[RepeatEntry] | None:
        """Its repeats."""

    @property
    def da_capo(self) -> str | None:
        """The id of the section where it ends after a da capo."""


class Wrong(NamedTuple):
    """What is wrong with a form's or a plan's repeats: where below its top, what, and what would be right."""

    path: tuple[str | int, ...]
    message: str
    mend: str


def playing_problems(repeats: Sequence[RepeatEntry], da_capo: str | None, ids: Sequence[str]) -> list[Wrong]:
    """Return all that is wrong with repeats and da capo.

    Args:
        repeats, da_capo: as stated.
        ids: of all sections, in order.
    """
    problems: list[Wrong] = []
    known = ", ".join(ids)
    last_place = -1  # of the repeats so far
    for index, repeat in enumerate(repeats):
        path = ("repeats", index)
        named = _all_ids(repeat)
        unknown = [name for name in named if name not in ids]
        for name in unknown:
            mend = did_you_mean(name, ids) or f"sections here: {known}"
            problems.append(Wrong(path, f'no section "{name}"', mend))
        if unknown:
            continue
        places = [ids.index(name) for name in named]
        if places != list(range(places[0], places[0] + len(places))):
            run = ", ".join(ids[min(places) : max(places) + 1])
            problems.append(Wrong(path, f"{', '.join(named)} do not follow each other", f"a repeat is a run: {run}"))
        elif places[0] <= last_place:
            mend = "repeats stand in the order of their sections, each section in one at most"
            problems.append(Wrong(path, f"{named[0]} comes before the end of the repeat before", mend))
        else:
            last_place = places[-1]
        if repeat.endings is not None and not repeat.endings[0]:
            mend = "write the sections of the first ending, or take endings out"
            problems.append(Wrong((*path, "endings"), "the first ending is empty", mend))
    if da_capo not in (None, NO_DA_CAPO):
        if da_capo not in ids:
            mend = did_you_mean(da_capo or "", ids) or f"sections here: {known}"
            problems.append(Wrong(("da_capo",), f'no section "{da_capo}"', mend))
        elif da_capo == ids[-1]:
            mend = f"one of {', '.join(ids[:-1])}" if len(ids) > 1 else "leave it out"
            problems.append(Wrong(("da_capo",), f"{da_capo} is the last section: the piece would begin anew", mend))
    return problems


def _all_ids(repeat: RepeatEntry) -> list[str]:
    first, last = repeat.endings or ((), ())
    return [*repeat.sections, *first, *last]


def played_sections(plan: Signed) -> tuple[str, ...]:
    """Return the ids of a plan's (or a form's) sections in the order in which they are played."""
    ids = [entry.id or "" for entry in plan.sections]
    edges = range(len(ids) + 1)  # each section a tick long
    return tuple(ids[place] for low, high in _order(plan, edges) for place in range(low, high))


def check_played_length(plan: Plan) -> None:
    """Raise PlanError where a resolved plan with its repeats would be longer than any music."""
    meter = parse_meter(plan.meter or "4/4")
    edges = [0]
    for entry in plan.sections:
        edges.append(edges[-1] + (entry.bars or 0) * meter.bar_ticks)
    total_tick = sum(end - start for start, end in _order(plan, edges))
    if total_tick > MAX_TICKS:
        bars = total_tick // meter.bar_ticks
        raise PlanError(
            f"with its repeats the piece would last {bars} bars",
            mend=f"the limit is {MAX_TICKS // meter.bar_ticks} in {meter}; take repeats out, or shorten it",
        )


def repeats_of(plan: Signed, edges: Sequence[int]) -> tuple[Repeat, ...]:
    """Return the repeats as a Score has them.

    Args:
        plan: with ids, and checked.
        edges: where each section begins, and at the end where the last one ends, in ticks.
    """
    place = {entry.id: index for index, entry in enumerate(plan.sections)}
    found = []
    for repeat in plan.repeats or ():
        first, last = repeat.endings or ((), ())
        passes = tuple(range(1, repeat.times))
        endings = [
            (edges[place[ids[0]]], edges[place[ids[-1]] + 1], numbers)
            for ids, numbers in ((first, passes), (last, (repeat.times,)))
            if ids
        ]
        start, end = edges[place[repeat.sections[0]]], edges[place[_all_ids(repeat)[-1]] + 1]
        found.append(Repeat(start, end, repeat.times, tuple(endings)))
    return tuple(found)


def jumps_of(plan: Signed, edges: Sequence[int]) -> tuple[JumpSign, ...]:
    """Return `D.C. al Fine` and `Fine` where a plan has a da capo; arguments as `repeats_of`."""
    place = next((i for i, entry in enumerate(plan.sections) if entry.id == plan.da_capo), None)
    if plan.da_capo in (None, NO_DA_CAPO) or place is None:
        return ()
    return (JumpSign("fine", edges[place], edges[place + 1]), JumpSign("dacapo", edges[-2], edges[-1]))


def _order(plan: Signed, edges: Sequence[int]) -> list[tuple[int, int]]:
    return _spans(repeats_of(plan, edges), jumps_of(plan, edges), edges[-1])


def _spans(repeats: Sequence[Repeat], jumps: Sequence[JumpSign], end_tick: int) -> list[tuple[int, int]]:
    return played_with_jumps(repeats, jumps, (), end_tick) or played_spans(repeats, end_tick)


def played(score: Score, jumps: Sequence[JumpSign], outline: Outline) -> tuple[Score, Outline]:
    """Return score and outline as they are heard: what is played twice stands twice.

    Args:
        score: as written, with its repeats.
        jumps: its da capo.
        outline: of the written score.
    """
    if not score.repeats and not jumps:
        return score, outline
    spans = _spans(score.repeats, jumps, score.end_tick)
    unfolded = unfold_spans(score, spans)
    if unfolded is score:
        return score, outline  # longer than any music: it is played as written
    return unfolded, _laid_out(outline, spans, unfolded)


def _laid_out(outline: Outline, spans: Sequence[tuple[int, int]], score: Score) -> Outline:
    """Return the outline of a score that was written out by `spans`."""
    targets: list[tuple[int, int, int]] = []  # (start, end, shift)
    tick = 0
    for start, end in spans:
        targets.append((start, end, tick - start))
        tick += end - start
    phrases = (
        phrase if phrase.cadence_tick is None else replace(phrase, cadence_tick=phrase.cadence_tick + shift)
        for shift, phrase in _again(outline.phrases, targets)
    )
    return replace(
        outline,
        bars=score.bars,
        keys=tuple(fact for _, fact in _again(outline.keys, targets)),
        chords=tuple(fact for _, fact in _again(outline.chords, targets)),
        phrases=tuple(phrases),
        sections=tuple(fact for _, fact in _again(outline.sections, targets)),
        textures=tuple(fact for _, fact in _again(outline.textures, targets)),
        dynamics=tuple(fact for _, fact in _again(outline.dynamics, targets)),
        tempos=tuple(fact for _, fact in _again(outline.tempos, targets)),
    )


def _again(facts: Sequence[F], targets: Sequence[tuple[int, int, int]]) -> Iterator[tuple[int, F]]:
    """Yield (shift, fact) for each span in the order of playing, cut where the span is."""
    for start, end, shift in targets:
        for fact in facts:
            low, high = max(fact.start_tick, start), min(fact.end_tick, end)
            if low < high:
                yield shift, replace(fact, start_tick=low + shift, end_tick=high + shift)
