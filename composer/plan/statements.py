"""The harmony of a theme where a phrase states it transformed.

What it is: a theme brings its numerals along, but an inverted tune no longer fits them. `stated_anew` transforms tune
and harmony as `as` says and keeps the chords that go along exactly (a sequence moves them with each copy, augmentation
stretches them); `draw_statement` draws what is left open, hearing the transformed tune.

Of a theme that is yet to be composed, only the notes at its cadences are known while planning. Where it comes back
backwards or with other chords, the harmony over which it will be composed is known besides: the new chords are weighed
by the notes that a tune may have over that. Inverted, it may turn out anywhere: it keeps its own chords, of which as
many fit by chance as of any others.

Conventions: ticks count from the phrase's first bar line; an upbeat is negative.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from composer.abc import Melody, MelodyNote
from composer.errors import PlanError, ThemeError
from composer.outline import ChordSpan
from composer.plan.harmony import PhraseRequest, draw_harmony
from composer.plan.locate import within
from composer.plan.material import transformed
from composer.plan.model import CadenceName, Formula, PhraseEntry, SectionEntry, Transformation
from composer.plan.numerals import Slot, parse_key_path
from composer.plan.pedals import Pedal
from composer.plan.phrases import PhraseDraft
from composer.plan.setting import Setting
from composer.plan.themes import SettledTheme, cadence_of_tune, last_note, theme_cadence
from composer.style_statistics import parse_degree
from composer.theme import Theme, fragment, in_key
from composer.theory.key import Key, resolve_key

_SAME_HARMONY = ("ornament", "register")  # they leave every strong note on its degree
_SAME_NUMERALS = ("transposition", "mode")  # harmony goes along as into the key of any section


@dataclass(frozen=True)
class Statement:
    """A theme as a phrase states it, as far as it is known while planning.

    Attributes:
        theme: in the phrase's key, transformed, cut to the phrase: the tune where it is known, and the chords that go
            along.
        beneath: chords over which a tune that is not known will be composed, where they tell something of it.
        is_pinned: whether the whole tune is known.
    """

    theme: Theme
    beneath: tuple[ChordSpan, ...]
    is_pinned: bool

    @property
    def tune(self) -> tuple[MelodyNote, ...]:
        """The known notes."""
        return self.theme.melody.notes


def changes_harmony(items: Sequence[Transformation]) -> bool:
    """Whether a theme that is transformed so needs other chords than its own."""
    return any(item.name not in (*_SAME_HARMONY, *_SAME_NUMERALS) for item in items)


def moved_by(items: Sequence[Transformation], key: Key, home: Key) -> tuple[Key, ...]:
    """Return the keys through which a theme goes that is stated in `key` and transformed."""
    path: tuple[Key, ...] = (key,)
    for item in items:
        if item.name == "transposition":
            path = (resolve_key(str(item.amount), home),)
        elif item.name == "mode":
            path = (Key(path[0].fifths, "minor" if item.amount == "minor" else "major"),)
        elif item.name == "sequence" and item.keys is not None:
            path = parse_key_path(item.keys, home)
    return path


def state_themes(
    drafts: Sequence[PhraseDraft],
    stated: Sequence[PhraseEntry],
    section: SectionEntry,
    *,
    themes: Mapping[str, SettledTheme],
    setting: Setting,
) -> tuple[list[PhraseDraft], list[Statement | None]]:
    """Return a section's phrases as their transformed themes have them, and the themes so transformed.

    A phrase stands in the key to which its theme is moved, or takes the path of a sequence through keys. A cadence that
    nobody stated follows a tune that ends otherwise when it is transformed.

    Args:
        drafts: the phrases.
        stated: what is said of each.
        section: what is said of all.
        themes: settled, by name.
        setting: of the piece.

    Returns:
        The phrases, and for each the theme where it needs other chords than its own or is shorter, else None.

    Raises:
        ThemeError: a transformation is impossible for its theme.
    """
    phrases: list[PhraseDraft] = []
    statements: list[Statement | None] = []
    for index, (draft, said) in enumerate(zip(drafts, stated, strict=True)):
        items = (*(section.transformations or ()), *(said.transformations or ()))
        theme = themes.get(draft.theme)
        statement = None
        if theme is not None and draft.states_theme:
            if said.key is None and said.harmony is None and len(draft.keys) == 1:
                draft = replace(draft, keys=moved_by(items, draft.keys[0], setting.home))
            is_part = draft.last_bar - draft.first_bar + 1 < draft.bars
            own = theme_cadence(theme, draft)
            is_said = said.harmony is not None or said.formula is not None or section.harmony is not None
            ends_otherwise = theme.is_pinned and own not in (None, draft.cadence) and not is_said
            if changes_harmony(items) or is_part or ends_otherwise:
                try:
                    statement = stated_anew(theme, draft, items, key=draft.keys[0], setting=setting)
                except ThemeError as error:
                    raise within(error, *(("phrases", index) if said.transformations else ())) from None
                is_last = index == len(drafts) - 1
                asked = (
                    said.cadence
                    or (section.cadence if is_last else None)
                    or (draft.cadence if ends_otherwise else None)
                )
                found = asked or statement_cadence(statement, draft, is_final=is_last)
                draft = replace(draft, cadence=found or draft.cadence)
        phrases.append(draft)
        statements.append(statement)
    return phrases, statements


def stated_anew(
    theme: SettledTheme, draft: PhraseDraft, items: Sequence[Transformation], *, key: Key, setting: Setting
) -> Statement:
    """Return a theme as a phrase states it.

    Args:
        theme: settled.
        draft: the phrase.
        items: transformations, of the section and then of the phrase.
        key: in which the phrase begins.
        setting: of the piece.

    Raises:
        ThemeError: a transformation is impossible for this theme.
    """
    pickup, meter = setting.pickup_tick, setting.meter
    bars = theme.entry.bars or draft.last_bar
    end = bars * meter.bar_ticks - pickup
    notes = theme.tune if theme.is_pinned else _cadence_notes(theme, setting)
    chords = tuple(ChordSpan(s.start_tick, s.end_tick, s.chord, s.key) for s in theme.slots if s.numeral is not None)
    whole = Theme(theme.name, (Melody(tuple(notes), end, pickup),), theme.key, meter, bars, chords)
    part = fragment(in_key(whole, key), draft.first_bar, draft.last_bar)
    ground = part
    for item in items:
        if item.name in _SAME_HARMONY:
            continue
        if item.breath and not theme.is_pinned:
            item = item.model_copy(update={"breath": None})  # which note is held is not known yet
        part, before = transformed(part, item, home=setting.home, seed=setting.seed, names=()), part
        if item.name == "inversion":
            if not theme.is_pinned:
                part = replace(before, voices=(replace(part.melody, notes=()),))
        elif item.name == "retrograde":
            ground = replace(part, chords=_backwards(ground))
        elif item.name != "reharmonize":
            ground = transformed(replace(before, chords=ground.chords), item, home=setting.home, seed=0, names=())
    length = min(part.bars, draft.bars)
    beneath = () if theme.is_pinned else fragment(ground, 1, min(ground.bars, length)).chords
    return Statement(fragment(part, 1, length), beneath, theme.is_pinned)


def _cadence_notes(theme: SettledTheme, setting: Setting) -> tuple[MelodyNote, ...]:
    """Return the notes that a theme's tune will have at its cadences: the sopranos of its formulas, in any octave.

    Each lasts to the next one; where the tune of an instrument moves on from it, its chord stays.
    """
    beat = setting.meter.beat_ticks
    notes: list[MelodyNote] = []
    bar = 0
    for phrase in theme.phrases:
        offset = bar * setting.meter.bar_ticks
        bar += phrase.bars
        if phrase.formula is None:
            continue
        onsets = [round(place * beat) + offset for place in phrase.formula.onsets]
        ends = [*onsets[1:], onsets[-1] + beat]
        for onset, end, degree in zip(onsets, ends, phrase.formula.soprano, strict=True):
            if degree != "-":
                pitch = 60 + (parse_degree(degree, theme.key.mode) + theme.key.tonic_pitch_class) % 12
                notes.append(MelodyNote(onset, end - onset, pitch))
    return tuple(notes)


def _backwards(theme: Theme) -> tuple[ChordSpan, ...]:
    """Return a theme's chords in the order in which they stand beneath its tune played backwards."""
    mirror = theme.bars * theme.meter.bar_ticks - 2 * theme.pickup_tick  # end plus beginning
    return tuple(
        ChordSpan(mirror - span.end_tick, mirror - span.start_tick, span.chord, span.key)
        for span in reversed(theme.chords)
    )


