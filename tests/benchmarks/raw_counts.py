"""How many notes are in a file? Counts that share no code with the library, one for each format.

Conventions: a tied note counts once, where it is struck; grace notes count apart; rests, cue notes and
drums not at all.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import NamedTuple
from xml.etree import ElementTree

import mido

_DRUMS = 9  # channel, from 0
_PITCH = re.compile(r"[a-gA-G]")


class RawCount(NamedTuple):
    """Struck notes and grace notes."""

    notes: int
    graces: int


def count_kern(data: bytes) -> RawCount:
    """Count the fields of **kern spines that hold a pitch and do not end a tie."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    kinds: list[str] = []
    notes = graces = 0
    for row in text.replace("\r", "").split("\n"):
        cells = row.split("\t")
        if row.startswith("**"):
            kinds = cells
        elif row.startswith("*"):
            kinds = _after(kinds, cells)
        elif row and row[0] not in "!=":
            for kind, cell in zip(kinds, cells, strict=True):
                for note in cell.split(" ") if kind == "**kern" else ():
                    if _PITCH.search(note) and "r" not in note:
                        graces += "q" in cell
                        notes += "q" not in cell and "]" not in note and "_" not in note
    return RawCount(notes, graces)


def _after(kinds: list[str], cells: list[str]) -> list[str]:
    """Return the kinds of the columns after a row of splits and joins."""
    after: list[str] = []
    before = ""
    for kind, cell in zip(kinds, cells, strict=True):
        if cell == "*^":
            after += [kind, kind]
        elif cell.startswith("**"):
            after.append(cell)
        elif cell != "*-" and not cell == before == "*v":
            after.append(kind)
        before = cell
    return after


def count_musicxml(data: bytes) -> RawCount:
    """Count the <note> elements with a pitch that do not end a tie."""
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            container = ElementTree.fromstring(archive.read("META-INF/container.xml"))
            name = next(one.get("full-path", "") for one in container.iter() if one.tag.endswith("rootfile"))
            data = archive.read(name)
    notes = graces = 0
    for note in ElementTree.fromstring(data).iter("note"):
        inside = {child.tag for child in note.iter()}
        if "pitch" not in inside or "cue" in inside:
            continue
        ends = {one.get("type") for tag in ("tie", "tied") for one in note.iter(tag)}
        graces += "grace" in inside
        notes += "grace" not in inside and "stop" not in ends
    return RawCount(notes, graces)


def count_midi(data: bytes) -> RawCount:
    """Count the note-on events, but for drums."""
    midi = mido.MidiFile(file=io.BytesIO(data), charset="latin-1")
    return RawCount(
        sum(
            message.type == "note_on" and message.velocity > 0 and message.channel != _DRUMS
            for track in midi.tracks
            for message in track
        ),
        0,
    )
