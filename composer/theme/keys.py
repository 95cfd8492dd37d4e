"""A theme in other keys and in the other mode: `in_key`; for numerals and degrees `change_mode`, `change_degree`.

Conventions: a change of mode goes by scale degree: 3, 6 and 7 are lowered on the way to minor, but the raised 7 stays
over V and viio (and 6 beside it, so that no augmented second appears).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from composer.abc import Melody
from composer.outline import ChordSpan, span_at
from composer.style_statistics import degree_text, parse_degree
from composer.theme.theme import Theme, fitted, shifted
from composer.theory.harmony import QUALITY_FIFTHS, name_chord, parse_chord
from composer.theory.key import SCALE_FIFTHS, Key, Mode
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
_NATURAL_SEVENTH = 10  # pitch class above the tonic


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
    voices = tuple(shifted(voice, interval) for voice in turned.voices)
    return fitted(replace(turned, voices=voices, key=key, chords=chords), lowest=lowest, highest=highest)


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
