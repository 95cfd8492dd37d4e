"""Keep the phrases of an earlier version of a plan, and compose only the edited ones between them.

What it is: two versions of a plan are laid side by side, section by section (by id) and phrase by phrase (in their
order). A phrase is the same where everything that its notes depend on is: its resolved entry, keys and chords, and the
theme that it names; how it is played (dynamics, tempo, fermata) may differ. The same phrases of a section that changed
are pinned with every voice, so that what is composed between them hears them, and come out note by note as they were:
onsets, lengths, staves and voices.

A section that is the same in both versions needs none of this: it depends on nothing but itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from composer.fill.given import Given, give_everything
from composer.fill.particles import Filled, Goals, Stretch
from composer.fill.recall import ComposedTheme
from composer.fill.setting import Setting
from composer.outline import Outline
from composer.plan.layout import expanded
from composer.plan.model import PhraseEntry, Plan, SectionEntry
from composer.plan.outline import PhrasePlace
from composer.plan.tunes import Tune
from composer.roll.codec import BoolArray
from composer.roll.grid import STEP_TICKS
from composer.roll.pins import FREE, HELD, SILENT, STRUCK
from composer.score import Note, sort_notes

_PLAYED = ("dynamics", "tempo_factor", "ritard", "fermata")  # what only the performance and the sheet depend on
_HEARD_AS = ("key", "harmony")  # compared as what they mean, not as they are written
_NOT_INHERITED = ("phrases", "bars", "label", "copy_of", "enters", "leaves", *_PLAYED)  # by a section's phrases
_MATCH = 1000  # worth of a pair of phrases; a pair that keeps its place is worth more by up to that many phrases


@dataclass(frozen=True)
class Version:
    """A resolved plan with what filling it needs.

    Attributes:
        plan: resolved.
        outline: of the plan.
        pinned: tunes that the plan gives, by theme.
    """

    plan: Plan
    outline: Outline
    pinned: Mapping[str, Tune]


@dataclass(frozen=True)
class SectionMatch:
    """A section beside its earlier version.

    Attributes:
        id: of the section.
        places: its phrases.
        pairs: (earlier, newer) phrases that are the same, in order.
        is_equal: the whole section is the same: by itself it comes out as it was.
        is_new: the earlier plan has no such section.
        is_retaken: it has another `take`: it is asked for afresh.
        bars_before: of the earlier version; 0 for none.
    """

    id: str
    places: tuple[PhrasePlace, ...]
    pairs: tuple[tuple[PhrasePlace, PhrasePlace], ...] = ()
    is_equal: bool = False
    is_new: bool = False
    is_retaken: bool = False
    bars_before: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether every phrase is the same."""
        return len(self.pairs) == len(self.places)

    def __str__(self) -> str:
        """What is kept, in words: `11 of 12 phrases of B (phrase 3 is composed anew)`."""
        if self.is_new:
            return f"nothing of {self.id} (the earlier plan has no such section)"
        if self.is_retaken:
            return f"nothing of {self.id} (it has another take)"
        kept = {newer.index for _, newer in self.pairs}
        fresh = [str(place.index + 1) for place in self.places if place.index not in kept]
        bars = sum(place.entry.bars or 0 for place in self.places)
        notes = [f"{self.bars_before} bars before, {bars} now"] if bars != self.bars_before else []
        if fresh and kept:
            several = len(fresh) > 1
            listed = f"{', '.join(fresh[:-1])} and {fresh[-1]}" if several else fresh[0]
            notes.append(f"phrase{'s' * several} {listed} {'are' if several else 'is'} composed anew")
        told = f"{len(kept)} of {len(self.places)} phrases of {self.id}"
        return f"{told} ({'; '.join(notes)})" if notes else told


@dataclass(frozen=True)
class KeptPhrase:
    """A phrase whose notes are given.

    Attributes:
        start_tick, end_tick: where it stands in the newer piece.
        notes: that begin in it, in ticks of the newer piece.
        goes_on: whether the phrase that comes after it came after it before, and is kept too.
    """

    start_tick: int
    end_tick: int
    notes: tuple[Note, ...]
    goes_on: bool = False


