"""Damage to Humdrum **kern and ABC that knows spines and tokens."""

from __future__ import annotations

import random
import re

from mutations_words import NUMBERS, TEXTS, Change, as_text, filled, replace_one

# ---------------------------------------------------------------- Humdrum **kern

_KERN_FIELDS = (
    "*^", "*v", "*x", "*+", "*-", "**kern", "**text", "**dynam", "*", ".", "", "!", "!!!COM: {t}", "!!!OTL: {t}", "=",
    "==", "=1", "=999999999", "=:|!|:", "=!|:", "=;", "*M{n}/{n}", "*M3/0", "*M0/4", "*M2+3/8", "*M4/4%3", "*MM{n}",
    "*MM120-80", "*k[f#c#g#]", "*k[b-a#]", "*k[]", "*k[{t}]", "*C:", "*h#:", "*>[A,A,B]", "*>[{t}]", "*>A", "*>B",
    "*>norep[A]", "*part{n}", "*staff{n}", "*I\"{t}", "*Ipiano", "*clefG2", "*Trd1c2", "*ITrd{n}c{n}", "4c",
    "4C 4e 4g", "{n}c", "{n}%{n}c", "4{t}", "0c", "00c", "000c", "0000c", "4c....", "4c......................", "4r",
    "qc", "4qc", "[4c", "4c]", "4c_", "(4c)", "((((4c", "4c))))", "4c;", "4c#####", "4c-n#", "cccccccccc", "4CCCCCCCC",
    "4c 4c 4c 4c", "3%2c", "7e", "9999c", "4@16@c", "c4", "4", "4ryy", "4c'~^^`TMWS$",
)  # fmt: skip


def _kern_field(text: str, rng: random.Random) -> str:
    lines = text.split("\n")
    for _ in range(rng.choice((1, 1, 3, 12))):
        place = rng.randrange(len(lines))
        fields = lines[place].split("\t")
        fields[rng.randrange(len(fields))] = filled(rng.choice(_KERN_FIELDS), rng)
        lines[place] = "\t".join(fields)
    return "\n".join(lines)


def _kern_row(text: str, rng: random.Random) -> str:
    """Put in a row of the width that stands at its place."""
    lines = text.split("\n")
    place = rng.randrange(len(lines))
    width = lines[place].count("\t") + 1
    same = filled(rng.choice(_KERN_FIELDS), rng)
    row = [same if rng.random() < 0.7 else filled(rng.choice(_KERN_FIELDS), rng) for _ in range(width)]
    if same.startswith(("*", "=")) and rng.random() < 0.8:
        row = [field if field[:1] == same[:1] else same[0] for field in row]
    lines[place:place] = ["\t".join(row)] * rng.choice((1, 1, 1, 4, 200))
    return "\n".join(lines)


def _kern_lines(text: str, rng: random.Random) -> str:
    """Delete, double, move or cut off lines."""
    lines = text.split("\n")
    start = rng.randrange(len(lines))
    stop = start + rng.choice((1, 2, 8, 30))
    block = lines[start:stop]
    rest = lines[:start] + lines[stop:]
    at = rng.randrange(len(rest) + 1)
    what = rng.randrange(4)
    if what == 0:
        return "\n".join(rest)
    if what == 1:
        return "\n".join(lines[:stop] + block * rng.choice((1, 20)) + lines[stop:])
    if what == 2:
        return "\n".join(rest[:at] + block + rest[at:])
    return "\n".join(line.rpartition("\t")[0] if line in block else line for line in lines)


def _kern_numbers(text: str, rng: random.Random) -> str:
    return replace_one(r"(\d+)", lambda rng: rng.choice(NUMBERS))(text, rng)


def _line_ends(data: bytes, rng: random.Random) -> bytes:
    return data.replace(b"\n", rng.choice((b"\r\n", b"\r", b"\n\n", b"\0\n", b"\x0b\n", b"\x85", b"\xe2\x80\xa8")))


