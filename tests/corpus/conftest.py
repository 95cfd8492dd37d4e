"""Builders of small files: a MIDI file from rows, a MusicXML document from measures."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

Row = tuple[float, float, int]  # onset and length in quarters, pitch
MidiBuilder = Callable[..., bytes]
XmlBuilder = Callable[..., bytes]


def variable_length(value: int) -> bytes:
    out = bytes([value & 0x7F])
    while value := value >> 7:
        out = bytes([value & 0x7F | 0x80]) + out
    return out


def chunk(name: bytes, body: bytes) -> bytes:
    return name + len(body).to_bytes(4, "big") + body


def track(events: Sequence[tuple[int, bytes]]) -> bytes:
    body, before = b"", 0
    for tick, event in events:
        body += variable_length(tick - before) + event
        before = tick
    return chunk(b"MTrk", body + b"\0\xff\x2f\0")


@pytest.fixture
def midi() -> MidiBuilder:
    """Return `build(*tracks, names=…, programs=…, meters=[(quarter, upper, power)], ticks=480, kind=1, meta=[…])`."""

    def build(
        *tracks: Sequence[Row],
        names: Sequence[str] = (),
        programs: Sequence[int] = (),
        channels: Sequence[int] = (),
        meters: Sequence[tuple[float, int, int]] = ((0, 4, 2),),
        meta: Sequence[tuple[float, bytes]] = (),
        ticks: int = 480,
        kind: int = 1,
    ) -> bytes:
        head = [(round(q * ticks), bytes([0xFF, 0x58, 4, upper, power, 24, 8])) for q, upper, power in meters]
        head += [(round(q * ticks), event) for q, event in meta]
        chunks = [track(sorted(head))]
        for index, rows in enumerate(tracks):
            channel = channels[index] if channels else index
            events: list[tuple[int, bytes]] = []
            for onset, length, pitch in rows:
                events.append((round(onset * ticks), bytes([0x90 | channel, pitch, 80])))
                events.append((round((onset + length) * ticks), bytes([0x80 | channel, pitch, 0])))
            events.sort(key=lambda event: (event[0], event[1][0] & 0xF0))
            first = [(0, bytes([0xFF, 3, len(names[index])]) + names[index].encode())] if names else []
            if programs:
                first.append((0, bytes([0xC0 | channel, programs[index]])))
            chunks.append(track(first + events))
        header = kind.to_bytes(2, "big") + len(chunks).to_bytes(2, "big") + ticks.to_bytes(2, "big")
        return chunk(b"MThd", header) + b"".join(chunks)

    return build


@pytest.fixture
def musicxml() -> XmlBuilder:
    """Return `build(*parts)`: each part is a list of measures, each measure XML text; divisions are 4 a quarter."""

    def build(
        *parts: Sequence[str], meter: str = "4/4", fifths: int = 0, first: str = "", numbers: bool = True
    ) -> bytes:
        beats, beat_type = meter.split("/")
        attributes = (
            f"<attributes><divisions>4</divisions><key><fifths>{fifths}</fifths></key>"
            f"<time><beats>{beats}</beats><beat-type>{beat_type}</beat-type></time>{first}</attributes>"
        )
        text = '<?xml version="1.0" encoding="UTF-8"?>\n<score-partwise version="4.0"><part-list>'
        text += "".join(
            f'<score-part id="P{i}"><part-name>Part {i}</part-name></score-part>' for i in range(len(parts))
        )
        text += "</part-list>\n"
        for index, measures in enumerate(parts):
            text += f'<part id="P{index}">\n'
            for number, measure in enumerate(measures, start=1):
                text += f'<measure number="{number}">{attributes if number == 1 else ""}{measure}</measure>\n'
            text += "</part>\n"
        return (text + "</score-partwise>").encode()

    return build


@pytest.fixture
def note() -> Callable[..., str]:
    """Return `note("C4", 4, …)`: one note as XML; length in 16ths; `more` goes in after the duration."""

    def build(name: str, length: int, *, before: str = "", more: str = "", voice: int = 1, staff: int = 1) -> str:
        alter = {"#": 1, "b": -1}.get(name[1:2], 0)
        pitch = f"<pitch><step>{name[0]}</step>"
        pitch += f"<alter>{alter}</alter>" if alter else ""
        pitch += f"<octave>{name[-1]}</octave></pitch>"
        duration = f"<duration>{length}</duration>" if length else ""
        return f"<note>{before}{pitch}{duration}<voice>{voice}</voice><staff>{staff}</staff>{more}</note>"

    return build
