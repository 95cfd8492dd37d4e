"""The totals of a survey: counts over a folder, ready to be shown.

Conventions: counts are ordered from the most frequent down, equal ones by name. Lines that tell of a mended bar or a
refused file are counted by kind: the place is left off, numbers are `N` and quoted words `"…"`.

Contents: `Totals`, `DuplicateTotals`, `totals_of`, `kind_of`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from composer.analysis.duplicates import UnionFind
from composer.analysis.survey import FolderSurvey

UNKNOWN_LICENCE = "unknown"

_PLACE = re.compile(r"^(?:bar|bars|line|byte|part|voice|track|staff|tune)\b[^:]{0,60}: ")
_QUOTED = re.compile(r'"[^"]*"')
_NUMBER = re.compile(r"\d[\d,./]*%?|\b[0-9a-f]*\d[0-9a-f]*\b")
_ELEMENT = re.compile(r"<([a-z-]+)>[^<]*</\1>")
_LIST = re.compile(r"\bN(?:,? N)+\b")
_KIND_LENGTH = 100


@dataclass(frozen=True)
class DuplicateTotals:
    """Pieces that are there more than once.

    Attributes:
        identical_files: files that have the bytes of an earlier one.
        same, transposed: pieces that have the notes of an earlier one, at its pitch or another (identical files too).
        near: pairs of pieces that are near to each other.
        groups: sets of pieces that are duplicates of each other, of any kind.
        distinct: pieces, each set counted once.
    """

    identical_files: int
    same: int
    transposed: int
    near: int
    groups: int
    distinct: int


@dataclass(frozen=True)
class Totals:
    """Counts over a folder.

    Attributes:
        files, usable_files, pieces, bars, notes, graces: all that were found, read, and are in them.
        left_out: files that were not read, by reason.
        passed_over: files without the name of a score, by suffix.
        formats: usable files.
        mended: lines by kind; mended_files: files that have one.
        live: pieces that were played; they are not part of the two shares.
        notes_on_grid, bars_on_grid: shares 0..1 on sixteenths; 1 where there is nothing to count.
        meters: bars; a meter's name to its count.
        keys, ensembles: pieces. heard_keys: pieces whose key the score does not state.
        tempos: pieces that state one. slowest_bpm, fastest_bpm: of these; None where there are none.
        duration_sec: of the pieces that state a tempo, together.
        works: different ones, by names and duplicates.
        duplicates: as `DuplicateTotals`.
        licences: usable files, `unknown` among them.
    """

    files: int
    usable_files: int
    pieces: int
    bars: int
    notes: int
    graces: int
    left_out: Mapping[str, int]
    passed_over: Mapping[str, int]
    formats: Mapping[str, int]
    mended: Mapping[str, int]
    mended_files: int
    live: int
    notes_on_grid: float
    bars_on_grid: float
    meters: Mapping[str, int]
    keys: Mapping[str, int]
    heard_keys: int
    ensembles: Mapping[str, int]
    tempos: int
    slowest_bpm: float | None
    fastest_bpm: float | None
    duration_sec: float
    works: int
    duplicates: DuplicateTotals
    licences: Mapping[str, int]


def totals_of(survey: FolderSurvey) -> Totals:
    """Count what is in a folder."""
    usable = [file for file in survey.files if file.pieces]
    pieces = [piece for _, piece in survey.pieces]
    written = [piece for piece in pieces if not piece.is_live]
    meters: Counter[str] = Counter()
    for piece in pieces:
        meters.update(piece.meters)
    tempos = [piece.tempo_bpm for piece in pieces if piece.tempo_bpm is not None]
    return Totals(
        files=len(survey.files),
        usable_files=len(usable),
        pieces=len(pieces),
        bars=sum(piece.bars for piece in pieces),
        notes=sum(piece.notes for piece in pieces),
        graces=sum(piece.graces for piece in pieces),
        left_out=_counted(kind_of(file.reason) for file in survey.files if file.error),
        passed_over=_ordered(Counter(survey.passed_over)),
        formats=_counted(file.format for file in usable),
        mended=_counted(kind_of(line) for piece in pieces for line in piece.mended),
        mended_files=sum(any(piece.mended for piece in file.pieces) for file in usable),
        live=len(pieces) - len(written),
        notes_on_grid=_share(sum(p.notes_on_grid for p in written), sum(p.notes for p in written)),
        bars_on_grid=_share(sum(p.bars_on_grid for p in written), sum(p.bars for p in written)),
        meters=_ordered(meters),
        keys=_counted(piece.key for piece in pieces if piece.key),
        heard_keys=sum(bool(piece.key) and not piece.key_is_stated for piece in pieces),
        ensembles=_counted(piece.ensemble for piece in pieces),
        tempos=len(tempos),
        slowest_bpm=min(tempos, default=None),
        fastest_bpm=max(tempos, default=None),
        duration_sec=sum(piece.duration_sec or 0.0 for piece in pieces),
        works=len(set(survey.groups)),
        duplicates=_duplicates(survey),
        licences=_counted(file.provenance.licence or UNKNOWN_LICENCE for file in usable),
    )


def kind_of(line: str) -> str:
    """Return the kind of a line about a mended or refused file: without its place, numbers and quoted words."""
    while (place := _PLACE.match(line)) is not None and place.end() < len(line):
        line = line[place.end() :]
    plain = _LIST.sub("N", _NUMBER.sub("N", _QUOTED.sub('"…"', _ELEMENT.sub(r"<\1>", line))))
    return plain if len(plain) <= _KIND_LENGTH else plain[: _KIND_LENGTH - 1] + "…"


def _duplicates(survey: FolderSurvey) -> DuplicateTotals:
    digests = Counter(file.sha256 for file in survey.files if file.pieces)
    kinds = Counter(pair.kind for pair in survey.duplicates)
    names = [str(place) for place in range(len(survey.pieces))]
    sets = UnionFind(names)
    for pair in survey.duplicates:
        sets.join(names[pair.first], names[pair.second])
    sizes = Counter(sets.smallest(name) for name in names)
    return DuplicateTotals(
        identical_files=sum(count - 1 for count in digests.values()),
        same=kinds["same"],
        transposed=kinds["transposed"],
        near=kinds["near"],
        groups=sum(size > 1 for size in sizes.values()),
        distinct=len(sizes),
    )


def _counted(names: Iterable[str]) -> Mapping[str, int]:
    return _ordered(Counter(names))


def _ordered(counts: Counter[str]) -> Mapping[str, int]:
    return dict(sorted(counts.items(), key=lambda row: (-row[1], row[0])))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
