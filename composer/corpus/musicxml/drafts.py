"""What is read of a part before all parts together say how long its measures are: notes, signs and measures.

Conventions: times are ticks local to a measure; tied notes are still apart. Humdrum and ABC use the same drafts of
signs.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from composer.theory.meter import Meter
from composer.theory.pitch import Spelling


@dataclass(slots=True)
class NoteDraft:
    """A note as it stands in its measure; tied ones are still apart."""

    measure: int
    local_tick: int
    duration_tick: int
    pitch: int
    spelling: Spelling | None
    staff: int
    voice: int
    is_grace: bool
    tie_start: bool
    tie_stop: bool
    articulations: tuple[str, ...]
    slurs: tuple[tuple[str, str], ...] = ()  # (number, start | stop)


@dataclass(frozen=True, slots=True)
class EventDraft:
    """Something that is no note: key, tempo, dynamic, wedge, mark, repeat, ending."""

    measure: int
    local_tick: int
    kind: str
    value: Any
    text: str = ""


@dataclass(slots=True)
class MeasureDraft:
    """One measure of one part.

    Attributes:
        number: as printed.
        line: of the file, or None.
        meter: in force.
        length_tick: where the furthest voice ended; 0 where the measure is empty or holds only a whole-bar rest.
        is_divided: True where a repeat, a double bar or an ending closes it, or it is marked `implicit`.
        num_full: how many runs of notes (between backups) end where the furthest one does.
    """

    number: str
    line: int | None
    meter: Meter | None
    length_tick: int = 0
    is_divided: bool = False
    num_full: int = 0


@dataclass(slots=True)
class PartDraft:
    """One part of the document.

    Attributes:
        id, name, program: as in the document's list of parts.
        transpose, diatonic: semitones and steps from what is written to what sounds.
        staves: as the file states them, 1 where it does not.
        measures, notes, events: in the order of the file.
        left_out: what a Score has no place for, and how often it stands there.
    """

    id: str
    name: str = ""
    program: int = 0
    transpose: int = 0
    diatonic: int | None = None
    staves: int = 1
    measures: list[MeasureDraft] = field(default_factory=list)
    notes: list[NoteDraft] = field(default_factory=list)
    events: list[EventDraft] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
