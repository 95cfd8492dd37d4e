"""Where a MusicXML reader stands in a part: its place in the measure, and how it complains.

What it is: the cursor logic of MusicXML (`duration` moves on, `backup` and `forward` jump), numbers within bounds, and
errors with their line and bar.
"""

from __future__ import annotations

import math

from composer.corpus.musicxml.drafts import PartDraft
from composer.corpus.musicxml.xmlfile import Element, XmlTree
from composer.errors import MusicFileError
from composer.theory.meter import TICKS_PER_QUARTER

MAX_MEASURE_QUARTERS = 512  # inclusive; longer ones are a mistake or an attack


class Cursor:
    """A place in a part.

    Args:
        draft: what has been read.
        tree: for the places of errors.
        mended: takes a line for each thing that was mended.

    Attributes:
        divisions: of a quarter, in force.
        base_tick: where they began, in this measure.
        place: in divisions after that.
    """

    def __init__(self, draft: PartDraft, tree: XmlTree, mended: list[str]) -> None:
        self.draft = draft
        self.mended = mended
        self.divisions = 1.0
        self.base_tick = 0
        self.place = 0.0
        self._tree = tree

    @property
    def tick(self) -> int:
        """The tick in this measure."""
        return self.base_tick + round(self.place * TICKS_PER_QUARTER / self.divisions)

    def offset_tick(self, element: Element) -> int:
        """Return where a direction stands: here, or beside it by its offset."""
        offset = element.find("offset")
        if offset is None:
            return self.tick
        return max(0, self.tick + round(self.number(offset, -1e6, 1e6) * TICKS_PER_QUARTER / self.divisions))

    def move(self, element: Element, sign: float) -> None:
        """Follow a `backup` (sign -1) or a `forward` (+1)."""
        duration = element.find("duration")
        if duration is None:
            raise self.error(element, f"<{element.tag}> without <duration>")
        self.place += sign * self.number(duration, 0, MAX_MEASURE_QUARTERS * self.divisions)
        if self.tick < 0:
            self.mended.append(f"{self.bar}: a <backup> before the bar's beginning was cut")
            self.base_tick, self.place = 0, 0.0
        self.check_measure(element)

    def check_measure(self, element: Element) -> None:
        """Refuse a measure beyond all music."""
        if self.tick > MAX_MEASURE_QUARTERS * TICKS_PER_QUARTER:
            raise self.error(element, f"a bar of more than {MAX_MEASURE_QUARTERS} quarters")

    @property
    def bar(self) -> str:
        """The measure, as a line of `mended` begins."""
        return f"bar {self.draft.measures[-1].number}"

    def leave_out(self, what: str) -> None:
        """Count something that a Score has no place for."""
        self.draft.left_out[what] += 1

    def number(self, element: Element, low: float, high: float) -> float:
        """Return an element's text as a number within bounds, both inclusive."""
        text = (element.text or "").strip()
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (low <= value <= high):  # also false for NaN
            shown = f"<{element.tag}>{text[:20]}</{element.tag}>"
            raise self.error(element, f"{shown} is not a number from {low:g} to {high:g}")
        return value

    def whole(self, text: str, element: Element, low: int, high: int) -> int:
        """Return a text as a whole number within bounds, both inclusive."""
        text = text.strip()
        value = int(text) if text.isdecimal() and len(text) < 6 else -1
        if not low <= value <= high:
            raise self.error(element, f"<{element.tag}>{text[:20]}</{element.tag}> is not from {low} to {high}")
        return value

    def error(self, element: Element, message: str) -> MusicFileError:
        """Return an error with the element's line and bar."""
        place = self._tree.place(element)
        if place.line is None and self.draft.measures:
            place = type(place)(place.source, self.draft.measures[-1].line)
        detail = self.bar if self.draft.measures else None
        return MusicFileError(message, place=type(place)(place.source, place.line, None, detail))
