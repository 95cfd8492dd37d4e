"""Cut a line of ABC music code into tokens, and say what its symbols mean.

Conventions (ABC 2.1, section 4): one expression finds the tokens from left to right; what it does not know comes as an
`other` of one character. Bar lines may have any shape (4.8).
"""

from __future__ import annotations

import re
from functools import lru_cache

from composer.corpus.musicxml.signs import LEVELS

_LENGTH = r"\d{0,6}(?:/+\d{0,6})?"
_ACCIDENTAL = r"(?:\^\^|\^|__|_|=)(?:\d?/\d?)?"  # a fraction: quarter tones
TOKEN = re.compile(
    "|".join(
        f"(?P<{name}>{pattern})"
        for name, pattern in (
            ("space", r"[ \t`]+"),
            ("note", rf"(?:{_ACCIDENTAL})?[A-Ga-g][,']*{_LENGTH}"),
            ("bar", r"\.?(?:::+(?![:|])|:*\[?\|(?:[|\]:]|\[\|)*)(?:\d[\d,-]*)?"),
            ("field", r"\[[IKLMNPQRTUVmrsw]:[^\]]{0,300}\]"),
            ("ending", r"\[\s?\d[\d,-]*"),
            ("named_ending", r'\[(?="[^"]*"\s)'),  # `["Coda" e3`; within a chord there are no blanks
            ("chord", r"\["),
            ("chord_end", rf"\]{_LENGTH}"),
            ("rest", rf"[zx]{_LENGTH}"),
            ("bar_rest", r"[ZX]\d{0,6}"),
            ("spacer", r"y[\d/.]*"),
            ("tie", r"\.?-"),
            ("string", r'"[^"]*"'),
            ("grace", r"\{/?"),
            ("grace_end", r"\}"),
            ("tuplet", r"\(\d{1,2}(?::\d{0,2}){0,2}"),
            ("slur", r"\.?\("),
            ("slur_end", r"\.?\)"),
            ("broken", r">+|<+"),
            ("decoration", r"![^!\s\[\]|]{1,40}!|\+[^+\s\[\]|]{1,40}\+"),
            ("overlay", r"&+"),
            ("symbol", r"[.~H-Wh-w]"),
            ("ignored", r"[\\$*#;?@!]"),
            ("other", r"."),
        )
    )
)
NOTE = re.compile(rf"({_ACCIDENTAL})?([A-Ga-g])([,']*)({_LENGTH})")
SYMBOLS = {  # the standard's letters; U: fields change them
    ".": "staccato",
    "~": "roll",
    "H": "fermata",
    "L": "accent",
    "M": "lowermordent",
    "O": "coda",
    "P": "uppermordent",
    "S": "segno",
    "T": "trill",
    "u": "upbow",
    "v": "downbow",
}
ARTICULATIONS = {  # ABC's name -> the Score's word
    "staccato": "staccato",
    "wedge": "staccatissimo",
    "tenuto": "tenuto",
    ">": "accent",
    "accent": "accent",
    "emphasis": "accent",
    "^": "marcato",
    "marcato": "marcato",
    "trill": "trill",
    "trill(": "trill",
    "roll": "turn",  # the Irish roll is a turn, played quickly
    "turn": "turn",
    "turnx": "turn",
    "invertedturn": "inverted-turn",
    "invertedturnx": "inverted-turn",
    "mordent": "mordent",
    "lowermordent": "mordent",
    "uppermordent": "inverted-mordent",
    "pralltriller": "inverted-mordent",
    "arpeggio": "arpeggio",
    "breath": "breath",
    "fermata": "fermata",
    "invertedfermata": "fermata",
    "tremolo": "tremolo",
}
WEDGES = {  # name -> (kind, number) of a MusicXML wedge
    "<(": ("crescendo", "<"),
    "crescendo(": ("crescendo", "<"),
    "<)": ("stop", "<"),
    "crescendo)": ("stop", "<"),
    ">(": ("diminuendo", ">"),
    "diminuendo(": ("diminuendo", ">"),
    ">)": ("stop", ">"),
    "diminuendo)": ("stop", ">"),
}
JUMPS = {  # as letters only -> the kind of a `JumpSign`
    "dc": "dacapo",
    "dacapo": "dacapo",
    "dcalfine": "dacapo",
    "dcalcoda": "dacapo",
    "dacapoalfine": "dacapo",
    "ds": "dalsegno",
    "dalsegno": "dalsegno",
    "dsalfine": "dalsegno",
    "dsalcoda": "dalsegno",
    "dalsegnoalfine": "dalsegno",
    "fine": "fine",
    "dacoda": "tocoda",
    "tocoda": "tocoda",
    "segno": "segno",
    "coda": "coda",
}
SILENT = frozenset(  # how it is fingered or bowed, and where phrases end: no Score holds that, no note is lost
    {"upbow", "downbow", "open", "thumb", "plus", "+", "snap", "shortphrase", "mediumphrase", "longphrase", "trill)"}
    | {"0", "1", "2", "3", "4", "5", "nil", "none", "editorial", "courtesy", "slide"}
)
_MUSIC_NAME = re.compile(r"[A-Ga-gz^_=,'0-9/<>()~.-]{2,}")


@lru_cache(maxsize=1 << 12)
def is_music(name: str) -> bool:
    """True where what stands between two `!` or `+` is music: signs of an old dialect."""
    known = any(name in names for names in (ARTICULATIONS, WEDGES, SILENT, LEVELS)) or jump_of(name)
    return not known and _MUSIC_NAME.fullmatch(name) is not None and any(c in "ABCDEFGabcdefg" for c in name)


@lru_cache(maxsize=1 << 12)
def jump_of(name: str) -> str:
    """Return the kind of jump that a decoration or words over the notes name (`D.C. al Fine`), or an empty string."""
    return JUMPS.get("".join(c for c in name[:40].lower() if c.isalpha()), "")


@lru_cache(maxsize=1 << 12)
def length_of(text: str) -> tuple[int, int]:
    """Return a written length as (times, divided by): `3/2`, `/`, `//`; divided by 0 stays 0."""
    upper, slash, lower = text.partition("/")
    if not slash:
        return int(upper or 1), 1
    digits = lower.lstrip("/")
    halvings = 1 + len(lower) - len(digits)
    if halvings > 16:
        return int(upper or 1), 0
    return int(upper or 1), int(digits) * 2 ** (halvings - 1) if digits else 2**halvings
