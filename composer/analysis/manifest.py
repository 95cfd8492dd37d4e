"""The manifest of a surveyed folder: one line of JSON for each file, with its licence, its pieces or its error.

Conventions: UTF-8; what is not known is null; a share is 0..1. `group` is what must stay on one side of a split;
`duplicate_of` names the first earlier piece that a piece equals or is near to. A name that is no Unicode is written
with JSON's escapes. The lines stand in the order of the paths; the same folder gives the same bytes.
"""

from __future__ import annotations

import json
from typing import Any

from composer.analysis.duplicates import Duplicate
from composer.analysis.survey import FileSurvey, FolderSurvey, PieceSurvey

_DIGITS = 4  # of shares, tempos and likenesses


def manifest_of(survey: FolderSurvey) -> bytes:
    """Return the manifest of a folder, ready to be written."""
    duplicate_of: dict[int, Duplicate] = {}
    for pair in survey.duplicates:
        duplicate_of.setdefault(pair.second, pair)
    places = iter(range(len(survey.pieces)))  # of the next piece
    lines = []
    for file in survey.files:
        pieces = []
        for piece, place in zip(file.pieces, places, strict=False):
            pieces.append(_piece(piece, survey.groups[place], _earlier(survey, duplicate_of.get(place))))
        lines.append(json.dumps(_file(file, pieces), ensure_ascii=False))
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")


def _file(file: FileSurvey, pieces: list[dict[str, Any]]) -> dict[str, Any]:
    row: dict[str, Any] = {"file": file.path, "sha256": file.sha256 or None}
    if file.error:
        return row | {"error": file.error}
    known = file.provenance
    return row | {
        "format": file.format,
        "licence": known.licence or None,
        "rights": known.rights or None,
        "licence_from": known.stated_in or None,
        "source": known.source or None,
        "bars": sum(piece.bars for piece in file.pieces),
        "notes": sum(piece.notes for piece in file.pieces),
        "pieces": pieces,
    }


def _piece(piece: PieceSurvey, group: str, duplicate_of: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "number": piece.number or None,
        "title": piece.title or None,
        "composer": piece.composer or None,
        "bars": piece.bars,
        "notes": piece.notes,
        "graces": piece.graces,
        "off_grid_share": round(1 - piece.notes_on_grid / piece.notes, _DIGITS) if piece.notes else 0.0,
        "off_grid_bars": piece.bars - piece.bars_on_grid,
        "unfitting_share": round(piece.unfitting_share, _DIGITS),
        "is_live": piece.is_live,
        "meters": dict(piece.meters),
        "key": piece.key or None,
        "key_from": ("the score" if piece.key_is_stated else "its notes") if piece.key else None,
        "ensemble": piece.ensemble,
        "tempo_bpm": None if piece.tempo_bpm is None else round(piece.tempo_bpm, _DIGITS),
        "duration_sec": None if piece.duration_sec is None else round(piece.duration_sec, 2),
        "work": piece.work,
        "group": group,
        "duplicate_of": duplicate_of,
        "mended": list(piece.mended),
    }


def _earlier(survey: FolderSurvey, pair: Duplicate | None) -> dict[str, Any] | None:
    if pair is None:
        return None
    file, piece = survey.pieces[pair.first]
    return {
        "file": file.path,
        "number": piece.number or None,
        "kind": pair.kind,
        "likeness": round(pair.likeness, _DIGITS),
    }
