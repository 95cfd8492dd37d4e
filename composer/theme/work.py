"""What is done with a theme: mirrored, backwards, stretched, in sequence, cut short to breathe.

Conventions: transformations that leave the harmony behind (inversion, retrograde) return a theme without chords; so
does a sequence of which some chord, moved by scale steps as the tune is, would be no chord.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from composer.abc import Melody, MelodyNote
from composer.errors import ThemeError
from composer.outline import ChordSpan, span_at
from composer.theme.keys import in_key
from composer.theme.theme import Theme, each, joined, scale_step, step_pitch
from composer.theory.harmony import QUALITY_FIFTHS, Chord, name_chord
from composer.theory.key import Key
from composer.theory.pitch import fifths_pitch_class

_AUGMENTED_SIXTHS = ("italian", "french", "german")
MAX_DRIFT = 8  # semitones by which a sequence through keys may leave its first place


def inverted(theme: Theme) -> Theme:
    """Return every voice mirrored in the scale at the tune's first note."""
    if not theme.melody.notes:
        return theme
    axis, _ = scale_step(theme.melody.notes[0].pitch, theme.key)

    def mirror(note: MelodyNote) -> MelodyNote:
        step, alter = scale_step(note.pitch, theme.key)
        return replace(note, pitch=step_pitch(2 * axis - step, -alter, theme.key))

    return replace(theme, voices=tuple(each(voice, mirror) for voice in theme.voices), chords=())


def retrograde(theme: Theme) -> Theme:
    """Return every voice backwards, over the theme's whole length."""
    pickup = theme.pickup_tick
    mirror = theme.bars * theme.meter.bar_ticks - 2 * pickup  # end plus beginning

    def back(voice: Melody) -> Melody:
        notes = tuple(sorted(replace(note, onset_tick=mirror - note.end_tick) for note in voice.notes))
        free = tuple(sorted((mirror - end, mirror - start) for start, end in voice.free))
        return Melody(notes, theme.bars * theme.meter.bar_ticks - pickup, pickup, free)

    return replace(theme, voices=tuple(back(voice) for voice in theme.voices), chords=())


