"""How many notes did the library find in a file? What it says it left out or struck is taken into account."""

from __future__ import annotations

import re
from collections.abc import Iterable

from raw_counts import RawCount

from composer.corpus.reader import ReadResult

# What a reader tells, and whether it then has more notes than the page's count, or fewer.
TOLD = (
    (re.compile(r"^(?:part .*: )?(?P<more>\d+) ties without a beginning"), 1),
    (re.compile(r"(?P<less>\d+) notes without (?:pitch|length)(?: were)? left out"), -1),
    (re.compile(r"(?P<less>\d+) notes that begin behind their bar were left out"), -1),
    (re.compile(r"^a track of (?P<less>\d+) notes doubles"), -1),
    (re.compile(r"^(?P<less>\d+) notes struck twice"), -1),
)


def counted(results: Iterable[ReadResult]) -> RawCount:
    """Count the notes of a file's pieces, as the page has them."""
    notes = graces = 0
    for result in results:
        found = [note for part in result.score.parts for note in part.notes]
        graces += sum(note.is_grace for note in found)
        notes += sum(not note.is_grace for note in found)
        for line in result.mended:
            for pattern, sign in TOLD:
                if told := pattern.search(line):
                    notes -= sign * int(next(iter(told.groupdict().values())))
    return RawCount(notes, graces)
