"""Themes while planning: their bars, phrases and numerals, settled once, and their numerals at each return.

Conventions: a theme's slots count from its first bar line. Its numerals belong to its own key and are transposed by
being read in the section's key; where that has the other mode, each numeral changes with it
(`composer.theme.change_mode`).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from composer.abc import MelodyNote
from composer.errors import PlanError
from composer.plan.harmony import PhraseRequest, draw_harmony
from composer.plan.model import CadenceName, Formula, ThemeEntry, ThemePhrase
from composer.plan.numerals import Slot, format_harmony, parse_harmony, parse_key_path
from composer.plan.phrase_kinds import theme_phrases
from composer.plan.phrases import PhraseDraft
from composer.plan.setting import Setting
from composer.plan.tunes import Tune
from composer.theme import change_degree, change_mode
from composer.theory.key import Key, Mode, key_numeral
from composer.theory.meter import TICKS_PER_QUARTER, Meter

SUBJECT = "subject"  # the type of a theme that is one line for several voices
LEAST_SUBJECT_QUARTERS = 6  # of one that the planner makes


@dataclass(frozen=True)
class SettledTheme:
    """A theme with its harmony.

    Attributes:
        name: in the plan.
        entry: resolved.
        key: its own.
        slots: its harmony, from -pickup to its end.
        tune: the pinned melody, or empty.
    """

    name: str
    entry: ThemeEntry
    key: Key
    slots: tuple[Slot, ...]
    tune: tuple[MelodyNote, ...] = ()

    @property
    def is_pinned(self) -> bool:
        """Whether its tune is given."""
        return bool(self.tune)

    @property
    def phrases(self) -> tuple[ThemePhrase, ...]:
        """Its phrases."""
        return self.entry.phrases or ()


def settle_theme(
    name: str,
    entry: ThemeEntry,
    *,
    setting: Setting,
    bars: int,
    key: Key,
    kind: str,
    shape: Sequence[ThemePhrase] | None,
    tune: Tune | None,
    cadence: CadenceName,
) -> SettledTheme:
    """Resolve a theme: key, phrases, and its numerals drawn phrase by phrase.

    Args:
        name: in the plan; its stream is named after it.
        entry: as stated.
        setting: of the piece.
        bars: its length where the entry says none.
        key: its own (`theme_key`).
        kind: period or sentence, where the entry says none.
        shape: phrases that the form prescribes, or None.
        tune: its pinned melody, or None.
        cadence: at its end, where nothing else says so.
    """
    bars = entry.bars or bars
    kind = entry.type or kind
    phrases = entry.phrases or shape
    if kind == SUBJECT:
        phrases = entry.phrases or (ThemePhrase(bars=bars, cadence="none"),)
    if not phrases:
        phrases = theme_phrases(
            bars,
            kind,
            cadence=cadence,
            styles=setting.styles,
            meter=setting.meter,
            mode=setting.home.mode,
            rng=setting.stream("theme", name, "phrases"),
            inside=setting.shares_inside(),
        )
    phrases = tuple(phrases)
    notes = tune.melody.notes if tune is not None else ()
    if not entry.phrases and kind != SUBJECT:
        phrases = _following_tune(phrases, notes, key, setting)
    meter, pickup = setting.meter, setting.pickup_tick
    pins: tuple[Slot, ...] = ()
    if entry.harmony is not None:
        pins = parse_harmony(entry.harmony, key=key, home=setting.home, meter=meter, bars=bars, pickup_tick=pickup)
    elif kind == SUBJECT and not notes:
        pins = subject_frame(key, bars, meter, pickup)
    slots: list[Slot] = []
    settled: list[ThemePhrase] = []
    bar = 0
    for index, phrase in enumerate(phrases):
        offset = bar * meter.bar_ticks
        last = slots[-1] if slots else None
        request = PhraseRequest(
            bars=phrase.bars,
            cadence=phrase.cadence,
            keys=((-pickup, key),),
            pins=_with_formula(shifted(pins, -offset), phrase.formula, key, setting, phrase.bars),
            tune=tuple(replace(note, onset_tick=note.onset_tick - offset) for note in notes),
            previous=(last.key, last.numeral) if last and last.numeral else None,
            is_opening=index == 0,
        )
        parallel = _parallel_pins(slots, phrases, index, phrase.bars, setting, offset) if kind == "period" else ()
        drawn, formula = draw_with_parallels(
            request, parallel, setting=setting, names=("theme", name, index), stated=phrase.formula
        )
        slots += shifted(drawn, offset)
        settled.append(phrase.model_copy(update={"formula": formula}))
        bar += phrase.bars
    text = entry.harmony
    if text is None or "?" in text.split():
        text = format_harmony(slots, home=setting.home, meter=meter, bars=bars, pickup_tick=pickup)
    resolved = entry.model_copy(
        update={
            "bars": bars,
            "key": entry.key or key_numeral(key, setting.home),
            "pickup": setting.pickup_tick / meter.beat_ticks if entry.pickup is None else entry.pickup,
            "type": kind,
            "harmony": text,
            "phrases": tuple(settled),
        }
    )
    return SettledTheme(name, resolved, key, tuple(slots), notes)


def countersubject(name: str, entry: ThemeEntry, subject: SettledTheme, tune: Tune | None) -> SettledTheme:
    """Return a theme that sounds with another one, over the same chords.

    Args:
        name: in the plan.
        entry: as stated.
        subject: with which it sounds.
        tune: its pinned melody, or None.
    """
    own = subject.entry
    resolved = entry.model_copy(
        update={
            "bars": own.bars,
            "key": own.key,
            "pickup": own.pickup,
            "type": SUBJECT,
            "against": subject.name,
            "harmony": own.harmony,
            "phrases": own.phrases,
        }
    )
    return SettledTheme(name, resolved, subject.key, subject.slots, tune.melody.notes if tune is not None else ())


def subject_bars(bars: int, meter: Meter) -> int:
    """Return the length of a subject whose form gives it so many bars: twice as many where these are too short."""
    return 2 * bars if bars * meter.bar_ticks < LEAST_SUBJECT_QUARTERS * TICKS_PER_QUARTER else bars


def subject_frame(key: Key, bars: int, meter: Meter, pickup_tick: int) -> tuple[Slot, ...]:
    """Return the chords that a subject to be composed is put between: it begins and ends on the tonic, not a note on.

    So its first and last notes belong to the tonic's chord, and an entry can follow it in the dominant at once.
    """
    tonic = "I" if key.mode == "major" else "i"
    end = bars * meter.bar_ticks - pickup_tick
    opened = min(meter.beat_ticks, end)
    # A bar of two or four beats ends on its strong second half, one of three on its first beat.
    half = meter.bar_ticks // 2 if meter.beats % 2 == 0 else meter.bar_ticks
    closed = max(opened, end + pickup_tick - half)
    middle = (Slot(opened, closed, key, None),) if closed > opened else ()
    return (Slot(-pickup_tick, opened, key, tonic), *middle, Slot(closed, end, key, tonic))


def theme_key(entry: ThemeEntry, first: Key, home: Key) -> Key:
    """Return the key that a theme is written in: stated, else the home key when pinned, else the home tonic.

    Args:
        entry: as stated.
        first: the key of the first section that states it; a theme to be composed takes its mode.
        home: key.
    """
    if entry.key is not None:
        return parse_key_path(entry.key, home)[0]
    if entry.melody is not None or entry.voices is not None or entry.file is not None:
        return home
    return Key(home.fifths, first.mode)


def draw_with_parallels(
    request: PhraseRequest,
    parallel: tuple[Slot, ...],
    *,
    setting: Setting,
    names: Sequence[str | int],
    stated: Formula | None,
) -> tuple[tuple[Slot, ...], Formula | None]:
    """Draw a phrase's harmony with the opening chords of the phrase it answers, or without where that cannot be.

    Args:
        request: the phrase; its own pins come first.
        parallel: slots of the earlier phrase's opening; empty for none.
        setting: of the piece.
        names: of the random stream.
        stated: the formula that the plan states; it is given back unchanged.
    """
    pins = overlaid(request.pins, parallel)
    wanted = request if stated is None else replace(request, cadence="none")
    for attempt in (pins, request.pins) if parallel else (request.pins,):
        try:
            slots, formula = draw_harmony(
                replace(wanted, pins=attempt, needs_formula=attempt is not request.pins and stated is None),
                models=setting.models,
                pickup_tick=setting.pickup_tick,
                rng=setting.stream(*names, "harmony"),
            )
        except PlanError:
            if attempt is request.pins:
                raise
            continue
        return slots, stated or formula
    raise AssertionError("the last attempt returns or raises")


def overlaid(pins: Sequence[Slot], beneath: Sequence[Slot]) -> tuple[Slot, ...]:
    """Return `pins` with their free places filled from `beneath`; neither needs to cover everything."""
    if not pins:
        return tuple(beneath)
    result: list[Slot] = []
    for slot in pins:
        if slot.numeral is not None:
            result.append(slot)
            continue
        for other in beneath:
            start, end = max(slot.start_tick, other.start_tick), min(slot.end_tick, other.end_tick)
            if start < end:
                result.append(Slot(start, end, other.key, other.numeral))
    return tuple(sorted(result, key=lambda slot: slot.start_tick))


def shifted(slots: Sequence[Slot], ticks: int) -> tuple[Slot, ...]:
    """Return the slots `ticks` later."""
    return tuple(Slot(s.start_tick + ticks, s.end_tick + ticks, s.key, s.numeral) for s in slots)


def opening_pins(slots: Sequence[Slot], *, start_tick: int, bars: int, setting: Setting) -> tuple[Slot, ...]:
    """Return the chords of a phrase's first half, for the phrase that answers it.

    Args:
        slots: of the earlier phrase, from its own first bar line.
        start_tick: where it begins (minus the upbeat).
        bars: of the answering phrase.
        setting: of the piece.
    """
    end = max(1, bars // 2) * setting.meter.bar_ticks - setting.pickup_tick
    shared = []
    for slot in slots:
        if start_tick <= slot.start_tick and slot.end_tick <= end:
            shared.append(slot)
    return tuple(shared)


def _parallel_pins(
    slots: Sequence[Slot], phrases: Sequence[ThemePhrase], index: int, bars: int, setting: Setting, offset: int
) -> tuple[Slot, ...]:
    """Return the opening of the phrase before, where this one is a period's consequent."""
    if index == 0 or phrases[index - 1].cadence not in ("HC", "IAC") or phrases[index - 1].bars != bars:
        return ()
    earlier = shifted(slots, -(offset - bars * setting.meter.bar_ticks))
    return opening_pins(earlier, start_tick=-setting.pickup_tick, bars=bars, setting=setting)


