"""Keys: a spelled tonic and a mode; absolute names and Roman numerals relative to a home key.

Conventions: relative keys follow the analysts' habit (upper case = major, lower case = minor); a degree counts in
the home key's own scale (natural minor in minor), so `III` of A minor is C major and `bIII` of C major is E flat major.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from composer.errors import PlanError
from composer.theory.pitch import (
    Spelling,
    accidental_text,
    fifths_letter,
    fifths_pitch_class,
    letter_fifths,
    nearest_fifths,
    spell,
)

Mode = Literal["major", "minor"]

# Degrees 1..7 of the scale as places on the line of fifths, counted from the tonic.
SCALE_FIFTHS: dict[Mode, tuple[int, ...]] = {
    "major": (0, 2, 4, -1, 1, 3, 5),
    "minor": (0, 2, -3, -1, 1, -4, -2),  # natural minor; the raised 6 and 7 are +3 and +5
}
NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII")
MAX_SIGNATURE = 7  # sharps or flats, inclusive

_NAME = re.compile(r"^\s*([A-Ga-g])\s*(#{1,2}|b{1,2}|-{1,2}|♯|♭| ?sharp| ?flat)?\s*(major|minor|maj|min|M|m)?\s*$")
_RELATIVE = re.compile(r"^\s*(b{1,2}|#{1,2}|♭|♯)?(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)\s*$")


@dataclass(frozen=True)
class Key:
    """A key.

    Attributes:
        fifths: the tonic's place on the line of fifths (C = 0, G = 1, F = -1).
        mode: "major" or "minor".
    """

    fifths: int
    mode: Mode

    @property
    def tonic_pitch_class(self) -> int:
        """0..11."""
        return fifths_pitch_class(self.fifths)

    @property
    def signature(self) -> int:
        """Sharps (positive) or flats (negative) of the key signature."""
        return self.fifths if self.mode == "major" else self.fifths - 3

    @property
    def scale(self) -> tuple[int, ...]:
        """The seven pitch classes of the scale (natural minor in minor), from the tonic up."""
        return tuple(fifths_pitch_class(self.fifths + place) for place in SCALE_FIFTHS[self.mode])

    @property
    def tonic_name(self) -> str:
        """The tonic as text, ASCII: `F#`, `Bb`."""
        letter, alter = fifths_letter(self.fifths)
        return f"{letter}{accidental_text(alter)}"

    def __str__(self) -> str:
        return f"{self.tonic_name} {self.mode}"

    def simplified(self) -> Key:
        """Return the same key in the spelling with the fewest accidentals (at most six; sharps on a tie)."""
        signature = self.signature
        while signature > 6:
            signature -= 12
        while signature < -5:
            signature += 12
        return Key(self.fifths + signature - self.signature, self.mode)

    def transposed(self, fifths: int) -> Key:
        """Return the key `fifths` places sharper on the line of fifths."""
        return Key(self.fifths + fifths, self.mode)

    def spell(self, pitch: int, chord_fifths: tuple[int, ...] = ()) -> Spelling:
        """Return `pitch` as it is written in this key.

        Scale notes and the notes of the chord that sounds (places on the line of fifths) take their own spelling; other
        notes the one nearest to the middle of the key, with raised 6 and 7 in minor.
        """
        pitch_class = pitch % 12
        for place in chord_fifths:
            if fifths_pitch_class(place) == pitch_class:
                return spell(pitch, place)
        # The window -5..+6 round the tonic holds b2 b6 b3 b7 4 1 5 2 6 3 7 #4: in minor both forms of 6 and 7.
        return spell(pitch, nearest_fifths(pitch_class, self.fifths))


@lru_cache(maxsize=512)
def parse_key(text: str) -> Key:
    """Read an absolute key: `G major`, `e minor`, `Bb`, `f#` (a lone small letter is minor).

    Raises:
        PlanError: not a key, or a signature of more than seven accidentals even when respelled.
    """
    match = _NAME.match(text)
    if not match:
        raise PlanError(f'no key "{text}"', mend="keys look like C major, F# minor, Bb major")
    letter, accidental, mode_text = match.groups()
    alter = {"": 0, "#": 1, "##": 2, "b": -1, "bb": -2, "-": -1, "--": -2, "♯": 1, "♭": -1, "sharp": 1, "flat": -1}[
        (accidental or "").strip()
    ]
    if mode_text is None:
        mode: Mode = "minor" if letter.islower() else "major"
    else:
        mode = "minor" if mode_text in ("minor", "min", "m") else "major"
    key = Key(letter_fifths(letter.upper(), alter), mode)
    if abs(key.signature) > MAX_SIGNATURE:
        key = key.simplified()
    return key


@lru_cache(maxsize=512)
def relative_key(text: str, home: Key) -> Key:
    """Return the key that the Roman numeral `text` names in `home`: `V`, `vi`, `bIII`.

    Keys with more than seven accidentals are respelled.

    Raises:
        PlanError: not a Roman numeral of a key.
    """
    match = _RELATIVE.match(text)
    if not match:
        raise PlanError(
            f'no key "{text}"', mend="relative keys look like V, vi, bIII; absolute ones like G major or e minor"
        )
    accidental, numeral = match.groups()
    alter = {"": 0, "b": -1, "bb": -2, "#": 1, "##": 2, "♭": -1, "♯": 1}[accidental or ""]
    degree = NUMERALS.index(numeral.upper())
    mode: Mode = "major" if numeral.isupper() else "minor"
    # VI and VII of a minor home are the natural ones, as analysts write them; #vi and #vii raise them.
    key = Key(home.fifths + SCALE_FIFTHS[home.mode][degree] + 7 * alter, mode)
    return key if abs(key.signature) <= MAX_SIGNATURE else key.simplified()


def resolve_key(text: str, home: Key) -> Key:
    """Return the key that `text` names, relative to `home` or absolute.

    A lone `i`…`vii` or `I`…`VII` is relative; everything else absolute.

    Raises:
        PlanError: neither.
    """
    return relative_key(text, home) if _RELATIVE.match(text) else parse_key(text)


def key_numeral(key: Key, home: Key) -> str:
    """Return `key` as a Roman numeral relative to `home`; the inverse of `relative_key` up to respelling."""
    distance = key.fifths - home.fifths
    scale = SCALE_FIFTHS[home.mode]
    best: tuple[int, int, int] | None = None
    for degree, place in enumerate(scale):
        for respelled in (distance, distance + 12, distance - 12):
            alter, rest = divmod(respelled - place, 7)
            if rest == 0 and abs(alter) <= 2:
                candidate = (abs(alter) * 2 + (respelled != distance), alter, degree)
                if best is None or candidate < best:
                    best = candidate
    assert best is not None  # some degree lies within two accidentals of every place
    _, alter, degree = best
    numeral = NUMERALS[degree]
    return accidental_text(alter) + (numeral if key.mode == "major" else numeral.lower())