KERN: tuple[Change, ...] = (
    as_text(_kern_field),
    as_text(_kern_field),
    as_text(_kern_row),
    as_text(_kern_row),
    as_text(_kern_lines),
    as_text(_kern_numbers),
    _line_ends,
)


# ---------------------------------------------------------------- ABC

_ABC_TOKENS = (
    "X:{n}\n", "T:{t}\n", "M:{n}/{n}\n", "M:C|\n", "M:none\n", "M:(2+3)/8\n", "L:1/{n}\n", "L:{n}\n", "K:{t}\n",
    "K:G\n", "K:C#mix\n", "K:Hp\n", "K:none\n", "K:C clef={t}\n", "Q:{n}\n", "Q:1/4={n}\n", "Q:\"{t}\" 3/8=60\n",
    "V:{n}\n", "V:1 name=\"{t}\"\n", "V:x clef=bass\n", "P:{t}\n", "P:(AB)999C\n", "w:{t}\n", "W:{t}\n", "I:{t}\n",
    "%%score (1 2) | {n}\n", "%%MIDI program {n}\n", "R:{t}\n", "m:~n3 = o/n/m/n\n", "U:T=!trill!\n", "[K:{t}]",
    "[M:{n}/{n}]", "[L:1/{n}]", "[V:{n}]", "[Q:{n}]", "[P:{t}]", "[r:{t}]", "|", "||", "|:", ":|", "::", "[1", "[2",
    "|1", ":|2", "[1-3,5", "|]", "[|", ".|", "&", "\\\n", "\n", "\n\n", "%{t}\n", "y{n}", "x", "x{n}", "z{n}", "Z{n}",
    "X4", "(", ")", "((((((((", "(3", "({n}", "(3:2:{n}", "(9:{n}:{n}", "(3::", "{{", "}}", "{{/g}}", "-", "c-", "-c",
    "[CEG]", "[CEG]{n}", "[C2E/G>", "[", "]", "[]", "!{t}!", "!", "+{t}+", "\"{t}\"", "\"", "'", ",", "c''''''''''''",
    "C,,,,,,,,,,,,", "^^^^C", "__C", "=C", "^1/2C", "C{n}", "C/{n}", "C{n}/{n}", "C//////////////", "C/", "C///", ">",
    "<", ">>>", "><", "A>B<C", "~", ".", "u", "v", "T", "H", "`", "#", "@", ";", "?", "$", "*", "1", "0", "{t}",
)  # fmt: skip


def _abc_insert(text: str, rng: random.Random) -> str:
    for _ in range(rng.choice((1, 2, 5))):
        token = filled(rng.choice(_ABC_TOKENS).replace("{{", "{").replace("}}", "}"), rng)
        ends = [0, *(found.end() for found in re.finditer("\n", text))]
        at = rng.choice(ends) if token.endswith("\n") else _place_in(text, rng)
        text = text[:at] + token * rng.choice((1, 1, 1, 3, 400)) + text[at:]
    return text


def _place_in(text: str, rng: random.Random) -> int:
    return rng.randrange(len(text) + 1)


_ABC_NUMBERS = replace_one(r"(\d+)", lambda rng: rng.choice(NUMBERS))
_ABC_FIELDS = replace_one(
    r"(?m)^[A-Zw]:(.*)$", lambda rng: rng.choice((*TEXTS, *NUMBERS, "C", "C|", "6/8", "1/8", "Am", "1/4=120"))
)
_ABC_NOTES = replace_one(r"([A-Ga-g][,']*\d*/?\d*)", lambda rng: filled(rng.choice(_ABC_TOKENS), rng))


ABC: tuple[Change, ...] = (
    as_text(_abc_insert),
    as_text(_abc_insert),
    as_text(_ABC_NUMBERS),
    as_text(_ABC_FIELDS),
    as_text(_ABC_NOTES),
    _line_ends,
)
