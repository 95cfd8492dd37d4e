"""Theme: a tune and its other voices with their numerals; its parts and registers, and the scale steps of its notes.

Conventions: ticks count from the theme's first bar line, an upbeat is negative.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from composer.abc import Melody, MelodyNote
from composer.errors import ThemeError
from composer.outline import ChordSpan
from composer.theory.key import SCALE_FIFTHS, Key
from composer.theory.meter import Meter
from composer.theory.pitch import fifths_pitch_class


@dataclass(frozen=True)
class Theme:
    """A theme.

    Attributes:
        name: in the plan.
        voices: top first; one is a tune alone.
        key: that it stands in.
        meter: of its bars.
        bars: its length; its voices may be shorter, or free in places.
        chords: its harmony, sorted, or empty where none is known.
    """

    name: str
    voices: tuple[Melody, ...]
    key: Key
    meter: Meter
    bars: int
    chords: tuple[ChordSpan, ...] = ()

    @property
    def melody(self) -> Melody:
        """The top voice."""
        return self.voices[0]

    @property
    def pickup_tick(self) -> int:
        """Length of the upbeat."""
        return max((voice.pickup_tick for voice in self.voices), default=0)


def fitted(theme: Theme, *, lowest: int, highest: int) -> Theme:
    """Return the theme in the octave nearest to where it is that keeps all its notes in the range.

    Raises:
        ThemeError: no octave fits.
    """
    pitches = [note.pitch for voice in theme.voices for note in voice.notes]
    if not pitches:
        return theme
    for octaves in sorted(range(-10, 11), key=lambda count: (abs(count), count)):
        if min(pitches) + 12 * octaves >= lowest and max(pitches) + 12 * octaves <= highest:
            return replace(theme, voices=tuple(shifted(voice, 12 * octaves) for voice in theme.voices))
    found = f"{max(pitches) - min(pitches)} semitones"
    raise ThemeError(
        f'theme "{theme.name}" spans {found} and fits no octave from {lowest} to {highest}', mend="narrow the theme"
    )


def fragment(theme: Theme, first_bar: int, last_bar: int) -> Theme:
    """Return bars `first_bar` to `last_bar` (from 1, inclusive), with the upbeat that leads into them.

    Raises:
        ThemeError: the theme has no such bars.
    """
    if not 1 <= first_bar <= last_bar <= theme.bars:
        raise ThemeError(f'theme "{theme.name}" has {theme.bars} bars, not {first_bar}-{last_bar}')
    pickup, bar = theme.pickup_tick, theme.meter.bar_ticks
    offset = (first_bar - 1) * bar
    begin, end = offset - pickup, last_bar * bar - pickup
    chords = tuple(
        ChordSpan(max(span.start_tick, begin) - offset, min(span.end_tick, end) - offset, span.chord, span.key)
        for span in theme.chords
        if span.start_tick < end and span.end_tick > begin
    )
    voices = tuple(_cut(voice, begin, end, offset, pickup) for voice in theme.voices)
    return replace(theme, voices=voices, bars=last_bar - first_bar + 1, chords=chords)


def moved(theme: Theme, semitones: int) -> Theme:
    """Return the theme in another register: all notes higher by `semitones`, a multiple of 12.

    Raises:
        ThemeError: not a multiple of 12, or out of MIDI's range.
    """
    if semitones % 12:
        raise ThemeError(f"a register change of {semitones} semitones", mend="whole octaves: 12 or -12")
    pitches = [note.pitch + semitones for voice in theme.voices for note in voice.notes]
    if pitches and not 0 <= min(pitches) <= max(pitches) <= 127:
        raise ThemeError(f'theme "{theme.name}" leaves the range of MIDI when moved by {semitones} semitones')
    return replace(theme, voices=tuple(shifted(voice, semitones) for voice in theme.voices))


def laid_out(idea: Melody, *, kind: str, bars: int, meter: Meter) -> Melody:
    """Return a theme's tune with an idea laid out in it and the rest free.

    Args:
        idea: the opening, with its upbeat; at most half of the theme.
        kind: `sentence` (the idea and its repetition, then a free continuation), `period` (the idea opens both halves)
            or `chain` (the idea once).
        bars: of the theme.
        meter: of its bars.

    Raises:
        ThemeError: the idea is longer than half of the theme.
    """
    length = idea.bars(meter)
    end = bars * meter.bar_ticks - idea.pickup_tick
    if kind == "chain" or 2 * length > bars:
        starts = [0]
    else:
        starts = [0, length if kind == "sentence" else bars // 2]
    if length > bars:
        raise ThemeError(f"an idea of {length} bars in a theme of {bars}")
    notes: list[MelodyNote] = []
    free: list[tuple[int, int]] = []
    time = -idea.pickup_tick
    for start in starts:
        offset = start * meter.bar_ticks
        if time < offset - idea.pickup_tick:
            free.append((time, offset - idea.pickup_tick))
        notes += [replace(note, onset_tick=note.onset_tick + offset) for note in idea.notes]
        free += [(begin + offset, stop + offset) for begin, stop in idea.free]
        time = offset + idea.end_tick
    if time < end:
        free.append((time, end))
    return Melody(tuple(notes), end, idea.pickup_tick, joined(free))


# ---------------------------------------------------------------------- notes and scale steps


def scale_step(pitch: int, key: Key) -> tuple[int, int]:
    """Return (scale steps above the lowest tonic of MIDI, alteration) of a pitch; notes of the scale have 0."""
    octave, relative = divmod(pitch - key.tonic_pitch_class, 12)
    scale = [fifths_pitch_class(place) for place in SCALE_FIFTHS[key.mode]]
    if relative in scale:
        return 7 * octave + scale.index(relative), 0
    return 7 * octave + scale.index(relative - 1), 1


def step_pitch(step: int, alter: int, key: Key) -> int:
    """Return the pitch of a place that `scale_step` found: its inverse."""
    octave, degree = divmod(step, 7)
    return key.tonic_pitch_class + 12 * octave + fifths_pitch_class(SCALE_FIFTHS[key.mode][degree]) + alter


def each(voice: Melody, change: Callable[[MelodyNote], MelodyNote]) -> Melody:
    """Return a voice with a change made to every note."""
    return replace(voice, notes=tuple(change(note) for note in voice.notes))


def shifted(voice: Melody, semitones: int) -> Melody:
    """Return a voice so many semitones higher."""
    return each(voice, lambda note: replace(note, pitch=note.pitch + semitones))


def _cut(voice: Melody, begin: int, end: int, offset: int, pickup: int) -> Melody:
    """Return the part of a voice in [begin, end), counted from `offset`; what it does not reach is free."""
    notes = tuple(
        MelodyNote(note.onset_tick - offset, min(note.end_tick, end) - note.onset_tick, note.pitch)
        for note in voice.notes
        if begin <= note.onset_tick < end
    )
    free = [
        (max(start, begin) - offset, min(stop, end) - offset)
        for start, stop in voice.free
        if start < end and stop > begin
    ]
    if voice.end_tick < end:
        free.append((max(voice.end_tick, begin) - offset, end - offset))
    if -voice.pickup_tick > begin:
        free.insert(0, (begin - offset, min(-voice.pickup_tick, end) - offset))
    return Melody(notes, end - offset, pickup, joined(free))


def joined(spans: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return stretches in order, those that touch or overlap as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and found[-1][1] >= start:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)
