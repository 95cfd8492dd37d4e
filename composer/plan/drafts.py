"""Which phrases a section has: stated by the plan, prescribed by the form, or made by the planner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from composer.errors import PlanError, Problem
from composer.plan.entries import end_bar
from composer.plan.forms import SectionRow
from composer.plan.layout import drawn_choice, drawn_phrase_bars
from composer.plan.locate import within
from composer.plan.model import NO_THEME, CadenceName, PhraseEntry, SectionEntry
from composer.plan.numerals import parse_key_path, path_text
from composer.plan.phrase_kinds import cadence_shares
from composer.plan.phrases import CLOSE, EPISODE_FIDELITY, FREE_FIDELITY, STATED, PhraseDraft, draft_phrases
from composer.plan.setting import Setting
from composer.plan.statements import changes_harmony
from composer.plan.themes import SettledTheme, last_note, theme_cadence, tune_contradicts
from composer.theory.key import Key

DEFAULT_BARS = 4  # of a phrase of which nothing is said


def draft_section(
    entry: SectionEntry,
    keys: tuple[Key, ...],
    *,
    row: SectionRow | None,
    themes: Mapping[str, SettledTheme],
    stated_cadence: str | None,
    setting: Setting,
) -> tuple[list[PhraseDraft], list[PhraseEntry], str | None]:
    """Return a section's phrases as drafts, what its entry says of each (empty where it says nothing), and their kind.

    Args:
        entry: the section, with its cadence, theme and function filled in.
        keys: the path that it takes.
        row: the form's row of its id, or None.
        themes: settled, by name.
        stated_cadence: at its end, where the plan says it.
        setting: of the piece.
    """
    fidelity = section_fidelity(entry, row, setting)
    if entry.phrases:
        drafts = _stated_drafts(entry, keys, themes, fidelity, setting, stated_cadence=stated_cadence)
        return drafts, list(entry.phrases), entry.type
    bars = section_bars(entry, row, {})
    lengths = prescribed_bars(row, bars, setting) if row is not None and not entry.type else ()
    if row is not None and lengths:
        return (*_row_drafts(entry, row, keys, lengths, themes, fidelity, setting), None)
    theme = themes.get(entry.theme or NO_THEME)
    made, kind = draft_phrases(
        bars,
        cadence=entry.cadence or "PAC",
        keys=keys,
        theme=entry.theme or NO_THEME,
        theme_shape=theme.phrases if theme else (),
        theme_pinned=theme.is_pinned if theme else False,
        fidelity=fidelity,
        styles=setting.styles,
        meter=setting.meter,
        mode=setting.home.mode,
        rng=setting.stream(entry.id or "", entry.take or 1, "phrases"),
        kind=entry.type,
        inside=setting.shares_inside(),
        free_fidelity=EPISODE_FIDELITY if entry.function == "episode" else FREE_FIDELITY,
        in_one_breath=entry.function in ("retransition", "transition"),
    )
    drafts = [*made[:-1], _ending_as_asked(made[-1], entry, theme, setting)]
    return drafts, [PhraseEntry() for _ in drafts], entry.type or kind


def _ending_as_asked(
    draft: PhraseDraft, entry: SectionEntry, theme: SettledTheme | None, setting: Setting
) -> PhraseDraft:
    """Return the last phrase with its section's cadence where a pinned tune ends it that can end so."""
    if theme is None or not (theme.is_pinned and draft.states_theme) or changes_harmony(entry.transformations or ()):
        return draft
    last = last_note(theme.tune, draft.last_bar, setting.meter, setting.pickup_tick)
    cadence: CadenceName = entry.cadence or "PAC"
    is_impossible = last is not None and tune_contradicts(cadence, last, theme.key)
    return draft if is_impossible else replace(draft, cadence=cadence)


