"""The style of a piece by the name of its composer, where that is one of ours.

What it is: an exact reading of names, no guess from the notes: of a score's composer line (`Haydn, Joseph`,
`J. S. Bach`) or else of its file's name. Namesakes (Bach's sons, Michael Haydn, Clara Schumann) are others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# Given names, as whole words or initials, that make a name another composer's.
_OTHERS = {
    "bach": r"c\W*p\W*e|carl|karl|philipp|emanuel|w\W*f|wilhelm|j\W*c|christian|christoph|p\W*d\W*q",
    "haydn": r"michael|m",
    "mozart": r"leopold|l|franz|f\W*x",
    "schumann": r"clara|c|georg",
}


def composer_named(text: str, known: Iterable[str]) -> str | None:
    """Return the one of the known composers that a text names; None where it names none, another or several.

    Args:
        text: a composer line, or the stem of a file's name.
        known: names of styles that are called after composers.
    """
    words = re.sub(r"[\d_]+", " ", text.lower())
    found = [name for name in known if re.search(rf"(?<![a-z]){re.escape(name)}(?![a-z])", words)]
    if len(found) != 1:
        return None
    others = _OTHERS.get(found[0])
    if others and re.search(rf"(?<![a-z])(?:{others})(?![a-z])", words.replace(found[0], " ")):
        return None
    return found[0]
