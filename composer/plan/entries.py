"""Entries of a theme in the voices: what sounds where, in the plan and in the notes alike.

What it is: an entry (`model.VoiceEntry`) names voice, bar, key and what is done to the theme; `entered` returns the
theme so, exactly. The planner asks with the theme's chords and as many of its notes as are known, the filler with the
composed tune.

Conventions: a bar of a phrase counts from 1. Ticks count from the phrase's first bar line; an upbeat is negative. An
entry without key stands in its phrase's, an answer in the dominant of that: the minor one in minor.

Contents: `VOICED_ENSEMBLES`, `FOUR_PARTS`, `entered`, `entry_tick`, `entry_key`, `entry_bars`, `end_bar`,
`dominant_of`, `settled_entries`, `theme_bars_of`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from composer.plan.answer import head_dominants, mutated
from composer.plan.material import FACTOR, transformed
from composer.plan.model import VOICES, VoiceEntry
from composer.plan.numerals import key_word, parse_key_path
from composer.plan.transformation_checks import fragment_bars
from composer.theme import Theme, fragment, in_key, sequenced
from composer.theory.key import Key
from composer.theory.meter import Meter

VOICED_ENSEMBLES = ("keyboard", "organ", "chorale", "quartet")  # whose voices can enter one by one
FOUR_PARTS = ("chorale", "quartet")  # those with a part for each of the four voices


def entry_tick(entry: VoiceEntry, meter: Meter) -> int:
    """Return where the bar line of an entry's theme lies, in ticks of its phrase."""
    return (entry.bar - 1) * meter.bar_ticks + round(((entry.beat or 1.0) - 1.0) * meter.beat_ticks)


def dominant_of(key: Key) -> Key:
    """Return the key on the fifth degree, of the same mode."""
    found = Key(key.fifths + 1, key.mode)
    return found if abs(found.signature) <= 7 else found.simplified()


def entry_key(entry: VoiceEntry, key: Key, home: Key) -> Key:
    """Return the key of an entry: stated, or its phrase's, or for an answer the dominant of that."""
    if entry.key is not None:
        return parse_key_path(entry.key, home)[0]
    return dominant_of(key) if entry.answer is not None else key


def theme_bars_of(entry: VoiceEntry, bars: int) -> tuple[int, int]:
    """Return first and last bar (from 1, inclusive) of a theme of so many bars that an entry has."""
    if entry.theme_bars is None:
        return 1, bars
    first, _, last = entry.theme_bars.partition("-")
    return int(first), int(last or first)


def entry_bars(entry: VoiceEntry, bars: int) -> int:
    """Return how many bars an entry of a theme of so many bars takes."""
    first, last = theme_bars_of(entry, bars)
    length = Fraction(last - first + 1)
    for item in entry.transformations or ():
        number = Fraction(item.amount) if isinstance(item.amount, float) else Fraction(FACTOR)
        if item.name == "augmentation":
            length *= number
        elif item.name == "diminution":
            length /= number or 1
        elif item.name == "sequence":
            copies = len(item.keys.split("->")) - 1 if item.keys is not None else item.times or 1
            length *= copies + 1
        elif item.name == "fragment" and (part := fragment_bars(item)) is not None:
            length = Fraction(part[1] - part[0] + 1)
    return math.ceil(length)


def end_bar(entry: VoiceEntry, bars: int) -> int:
    """Return the bar of the phrase in which an entry of a theme of so many bars ends."""
    begins_inside = (entry.beat or 1.0) > 1
    return entry.bar + entry_bars(entry, bars) - 1 + (1 if begins_inside else 0)


def settled_entries(
    entries: Sequence[VoiceEntry], *, theme: str, bars: Mapping[str, int], key: Key, home: Key
) -> tuple[VoiceEntry, ...]:
    """Return a phrase's entries with theme, bars and key written out, in order of time.

    Args:
        entries: as stated.
        theme: what those take up that name none.
        bars: of each theme.
        key: in which the phrase begins.
        home: of the piece.
    """
    settled = []
    for entry in entries:
        name = entry.theme or theme
        first, last = theme_bars_of(entry, bars[name])
        own = entry_key(entry, key, home)
        settled.append(
            entry.model_copy(
                update={
                    "theme": name,
                    "theme_bars": entry.theme_bars or f"{first}-{last}",
                    "key": entry.key or key_word(own, home),
                }
            )
        )
    return tuple(sorted(settled, key=lambda one: (one.bar, one.beat or 1.0, VOICES.index(one.voice))))


def entered(
    theme: Theme, entry: VoiceEntry, *, home: Key, seed: int, names: tuple[str | int, ...], keeps_chords: bool = False
) -> Theme:
    """Return a theme as an entry has it, in any octave; ticks from the bar line at which its first bar begins.

    Chords go along as far as they fit: those under notes that an answer exchanges do not.

    Args:
        theme: in its own key.
        entry: settled.
        home, seed: of the piece.
        names: of the stream that places ornaments.
        keeps_chords: whether transformations that leave the harmony behind keep it all the same: of a tune that is not
            known, as many notes fit it as any other.

    Raises:
        ThemeError: a transformation is impossible.
    """
    assert entry.key is not None
    key = parse_key_path(entry.key, home)[0]
    part = in_key(theme, key)
    if entry.answer == "tonal":
        part = _answered(part, key)
    first, last = theme_bars_of(entry, part.bars)
    part = fragment(part, first, min(last, part.bars))
    if entry.step:
        bars = part.bars
        part = fragment(sequenced(part, step=entry.step, times=1), bars + 1, 2 * bars)
    for item in entry.transformations or ():
        chords = part.chords
        part = transformed(part, item, home=home, seed=seed, names=names)
        if keeps_chords and item.name == "inversion":
            part = replace(part, chords=chords)
    return part


def _answered(theme: Theme, key: Key) -> Theme:
    """Return a theme in the key of the answer with its head exchanged, without the chords that stood under it."""
    notes = theme.melody.notes
    changed = [notes[index] for index in head_dominants(theme.melody, key)]
    chords = tuple(
        span
        for span in theme.chords
        if not any(note.onset_tick < span.end_tick and note.end_tick > span.start_tick for note in changed)
    )
    return replace(theme, voices=(mutated(theme.melody, key), *theme.voices[1:]), chords=chords)
