"""What a file states of its licence and its source, gathered into one line each.

Conventions: `rights` is whatever says under which terms a file may be used, `origin` where it came from: an edition, a
manuscript, an address. Both are the file's own words, in their order, each once; empty where it states none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_STATEMENT = 400  # characters, inclusive; longer ones end in …

_RIGHTS = re.compile(r"copyright|©|\(c\)|licen[cs]|public domain|creative commons|\bcc[- ](by|0)|all rights", re.I)
_ORIGIN = re.compile(r"https?://|www\.|\bsource\b|\bedition\b|\btranscribed from\b", re.I)


def joined(texts: Iterable[str | None]) -> str:
    """Return the texts as one line, without doubles and empty ones."""
    plain = dict.fromkeys(" ".join(text.split()) for text in texts if text)
    line = "; ".join(text for text in plain if text)
    return line if len(line) <= MAX_STATEMENT else line[: MAX_STATEMENT - 1] + "…"


def says_rights(text: str) -> bool:
    """True for a text that speaks of a licence or a copyright."""
    return bool(_RIGHTS.search(text))


def says_origin(text: str) -> bool:
    """True for a text that names an address or an edition, and no licence."""
    return bool(_ORIGIN.search(text)) and not says_rights(text)
