"""One field of a **kern spine: its notes, their length, ties, slurs and signs.

Conventions: a length is in ticks, an `int` where it is whole, else an exact `Fraction`. A field holds one note or rest,
or the notes of a chord with blanks between them; a chord's note without a length of its own has the first one's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from composer.theory.meter import TICKS_PER_QUARTER
from composer.theory.pitch import Spelling

Ticks = int | Fraction
MAX_RECIPROCAL = 9_999  # inclusive; the shortest note in use is a 1024th
MAX_CHARS = 1_000  # of a field, inclusive; a chord of ten notes with all its signs has 200
MAX_DOTS = 6  # inclusive
MAX_ALTER = 3  # semitones, inclusive
_MAX_PITCH = 127
_WHOLE_TICKS = 4 * TICKS_PER_QUARTER
_LONG_WHOLES = {"0": 2, "00": 4, "000": 8}  # breve, long, maxima

_LENGTH = re.compile(r"(\d+)(?:%(\d+))?")
_PITCH = re.compile(r"(([a-gA-G])\2*)(#+|-+|n)?")
_TREMOLO = re.compile(r"@+\d+@*")  # its digits are no length
# Signs of a chord's player: they hold for every note of the chord. `^^` is looked for before `^`.
_CHORD_SIGNS = {
    "'": "staccato",
    "`": "staccatissimo",
    "|": "staccatissimo",  # a vertical stroke, as editors of early prints define it
    "~": "tenuto",
    "^": "accent",
    ":": "arpeggio",
    ",": "breath",
    "v": "up-bow",
    "u": "down-bow",
    "o": "harmonic",
}
_UNREAD = frozenset('OIz"')  # an ornament, a sign that is only called generic, a sforzando, a pizzicato
_NOTE_SIGNS = {
    "T": "trill",
    "t": "trill",
    "M": "mordent",
    "m": "mordent",
    "W": "inverted-mordent",
    "w": "inverted-mordent",
    "S": "turn",
    "$": "inverted-turn",
}


class KernTokenError(ValueError):
    """A field that cannot be music; the message says why, the caller adds the place."""


@dataclass(frozen=True, slots=True)
class KernNote:
    """A note of a field.

    Attributes:
        spelling: as written; it sounds as written.
        length_tick: its own length, or None to take the field's.
        tie_start, tie_stop: tied to the next, to the last note of this pitch.
        articulations: names as in a Score.
    """

    spelling: Spelling
    length_tick: Ticks | None
    tie_start: bool
    tie_stop: bool
    articulations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KernField:
    """A field that is no null.

    Attributes:
        notes: empty for a rest.
        length_tick: how far it moves its spine; None where none is written.
        is_grace: without time of its own.
        is_rest: a rest is written.
        slurs_open, slurs_close: how many slurs begin and end here.
        has_fermata: on one of its notes, or on the rest.
        unread: signs that a Score has no name for.
    """

    notes: tuple[KernNote, ...]
    length_tick: Ticks | None
    is_grace: bool
    is_rest: bool
    slurs_open: int
    slurs_close: int
    has_fermata: bool
    unread: str = ""


@lru_cache(maxsize=1 << 14)
def parse_field(text: str) -> KernField:
    """Read one field of a **kern spine.

    Raises:
        KernTokenError: a length or a pitch beyond all music.
    """
    if len(text) > MAX_CHARS:
        raise KernTokenError(f"a field of {len(text):,} characters")
    notes: list[KernNote] = []
    first: Ticks | None = None
    is_rest = False
    shared = _signs_of_chord(text)
    grace = ("appoggiatura",) if "qq" in text else ()
    for one in text.split(" "):
        length = _length(one)
        first = length if first is None else first
        if "r" in one:  # a letter beside it only says how high the rest is printed
            is_rest = True
            continue
        pitch = _PITCH.search(one)
        if pitch is None:
            continue
        own = tuple(name for sign, name in _NOTE_SIGNS.items() if sign in one)
        notes.append(
            KernNote(
                _spelling(pitch),
                length,
                "[" in one or "_" in one,
                "]" in one or "_" in one,
                tuple(dict.fromkeys((*grace, *shared, *own))),
            )
        )
    if any(not note.tie_stop for note in notes) and any(note.tie_stop for note in notes) and shared:
        notes = [note if not note.tie_stop else _held_on(note) for note in notes]
    return KernField(
        tuple(notes),
        first,
        "q" in text,
        is_rest and not notes,
        text.count("("),
        text.count(")"),
        ";" in text,
        "".join(sorted(_UNREAD.intersection(text))),
    )


def _held_on(note: KernNote) -> KernNote:
    """Return a note of a chord that is only held on without the signs of those that are struck."""
    names = {*_CHORD_SIGNS.values(), "marcato", "tremolo"}
    return replace(note, articulations=tuple(name for name in note.articulations if name not in names))


def _signs_of_chord(text: str) -> tuple[str, ...]:
    signs = [name for sign, name in _CHORD_SIGNS.items() if sign in text]
    if "^^" in text:
        signs[signs.index("accent")] = "marcato"
    if "@" in text and _TREMOLO.search(text):
        signs.append("tremolo")
    if ";" in text:
        signs.append("fermata")
    return tuple(signs)


def _length(text: str) -> Ticks | None:
    found = _LENGTH.search(_TREMOLO.sub("", text) if "@" in text else text)
    if found is None:
        return None
    number, divisor = found.groups()
    num_dots = text.count(".")  # wherever they stand
    if num_dots > MAX_DOTS:
        raise KernTokenError(f"a note with {num_dots} dots")
    if divisor is None and number in _LONG_WHOLES:
        ticks = Fraction(_WHOLE_TICKS * _LONG_WHOLES[number])
    else:
        parts = (number, divisor or "1")
        if any(len(part) > 4 or not 1 <= int(part) <= MAX_RECIPROCAL for part in parts):
            raise KernTokenError(f'no note has the length "{found[0][:20]}"')
        ticks = Fraction(_WHOLE_TICKS * int(parts[1]), int(number))
    return plain(ticks * (2 ** (num_dots + 1) - 1) / 2**num_dots)


def _spelling(found: re.Match[str]) -> Spelling:
    letters, letter, sign = found.groups()
    sign = (sign or "").replace("n", "")
    octave = 3 + len(letters) if letter.islower() else 4 - len(letters)
    alter = len(sign) if sign.startswith("#") else -len(sign)
    spelling = Spelling(letter.upper(), alter, octave)
    if abs(alter) > MAX_ALTER or not 0 <= spelling.pitch <= _MAX_PITCH:
        raise KernTokenError(f'the note "{found[0][:20]}" is out of range')
    return spelling


def plain(ticks: Ticks) -> Ticks:
    """Return whole ticks as an `int`."""
    return ticks.numerator if ticks.denominator == 1 else ticks
