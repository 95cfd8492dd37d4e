"""Composed themes and their returns: the tune, or every voice, moved exactly into a phrase's key.

Conventions: a theme's notes count from its own first bar line (an upbeat is negative) in its own key; `stated_…` give
them in ticks of the piece, in the key of the phrase that states them, in the octave nearest to their home that fits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from composer.abc import Melody
from composer.fill.given import Sounding
from composer.fill.setting import Setting
from composer.plan.outline import PhrasePlace
from composer.roll.codec import BoolArray
from composer.roll.grid import STEP_TICKS
from composer.style_statistics import degree_text, parse_degree
from composer.theme import change_degree
from composer.theory.key import Key


@dataclass(frozen=True)
class ThemeVoices:
    """A theme with all its voices, as cells from its upbeat on.

    Attributes:
        play, articulate: bool [step, pitch] in the piece's window.
        notes: the same as (onset tick from the first bar line, duration ticks, MIDI pitch).
    """

    play: BoolArray
    articulate: BoolArray
    notes: tuple[Sounding, ...]


@dataclass(frozen=True)
class ComposedTheme:
    """A theme whose tune is known.

    Attributes:
        name: in the plan.
        melody: its tune.
        key: its own.
        bars: whole bars.
        voices: every voice, or None where nothing in the plan needs them.
    """

    name: str
    melody: Melody
    key: Key
    bars: int
    voices: ThemeVoices | None = None

    def covers(self, place: PhrasePlace, setting: Setting) -> int:
        """Return the tick of the piece up to which the phrase is covered by the theme's bars."""
        first, last = bars_stated(self, place)
        end = place.bar_tick + (last - first + 1) * setting.meter.bar_ticks - setting.pickup_tick
        return min(end, place.end_tick)


def bars_stated(theme: ComposedTheme, place: PhrasePlace) -> tuple[int, int]:
    """Return the first and last bar (1-based) of the theme that the phrase states."""
    text = place.entry.theme_bars or f"1-{theme.bars}"
    first, _, last = text.partition("-")
    return int(first), int(last or first)


def stated_tune(theme: ComposedTheme, place: PhrasePlace, setting: Setting) -> list[Sounding]:
    """Return the notes of the tune that the phrase states, in ticks of the piece."""
    notes = [(note.onset_tick, note.duration_tick, note.pitch) for note in theme.melody.notes]
    return _stated(theme, notes, place, setting, setting.melody_compass)


def stated_voices(theme: ComposedTheme, place: PhrasePlace, setting: Setting) -> list[Sounding]:
    """Return the notes of all voices that the phrase states, in ticks of the piece; none where they are not known."""
    if theme.voices is None:
        return []
    return _stated(theme, list(theme.voices.notes), place, setting, setting.compass)


def _stated(
    theme: ComposedTheme,
    notes: list[Sounding],
    place: PhrasePlace,
    setting: Setting,
    compass: tuple[int, int],
) -> list[Sounding]:
    first, last = bars_stated(theme, place)
    bar_ticks = setting.meter.bar_ticks
    begin = (first - 1) * bar_ticks - setting.pickup_tick
    end = min(last * bar_ticks - setting.pickup_tick, begin + place.end_tick - place.start_tick)
    inside = [(o, min(d, end - o), p) for o, d, p in notes if begin <= o < end]
    if not inside:
        return []
    key = place.keys[0]
    semitones = (key.tonic_pitch_class - theme.key.tonic_pitch_class + 6) % 12 - 6
    shift = place.bar_tick - (first - 1) * bar_ticks
    moved: list[Sounding] = []
    for onset, length, pitch in inside:
        target = pitch + semitones
        if key.mode != theme.key.mode:
            target = _in_mode(pitch, theme.key, key, target, _numeral_at(place, onset + shift))
        moved.append((onset + shift, length, target))
    octave = min((0, 12, -12), key=lambda o: (_outside(moved, o, compass), abs(o)))
    return [(onset, length, pitch + octave) for onset, length, pitch in moved]


def _outside(notes: list[Sounding], shift: int, compass: tuple[int, int]) -> int:
    return sum(max(0, compass[0] - pitch - shift, pitch + shift - compass[1]) for _, _, pitch in notes)


def _numeral_at(place: PhrasePlace, tick: int) -> str:
    for slot in place.slots:
        if slot.start_tick <= tick < slot.end_tick:
            return slot.numeral or ""
    return ""


def _in_mode(pitch: int, source: Key, target: Key, near: int, numeral: str) -> int:
    """Return the same scale degree in the other mode, in the octave nearest to `near`."""
    degree = degree_text((pitch - source.tonic_pitch_class) % 12, source.mode)
    changed = change_degree(degree, source.mode, target.mode, numeral)
    pitch_class = (target.tonic_pitch_class + parse_degree(changed, target.mode)) % 12
    return near + (pitch_class - near + 6) % 12 - 6


def theme_bar_of(
    theme: ComposedTheme, place: PhrasePlace, tick: int, setting: Setting
) -> tuple[BoolArray, BoolArray] | None:
    """Return the cells of the theme's bar that corresponds to the bar of the piece at `tick`.

    Args:
        theme: with its voices.
        place: the phrase.
        tick: first tick of a bar (or of the phrase's upbeat) in the piece.
        setting: of the piece.

    Returns:
        (play, articulate), bool [step, pitch], or None where the theme has no such bar.
    """
    if theme.voices is None:
        return None
    first, last = bars_stated(theme, place)
    offset = tick - place.bar_tick  # negative in the upbeat
    start = (first - 1) * setting.meter.bar_ticks + offset
    if start >= last * setting.meter.bar_ticks - setting.pickup_tick:
        return None
    begin = (start + setting.pickup_tick) // STEP_TICKS
    end = min(begin + setting.max_steps, len(theme.voices.play))
    if begin < 0 or begin >= end:
        return None
    return theme.voices.play[begin:end], theme.voices.articulate[begin:end]


def cells_to_sounding(
    play: BoolArray, articulate: BoolArray, *, low_pitch: int, start_tick: int
) -> tuple[Sounding, ...]:
    """Return cells as given notes, the first step at `start_tick`."""
    notes: list[Sounding] = []
    for pitch in np.flatnonzero(play.any(axis=0)):
        column, struck = play[:, pitch], articulate[:, pitch]
        step = 0
        while step < len(column):
            if not column[step]:
                step += 1
                continue
            end = step + 1
            while end < len(column) and column[end] and not struck[end]:
                end += 1
            notes.append((start_tick + step * STEP_TICKS, (end - step) * STEP_TICKS, int(pitch) + low_pitch))
            step = end
    return tuple(sorted(notes))
