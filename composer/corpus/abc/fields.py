"""What the fields of an ABC tune say: key, meter, unit length, tempo, voice, order of the parts.

Conventions: ABC 2.1, section 3; the outdated forms of section 10 are read too. Each function takes a field's text and
returns None where it cannot be read; the caller tells.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from composer.theory.key import MAX_SIGNATURE
from composer.theory.meter import TICKS_PER_QUARTER, Meter
from composer.theory.pitch import fifths_letter, letter_fifths

WHOLE_TICKS = 4 * TICKS_PER_QUARTER
MAX_PLAYED = 400  # parts in an order of playing, inclusive
_MAX_CHARS = 100  # of a meter
# Modes by their first three letters: how many places on the line of fifths the signature lies under the tonic.
_MODES = {"maj": 0, "ion": 0, "mix": 1, "dor": 2, "min": 3, "aeo": 3, "m": 3, "phr": 4, "loc": 5, "lyd": -1, "": 0}
_MODE_NAMES = {"maj": "major", "ion": "major", "": "major", "min": "minor", "aeo": "minor", "m": "minor"}
_KEY = re.compile(r"^\s*([A-Ga-g])(#|b|♯|♭)?\s*([A-Za-z]*)")
_ACCIDENTAL = re.compile(r"(\^\^|__|[_^=])([A-Ga-g])(?![A-Za-z0-9])")
_PROPERTY = re.compile(r'(?<![A-Za-z_-])([A-Za-z_-]+)=\s*("[^"]*"|\S+)')
_CLEF = re.compile(r"(?:^|\s|=)\"?(treble|alto|tenor|bass|perc|none)([1-5])?([+^_-]8)?\"?(?=\s|$)")
_OCTAVA = re.compile(r"(?<!\S)[+-]8va\b")  # an old form of treble-8
_METER = re.compile(r"^\(?\s*(\d{1,2}(?:\s*\+\s*\d{1,2})*)\s*\)?\s*/\s*(\d{1,2})$")
_TEMPO = re.compile(
    r"^(\d{1,3}\s*/\s*\d{1,3}(?:\s+\d{1,3}\s*/\s*\d{1,3})*|[A-Ga-g](?:\d{1,3}(?:/\d{1,3})?)?)\s*=\s*(?:ca?\.?\s*)?(\d{1,4}(?:\.\d+)?)$"
)
_SYMBOL = re.compile(r'^\s*([H-Wh-w~.])\s*=\s*(?:!([^!]+)!|\+([^+]+)\+|"[^"]*")')
_PIPES = {"F": 1, "C": 1}  # what the highland pipes sound, whether it is printed (Hp) or not (HP)


@dataclass(frozen=True, slots=True)
class AbcKey:
    """A key signature.

    Attributes:
        signature: sharps (positive) or flats, -7..7; None for a tune without key (`K:none`).
        mode: `major`, `minor`, another mode's first three letters, or empty.
        alters: of each letter that is not natural.
        is_exact: False where the accidentals are no common signature; `signature` is then the nearest one.
    """

    signature: int | None
    mode: str
    alters: dict[str, int]
    is_exact: bool = True


@dataclass(frozen=True, slots=True)
class AbcClef:
    """How the notes of a voice sound: shifts that a K: or V: field states; None where it states none."""

    semitones: int | None = None
    octaves: int | None = None
    is_percussion: bool | None = None


@dataclass(frozen=True, slots=True)
class AbcTempo:
    """A tempo: quarters a minute (None where only words are given), and the words."""

    quarters_per_minute: float | None
    words: str


def read_key(text: str) -> AbcKey | None:
    """Read the key of a K: field; None where it states only a clef, or nothing that can be read.

    `K:D Phr ^f` changes one accidental of the mode, `K:D exp _b ^f` lists all.
    """
    is_empty = not text.strip()
    text = _PROPERTY.sub(" ", text).strip()
    head = text.split(" ")[0]
    if head in ("HP", "Hp"):
        return AbcKey(2, "", dict(_PIPES))
    if is_empty or head.lower() == "none":
        return AbcKey(None, "", {})
    found = _KEY.match(text)
    if found is None or _CLEF.match(head):
        return None
    letter, sign, mode = found.groups()
    mode = "m" if mode == "m" else mode.lower()[:3]
    is_explicit = mode == "exp"
    if mode not in _MODES:  # `exp`, or the name of a clef
        mode = ""
        if not is_explicit and re.match(r"exp\b", text[found.end(2 if sign else 1) :].strip()):
            is_explicit = True
    if letter.islower() and (mode or is_explicit) == "" and text[1:2].isalpha() and sign is None:
        return None  # a word, not a key
    tonic = letter_fifths(letter.upper(), {"#": 1, "♯": 1, "b": -1, "♭": -1}.get(sign or "", 0))
    signature = tonic - _MODES[mode]
    if abs(signature) > MAX_SIGNATURE:
        return None
    alters = {} if is_explicit else signature_alters(signature)
    rest = text[found.end(2 if sign else 1) :]
    changes = _ACCIDENTAL.findall(rest)
    for accidental, changed in changes:
        alters[changed.upper()] = accidental.count("^") - accidental.count("_")
    name = _MODE_NAMES.get(mode, mode)
    if not changes and not is_explicit:
        return AbcKey(signature, name, alters)
    alters = {one: alter for one, alter in alters.items() if alter}
    exact = next((n for n in range(-7, 8) if signature_alters(n) == alters), None)
    if exact is not None:
        return AbcKey(exact, name if exact == signature else "", alters)
    nearest = max(-7, min(7, sum(alters.values()))) if is_explicit else signature
    return AbcKey(nearest, name, alters, is_exact=False)


def signature_alters(signature: int) -> dict[str, int]:
    """Return the letters that a signature of sharps (positive) or flats changes."""
    places = range(-1, signature - 1) if signature > 0 else range(5 + signature + 1, 6)
    return {fifths_letter(place)[0]: 1 if signature > 0 else -1 for place in places}


def read_clef(text: str) -> AbcClef:
    """Read what a K: or V: field says about sounding pitch: `treble-8`, `octave=`, `transpose=`, `clef=perc`."""
    semitones = octaves = None
    is_percussion: bool | None = None
    for name, value in properties(text).items():
        number = int(value) if re.fullmatch(r"[+-]?\d{1,2}", value) else None
        if name in ("transpose", "t") and number is not None:
            semitones = number
        elif name == "octave" and number is not None:
            octaves = number
    clef = _CLEF.search(text)
    if clef:
        is_percussion = clef[1] == "perc"
    if sign := (clef and clef[3]) or (_OCTAVA.search(text) or [""])[0]:
        octaves = (octaves or 0) + (1 if sign[0] in "+^" else -1)
    return AbcClef(semitones, octaves, is_percussion)


def properties(text: str) -> dict[str, str]:
    """Return the `name=value` pairs of a V: or K: field."""
    return {found[1].lower(): found[2].strip('"') for found in _PROPERTY.finditer(text)}


def read_meter(text: str) -> tuple[Meter | None, bool]:
    """Read a M: field: (meter or None for free meter, whether it could be read)."""
    text = text.strip()
    if text.lower() in ("none", ""):
        return None, True
    if len(text) > _MAX_CHARS:
        return None, False
    if text.rstrip() in ("C", "c"):
        return Meter(4, 4), True
    if text in ("C|", "c|"):
        return Meter(2, 2), True
    found = _METER.match(re.sub(r"(?<=\d)\s*\([^()]*\)$", "", text))  # `5/4 (2/4 3/4)` says how it is counted
    if found is None:
        return None, False
    upper, lower = sum(int(number) for number in found[1].split("+")), int(found[2])
    if lower not in (1, 2, 4, 8, 16, 32) or not 1 <= upper <= 32:
        return None, False
    return Meter(upper, lower), True


def default_unit(meter_text: str) -> int:
    """Return the unit length in ticks where no L: field states it, by the M: field: an eighth, a 16th under 3/4."""
    meter, _ = read_meter(meter_text)
    is_short = (
        meter is not None and "C" not in meter_text.upper() and Fraction(meter.upper, meter.lower) < Fraction(3, 4)
    )
    return WHOLE_TICKS // (16 if is_short else 8)


def read_unit(text: str) -> int | None:
    """Read a L: field: the unit length in ticks."""
    found = re.fullmatch(r"(\d{1,3})(?:\s*/\s*(\d{1,3}))?", text.strip())
    if found is None:
        return None
    ticks = Fraction(WHOLE_TICKS * int(found[1]), max(1, int(found[2] or 1)))
    return int(ticks) if ticks.denominator == 1 and 0 < ticks <= 4 * WHOLE_TICKS else None


def read_tempo(text: str, unit_ticks: int) -> AbcTempo | None:
    """Read a Q: field: `1/4=120`, `"Allegro" 3/8=60`, `1/4 3/8 1/4=40`; outdated `120`, `C=100`, `C3=40`."""
    if len(text) > 2 * _MAX_CHARS:
        return None
    words = " ".join(" ".join(re.findall(r'"([^"]*)"', text)).split())[:80]
    rest = re.sub(r'"[^"]*"?', " ", text).strip()
    if not rest:
        return AbcTempo(None, words) if words else None
    if re.fullmatch(r"\d{1,4}(?:\.\d+)?", rest):  # so many unit lengths a minute
        return AbcTempo(float(rest) * unit_ticks / TICKS_PER_QUARTER, words)
    found = _TEMPO.match(rest)
    if found is None:
        return None
    if found[1][0].isdigit():
        pairs = re.findall(r"(\d+)\s*/\s*(\d+)", found[1])
        if any(int(lower) == 0 for _, lower in pairs):
            return None
        beat_quarters = 4 * sum(Fraction(int(upper), int(lower)) for upper, lower in pairs)
    else:
        upper, _, lower = found[1][1:].partition("/")
        beat_quarters = Fraction(int(upper or 1) * unit_ticks, max(1, int(lower or 1)) * TICKS_PER_QUARTER)
    return AbcTempo(float(found[2]) * float(beat_quarters), words)


def read_symbol(text: str) -> tuple[str, str] | None:
    """Read a U: field, `T = !trill!`: (letter, name of its decoration); `none` for words or nothing."""
    found = _SYMBOL.match(text)
    return (found[1], found[2] or found[3] or "none") if found else None


def expand_order(text: str) -> list[str] | None:
    """Return the parts in the order of a header's P: field: `A(BC)2.D` is A B C B C D; None where it cannot be read."""
    if len(text) > 4 * MAX_PLAYED:
        return None
    stack: list[list[str]] = [[]]
    last = 0  # how many parts the last letter or bracket put at the end of the innermost list
    for token in re.findall(r"[A-Za-z]|\d{1,3}|[^\s.]", text):
        if token == "(":
            stack.append([])
            last = 0
        elif token == ")" and len(stack) > 1:
            inner = stack.pop()
            stack[-1] += inner
            last = len(inner)
        elif token.isdecimal() and last and stack[-1]:
            if last * int(token) > MAX_PLAYED:
                return None
            stack[-1] += stack[-1][-last:] * (int(token) - 1)
            last = 0
        elif token.isalpha():
            stack[-1].append(token.upper())
            last = 1
        else:
            return None
        if sum(map(len, stack)) > MAX_PLAYED:
            return None
    return stack[0] if len(stack) == 1 and stack[0] else None
