"""The planner: from a brief or a plan file to a plan with nothing left open.

`plan_piece` and `resolve` are one function at heart: a brief is a plan with a form and no sections. Everything is drawn
from streams named after seed, section id and take, so a resolved section depends on its own entry, its theme and its
own `enters` only; stated values are never changed, and resolving a resolved plan gives it back.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from composer.errors import Place, PlanError, Problem, ThemeError
from composer.plan.brief import USUAL_STYLE, Brief
from composer.plan.cadences import has_room
from composer.plan.checks import check_plan
from composer.plan.copies import copied_phrases
from composer.plan.development import with_goals
from composer.plan.drafts import section_bars
from composer.plan.entry_rows import with_passages
from composer.plan.forms import DEVELOPED, FormTemplate, load_form
from composer.plan.layout import expanded, repeats_of_form, sections_of_form
from composer.plan.links import usual_entry
from composer.plan.locate import path_text, placed, validate_plan, within
from composer.plan.mixes import GlidePart, Style, theme_mix, whole_mix, with_absolute_cards
from composer.plan.model import (
    MAX_BARS,
    Glide,
    Link,
    Plan,
    SectionEntry,
    ThemeEntry,
)
from composer.plan.playing import check_played_length, playing_problems
from composer.plan.sections import resolve_section
from composer.plan.setting import (
    Library,
    draw_header,
    installed_style,
    known_styles,
    setting_of,
    weighed_styles,
    with_meter,
)
from composer.plan.strict_yaml import Document
from composer.plan.strict_yaml import Path as KeyPath
from composer.plan.theme_drafts import draft_themes, is_pinned
from composer.plan.themes import SettledTheme
from composer.plan.tunes import pinned_tune
from composer.style import style_names
from composer.theory.key import Key, key_numeral
from composer.theory.meter import Meter, parse_meter


def plan_piece(brief: Brief, *, folder: Path | None = None, library: Library = installed_style) -> Plan:
    """Plan a piece from a brief.

    Args:
        brief: what is wished; None = drawn from the style.
        folder: where a form's file name counts from.
        library: name → style card and statistics.

    Returns:
        A resolved plan; its seed is drawn when the brief has none.

    Raises:
        PlanError: unknown form, impossible key, meter or length.
        StyleError: unknown style.
    """
    seed = secrets.randbelow(2**31) if brief.seed is None else brief.seed
    style = brief.style or _usual_style(brief.form, folder)
    stated = {
        "title": brief.title,
        "form": brief.form,
        "style": style if isinstance(style, str) else dict(style),
        "ensemble": brief.ensemble,
        "key": brief.key,
        "meter": brief.meter,
        "tempo": brief.tempo,
        "seed": seed,
        "performer": {"player": brief.player, "expression": brief.expression, "take": brief.take},
    }
    plan, problems = validate_plan(Document(stated, {}, "brief"))
    problems = [replace(problem, place=None) for problem in problems]
    if plan is not None:
        known = style_names() if library is installed_style else None
        problems += check_plan(plan, folder=folder, locate=lambda path: Place(path_text(path)), known_styles=known)
    if problems or plan is None:
        raise PlanError(problems)
    return resolve(with_absolute_cards(plan, folder), bars=brief.bars, folder=folder, library=library)


def _usual_style(form: str, folder: Path | None) -> str:
    """Return the style of a form that nobody gave one; what is wrong with the form is told later."""
    try:
        return load_form(form, folder=folder).style or USUAL_STYLE
    except PlanError:
        return USUAL_STYLE


def resolve(
    plan: Plan,
    *,
    bars: int | None = None,
    folder: Path | None = None,
    locate: Callable[[KeyPath], Place] | None = None,
    library: Library = installed_style,
) -> Plan:
    """Fill in everything that a plan leaves open.

    Args:
        plan: as stated; three fields are enough.
        bars: wished length when the plan states no sections.
        folder: of the plan file, where theme and form files count from.
        locate: tells where in that file a field stands (`reader.lines_of`); None: its path is told.
        library: name → style card and statistics.

    Returns:
        The resolved plan. Resolving it again gives an equal one.

    Raises:
        PlanError: all problems found, or something that cannot be followed.
        StyleError: unknown style.
    """
    locate = locate or (lambda path: Place("<plan>", detail=path_text(path)))
    try:
        return _resolved(plan, bars=bars, folder=folder, locate=locate, library=library)
    except (PlanError, ThemeError) as error:
        raise placed(error, locate) from None


def _resolved(
    plan: Plan, *, bars: int | None, folder: Path | None, locate: Callable[[KeyPath], Place], library: Library
) -> Plan:
    problems = check_plan(plan, folder=folder, locate=locate)
    if problems:
        raise PlanError(problems)
    template = load_form(plan.form, folder=folder)
    known = known_styles(plan, library, ensemble=plan.ensemble or template.ensemble)
    weighed = weighed_styles(whole_mix(plan.style), known)
    stated = plan
    plan = with_meter(plan, template, weighed)
    if stated.meter is None:  # what is wrong with bars shows now
        told = f"no meter is stated, and {plan.meter} was drawn"
        problems = [
            replace(one, message=f"{one.message}; {told}") for one in check_plan(plan, folder=folder, locate=locate)
        ]
        if problems:
            raise PlanError(problems)
    plan = draw_header(plan, template, weighed, pickup_beats=_longest_pickup(plan, folder))
    if stated.pickup is None or stated.key is None:  # and so with upbeats, and with the ends of tunes
        problems = check_plan(plan, folder=folder, locate=locate)
        if problems:
            raise PlanError(problems)
    setting = setting_of(plan, template, weighed, known)
    is_drawn = not plan.sections
    sections = sections_of_form(setting, bars=bars) if is_drawn else plan.sections
    if is_drawn and plan.themes:
        sections = _with_stated_themes(sections, plan.themes, template)
    entries = tuple(_with_room(entry, setting.meter) for entry in _with_form_themes(expanded(sections), template))
    entries = with_goals(entries, template, setting.home, is_drawn=is_drawn)
    home = key_numeral(setting.home, setting.home)
    entries = tuple(entry if entry.key else entry.model_copy(update={"key": home}) for entry in entries)
    if is_drawn:
        plan = _with_form_repeats(plan, entries, template)
    _check_length(entries)
    drafts = draft_themes(entries, plan, setting, folder)
    theme_bars = {name: draft.bars for name, draft in drafts.items()}
    entries = with_passages(entries, template, theme_bars, setting)
    entries, glides = _with_glides(entries, plan.style, theme_bars, template)
    styled = plan.model_copy(update={"sections": entries})
    themes: dict[str, SettledTheme] = {}
    for name in sorted(drafts, key=lambda name: drafts[name].against is not None):  # those come after their subjects
        draft = drafts[name]
        try:
            themes[name] = draft.settled(setting.in_style(theme_mix(name, styled)), themes)
        except PlanError as error:
            raise (within(error, "themes", name) if name in stated.themes else error) from None
    themes = {name: themes[name] for name in drafts}
    resolved: list[SectionEntry] = []
    left: Link | None = None
    for index, entry in enumerate(entries):
        row = template.row(entry.id or "")
        enters = entry.enters
        if enters is None and index > 0:
            enters = left if is_drawn else usual_entry(entry, template, setting, index=index)
        copy = copied_phrases(entry, resolved, setting.home)
        try:
            section = resolve_section(
                copy,
                row=row,
                themes=themes,
                enters=enters,
                glide=glides.get(entry.id or ""),
                states_phrases=entry.phrases is not None,
                setting=setting,
            )
        except (PlanError, ThemeError) as error:
            raise (within(error, "sections", index) if stated.sections else error) from None
        resolved.append(section.entry)
        left = section.entry.leaves
    settled = {name: theme.entry for name, theme in themes.items()}
    plan = plan.model_copy(update={"themes": settled, "sections": tuple(resolved)})
    check_played_length(plan)
    return plan


def _with_form_repeats(plan: Plan, entries: tuple[SectionEntry, ...], template: FormTemplate) -> Plan:
    """Let a plan that states no sections have the form's repeats and da capo, where it does not say otherwise."""
    repeats = plan.repeats if plan.repeats is not None else repeats_of_form(template, entries) or None
    plan = plan.model_copy(update={"repeats": repeats, "da_capo": plan.da_capo or template.da_capo})
    wrong = playing_problems(plan.repeats or (), plan.da_capo, [entry.id or "" for entry in entries])
    if wrong:
        raise PlanError([Problem(one.message, mend=one.mend, path=one.path) for one in wrong])
    return plan


