"""A MIDI file played anew: its tracks and events stay, its notes get other times and velocities, its tempo another map.

What it is: `performed_file_bytes` takes a file's bytes and writes a performance of its Score back into them. Tracks,
names, channels, programs, controllers, texts, lyrics and markers stay as they are; drums keep their places and
velocities and follow the tempo. Only these change: the tempo events are those of the performance, each note sounds
when, as long and as loud as it was played, and the tracks of a piano get its pedal where the file has none. A note
without a place in the Score keeps its own. A piece that stands beside its grid as a whole is moved onto it. A text says
who has played, and which tempi were marked.

Conventions: `file_tick` counts ticks of the file that is read, `midi_tick` those of the file that is written: whole
times finer, so that a few milliseconds can be told. A deadpan performance (expression 0) leaves velocities as they
are.

Contents: `performed_file_bytes`.
"""

from __future__ import annotations

import io
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from composer.corpus.midi.links import DRUM_CHANNEL, MARKED_TEXT, MAX_MARKS, PERFORMED_TEXT, MidiLinks
from composer.export.midi import DAMPER_PEDAL, performer_lines, performer_words
from composer.export.midi_clock import MIDI_TICKS_PER_QUARTER, MidiClock, MidiGrid, make_clock
from composer.performance import Performance, PlayedNote
from composer.score import Note

_OWN_LINES = (
    "player: ",
    "notes: as written",
    "tempo: not marked",
    PERFORMED_TEXT,
    MARKED_TEXT,
)  # of an earlier performance
_BANK_SELECT = (0, 32)  # controller numbers


@dataclass
class _Stroke:
    """A note of the file; MIDI ticks of the file that is written."""

    was_start: int
    start: int
    end: int
    velocity: int
    channel: int
    pitch: int


@dataclass
class _Track:
    """The events of a track that are no notes, and its notes."""

    others: list[tuple[int, Any]] = field(default_factory=list)
    strokes: list[_Stroke] = field(default_factory=list)
    end_tick: int = 0


