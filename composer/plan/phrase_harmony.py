"""The harmony and the cadence formula of one phrase of a section: stated, its theme's, or drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from composer.abc import MelodyNote
from composer.errors import PlanError
from composer.plan.cadences import closes
from composer.plan.devices import draw_on_schema
from composer.plan.entry_harmony import draw_entries, placed_entries
from composer.plan.harmony import PhraseRequest
from composer.plan.model import CadenceName, Formula, PhraseEntry, SectionEntry
from composer.plan.numerals import Slot, parse_harmony
from composer.plan.pedals import Pedal
from composer.plan.phrases import CLOSE, STATED, PhraseDraft
from composer.plan.setting import Setting
from composer.plan.statements import Statement, draw_statement
from composer.plan.themes import (
    SettledTheme,
    draw_with_parallels,
    formula_slots,
    opening_pins,
    overlaid,
    stated_formula,
    stated_slots,
    theme_cadence,
)
from composer.style_statistics import degree_text, parse_degree
from composer.theme import change_degree
from composer.theory.key import Key

LIKE_FIDELITY = 0.5  # from it on a phrase that follows a theme has its opening chords


def phrase_harmony(
    draft: PhraseDraft,
    said: PhraseEntry,
    index: int,
    stated_pins: tuple[Slot, ...],
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
    pins = stated_pins
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
    if theme is not None and draft.states_theme and fits and not pins and statement is None and said.formula is None:
        formula = stated_formula(theme, draft, key, setting)
        if formula is not None or draft.cadence == "none":
            return stated_slots(theme, draft, key, setting), formula
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
        # What is to be like the theme has its chords: all of them, or up to the last bar, or the last two.
        own = stated_slots(theme, draft, key, setting)
        is_close = draft.fidelity >= CLOSE
        is_asked = bool(pins) or said.schema_ is not None or said.pedal is not None
        if is_close and fits and not is_asked and theme_cadence(theme, draft) == draft.cadence:
            formula = stated_formula(theme, draft, key, setting)
            if formula is not None or draft.cadence == "none":
                return own, formula
        own_bars = draft.bars - (1 if is_close else 2)
        parallel = opening_pins(own, start_tick=-pickup, bars=2 * own_bars, setting=setting)
    tune: tuple[MelodyNote, ...] = ()
    if theme is not None and draft.states_theme:
        if statement is None and said.formula is not None and not stated_pins and pins[0].start_tick > -pickup:
            # Up to its own formula it has the theme's chords.
            own, begin = stated_slots(theme, draft, key, setting), pins[0].start_tick
            parallel = tuple(replace(s, end_tick=min(s.end_tick, begin)) for s in own if s.start_tick < begin)
            pins = (Slot(-pickup, begin, key, None), *pins)
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


def section_pins(
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


def following_harmony(
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


def _pedal(said: PhraseEntry, places: Sequence[tuple[int, Key]]) -> Pedal | None:
    """Return the pedal of a phrase whose keys begin at `places`: it is held in the last of them."""
    start, key = places[-1]
    return None if said.pedal is None else Pedal(said.pedal, key, start)


def _free(draft: PhraseDraft, key: Key, setting: Setting) -> tuple[Slot, ...]:
    return (Slot(-setting.pickup_tick, draft.bars * setting.meter.bar_ticks - setting.pickup_tick, key, None),)


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
