"""Works: which files hold the same music, and on which side of a split a work lies.

A split by file would leak: settings of one chorale tune, movements and variants of one work and its editions must lie
on one side. A work's id is made from what names it: the tune of a chorale, or the composer and the catalogue number in
a file's name or title; else the file's own name. The side is a hash of the id, so it never depends on what other files
are there.

Contents: `work_id`, `split_of`, `sides_of`, `Split`.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import PurePath
from typing import Literal

Split = Literal["train", "valid", "test"]

_TRAIN_PERCENT = 80
_VALID_PERCENT = 10  # the rest is for testing
_SALT = "ritornello-1"  # part of every hash: another text is another split

# Chorale titles that are sung to one tune (variants of spelling among them), by slug; the first names the tune.
_TUNES: tuple[tuple[str, ...], ...] = (
    ("herzlich-tut-mich-verlangen", "o-haupt-voll-blut-und-wunden", "befiehl-du-deine-wege", "befiel-du-deine-wege"),
    ("freu-dich-sehr-o-meine-seele", "weg-mein-herz-mit-den-gedanken", "jesu-deine-tiefen-wunden"),
    ("an-wasserfluessen-babylon", "ein-laemmlein-geht-und-traegt-die-schuld"),
    ("von-gott-will-ich-nicht-lassen", "helft-mir-gottes-guete-preisen", "zeuch-ein-zu-deinen-toren"),
    ("es-ist-das-heil-uns-kommen-her", "sei-lob-und-ehr-dem-hoechsten-gut"),
    (
        "wo-gott-der-herr-nicht-bei-uns-haelt",
        "ach-lieben-christen-seid-getrost",
        "waer-gott-nicht-mit-uns-diese-zeit",
    ),
    ("machs-mit-mir-gott-nach-deiner-guet", "machs-mit-mir-gott-nach-deiner-guete"),
    ("vater-unser-im-himmelreich", "nimm-von-uns-herr-du-treuer-gott"),
    (
        "wer-nur-den-lieben-gott-laesst-walten",
        "wer-nur-den-lieben-got-laesst-walten",
        "wer-weiss-wie-nahe-mir-mein-ende",
    ),
    ("herr-jesu-christ-du-hoechstes-gut", "o-jesu-christ-du-hoechstes-gut"),
    ("o-gott-du-frommer-gott", "was-frag-ich-nach-der-welt"),
    ("ich-ruf-zu-dir-herr-jesu-christ", "durch-adams-fall-ist-ganz-verderbt"),
    ("nun-ruhen-alle-waelder", "o-welt-sieh-hier-dein-leben", "in-allen-meinen-taten"),
    (
        "was-mein-gott-will-das-gescheh-allzeit",
        "was-mein-gott-will-das-gescheh-allezeit",
        "ich-hab-in-gottes-herz-und-sinn",
    ),
    ("herr-wie-du-willst-so-schicks-mit-mir", "wer-in-dem-schutz-des-hoechsten-ist"),
    ("ach-bleib-bei-uns-herr-jesu-christ", "uns-ist-ein-kindlein-heut-geborn"),
    ("meinen-jesum-lass-ich-nicht", "meinen-jesum-lass-ich-nicht-weil", "meinen-jesum-lass-ich-nicht-weil-etc"),
    ("werde-munter-mein-gemuete", "jesu-meiner-seelen-wonne"),
    ("heilig-heilig", "sanctus-sanctus-dominus-deus-sabaoth"),
    ("herr-jesu-christ-mein-s-lebens-licht", "o-jesu-du-mein-braeutigam", "o-jesu-christ-mein-s-lebens-licht"),
    ("auf-meinen-lieben-gott", "wo-soll-ich-fliehen-hin"),
    ("allein-gott-in-der-hoeh-sei-ehr", "der-herr-ist-mein-getreuer-hirt"),
    ("herr-gott-dich-loben-wir-alle", "o-herre-gott-dein-goettlich-wort"),
    ("jesu-du-mein-liebstes-leben", "ach-wie-nichtig-ach-wie-fluechtig"),
    ("herzlich-lieb-hab-ich-dich-o-herr", "herzlieb-lieb-hab-ich-dich-o-herr"),
    ("jesu-nun-sei-gepreiset", "jesu-nun-sei-gepreist"),
    ("ich-dank-dir-lieber-herre", "ich-danke-dir-lieber-herre"),
    ("meine-seel-erhebt-den-herren", "meine-seele-erhebt-den-herren", "gott-sei-uns-gnaedig-und-barmherzig"),
)
_TUNE_OF = {slug: group[0] for group in _TUNES for slug in group}

_NUMBERED_CHORALE = re.compile(r"^\d{3}[ _]+(?P<title>\D.*)$")
_BWV = re.compile(
    r"(?<![a-z])bwv[ _.\-]*(?P<appendix>anh)?[ _.\-]*(?P<number>\d+)(?P<part>\.\d+)?(?=[a-z]?(?:[^a-z0-9]|$))", re.I
)
_CHORALE_BWV = range(250, 508)  # four-part chorales and sacred songs: known by their tune, where the title is given
_MUTOPIA = re.compile(r"^(?P<composer>[A-Za-z\-]+)__(?P<work>[^_]+(?:_[^_]+)*)__")
_FIRST_EDITION = re.compile(r"^(?P<opus>\d{3})(?:_\d+[a-z]*\d*(?:-\d+)?)?-\d+[a-z]?-")
_OPUS = re.compile(r"^o0*(?P<number>\d+)$", re.I)
_CATALOGUE = re.compile(
    r"(?<![a-z])(?:(?:op|k|kv|d|bwv|woo)[._ ]{0,2}\d+|hob[._ ]{0,2}[ivxlc]*\d+)[a-z]?(?![a-z])", re.I
)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "ae", "Ö": "oe", "Ü": "ue"})


def work_id(path: PurePath | str, title: str = "", number: str = "") -> str:
    """Return the id of the work that a file, or one piece of it, holds.

    Args:
        path: the file's path; only its name and its folder's name are read.
        title: as printed in the score or listed in a manifest; helps where the name says little.
        number: of the piece, where the file holds several: the tunes of a book are works of their own.

    Returns:
        `tune/…` for a chorale, `COMPOSER/…` for a catalogued work, else `file/FOLDER/NAME` (and `/NUMBER`).
    """
    place = PurePath(path)
    name = place.stem
    chorale = _NUMBERED_CHORALE.match(name)
    if chorale:
        return _tune(chorale["title"])
    bwv = _BWV.search(name) or _BWV.search(title)
    if bwv:
        bwv_number = int(bwv["number"])
        if bwv_number in _CHORALE_BWV and title and not bwv["appendix"] and not _BWV.fullmatch(title.strip()):
            return _tune(re.split(r"[(\[]", title)[0])
        return f"bach/bwv{'-anh' if bwv['appendix'] else ''}-{bwv_number}{bwv['part'] or ''}"
    work = _catalogued(place, name)
    return f"{work}/{_slug(number)}" if number and work.startswith("file/") else work


def split_of(work: str) -> Split:
    """Return the side of a work (about 80, 10 and 10 of a hundred), from its id alone."""
    digest = hashlib.sha256(f"{_SALT}:{work}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") % 100
    if place < _TRAIN_PERCENT:
        return "train"
    return "valid" if place < _TRAIN_PERCENT + _VALID_PERCENT else "test"


def sides_of(ids: Sequence[str], groups: Sequence[str]) -> tuple[Split, ...]:
    """Return the side of each piece, one side for a group: the one that most of its pieces have by their own ids.

    So a piece that is found to belong to others moves to them, and not they to it.

    Args:
        ids: of the pieces' works.
        groups: of the same pieces, as `duplicates.group_works`.
    """
    votes: dict[str, Counter[Split]] = defaultdict(Counter)
    for own, group in zip(ids, groups, strict=True):
        votes[group][split_of(own)] += 1
    chosen = {
        group: max(sides, key=lambda side: (sides[side], side == split_of(group))) for group, sides in votes.items()
    }
    return tuple(chosen[group] for group in groups)


def _tune(title: str) -> str:
    slug = _slug(re.sub(r"^\d+[ _.]+", "", title.strip()))
    return f"tune/{_TUNE_OF.get(slug, slug)}"


def _catalogued(place: PurePath, name: str) -> str:
    edition = _FIRST_EDITION.match(name)
    if edition:
        return f"{_slug(place.parent.name)}/op-{int(edition['opus'])}"
    mutopia = _MUTOPIA.match(name)
    if mutopia:
        composer = re.sub(r"(?<=[a-z])[A-Z].*$", "", mutopia["composer"])  # ChopinFF is Chopin
        work = mutopia["work"].split("__")[0]
        opus = _OPUS.match(work)
        number = f"op-{opus['number']}" if opus else _slug(work)
        return f"{_slug(composer)}/{number}"
    head = re.split(r"__(?:sq|lc)\d+$|_(?=\d+_)", name)[0]  # editions' numbers, numbers of songs
    catalogue = _CATALOGUE.search(name)
    if catalogue:
        return f"{_slug(place.parent.name)}/{_slug(catalogue[0])}"
    return f"file/{_slug(place.parent.name)}/{_slug(head)}"


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.translate(_UMLAUTS)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower().replace("'", "")).strip("-")