def statement_cadence(statement: Statement, draft: PhraseDraft, *, is_final: bool) -> CadenceName | None:
    """Return the cadence that a pinned tune's end, transformed, makes of the phrase; None where it says nothing."""
    theme = statement.theme
    if not statement.is_pinned or theme.bars < draft.bars:
        return None
    last = last_note(statement.tune, draft.bars, theme.meter, theme.pickup_tick)
    return cadence_of_tune(last, theme.key, is_final=is_final) if last is not None else None


def draw_statement(
    statement: Statement,
    draft: PhraseDraft,
    keys: tuple[tuple[int, Key], ...],
    *,
    previous: tuple[Key, str] | None,
    pedal: Pedal | None = None,
    setting: Setting,
    names: Sequence[str | int],
) -> tuple[tuple[Slot, ...], Formula | None]:
    """Return the harmony and the cadence formula of a phrase that states a theme transformed.

    The chords that went along stay as far as the cadence lets them: where it does not, those of the last bar are drawn
    too, then of two bars, and so on.

    Args:
        statement: the theme as it is stated.
        draft: the phrase.
        keys: where each of its keys begins, where the chords say nothing else.
        previous: key and numeral that sound before, or None.
        pedal: a note held in the bass up to the cadence, or None.
        setting: of the piece.
        names: of the random stream.

    Raises:
        PlanError: there is no way to the cadence.
    """
    bar = setting.meter.bar_ticks
    end = draft.bars * bar - setting.pickup_tick
    # Over a pedal all chords are drawn: few of those that went along would go with it.
    for freed in range(draft.bars if pedal is not None else 0, draft.bars + 1):
        pins = _pins(statement, keys, end_tick=end, kept_until=end - freed * bar)
        is_free = all(slot.numeral is None for slot in pins)
        request = PhraseRequest(
            bars=draft.bars,
            cadence=draft.cadence,
            keys=_keys(pins),
            pins=pins,
            tune=statement.tune,
            beneath=statement.beneath,
            previous=previous,
            pedal=pedal,
            is_opening=previous is None,
            needs_formula=freed > 0 and not is_free,
        )
        rng = setting.stream(*names, "harmony")
        try:
            return draw_harmony(request, models=setting.models, pickup_tick=setting.pickup_tick, rng=rng)
        except PlanError:
            if is_free:
                raise
    raise AssertionError("the last attempt returns or raises")


