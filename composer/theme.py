"""Theme: a tune (and its other voices) with its numerals, and its exact transformations."""

from __future__ import annotations

from composer.style_statistics import degree_text, parse_degree
from composer.theory.harmony import QUALITY_FIFTHS, name_chord, parse_chord
from composer.theory.key import Mode

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
_NATURAL_SEVENTH = 10  # the root of VII and of v's relatives in natural minor


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
    chromatic = degree[:-1] and not (source == "minor" and degree in ("#6", "#7"))
    if chromatic and parse_degree(degree, source) not in {parse_degree(d, target) for d in "1234567"}:
        return degree_text(parse_degree(degree, source), target)  # #4 and its like keep their sound
    return degree[-1]
