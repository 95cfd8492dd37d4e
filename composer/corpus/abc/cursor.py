"""Where the music of an ABC voice is: its measures, the lines laid over each other in one, and the bar lines.

Conventions: bar lines that follow each other without music between them are one (`||` and `|:`); a measure begins with
the first and ends with the next that has music before it. What `&` lays over a bar is a layer of its own, with its own
accidentals and ties (ABC 2.1, 7.4).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from fractions import Fraction

from composer.corpus.abc.drafts import (
    MAX_MEASURE_QUARTERS,
    MAX_MEASURES,
    MAX_SIGNS,
    AbcMeasure,
    AbcNote,
    AbcReport,
    AbcVoiceDraft,
)
from composer.corpus.kern.tokens import Ticks, plain
from composer.corpus.musicxml.drafts import EventDraft
from composer.theory.meter import TICKS_PER_QUARTER, Meter

MAX_PASSES = 16  # of a repeat, inclusive
_MAX_LAYERS = 8
_MAX_MEASURE_TICKS = MAX_MEASURE_QUARTERS * TICKS_PER_QUARTER
_MAX_SIGNS = 16  # characters of bar lines that are kept


@dataclass(slots=True, eq=False)
class Layer:
    """A line of notes: the voice itself, or what `&` lays over it.

    Attributes:
        index: 0 for the voice itself.
        tick: where it is in the measure.
        accidentals: in force in this bar, by letter and octave (0 for all octaves).
        tied: notes that wait for their continuation.
        last: onset, length and notes of the last event in this bar.
        sounded: the last notes of all, where a slur ends.
    """

    index: int
    tick: Ticks = 0
    accidentals: dict[tuple[str, int], int] = field(default_factory=dict)
    tied: list[AbcNote] = field(default_factory=list)
    last: tuple[Ticks, Ticks, list[AbcNote]] | None = None
    sounded: list[AbcNote] = field(default_factory=list)


class Cursor:
    """The present place in a voice.

    Args:
        draft: takes measures and signs.
        meter: in force at its beginning.
        report: takes what was mended.
    """

    def __init__(self, draft: AbcVoiceDraft, meter: Meter | None, report: AbcReport) -> None:
        self.draft = draft
        self._report = report
        self._meter = meter
        self._measure = AbcMeasure(report.line, meter)
        draft.measures.append(self._measure)
        self._layers = [Layer(0)]
        self.layer = self._layers[0]
        self.has_content = False  # a note or rest in this measure
        self._has_ending = False  # a volta is open
        self._is_full_line = False  # the line of the file ended where the bar was full, without a bar line

    @property
    def measure(self) -> int:
        """Index of the present measure."""
        return len(self.draft.measures) - 1

    @property
    def has_music(self) -> bool:
        """True once a note or rest was read."""
        return self.has_content or self.measure > 0

    def add_event(self, kind: str, value: object, text: str = "") -> None:
        """Add a sign at the present place."""
        if len(self.draft.events) == MAX_SIGNS:
            raise self._report.error(f"more than {MAX_SIGNS:,} signs in one voice")
        self.draft.events.append(EventDraft(self.measure, round(self.layer.tick), kind, value, text))

    def add_jump(self, kind: str) -> None:
        """Add a da capo or the like to this bar; after its bar line it belongs to the one before."""
        measure = self.measure if self.has_content or kind in ("segno", "coda") else max(0, self.measure - 1)
        self.add_event("jump", (kind, ""))
        self.draft.events[-1] = replace(self.draft.events[-1], measure=measure)

    def set_meter(self, meter: Meter | None) -> None:
        """Change the meter, from the next bar on where this one has begun."""
        self._meter = meter
        if not self.has_content:
            self._measure.meter = meter

    def begin_event(self) -> None:
        """Make ready for a note or rest: where a line ended with a full bar, its bar line may be missing."""
        if self._is_full_line:
            self._is_full_line = False
            self._report.count("bar lines missing at the end of a line were set")
            self._end_measure("|")
        if not self.has_content:
            self._measure.line = self._report.line

    def end_line(self) -> None:
        """Say that a line of the file ends here."""
        self._is_full_line = (
            self.has_content
            and self.layer.index == 0
            and self._measure.meter is not None
            and self._measure.length_tick is not None
            and self.layer.tick == self._measure.meter.bar_ticks
        )

    def advance(self, length: Ticks, notes: list[AbcNote]) -> None:
        """Move on by an event's length."""
        layer = self.layer
        layer.last = (layer.tick, length, notes)
        self._move(layer, layer.tick + length)

    def stretch_last(self, factor: Fraction) -> None:
        """Multiply the length of the last event, which must be there."""
        layer = self.layer
        assert layer.last is not None
        onset, length, notes = layer.last
        for note in notes:
            note.duration_tick = plain(Fraction(note.duration_tick * factor))
        length = plain(Fraction(length * factor))
        layer.last = (onset, length, notes)
        self._move(layer, onset + length)

    def _move(self, layer: Layer, tick: Ticks) -> None:
        layer.tick = tick if isinstance(tick, int) else plain(tick)
        if layer.tick > _MAX_MEASURE_TICKS:
            raise self._report.error(f"a bar of more than {MAX_MEASURE_QUARTERS:,} quarters")
        if layer.tick:
            self.has_content = True
            if self._measure.length_tick is None:  # a rest for the bar, and a note in it
                self._measure.length_tick = 0

    def rest_bars(self, count: int) -> None:
        """Rest for whole bars, from a bar line on."""
        self.end_ties()
        for place in range(min(count, MAX_MEASURES + 1)):
            if place:
                self._end_measure("|")
            self.has_content = True
            self._measure.length_tick = None

    def overlay(self) -> None:
        """Go back to the beginning of the bar, with another line of notes."""
        self._is_full_line = False
        place = self.layer.index + 1
        if place == _MAX_LAYERS:
            raise self._report.error(f"more than {_MAX_LAYERS} lines of notes in one bar of a voice")
        if place == len(self._layers):
            self._layers.append(Layer(place))
        self.layer = self._layers[place]

    def bar(self, text: str) -> None:
        """Read a bar line with its repeat signs, and the numbers of an ending after it."""
        signs = text.rstrip("0123456789,-")
        passes = text[len(signs) :]
        signs = signs.lstrip(".")
        back, forward = len(signs) - len(signs.lstrip(":")), len(signs) - len(signs.rstrip(":"))
        if "|" not in signs:  # `::`
            back = forward = max(1, len(signs) // 2)
        self._end_measure(signs)
        is_double = not forward and signs != "[|]" and any(sign in signs for sign in ("||", "[", "]"))
        if self._has_ending and (back or forward or is_double or passes):
            self.add_event("ending", ("stop", ()))
            self._has_ending = False
        if back:
            self.end_ties("ties over a repeat sign; left out")
            self.add_event("repeat", ("backward", min(MAX_PASSES, back + 1)))
        elif is_double:
            self.add_event("double", None)
        if forward:
            self.add_event("repeat", ("forward", 2))
        if passes:
            self.begin_ending(passes)

    def begin_ending(self, text: str) -> None:
        """Begin an ending: `1`, `1,3`, `1-3`."""
        if self._has_ending:
            self.add_event("ending", ("stop", ()))
        numbers: set[int] = set()
        for first, last in re.findall(r"(\d{1,4})(?:-(\d{1,4}))?", text):
            low, high = (min(MAX_PASSES, int(number)) for number in (first, last or first))
            numbers.update(range(max(1, low), high + 1))
        self.add_event("ending", ("start", tuple(sorted(numbers)) or (1,)))
        self._has_ending = True

    def end_ties(self, what: str = "ties that lead to no note of their pitch") -> None:
        """Give up the ties that wait."""
        for layer in self._layers:
            if layer.tied:
                self._report.count(what, len(layer.tied))
                layer.tied = []

    def finish(self) -> None:
        """Close the last measure."""
        self.end_ties()
        if self.has_content:
            self._measure.length_tick = self._length()
        else:
            self.draft.measures.pop()
            last = len(self.draft.measures) - 1
            loose = [one for one in self.draft.events if one.kind == "jump" and one.measure > last]
            if loose:
                self._report.count("signs of a segno or coda after the last bar; left out", len(loose))
                self.draft.events = [one for one in self.draft.events if one not in loose]

    def _end_measure(self, signs: str) -> None:
        self._is_full_line = False
        measures = self.draft.measures
        if self.has_content:
            self._measure.length_tick = self._length()
            self._measure.closing = signs
            if len(measures) == MAX_MEASURES:
                raise self._report.error(f"more than {MAX_MEASURES:,} bars")
            self._measure = AbcMeasure(self._report.line, self._meter, opening=signs)
            measures.append(self._measure)
            self.has_content = False
        else:
            self._measure.opening = (self._measure.opening + signs)[:_MAX_SIGNS]
            if len(measures) > 1:
                measures[-2].closing = self._measure.opening
        for layer in self._layers:
            layer.tick, layer.last = 0, None
            layer.accidentals.clear()
        self.layer = self._layers[0]

    def _length(self) -> Ticks | None:
        longest = max(layer.tick for layer in self._layers)
        return longest if longest or self._measure.length_tick is not None else None
