"""The Score: exact notes in bars; what the sheet shows.

Conventions: all times are integer ticks from the start of the piece, `TICKS_PER_QUARTER` (10,080) a quarter. Notes hold
no jitter and no velocity; how they are played is the performer's affair (`performance.py`). A tied note is one note
with its whole length; writers cut it at the bar. Everything is frozen and sorted; `dataclasses.replace` makes changed
copies.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from composer.theory.key import Key
from composer.theory.meter import Meter
from composer.theory.pitch import Spelling

LOWEST_PITCH = 0  # MIDI, inclusive
HIGHEST_PITCH = 127  # MIDI, inclusive
UPPER_STAFF = 1  # the right hand
LOWER_STAFF = 2  # the left hand


@dataclass(frozen=True, order=True)
class Note:
    """One note.

    Attributes:
        onset_tick: when it begins, >= 0.
        pitch: MIDI number 0..127.
        duration_tick: its whole written length, > 0; 0 only for a grace note.
        staff: 1 the only or upper staff of its part, 2 the lower one.
        voice: 1.. within its staff; 1 is the uppermost.
        spelling: as written, or None to be spelled by the key.
        is_grace: played before its time, without length of its own.
        articulations: `staccato`, `tenuto`, `accent`, `fermata`, `trill`, `mordent`, `turn` …; on a grace note
            `appoggiatura` where it has no stroke.
    """

    onset_tick: int
    pitch: int
    duration_tick: int
    staff: int = UPPER_STAFF
    voice: int = 1
    spelling: Spelling | None = field(default=None, compare=False)
    is_grace: bool = False
    articulations: tuple[str, ...] = ()

    @property
    def end_tick(self) -> int:
        """The tick at which it no longer sounds."""
        return self.onset_tick + self.duration_tick


@dataclass(frozen=True)
class Part:
    """One player's notes: a keyboard with two staves, or a voice.

    Attributes:
        name: `Piano`, `Soprano` …
        notes: sorted by onset, then pitch; grace notes first, in the order in which they are played.
        program: General MIDI program, 0..127.
        staves: 1 or 2.
    """

    name: str
    notes: tuple[Note, ...]
    program: int = 0
    staves: int = 1


@dataclass(frozen=True)
class Bar:
    """One bar of the score.

    Attributes:
        number: as a musician counts: a pickup is 0, the first whole bar 1.
        onset_tick: where it begins.
        duration_tick: how long it is; shorter than the meter in a pickup.
        meter: the time signature in force.
    """

    number: int
    onset_tick: int
    duration_tick: int
    meter: Meter

    @property
    def end_tick(self) -> int:
        """The onset of the next bar."""
        return self.onset_tick + self.duration_tick

    @property
    def lead_tick(self) -> int:
        """Ticks that are missing at the front, so that `place in the meter = tick - onset_tick + lead_tick`."""
        return self.meter.bar_ticks - self.duration_tick if self.number == 0 else 0


@dataclass(frozen=True)
class TempoMark:
    """A tempo from a tick on.

    Attributes:
        tick: where.
        beat_bpm: beats a minute; the beat is the meter's (a dotted quarter in 6/8).
        text: `Allegro`, or empty.
    """

    tick: int
    beat_bpm: float
    text: str = ""


@dataclass(frozen=True)
class Dynamic:
    """A dynamic level from a tick on, or a hairpin over a span.

    Attributes:
        tick: where.
        level: `ppp` … `fff`; for a hairpin `cresc` or `dim`.
        end_tick: where a hairpin ends; None for a level.
    """

    tick: int
    level: str
    end_tick: int | None = None


@dataclass(frozen=True)
class Mark:
    """A rehearsal mark: the label of a section where it begins."""

    tick: int
    text: str


@dataclass(frozen=True)
class Slur:
    """A slur over the notes of one voice, from the onset of its first to the onset of its last note.

    Where both are the same tick, it leads from a grace note to its main note.
    """

    onset_tick: int
    end_tick: int
    part: int = 0
    staff: int = UPPER_STAFF
    voice: int = 1


@dataclass(frozen=True)
class Repeat:
    """A repeated passage, in written bars.

    Attributes:
        start_tick, end_tick: the passage.
        times: how often it is played, 2 or more.
        endings: (start_tick, end_tick, passes) of each volta.
    """

    start_tick: int
    end_tick: int
    times: int = 2
    endings: tuple[tuple[int, int, tuple[int, ...]], ...] = ()


@dataclass(frozen=True)
class Score:
    """A piece as written.

    Attributes:
        parts: one or more.
        bars: without gaps, from tick 0 on.
        keys: (tick, key) of each key signature, sorted; the first at 0.
        tempos, dynamics, marks, slurs, repeats, fermata_ticks: sorted by tick.
        title, composer: as printed on the sheet.
        credits: lines for the small print (seed, plan, versions).
    """

    parts: tuple[Part, ...]
    bars: tuple[Bar, ...]
    keys: tuple[tuple[int, Key], ...] = ()
    tempos: tuple[TempoMark, ...] = ()
    dynamics: tuple[Dynamic, ...] = ()
    marks: tuple[Mark, ...] = ()
    slurs: tuple[Slur, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    fermata_ticks: tuple[int, ...] = ()
    title: str = ""
    composer: str = ""
    credits: tuple[str, ...] = ()

    @cached_property
    def end_tick(self) -> int:
        """The end of the last bar."""
        return self.bars[-1].end_tick if self.bars else 0

    @cached_property
    def _bar_onsets(self) -> list[int]:
        return [bar.onset_tick for bar in self.bars]

    def bar_index_at(self, tick: int) -> int:
        """Return the index in `bars` of the bar that holds `tick` (the last one for later ticks)."""
        return max(0, bisect.bisect_right(self._bar_onsets, tick) - 1)

    def bar_at(self, tick: int) -> Bar:
        """Return the bar that holds `tick`."""
        return self.bars[self.bar_index_at(tick)]

    def meter_at(self, tick: int) -> Meter:
        """Return the meter in force at `tick`."""
        return self.bar_at(tick).meter

    def key_at(self, tick: int) -> Key | None:
        """Return the key signature in force at `tick`, or None when the score states none."""
        found = None
        for start, key in self.keys:
            if start > tick:
                break
            found = key
        return found

    def strength_at(self, tick: int) -> int:
        """Return the metrical strength at `tick`, as `Meter.strength`."""
        bar = self.bar_at(tick)
        return bar.meter.strength((tick - bar.onset_tick + bar.lead_tick) % bar.meter.bar_ticks)

    def notes(self) -> Iterator[tuple[int, Note]]:
        """Yield (part index, note) of all parts, sorted by onset, then pitch; grace notes first, in their order."""
        tagged = ((index, note) for index, part in enumerate(self.parts) for note in part.notes)
        yield from sorted(tagged, key=lambda row: (*_order(row[1]), row[0]))


def sort_notes(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Return the notes in a Part's order; grace notes of one onset keep the order in which they come."""
    return tuple(sorted(notes, key=lambda note: (*_order(note), note.duration_tick, note.staff, note.voice)))


def _order(note: Note) -> tuple[int, bool, int]:
    return (note.onset_tick, not note.is_grace, 0 if note.is_grace else note.pitch)


def make_bars(meter: Meter, count: int, *, pickup_tick: int = 0) -> tuple[Bar, ...]:
    """Return `count` whole bars of one meter, after a pickup bar (number 0) when `pickup_tick` > 0."""
    bars = [Bar(0, 0, pickup_tick, meter)] if pickup_tick else []
    for index in range(count):
        bars.append(Bar(index + 1, pickup_tick + index * meter.bar_ticks, meter.bar_ticks, meter))
    return tuple(bars)
