"""Read any score file: what it is, is told from its content, not from its name."""

from __future__ import annotations

import itertools
import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from composer.corpus.abc.book import is_abc
from composer.corpus.abc.reader import read_abc
from composer.corpus.kern.reader import is_kern, read_kern
from composer.corpus.midi.reader import read_midi
from composer.corpus.musicxml.reader import read_musicxml
from composer.corpus.musicxml.xmlfile import open_mxl
from composer.corpus.unfold import MAX_TICKS, played_spans, unfold_spans
from composer.errors import MusicFileError, Place, printable
from composer.score import Score
from composer.theory.meter import TICKS_PER_QUARTER

MAX_FILE_BYTES = 48 * 2**20  # inclusive
MAX_MENDED = 1_000  # lines that are told of a piece
MAX_MENDED_CHARS = 300  # of such a line, inclusive
SUFFIXES = frozenset(  # looked for in folders
    {".mid", ".midi", ".smf", ".kar", ".rmi", ".musicxml", ".xml", ".mxl", ".krn", ".kern", ".abc"}
)
# What users take for a score file: how it begins, its name, what would be right.
_OTHER_FORMATS = (
    (b"SMF2CLIP", "a MIDI 2.0 clip", "export a Standard MIDI File (MIDI 1.0)"),
    (b"%PDF", "a PDF", "it holds a picture of the music; export MusicXML from the program that made it"),
    (b"RIFF", "a sound file", "export MIDI or MusicXML from the program that made it"),
    (b"ID3", "a sound file", "export MIDI or MusicXML from the program that made it"),
    (b"OggS", "a sound file", "export MIDI or MusicXML from the program that made it"),
    (b"fLaC", "a sound file", "export MIDI or MusicXML from the program that made it"),
    (b"\x18FICHIER GUITAR PRO", "a Guitar Pro file", "export MIDI or MusicXML from Guitar Pro"),
    (b"\\version", "a LilyPond source", "let LilyPond make a MIDI file of it: \\midi { } in its \\score block"),
)


@dataclass(frozen=True)
class ReadResult:
    """A file that was read.

    Attributes:
        score: the piece.
        mended: a line for each thing that was judged, moved, mended or left out; empty for a sound file.
        off_grid_share: share of the notes whose onset fitted no musical place, 0..1 (MIDI; 0 for notation).
        source: the file's path.
        format: `midi`, `musicxml`, `mxl`, `kern` or `abc`.
        is_live: True for a MIDI file that was played: bars and note values are only a guess.
        pickup_confidence: 0..1 where the place of the first bar line was guessed from the notes, else 1.
        piece: the piece's number within its file, where a file holds several (the tunes of a book); else empty.
        rights, origin: the licence or copyright, and the edition or address, as the file states them; else empty.
    """

    score: Score
    mended: tuple[str, ...]
    off_grid_share: float
    source: str
    format: str
    is_live: bool = False
    pickup_confidence: float = 1.0
    piece: str = ""
    rights: str = ""
    origin: str = ""


def read_score(path: str | Path, *, unfold: bool = False) -> ReadResult:
    """Read the (first) piece of a MIDI, MusicXML, compressed MusicXML, Humdrum **kern or ABC file.

    Args:
        path: the file.
        unfold: write out repeats and endings.

    Raises:
        MusicFileError: no such file, or nothing in it that can be read as music; with the line or byte.
    """
    return read_bytes(load_bytes(Path(path)), str(path), unfold=unfold)


def read_pieces(path: str | Path, *, unfold: bool = False) -> tuple[ReadResult, ...]:
    """Read all pieces of a file, one or more (the tunes of an ABC book); otherwise as `read_score`."""
    return read_pieces_bytes(load_bytes(Path(path)), str(path), unfold=unfold)


def read_pieces_bytes(data: bytes, source: str, *, unfold: bool = False) -> tuple[ReadResult, ...]:
    """Read all pieces of a file that is in memory already; as `read_pieces`."""
    return tuple(
        _unfolded(_told(result), order) if unfold and (result.score.repeats or order) else _told(result)
        for result, order in _read(data, source)
    )


def read_bytes(data: bytes, source: str, *, unfold: bool = False) -> ReadResult:
    """Read a file that is in memory already; as `read_score`."""
    first, *others = read_pieces_bytes(data, source, unfold=unfold)
    if not others:
        return first
    return replace(first, mended=(*first.mended, f"the file holds {len(others)} more pieces; this is the first"))


