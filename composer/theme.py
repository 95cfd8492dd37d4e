"""Theme: a tune (and its other voices) with its numerals, and its exact transformations.

What it is: pure functions from Theme to Theme; nothing here is drawn (ornaments are in `composer.ornament`).

Conventions: ticks count from the theme's first bar line, an upbeat is negative. A change of mode goes by scale degree:
3, 6 and 7 are lowered on the way to minor, but the raised 7 stays over V and viio (and 6 beside it, so that no
augmented second appears). Transformations that leave the harmony behind (inversion, retrograde) return a theme without
chords; so does a sequence of which some chord, moved by scale steps as the tune is, would be no chord.

Contents: `Theme`, `in_key`, `fitted`, `fragment`, `inverted`, `retrograde`, `stretched`, `sequenced`,
`sequenced_through`, `moved`, `laid_out`; for numerals `change_mode`, `change_degree`; `scale_step`, `step_pitch`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from composer.abc import Melody, MelodyNote
from composer.errors import ThemeError
from composer.outline import ChordSpan, span_at
from composer.style_statistics import degree_text, parse_degree
from composer.theory.harmony import QUALITY_FIFTHS, Chord, name_chord, parse_chord
from composer.theory.key import SCALE_FIFTHS, Key, Mode
from composer.theory.meter import Meter
from composer.theory.pitch import fifths_pitch_class

# Triad and seventh on each degree, as a tune's harmony has them: in minor V and vii keep the raised 7.
_TRIADS: dict[Mode, tuple[str, ...]] = {
    "major": ("major", "minor", "minor", "major", "major", "minor", "diminished"),
    "minor": ("minor", "diminished", "major", "minor", "major", "major", "diminished"),
}
_SEVENTHS: dict[Mode, tuple[str, ...]] = {
    "major": ("major7", "minor7", "minor7", "major7", "dominant7", "minor7", "halfdiminished7"),
    "minor": ("minor7", "halfdiminished7", "major7", "minor7", "dominant7", "major7", "diminished7"),
}
_ROOTS: dict[Mode, tuple[int, ...]] = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 11)}
_AUGMENTED_SIXTHS = ("italian", "french", "german")
_NATURAL_SEVENTH = 10  # pitch class above the tonic
MAX_DRIFT = 8  # semitones by which a sequence through keys may leave its first place


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


def in_key(theme: Theme, key: Key, *, lowest: int = 0, highest: int = 127) -> Theme:
    """Return the theme in another key, in the octave nearest to its home that fits.

    Args:
        theme: in its own key.
        key: where it goes: chromatic transposition in the same mode, by scale degree into the other.
        lowest, highest: MIDI range of all its voices, inclusive.

    Raises:
        ThemeError: no octave fits.
    """
    turned = theme if key.mode == theme.key.mode else _in_other_mode(theme)
    interval = (key.tonic_pitch_class - theme.key.tonic_pitch_class + 6) % 12 - 6
    chords = tuple(
        ChordSpan(span.start_tick, span.end_tick, span.chord, _moved_key(span.key, turned.key, key))
        for span in turned.chords
    )
    voices = tuple(_shifted(voice, interval) for voice in turned.voices)
    return fitted(replace(turned, voices=voices, key=key, chords=chords), lowest=lowest, highest=highest)


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
            return replace(theme, voices=tuple(_shifted(voice, 12 * octaves) for voice in theme.voices))
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


def inverted(theme: Theme) -> Theme:
    """Return every voice mirrored in the scale at the tune's first note."""
    if not theme.melody.notes:
        return theme
    axis, _ = scale_step(theme.melody.notes[0].pitch, theme.key)

    def mirror(note: MelodyNote) -> MelodyNote:
        step, alter = scale_step(note.pitch, theme.key)
        return replace(note, pitch=step_pitch(2 * axis - step, -alter, theme.key))

    return replace(theme, voices=tuple(_each(voice, mirror) for voice in theme.voices), chords=())


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
        Melody(tuple(notes), voice.end_tick + (len(keys) - 1) * length, voice.pickup_tick, _joined(open_places))
        for voice, notes, open_places in zip(theme.voices, voices, free, strict=True)
    )
    return replace(theme, voices=extended, bars=theme.bars * len(keys), chords=tuple(chords), key=keys[0])


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
    return replace(theme, voices=tuple(_shifted(voice, semitones) for voice in theme.voices))


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
    return Melody(tuple(notes), end, idea.pickup_tick, _joined(free))


# ---------------------------------------------------------------------- mode


