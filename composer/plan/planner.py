"""The planner: from a brief or a plan file to a plan with nothing left open.

`plan_piece` and `resolve` are one function at heart: a brief is a plan with a form and no sections. Everything is drawn
from streams named after seed, section id and take, so a resolved section depends on its own entry, its theme and its
own `enters` only; stated values are never changed, and resolving a resolved plan gives it back.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from composer.errors import Place, PlanError, Problem
from composer.plan.brief import USUAL_STYLE, Brief
from composer.plan.cadences import has_room
from composer.plan.checks import check_plan
from composer.plan.development import DEVELOPED, develops, with_goals
from composer.plan.drafts import section_bars
from composer.plan.entry_rows import said_of_voices, with_passages
from composer.plan.forms import FormTemplate, ThemeRow, load_form
from composer.plan.layout import expanded, repeats_of_form, sections_of_form
from composer.plan.links import usual_entry
from composer.plan.locate import path_text, validate_plan
from composer.plan.mixes import GlidePart, Style, theme_mix, whole_mix, with_absolute_cards
from composer.plan.model import (
    MAX_BARS,
    NO_THEME,
    CadenceName,
    Glide,
    Link,
    PhraseEntry,
    Plan,
    SectionEntry,
    ThemeEntry,
    ThemePhrase,
)
from composer.plan.numerals import parse_key_path
from composer.plan.phrase_kinds import COMPOUND_BARS, LEAST_BARS, MAX_PHRASE, length_weights
from composer.plan.phrases import STATED
from composer.plan.playing import check_played_length, playing_problems
from composer.plan.sections import resolve_section
from composer.plan.setting import (
    Library,
    Setting,
    draw_header,
    installed_style,
    known_styles,
    setting_of,
    weighed_styles,
)
from composer.plan.statements import changes_harmony
from composer.plan.strict_yaml import Document
from composer.plan.themes import SUBJECT, SettledTheme, countersubject, settle_theme, subject_bars, theme_key
from composer.plan.tunes import Tune, pinned_tune
from composer.style import style_names
from composer.theory.key import Key, key_numeral
from composer.theory.meter import Meter, parse_meter

DEFAULT_THEME_BARS = 8
OTHER_KIND = 0.25  # share of sentences that are periods instead, and of periods that are sentences
COMPOUND = 0.6  # share of long periods that are compound
ROOM_BARS = 4  # that a section has beside a theme whose length is drawn
OPEN_END = 0.7  # share of IAC, not PAC, where a theme's section goes on
_OTHER_KIND = {"sentence": "period", "period": "sentence"}


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
    plan: Plan, *, bars: int | None = None, folder: Path | None = None, library: Library = installed_style
) -> Plan:
    """Fill in everything that a plan leaves open.

    Args:
        plan: as stated; three fields are enough.
        bars: wished length when the plan states no sections.
        folder: of the plan file, where theme and form files count from.
        library: name → style card and statistics.

    Returns:
        The resolved plan. Resolving it again gives an equal one.

    Raises:
        PlanError: all problems found, or something that cannot be followed.
        StyleError: unknown style.
    """
    problems = check_plan(plan, folder=folder)
    if problems:
        raise PlanError(problems)
    template = load_form(plan.form, folder=folder)
    known = known_styles(plan, library, ensemble=plan.ensemble or template.ensemble)
    weighed = weighed_styles(whole_mix(plan.style), known)
    plan = draw_header(plan, template, weighed, pickup_beats=_first_pickup(plan, folder))
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
    drafts = _draft_themes(entries, plan, setting, folder)
    theme_bars = {name: draft.bars for name, draft in drafts.items()}
    entries = with_passages(entries, template, theme_bars, setting)
    entries, glides = _with_glides(entries, plan.style, theme_bars, template)
    styled = plan.model_copy(update={"sections": entries})
    themes: dict[str, SettledTheme] = {}
    for name in sorted(drafts, key=lambda name: drafts[name].against is not None):  # those come after their subjects
        draft = drafts[name]
        themes[name] = draft.settled(setting.in_style(theme_mix(name, styled)), themes)
    themes = {name: themes[name] for name in drafts}
    resolved: list[SectionEntry] = []
    left: Link | None = None
    for index, entry in enumerate(entries):
        row = template.row(entry.id or "")
        enters = entry.enters
        if enters is None and index > 0:
            enters = left if is_drawn else usual_entry(entry, template, setting, index=index)
        original = _copied_phrases(entry, resolved, setting.home)
        glide = glides.get(entry.id or "")
        section = resolve_section(original, row=row, themes=themes, enters=enters, glide=glide, setting=setting)
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
        raise PlanError([Problem(one.message, Place("<plan>", detail=path_text(one.path)), one.mend) for one in wrong])
    return plan


def _first_pickup(plan: Plan, folder: Path | None) -> float | None:
    """Return the upbeat of the first section's theme in beats, where that theme is pinned or says so; else None."""
    name = plan.sections[0].theme if plan.sections else next(iter(plan.themes), None)
    theme = plan.themes.get(name or "")
    if theme is None or theme.pickup is not None:
        return theme.pickup if theme is not None else None
    if plan.meter is None or not _is_pinned(theme):
        return None
    meter = parse_meter(plan.meter)
    tune = pinned_tune(name or "", theme, key=Key(0, "major"), meter=meter, folder=folder)
    return tune.melody.pickup_tick / meter.beat_ticks if tune is not None else None


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


