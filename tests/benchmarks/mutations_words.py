"""Words and numbers that no music needs, and how to put them into a text: the tables that all formats share."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

Change = Callable[[bytes, random.Random], bytes]

NUMBERS = (
    "0", "-0", "-1", "1", "2", "3", "7", "64", "127", "128", "255", "256", "65535", "4294967296",
    "99999999999999999999", "1" * 400, "1e400", "-1e400", "1e-400", "0.0000001", "0.5", "1.5", "NaN", "inf", "-inf",
    "", " ", "+5", "1_000", "0x10", "010", "1/0", "3/2", "3+2", "x", "é", "²", "١", "𝟙", "Ⅷ", "\u202e7", "4 4", "1,2",
    "1e5", "999999",
)  # fmt: skip
TEXTS = (
    "\x1b[31mred",
    "\u202eabc",
    "<script>",
    "../../etc/passwd",
    "\u2028",
    "\ufeff",
    "a" * 5000,
    "\u0301" * 50,
    "\x7f",
)


def filled(template: str, rng: random.Random) -> str:
    return template.replace("{n}", rng.choice(NUMBERS)).replace("{t}", rng.choice(TEXTS))


def as_text(change: Callable[[str, random.Random], str]) -> Change:
    """Return a change of text as a change of bytes; Latin-1 keeps every byte."""

    def changed(data: bytes, rng: random.Random) -> bytes:
        return change(data.decode("utf-8", "surrogateescape"), rng).encode("utf-8", "surrogateescape")

    changed.__name__ = change.__name__
    return changed


def replace_one(pattern: str, words: Callable[[random.Random], str]) -> Callable[[str, random.Random], str]:
    """Return a change of the first group of one to four matches."""
    compiled = re.compile(pattern)

    def change(text: str, rng: random.Random) -> str:
        for _ in range(rng.choice((1, 1, 4))):
            spans = [found.span(1) for found in compiled.finditer(text)]
            if spans:
                start, end = rng.choice(spans)
                text = text[:start] + words(rng) + text[end:]
        return text

    return change
