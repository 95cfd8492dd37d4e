"""What a laid-out Score consists of: bars of voices of written chords and rests.

Conventions: ticks as in the Score. Each voice of a bar fills it from bar line to bar line.
"""

from __future__ import annotations

from dataclasses import dataclass

from composer.score import Bar, Note, Score
from composer.theory.key import Key
from composer.theory.pitch import Spelling


@dataclass(frozen=True)
class WrittenNote:
    """One note head.

    Attributes:
        note: the note that it belongs to.
        spelling: its letter, accidental and octave.
        tied_from, tied_to: it continues the head before it, or is continued.
        accidental: the sign in front of it in MusicXML's words, or "".
        is_cautionary: the sign only reminds.
    """

    note: Note
    spelling: Spelling
    tied_from: bool = False
    tied_to: bool = False
    accidental: str = ""
    is_cautionary: bool = False


@dataclass(frozen=True)
class Event:
    """A chord or a rest; one written value.

    Attributes:
        onset_tick, duration_tick: of a grace note the duration is 0.
        notes: lowest first; empty for a rest.
        kind, dots, ratio, tuplet_edges: as in `rhythm.Value`; a rest for a whole bar has kind "".
        beams: `begin`, `continue`, `end`, `forward hook`, `backward hook` for each beam, the eighths' first.
        articulations: of all its notes, each once; of a rest only `fermata`.
        slurs: (`start` or `stop`, number).
    """

    onset_tick: int
    duration_tick: int
    notes: tuple[WrittenNote, ...]
    kind: str
    dots: int = 0
    ratio: tuple[int, int] | None = None
    tuplet_edges: tuple[str, ...] = ()
    beams: tuple[str, ...] = ()
    articulations: tuple[str, ...] = ()
    slurs: tuple[tuple[str, int], ...] = ()

    @property
    def is_grace(self) -> bool:
        """Whether it takes no time of its own."""
        return bool(self.notes) and self.duration_tick == 0


@dataclass(frozen=True)
class VoiceBar:
    """One voice of one staff in one bar; `voice` counts from 1 in each staff."""

    staff: int
    voice: int
    events: tuple[Event, ...]


@dataclass(frozen=True)
class SheetBar:
    """One bar of one part.

    Attributes:
        bar: its place and meter.
        key: the key signature in force.
        voices: staff by staff.
    """

    bar: Bar
    key: Key
    voices: tuple[VoiceBar, ...]


@dataclass(frozen=True)
class Sheet:
    """A laid-out Score; `parts[index][bar]`."""

    score: Score
    parts: tuple[tuple[SheetBar, ...], ...]


@dataclass(frozen=True)
class Head:
    """A note head as it stands in a file, so that it is found again there.

    Attributes:
        part: index of its part in the Score.
        bar: index of its bar on the page; bars that a sign divides are two.
        onset_tick: where it stands; later than its note's onset where it is tied to the head before.
        note: the note that it belongs to.
    """

    part: int
    bar: int
    onset_tick: int
    note: Note
