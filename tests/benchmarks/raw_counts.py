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
            kinds = kinds_after(kinds, cells)
        elif row and row[0] not in "!=":
            for kind, cell in zip(kinds, cells, strict=True):
                for note in cell.split(" ") if kind == "**kern" else ():
                    if _PITCH.search(note) and "r" not in note:
                        graces += "q" in cell
                        notes += "q" not in cell and "]" not in note and "_" not in note
    return RawCount(notes, graces)


def kinds_after(kinds: list[str], cells: list[str]) -> list[str]:
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


def count_abc(data: bytes) -> RawCount:
    """Count the note letters in the tunes of a book that no tie joins to the note before."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    notes = graces = 0
    text = re.sub(r"(?ms)^%%begin(\w+).*?^%%end\1", "", re.sub(r"\r\n?", "\n", text))
    for tune in re.split(r"(?m)^X:", text)[1:]:
        _, _, rest = tune.partition("\nK:")
        voice = ""
        tied: dict[str, set[str]] = {}  # of each voice: the notes that a tie holds
        for piece in re.split(r"(\[?V:[^\]\n]*\]?)", "\n".join(_music_lines(rest.partition("\n")[2]))):
            if "V:" in piece:
                voice = piece.strip("[V:] ").split(" ")[0]
                continue
            graces += sum(len(_ABC_NOTE.findall(group)) for group in re.findall(r"\{([^}]*)\}", piece))
            for item in _ABC_ITEM.findall(re.sub(r"\{[^}]*\}-?", "", piece)):
                held = tied.pop(voice, set())
                names = _ABC_NOTE.findall(item)
                notes += sum(name not in held for name in names)
                ties = names if item.endswith("-") else _ABC_NOTE.findall(" ".join(re.findall(r"[^-\s]+-", item)))
                tied[voice] = {form for name in ties for form in (name, name.lstrip("^_="))}
    return RawCount(notes, graces)


_ABC_NOTE = re.compile(r"(?:\^\^|\^|__|_|=)?[A-Ga-g][,']*")
_ABC_ITEM = re.compile(  # a chord, a note, a rest, a repeat sign (over which no tie holds)
    rf"\[[^\]|]*\][\d/]*(?:\s*\.?-)?|{_ABC_NOTE.pattern}[\d/]*(?:\s*\.?-)?|[zxZX]|::|:+\|"
)
_ABC_SIGNS = re.compile(  # chord symbols, fields, symbols, decorations
    r'"[^"]*"|\[[A-UW-Zmr]:[^\]]*\]|[.~H-UWh-uw](?!:)'
    r"|!(?!(?=[^!]*[A-Ga-e])[A-Ga-gz\d/^_=,'<>()-]{2,}!)[^!\s\[\]|]*!"
)


def _music_lines(body: str) -> list[str]:
    """Return the lines of music of a tune, without words, signs and comments."""
    found: list[str] = []
    is_apart = False  # after an empty line
    for line in re.sub(r"(?<!\\)%.*", "", re.sub(r"(?m)^%.*\n", "", body)).split("\n"):
        is_apart |= not line.strip() and bool(found)
        is_words = re.match(r"[A-Za-z+]:(?![|:])", line) or (
            is_apart and ("|" not in line or re.search(r"[A-Za-z]{12}", line))
        )
        if line.startswith(("V:", "[V:")) or not is_words:
            found.append(_ABC_SIGNS.sub("", line))
    return found


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
