"""Small sound files of every format that is read: what the mutants of `mutations.py` are made from."""

from __future__ import annotations

import io
import itertools
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from mutations_midi import variable_length

MAX_CORPUS_BYTES = 12_000
MAX_XML_BYTES = 200_000
FILES_OF_CORPORA = 40  # of each format
_SUFFIXES = {
    "midi": (".mid", ".midi"),
    "mxl": (".mxl",),
    "musicxml": (".musicxml", ".xml"),
    "kern": (".krn",),
    "abc": (".abc",),
}


def sound_files(corpora: Path | None) -> dict[str, list[bytes]]:
    """Return sound files of each format: those below, and small ones of a folder of corpora."""
    files = {
        "midi": _midi_files(),
        "musicxml": [_KEYBOARD, _TIMEWISE],
        "kern": [_KERN, _EXPANDED],
        "abc": [_TUNE, _BOOK],
    }
    files["mxl"] = [_zipped(document) for document in files["musicxml"]]
    for kind, suffixes in _SUFFIXES.items() if corpora is not None else ():
        small = sorted(_small(corpora, suffixes))
        files[kind] += [path.read_bytes() for path in small[:: max(1, len(small) // FILES_OF_CORPORA)]]
    if corpora is not None:
        for data in files["mxl"][2::4]:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                names = [name for name in archive.namelist() if name.endswith("xml") and not name.startswith("META")]
                documents = [archive.read(name) for name in names]
                files["musicxml"] += [document for document in documents if len(document) <= MAX_XML_BYTES]
    return files


def _small(folder: Path | None, suffixes: Sequence[str]) -> Iterator[Path]:
    for path in folder.rglob("*") if folder is not None else ():
        if path.suffix.lower() in suffixes and path.stat().st_size <= MAX_CORPUS_BYTES:
            yield path


# ---------------------------------------------------------------- MIDI


def chunk(name: bytes, body: bytes) -> bytes:
    """Return a chunk of a MIDI file."""
    return name + len(body).to_bytes(4, "big") + body


def midi_file(*tracks: bytes, kind: int = 1, division: int = 480) -> bytes:
    """Return a MIDI file of tracks without their end marks."""
    header = b"".join(number.to_bytes(2, "big") for number in (kind, len(tracks), division))
    return chunk(b"MThd", header) + b"".join(chunk(b"MTrk", body + b"\0\xff\x2f\0") for body in tracks)


def _line(pitches: Sequence[int], length: int, channel: int = 0) -> bytes:
    """Return notes that follow each other, with running status: ended by note-ons of velocity 0."""
    events = [bytes([0xC0 | channel, 0]) + bytes([0, 0x90 | channel, pitches[0], 80])]
    for before, pitch in itertools.pairwise(pitches):
        events.append(variable_length(length) + bytes([before, 0, 0, pitch, 70]))
    return b"\0" + b"".join(events) + variable_length(length) + bytes([pitches[-1], 0])


def _midi_files() -> list[bytes]:
    signs = (
        b"\0\xff\x03\x05Title\0\xff\x58\4\3\2\x18\x08\0\xff\x59\2\1\0\0\xff\x51\3\7\xa1\x20"
        b"\x87\x40\xff\x06\1A\x87\x40\xff\x58\4\6\3\x18\x08\0\xff\x51\3\x06\0\0"
    )
    tune = [67, 71, 74, 72, 69, 66, 67, 71, 74, 74, 72, 71, 69, 67, 66, 67] * 3
    upper = b"\0\xff\x03\5upper" + _line(tune, 240) + b"\0\xb0\x40\x7f\x60\xe0\0\x40"
    lower = b"\0\xff\x03\5lower\0\xff\x20\1\1" + _line([43, 50, 55, 50] * 6, 480, 1) + b"\0\xf0\3\x7e\x7f\xf7"
    drums = _line([36, 38] * 8, 240, 9)
    everything = _line(tune, 120) + _line([48, 52, 55] * 4, 160, 2) + drums
    return [
        midi_file(signs, upper, lower),
        midi_file(signs, upper, lower, drums, division=96),
        midi_file(everything, kind=0, division=120),
        midi_file(_line(tune, 40), kind=0, division=0xE728),
        chunk(b"RIFF", b"RMIDdata\0\0\0\0" + midi_file(signs, lower)),
    ]


# ---------------------------------------------------------------- text

_NOTE = (
    "<note><pitch><step>{}</step><octave>{}</octave></pitch><duration>{}</duration>"
    "<voice>{}</voice><staff>{}</staff>{}</note>"
)


def _note(step: str, octave: int, duration: int, *, voice: int = 1, staff: int = 1, more: str = "") -> str:
    return _NOTE.format(step, octave, duration, voice, staff, more)


_TIE = "<tie type='{0}'/><notations><tied type='{0}'/><slur type='{0}' number='1'/></notations>"
_FIRST = (
    "<attributes><divisions>12</divisions><key><fifths>1</fifths><mode>major</mode></key>"
    "<time><beats>3</beats><beat-type>4</beat-type></time><staves>2</staves></attributes>"
    "<direction><direction-type><words>Allegro</words><dynamics><p/></dynamics></direction-type>"
    "<sound tempo='96'/></direction>"
)
_MEASURES = (
    _FIRST + _note("D", 5, 12, more="<notations><articulations><staccato/></articulations></notations>"),
    "<barline location='left'><repeat direction='forward'/></barline>"
    + _note("B", 4, 24)
    + "<note><chord/><pitch><step>G</step><octave>4</octave></pitch><duration>24</duration></note>"
    + "<note><grace/><pitch><step>A</step><alter>1</alter><octave>4</octave></pitch><voice>1</voice></note>"
    + _note("B", 4, 12, more=_TIE.format("start"))
    + "<backup><duration>36</duration></backup>"
    + _note("G", 3, 36, voice=5, staff=2),
    _note("B", 4, 4, more=_TIE.format("stop"))
    + "".join(_note(step, 5, 4) for step in "CDEDC")
    + "<note><rest/><duration>12</duration><notations><fermata/></notations></note>"
    + "<backup><duration>36</duration></backup>"
    + "<forward><duration>12</duration><voice>5</voice><staff>2</staff></forward>"
    + _note("D", 3, 24, voice=5, staff=2)
    + "<barline location='right'><ending number='1' type='stop'/><repeat direction='backward'/></barline>",
    "<direction><direction-type><wedge type='crescendo' number='1'/></direction-type></direction>"
    "<attributes><key><fifths>-3</fifths></key><time><beats>6</beats><beat-type>8</beat-type></time></attributes>"
    + "".join(_note("E", 4, 6) for _ in range(6))
    + "<direction><direction-type><wedge type='stop'/></direction-type></direction>"
    + "<direction><direction-type><rehearsal>B</rehearsal></direction-type></direction>",
    "<note><rest measure='yes'/><duration>36</duration></note><barline><bar-style>light-heavy</bar-style></barline>",
)
_PARTS = (
    "<work><work-title>A piece</work-title></work><identification><creator type='composer'>Nobody</creator>"
    "<rights>none</rights></identification><part-list><score-part id='P1'><part-name>Piano</part-name></score-part>"
    "<score-part id='P2'><part-name>Horn</part-name></score-part></part-list>"
)
_HORN = (
    "<attributes><divisions>2</divisions><time><beats>3</beats><beat-type>4</beat-type></time><transpose><diatonic>-4"
    "</diatonic><chromatic>-7</chromatic></transpose></attributes>"
)
_KEYBOARD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<score-partwise version="4.0">'
    + _PARTS
    + '<part id="P1">'
    + "".join(f'<measure number="{number}">{measure}</measure>\n' for number, measure in enumerate(_MEASURES))
    + '</part><part id="P2">'
    + "".join(
        f'<measure number="{number}">{_HORN if number == 0 else ""}{_note("C", 4, length)}</measure>\n'
        for number, length in enumerate((2, 6, 6, 6, 6))
    )
    + "</part></score-partwise>"
).encode()
_TIMEWISE = (
    '<?xml version="1.0"?><score-timewise>'
    + _PARTS
    + "".join(
        f'<measure number="{number}"><part id="P1">{measure}</part></measure>'
        for number, measure in enumerate(_MEASURES[:3])
    )
    + "</score-timewise>"
).encode()
_KERN = b"""\
!!!COM: Nobody, Ann
!!!OTL: A piece
**kern	**kern	**dynam
*part1	*part1	*
*staff2	*staff1	*
*I"Piano	*I"Piano	*
*clefF4	*clefG2	*
*k[f#]	*k[f#]	*
*G:	*G:	*
*M3/4	*M3/4	*
*MM90	*MM90	*
4r	4d	p
=1!|:	=1!|:	=1!|:
*	*^	*
2.G	2.b	4g'	<
.	.	(8a	.
.	.	8b)	.
.	.	4cc;	[
*	*v	*v	*
=2	=2	=2
[4D	12dL	.
.	12e	.
.	12f#J	.
.	qgg	.
4D]	4g 4b	f
4G	4g	.
=3:|!	=3:|!	=3:|!
*M6/8	*M6/8	*
4.G 4.B	8gL	.
.	8a	.
.	8bJ	.
4.G	4.b	.
==	==	==
*-	*-	*-
"""
_EXPANDED = b"""\
**kern
*>[A,A,B,A]
*>norep[A,B]
*>A
*M2/4
=1
4c
4d
=2
2e
*>B
=3
8.f
16g
4a
=4
2c
==
*-
"""
_TUNE = b"""\
X:1
T:A tune
C:Nobody
M:6/8
L:1/8
Q:3/8=100
K:Dmix
|:A|"D"d2e fed|(3cde d2 z B|{g}A>B c/d/ [FA]2-[FA]|1 d3 d2:|2 d3 d3|]
w: a tune with some words_ to sing-ing
"""
_BOOK = b"""\
%abc-2.1
X:1
T:Two voices
M:C|
L:1/4
%%score (1 2)
V:1 name="upper"
V:2 clef=bass
K:Gm
V:1
!p!G2 A>B|c4-|[K:C]c2 !trill!^d'2|:[M:3/4]e3:|
V:2
G,,2 z2|[C,E,]4|x4|C,3|]

X:2
T:The second
P:AABB
M:2/4
K:A
P:A
a2 ~b c'|~a4:|
P:B
|:e/f/g/a/ b//b//a|(4efga e2::[1 e4:|[2 a4|]
"""


def _zipped(document: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        container = "<container><rootfiles><rootfile full-path='score.xml'/></rootfiles></container>"
        archive.writestr("META-INF/container.xml", container)
        archive.writestr("score.xml", document)
    return stream.getvalue()