def _pins(
    statement: Statement, keys: tuple[tuple[int, Key], ...], *, end_tick: int, kept_until: int
) -> tuple[Slot, ...]:
    """Return the chords that go along up to a tick as slots, and what is left as free ones in the phrase's keys."""
    theme = statement.theme
    slots: list[Slot] = []
    tick = keys[0][0]
    for span in theme.chords:
        if span.start_tick >= kept_until:
            break
        stop = min(span.end_tick, kept_until, end_tick)
        if tick < stop:
            slots.append(Slot(max(tick, span.start_tick), stop, span.key, span.chord.numeral))
            tick = stop
    # What a transposed theme leaves open stays in its key; else the phrase goes its own way.
    places = keys if theme.key == keys[0][1] else ((keys[0][0], theme.key),)
    ends = (*(start for start, _ in places[1:]), end_tick)
    for (start, key), stop in zip(places, ends, strict=True):
        if max(start, tick) < stop:
            slots.append(Slot(max(start, tick), stop, key, None))
    return tuple(slots)


def _keys(pins: Sequence[Slot]) -> tuple[tuple[int, Key], ...]:
    """Return where each key of the slots begins."""
    found: list[tuple[int, Key]] = []
    for slot in pins:
        if not found or found[-1][1] != slot.key:
            found.append((slot.start_tick, slot.key))
    return tuple(found)
