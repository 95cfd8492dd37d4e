"""What a plan asks for, as the report looks for it: themes where they are stated, the material of sections, pins.

What it is: the only file of the report that reads a plan; what finds things in the notes gets plain values from here.

Conventions: ticks are those of the piece. A statement is exact where its phrases have fidelity 1 (every note of it is
pinned, transformed as `as` says), else varied. A section's material is the theme that it opens with, from the theme's
first bar; sections of one material should be heard as the same, those of different ones not. Where the plan leaves that
open (a theme that is only followed or touched, or turned over, stretched, taken apart), the section is `free`.

Contents: `Asked`, `SectionAsked`, `asked_of`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from composer.outline import Outline, SectionSpan
from composer.plan.entries import entered, entry_tick
from composer.plan.material import phrase_theme, theme_of
from composer.plan.model import NO_THEME, Plan, ThemeEntry, Transformation
from composer.plan.numerals import parse_key_path
from composer.plan.outline import PhrasePlace, phrase_places, plan_outline
from composer.report.themes import Statement
from composer.theme import Theme
from composer.theory.key import parse_key
from composer.theory.meter import parse_meter

_SAME_TUNE = frozenset({"transposition", "mode", "ornament", "register", "reharmonize"})  # heard as the theme itself
_TELLING_BARS = 4  # of a theme, without which a section need not be heard as it
_VARIED_FROM = 0.5  # fidelity from which a phrase is a return of its theme, if a varied one


@dataclass(frozen=True)
class SectionAsked:
    """A section of the plan.

    Attributes:
        span: where it stands.
        material: sections of the same one should sound alike.
        is_free: whether it may as well be heard as something of its own, or as another section.
        themes: names of all themes that it has to do with.
    """

    span: SectionSpan
    material: str
    is_free: bool = False
    themes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Asked:
    """What the report looks for.

    Attributes:
        outline: of the plan.
        statements: of each theme in each section, in order.
        sections: in order.
        tunes: of each theme whose notes are known, in its own key, ticks from its first bar line.
        given: names of the themes whose notes are the user's own.
        compasses: part → lowest and highest pitch, where they are known.
    """

    outline: Outline
    statements: tuple[Statement, ...] = ()
    sections: tuple[SectionAsked, ...] = ()
    tunes: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    given: frozenset[str] = frozenset()
    compasses: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def asked_of(
    plan: Plan,
    *,
    folder: Path | None = None,
    given: Collection[str] = (),
    compasses: Mapping[str, tuple[int, int]] | None = None,
) -> Asked:
    """Return what is asked for by a resolved plan.

    Args:
        plan: resolved; themes whose tune is not written out are looked for by their sections alone.
        folder: where theme files lie.
        given: names of the themes whose notes are the user's own.
        compasses: of the parts.

    Raises:
        PlanError, ThemeError: the plan is not resolved, or a theme cannot be read.
    """
    outline, places = plan_outline(plan), phrase_places(plan)
    themes = {name: theme_of(plan, name, folder=folder) for name in plan.themes if name != NO_THEME}
    known = {name: theme for name, theme in themes.items() if theme.melody.notes}
    statements = (*_statements(plan, places, known), *_entries(plan, places, known))
    return Asked(
        outline,
        statements,
        tuple(_section(span, places, themes) for span in outline.sections),
        {name: tuple((note.onset_tick, note.pitch) for note in theme.melody.notes) for name, theme in known.items()},
        frozenset(given),
        dict(compasses or {}),
    )


def given_themes(plan: Plan) -> tuple[str, ...]:
    """Return the names of the themes whose notes a plan gives."""
    return tuple(name for name, entry in plan.themes.items() if _is_given(entry))


def _is_given(entry: ThemeEntry) -> bool:
    return bool(entry.melody or entry.voices or entry.file)


def _statements(plan: Plan, places: Sequence[PhrasePlace], themes: Mapping[str, Theme]) -> tuple[Statement, ...]:
    """Return the statements in order; phrases that go on with their theme are one."""
    rows: list[list[tuple[PhrasePlace, Theme]]] = []
    for place in places:
        entry = place.entry
        fidelity = 1.0 if entry.fidelity is None else entry.fidelity
        theme = themes.get(entry.theme or "")
        if theme is None or fidelity < _VARIED_FROM or entry.entries:
            continue
        stated = phrase_theme(plan, place, theme)
        if stated is None or not stated.melody.notes:
            continue
        if rows and _goes_on(rows[-1][-1][0], place):
            rows[-1].append((place, stated))
        else:
            rows.append([(place, stated)])
    return tuple(_statement(plan, row, themes) for row in rows)


def _goes_on(before: PhrasePlace, place: PhrasePlace) -> bool:
    """Whether a phrase states the bars of its theme that follow those of the phrase before, plainly as that one."""
    one, two = before.entry, place.entry
    last = (one.theme_bars or "").rpartition("-")[2]
    first = (two.theme_bars or "").partition("-")[0]
    return (
        (before.section.id, before.index + 1) == (place.section.id, place.index)
        and (one.theme, one.fidelity, before.keys[0]) == (two.theme, two.fidelity, place.keys[0])
        and not (one.transformations or two.transformations)  # each of those finds an octave of its own
        and last.isdigit()
        and first == str(int(last) + 1)
    )


def _statement(plan: Plan, row: Sequence[tuple[PhrasePlace, Theme]], themes: Mapping[str, Theme]) -> Statement:
    place = row[0][0]
    entry = place.entry
    items = tuple(entry.transformations or ())
    plain = [(each, _plain(plan, each, themes)) for each, _ in row] if items else row
    return Statement(
        place.section.id or "",
        _notes(row),
        theme=entry.theme or "",
        start_tick=place.start_tick,
        end_tick=row[-1][0].end_tick,
        key=str(place.keys[0]),
        fidelity=1.0 if entry.fidelity is None else entry.fidelity,
        changes=tuple(item.name for item in items),
        plain=_notes(plain),
    )


def _entries(plan: Plan, places: Sequence[PhrasePlace], themes: Mapping[str, Theme]) -> list[Statement]:
    """Return the entries of themes in voices, in order."""
    home, meter = parse_key(plan.key or "C major"), parse_meter(plan.meter or "4/4")
    found = []
    for place in places:
        for entry in place.entry.entries or ():
            theme = themes.get(entry.theme or "")
            if theme is None or entry.key is None:
                continue
            names = (place.section.id or "", place.section.take or 1, place.index, entry.voice, entry.bar)
            part = entered(theme, entry, home=home, seed=plan.seed or 0, names=names)
            bar_tick = place.bar_tick + entry_tick(entry, meter)
            end_tick = min(bar_tick + part.bars * meter.bar_ticks - theme.pickup_tick, place.end_tick)
            notes = tuple(
                (max(note.onset_tick + bar_tick, place.start_tick), note.pitch)
                for note in part.melody.notes
                if note.onset_tick + bar_tick < end_tick
            )
            if notes:
                changes = [item.name for item in entry.transformations or ()]
                answer = [f"{entry.answer} answer"] if entry.answer is not None else []
                found.append(
                    Statement(
                        place.section.id or "",
                        notes,
                        theme=entry.theme or "",
                        start_tick=max(bar_tick - theme.pickup_tick, place.start_tick),
                        end_tick=end_tick,
                        key=str(parse_key_path(entry.key, home)[0]),
                        changes=(*answer, *changes),
                        voice=entry.voice,
                    )
                )
    return found


def _plain(plan: Plan, place: PhrasePlace, themes: Mapping[str, Theme]) -> Theme:
    """Return the theme as the phrase would state it untransformed."""
    entry = place.entry.model_copy(update={"transformations": ()})
    bare = PhrasePlace(**{**vars(place), "entry": entry})
    stated = phrase_theme(plan, bare, themes[entry.theme or ""])
    assert stated is not None  # the phrase has a theme, or it would not be here
    return stated


def _notes(row: Sequence[tuple[PhrasePlace, Theme]]) -> tuple[tuple[int, int], ...]:
    return tuple(
        (note.onset_tick + place.bar_tick, note.pitch)
        for place, theme in row
        for note in theme.melody.notes
        if place.start_tick <= note.onset_tick + place.bar_tick < place.end_tick
    )


def _section(span: SectionSpan, places: Sequence[PhrasePlace], themes: Mapping[str, Theme]) -> SectionAsked:
    own = [place for place in places if place.section.id == span.id]
    entered_themes = {entry.theme or NO_THEME for place in own for entry in place.entry.entries or ()}
    names = frozenset({place.entry.theme or NO_THEME for place in own} | entered_themes) - {NO_THEME}
    entry = own[0].entry
    theme = entry.theme if entry.theme not in (None, NO_THEME) else None
    fidelity = 1.0 if entry.fidelity is None else entry.fidelity
    known = themes.get(theme or "")
    bars = known.bars if known is not None else _TELLING_BARS
    if entered_themes:
        # A theme in one voice among others need not be what a listener follows.
        return SectionAsked(span, span.id, is_free=True, themes=names)
    if theme is None or fidelity == 0.0:
        # Two sections that a form calls the same, but of which nothing is pinned, may turn out as they like.
        return SectionAsked(span, span.id, is_free=span.label != span.id, themes=names)
    if fidelity == 1.0 and _opening_bars(own) >= min(bars, _TELLING_BARS):
        return SectionAsked(span, f"theme {theme}", themes=names)
    return SectionAsked(span, span.id, is_free=True, themes=names)


def _opening_bars(places: Sequence[PhrasePlace]) -> int:
    """Return how many bars of its theme, from the first on, a section begins with."""
    bars = 0
    for place in places:
        first, _, last = (place.entry.theme_bars or "1").partition("-")
        if not place.states_theme or first != str(bars + 1) or _is_reshaped(place.entry.transformations or ()):
            break
        bars = int(last or first)
    return bars


def _is_reshaped(items: Sequence[Transformation]) -> bool:
    return any(item.name not in _SAME_TUNE for item in items)