def match_sections(
    before: Setting,
    themes_before: Mapping[str, ComposedTheme],
    now: Setting,
    themes_now: Mapping[str, ComposedTheme],
) -> dict[str, SectionMatch]:
    """Return each section of the newer plan beside its earlier version, by id.

    Args:
        before, now: of the two versions.
        themes_before, themes_now: their themes, composed.
    """
    earlier = {section.id: section for section in before.plan.sections}
    matches = {}
    for section in now.plan.sections:
        assert section.id is not None
        places = _places(now, section)
        old = earlier.get(section.id)
        if old is None:
            matches[section.id] = SectionMatch(section.id, places, is_new=True)
            continue
        olds = _places(before, old)
        facts, facts_before = [_facts(p, themes_now) for p in places], [_facts(p, themes_before) for p in olds]
        retaken = old.take != section.take
        pairs = [] if retaken else aligned(facts_before, facts)
        if (len(olds) - 1, len(places) - 1) in pairs and old.leaves != section.leaves:
            pairs.pop()  # its last notes are those that the section leaves
        matches[section.id] = SectionMatch(
            section.id,
            places,
            tuple((olds[i], places[j]) for i, j in pairs),
            is_equal=not retaken and facts == facts_before and _frame(old, before.plan) == _frame(section, now.plan),
            is_retaken=retaken,
            bars_before=sum(place.entry.bars or 0 for place in olds),
        )
    return matches


def _places(setting: Setting, section: SectionEntry) -> tuple[PhrasePlace, ...]:
    return tuple(place for place in setting.places if place.section.id == section.id)


def _facts(place: PhrasePlace, themes: Mapping[str, ComposedTheme]) -> tuple[Any, ...]:
    """Return everything that a phrase's notes depend on."""
    fields = [name for name in PhraseEntry.model_fields if name not in (*_PLAYED, *_HEARD_AS)]
    start = place.start_tick
    chords = tuple((slot.start_tick - start, slot.end_tick - start, slot.key, slot.numeral) for slot in place.slots)
    entry = tuple(getattr(place.entry, name) for name in fields)
    entered = tuple(themes.get(one.theme or "") for one in place.entry.entries or ())
    return (place.keys, place.end_tick - start, chords, entry, themes.get(place.entry.theme or ""), entered)


def _frame(section: SectionEntry, plan: Plan) -> tuple[Any, ...]:
    """Return what else a section's notes depend on: its joins, its function, and whether it opens or closes."""
    is_first, is_last = section is plan.sections[0], section is plan.sections[-1]
    return (section.enters, section.leaves, section.function, is_first, is_last)


def aligned(before: Sequence[Any], now: Sequence[Any]) -> list[tuple[int, int]]:
    """Return index pairs of equal items, in order in both: as many as can be, as near to their old places as can be.

    A place counts from the front or from the end, whichever is nearer, so that what follows an insertion keeps its own.
    """
    rows, columns = len(before), len(now)
    best = np.zeros((rows + 1, columns + 1), int)
    worth = np.zeros((rows, columns), int)
    for i in reversed(range(rows)):
        for j in reversed(range(columns)):
            if before[i] == now[j]:
                worth[i, j] = _MATCH - min(abs(i - j), abs((rows - i) - (columns - j)))
            paired = worth[i, j] + best[i + 1, j + 1] if worth[i, j] else 0
            best[i, j] = max(paired, best[i + 1, j], best[i, j + 1])
    pairs = []
    i = j = 0
    while i < rows and j < columns:
        if worth[i, j] and best[i, j] == worth[i, j] + best[i + 1, j + 1]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i, j] == best[i + 1, j]:
            i += 1
        else:
            j += 1
    return pairs