def _with_formula(
    pins: tuple[Slot, ...], formula: Formula | None, key: Key, setting: Setting, bars: int
) -> tuple[Slot, ...]:
    """Return pins in which a stated formula's chords stand too."""
    if formula is None:
        return pins
    return overlaid(pins, formula_slots(formula, key, setting, bars))


def formula_slots(formula: Formula, key: Key, setting: Setting, bars: int) -> tuple[Slot, ...]:
    """Return a formula's chords as slots of its phrase."""
    onsets = [round(beat * setting.meter.beat_ticks) for beat in formula.onsets]
    ends = [*onsets[1:], bars * setting.meter.bar_ticks - setting.pickup_tick]
    return tuple(
        Slot(start, end, key, numeral) for start, end, numeral in zip(onsets, ends, formula.chords, strict=True)
    )


def stated_slots(theme: SettledTheme, draft: PhraseDraft, key: Key, setting: Setting) -> tuple[Slot, ...]:
    """Return the harmony of the theme's bars that a phrase states, in the phrase's key."""
    meter, pickup = setting.meter, setting.pickup_tick
    begin = (draft.first_bar - 1) * meter.bar_ticks - pickup
    end = draft.last_bar * meter.bar_ticks - pickup
    found = []
    for slot in theme.slots:
        start, stop = max(begin, slot.start_tick), min(end, slot.end_tick)
        if start >= stop:
            continue
        moved = moved_key(slot.key, theme.key, key)
        numeral = change_mode(slot.numeral or "I", slot.key.mode, moved.mode)
        found.append(Slot(start - begin - pickup, stop - begin - pickup, moved, numeral))
    return tuple(found)


