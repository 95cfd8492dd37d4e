"""Licence and source of a file: what it states itself, else what stands beside it.

What it is: a file's own words come first; then a manifest that lists it, then a licence or a README, in its folder or
one above, up to the root that was given. What nobody states stays unknown: a licence is never inferred from the age of
the music.

Conventions: licences are named as `licences.py` does; empty means unknown. A README that names several says them of
other things than this file, and is passed over. Manifests are `manifest.jsonl` (an object a line) or `manifest.json` (a
list of objects, alone or as `files`) with `file`, `licence`, `source`, `title`, or the names below.

Contents: `Provenance`, `UNKNOWN`, `Provenances`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from composer.corpus.licences import licence_named
from composer.corpus.statements import joined, says_rights

THE_FILE = "the file"

_MAX_BYTES = 32 * 2**20  # of a manifest, inclusive
_MAX_TEXT_BYTES = 64 * 2**10  # of a licence or README that are read
_MANIFESTS = ("manifest.jsonl", "manifest.json")
_LICENCES = ("license", "licence", "copying", "copyright")  # file names, without their suffix
_READMES = ("readme",)
_PATH_FIELDS = ("file", "path", "filename", "name")
_LICENCE_FIELDS = ("licence", "license", "rights", "copyright")
_SOURCE_FIELDS = ("source", "origin", "url", "repository")


@dataclass(frozen=True)
class Provenance:
    """What is known of where a file comes from.

    Attributes:
        licence: its name, or several; empty where nobody states one.
        rights: the words that state it, behind the file's own; or a copyright without a licence.
        source: an edition, a collection, an address.
        title: as a manifest lists it.
        stated_in: who states the licence: `the file`, or the path below the root of a manifest, licence or README.
    """

    licence: str = ""
    rights: str = ""
    source: str = ""
    title: str = ""
    stated_in: str = ""


UNKNOWN = Provenance()


@dataclass(frozen=True)
class _Beside:
    """What stands in one folder."""

    entries: Mapping[str, Provenance]  # by path below the folder, as in its manifest
    general: Provenance  # of its licence or README


class Provenances:
    """Finds the provenance of the files below a root; each folder is looked through once.

    Args:
        root: nothing above it is read.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folders: dict[PurePath, _Beside] = {}

    def of(self, path: PurePath | str, *, rights: str = "", origin: str = "") -> Provenance:
        """Return what is known of a file.

        Args:
            path: below the root.
            rights, origin: what the file states itself (`ReadResult.rights`, `.origin`).
        """
        place = PurePath(path)
        stated = [Provenance(licence_named(rights), rights, origin, stated_in=THE_FILE)]
        general = []
        for folder in place.parents:  # from its own folder up to the root
            beside = self._beside(folder)
            entry = beside.entries.get(place.relative_to(folder).as_posix())
            stated += [entry] if entry else []
            general.append(beside.general)
        told = [*stated, *general]
        licence = next((one for one in told if one.licence), None)
        return Provenance(
            licence.licence if licence else "",
            joined([rights, licence.rights]) if licence else next((one.rights for one in told if one.rights), ""),
            next((one.source for one in told if one.source), ""),
            next((one.title for one in told if one.title), ""),
            licence.stated_in if licence else "",
        )

    def _beside(self, folder: PurePath) -> _Beside:
        if folder not in self._folders:
            self._folders[folder] = self._look(folder)
        return self._folders[folder]

    def _look(self, folder: PurePath) -> _Beside:
        try:
            names = sorted(entry.name for entry in os.scandir(self._root / folder) if entry.is_file())
        except OSError:
            names = []
        entries: dict[str, Provenance] = {}
        for name in (name for name in names if name.lower() in _MANIFESTS):
            where = folder / name
            for row in _rows(_load(self._root / where, _MAX_BYTES)):
                listed = _first(row, _PATH_FIELDS)
                rights = _first(row, _LICENCE_FIELDS)
                entries.setdefault(
                    PurePath(listed.replace("\\", "/")).as_posix(),
                    Provenance(
                        licence_named(rights),
                        joined([rights]),
                        joined([_first(row, _SOURCE_FIELDS)]),
                        joined([_first(row, ("title",))]),
                        where.as_posix(),
                    ),
                )
        general = UNKNOWN
        for stems, read in ((_LICENCES, _of_licence), (_READMES, _of_readme)):
            for name in (name for name in names if name.lower().split(".")[0] in stems):
                if not general.licence:
                    general = read(_load(self._root / folder / name, _MAX_TEXT_BYTES), (folder / name).as_posix())
        return _Beside(entries, general)


# ---------------------------------------------------------------- files beside


def _load(path: Path, limit: int) -> str:
    try:
        with path.open("rb") as stream:
            return stream.read(limit).decode("utf-8-sig", errors="replace")
    except OSError:
        return ""


def _of_licence(text: str, where: str) -> Provenance:
    name = licence_named(text, first=True)
    lines = (line.strip() for line in text.splitlines())
    return Provenance(name, joined([next((line for line in lines if line), "")]), stated_in=where if name else "")


def _of_readme(text: str, where: str) -> Provenance:
    lines = [line.strip("#*-> \t") for line in text.splitlines() if says_rights(line)]
    name = licence_named("\n".join(lines))
    return Provenance(name, joined(lines), stated_in=where) if name and " / " not in name else UNKNOWN


def _rows(text: str) -> Iterable[Mapping[str, Any]]:
    """Yield the objects of a manifest; what is no object is passed over."""
    try:
        whole = json.loads(text)
        rows = whole.get("files", []) if isinstance(whole, dict) and not _first(whole, _PATH_FIELDS) else whole
        rows = rows if isinstance(rows, list) else [rows]
    except (ValueError, RecursionError):
        rows = [row for line in text.splitlines() if (row := _object(line)) is not None]
    yield from (row for row in rows if isinstance(row, dict))


def _object(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _first(row: Mapping[str, Any], names: Iterable[str]) -> str:
    return next((row[name] for name in names if isinstance(row.get(name), str) and row[name]), "")