def kept_phrases(match: SectionMatch, notes_before: Sequence[Note]) -> tuple[KeptPhrase, ...]:
    """Return the phrases to keep of a section, with the notes that they had.

    Args:
        match: of the section.
        notes_before: of its earlier version, in ticks of the earlier piece.
    """
    kept = []
    followers = {(old.index - 1, new.index - 1) for old, new in match.pairs}
    for old, new in match.pairs:
        shift = new.start_tick - old.start_tick
        notes = tuple(
            replace(note, onset_tick=note.onset_tick + shift)
            for note in notes_before
            if old.start_tick <= note.onset_tick < old.end_tick
        )
        kept.append(KeptPhrase(new.start_tick, new.end_tick, notes, (old.index, new.index) in followers))
    return tuple(kept)


def with_pins(stretch: Stretch, kept: Sequence[KeptPhrase], *, origin_tick: int) -> Stretch:
    """Return a section's stretch in which the kept phrases are given whole and never refused.

    Args:
        stretch: as the plan has it.
        kept: phrases of the section.
        origin_tick: tick of the piece at the stretch's first step.
    """
    pins = stretch.pins
    given = Given(
        pins.code.copy(), pins.has_melody.copy(), pins.has_bass.copy(), stretch.allowed.copy(), stretch.low_pitch
    )
    is_kept = np.zeros(stretch.num_steps, bool)
    for phrase in kept:
        is_kept[(phrase.start_tick - origin_tick) // STEP_TICKS : (phrase.end_tick - origin_tick) // STEP_TICKS] = True
    given.code[is_kept] = FREE  # what the plan pins there stands in the notes themselves
    for phrase in kept:
        notes = [(note.onset_tick - origin_tick, note.duration_tick, note.pitch) for note in phrase.notes]
        start, end = phrase.start_tick - origin_tick, phrase.end_tick - origin_tick
        give_everything(given, notes, start_tick=start, end_tick=end)
        for onset, duration, pitch in notes:
            after = max(onset // STEP_TICKS + 1, (onset + duration) // STEP_TICKS)
            index = pitch - stretch.low_pitch
            if end // STEP_TICKS < after < len(given.code) and given.code[after, index] == FREE:
                given.code[after, index] = SILENT  # or what is held over might be held on beyond its length
    given.allowed |= np.isin(given.code, (STRUCK, HELD))
    goals = None if stretch.goals is None else _of_free_steps(stretch.goals, is_kept)
    return replace(stretch, pins=given.pins(), allowed=given.allowed, goals=goals)


def _of_free_steps(goals: Goals, is_kept: BoolArray) -> Goals:
    """Return the goals asked only of the steps that are not kept: no particle could mend those."""
    bounds = np.flatnonzero(np.diff(np.concatenate([[True], is_kept, [True]]).astype(np.int8)))
    free = list(zip(bounds[::2].tolist(), bounds[1::2].tolist(), strict=True))  # (first, end) of each free run

    def goals_of_free(play: BoolArray, articulate: BoolArray, first: int, end: int) -> dict[str, BoolArray]:
        met: dict[str, BoolArray] = {}
        for start, stop in free:
            low, high = max(start, first), min(stop, end)
            if low < high:
                for name, one in goals(play, articulate, low, high).items():
                    met[name] = met.get(name, np.ones(len(play), bool)) & one
        return met

    return goals_of_free


def struck_anew(filled: Filled, stretch: Stretch, kept: Sequence[KeptPhrase], *, origin_tick: int) -> Filled:
    """Return a filled section in which what would lengthen the last notes of a kept phrase is struck instead."""
    articulate = filled.articulate.copy()
    for phrase in kept:
        step = (phrase.end_tick - origin_tick) // STEP_TICKS
        if step < stretch.num_steps:
            row = step - stretch.lead_in_steps
            articulate[row] |= filled.play[row] & (stretch.pins.code[step] == FREE)
    return replace(filled, articulate=articulate)


def with_kept_notes(notes: Sequence[Note], kept: Sequence[KeptPhrase]) -> tuple[Note, ...]:
    """Return a section's notes with those of the kept phrases exactly as they were.

    Only where a new note strikes the key of a kept one that is held over into its phrase is the kept one shorter.
    """
    fresh = [note for note in notes if not any(k.start_tick <= note.onset_tick < k.end_tick for k in kept)]
    whole = [*fresh, *(note for phrase in kept for note in phrase.notes)]
    by_pitch = [_onsets(fresh), _onsets(whole)]
    for phrase in kept:
        # Two voices that met on a key in what goes on as it was meet there again.
        onsets = by_pitch[0 if phrase.goes_on else 1]
        for note in phrase.notes:
            struck = [onset for onset in onsets.get(note.pitch, ()) if phrase.end_tick <= onset < note.end_tick]
            if struck:
                whole.remove(note)
                whole.append(replace(note, duration_tick=min(struck) - note.onset_tick))
    return sort_notes(whole)


def _onsets(notes: Sequence[Note]) -> dict[int, list[int]]:
    """Return the onsets of each pitch."""
    found: dict[int, list[int]] = {}
    for note in notes:
        found.setdefault(note.pitch, []).append(note.onset_tick)
    return found


def carried_over(stated: Plan, stated_before: Plan, before: Plan) -> Plan:
    """Return a plan in which phrases that are stated as in the earlier one have what the planner drew for them then.

    A phrase that leaves its chords to the planner hears the chord before it; so an edit would else go on into the next.

    Args:
        stated: the newer plan as its file has it.
        stated_before: the earlier one, likewise.
        before: the earlier one resolved.
    """
    shared = {"sections", "performer", "title", "tempo", "seed", "themes"}
    if any(getattr(stated, name) != getattr(stated_before, name) for name in Plan.model_fields if name not in shared):
        return stated
    olds = {entry.id: entry for entry in expanded(stated_before.sections)}
    resolved = {entry.id: entry for entry in before.sections}
    sections = []
    for own, entry in zip(stated.sections, expanded(stated.sections), strict=True):
        old, done = olds.get(entry.id), resolved.get(entry.id)
        if old is not None and done is not None and entry.phrases and _same_section(entry, old):
            phrases = list(entry.phrases)
            for i, j in aligned([_stated(p) for p in old.phrases or ()], [_stated(p) for p in entry.phrases]):
                name = phrases[j].theme or entry.theme or ""
                if stated.themes.get(name) == stated_before.themes.get(name):
                    phrases[j] = _drawn(
                        phrases[j], (done.phrases or ())[i], done, has_harmony=entry.harmony is not None
                    )
            own = own.model_copy(update={"phrases": tuple(phrases)})
        sections.append(own)
    carried = tuple(sections)
    # Chords that were drawn have the upbeat that the themes gave the piece.
    upbeat = {"pickup": before.pickup} if stated.pickup is None and carried != stated.sections else {}
    return stated.model_copy(update={"sections": carried, **upbeat})


def _same_section(entry: SectionEntry, old: SectionEntry) -> bool:
    """Whether two stated sections say the same of all their phrases."""
    fields = [name for name in SectionEntry.model_fields if name not in _NOT_INHERITED]
    return all(getattr(entry, name) == getattr(old, name) for name in fields)


def _stated(phrase: PhraseEntry) -> tuple[Any, ...]:
    return tuple(getattr(phrase, name) for name in PhraseEntry.model_fields if name not in _PLAYED)


def _drawn(phrase: PhraseEntry, resolved: PhraseEntry, section: SectionEntry, *, has_harmony: bool) -> PhraseEntry:
    """Return a stated phrase with what was drawn for its notes; how it is played stays as stated."""
    fields = {name: getattr(resolved, name) for name in PhraseEntry.model_fields if name not in _PLAYED}
    if has_harmony:  # the section says its chords
        fields |= {"harmony": None, "formula": phrase.formula}
    # The section's texture and style too are said: in another place they might be varied, or elsewhere on a glide.
    style = resolved.style or section.style
    return phrase.model_copy(update=fields | {"texture": resolved.texture or section.texture, "style": style})
