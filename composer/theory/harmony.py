"""Chords as Roman numerals, and cadences.

What it is: the vocabulary of functional harmony: reading numerals (`V65/V`, `iiø65`, `bVI`, `Ger65`, `Cad64`), their
notes in a key, and naming a chord that was found in the notes.

Conventions: a `Chord` is relative: its places on the line of fifths count from the tonic of its key. Degrees count in
the key's scale; in minor `VI`, `VII` and `III` stand on the natural degrees, `vi`, `vii` and `viio` on the raised ones
(as RomanText and music21 read them). Figures: none, 6, 64, 7, 65, 43, 42 (or 2); an `M` before the
figure states a major seventh where the key has none (`VM7`).

Contents: `Cadence`, `Chord`, `parse_chord`, `name_chord`, `QUALITY_FIFTHS`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from composer.errors import PlanError
from composer.theory.key import NUMERALS, SCALE_FIFTHS, Key, Mode
from composer.theory.pitch import accidental_text, fifths_pitch_class


class Cadence(StrEnum):
    """Cadence kinds, in the words of Caplin and of the annotated corpora."""

    PAC = "PAC"  # perfect authentic: V-I in root position, tonic on top
    IAC = "IAC"  # imperfect authentic
    HC = "HC"  # half: ends on V
    DC = "DC"  # deceptive: V-vi
    EC = "EC"  # evaded
    PC = "PC"  # plagal: IV-I
    NONE = "none"


# Chord members above the root, as distances on the line of fifths, in stacked thirds.
QUALITY_FIFTHS: dict[str, tuple[int, ...]] = {
    "major": (0, 4, 1),
    "minor": (0, -3, 1),
    "diminished": (0, -3, -6),
    "augmented": (0, 4, 8),
    "dominant7": (0, 4, 1, -2),
    "major7": (0, 4, 1, 5),
    "minor7": (0, -3, 1, -2),
    "halfdiminished7": (0, -3, -6, -2),
    "diminished7": (0, -3, -6, -9),
    "minormajor7": (0, -3, 1, 5),
    "augmented7": (0, 4, 8, 5),
    # Augmented sixths, from the lowered sixth degree up: b6, 1, (2 or b3), #4.
    "italian": (0, 4, 10),
    "french": (0, 4, 6, 10),
    "german": (0, 4, 1, 10),
}
_TRIAD_FIGURES = {"": 0, "5": 0, "53": 0, "6": 1, "63": 1, "64": 2}
_SEVENTH_FIGURES = {"7": 0, "65": 1, "43": 2, "42": 3, "2": 3}
_INVERSION_FIGURE = {3: ("", "6", "64"), 4: ("7", "65", "43", "42")}
_AUGMENTED_SIXTHS = {"It": "italian", "Fr": "french", "Ger": "german"}
_NUMERAL = re.compile(
    r"^(?P<acc>b{1,2}|#{1,2}|♭|♯)?(?P<num>VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)(?P<quality>o|°|ø|\+|M)?(?P<fig>\d*)$"
)


@dataclass(frozen=True)
class Chord:
    """A chord relative to a key.

    Attributes:
        numeral: as written: `V65/V`.
        root_fifths: the root's place on the line of fifths, counted from the tonic of the key.
        quality: a name of `QUALITY_FIFTHS`.
        inversion: index of the member in the bass: 0 root, 1 third, 2 fifth, 3 seventh.
    """

    numeral: str
    root_fifths: int
    quality: str
    inversion: int

    @property
    def relative_pitch_classes(self) -> tuple[int, ...]:
        """Pitch classes counted from the tonic, root first, in thirds."""
        return tuple(fifths_pitch_class(self.root_fifths + place) for place in QUALITY_FIFTHS[self.quality])

    @property
    def relative_root(self) -> int:
        """Pitch class of the root, counted from the tonic."""
        return fifths_pitch_class(self.root_fifths)

    @property
    def relative_bass(self) -> int:
        """Pitch class of the bass, counted from the tonic."""
        return self.relative_pitch_classes[self.inversion]

    def fifths(self, key: Key) -> tuple[int, ...]:
        """Places on the line of fifths of the members in `key`, root first."""
        return tuple(key.fifths + self.root_fifths + place for place in QUALITY_FIFTHS[self.quality])

    def pitch_classes(self, key: Key) -> tuple[int, ...]:
        """Pitch classes 0..11 of the members in `key`, root first, in thirds."""
        return tuple(fifths_pitch_class(place) for place in self.fifths(key))

    def root(self, key: Key) -> int:
        """Pitch class 0..11 of the root in `key`."""
        return self.pitch_classes(key)[0]

    def bass(self, key: Key) -> int:
        """Pitch class 0..11 of the bass in `key`."""
        return self.pitch_classes(key)[self.inversion]

    @property
    def is_dominant(self) -> bool:
        """True for V, V7 and viio of the key itself (not applied ones), in any inversion."""
        if self.numeral.startswith("Cad"):
            return False
        dominant = self.root_fifths == 1 and self.quality in ("major", "dominant7")
        leading = self.root_fifths == 5 and self.quality in ("diminished", "diminished7", "halfdiminished7")
        return dominant or leading

    def __str__(self) -> str:
        return self.numeral


@lru_cache(maxsize=4096)
def parse_chord(numeral: str, mode: Mode) -> Chord:
    """Read a Roman numeral in a key of the given mode.

    Raises:
        PlanError: not a numeral that is known here.
    """
    text = numeral.strip()
    main, *targets = text.split("/")
    if targets:
        applied = parse_chord("/".join(targets), mode)
        inner_mode: Mode = "minor" if applied.quality.startswith(("minor", "dim", "half")) else "major"
        inner = parse_chord(main, inner_mode)
        return Chord(text, applied.root_fifths + inner.root_fifths, inner.quality, inner.inversion)
    if main.startswith("Cad"):
        if main != "Cad64":
            raise _unknown(text)
        return Chord(text, 0, "major" if mode == "major" else "minor", 2)
    for name, quality in _AUGMENTED_SIXTHS.items():
        if main.startswith(name) and (main[len(name) :] in ("", "6", "65", "43")):
            return Chord(text, -4, quality, 0)
    if main in ("N", "N6"):
        return Chord(text, -5, "major", 1 if main == "N6" else 0)
    match = _NUMERAL.match(main)
    if not match:
        raise _unknown(text)
    alter = {"": 0, "b": -1, "bb": -2, "#": 1, "##": 2, "♭": -1, "♯": 1}[match["acc"] or ""]
    degree = NUMERALS.index(match["num"].upper())
    upper = match["num"].isupper()
    root = SCALE_FIFTHS[mode][degree] + 7 * alter
    if mode == "minor" and not upper and degree in (5, 6):
        root += 7  # vi and vii(o) of minor stand on the raised degrees, and bvi, bvii count from there
    figure = match["fig"]
    mark = match["quality"] or ""
    if figure in _TRIAD_FIGURES and mark not in ("ø", "M"):
        quality = {"": "major" if upper else "minor", "o": "diminished", "°": "diminished", "+": "augmented"}[mark]
        return Chord(text, root, quality, _TRIAD_FIGURES[figure])
    if figure in _SEVENTH_FIGURES:
        quality = _seventh_quality(mark, upper=upper, degree=degree, root=root)
        return Chord(text, root, quality, _SEVENTH_FIGURES[figure])
    if mark == "ø" and figure == "":
        return Chord(text, root, "halfdiminished7", 0)
    raise _unknown(text)


def _seventh_quality(mark: str, *, upper: bool, degree: int, root: int) -> str:
    """Return the quality of a seventh chord: its seventh is the diatonic one where the key has it."""
    if mark == "ø":
        return "halfdiminished7"
    if mark in ("o", "°"):
        return "diminished7"
    if mark == "+":
        return "augmented7"
    if mark == "M":
        return "major7" if upper else "minormajor7"
    if not upper:
        return "minor7"
    major_seventh_roots = (0, -1, -5, -4, -3)  # I, IV, bII, bVI, bIII: a major seventh lies in the key
    return "major7" if root in major_seventh_roots and degree != 4 else "dominant7"


def _unknown(text: str) -> PlanError:
    return PlanError(
        f'no chord "{text}"', mend="chords are Roman numerals such as I, V65, ii6, viio7, V7/V, bVI, N6, Ger65, Cad64"
    )


@lru_cache(maxsize=4096)
def name_chord(relative_root: int, quality: str, inversion: int, mode: Mode) -> Chord:
    """Name a chord that was found in notes.

    Args:
        relative_root: pitch class of the root counted from the tonic, 0..11.
        quality: a triad or seventh of `QUALITY_FIFTHS` (not an augmented sixth).
        inversion: 0..3.
        mode: of the local key.

    Returns:
        The chord under its plainest numeral: diatonic where the key has it, applied (`V65/V`, `viio7/ii`) where it is
        the dominant or leading-tone chord of a degree, otherwise with an accidental.
    """
    figure = _INVERSION_FIGURE[len(QUALITY_FIFTHS[quality])][inversion]
    for numeral in _candidates(quality, figure, mode):
        chord = parse_chord(numeral, mode)
        if chord.relative_root == relative_root and chord.quality == quality:
            return chord
    raise AssertionError(f"no numeral for root {relative_root}, {quality} in {mode}")  # the table below covers all


@lru_cache(maxsize=256)
def _candidates(quality: str, figure: str, mode: Mode) -> tuple[str, ...]:
    """Numerals of one quality and figure, plainest first."""
    small = quality.startswith(("minor", "diminished", "half"))
    mark = {"diminished": "o", "diminished7": "o", "halfdiminished7": "ø", "augmented": "+", "augmented7": "+"}.get(
        quality, ""
    )
    cased = [n.lower() if small else n for n in NUMERALS]
    diatonic = [f"{n}{mark}{figure}" for n in cased]
    if quality in ("major7", "minormajor7"):
        diatonic += [f"{n}M{figure}" for n in cased]
    targets = ("V", "ii", "vi", "IV", "iii", "bVII") if mode == "major" else ("V", "iv", "III", "VI", "v", "VII")
    applied: list[str] = []
    if quality in ("major", "dominant7"):
        applied = [f"V{figure}/{t}" for t in targets]
    elif quality in ("diminished", "diminished7", "halfdiminished7"):
        applied = [f"vii{mark}{figure}/{t}" for t in targets]
    flat = [f"{accidental_text(-1)}{n}" for n in diatonic]
    sharp = [f"{accidental_text(1)}{n}" for n in diatonic]
    plain = [n for n in diatonic if _is_diatonic(n, mode)]
    if mode == "minor" and quality == "major":
        plain += [f"I{figure}", f"IV{figure}"]  # the Picardy third and the melodic-minor IV, before V/iv and V/VII
    lowered_first = [n for n in flat if mode == "major" or n[1:].rstrip("+oøM0123456789") in ("II", "ii", "vi", "vii")]
    altered = (*lowered_first, *sharp, *[n for n in flat if n not in lowered_first])
    return (*plain, *applied, *[n for n in diatonic if n not in plain], *altered)


def _is_diatonic(numeral: str, mode: Mode) -> bool:
    """True where all members lie in the scale (in minor: natural, or with the raised 7 over V and vii, or raised 6)."""
    chord = parse_chord(numeral, mode)
    scale = {fifths_pitch_class(place) for place in SCALE_FIFTHS[mode]}
    notes = set(chord.relative_pitch_classes)
    if mode == "major":
        return notes <= scale
    return notes <= scale or (notes <= (scale - {10}) | {11} and chord.root_fifths in (1, 5))