def _longest_pickup(plan: Plan, folder: Path | None) -> float | None:
    """Return the longest upbeat in beats of the themes that say theirs or are pinned; None where none is."""
    assert plan.meter is not None
    meter = parse_meter(plan.meter)
    found = []
    for name, theme in plan.themes.items():
        if theme.pickup is not None:
            found.append(theme.pickup)
        elif is_pinned(theme):
            tune = pinned_tune(name, theme, key=Key(0, "major"), meter=meter, folder=folder)
            found.append(tune.melody.pickup_tick / meter.beat_ticks if tune is not None else 0.0)
    return max(found, default=None)


def _with_stated_themes(
    sections: tuple[SectionEntry, ...], themes: Mapping[str, ThemeEntry], template: FormTemplate
) -> tuple[SectionEntry, ...]:
    """Let a plan that states themes but no sections use them: by name, else in the order of the form's own."""
    own = [name for name in themes if name not in template.themes]
    free = [name for name in template.themes if name not in themes]
    renamed = dict(zip(free, own, strict=False))
    return tuple(entry.model_copy(update={"theme": renamed.get(entry.theme or "", entry.theme)}) for entry in sections)


def _with_form_themes(entries: tuple[SectionEntry, ...], template: FormTemplate) -> tuple[SectionEntry, ...]:
    """Give sections that say nothing of a theme the one of their row in the form, unless their phrases name one."""
    given = []
    for entry in entries:
        if entry.theme is None and not any(phrase.theme for phrase in entry.phrases or ()):
            row = template.row(entry.id or "") or next((r for r in template.sections if r.label == entry.label), None)
            if row is not None and row.theme is not None:
                entry = entry.model_copy(update={"theme": row.theme})
                if entry.fidelity is None and row.fidelity is not None:
                    entry = entry.model_copy(update={"fidelity": row.fidelity})
                if entry.function is None and row.function in DEVELOPED:
                    entry = entry.model_copy(update={"function": row.function})  # another coda is one too
        given.append(entry)
    return tuple(given)