def moved_key(local: Key, home: Key, new_home: Key) -> Key:
    """Return the key that stands to `new_home` as `local` stands to `home`."""
    if local == home:
        return new_home
    moved = Key(local.fifths - home.fifths + new_home.fifths, local.mode)
    return moved if abs(moved.signature) <= 7 else moved.simplified()


def theme_cadence(theme: SettledTheme, draft: PhraseDraft) -> CadenceName | None:
    """Return the cadence of the theme's phrase that ends at the draft's last bar; None where none ends there."""
    ends = itertools.accumulate(phrase.bars for phrase in theme.phrases)
    return dict(zip(ends, (phrase.cadence for phrase in theme.phrases), strict=True)).get(draft.last_bar)


def stated_formula(theme: SettledTheme, draft: PhraseDraft, key: Key, setting: Setting) -> Formula | None:
    """Return the cadence formula of the theme's phrase that ends at the draft's last bar, in the mode of `key`."""
    bar = 0
    for phrase in theme.phrases:
        bar += phrase.bars
        if bar == draft.last_bar and phrase.formula is not None:
            formula = _later(phrase.formula, (bar - phrase.bars - draft.first_bar + 1) * setting.meter.beats)
            if key.mode == theme.key.mode:
                return formula
            return _in_other_mode(formula, theme.key.mode, key.mode)
    return None