@dataclass(frozen=True)
class _ThemeDraft:
    """What is known of a theme before its harmony; see `settle_theme`."""

    name: str
    entry: ThemeEntry
    bars: int
    key: Key
    kind: str
    shape: tuple[ThemePhrase, ...] | None
    tune: Tune | None
    cadence: CadenceName
    against: str | None = None

    def settled(self, setting: Setting, others: Mapping[str, SettledTheme]) -> SettledTheme:
        """Return the theme with its numerals, in the setting's style; a countersubject has its subject's."""
        if self.against is not None:
            return countersubject(self.name, self.entry, others[self.against], self.tune)
        return settle_theme(
            self.name,
            self.entry,
            setting=setting,
            bars=self.bars,
            key=self.key,
            kind=self.kind,
            shape=self.shape,
            tune=self.tune,
            cadence=self.cadence,
        )


def _draft_themes(
    entries: tuple[SectionEntry, ...], plan: Plan, setting: Setting, folder: Path | None
) -> dict[str, _ThemeDraft]:
    """Look at every theme that the plan has or a section names, in the order of the plan, then of the sections."""
    named = [phrase.theme for entry in entries for phrase in entry.phrases or ()]
    named += [one.theme for entry in entries for _, inside in said_of_voices(entry) for one in inside or ()]
    rows = [setting.template.row(entry.id or "") for entry in entries if not (entry.phrases or entry.entries)]
    named += [one.theme for row in rows if row is not None for each in row.passages or () for one in each.entries or ()]
    used = dict.fromkeys([*plan.themes, *(entry.theme for entry in entries), *named])
    drafts = {}
    for name in used:
        if name is None or name == NO_THEME:
            continue
        stated = plan.themes.get(name, ThemeEntry())
        row = setting.template.themes.get(name, ThemeRow(bars=DEFAULT_THEME_BARS))
        plain = [entry for entry in entries if not develops(entry, setting.template.row(entry.id or ""))]
        users = [entry for entry in plain if _states(entry, name)]
        first = users[0] if users else None
        mode_key = parse_key_path(first.key, setting.home)[0] if first and first.key else setting.home
        key = theme_key(stated, mode_key, setting.home)
        tune = pinned_tune(name, stated, key=key, meter=setting.meter, folder=folder)
        bars = _theme_bars(name, stated, row, users, tune, setting)
        if row.type == SUBJECT and stated.bars is None and tune is None:
            bars = subject_bars(bars, setting.meter)
        drafts[name] = _ThemeDraft(
            name=name,
            entry=stated,
            bars=bars,
            key=key,
            kind=_theme_kind(name, row, bars, setting),
            shape=_prescribed(first, setting, bars),
            tune=tune,
            cadence=(first.cadence if first and first.bars == bars else None)
            or _theme_end(name, row, bars, entries, setting),
            against=stated.against or (row.against if not _is_pinned(stated) or stated.type is None else None),
        )
    return _with_subjects(drafts)


def _with_subjects(drafts: dict[str, _ThemeDraft]) -> dict[str, _ThemeDraft]:
    """Return the drafts, countersubjects as long as their subjects; a subject of another name takes the form's place.

    Raises:
        PlanError: a countersubject of no theme, or of one that is itself a countersubject.
    """
    subjects = [name for name, draft in drafts.items() if draft.against is None]
    found = {}
    for name, draft in drafts.items():
        if draft.against is not None:
            other = draft.against
            if other not in subjects and draft.entry.against is None and subjects:
                other = subjects[0]
            if other not in subjects:
                raise PlanError(
                    f'theme "{name}" stands against "{other}"', mend=f"name one of {', '.join(subjects) or 'no themes'}"
                )
            draft = replace(draft, against=other, bars=drafts[other].bars, key=drafts[other].key)
        found[name] = draft
    return found


