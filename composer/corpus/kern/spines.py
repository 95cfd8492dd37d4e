"""The spines of a Humdrum file: which column belongs to which part, through splits, joins and exchanges.

What it is: text to rows of (spine, field). A spine that splits goes on as several with one `Track` in common; the track
holds what the head of the file says about it (part, staff, names).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from composer.corpus.kern.tokens import KernNote, Ticks
from composer.errors import MusicFileError, Place

MAX_FIELDS = 600_000  # of a document, inclusive; the longest of our corpora has 53,000
MAX_SPINES = 256  # side by side, inclusive; a symphony has about 40
_WORDS = re.compile(r"!{1,3}LO:(?:TX|REH)\b.*:t=(?!P:)")  # P: a problem, for the editors
_HEAD_GAP = re.compile(r"\t|(?<! ) +(?=\*\*)")
_MANIPULATORS = frozenset({"*^", "*v", "*x", "*+", "*-"})


@dataclass(slots=True, eq=False)
class Track:
    """A column of the file's head.

    Attributes:
        index: counted from 0, from the left: from the lowest.
        kind: `**kern`, `**dynam`, `**text` …
        part, staff: as numbered in the file; 0 where it does not say.
        name: as printed, or empty.
        instrument: Humdrum's code (`piano`, `soprn`), or empty.
        family: Humdrum's class of instruments (`vox`, `str`), or empty.
        clef: the first one, `G2`, or empty.
    """

    index: int
    kind: str
    part: int = 0
    staff: int = 0
    name: str = ""
    instrument: str = ""
    family: str = ""
    clef: str = ""


@dataclass(slots=True, eq=False)
class NoteDraft:
    """A note on the time line, before ties are merged; a grace note has no length."""

    track: Track
    voice: int
    note: KernNote
    onset_tick: Ticks
    end_tick: Ticks
    is_grace: bool = False


@dataclass(slots=True, eq=False)
class Spine:
    """A column as it stands in a row.

    Attributes:
        track: where it comes from.
        voice: counted from 1 among the spines of its track, from the left: the uppermost first.
        free_tick: where the last note or rest of this spine ends.
        sounding: its last notes, which the next one may have to cut.
    """

    track: Track
    voice: int = 1
    free_tick: Ticks = 0
    sounding: list[NoteDraft] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Row:
    """A line that is no comment.

    Attributes:
        line: counted from 1.
        kind: `data`, `bar`, `sign` (interpretations) or `record` (a reference record; then `fields` is its text).
        spines: in the order of the fields.
        fields: as written.
    """

    line: int
    kind: Literal["data", "bar", "sign", "record"]
    spines: tuple[Spine, ...]
    fields: tuple[str, ...]


class SpineReader:
    """Reads a document row by row.

    Args:
        text: the document.
        source: the file's name, for errors.
        mended: takes a line for each thing that was mended.

    Attributes:
        tracks: all columns met so far.
        words: how many texts above or below the staves stand in layout comments, where a Score has no place for them.
    """

    def __init__(self, text: str, source: str, mended: list[str]) -> None:
        if text.count("\n") + text.count("\t") > MAX_FIELDS:
            raise MusicFileError(f"more than {MAX_FIELDS:,} fields", place=Place(source))
        self.tracks: list[Track] = []
        self.words = 0
        self._text = text
        self._source = source
        self._mended = mended
        self._spines: tuple[Spine, ...] = ()

    def rows(self) -> Iterator[Row]:
        """Yield the rows up to the end of the first piece.

        Raises:
            MusicFileError: a row with more or fewer fields than spines, too many spines; with the line.
        """
        is_open = False
        for number, raw in enumerate(self._text.split("\n"), start=1):
            line = raw.rstrip("\r")
            if line.startswith("!!!"):
                yield Row(number, "record", (), (line[3:],))
            if line.startswith("!"):
                self.words += sum(_WORDS.match(one) is not None for one in line.split("\t"))
            if line.startswith("!") or not line.strip():
                continue
            if not is_open:
                self._open(line, number)
                is_open = True
                continue
            if not self._spines:
                self._mended.append(f"line {number}: a second piece in this file was left out")
                return
            fields = tuple(line.split("\t"))
            if len(fields) != len(self._spines):
                if not all(text.startswith("=") for text in fields):
                    what = "1 field" if len(fields) == 1 else f"{len(fields)} fields"
                    what += f" where {len(self._spines)} spines are open"
                    raise self._error(number, what, "a row has one field for each spine, with a tab between")
                self._mended.append(f"line {number}: a bar line in {len(fields)} of {len(self._spines)} columns")
                fields = (fields[0],) * len(self._spines)
            if line.startswith("*"):
                if _MANIPULATORS.isdisjoint(fields) and "**" not in line:
                    yield Row(number, "sign", self._spines, fields)
                else:
                    self._spines = self._steer(fields, number)
                    self._number_voices()
            else:
                yield Row(number, "bar" if line.startswith("=") else "data", self._spines, fields)
        if self._spines:
            self._mended.append("the file ends without *- ; it may have been cut off")

    def _open(self, line: str, number: int) -> None:
        if not line.startswith("**"):
            raise self._error(number, "a Humdrum file begins with its exclusive interpretations (**kern …)")
        kinds = _HEAD_GAP.split(line)  # blanks for a tab are told apart here only: no kind has a blank
        if len(kinds) > MAX_SPINES:
            raise self._error(number, f"more than {MAX_SPINES} spines")
        self._spines = tuple(self._new_spine(kind) for kind in kinds)

    def _new_spine(self, kind: str) -> Spine:
        track = Track(len(self.tracks), kind.strip())
        self.tracks.append(track)
        return Spine(track)

    def _steer(self, fields: tuple[str, ...], number: int) -> tuple[Spine, ...]:
        """Return the spines after a row of splits, joins, exchanges, new and ended spines."""
        after: list[Spine] = []
        exchanged: int | None = None  # the place in `after` of a spine that waits for its partner
        place = 0
        while place < len(fields):
            what, spine = fields[place], self._spines[place]
            place += 1
            if what == "*v":
                joining = [spine]
                while place < len(fields) and fields[place] == "*v":
                    joining.append(self._spines[place])
                    place += 1
                after += self._join(joining, number)
                continue
            after.append(spine)
            if what == "*^":
                after.append(Spine(spine.track, free_tick=spine.free_tick))
            elif what == "*-":
                after.pop()
            elif what == "*+":
                after.append(self._new_spine(""))
                after[-1].free_tick = spine.free_tick
            elif what == "*x":
                if exchanged is None:
                    exchanged = len(after) - 1
                else:
                    after[exchanged], after[-1] = after[-1], after[exchanged]
                    exchanged = None
            elif what.startswith("**"):
                spine.track.kind = what.strip()
        if exchanged is not None:
            self._mended.append(f"line {number}: a *x without a partner was ignored")
        if len(after) > MAX_SPINES:
            raise self._error(number, f"more than {MAX_SPINES} spines")
        return tuple(after)

    def _join(self, joining: list[Spine], number: int) -> list[Spine]:
        """Return what neighbours with *v become: one spine for each track, or one of all where a track has but one."""
        groups = [list(group) for _, group in itertools.groupby(joining, key=lambda spine: spine.track.index)]
        if any(len(group) == 1 for group in groups):
            what = "joins nothing; ignored" if len(joining) == 1 else "joins spines of different parts"
            self._mended.append(f"line {number}: a *v {what}")
            groups = [joining]
        return [_joined(group) for group in groups]

    def _number_voices(self) -> None:
        counts: dict[int, int] = {}
        for spine in self._spines:
            spine.voice = counts[spine.track.index] = counts.get(spine.track.index, 0) + 1

    def _error(self, number: int, message: str, mend: str | None = None) -> MusicFileError:
        return MusicFileError(message, place=Place(self._source, number), mend=mend)


def _joined(group: list[Spine]) -> Spine:
    """Return the first of the spines, which goes on where the last of them ends."""
    latest = max(group, key=lambda spine: spine.free_tick)
    group[0].free_tick, group[0].sounding = latest.free_tick, latest.sounding
    return group[0]
