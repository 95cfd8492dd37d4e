"""The harmony of a phrase in which voices enter: it fits the entries.

What it is: each entry brings its theme's chords into its own key; where two overlap, the earlier one's count. What is
left open is drawn by the chord chain, which hears the notes of all entries that are known while planning. The local
keys are those of the entries.

Conventions: ticks count from the phrase's first bar line; an upbeat is negative.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from composer.abc import Melody, MelodyNote
from composer.errors import PlanError, ThemeError
from composer.outline import ChordSpan, span_at
from composer.plan.entries import entered, entry_tick
from composer.plan.harmony import PhraseRequest, draw_harmony
from composer.plan.locate import within
from composer.plan.model import Formula, PedalName, VoiceEntry
from composer.plan.numerals import Slot
from composer.plan.pedals import Pedal
from composer.plan.phrases import PhraseDraft
from composer.plan.setting import Setting
from composer.plan.themes import SettledTheme
from composer.theme import Theme
from composer.theory.harmony import parse_chord
from composer.theory.key import Key, Mode

# Triads on the degrees of a sequence of falling fifths; in minor the natural ones.
_FALLING: Mapping[Mode, tuple[str, ...]] = {
    "major": ("I", "ii", "iii", "IV", "V", "vi", "viio"),
    "minor": ("i", "iio", "III", "iv", "v", "VI", "VII"),
}


@dataclass(frozen=True)
class PlacedEntry:
    """An entry in its phrase: its theme with ticks of the phrase, and where it ends."""

    theme: Theme
    start_tick: int
    end_tick: int


def placed_entries(
    entries: Sequence[VoiceEntry], themes: Mapping[str, SettledTheme], setting: Setting
) -> tuple[PlacedEntry, ...]:
    """Return the entries of a phrase, each as its theme sounds there; notes as far as they are known.

    Raises:
        ThemeError: a transformation is impossible.
    """
    placed = []
    # Where a countersubject begins with its subject, the subject's chords count.
    for entry in sorted(entries, key=lambda one: themes[one.theme or ""].entry.against is not None):
        settled = themes[entry.theme or ""]
        # Ornaments leave every strong note on its degree: the stream that places them is the filler's.
        items = tuple(item for item in entry.transformations or () if item.name != "ornament")
        try:
            part = entered(
                _theme(settled, setting),
                entry.model_copy(update={"transformations": items}),
                home=setting.home,
                seed=setting.seed,
                names=(),
                keeps_chords=not settled.is_pinned,
            )
        except ThemeError as error:
            raise within(error, "entries") from None
        start = entry_tick(entry, setting.meter)
        end = start + part.bars * setting.meter.bar_ticks - setting.pickup_tick
        placed.append(PlacedEntry(_later(part, start), start - setting.pickup_tick, end))
    return _in_sequence(sorted(placed, key=lambda one: one.start_tick), entries, setting)


def _in_sequence(placed: list[PlacedEntry], entries: Sequence[VoiceEntry], setting: Setting) -> tuple[PlacedEntry, ...]:
    """Return entries of which each goes on a step below the one before it with chords that fall by fifths.

    So an episode is made of a subject's head: two chords a bar, each a fifth below the last. Where the head is known
    and fits its own chords better, those stay. Entries before and after such a run keep theirs.
    """
    ordered = sorted(entries, key=lambda one: (one.bar, one.beat or 1.0))
    found: list[PlacedEntry] = []
    while len(found) < len(ordered):
        start = end = len(found)
        while end + 1 < len(ordered) and _goes_on(ordered[end], ordered[end + 1]):
            end += 1
        run = placed[start : end + 1]
        if len(run) > 1 and all(one.theme.bars == 1 for one in run):
            steps = [one.step or 0 for one in ordered[start : end + 1]]
            falling = [_falling_one(one, step, setting) for one, step in zip(run, steps, strict=True)]
            own, other = (sum(_misfit(one.theme, setting) for one in way) for way in (run, falling))
            run = run if own < other and all(one.theme.chords for one in run) else falling
        found += run
    return tuple(found)


def _goes_on(entry: VoiceEntry, later: VoiceEntry) -> bool:
    """Whether an entry is another one a bar later and a step below."""
    is_same = (entry.theme, entry.theme_bars, entry.key) == (later.theme, later.theme_bars, later.key)
    return is_same and later.bar == entry.bar + 1 and (later.step or 0) == (entry.step or 0) - 1


def _falling_one(entry: PlacedEntry, step: int, setting: Setting) -> PlacedEntry:
    return replace(entry, theme=_falling(entry, step, setting))


def _falling(entry: PlacedEntry, step: int, setting: Setting) -> Theme:
    """Return the theme of one link over two chords: on its step of the scale, and a fifth below that."""
    theme, meter = entry.theme, setting.meter
    bar_tick = entry.start_tick + setting.pickup_tick
    turn = bar_tick + (meter.beats + 1) // 2 * meter.beat_ticks
    spans = []
    for start, end, degree in ((entry.start_tick, turn, step), (turn, entry.end_tick, step + 3)):
        chord = parse_chord(_FALLING[theme.key.mode][degree % 7], theme.key.mode)
        spans.append(ChordSpan(start, end, chord, theme.key))
    return replace(theme, chords=tuple(spans))


def _misfit(theme: Theme, setting: Setting) -> float:
    """Return how much of a tune stands on beats outside its chords, in notes."""
    cost = 0.0
    for note in theme.melody.notes:
        span = span_at(theme.chords, note.onset_tick)
        if span is not None and note.pitch % 12 not in span.chord.pitch_classes(span.key):
            cost += setting.meter.strength(note.onset_tick % setting.meter.bar_ticks) / 4
    return cost


def draw_entries(
    placed: Sequence[PlacedEntry],
    draft: PhraseDraft,
    keys: tuple[tuple[int, Key], ...],
    *,
    stated: Sequence[Slot],
    pedal: PedalName | None = None,
    previous: tuple[Key, str] | None,
    setting: Setting,
    names: Sequence[str | int],
) -> tuple[tuple[Slot, ...], Formula | None]:
    """Return harmony and cadence formula of a phrase with entries.

    Their chords stay as far as the cadence lets them: where it does not, those of the last bar are drawn too, then of
    two bars, and so on.

    Args:
        placed: entries.
        draft: the phrase.
        keys: where each key of the phrase begins, where no entry says anything else.
        stated: chords that the plan pins; they come first. May be empty, or have free places.
        pedal: degree that is held in the bass, or None.
        previous: key and numeral that sound before, or None.
        setting: of the piece.
        names: of the random stream.

    Raises:
        PlanError: there is no way to the cadence.
    """
    bar = setting.meter.bar_ticks
    end = draft.bars * bar - setting.pickup_tick
    keys = _with_entries(keys, placed)
    for freed in range(draft.bars + 1):
        pins = _pins(placed, keys, stated, end_tick=end, kept_until=end - freed * bar)
        request = PhraseRequest(
            bars=draft.bars,
            cadence=draft.cadence,
            keys=_key_places(pins),
            pins=pins,
            tune=_heard(placed),
            previous=previous,
            pedal=Pedal(pedal, keys[-1][1], keys[-1][0]) if pedal is not None else None,
            is_opening=previous is None,
            needs_formula=0 < freed < draft.bars,
        )
        rng = setting.stream(*names, "harmony")
        try:
            return draw_harmony(request, models=setting.models, pickup_tick=setting.pickup_tick, rng=rng)
        except PlanError:
            if freed == draft.bars:
                raise
    raise AssertionError("the last attempt returns or raises")


def _with_entries(keys: tuple[tuple[int, Key], ...], placed: Sequence[PlacedEntry]) -> tuple[tuple[int, Key], ...]:
    """Let each key begin with the first entry in it, at the latest: what is free behind that, or held, is in it."""
    places = [keys[0]]
    for tick, key in keys[1:]:
        entered_at = [one.start_tick for one in placed if one.theme.key == key and one.start_tick > places[-1][0]]
        places.append((min([tick, *entered_at]), key))
    return tuple(places)


def _theme(settled: SettledTheme, setting: Setting) -> Theme:
    bars, meter = settled.entry.bars or 1, setting.meter
    end = bars * meter.bar_ticks - setting.pickup_tick
    chords = tuple(ChordSpan(s.start_tick, s.end_tick, s.chord, s.key) for s in settled.slots if s.numeral is not None)
    tune = Melody(settled.tune, end, setting.pickup_tick)
    return Theme(settled.name, (tune,), settled.key, meter, bars, chords)


def _later(theme: Theme, ticks: int) -> Theme:
    """Return a theme so many ticks later."""
    notes = tuple(replace(note, onset_tick=note.onset_tick + ticks) for note in theme.melody.notes)
    chords = tuple(
        replace(span, start_tick=span.start_tick + ticks, end_tick=span.end_tick + ticks) for span in theme.chords
    )
    melody = Melody(notes, theme.melody.end_tick + ticks, theme.melody.pickup_tick)
    return replace(theme, voices=(melody,), chords=chords)


def _heard(placed: Sequence[PlacedEntry]) -> tuple[MelodyNote, ...]:
    return tuple(sorted(note for entry in placed for note in entry.theme.melody.notes))


def _pins(
    placed: Sequence[PlacedEntry],
    keys: tuple[tuple[int, Key], ...],
    stated: Sequence[Slot],
    *,
    end_tick: int,
    kept_until: int,
) -> tuple[Slot, ...]:
    """Return the whole phrase as slots: stated chords, those of the entries up to a tick, and free ones."""
    spans = [span for entry in placed for span in entry.theme.chords]
    start = keys[0][0]
    edges = {start, end_tick, *(tick for tick, _ in keys)}
    edges |= {tick for span in spans for tick in (span.start_tick, span.end_tick)}
    edges |= {tick for slot in stated for tick in (slot.start_tick, slot.end_tick)}
    edges |= {tick for entry in placed for tick in (entry.start_tick, entry.end_tick)} | {kept_until}
    ordered = sorted(tick for tick in edges if start <= tick <= end_tick)
    slots: list[Slot] = []
    for begin, stop in pairwise(ordered):
        slot = _slot(begin, stop, placed, keys, stated, is_kept=begin < kept_until)
        if slots and slots[-1].key == slot.key and slots[-1].numeral == slot.numeral:
            slot = replace(slot, start_tick=slots.pop().start_tick)
        slots.append(slot)
    return tuple(slots)


def _slot(
    begin: int,
    stop: int,
    placed: Sequence[PlacedEntry],
    keys: tuple[tuple[int, Key], ...],
    stated: Sequence[Slot],
    *,
    is_kept: bool,
) -> Slot:
    own = next((slot for slot in stated if slot.start_tick <= begin < slot.end_tick and slot.numeral), None)
    if own is not None:
        return replace(own, start_tick=begin, end_tick=stop)
    sounding = [entry for entry in placed if entry.start_tick <= begin < entry.end_tick]
    for entry in sounding[:1] if is_kept else ():
        for span in entry.theme.chords:
            if span.start_tick <= begin < span.end_tick:
                return Slot(begin, stop, span.key, span.chord.numeral)
    if sounding and (is_kept or keys[-1][0] > begin):
        return Slot(begin, stop, sounding[0].theme.key, None)
    return Slot(begin, stop, [key for tick, key in keys if tick <= begin][-1], None)


def _key_places(pins: Sequence[Slot]) -> tuple[tuple[int, Key], ...]:
    """Return where each key of the slots begins."""
    found: list[tuple[int, Key]] = []
    for slot in pins:
        if not found or found[-1][1] != slot.key:
            found.append((slot.start_tick, slot.key))
    return tuple(found)