def stretched(theme: Theme, factor: Fraction) -> Theme:
    """Return the theme with all lengths times a factor: augmentation (2) or diminution (1/2).

    Raises:
        ThemeError: a length would not be a whole number of ticks.
    """

    def scaled(tick: int) -> int:
        value = tick * factor
        if value.denominator != 1:
            raise ThemeError(f'theme "{theme.name}" has notes too short to be divided by {1 / factor}')
        return int(value)

    def stretch(voice: Melody) -> Melody:
        notes = tuple(
            MelodyNote(scaled(note.onset_tick), scaled(note.duration_tick), note.pitch) for note in voice.notes
        )
        free = tuple((scaled(start), scaled(end)) for start, end in voice.free)
        return Melody(notes, scaled(voice.end_tick), scaled(voice.pickup_tick), free)

    chords = tuple(
        ChordSpan(scaled(span.start_tick), scaled(span.end_tick), span.chord, span.key) for span in theme.chords
    )
    bars = -(-theme.bars * factor.numerator // factor.denominator)
    return replace(theme, voices=tuple(stretch(voice) for voice in theme.voices), bars=bars, chords=chords)


def sequenced(theme: Theme, *, step: int, times: int) -> Theme:
    """Return the theme followed by copies, each `step` scale degrees above (below) the one before; chords go along.

    Args:
        theme: the model.
        step: scale degrees from copy to copy.
        times: copies after the model.
    """
    length = theme.bars * theme.meter.bar_ticks

    def sequence(voice: Melody) -> Melody:
        notes, free = list(voice.notes), list(voice.free)
        for copy in range(1, times + 1):
            for note in voice.notes:
                place, alter = scale_step(note.pitch, theme.key)
                pitch = step_pitch(place + copy * step, alter, theme.key)
                notes.append(MelodyNote(note.onset_tick + copy * length, note.duration_tick, pitch))
            free += [(start + copy * length, end + copy * length) for start, end in voice.free]
        return Melody(tuple(notes), voice.end_tick + times * length, voice.pickup_tick, tuple(free))

    return replace(
        theme,
        voices=tuple(sequence(voice) for voice in theme.voices),
        bars=theme.bars * (times + 1),
        chords=_sequenced_chords(theme, step, times),
    )


def sequenced_through(theme: Theme, keys: Sequence[Key]) -> Theme:
    """Return the theme in each key in turn, one copy after the other; chords go along.

    Each copy lies as near to the one before as its key allows, unless the sequence would drift by more than `MAX_DRIFT`
    semitones from where it began; the result counts as being in the first key.

    Args:
        theme: the model.
        keys: of the model and each copy; another mode changes it as `in_key` does.
    """
    length = theme.bars * theme.meter.bar_ticks
    voices: list[list[MelodyNote]] = [[] for _ in theme.voices]
    free: list[list[tuple[int, int]]] = [[] for _ in theme.voices]
    chords: list[ChordSpan] = []
    height, before = 0, keys[0]  # semitones of the copy's tonic above the first one's
    for index, key in enumerate(keys):
        height += (key.tonic_pitch_class - before.tonic_pitch_class + 6) % 12 - 6
        height -= 12 * (height > MAX_DRIFT) - 12 * (height < -MAX_DRIFT)
        before = key
        copy = in_key(theme, key)
        interval = (key.tonic_pitch_class - theme.key.tonic_pitch_class + 6) % 12 - 6
        first = (keys[0].tonic_pitch_class - theme.key.tonic_pitch_class + 6) % 12 - 6
        shift, offset = first + height - interval, index * length
        for place, voice in enumerate(copy.voices):
            voices[place] += [
                MelodyNote(note.onset_tick + offset, note.duration_tick, note.pitch + shift) for note in voice.notes
            ]
            free[place] += [(start + offset, end + offset) for start, end in voice.free]
        chords += [
            ChordSpan(span.start_tick + offset, span.end_tick + offset, span.chord, span.key) for span in copy.chords
        ]
    extended = tuple(
        Melody(tuple(notes), voice.end_tick + (len(keys) - 1) * length, voice.pickup_tick, joined(open_places))
        for voice, notes, open_places in zip(theme.voices, voices, free, strict=True)
    )
    return replace(theme, voices=extended, bars=theme.bars * len(keys), chords=tuple(chords), key=keys[0])


def breathing(theme: Theme, ticks: int, *, link_bars: int) -> Theme:
    """Return a sequence that stops before its end, holding what sounds then as long as that belongs to the chords.

    What begins in the last `ticks` is left out, but for the first note of the last link; so are notes of the tune that
    lead on from its last one of the chord.

    Args:
        theme: the sequence.
        ticks: how long before its end.
        link_bars: of its last link.
    """
    start = (theme.bars - link_bars) * theme.meter.bar_ticks - theme.pickup_tick  # of the last link

    def is_foreign(note: MelodyNote) -> bool:
        span = span_at(theme.chords, note.onset_tick)
        return span is not None and note.pitch % 12 not in span.chord.pitch_classes(span.key)

    def held(note: MelodyNote, end: int) -> MelodyNote:
        others = (
            span.start_tick
            for span in theme.chords
            if span.start_tick > note.onset_tick and note.pitch % 12 not in span.chord.pitch_classes(span.key)
        )
        return replace(note, duration_tick=max(note.duration_tick, min([end, *others]) - note.onset_tick))

    def breathe(voice: Melody, *, is_tune: bool) -> Melody:
        first = min((note.onset_tick for note in voice.notes if note.onset_tick >= start), default=voice.end_tick)
        last = max(voice.end_tick - ticks, first + 1)
        notes = [note for note in voice.notes if note.onset_tick < last]
        if len(notes) == len(voice.notes):
            return voice
        while is_tune and notes[-1].onset_tick > first and is_foreign(notes[-1]):
            notes.pop()
        moment = notes[-1].onset_tick
        kept = (
            held(note, voice.end_tick) if note.end_tick > moment and not is_foreign(note) else note for note in notes
        )
        return replace(voice, notes=tuple(kept))

    voices = (breathe(voice, is_tune=place == 0) for place, voice in enumerate(theme.voices))
    return replace(theme, voices=tuple(voices))


def _sequenced_chords(theme: Theme, step: int, times: int) -> tuple[ChordSpan, ...]:
    """Return the chords of a sequence, each copy's moved by scale steps; none where one of them would be no chord."""
    length = theme.bars * theme.meter.bar_ticks
    chords = list(theme.chords)
    for copy in range(1, times + 1):
        for span in theme.chords:
            chord = _moved_chord(span, theme.key, copy * step)
            if chord is None:
                return ()
            chords.append(ChordSpan(span.start_tick + copy * length, span.end_tick + copy * length, chord, theme.key))
    return tuple(chords)


def _moved_chord(span: ChordSpan, key: Key, steps: int) -> Chord | None:
    """Return a chord with every member moved by scale steps of the key, or None where that makes no chord."""
    if span.chord.numeral.startswith(("Cad", "It", "Fr", "Ger")):
        return None  # they live by where they lead
    moved = []
    for pitch_class in span.chord.pitch_classes(span.key):
        place, alter = scale_step(pitch_class, key)
        moved.append((step_pitch(place + steps, alter, key) - key.tonic_pitch_class) % 12)
    for quality, fifths in QUALITY_FIFTHS.items():
        if quality in _AUGMENTED_SIXTHS:
            continue
        if [fifths_pitch_class(place) for place in fifths] == [(member - moved[0]) % 12 for member in moved]:
            return name_chord(moved[0], quality, span.chord.inversion, key.mode)
    return None
