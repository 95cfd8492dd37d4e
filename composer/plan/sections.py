"""Resolve one section: its phrases, their harmony and cadence formulas, its shape and what it leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from composer.abc import MelodyNote
from composer.errors import PlanError
from composer.ornament import manner_of
from composer.plan.cadences import closes
from composer.plan.development import DEVELOPED, LEADING, developed_phrases, develops
from composer.plan.devices import draw_on_schema, with_devices
from composer.plan.drafts import draft_section, section_bars, section_fidelity
from composer.plan.entry_harmony import draw_entries, placed_entries
from composer.plan.entry_rows import settled_phrases
from composer.plan.forms import SectionRow
from composer.plan.harmony import PhraseRequest
from composer.plan.links import leaves_of
from composer.plan.mixes import GlidePart, whole_mix
from composer.plan.model import NO_THEME, CadenceName, Formula, Link, PhraseEntry, SectionEntry, Transformation
from composer.plan.numerals import Slot, format_harmony, parse_harmony, parse_key_path, path_text
from composer.plan.pedals import Pedal
from composer.plan.phrases import FREE_FIDELITY, STATED, PhraseDraft
from composer.plan.setting import Setting
from composer.plan.shape import shape_phrase, shape_section
from composer.plan.statements import Statement, draw_statement, state_themes
from composer.plan.themes import (
    SettledTheme,
    draw_with_parallels,
    formula_slots,
    opening_pins,
    overlaid,
    stated_formula,
    stated_slots,
)
from composer.style_statistics import degree_text, parse_degree
from composer.theme import change_degree
from composer.theory.key import Key, key_numeral, parse_key

LIKE_FIDELITY = 0.5  # from it on a phrase that follows a theme has its chords too


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
    setting: Setting,
) -> ResolvedSection:
    """Fill in a section from its own entry, its theme and its own stream.

    Args:
        entry: expanded (with id); stated values are kept.
        row: the form's row of that id, or None.
        themes: settled, by name.
        enters: what sounds before; None at the beginning.
        glide: of styles, that goes through the section; None where it is in one style.
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
    drafts, stated, kind = draft_section(shaped, keys, row=row, themes=themes, setting=setting)
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
    section_pins = _section_pins(entry, drafts, keys, setting)
    drafts = [
        _following_harmony(draft, said, pins, is_last=index == len(drafts) - 1, setting=setting)
        for index, (draft, said, pins) in enumerate(zip(drafts, stated, section_pins, strict=True))
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
        surroundings = (section_pins[index], themes, statements[index], previous, drafts, harmonies, shaped, own)
        try:
            slots, formula = _phrase_harmony(draft, said, index, *surroundings)
        except PlanError:
            if entry.phrases is not None or (said.schema_ is None and said.pedal is None):
                raise
            said = said.model_copy(update={"schema_": None, "pedal": None})  # nobody asked for them
            slots, formula = _phrase_harmony(draft, said, index, *surroundings)
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


def _section_pins(
    entry: SectionEntry, drafts: list[PhraseDraft], keys: tuple[Key, ...], setting: Setting
) -> list[tuple[Slot, ...]]:
    """Cut a harmony that is stated for the whole section into its phrases'."""
    if entry.harmony is None:
        return [()] * len(drafts)
    bars = sum(draft.bars for draft in drafts)
    pickup = setting.pickup_tick
    slots = parse_harmony(
        entry.harmony, key=keys[0], home=setting.home, meter=setting.meter, bars=bars, pickup_tick=pickup
    )
    pins = []
    bar = 0
    for draft in drafts:
        begin = bar * setting.meter.bar_ticks
        end = begin + draft.bars * setting.meter.bar_ticks - pickup
        pins.append(
            tuple(
                Slot(max(s.start_tick, begin - pickup) - begin, min(s.end_tick, end) - begin, s.key, s.numeral)
                for s in slots
                if s.end_tick > begin - pickup and s.start_tick < end
            )
        )
        bar += draft.bars
    return pins


def _following_harmony(
    draft: PhraseDraft, said: PhraseEntry, pins: tuple[Slot, ...], *, is_last: bool, setting: Setting
) -> PhraseDraft:
    """Let the cadence of a phrase inside a section, if nobody stated it, be the one that pinned chords make."""
    meter = setting.meter
    if said.harmony is not None:
        pins = parse_harmony(
            said.harmony,
            key=draft.keys[0],
            home=setting.home,
            meter=meter,
            bars=draft.bars,
            pickup_tick=setting.pickup_tick,
        )
    if is_last or said.cadence is not None or len(pins) < 2 or any(slot.numeral is None for slot in pins[-2:]):
        return draft
    pair = [slot.chord for slot in pins[-2:]]
    beat = (pins[-1].start_tick % meter.bar_ticks) / meter.beat_ticks
    kinds: tuple[CadenceName, ...] = ("PAC", "HC", "IAC", "DC", "PC")
    found: CadenceName = next((name for name in kinds if closes(name, pair, None, beat, meter)), "none")
    return replace(draft, cadence=found)


def _phrase_harmony(
    draft: PhraseDraft,
    said: PhraseEntry,
    index: int,
    section_pins: tuple[Slot, ...],
    themes: Mapping[str, SettledTheme],
    statement: Statement | None,
    previous: tuple[Key, str] | None,
    drafts: list[PhraseDraft],
    harmonies: list[tuple[Slot, ...]],
    entry: SectionEntry,
    setting: Setting,
) -> tuple[tuple[Slot, ...], Formula | None]:
    """Return the slots and the cadence formula of one phrase: stated, the theme's, or drawn."""
    meter, pickup = setting.meter, setting.pickup_tick
    key = draft.keys[0]
    pins = section_pins
    if said.harmony is not None:
        pins = parse_harmony(said.harmony, key=key, home=setting.home, meter=meter, bars=draft.bars, pickup_tick=pickup)
    theme = themes.get(draft.theme)
    names = (entry.id or "", entry.take or 1, index)
    fits = theme is not None and draft.last_bar - draft.first_bar + 1 == draft.bars
    if said.entries and said.formula is None and not (pins and all(slot.numeral is not None for slot in pins)):
        try:
            return draw_entries(
                placed_entries(said.entries, themes, setting),
                draft,
                key_places(draft, (), setting),
                stated=pins,
                pedal=said.pedal,
                previous=previous,
                setting=setting,
                names=names,
            )
        except PlanError as error:
            raise PlanError(f"section {entry.id}, phrase {index + 1}: {error}") from error
    if said.schema_ is not None and draft.states_theme and not (pins and all(slot.numeral for slot in pins)):
        raise PlanError(
            f"section {entry.id}, phrase {index + 1} states the theme {draft.theme} with its chords, and has a schema",
            mend="take the schema out, or let the phrase follow the theme freely (fidelity: 0.4)",
        )
    if statement is not None and not pins and said.formula is None:
        try:
            places = key_places(draft, (), setting)
            return draw_statement(
                statement,
                draft,
                places,
                previous=previous,
                pedal=_pedal(said, places),
                setting=setting,
                names=names,
            )
        except PlanError as error:
            raise PlanError(f"section {entry.id}, phrase {index + 1}: {error}") from error
    if theme is not None and draft.states_theme and fits and not pins and statement is None:
        formula = stated_formula(theme, draft, key, setting)
        if formula is not None or draft.cadence == "none":
            return stated_slots(theme, draft, key, setting), said.formula or formula
    if pins and all(slot.numeral is not None for slot in pins) and (said.formula or draft.cadence == "none"):
        return pins, said.formula
    if said.formula is not None:
        pins = overlaid(
            pins or _free(draft, key, setting), formula_slots(said.formula, draft.keys[-1], setting, draft.bars)
        )
    parallel: tuple[Slot, ...] = ()
    if draft.parallel is not None and drafts[draft.parallel].bars >= draft.bars // 2:
        parallel = opening_pins(harmonies[draft.parallel], start_tick=-pickup, bars=draft.bars, setting=setting)
    if theme is not None and LIKE_FIDELITY <= draft.fidelity < STATED and len(draft.keys) == 1:
        # What is to be like the theme has its chords, up to the last two bars.
        own = stated_slots(theme, draft, key, setting)
        parallel = opening_pins(own, start_tick=-pickup, bars=2 * (draft.bars - 2), setting=setting)
    tune: tuple[MelodyNote, ...] = ()
    if theme is not None and draft.states_theme:
        tune = _tune(theme, draft, key, setting) if statement is None else statement.tune
    places = key_places(draft, pins, setting)
    request = PhraseRequest(
        bars=draft.bars,
        cadence=draft.cadence,
        keys=places,
        pins=pins,
        tune=tune,
        beneath=statement.beneath if statement is not None else (),
        previous=previous,
        pedal=_pedal(said, places),
        is_opening=previous is None,
    )
    try:
        if said.schema_ is not None:
            return draw_on_schema(said.schema_, request, setting=setting, names=names, stated=said.formula)
        return draw_with_parallels(
            request,
            parallel,
            setting=setting,
            names=names,
            stated=said.formula,
        )
    except PlanError as error:
        raise PlanError(f"section {entry.id}, phrase {index + 1}: {error}") from error


def _pedal(said: PhraseEntry, places: Sequence[tuple[int, Key]]) -> Pedal | None:
    """Return the pedal of a phrase whose keys begin at `places`: it is held in the last of them."""
    start, key = places[-1]
    return None if said.pedal is None else Pedal(said.pedal, key, start)


def _free(draft: PhraseDraft, key: Key, setting: Setting) -> tuple[Slot, ...]:
    return (Slot(-setting.pickup_tick, draft.bars * setting.meter.bar_ticks - setting.pickup_tick, key, None),)


def key_places(draft: PhraseDraft, pins: tuple[Slot, ...], setting: Setting) -> tuple[tuple[int, Key], ...]:
    """Return where each key of a phrase begins: where pinned chords say so, else in about equal parts."""
    pickup, bar = setting.pickup_tick, setting.meter.bar_ticks
    stated = [slot for slot in pins if slot.numeral is not None]
    if pins and len({slot.key for slot in pins}) > 1:
        places: list[tuple[int, Key]] = []
        for slot in pins:
            if not places or places[-1][1] != slot.key:
                places.append((slot.start_tick if places else -pickup, slot.key))
        return tuple(places)
    if stated and len(stated) == len(pins):
        return ((-pickup, stated[0].key),)
    count, beat = len(draft.keys), setting.meter.beat_ticks
    # The last key begins early enough for its cadence to stand in it.
    latest = max(beat, (draft.bars - 2) * bar + bar // 2)
    places = [(-pickup, draft.keys[0])]
    for index, key in enumerate(draft.keys[1:], start=1):
        turn = min(latest, index * draft.bars * bar // count) // beat * beat
        places.append((max(turn, places[-1][0] + beat, beat), key))
    return tuple(places)


def _tune(theme: SettledTheme, draft: PhraseDraft, key: Key, setting: Setting) -> tuple[MelodyNote, ...]:
    """Return the pinned tune's notes in a phrase, moved to its key (in any octave: only their pitch classes count)."""
    begin = (draft.first_bar - 1) * setting.meter.bar_ticks
    end = draft.last_bar * setting.meter.bar_ticks - setting.pickup_tick
    source = theme.key
    moved = []
    for note in theme.tune:
        if begin - setting.pickup_tick <= note.onset_tick < end:
            degree = (note.pitch - source.tonic_pitch_class) % 12
            if source.mode != key.mode:
                degree = parse_degree(change_degree(degree_text(degree, source.mode), source.mode, key.mode), key.mode)
            moved.append(MelodyNote(note.onset_tick - begin, note.duration_tick, degree + key.tonic_pitch_class))
    return tuple(moved)


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
