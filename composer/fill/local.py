"""One section's facts, cut out of the plan's outline so that nothing else of the piece is seen.

Conventions: a local timeline begins at tick 0 with the lead-in (the bar before the section, or what is left of the bar
in which its upbeat begins); `Local.origin_tick` is where that lies in the piece. Phrases and sections end at the
section's own end; the next key and chord are known only as far as the section itself goes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from composer.outline import ChordSpan, KeySpan, Outline, PhraseSpan, SectionSpan, Span
from composer.roll.facts import CLOSING, MIDDLE, OPENING, StepFacts, facts_of
from composer.roll.grid import STEP_TICKS
from composer.score import Bar
from composer.theory.harmony import Chord
from composer.theory.key import Key


@dataclass(frozen=True)
class Enters:
    """What sounds just before a section: its key and chord."""

    key: Key
    chord: Chord


@dataclass(frozen=True)
class Local:
    """A section on its own timeline.

    Attributes:
        origin_tick: tick of the piece at local tick 0.
        start_tick, end_tick: the section in local ticks; what is before `start_tick` is lead-in.
        facts: of all local steps up to the end.
        bars: (first step, end step) of the lead-in, where there is one, and of each bar.
        phrases: of the section, in local ticks.
        chords: likewise.
    """

    origin_tick: int
    start_tick: int
    end_tick: int
    facts: StepFacts
    bars: tuple[tuple[int, int], ...]
    phrases: tuple[PhraseSpan, ...]
    chords: tuple[ChordSpan, ...]

    @property
    def lead_in_steps(self) -> int:
        """Steps before the section."""
        return self.start_tick // STEP_TICKS


def localize(outline: Outline, section: SectionSpan, *, enters: Enters | None) -> Local:
    """Return the section on its own timeline, behind a lead-in that `enters` describes (none: it begins cold).

    Args:
        outline: of the whole plan.
        section: one of its sections.
        enters: key and chord of the lead-in.
    """
    first_bar = next(bar for bar in outline.bars if bar.end_tick > section.start_tick)
    origin = section.start_tick
    if enters is not None:
        origin = first_bar.onset_tick
        if origin == section.start_tick:
            origin -= first_bar.meter.bar_ticks
    covered = [bar for bar in outline.bars if bar.end_tick > origin and bar.onset_tick < section.end_tick]
    bars = [replace(bar, onset_tick=bar.onset_tick - origin) for bar in covered]
    if bars[0].onset_tick > 0:  # the lead-in bar of a piece's first section lies before its beginning
        bars.insert(0, Bar(0, 0, bars[0].onset_tick, bars[0].meter))
    start, end = section.start_tick - origin, section.end_tick - origin
    keys = _cut(outline.keys, section, origin)
    chords = _cut(outline.chords, section, origin)
    phrases = tuple(p for p in _cut(outline.phrases, section, origin) if p.end_tick > p.start_tick)
    phrases = tuple(
        replace(p, cadence_tick=None if p.cadence_tick is None else p.cadence_tick - origin) for p in phrases
    )
    told_keys, told_chords, told_phrases = keys, chords, phrases
    if enters is not None and start > 0:
        told_keys = (KeySpan(0, start, enters.key), *keys)
        told_chords = (ChordSpan(0, start, enters.chord, enters.key), *chords)
        told_phrases = (PhraseSpan(0, start), *phrases)
    local = Outline(
        bars=tuple(bars),
        keys=told_keys,
        chords=told_chords,
        phrases=told_phrases,
        sections=(SectionSpan(start, end, section.id, section.label, section.function, section.theme),),
        textures=_cut(outline.textures, section, origin),
        ensemble=outline.ensemble,
        style=outline.style,
    )
    facts = facts_of(local).sliced(0, end // STEP_TICKS)
    facts = replace(facts, place=_places(outline, section, facts, start // STEP_TICKS, phrases))
    return Local(origin, start, end, facts, _chunks(bars, start, end), phrases, chords)


def _cut(spans: tuple[Span, ...], section: SectionSpan, origin: int) -> tuple:  # type: ignore[type-arg]
    """Return the parts of the spans inside the section, in local ticks."""
    inside = []
    for span in spans:
        start, end = max(span.start_tick, section.start_tick), min(span.end_tick, section.end_tick)
        if start < end:
            inside.append(replace(span, start_tick=start - origin, end_tick=end - origin))  # type: ignore[type-var]
    return tuple(inside)


def _places(
    outline: Outline, section: SectionSpan, facts: StepFacts, start_step: int, phrases: tuple[PhraseSpan, ...]
) -> np.ndarray:
    """Return the place of each step in the piece: its opening and closing phrases, and the middle."""
    place = np.full(facts.num_steps, MIDDLE, np.int16)
    if not phrases or not outline.sections:
        return place
    if section.start_tick == outline.sections[0].start_tick:
        place[start_step : phrases[0].end_tick // STEP_TICKS] = OPENING
    if section.end_tick == outline.sections[-1].end_tick:
        place[phrases[-1].start_tick // STEP_TICKS :] = CLOSING
    return place


def _chunks(bars: list[Bar], start_tick: int, end_tick: int) -> tuple[tuple[int, int], ...]:
    """Return the lead-in, then each bar, as (first step, end step), cut at the section's bounds."""
    chunks = [(0, start_tick // STEP_TICKS)] if start_tick else []
    for bar in bars:
        first = max(bar.onset_tick, start_tick) // STEP_TICKS
        last = min(bar.end_tick, end_tick) // STEP_TICKS
        if first < last:
            chunks.append((first, last))
    return tuple(chunks)
