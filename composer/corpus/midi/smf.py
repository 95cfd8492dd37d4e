"""Standard MIDI files, bytes to events, in linear time; damage is salvaged and listed, or refused with its byte.

What it is: chunks, variable-length numbers, running status, meta events, and the pairing of note-ons with note-offs. No
musical judgement is made here (`reader.py` does that).

Conventions: times are ticks of the file. Caps keep hostile files small: notes, tracks, length. The first note-off ends
the note that has sounded longest on its pitch and channel.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TypeVar

from composer.errors import MusicFileError, Place

T = TypeVar("T")
MAX_MIDI_BYTES = 32 * 2**20  # inclusive
MAX_NOTES = 80_000  # of a file; the longest of our corpora has 12,000
MAX_EVENTS = 1_200_000  # of a file
MAX_TRACKS = 1_000  # chunks that are read; further ones are listed
MAX_QUARTERS = 30_000  # of a piece: four hours at 120
MAX_WARNINGS = 50
MAX_SIGNS = 40_000  # of one kind: tempos, meters, keys, markers
SHORTEST_QUARTER_USEC = 60_000  # 1,000 quarters a minute
MAX_TEXTS = 200
_HEADER_SEARCH_BYTES = 4_096  # RIFF and MacBinary put something before the header
_SYSTEM_DATA = {0xF1: 1, 0xF2: 2, 0xF3: 1}  # bytes after a system message that has no business in a file


@dataclass(slots=True)
class RawNote:
    """A note in file ticks; `end_tick` is -1 while it sounds."""

    onset_tick: int
    end_tick: int
    pitch: int
    velocity: int
    channel: int


@dataclass(slots=True)
class SmfTrack:
    """One track.

    Attributes:
        name: as written (UTF-8, else Latin-1).
        notes: in the order of their beginnings.
        programs: (channel -> the first program).
        end_tick: of its last event.
    """

    name: str = ""
    notes: list[RawNote] = field(default_factory=list)
    programs: dict[int, int] = field(default_factory=dict)
    end_tick: int = 0


@dataclass(slots=True)
class Smf:
    """A file.

    Attributes:
        kind: 0 or 1.
        quarter_ticks: file ticks a quarter.
        tracks: all, those without notes too.
        meters: (tick, upper, lower).
        keys: (tick, sharps, is minor).
        tempos: (tick, microseconds a quarter).
        markers: (tick, text).
        copyrights: copyright notices.
        texts: what text events say, at most `MAX_TEXTS` of them.
        text_ticks: where each stands.
        warnings: what was damaged, with its byte.
        num_events: read so far.
    """

    kind: int
    quarter_ticks: float
    tracks: list[SmfTrack] = field(default_factory=list)
    meters: list[tuple[int, int, int]] = field(default_factory=list)
    keys: list[tuple[int, int, bool]] = field(default_factory=list)
    tempos: list[tuple[int, int]] = field(default_factory=list)
    markers: list[tuple[int, str]] = field(default_factory=list)
    copyrights: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    text_ticks: list[int] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    num_events: int = 0

    def warn(self, byte: int, message: str) -> None:
        """Note down damage; beyond `MAX_WARNINGS` only that there is more."""
        if len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(f"byte {byte}: {message}")
        elif len(self.warnings) == MAX_WARNINGS:
            self.warnings.append("and more of the same")


class _DamageError(Exception):
    """The rest of a track cannot be read."""

    def __init__(self, byte: int, message: str) -> None:
        super().__init__(message)
        self.byte = byte
        self.message = message


def parse_smf(data: bytes, source: str) -> Smf:
    """Read a Standard MIDI File of type 0 or 1.

    Raises:
        MusicFileError: no header, type 2, no ticks a quarter, too many notes, or no note at all; with the byte.
    """
    if len(data) > MAX_MIDI_BYTES:
        raise MusicFileError(f"{len(data):,} bytes are more than the limit of {MAX_MIDI_BYTES:,}", place=Place(source))
    at = data.find(b"MThd", 0, _HEADER_SEARCH_BYTES)
    if at < 0:
        raise _error(source, 0, "no MIDI header (MThd) here")
    if at + 14 > len(data):
        raise _error(source, len(data), "the file ends in the middle of its header")
    header_length = int.from_bytes(data[at + 4 : at + 8], "big")
    kind, count, division = (int.from_bytes(data[at + i : at + i + 2], "big") for i in (8, 10, 12))
    if kind == 2:
        raise _error(source, at + 8, "type 2 (several songs in one file) is not read", "split it into files of type 1")
    if division == 0:
        raise _error(source, at + 12, "0 ticks a quarter", "these two bytes say how many; 480 is usual")
    smf = Smf(kind, float(division))
    leads = data.startswith(b"MTrk")
    if leads:
        smf.warn(at, "the header stands behind a track")
    elif at:
        smf.warn(0, f"{at} bytes before the header were skipped")
    if kind > 2:
        smf.warn(at + 8, f"type {kind} is unknown; read as type 1")
    if division & 0x8000:
        # SMPTE: ticks a second; a quarter is taken as half a second.
        frames = {24: 24.0, 25: 25.0, 29: 29.97, 30: 30.0}.get(256 - (division >> 8))
        ticks = division & 0xFF
        if frames is None or ticks == 0:
            found = f"{256 - (division >> 8)} frames a second of {ticks} ticks"
            raise _error(source, at + 12, f"a time code that does not exist: {found}", "24, 25, 29 or 30 frames")
        smf.quarter_ticks = frames * ticks / 2
        smf.warn(at + 12, "timed by time code, not by beats; read at 120 quarters a minute")
    start = at + 8 + header_length
    if header_length < 6 or start > len(data):
        smf.warn(at + 4, f"a header of {header_length} bytes; read as 6")
        start = at + 14
    if leads:
        start = 0
    _read_chunks(data, start, count, smf)
    if not any(track.notes for track in smf.tracks):
        where, why = (len(data), "no note could be read") if smf.warnings else (at, "there is no note in this file")
        damage = f"; {smf.warnings[0]}" if smf.warnings else ""
        raise _error(source, where, why + damage)
    if sum(len(track.notes) for track in smf.tracks) > MAX_NOTES:
        raise _error(source, len(data), f"more than {MAX_NOTES:,} notes")
    return smf


def _read_chunks(data: bytes, start: int, count: int, smf: Smf) -> None:
    position = start
    num_notes = 0
    while position + 8 <= len(data):
        name = data[position : position + 4]
        length = int.from_bytes(data[position + 4 : position + 8], "big")
        if name == b"MTrk":
            if len(smf.tracks) == MAX_TRACKS:
                smf.warn(position, f"more than {MAX_TRACKS} tracks; the rest was left out")
                return
            end = position + 8 + length
            if end > len(data):
                smf.warn(position + 4, f"a track of {length:,} bytes, of which {len(data) - position - 8:,} are there")
                following = data.find(b"MTrk", position + 8)
                end = following if following >= 0 else len(data)
            elif end < len(data) and not _is_chunk(data, end) and data[end - 3 : end] != b"\xff\x2f\0":
                following = data.find(b"MTrk", position + 8)
                end = following if following >= 0 else len(data)
                smf.warn(position + 4, f"a track of {length:,} bytes goes on after them; read to the next")
            track = _read_track(data, position + 8, min(end, len(data)), smf)
            smf.tracks.append(track)
            num_notes += len(track.notes)
            if num_notes > MAX_NOTES:
                return
            position = end
        else:
            following = data.find(b"MTrk", position)
            if following < 0:
                if name != b"MThd":
                    smf.warn(position, "bytes after the last track were skipped")
                break
            if not (name.isalnum() and position + 8 + length == following) and name != b"MThd":
                smf.warn(position, "bytes that are no track were skipped")
            position = following
    if smf.kind != 0 and count != len(smf.tracks):
        smf.warn(start, f"the header promises {count} tracks, the file has {len(smf.tracks)}")


def _is_chunk(data: bytes, at: int) -> bool:
    """True where something that can be a chunk begins: four letters and a length that fits."""
    return data[at : at + 4].isalpha() and at + 8 + int.from_bytes(data[at + 4 : at + 8], "big") <= len(data)


def _read_track(data: bytes, start: int, end: int, smf: Smf) -> SmfTrack:
    track = SmfTrack()
    sounding: dict[tuple[int, int], deque[RawNote]] = {}
    reader = _TrackReader(data, start, end, smf, track, sounding)
    try:
        reader.read()
    except _DamageError as damage:
        smf.warn(damage.byte, damage.message)
    track.end_tick = reader.tick
    hanging = 0
    onsets: dict[tuple[int, int], list[int]] = {}
    for note in reversed(track.notes):
        later = onsets.setdefault((note.channel, note.pitch), [])
        if note.end_tick < 0:
            # Nobody ends it: it lasts until its pitch is struck again or the track ends (a quarter if that is at once).
            note.end_tick = next((tick for tick in reversed(later[-64:]) if tick > note.onset_tick), track.end_tick)
            if note.end_tick == note.onset_tick:
                note.end_tick += max(1, round(smf.quarter_ticks))
            hanging += 1
        later.append(note.onset_tick)
    if hanging:
        smf.warn(end, f"{hanging} notes of a track are never ended; they were ended at the next stroke or the end")
    empty = sum(note.end_tick <= note.onset_tick for note in track.notes)
    if empty:
        track.notes = [note for note in track.notes if note.end_tick > note.onset_tick]
        smf.warn(start, f"{empty} notes without length were left out")
    if reader.orphans:
        smf.warn(start, f"{reader.orphans} note-offs without a note")
    return track


class _TrackReader:
    """The event loop of one track."""

    def __init__(
        self,
        data: bytes,
        start: int,
        end: int,
        smf: Smf,
        track: SmfTrack,
        sounding: dict[tuple[int, int], deque[RawNote]],
    ) -> None:
        self.data, self.at, self.end = data, start, end
        self.smf, self.track, self.sounding = smf, track, sounding
        self.tick = 0
        self.orphans = 0
        self._status = 0  # of the last channel message; 0 before the first
        self._max_tick = int(MAX_QUARTERS * smf.quarter_ticks)

    def read(self) -> None:
        while self.at < self.end:
            here = self.at
            self.smf.num_events += 1
            if self.smf.num_events > MAX_EVENTS:
                raise _DamageError(here, f"more than {MAX_EVENTS:,} events; the rest of the file was left out")
            tick = self.tick + self._variable_length()
            if tick > self._max_tick:
                raise _DamageError(here, f"a time beyond {MAX_QUARTERS:,} quarters; the rest of the track was left out")
            self.tick = tick
            if self._event():
                if self.at < self.end:
                    self.smf.warn(self.at, "events after the end mark of a track were left out")
                return
        self.smf.warn(self.end, "a track without an end mark")

    def _event(self) -> bool:
        """Read an event behind its time; return True for the end mark."""
        if self.at >= self.end:
            raise _DamageError(self.at, "the track ends in the middle of an event")
        first = self.data[self.at]
        if first < 0x80 and self._status == 0:
            found = next((place for place in range(self.at, self.end) if self.data[place] >= 0x80), self.end)
            self.smf.warn(self.at, f"data without a status; {found - self.at} bytes were skipped")
            self.at = found
            return found < self.end and self._event()
        if first < 0xF0:
            if first >= 0x80:
                self._status = first
                self.at += 1
            self._channel_message(self._status)
            return False
        # Running status is not cleared: writers that go on after a meta event mean the last channel message.
        self.at += 1
        if first == 0xFF:
            return self._meta()
        if first in (0xF0, 0xF7):
            self._skip(self._variable_length(), "a system message")
        else:
            self.smf.warn(self.at - 1, f"a system message {first:#04x} was skipped")
            for _ in range(_SYSTEM_DATA.get(first, 0)):
                self.at += self.at < self.end and self.data[self.at] < 0x80
        return False

    def _channel_message(self, status: int) -> None:
        data, here = self.data, self.at
        kind, channel = status & 0xF0, status & 0x0F
        size = 1 if kind in (0xC0, 0xD0) else 2
        if here + size > self.end:
            raise _DamageError(here, "the track ends in the middle of an event")
        first = data[here]
        second = data[here + size - 1]
        self.at = here + size
        if first > 127 or second > 127:
            self.smf.warn(here, "a data byte above 127; the event was left out")
            return
        if kind == 0x90 and second > 0:
            note = RawNote(self.tick, -1, first, second, channel)
            self.track.notes.append(note)
            self.sounding.setdefault((channel, first), deque()).append(note)
            if len(self.track.notes) > MAX_NOTES:
                raise _DamageError(here, f"more than {MAX_NOTES:,} notes")
        elif kind in (0x80, 0x90):
            waiting = self.sounding.get((channel, first))
            if waiting:
                waiting.popleft().end_tick = self.tick
            else:
                self.orphans += 1
        elif kind == 0xC0:
            self.track.programs.setdefault(channel, first)

    def _meta(self) -> bool:
        """Read a meta event; return True for the end mark."""
        here = self.at
        if here >= self.end:
            raise _DamageError(here, "the track ends in the middle of an event")
        kind = self.data[here]
        self.at += 1
        length = self._variable_length()
        body_at = self.at
        self._skip(length, "a meta event")
        body = self.data[body_at : body_at + min(length, 200)]
        match kind:
            case 0x2F:
                return True
            case 0x01 if len(self.smf.texts) < MAX_TEXTS:
                self.smf.texts.append(_decode(body))
                self.smf.text_ticks.append(self.tick)
            case 0x02 if len(self.smf.copyrights) < MAX_TEXTS:
                self.smf.copyrights.append(_decode(body))
            case 0x03:
                self.track.name = self.track.name or _decode(body)
            case 0x06:
                self._sign(self.smf.markers, (self.tick, _decode(body)), "markers")
            case 0x51 if length >= 3 and int.from_bytes(body[:3], "big") >= SHORTEST_QUARTER_USEC:
                self._sign(self.smf.tempos, (self.tick, int.from_bytes(body[:3], "big")), "tempos")
            case 0x58 if length >= 2 and 1 <= body[0] <= 64 and body[1] <= 5:
                self._sign(self.smf.meters, (self.tick, body[0], 2 ** body[1]), "time signatures")
            case 0x59 if length >= 2 and body[1] <= 1 and -7 <= (body[0] ^ 0x80) - 0x80 <= 7:
                self._sign(self.smf.keys, (self.tick, (body[0] ^ 0x80) - 0x80, body[1] == 1), "key signatures")
            case 0x51 | 0x58 | 0x59:
                what = {0x51: "tempo", 0x58: "time signature", 0x59: "key signature"}[kind]
                self.smf.warn(here, f"a {what} that does not exist was ignored")
        return False

    def _sign(self, signs: list[T], sign: T, what: str) -> None:
        if len(signs) < MAX_SIGNS:
            signs.append(sign)
        else:
            self.smf.warn(self.at, f"more than {MAX_SIGNS:,} {what}; the rest was left out")

    def _skip(self, length: int, what: str) -> None:
        if self.at + length > self.end:
            raise _DamageError(self.at, f"{what} of {length:,} bytes reaches beyond its track")
        self.at += length

    def _variable_length(self) -> int:
        value = 0
        for _ in range(4):
            if self.at >= self.end:
                raise _DamageError(self.at, "the track ends in the middle of an event")
            byte = self.data[self.at]
            self.at += 1
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value
        raise _DamageError(self.at, "a number of more than four bytes; the rest of the track was left out")


def _decode(body: bytes) -> str:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = body.decode("latin-1")
    return " ".join(text.split())


def _error(source: str, byte: int, message: str, mend: str | None = None) -> MusicFileError:
    return MusicFileError(message, place=Place(source, detail=f"byte {byte}"), mend=mend)
