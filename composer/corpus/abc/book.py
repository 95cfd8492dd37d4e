"""Cut a book of ABC tunes into its tunes.

Conventions (ABC 2.1, section 2.2): a tune begins with its `X:` line and ends at an empty line or at the next `X:`; what
stands before the first one is the file's header, whose fields hold for all tunes; what stands between tunes is free
text. Real files break the rule: music that goes on after an empty line, and tunes without `X:`, are read and told.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from composer.errors import MusicFileError, Place

MAX_TUNES = 5_000  # of a book, inclusive
MAX_CHARS = 4 * 2**20  # of a book, inclusive; O'Neill's 1,850 tunes have less than 2**20
MAX_LINE_CHARS = 1 << 16  # inclusive
MAX_HEADER_LINES = 200  # of a file that hold for all its tunes, inclusive

_NEWLINE = re.compile(r"\r\n|\r|\n")
_STARTS = re.compile(rb"(?:^|[\r\n])X:")
_HAS_KEY = re.compile(rb"(?:^|[\r\n])K:")
_FIELD = re.compile(r"^[A-Za-z+]:(?![|:])")
_MUSIC = re.compile(r"[A-Ga-gxyzXZHLMOPSTuv0-9/,'^_=|:\[\](){}<>\s~.&\\$*`+-]+")
_QUOTED = re.compile(r'"[^"]*"|![^!\s]*!|\[[A-Z]:[^\]]{0,300}\]')
_BLOCK = re.compile(r"^%%begin(text|ps|svg|ml)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AbcLine:
    """A line of the file: its number, from 1, and its text without a comment."""

    number: int
    text: str


@dataclass(slots=True)
class AbcTune:
    """The lines of one tune.

    Attributes:
        piece: its `X:` number, made unique within the book; empty where the file states none.
        line: where it begins.
        lines: all its lines, the header first.
        mended: what had to be judged to find them.
    """

    piece: str
    line: int
    lines: list[AbcLine] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class AbcBook:
    """A file: the fields that hold for all tunes, and the tunes."""

    header: tuple[AbcLine, ...]
    tunes: tuple[AbcTune, ...]
    mended: tuple[str, ...]


def is_abc(data: bytes) -> bool:
    """True where a line begins with `X:`, or the file with `%abc`, and a line begins with `K:`."""
    starts = data.removeprefix(b"\xef\xbb\xbf").startswith(b"%abc") or _STARTS.search(
        data.removeprefix(b"\xef\xbb\xbf")
    )
    return bool(starts) and _HAS_KEY.search(data) is not None


def read_book(data: bytes, source: str) -> AbcBook:
    """Cut a file into tunes.

    Args:
        data: the file's bytes, UTF-8 or Latin-1.
        source: its name, for errors.

    Raises:
        MusicFileError: larger than any book.
    """
    mended: list[str] = []
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
        if not re.search(r"abc-charset\s+(?:iso-8859-1|latin1)", text[:4096], re.IGNORECASE):
            mended.append("the text is not UTF-8; read as Latin-1")
    if len(text) > MAX_CHARS:
        raise MusicFileError(f"a book of more than {MAX_CHARS:,} characters", place=Place(source))
    cutter = _Cutter(source)
    for number, line in enumerate(_NEWLINE.split(text), 1):
        cutter.take(number, line)
    if cutter.num_header > MAX_HEADER_LINES:
        mended.append(f"of the {cutter.num_header} fields before the first tune {MAX_HEADER_LINES} were read")
    counts: Counter[str] = Counter()
    for tune in cutter.tunes:
        counts[tune.piece] += 1
        if counts[tune.piece] > 1 and tune.piece:
            tune.mended.append(f"line {tune.line}: a further tune with the number {tune.piece}")
            tune.piece = f"{tune.piece}-{counts[tune.piece]}"
    return AbcBook(tuple(cutter.header), tuple(cutter.tunes), tuple(mended))


class _Cutter:
    """Takes line after line; knows whether a tune is open, and whether its key has come."""

    def __init__(self, source: str) -> None:
        self.header: list[AbcLine] = []
        self.tunes: list[AbcTune] = []
        self._source = source
        self.num_header = 0  # fields before the first tune
        self._block = ""  # the text block that is open
        self._has_key = False  # the tune's header has ended
        self._is_open = False  # in a tune, not in free text
        self._is_apart = False  # an empty line stands before this one

    def take(self, number: int, text: str) -> None:
        """Take the next line."""
        if len(text) > MAX_LINE_CHARS:
            raise MusicFileError(f"a line of {len(text):,} characters", place=Place(self._source, number))
        if self._block:
            self._block = "" if text.lower().startswith(f"%%end{self._block}") else self._block
            return
        if block := _BLOCK.match(text):
            self._block = block[1].lower()
            return
        if text.startswith("%") and not text.startswith("%%"):
            return
        text = _without_comment(text)
        if text.startswith("X:"):
            self._begin(number, text[2:].strip())
        elif not text.strip():
            self._is_apart = True
            return
        elif not self.tunes and not self._starts_unnumbered(text):
            if _FIELD.match(text) or text.startswith("%%"):
                self.num_header += 1
                if self.num_header <= MAX_HEADER_LINES:
                    self.header.append(AbcLine(number, text))
        elif self._is_open and self._is_apart:
            self._after_gap(number, text)
        elif not self._is_open and text.startswith("T:"):
            self._begin(number, "")
            self._add(number, text)
        else:
            self._add(number, text)
        self._is_apart = False

    def _starts_unnumbered(self, text: str) -> bool:
        """True for music under a header without `X:`: the whole file is one tune."""
        if not _FIELD.match(text) and any(line.text.startswith("K:") for line in self.header):
            self._begin(self.header[0].number, "")
            for line in self.header:
                self._add(line.number, line.text)
            self.header = []
            return True
        return False

    def _begin(self, number: int, piece: str) -> None:
        if len(self.tunes) == MAX_TUNES:
            raise MusicFileError(f"more than {MAX_TUNES:,} tunes", place=Place(self._source, number))
        self.tunes.append(AbcTune(" ".join(piece.split())[:40], number))
        self._is_open, self._has_key = True, False

    def _add(self, number: int, text: str) -> None:
        if self._is_open:
            lines = self.tunes[-1].lines
            if text.startswith("+:") and lines and _FIELD.match(lines[-1].text):
                if len(lines[-1].text) + len(text) <= MAX_LINE_CHARS:
                    lines[-1] = AbcLine(lines[-1].number, f"{lines[-1].text} {text[2:].strip()}")
            else:
                lines.append(AbcLine(number, text))
            self._has_key |= text.startswith("K:")

    def _after_gap(self, number: int, text: str) -> None:
        """Judge a line after an empty one: does the tune go on, or is this free text?"""
        tune = self.tunes[-1]
        is_field = _FIELD.match(text) is not None
        if not self._has_key:
            goes_on = is_field  # a header with an empty line in it
        else:
            goes_on = text.startswith(("V:", "[V:", "w:", "W:", "%%")) or (not is_field and _looks_like_music(text))
        if goes_on:
            if not text.startswith(("w:", "W:", "%%")):
                tune.mended.append(f"line {number}: the tune goes on after an empty line; read on")
            self._add(number, text)
        else:
            self._is_open = False
            if text.startswith("T:"):
                self._begin(number, "")
                self._add(number, text)


def _without_comment(text: str) -> str:
    """Return a line without its comment; a `%%` line is an instruction."""
    if text.startswith("%%"):
        return text
    place = text.find("%")
    while place > 0 and text[place - 1] == "\\":
        place = text.find("%", place + 1)
    return text if place < 0 else text[:place] or " "


def _looks_like_music(text: str) -> bool:
    rest = _QUOTED.sub("", text)
    return "|" in rest and _MUSIC.fullmatch(rest) is not None
