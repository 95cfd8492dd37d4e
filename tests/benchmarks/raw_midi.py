"""A MIDI file as its bare events say: notes, bars, and what is wrong with them.

What it is: a reader that shares no code with the writer or with the library's own reader, for benchmarks that judge
what was written. Nothing is mended: faults are counted. Made for files whose notes stand exactly on their ticks.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import mido

from composer.score import Bar, Note, Part, Score, sort_notes
from composer.theory.meter import TICKS_PER_QUARTER, Meter

SIXTY_FOURTH = TICKS_PER_QUARTER // 16


@dataclass(frozen=True)
class RawMidi:
    """What a file holds.

    Attributes:
        score: its notes, track by track as staves of one part, in bars by its time signatures.
        overlapping: notes that begin while their pitch sounds on their channel.
        unended: notes that never end, or ends without a beginning.
        off_grid: notes that do not begin and end on whole 64ths.
        markers: (tick, text).
    """

    score: Score
    overlapping: int
    unended: int
    off_grid: int
    markers: tuple[tuple[int, str], ...]

    @property
    def pitches(self) -> list[int]:
        """Of all notes."""
        return [note.pitch for _, note in self.score.notes()]


def read_raw(path: Path) -> RawMidi:
    """Read a file event by event."""
    midi = mido.MidiFile(path, charset="utf8")
    scale, rest = divmod(TICKS_PER_QUARTER, midi.ticks_per_beat)
    assert not rest, f"{path}: {midi.ticks_per_beat} ticks a quarter do not divide {TICKS_PER_QUARTER}"
    signatures: list[tuple[int, Meter]] = []
    markers: list[tuple[int, str]] = []
    notes: list[Note] = []
    overlapping = unended = end_tick = staff = 0
    for track in midi.tracks:
        tick, sounding, has_notes = 0, {}, False
        for message in track:
            tick += message.time * scale
            if message.type == "time_signature":
                signatures.append((tick, Meter(message.numerator, message.denominator)))
            elif message.type == "marker":
                markers.append((tick, message.text))
            elif message.type == "note_on" and message.velocity > 0:
                staff += not has_notes
                has_notes = True
                overlapping += (message.channel, message.note) in sounding
                sounding[message.channel, message.note] = tick
            elif message.type in ("note_off", "note_on"):
                onset = sounding.pop((message.channel, message.note), None)
                if onset is None or tick == onset:
                    unended += 1
                else:
                    notes.append(Note(onset, message.note, tick - onset, staff=min(2, max(1, staff))))
        unended += len(sounding)
        end_tick = max(end_tick, tick)
    off_grid = sum(note.onset_tick % SIXTY_FOURTH > 0 or note.end_tick % SIXTY_FOURTH > 0 for note in notes)
    bars = _bars(signatures, max([end_tick, *(note.end_tick for note in notes)]))
    score = Score((Part("Keyboard", sort_notes(notes), staves=2),), bars)
    return RawMidi(score, overlapping, unended, off_grid, tuple(markers))


def _bars(signatures: list[tuple[int, Meter]], end_tick: int) -> tuple[Bar, ...]:
    """Return the bars; a first signature of one bar before another longer one is an upbeat."""
    meter = max((meter for _, meter in signatures), key=lambda meter: meter.bar_ticks)
    bars: list[Bar] = []
    for (tick, found), (later, _) in zip(signatures, [*signatures[1:], (end_tick, meter)], strict=True):
        while tick <= later - SIXTY_FOURTH:  # some writers let a track end a tick after its last note
            is_upbeat = not bars and found != meter
            number = 0 if is_upbeat else (bars[-1].number + 1 if bars else 1)
            bars.append(Bar(number, tick, min(found.bar_ticks, later - tick), meter))
            tick += found.bar_ticks
    return tuple(bars)