def _read(data: bytes, source: str) -> list[tuple[ReadResult, Sequence[tuple[int, int]]]]:
    """Return the pieces of a file, each with its order of playing where the file states one."""
    kind = sniff(data)
    if kind == "midi":
        midi = read_midi(data, source)
        result = ReadResult(
            midi.score,
            midi.mended,
            midi.off_grid_share,
            source,
            kind,
            midi.is_live,
            midi.pickup_confidence,
            rights=midi.rights,
            origin=midi.origin,
        )
        return [(result, ())]
    if kind in ("mxl", "musicxml"):
        page = read_musicxml(open_mxl(data, source) if kind == "mxl" else data, source)
        result = ReadResult(page.score, page.mended, 0.0, source, kind, rights=page.rights, origin=page.origin)
        return [(result, page.played)]
    if kind == "kern":
        kern = read_kern(data, source)
        result = ReadResult(kern.score, kern.mended, 0.0, source, kind, rights=kern.rights, origin=kern.origin)
        return [(result, kern.played)]
    if kind == "abc":
        return [
            (
                ReadResult(one.score, one.mended, 0.0, source, kind, False, 1.0, one.piece, one.rights, one.origin),
                one.played,
            )
            for one in read_abc(data, source)
        ]
    if not data:
        raise MusicFileError("the file is empty", place=Place(source))
    for begins, name, mend in _OTHER_FORMATS:
        if data.startswith(begins):
            raise MusicFileError(f"{name} is not read", place=Place(source, detail="byte 0"), mend=mend)
    raise MusicFileError(
        "neither MIDI nor MusicXML nor Humdrum **kern nor ABC",
        place=Place(source, detail="byte 0"),
        mend="MIDI begins with MThd, MusicXML with an XML declaration, Humdrum with **kern, an ABC tune with X:",
    )


def _told(result: ReadResult) -> ReadResult:
    """Make what was mended fit for a terminal: some of it may be quoted from a stranger's file.

    Raises:
        MusicFileError: the piece is longer than any music.
    """
    if result.score.end_tick > MAX_TICKS:
        quarters, most = (ticks // TICKS_PER_QUARTER for ticks in (result.score.end_tick, MAX_TICKS))
        raise MusicFileError(f"{quarters:,} quarters are more than the limit of {most:,}", place=Place(result.source))
    counts = Counter(result.mended)
    lines = [
        printable(line).replace("\n", " ")[:MAX_MENDED_CHARS] + (f" ({times} times)" if times > 1 else "")
        for line, times in itertools.islice(counts.items(), MAX_MENDED)
    ]
    if len(counts) > MAX_MENDED:
        lines.append(f"and {len(counts) - MAX_MENDED:,} more")
    return replace(result, mended=tuple(lines))


def _unfolded(result: ReadResult, order: Sequence[tuple[int, int]]) -> ReadResult:
    """Write out the repeats, by the order that the file states, else by its repeat signs."""
    score = result.score
    unfolded = unfold_spans(score, order or played_spans(score.repeats, score.end_tick))
    what = f"{len(score.repeats)} repeats" if score.repeats else "the sections in their order"
    done = "were written out" if unfolded is not score else "would make the piece too long; not written out"
    return replace(result, score=unfolded, mended=(*result.mended, f"{what} {done}"))


def sniff(data: bytes) -> str:
    """Return `midi`, `mxl`, `musicxml`, `kern`, `abc` or an empty string, from the content."""
    head = data[:4096]
    if head.startswith(b"PK"):
        return "mxl"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"<") or head.startswith((b"\xff\xfe<", b"\xfe\xff\0<", b"<\0", b"\0<")):
        return "musicxml"
    if b"MThd" in head or head.startswith(b"MTrk"):
        return "midi"
    if is_kern(data):
        return "kern"
    return "abc" if is_abc(data) else ""


def iter_folder(path: str | Path) -> Iterator[ReadResult | MusicFileError]:
    """Read every score file below a folder, in the order of their paths.

    Yields:
        A result for each piece that was read, and the error for each file that was not: one bad file never stops the
        others.

    Raises:
        MusicFileError: no such folder.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise MusicFileError("no such folder", place=folder)
    for file in sorted(file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES):
        try:
            yield from read_pieces(file)
        except MusicFileError as error:
            yield error


def load_bytes(path: Path) -> bytes:
    """Return the bytes of a regular file within bounds; never waits for a pipe or reads a device without end.

    Raises:
        MusicFileError: no such file, not a file, or larger than `MAX_FILE_BYTES`.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(handle, "rb") as stream:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise MusicFileError("this is not a file", place=path)
            data = stream.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise MusicFileError(f"cannot read: {reason}", place=path) from error
    if len(data) > MAX_FILE_BYTES:
        raise MusicFileError(f"larger than the limit of {MAX_FILE_BYTES:,} bytes", place=path)
    return data