def _with_room(entry: SectionEntry, meter: Meter) -> SectionEntry:
    """Let a section of one bar end without a cadence where the bar has no room for one, unless the plan says so."""
    if entry.cadence is not None or entry.phrases or entry.bars != 1 or has_room("PAC", 1, meter):
        return entry
    return entry.model_copy(update={"cadence": "none"})


def _check_length(entries: tuple[SectionEntry, ...]) -> None:
    total = sum(entry.bars or 0 for entry in entries)
    if total > MAX_BARS:
        raise PlanError(f"the piece would have {total} bars", mend=f"the limit is {MAX_BARS}")


def _with_glides(
    entries: tuple[SectionEntry, ...], style: Style, theme_bars: Mapping[str, int], template: FormTemplate
) -> tuple[tuple[SectionEntry, ...], dict[str, GlidePart]]:
    """Give each section without a style of its own its mix on the piece's glide.

    Returns:
        The sections, and by id the part of a glide (the piece's, or the section's own) that goes through each.
    """
    lengths = [section_bars(entry, template.row(entry.id or ""), theme_bars) for entry in entries]
    styled = []
    parts = {}
    first_bar = 0
    for entry, bars in zip(entries, lengths, strict=True):
        part = None
        if isinstance(entry.style, Glide):
            part = GlidePart(entry.style, 0, bars)
        elif entry.style is None and isinstance(style, Glide):
            part = GlidePart(style, first_bar, sum(lengths))
            entry = entry.model_copy(update={"style": part.at(bars / 2)})
        if part is not None:
            parts[entry.id or ""] = part
        styled.append(entry)
        first_bar += bars
    return tuple(styled), parts
