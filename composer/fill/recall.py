"""Composed themes and their returns: the tune, or every voice, moved exactly into a phrase's key.

Conventions: a theme's notes count from its own first bar line (an upbeat is negative) in its own key; `stated_…` give
them in ticks of the piece, in the key of the phrase that states them, changed as the plan's `as` says. A theme is set
in the octave nearest to its home that fits, the whole of it in the same one, so that its phrases stay together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from composer.abc import Melody, MelodyNote
from composer.errors import ThemeError
from composer.fill.given import Sounding
from composer.fill.setting import Setting
from composer.outline import ChordSpan
from composer.plan.material import transformed
from composer.plan.outline import PhrasePlace
from composer.roll.codec import BoolArray
from composer.roll.grid import STEP_TICKS
from composer.theme import Theme, fitted, fragment, in_key
from composer.theory.key import Key


@dataclass(frozen=True)
class ComposedTheme:
    """A theme whose tune is known.

    Attributes:
        name: in the plan.
        melody: its tune.
        key: its own.
        bars: whole bars.
        chords: its harmony; ticks from its first bar line.
        voices: every voice on the grid, (onset tick from the first bar line, duration ticks, MIDI pitch); None as long
            as there is only the tune.
    """

    name: str
    melody: Melody
    key: Key
    bars: int
    chords: tuple[ChordSpan, ...] = ()
    voices: tuple[Sounding, ...] | None = None

    def covers(self, place: PhrasePlace, setting: Setting) -> int:
        """Return the tick of the piece up to which the phrase is covered by the theme's bars."""
        end = place.bar_tick + _stated(self, place, setting).bars * setting.meter.bar_ticks - setting.pickup_tick
        return min(end, place.end_tick)


def bars_stated(theme: ComposedTheme, place: PhrasePlace) -> tuple[int, int]:
    """Return the first and last bar (1-based) of the theme that the phrase states."""
    text = place.entry.theme_bars or f"1-{theme.bars}"
    first, _, last = text.partition("-")
    return int(first), int(last or first)


def stated_tune(theme: ComposedTheme, place: PhrasePlace, setting: Setting) -> list[Sounding]:
    """Return the notes of the tune that the phrase states, in ticks of the piece.

    Raises:
        ThemeError: it fits no octave of the compass, or a transformation is impossible.
    """
    return _sounding(_stated(theme, place, setting).melody, place)


def stated_voices(theme: ComposedTheme, place: PhrasePlace, setting: Setting) -> list[Sounding]:
    """Return the notes of all voices that the phrase states, in ticks of the piece; none where they are not known.

    A note below or above the compass sounds an octave nearer; errors as `stated_tune`.
    """
    if theme.voices is None:
        return []
    stated = _stated(theme, place, setting)
    lowest, highest = setting.compass
    notes = _sounding(stated.melody, place)
    for onset, length, pitch in _sounding(stated.voices[1], place):
        octaves = -(-max(0, lowest - pitch) // 12) - -(-max(0, pitch - highest) // 12)
        notes.append((onset, length, pitch + 12 * octaves))
    return sorted(set(notes))


def told_where(error: ThemeError, place: PhrasePlace) -> ThemeError:
    """Return an error of a theme with the phrase that asks for it; where that stands in a file is no longer known."""
    where = f"in section {place.section.id}, phrase {place.index + 1}"
    return ThemeError([replace(one, message=f"{one.message}, {where}") for one in error.problems])


def _sounding(voice: Melody, place: PhrasePlace) -> list[Sounding]:
    moved = [(note.onset_tick + place.bar_tick, note.duration_tick, note.pitch) for note in voice.notes]
    return [
        (onset, min(length, place.end_tick - onset), pitch)
        for onset, length, pitch in moved
        if place.start_tick <= onset < place.end_tick
    ]


def _stated(theme: ComposedTheme, place: PhrasePlace, setting: Setting) -> Theme:
    """Return the theme as the phrase states it: its tune, then all its other notes; ticks from the first bar line."""
    end, pickup = theme.bars * setting.meter.bar_ticks - setting.pickup_tick, setting.pickup_tick
    tune = tuple(note for note in theme.melody.notes if note.onset_tick < end)
    others = tuple(MelodyNote(*note) for note in theme.voices) if theme.voices is not None else ()
    # Voices are known on the grid, the tune as it is.
    tune_cells = {(note.onset_tick // STEP_TICKS * STEP_TICKS, note.pitch) for note in tune}
    others = tuple(note for note in others if (note.onset_tick, note.pitch) not in tune_cells)
    voices = (Melody(tune, end, pickup), Melody(others, end, pickup))
    whole = in_key(Theme(theme.name, voices, theme.key, setting.meter, theme.bars, theme.chords), place.keys[0])
    everything = place.entry.recall == "full"
    whole = _in_octave(
        whole,
        setting.melody_compass_in(place.entry.tessitura),
        setting.compass,
        with_voices=everything,
    )
    first, last = bars_stated(theme, place)
    part = fragment(whole, first, min(last, theme.bars))
    names = (place.section.id or "", place.section.take or 1, place.index)
    for item in place.entry.transformations or ():
        try:
            part = transformed(part, item, home=setting.home, seed=setting.seed, names=names)
        except ThemeError as error:
            raise told_where(error, place) from None
    part = fragment(part, 1, min(part.bars, place.entry.bars or part.bars))
    return _in_compass(part, place, setting) if place.states_theme else part


def _in_octave(theme: Theme, tune_compass: tuple[int, int], compass: tuple[int, int], *, with_voices: bool) -> Theme:
    """Return the theme in the octave in which least of its tune (and of the rest, if it counts) lies outside.

    A tune that can be played whole in some octave stands there, so that no phrase of it has to be moved by itself.
    """

    def outside(octaves: int) -> tuple[int, int]:
        count = _outside(theme.melody, 12 * octaves, tune_compass)
        count += _outside(theme.voices[1], 12 * octaves, compass) if with_voices else 0
        return _outside(theme.melody, 12 * octaves, compass), count

    best = min((0, 1, -1, 2, -2, 3, -3), key=lambda octaves: (outside(octaves), abs(octaves)))
    notes = [tuple(_raised(note, 12 * best) for note in voice.notes) for voice in theme.voices]
    voices = [replace(voice, notes=raised) for voice, raised in zip(theme.voices, notes, strict=True)]
    return replace(theme, voices=tuple(voices))


def _in_compass(theme: Theme, place: PhrasePlace, setting: Setting) -> Theme:
    """Return a transformed theme in an octave in which its whole tune can be sung or played.

    Raises:
        ThemeError: there is none, or the plan asks for another register.
    """
    lowest, highest = setting.compass
    if not _outside(theme.melody, 0, setting.compass):
        return theme
    if any(item.name == "register" for item in place.entry.transformations or ()):
        raise ThemeError(
            f'theme "{theme.name}" leaves the compass {lowest}..{highest} of {setting.ensemble} in section '
            f"{place.section.id}",
            mend="take `register` out of its `as`",
        )
    tune = fitted(replace(theme, voices=theme.voices[:1]), lowest=lowest, highest=highest)
    return replace(theme, voices=(tune.melody, *theme.voices[1:]))


def _raised(note: MelodyNote, semitones: int) -> MelodyNote:
    return replace(note, pitch=note.pitch + semitones)


def _outside(voice: Melody, shift: int, compass: tuple[int, int]) -> int:
    return sum(max(0, compass[0] - note.pitch - shift, note.pitch + shift - compass[1]) for note in voice.notes)


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