def performed_file_bytes(data: bytes, links: MidiLinks, performance: Performance) -> bytes | None:
    """Return a file with the performance written into it; None where the file is too damaged to be kept as it is.

    Args:
        data: the file that was read.
        links: which of its notes are which of the Score's.
        performance: of that Score.
    """
    midi = None if links.is_damaged else _parsed(data)
    if midi is None or midi.ticks_per_beat != links.quarter_ticks:
        return None
    fine = -(-MIDI_TICKS_PER_QUARTER // midi.ticks_per_beat)
    clock = make_clock(performance, MidiGrid(fine * midi.ticks_per_beat))
    rows = {_identity(note.part, note.note): note for note in performance.notes}
    played = _Played(links, performance, clock, fine, rows)
    tracks = [_track_of(messages, index, played) for index, messages in enumerate(midi.tracks)]
    if performance.expression:
        _add_pedal(tracks, played)
    tracks[0].others += [*_told(performance, clock, is_own=_is_own(midi)), *played.tempo_events()]
    written = _new_file(midi.type, fine * midi.ticks_per_beat, tracks)
    out = io.BytesIO()
    written.save(file=out)
    return out.getvalue()


def _parsed(data: bytes) -> Any:
    """Return the file as mido has it, or None where mido cannot read it."""
    import mido

    begin = max(data.find(b"MThd"), 0)  # RIFF and MacBinary put something before the header
    try:
        return mido.MidiFile(file=io.BytesIO(data[begin:]), charset="latin-1", clip=True)
    except (OSError, EOFError, ValueError, LookupError, TypeError):  # whatever a stranger's event makes of its decoder
        return None


def _is_own(midi: Any) -> bool:
    return any(m.type == "text" and m.text.startswith("player: ") for track in midi.tracks for m in track)


# ---------------------------------------------------------------- reading


@dataclass(frozen=True)
class _Played:
    """A performance, to be asked for by the notes of the file.

    Attributes:
        links, performance: as they are handed in.
        clock: of the file that is written, without its shift.
        fine: its ticks in one of the file that is read.
        rows: the played notes by part, onset, pitch, and whether they are graces.
    """

    links: MidiLinks
    performance: Performance
    clock: MidiClock
    fine: int
    rows: Mapping[tuple[int, int, int, bool], PlayedNote]

    def place(self, file_tick: int) -> int:
        """Return the MIDI tick of what is no played note; a piece that stood beside its grid is moved onto it."""
        return max(self.fine * (file_tick - self.links.shift_tick), 0)

    def stroke(self, track: int, channel: int, pitch: int, *, start: int, end: int, velocity: int) -> _Stroke:
        """Return how a note of the file (in its own ticks) is played."""
        was_start = self.place(start)
        found = self.links.note_of.get((track, channel, start, pitch))
        played = self.rows.get(_identity(*found)) if found else None
        if played is None or channel == DRUM_CHANNEL:
            return _Stroke(was_start, was_start, max(self.place(end), was_start + 1), velocity, channel, pitch)
        begins = self.clock.midi_tick_at(played.onset_sec)
        ends = self.clock.midi_tick_at(played.onset_sec + played.duration_sec)
        loud = played.velocity if self.performance.expression else velocity
        return _Stroke(was_start, begins, max(ends, begins + 1), loud, channel, pitch)

    def tempo_events(self) -> list[tuple[int, Any]]:
        """Return the tempo map."""
        import mido

        rows = zip(self.clock.midi_ticks, self.clock.tempos_usec, strict=True)
        return [(tick, mido.MetaMessage("set_tempo", tempo=usec)) for tick, usec in rows]


def _identity(part: int, note: Note) -> tuple[int, int, int, bool]:
    return part, note.onset_tick, note.pitch, note.is_grace


def _track_of(messages: Sequence[Any], index: int, played: _Played) -> _Track:
    track = _Track()
    sounding: dict[tuple[int, int], deque[tuple[int, int]]] = defaultdict(deque)
    file_tick = 0

    def end(channel: int, pitch: int) -> None:
        # The first note-off ends the note that has sounded longest, as the reader has it.
        start, velocity = sounding[channel, pitch].popleft()
        track.strokes.append(played.stroke(index, channel, pitch, start=start, end=file_tick, velocity=velocity))

    for message in messages:
        file_tick += message.time
        if message.type == "note_on" and message.velocity > 0:
            sounding[message.channel, message.note].append((file_tick, message.velocity))
        elif message.type in ("note_on", "note_off"):
            if sounding[message.channel, message.note]:
                end(message.channel, message.note)
        elif message.type not in ("set_tempo", "end_of_track") and not _is_old_line(message):
            track.others.append((played.place(file_tick), message))
    for (channel, pitch), open_notes in sounding.items():
        for _ in range(len(open_notes)):
            end(channel, pitch)
    track.end_tick = played.place(file_tick)
    _let_go_in_time(track.strokes)
    _sounds_before_notes(track)
    return track


def _is_old_line(message: Any) -> bool:
    return bool(message.type == "text" and message.text.startswith(_OWN_LINES))


def _let_go_in_time(strokes: Sequence[_Stroke]) -> None:
    """End each note where its key is struck again, unless the file itself holds it over."""
    keys: dict[tuple[int, int], list[_Stroke]] = defaultdict(list)
    for stroke in sorted(strokes, key=lambda one: (one.was_start, one.start)):
        keys[stroke.channel, stroke.pitch].append(stroke)
    for row in keys.values():
        for one, other in pairwise(row):
            if one.start < other.start:
                one.end = min(one.end, other.start)


def _sounds_before_notes(track: _Track) -> None:
    """Put a change of program or bank before the notes that were after it, should one of them come early."""
    for place, (tick, message) in enumerate(track.others):
        is_sound = message.type == "program_change" or (
            message.type == "control_change" and message.control in _BANK_SELECT
        )
        if is_sound:
            after = [s.start for s in track.strokes if s.channel == message.channel and s.was_start >= tick]
            track.others[place] = (min([tick, *after]), message)


# ---------------------------------------------------------------- writing


def _add_pedal(tracks: Sequence[_Track], played: _Played) -> None:
    """Give each piano line the pedal of its part, once a channel, unless the file has a pedal there."""
    import mido

    pedalled = {
        message.channel
        for track in tracks
        for _, message in track.others
        if message.type == "control_change" and message.control == DAMPER_PEDAL
    }
    for (track, channel), part in sorted(played.links.part_of.items()):
        if channel in pedalled:
            continue
        pedalled.add(channel)
        for event in played.performance.pedal:
            if event.part == part:
                value = 127 if event.is_down else 0
                tick = played.clock.midi_tick_at(event.time_sec)
                message = mido.Message("control_change", channel=channel, control=DAMPER_PEDAL, value=value)
                tracks[track].others.append((tick, message))


def _told(performance: Performance, clock: MidiClock, *, is_own: bool) -> list[tuple[int, Any]]:
    """Return the lines that say who has played; a file of another program is not said to be one of this program's."""
    import mido

    lines = performer_lines(performance, clock) if is_own else []
    if not is_own and performance.expression:
        marks = ", ".join(f"{mark.beat_bpm:.6g} at {mark.tick}" for mark in performance.score.tempos[:MAX_MARKS])
        lines = [f"{PERFORMED_TEXT}{performer_words(performance)}", *([f"{MARKED_TEXT}{marks}"] if marks else [])]
    return [(0, mido.MetaMessage("text", text=line.encode().decode("latin-1"))) for line in lines]


def _new_file(kind: int, ticks_per_beat: int, tracks: Sequence[_Track]) -> Any:
    import mido

    midi = mido.MidiFile(type=kind, ticks_per_beat=ticks_per_beat, charset="latin-1")
    for track in tracks:
        rows: list[tuple[int, int, Any]] = [(tick, 1, message) for tick, message in track.others]
        for stroke in track.strokes:
            key = {"channel": stroke.channel, "note": stroke.pitch}
            rows.append((stroke.end, 0, mido.Message("note_off", velocity=64, **key)))
            rows.append((stroke.start, 2, mido.Message("note_on", velocity=stroke.velocity, **key)))
        rows.sort(key=lambda row: row[:2])
        end_tick = max([track.end_tick, *(tick for tick, *_ in rows)])
        rows.append((end_tick, 3, mido.MetaMessage("end_of_track")))
        before, written = 0, mido.MidiTrack()
        for tick, _, message in rows:
            written.append(message.copy(time=tick - before))
            before = tick
        midi.tracks.append(written)
    return midi
