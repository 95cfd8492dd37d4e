"""Damage to MIDI files that knows chunks and events."""

from __future__ import annotations

import random
import re

from mutations_words import TEXTS, Change


def variable_length(value: int) -> bytes:
    """Encode a MIDI time or length."""
    out = bytes([value & 0x7F])
    while value := value >> 7:
        out = bytes([value & 0x7F | 0x80]) + out
    return out


def _midi_events(data: bytes) -> list[int]:
    """Return the places where events (their times) seem to begin: after each complete event of each track."""
    places: list[int] = []
    for found in re.finditer(rb"MTrk", data):
        at, end = found.start() + 8, len(data)
        status = 0
        while at < end and len(places) < 5000:
            places.append(at)
            while at < end and data[at] & 0x80:
                at += 1
            at += 1
            if at >= end:
                break
            if data[at] & 0x80:
                status = data[at]
                at += 1
            if status == 0xFF and at + 1 < end:
                if data[at] == 0x2F:
                    break
                at += 2 + data[at + 1] % 128
            elif status & 0xF0 == 0xF0:
                at += 1 + (data[at] % 128 if at < end else 0)
            else:
                at += 1 if status & 0xF0 in (0xC0, 0xD0) else 2
    return places


_TIMES = (0, 1, 3, 127, 128, 480, 16383, 100_000, 2**21 - 1, 2**28 - 1)


def _midi_event(rng: random.Random) -> bytes:
    """Return an event without its time: mostly lawful, seldom likely."""
    text = rng.choice(TEXTS).encode()[:200]
    number = rng.randbytes(rng.choice((0, 1, 2, 3, 4, 5)))
    channel = rng.randrange(16)
    return rng.choice(
        (
            bytes([0xFF, 0x51, 3]) + rng.choice((b"\0\0\0", b"\xff\xff\xff", b"\0\0\1", rng.randbytes(3))),
            bytes([0xFF, 0x58, 4, rng.choice((0, 1, 4, 32, 33, 64, 255)), rng.choice((0, 2, 5, 6, 255)), 24, 8]),
            bytes([0xFF, 0x59, 2, rng.randrange(256), rng.choice((0, 1, 1, 9))]),
            bytes([0xFF, rng.choice((0, 1, 3, 6, 0x20, 0x2F, 0x51, 0x54, 0x58, 0x59, 0x7F)), len(number)]) + number,
            bytes([0xFF, rng.choice((1, 3, 5, 6)), *variable_length(len(text))]) + text,
            bytes([0xFF, rng.choice((1, 3, 6, 0x51))]) + variable_length(rng.choice(_TIMES)),
            bytes([rng.choice((0xF0, 0xF7))]) + variable_length(rng.choice(_TIMES)) + number,
            bytes([rng.choice((0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF8, 0xFE))]),
            bytes([0x90 | channel, rng.randrange(128), rng.choice((0, 1, 127))]),
            bytes([0x90 | channel, rng.randrange(256), rng.randrange(256)]),
            bytes([0x80 | channel, rng.randrange(128), 64]),
            bytes([0xC0 | channel, rng.randrange(256)]),
            bytes([0xB0 | channel, rng.choice((64, 120, 123, 127)), rng.choice((0, 127))]),
        )
    )


def _midi_insert(data: bytes, rng: random.Random) -> bytes:
    places = _midi_events(data) or [len(data)]
    for _ in range(rng.choice((1, 1, 5))):
        at = rng.choice(places)
        data = data[:at] + variable_length(rng.choice(_TIMES)) + _midi_event(rng) + data[at:]
    return data


def _midi_time(data: bytes, rng: random.Random) -> bytes:
    at = rng.choice(_midi_events(data) or [0])
    end = at
    while end < len(data) and data[end] & 0x80:
        end += 1
    return (
        data[:at] + rng.choice((variable_length(rng.choice(_TIMES)), b"\xff" * rng.randrange(1, 9))) + data[end + 1 :]
    )


def _midi_header(data: bytes, rng: random.Random) -> bytes:
    at = data.find(b"MThd")
    at = at + rng.choice((4, 6, 8, 10, 12, 12)) if at >= 0 else 0
    return (
        data[:at]
        + rng.choice((b"\0\0", b"\0\1", b"\xff\xff", b"\x7f\xff", b"\0\2", b"\xe7\x28", b"\x80\0"))
        + data[at + 2 :]
    )


def _midi_length(data: bytes, rng: random.Random) -> bytes:
    tracks = [found.start() for found in re.finditer(rb"MTrk", data)]
    at = rng.choice(tracks) + 4 if tracks else 0
    size = rng.choice((0, 1, 3, 8, 2**31 - 1, 2**32 - 1, rng.randrange(5000)))
    return data[:at] + size.to_bytes(4, "big") + data[at + 4 :]


def _midi_tracks(data: bytes, rng: random.Random) -> bytes:
    tracks = [found.start() for found in re.finditer(rb"MTrk", data)]
    start = rng.choice(tracks) if tracks else 0
    end = next((place for place in tracks if place > start), len(data))
    return data[:end] + data[start:end] * rng.choice((1, 20, 300)) + data[end:]


def _midi_storm(data: bytes, rng: random.Random) -> bytes:
    """Put in a great many like events."""
    at = rng.choice(_midi_events(data) or [len(data)])
    event = bytes([rng.choice((0, 1, 120))]) + _midi_event(rng)[:8]
    return data[:at] + event * rng.choice((100, 3000)) + data[at:]


MIDI: tuple[Change, ...] = (
    _midi_insert,
    _midi_insert,
    _midi_time,
    _midi_header,
    _midi_length,
    _midi_tracks,
    _midi_storm,
)
