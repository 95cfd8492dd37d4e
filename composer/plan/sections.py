"""Resolve one section: its phrases, their harmony and cadence formulas, its shape and what it leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from composer.errors import PlanError, ThemeError
from composer.ornament import manner_of
from composer.plan.development import LEADING, developed_phrases, develops
from composer.plan.devices import with_devices
from composer.plan.drafts import draft_section, section_bars, section_fidelity
from composer.plan.entry_rows import settled_phrases
from composer.plan.forms import DEVELOPED, SectionRow
from composer.plan.links import leaves_of
from composer.plan.locate import within
from composer.plan.mixes import GlidePart, whole_mix
from composer.plan.model import NO_THEME, CadenceName, Formula, Link, PhraseEntry, SectionEntry, Transformation
from composer.plan.numerals import Slot, format_harmony, parse_key_path, path_text
from composer.plan.phrase_harmony import following_harmony, phrase_harmony, section_pins
from composer.plan.phrases import FREE_FIDELITY, PhraseDraft
from composer.plan.setting import Setting
from composer.plan.shape import shape_phrase, shape_section
from composer.plan.statements import state_themes
from composer.plan.themes import (
    SettledTheme,
)
from composer.theory.key import Key, key_numeral, parse_key


@dataclass(frozen=True)
class ResolvedSection:
    """A section entry with everything filled in but `enters`, and the last slot of its harmony."""

    entry: SectionEntry
    last: Slot


def resolve_section(
    entry: SectionEntry,
    *,
    row: SectionRow | None,
    themes: Mapping[str, SettledTheme],
    enters: Link | None,
    glide: GlidePart | None,
    states_phrases: bool,
    setting: Setting,
) -> ResolvedSection:
    """Fill in a section from its own entry, its theme and its own stream.

    Args:
        entry: expanded (with id); stated values are kept.
        row: the form's row of that id, or None.
        themes: settled, by name.
        enters: what sounds before; None at the beginning.
        glide: of styles, that goes through the section; None where it is in one style.
        states_phrases: whether its phrases are its own, not those of the section that it copies.
        setting: of the piece.

    Raises:
        PlanError: what is stated cannot be followed.
    """
    assert entry.id is not None
    if entry.style is not None:
        setting = setting.in_style(whole_mix(entry.style))
    take = entry.take or 1
    names = (entry.id, take)
    key = entry.key or key_numeral(setting.home, setting.home)
    keys = parse_key_path(key, setting.home)
    shaped = entry.model_copy(
        update={
            "function": entry.function or (row.function if row else "theme"),
            "theme": entry.theme or NO_THEME,
            "key": key,
            "cadence": entry.cadence or _last_cadence(entry) or _usual_cadence(entry, row),
            "recall": entry.recall or setting.defaults.recall or "melody",
            "transformations": _in_manner(entry.transformations or (), setting),
            "take": take,
        }
    )
    # What returns has the texture that it had, unless the plan says otherwise.
    drawn_as = setting.stream(entry.copy_of or entry.id, take, "shape")
    shaped = shaped.model_copy(update=shape_section(shaped, row, setting, drawn_as))
    if develops(entry, row) and shaped.theme in themes:
        bars = section_bars(shaped, row, {})
        developed = developed_phrases(
            shaped.model_copy(update={"bars": bars}), keys, theme=themes[shaped.theme or ""], setting=setting
        )
        shaped = shaped.model_copy(
            update={"phrases": developed, "fidelity": None if developed else FREE_FIDELITY}  # None: the phrases say it
        )
    # Of a developed section its phrases say how they follow the theme; deleted, they are made anew.
    is_developed = shaped.function in DEVELOPED and bool(shaped.phrases)
    says_all = is_developed and all(phrase.fidelity is not None for phrase in shaped.phrases or ())
    said_end = entry.cadence or _last_cadence(entry)
    drafts, stated, kind = draft_section(shaped, keys, row=row, themes=themes, stated_cadence=said_end, setting=setting)
    theme_bars = {name: theme.entry.bars or 1 for name, theme in themes.items()}
    stated = settled_phrases(stated, drafts, shaped, theme_bars, setting=setting)
    shaped = shaped.model_copy(
        update={
            "bars": sum(draft.bars for draft in drafts),
            "type": kind,
            "fidelity": entry.fidelity if says_all else section_fidelity(shaped, row, setting),
            "harmony": None,
        }
    )
    stated = [
        said.model_copy(update={"transformations": _in_manner(said.transformations, setting)})
        if said.transformations
        else said
        for said in stated
    ]
    all_pins = section_pins(entry, drafts, keys, setting)
    drafts = [
        following_harmony(draft, said, pins, is_last=index == len(drafts) - 1, setting=setting)
        for index, (draft, said, pins) in enumerate(zip(drafts, stated, all_pins, strict=True))
    ]
    drafts, statements = state_themes(drafts, stated, entry, themes=themes, setting=setting)
    shaped = shaped.model_copy(update={"cadence": entry.cadence or drafts[-1].cadence})
    phrases: list[PhraseEntry] = []
    harmonies: list[tuple[Slot, ...]] = []
    previous = (parse_key(enters.key), enters.chord) if enters is not None else None
    rng = setting.stream(*names, "phrase shapes")
    bar = 0
    devices = setting.stream(*names, "devices")
    for index, (draft, said) in enumerate(zip(drafts, stated, strict=True)):
        if entry.phrases is None and entry.harmony is None:
            said = with_devices(
                draft,
                said,
                shaped.function or "",
                is_last=index == len(drafts) - 1,
                is_stated_anew=statements[index] is not None,
                setting=setting,
                rng=devices,
            )
        if said.style is None and glide is not None:
            mix = glide.at(bar + draft.bars / 2)
            said = said.model_copy(update={"style": None if mix == shaped.style else mix})
        bar += draft.bars
        own = setting if said.style is None else setting.in_style(said.style)
        surroundings = (all_pins[index], themes, statements[index], previous, drafts, harmonies, shaped, own)
        try:
            slots, formula = phrase_harmony(draft, said, index, *surroundings)
        except ThemeError as error:
            raise within(error, "phrases", index) from None
        except PlanError as error:
            if states_phrases or (said.schema_ is None and said.pedal is None):
                raise (within(error, "phrases", index) if states_phrases else error) from None
            said = said.model_copy(update={"schema_": None, "pedal": None})  # nobody asked for them
            slots, formula = phrase_harmony(draft, said, index, *surroundings)
        if said.entries:  # where they stand in other keys, so does the phrase
            draft = replace(draft, keys=tuple(key for key, _ in groupby(slot.key for slot in slots)))
        harmonies.append(slots)
        previous = (slots[-1].key, slots[-1].numeral or "I")
        shape = shape_phrase(draft, said, index=index, count=len(drafts), section=shaped, rng=rng)
        phrases.append(_entry(draft, said, slots, formula, shape, keys, setting))
    shaped = shaped.model_copy(update={"phrases": tuple(phrases)})
    last = harmonies[-1][-1]
    known = not drafts[-1].states_theme or themes[drafts[-1].theme].is_pinned
    leaves = entry.leaves or leaves_of(shaped, last, setting, tune_is_known=known)
    return ResolvedSection(shaped.model_copy(update={"enters": enters, "leaves": leaves}), last)


def _last_cadence(entry: SectionEntry) -> str | None:
    return entry.phrases[-1].cadence if entry.phrases else None


def _in_manner(items: Sequence[Transformation], setting: Setting) -> tuple[Transformation, ...]:
    """Return transformations whose ornaments have the manner of the style, where none is said."""
    manner = manner_of(setting.card.player)
    return tuple(
        item.model_copy(update={"manner": manner}) if item.name == "ornament" and item.manner is None else item
        for item in items
    )


def _usual_cadence(entry: SectionEntry, row: SectionRow | None) -> CadenceName:
    """Return how a section ends of which nothing is said: as its form has it; what leads on stays open."""
    if row is not None:
        return row.cadence
    return "HC" if entry.function in LEADING else "PAC"


def _entry(
    draft: PhraseDraft,
    said: PhraseEntry,
    slots: tuple[Slot, ...],
    formula: Formula | None,
    shape: dict[str, object],
    keys: tuple[Key, ...],
    setting: Setting,
) -> PhraseEntry:
    """Return the resolved entry of a phrase; what it shares with its section stays unsaid."""
    text = said.harmony
    if text is None or "?" in text.split():
        text = format_harmony(
            slots, home=setting.home, meter=setting.meter, bars=draft.bars, pickup_tick=setting.pickup_tick
        )
    same_key = len(keys) == 1 and draft.keys == keys
    return said.model_copy(
        update={
            "bars": draft.bars,
            "cadence": draft.cadence,
            "key": said.key or (None if same_key else path_text(draft.keys, setting.home)),
            "harmony": text,
            "theme": draft.theme,
            "theme_bars": said.theme_bars or (f"{draft.first_bar}-{draft.last_bar}" if draft.first_bar else None),
            "fidelity": said.fidelity if said.fidelity is not None else (draft.fidelity if draft.first_bar else None),
            "fermata": said.fermata if said.fermata is not None else (draft.fermata or None),
            "formula": said.formula or formula,
            **shape,
        }
    )