def _theme_kind(name: str, row: ThemeRow, bars: int, setting: Setting) -> str:
    """Return how a theme is built: as its form has it mostly; a sentence may be a period and the other way round."""
    draw = setting.stream("theme", name, "kind").random()
    if row.type == "period" and bars >= COMPOUND_BARS and draw < COMPOUND:
        return "compound period"
    if row.type in _OTHER_KIND and draw > 1 - OTHER_KIND:
        return _OTHER_KIND[row.type]
    return row.type


def _theme_end(name: str, row: ThemeRow, bars: int, entries: Sequence[SectionEntry], setting: Setting) -> CadenceName:
    """Return how a theme ends that does not fill its first section: less closed mostly, because that goes on.

    One that fills another section, or that a coda takes up, ends as those have to.
    """
    users = [entry for entry in entries if entry.theme == name]
    if row.cadence != "PAC" or any(entry.function == "coda" or entry.bars == bars for entry in users):
        return row.cadence
    return "IAC" if setting.stream("theme", name, "end").random() < OPEN_END else "PAC"


def _states(entry: SectionEntry, name: str) -> bool:
    """Whether a section, or a phrase of it, sounds the theme as it is."""
    in_phrases = any(phrase.theme == name for phrase in entry.phrases or ())
    return in_phrases or (entry.theme == name and (entry.fidelity is None or entry.fidelity == STATED))


def _is_pinned(theme: ThemeEntry) -> bool:
    return theme.melody is not None or theme.voices is not None or theme.file is not None


def _theme_bars(
    name: str, stated: ThemeEntry, row: ThemeRow, users: list[SectionEntry], tune: Tune | None, setting: Setting
) -> int:
    """Return a theme's length: stated, its tune's, or the form's as far as the shortest section has room.

    Where all its sections go on after it, a bar or two more or less may be drawn, as the style's phrases have it.
    """
    if stated.bars is not None:
        return stated.bars
    if tune is not None:
        return tune.bars
    rooms = [entry.bars for entry in users if entry.bars is not None and entry.theme == name]
    if (
        row.type not in _OTHER_KIND
        or not rooms
        or min(rooms) < row.bars + ROOM_BARS
        or not 2 * LEAST_BARS <= row.bars < MAX_PHRASE
    ):
        return min([row.bars, *rooms])
    lengths = length_weights(setting.styles, setting.meter)
    near = range(row.bars - 2, row.bars + 3)
    weights = np.array([lengths[bars // 2] * lengths[bars - bars // 2] for bars in near])
    return int(setting.stream("theme", name, "bars").choice(near, p=weights / weights.sum()))


def _prescribed(first: SectionEntry | None, setting: Setting, bars: int) -> tuple[ThemePhrase, ...] | None:
    """Return the phrases that the form prescribes for the theme's section, where the theme fills it."""
    row = setting.template.row(first.id or "") if first else None
    if row is None or not row.phrases or sum(phrase.bars for phrase in row.phrases) != bars:
        return None
    return tuple(ThemePhrase(bars=phrase.bars, cadence=phrase.cadence) for phrase in row.phrases)


def _copied_phrases(entry: SectionEntry, resolved: list[SectionEntry], home: Key) -> SectionEntry:
    """Give a copy of equal length the harmony of the section it copies, so that its free phrases return too.

    In another key (a recapitulation) it has the same phrases; their chords too, where the mode is the same.
    """
    base = next((other for other in resolved if other.id == entry.copy_of), None)
    if base is None or not base.phrases or entry.phrases or changes_harmony(entry.transformations or ()):
        return entry
    if (base.bars, base.cadence, base.theme) != (entry.bars, entry.cadence, entry.theme):
        return entry
    phrases = tuple(
        phrase.model_copy(update={"texture": None, "dynamics": None, "transformations": None, "style": None})
        for phrase in base.phrases
    )
    if base.key != entry.key:
        source, target = (parse_key_path(one.key or "I", home) for one in (base, entry))
        moves = len(source) > 1 or len(target) > 1 or any(phrase.key or phrase.entries for phrase in phrases)
        if moves:
            return entry
        phrases = tuple(_moved(phrase, same_mode=source[0].mode == target[0].mode) for phrase in phrases)
    return entry.model_copy(update={"phrases": phrases, "type": base.type})


def _moved(phrase: PhraseEntry, *, same_mode: bool) -> PhraseEntry:
    """Return a phrase for another key: its numerals hold there, unless they name keys; a theme brings its own."""
    names_keys = any(sign in (phrase.harmony or "") for sign in ":=")
    if same_mode and not names_keys and phrase.fidelity != STATED:
        return phrase
    return phrase.model_copy(update={"harmony": None, "formula": None})