def change_mode(numeral: str, source: Mode, target: Mode) -> str:
    """Return a chord's numeral in the other mode: the chord on the same degree there.

    Degrees 3, 6 and 7 are lowered on the way to minor, but V and viio keep the raised 7. Applied and altered chords
    keep their notes. The same mode gives the numeral back.
    """
    if source == target or numeral.startswith(("Cad", "It", "Fr", "Ger", "N")):
        return numeral
    chord = parse_chord(numeral, source)
    members = len(QUALITY_FIFTHS[chord.quality])
    roots = _ROOTS[source]
    table = (_TRIADS if members == 3 else _SEVENTHS)[source]
    degree = roots.index(chord.relative_root) if chord.relative_root in roots else None
    if source == "minor" and chord.relative_root == _NATURAL_SEVENTH:
        degree = 6
    natural = source == "minor" and degree in (4, 6)  # v, VII and their sevenths: the degree counts, not the form
    if degree is not None and "/" not in numeral and (natural or chord.quality == table[degree]):
        quality = (_TRIADS if members == 3 else _SEVENTHS)[target][degree]
        return name_chord(_ROOTS[target][degree], quality, chord.inversion, target).numeral
    return name_chord(chord.relative_root, chord.quality, chord.inversion, target).numeral


def change_degree(degree: str, source: Mode, target: Mode, numeral: str = "") -> str:
    """Return a scale degree in the other mode, as it stands over a chord of the target mode.

    Args:
        degree: as `style_statistics.parse_degree` reads it in the source mode.
        source, target: modes.
        numeral: the chord in the target mode; its own notes win (the raised 7 over V and viio). "" when not known.
    """
    if source == target:
        return degree
    natural = parse_degree(degree[-1], target)
    if numeral:
        members = parse_chord(numeral, target).relative_pitch_classes
        for pitch_class in (natural, (natural + 1) % 12, (natural - 1) % 12):
            if pitch_class in members:
                return degree_text(pitch_class, target)
    if degree[:-1] and not (source == "minor" and degree in ("#6", "#7")):
        scale = {fifths_pitch_class(place) for place in SCALE_FIFTHS[target]}
        if parse_degree(degree, source) not in scale:
            return degree_text(parse_degree(degree, source), target)  # #4 and its like keep their sound
    return degree[-1]


def _in_other_mode(theme: Theme) -> Theme:
    """Return the theme on the same tonic in the other mode."""
    source = theme.key
    target = Key(source.fifths, "minor" if source.mode == "major" else "major")
    chords = tuple(_chord_in_mode(span, source, target) for span in theme.chords)
    voices = tuple(_voice_in_mode(voice, source, target, chords) for voice in theme.voices)
    return replace(theme, voices=voices, key=target, chords=chords)


def _chord_in_mode(span: ChordSpan, source: Key, target: Key) -> ChordSpan:
    if span.key.fifths != source.fifths:
        return span  # a passage in another key keeps its own mode
    numeral = change_mode(span.chord.numeral, span.key.mode, target.mode)
    return ChordSpan(span.start_tick, span.end_tick, parse_chord(numeral, target.mode), target)


def _voice_in_mode(voice: Melody, source: Key, target: Key, chords: Sequence[ChordSpan]) -> Melody:
    changed = []
    for note in voice.notes:
        span = span_at(chords, note.onset_tick)
        changed.append(_degree_shift(note.pitch, source, target, span))
    if target.mode == "minor":
        changed = _without_augmented_seconds(voice, changed, target)
    notes = tuple(replace(note, pitch=note.pitch + shift) for note, shift in zip(voice.notes, changed, strict=True))
    return replace(voice, notes=notes)


def _degree_shift(pitch: int, source: Key, target: Key, span: ChordSpan | None) -> int:
    """Return by how many semitones a note changes with the mode: -1, 0 or 1."""
    relative = (pitch - source.tonic_pitch_class) % 12
    if target.mode == "major":
        return 1 if relative in (3, 8, 10) else 0
    if relative == 11:
        dominant = span is None or (11 in span.chord.relative_pitch_classes and span.key == target)
        return 0 if dominant else -1
    return -1 if relative in (4, 9) else 0


def _without_augmented_seconds(voice: Melody, shifts: list[int], target: Key) -> list[int]:
    """Keep the raised 6 beside a raised 7: the melodic minor scale."""
    mended = list(shifts)
    for index, note in enumerate(voice.notes):
        if (note.pitch - target.tonic_pitch_class) % 12 != 9:
            continue
        for other in (index - 1, index + 1):
            if 0 <= other < len(voice.notes):
                near = voice.notes[other]
                is_leading = (near.pitch - target.tonic_pitch_class) % 12 == 11 and shifts[other] == 0
                if is_leading and abs(near.pitch - note.pitch) == 2:
                    mended[index] = 0
    return mended


def _moved_key(local: Key, home: Key, new_home: Key) -> Key:
    if local == home:
        return new_home
    key = Key(local.fifths - home.fifths + new_home.fifths, local.mode)
    return key if abs(key.signature) <= 7 else key.simplified()


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


def _each(voice: Melody, change: Callable[[MelodyNote], MelodyNote]) -> Melody:
    return replace(voice, notes=tuple(change(note) for note in voice.notes))


def _shifted(voice: Melody, semitones: int) -> Melody:
    return _each(voice, lambda note: replace(note, pitch=note.pitch + semitones))


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
    return Melody(notes, end - offset, pickup, _joined(free))


def _joined(spans: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and joined[-1][1] >= start:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)