def _later(formula: Formula, beats: int) -> Formula:
    """Return a formula so many beats later; chords that come before the phrase's first bar line are left out."""
    kept = [index for index, onset in enumerate(formula.onsets) if onset + beats >= 0]
    parts = {name: tuple(getattr(formula, name)[index] for index in kept) for name in ("chords", "soprano", "bass")}
    return Formula(onsets=tuple(formula.onsets[index] + beats for index in kept), **parts)


def _in_other_mode(formula: Formula, source: Mode, target: Mode) -> Formula:
    chords = tuple(change_mode(numeral, source, target) for numeral in formula.chords)
    lines = [
        tuple(
            degree if degree == "-" else change_degree(degree, source, target, chord)
            for degree, chord in zip(line, chords, strict=True)
        )
        for line in (formula.soprano, formula.bass)
    ]
    return Formula(chords=chords, onsets=formula.onsets, soprano=lines[0], bass=lines[1])


def _following_tune(
    phrases: tuple[ThemePhrase, ...], notes: Sequence[MelodyNote], key: Key, setting: Setting
) -> tuple[ThemePhrase, ...]:
    """Let cadences that nobody stated follow the pinned tune where it covers a phrase's end."""
    followed = []
    bar = 0
    for index, phrase in enumerate(phrases):
        bar += phrase.bars
        last = last_note(notes, bar, setting.meter, setting.pickup_tick)
        if last is not None:
            is_final = index == len(phrases) - 1
            phrase = ThemePhrase(bars=phrase.bars, cadence=cadence_of_tune(last, key, is_final=is_final))
        followed.append(phrase)
    return tuple(followed)


def last_note(notes: Sequence[MelodyNote], bar: int, meter: Meter, pickup_tick: int) -> MelodyNote | None:
    """Return the last note of a tune that begins in its bar `bar`, from 1; None where none does."""
    end = bar * meter.bar_ticks - pickup_tick
    inside = [note for note in notes if end - meter.bar_ticks <= note.onset_tick < end]
    return inside[-1] if inside else None


def tune_contradicts(cadence: str, last: MelodyNote, key: Key) -> bool:
    """Whether a pinned tune's last note cannot end a cadence."""
    degree = (last.pitch - key.tonic_pitch_class) % 12
    thirds = (4,) if key.mode == "major" else (3, 4)  # a minor cadence may have the Picardy third
    tonic = (0, *thirds, 7)
    sixth = 9 if key.mode == "major" else 8
    allowed = {"PAC": (0,), "IAC": tonic, "HC": (7, 11, 2), "PC": tonic, "EC": tonic, "DC": (0, *thirds, sixth)}.get(
        cadence
    )
    return allowed is not None and degree not in allowed


def cadence_of_tune(last: MelodyNote, key: Key, *, is_final: bool) -> CadenceName:
    """Return the cadence that a tune's last note suggests."""
    degree = (last.pitch - key.tonic_pitch_class) % 12
    if degree == 0:
        return "PAC" if is_final else "IAC"
    if degree in (2, 11) or (degree == 7 and not is_final):
        return "HC"
    return "IAC" if degree in (3, 4, 7) else "none"
