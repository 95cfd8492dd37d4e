"""Pitches and their spelling: letters, accidentals, the line of fifths.

Conventions: `pitch` is a MIDI number (60 = middle C), `pitch_class` is 0..11 with C = 0. A spelled pitch class is a
place on the line of fifths, `fifths`: … F = -1, C = 0, G = 1, D = 2 … B = 5, F# = 6 …; B- (B flat) = -2.
"""

from __future__ import annotations

from dataclasses import dataclass

LETTERS = "CDEFGAB"
LETTER_PITCH_CLASS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_FIFTHS_LETTERS = "FCGDAEB"  # one turn of the line of fifths, from F = -1


@dataclass(frozen=True, order=True)
class Spelling:
    """A written note: letter, accidental and octave.

    Attributes:
        letter: one of `LETTERS`.
        alter: semitones of the accidental, -3..3.
        octave: the written octave; C4 is middle C. B#3 sounds as C4, so this is not pitch // 12 - 1.
    """

    letter: str
    alter: int
    octave: int

    @property
    def pitch(self) -> int:
        """The MIDI number that is heard."""
        return 12 * (self.octave + 1) + LETTER_PITCH_CLASS[self.letter] + self.alter

    @property
    def staff_step(self) -> int:
        """Diatonic steps above C0; one more per line or space."""
        return 7 * self.octave + LETTERS.index(self.letter)

    def __str__(self) -> str:
        return f"{self.letter}{accidental_text(self.alter)}{self.octave}"


def accidental_text(alter: int) -> str:
    """Return `alter` as ASCII: '#' for a sharp, 'b' for a flat, repeated."""
    return "#" * alter if alter > 0 else "b" * -alter


def fifths_pitch_class(fifths: int) -> int:
    """Return the pitch class of a place on the line of fifths."""
    return 7 * fifths % 12


def fifths_letter(fifths: int) -> tuple[str, int]:
    """Return (letter, alter) of a place on the line of fifths."""
    alter, index = divmod(fifths + 1, 7)
    return _FIFTHS_LETTERS[index], alter


def letter_fifths(letter: str, alter: int) -> int:
    """Return the place on the line of fifths of a letter with an accidental; inverse of `fifths_letter`."""
    return _FIFTHS_LETTERS.index(letter) - 1 + 7 * alter


def nearest_fifths(pitch_class: int, around: int) -> int:
    """Return the spelling of `pitch_class` nearest to the place `around` on the line of fifths (sharper on a tie)."""
    base = pitch_class * 7 % 12  # a fifths value with this pitch class, in 0..11
    return base + 12 * round((around - base + 0.25) / 12)


def nearest_pitch(pitch_class: int, goal: float) -> int:
    """Return the MIDI pitch of a class nearest to `goal`, the lower one on a tie."""
    base = round(goal) - (round(goal) - pitch_class) % 12
    return min((base, base + 12), key=lambda pitch: (abs(pitch - goal), pitch))


def spell(pitch: int, fifths: int) -> Spelling:
    """Return `pitch` written with the pitch class at `fifths`, in the octave where it sounds right.

    Raises:
        ValueError: the pitch class at `fifths` is not that of `pitch`.
    """
    if fifths_pitch_class(fifths) != pitch % 12:
        raise ValueError(f"pitch {pitch} is not spelled by place {fifths} of the line of fifths")
    letter, alter = fifths_letter(fifths)
    octave = (pitch - alter - LETTER_PITCH_CLASS[letter]) // 12 - 1
    return Spelling(letter, alter, octave)
