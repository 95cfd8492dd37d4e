"""The names of licences in a text: from the words of people to one short name.

Conventions: SPDX names (`CC-BY-4.0`, `CC0-1.0`, `GPL-3.0`), and `public domain` and `all rights reserved`. Where one
text names several they all stand, `CC-BY-SA-4.0 / CC-BY-NC-4.0`: which of them holds, is not for a program to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_WORDS = r"(?:[-_, ]*(?:non-?commercial|no-?deriv(?:ative)?s?(?: works)?|share-?alike))"
_PARTS = (("nc", "NC"), ("non", "NC"), ("no", "ND"), ("nd", "ND"), ("s", "SA"))  # by how a word begins; first fit


def _creative_commons(found: re.Match[str]) -> str:
    words = re.findall(r"non-?com|no-?deriv|share|nc|nd|sa", found["parts"].lower())
    parts = dict.fromkeys(next(name for start, name in _PARTS if word.startswith(start)) for word in words)
    return "-".join(["CC-BY", *parts, *filter(None, [found["version"]])])


def _gnu(found: re.Match[str]) -> str:
    kind = {"lesser": "LGPL", "affero": "AGPL"}.get((found["kind"] or "").lower(), "GPL")
    return f"{kind}-{found['version']}.0" if found["version"] else kind


def _gnu_short(found: re.Match[str]) -> str:
    return f"{found['name'].upper()}-{found['version']}.0" if found["version"] else found["name"].upper()


def _called(name: str) -> Callable[[re.Match[str]], str]:
    return lambda _: name


_NAMES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = tuple(
    (re.compile(pattern, re.I), name)
    for pattern, name in (
        (r"\bcc[- _]?0\b|\bcc[- ]?zero\b|creative commons zero|publicdomain/zero", _called("CC0-1.0")),
        (r"public[- ]domain", _called("public domain")),
        (r"creativecommons\.org/licen[cs]es/by(?P<parts>(?:-(?:nc|nd|sa))*)/(?P<version>\d\.\d)", _creative_commons),
        (r"\bcc[- _]by(?P<parts>(?:[- _](?:nc|nd|sa))*)(?:[- _]?v?(?P<version>\d\.\d))?", _creative_commons),
        (rf"creative commons attribution(?P<parts>{_WORDS}*)(?:[- ]*(?P<version>\d\.\d))?", _creative_commons),
        (rf"\battribution(?P<parts>{_WORDS}+)(?:[- ]*(?P<version>\d\.\d))?", _creative_commons),
        (r"\battribution(?P<parts>) (?P<version>\d\.\d) international", _creative_commons),
        (
            r"\bgnu (?:(?P<kind>lesser|affero) )?general public licen[cs]e(?:[\s,]*v(?:ersion)? ?(?P<version>\d))?",
            _gnu,
        ),
        (r"\b(?P<name>[al]?gpl)(?:[- ]?v?(?P<version>\d))?\b", _gnu_short),
        (r"\bmit licen[cs]e\b|\blicen[cs]ed? (?:under )?(?:the )?mit\b|^mit$", _called("MIT")),
        (r"\bapache licen[cs]e|^apache-2", _called("Apache-2.0")),
        (r"all rights (?:\w+ ){0,6}reserved", _called("all rights reserved")),
    )
)


def licence_named(text: str, *, first: bool = False) -> str:
    """Return the licences that a text names, in its order; empty for none.

    Args:
        text: any statement.
        first: only the one that is named first, as for a licence's own text, which speaks of others too.
    """
    found = sorted((match.start(), name(match)) for pattern, name in _NAMES for match in pattern.finditer(text))
    names = list(dict.fromkeys(name for _, name in found))
    plain = [name for name in names if not any(_is_closer(other, name) for other in names)]
    return plain[0] if first and plain else " / ".join(plain)


def _is_closer(name: str, other: str) -> bool:
    """True where a name says what another one says, and more: its version, or by which deed a work is given away."""
    return bool(re.match(rf"{re.escape(other)}-\d", name)) or (name, other) == ("CC0-1.0", "public domain")
