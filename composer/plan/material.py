"""The notes that a resolved plan pins: each theme as it is, and as it sounds in each phrase that states it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from composer.abc import Melody
from composer.errors import ThemeError
from composer.ornament import ornamented
from composer.outline import ChordSpan
from composer.plan.model import NO_THEME, Plan, Transformation
from composer.plan.numerals import parse_harmony, parse_key_path
from composer.plan.outline import PhrasePlace, pickup_tick
from composer.plan.randomness import stream
from composer.plan.transformation_checks import fragment_bars
from composer.plan.tunes import pinned_tune
from composer.theme import (
    Theme,
    breathing,
    fragment,
    in_key,
    inverted,
    moved,
    retrograde,
    sequenced,
    sequenced_through,
    stretched,
)
from composer.theory.key import Key, parse_key, resolve_key
from composer.theory.meter import parse_meter

ORNAMENT = 0.5  # `as: [ornament]` without a number
FACTOR = 2.0  # of augmentation and diminution without a number


def theme_of(plan: Plan, name: str, *, folder: Path | None = None) -> Theme:
    """Return a theme of a resolved plan; its tune is free where nothing is pinned.

    Raises:
        ThemeError: its text or file cannot be read.
        KeyError: the plan has no such theme.
    """
    entry = plan.themes[name]
    meter, home, pickup = parse_meter(plan.meter or "4/4"), parse_key(plan.key or "C major"), pickup_tick(plan)
    key = parse_key_path(entry.key or "I", home)[0]
    bars = entry.bars or 1
    end = bars * meter.bar_ticks - pickup
    tune = pinned_tune(name, entry, key=key, meter=meter, folder=folder)
    voices = tune.voices if tune is not None else (Melody((), -pickup, pickup),)
    chords: tuple[ChordSpan, ...] = ()
    if entry.harmony is not None:
        slots = parse_harmony(entry.harmony, key=key, home=home, meter=meter, bars=bars, pickup_tick=pickup)
        chords = tuple(
            ChordSpan(slot.start_tick, slot.end_tick, slot.chord, slot.key) for slot in slots if slot.numeral
        )
    return Theme(name, tuple(_filled(voice, pickup, end) for voice in voices), key, meter, bars, chords)


def _filled(voice: Melody, pickup: int, end: int) -> Melody:
    """Return a voice over the whole theme: free before it begins and after it ends."""
    free = list(voice.free)
    if voice.end_tick < end:
        free.append((voice.end_tick, end))
    if voice.pickup_tick < pickup:
        free.insert(0, (-pickup, -voice.pickup_tick))
    joined: list[tuple[int, int]] = []
    for start, stop in sorted(free):
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start, stop))
    notes = tuple(note for note in voice.notes if note.onset_tick < end)
    return Melody(notes, end, pickup, tuple(joined))


def phrase_theme(plan: Plan, place: PhrasePlace, theme: Theme, *, lowest: int = 0, highest: int = 127) -> Theme | None:
    """Return a theme as a phrase states it (or refers to it): its bars, in the phrase's key, transformed.

    Args:
        plan: resolved.
        place: the phrase.
        theme: of its name, in its own key.
        lowest, highest: MIDI range, inclusive.

    Returns:
        The theme with ticks from the phrase's first bar line (`place.bar_tick`), cut to the phrase; None where the
        phrase has no theme.

    Raises:
        ThemeError: it fits no octave of the range, or a transformation is impossible.
    """
    entry = place.entry
    if entry.theme in (None, NO_THEME) or entry.theme_bars is None:
        return None
    first, _, last = entry.theme_bars.partition("-")
    part = fragment(theme, int(first), int(last or first))
    part = in_key(part, place.keys[0], lowest=lowest, highest=highest)
    names = (place.section.id or "", place.section.take or 1, place.index)
    for item in entry.transformations or ():
        part = transformed(part, item, home=parse_key(plan.key or "C major"), seed=plan.seed or 0, names=names)
    bars = entry.bars or part.bars
    return fragment(part, 1, bars) if part.bars > bars else part


def transformed(theme: Theme, item: Transformation, *, home: Key, seed: int, names: tuple[str | int, ...]) -> Theme:
    """Return a theme after one transformation of `as`.

    Args:
        theme: in the key of its section.
        item: what is asked; checked by `checks.check_plan`.
        home, seed: of the piece.
        names: of the random stream that places ornaments.

    Raises:
        ThemeError: impossible for this theme.
    """
    number = item.amount if isinstance(item.amount, float) else None
    rng = stream(seed, *names, "ornament")
    changes: dict[str, Callable[[], Theme]] = {
        "transposition": lambda: in_key(theme, resolve_key(str(item.amount), home)),
        "mode": lambda: in_key(theme, Key(theme.key.fifths, "minor" if item.amount == "minor" else "major")),
        "inversion": lambda: inverted(theme),
        "retrograde": lambda: retrograde(theme),
        "augmentation": lambda: stretched(theme, Fraction(number or FACTOR)),
        "diminution": lambda: stretched(theme, 1 / Fraction(number or FACTOR)),
        "sequence": lambda: _sequence(theme, item, home),
        "fragment": lambda: _fragment(theme, item),
        "ornament": lambda: ornamented(
            theme, ORNAMENT if number is None else number, rng, manner=item.manner or "plain"
        ),
        "register": lambda: moved(theme, int(number or 0)),
        "reharmonize": lambda: replace(theme, chords=()),
    }
    return changes[item.name]()


def _sequence(theme: Theme, item: Transformation, home: Key) -> Theme:
    if item.keys is not None:
        links = sequenced_through(theme, parse_key_path(item.keys, home))
    else:
        links = sequenced(theme, step=item.step or 0, times=item.times or 1)
    if not item.breath:
        return links
    return breathing(links, round(item.breath * theme.meter.beat_ticks), link_bars=theme.bars)


def _fragment(theme: Theme, item: Transformation) -> Theme:
    bars = fragment_bars(item)
    if bars is None:
        raise ThemeError(f"fragment: {item.amount} names no bars", mend="write bars such as 1-2")
    return fragment(theme, bars[0], min(bars[1], theme.bars))