def section_bars(entry: SectionEntry, row: SectionRow | None, theme_bars: Mapping[str, int]) -> int:
    """Return the length of a section; `theme_bars` says how long each theme is."""
    if entry.phrases:
        return sum(_phrase_bars(phrase, theme_bars, entry.theme) for phrase in entry.phrases)
    return entry.bars or (row.bars[0] if row else 8)


def _phrase_bars(said: PhraseEntry, theme_bars: Mapping[str, int], section_theme: str | None) -> int:
    """Return the length of a phrase: stated, up to the end of its entries, or its theme's."""
    if said.bars is None and said.entries:
        own = said.theme if said.theme not in (None, NO_THEME) else section_theme
        return max(end_bar(one, theme_bars.get(one.theme or own or "", DEFAULT_BARS)) for one in said.entries)
    return said.bars or theme_bars.get(said.theme or "", DEFAULT_BARS)


def section_fidelity(entry: SectionEntry, row: SectionRow | None, setting: Setting) -> float:
    """Return how closely a section follows its theme: stated, the form's, the plan's default, or note for note."""
    for value in (entry.fidelity, row.fidelity if row else None, setting.defaults.fidelity):
        if value is not None:
            return value
    return STATED


def prescribed_bars(row: SectionRow, bars: int, setting: Setting) -> tuple[int, ...]:
    """Return the lengths of the phrases that a form prescribes in a section of so many bars.

    As they are drawn, or the usual ones as often as they go into it; empty where neither fits.
    """
    drawn, usual = drawn_phrase_bars(row, setting), row.phrase_bars
    if sum(drawn) == bars:
        return drawn
    return usual * (bars // sum(usual)) if usual and bars % sum(usual) == 0 else ()


def _row_drafts(
    entry: SectionEntry,
    row: SectionRow,
    keys: tuple[Key, ...],
    lengths: Sequence[int],
    themes: Mapping[str, SettledTheme],
    fidelity: float,
    setting: Setting,
) -> tuple[list[PhraseDraft], list[PhraseEntry]]:
    """Return the phrases that the form itself prescribes, over and over as long as there are lengths."""
    assert row.phrases
    own_path = entry.key in row.key.of(setting.home.mode)
    cadences = row_cadences(row, setting)
    said = []
    for number, bars in enumerate(lengths):
        index = number % len(row.phrases)
        phrase = row.phrases[index]
        key = phrase.key.of(setting.home.mode)[0] if phrase.key and own_path else path_text([keys[0]], setting.home)
        is_last = number == len(lengths) - 1
        said.append(
            PhraseEntry(
                bars=bars, cadence=entry.cadence if is_last else cadences[index], key=key, fermata=phrase.fermata
            )
        )
    entry = entry.model_copy(update={"phrases": tuple(said)})
    drafts = _stated_drafts(entry, keys, themes, fidelity, setting, stated_cadence=entry.cadence)
    return drafts, [PhraseEntry() for _ in drafts]


def row_cadences(row: SectionRow, setting: Setting) -> tuple[CadenceName, ...]:
    """Return the cadences of the phrases that a form prescribes, the same in all sections of one label."""
    shares = cadence_shares(setting.styles, setting.home.mode)
    return tuple(
        drawn_choice(phrase.cadence, shares, setting.stream("form", row.label, "cadence", index))
        for index, phrase in enumerate(row.phrases or ())
    )


def _stated_drafts(
    entry: SectionEntry,
    keys: tuple[Key, ...],
    themes: Mapping[str, SettledTheme],
    fidelity: float,
    setting: Setting,
    *,
    stated_cadence: str | None,
) -> list[PhraseDraft]:
    """Return drafts of phrases that the plan states.

    Where nobody says how one ends that states a theme, it ends as that does. One that is to end otherwise than a theme
    that is yet to be composed only follows it.
    """
    assert entry.phrases
    drafts: list[PhraseDraft] = []
    count = len(entry.phrases)
    at = 0  # place in the section's path of keys
    theme_bars = {name: theme.entry.bars or 8 for name, theme in themes.items()}
    bar = 1  # next bar of the section's theme
    for index, said in enumerate(entry.phrases):
        is_last = index == count - 1
        if said.key is not None:
            path = parse_key_path(said.key, setting.home)
            at = next((place for place in range(at, len(keys)) if keys[place] == path[-1]), at)
        else:
            goal = max(at, -(-(index + 1) * len(keys) // count) - 1)
            path, at = keys[at : goal + 1], goal
        # In a section where voices enter nothing else states its theme, unless it says so.
        has_entries = any(phrase.entries for phrase in entry.phrases)
        name = NO_THEME if said.entries else said.theme or (None if has_entries else entry.theme) or NO_THEME
        theme = themes.get(name)
        length = _phrase_bars(said, theme_bars, entry.theme)
        first, last = 0, 0
        if theme is not None:
            first, last = _theme_bars(said, theme, length, bar if said.theme is None else 1)
            if last > (theme.entry.bars or last):
                message = f"section {entry.id}, phrase {index + 1}: theme_bars {said.theme_bars}, the theme {name} has "
                mend = f"give the theme bars: {last}, or take fewer of it"
                raise PlanError([Problem(f"{message}{theme.entry.bars}", mend=mend, path=("phrases", index))])
            bar = last + 1 if last else bar  # a theme that is through stays so
        draft = PhraseDraft(
            bars=length,
            cadence=said.cadence or ((entry.cadence or "PAC") if is_last else "none"),
            keys=path,
            theme=name if first else NO_THEME,
            first_bar=first,
            last_bar=last,
            fidelity=_phrase_fidelity(said, fidelity),
            fermata=bool(said.fermata),
        )
        asked = said.cadence or (stated_cadence if is_last else None)
        try:
            drafts.append(draft if theme is None else _as_its_theme(draft, said, asked, theme, entry))
        except PlanError as error:
            raise within(error, "phrases", index) from None
    return drafts


def _as_its_theme(
    draft: PhraseDraft, said: PhraseEntry, asked: str | None, theme: SettledTheme, section: SectionEntry
) -> PhraseDraft:
    """Return a phrase with the end of the theme's bars that it states, or following them where it ends otherwise."""
    own = theme_cadence(theme, draft) if draft.last_bar - draft.first_bar + 1 == draft.bars else None
    items = (*(section.transformations or ()), *(said.transformations or ()))
    says_chords = any(one is not None for one in (said.harmony, said.formula, said.schema_, section.harmony))
    if not draft.states_theme or own is None or changes_harmony(items) or says_chords:
        return draft
    if asked is None:
        return replace(draft, cadence=own)
    if draft.cadence in (own, "none") or theme.is_pinned:
        return draft
    if said.fidelity == STATED:
        if own == "none":
            return draft
        raise PlanError(
            f"section {section.id}: a phrase states the theme {theme.name}, which ends there with {own}, and is to end "
            f"with {draft.cadence}",
            mend="let it follow the theme (fidelity: 0.7), or make the cadences agree",
        )
    return replace(draft, fidelity=CLOSE)


def _phrase_fidelity(said: PhraseEntry, section: float) -> float:
    """Return how closely a stated phrase follows its theme: one with a schema has other chords than the theme's."""
    if said.fidelity is not None:
        return said.fidelity
    return min(section, FREE_FIDELITY) if said.schema_ is not None and said.theme is None else section


def _theme_bars(said: PhraseEntry, theme: SettledTheme, length: int, bar: int) -> tuple[int, int]:
    """Return the first and last bar of the theme in a stated phrase; (0, 0) where the theme is already through."""
    if said.theme_bars is not None:
        first, _, last = said.theme_bars.partition("-")
        return int(first), int(last or first)
    total = theme.entry.bars or 0
    if bar > total:
        return 0, 0
    return bar, min(total, bar + length - 1)
