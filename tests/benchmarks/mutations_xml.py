"""Damage to MusicXML, plain or compressed, that knows elements, values and the zip archive's directory."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Mapping

from mutations_blind import BLIND
from mutations_words import NUMBERS, TEXTS, Change, as_text, filled, replace_one

_XML_SNIPPETS = (
    "<backup><duration>{n}</duration></backup>", "<forward><duration>{n}</duration></forward>", "<backup/>",
    "<forward/>", "<attributes><divisions>{n}</divisions></attributes>",
    "<attributes><time><beats>{n}</beats><beat-type>{n}</beat-type></time></attributes>",
    "<attributes><time><senza-misura/></time></attributes>", "<attributes><staves>{n}</staves></attributes>",
    "<attributes><transpose><chromatic>{n}</chromatic><octave-change>{n}</octave-change></transpose></attributes>",
    "<attributes><key><fifths>{n}</fifths><mode>{t}</mode></key></attributes>",
    "<barline location='left'><repeat direction='forward'/></barline>",
    "<barline><repeat direction='backward' times='{n}'/></barline>",
    "<barline><ending number='{n}' type='start'/></barline>",
    "<barline><ending number='1,2, 3' type='stop'/></barline>",
    "<barline><ending number='{n}' type='discontinue'/></barline>", "<barline location='{t}'/>",
    "<note><chord/><pitch><step>G</step><octave>5</octave></pitch><duration>{n}</duration></note>",
    "<note><grace/><pitch><step>C</step><octave>4</octave></pitch></note>", "<note/>",
    "<note><rest measure='yes'/></note>",
    ("<note><pitch><step>C</step><alter>{n}</alter><octave>{n}</octave></pitch><duration>{n}"
    "</duration><tie type='start'/></note>"),
    ("<note><pitch><step>C</step><octave>4</octave></pitch><duration>1</duration><staff>{n}"
    "</staff><voice>{n}</voice></note>"),
    ("<note><pitch><step>C</step><octave>4</octave></pitch><duration>1</duration>"
    "<tie type='stop'/><notations><slur type='stop' number='{n}'/><fermata/></notations></note>"),
    "<note><rest/><duration>{n}</duration><notations><fermata/></notations></note>",
    "<note><unpitched/><duration>1</duration></note>",
    "<note><cue/><pitch><step>C</step><octave>4</octave></pitch><duration>1</duration></note>",
    ("<direction><direction-type><words>{t}</words></direction-type><offset>{n}</offset>"
    "<sound tempo='{n}'/></direction>"),
    ("<direction><direction-type><metronome><beat-unit>quarter</beat-unit><per-minute>{n}"
    "</per-minute></metronome></direction-type></direction>"),
    "<direction><direction-type><wedge type='crescendo' number='{n}'/></direction-type></direction>",
    "<direction><direction-type><wedge type='stop'/></direction-type><offset>{n}</offset></direction>",
    "<direction><direction-type><rehearsal>{t}</rehearsal></direction-type></direction>",
    "<sound dacapo='yes' tempo='{n}'/>",
    ("<direction><direction-type><dynamics><ff/><other-dynamics>{t}</other-dynamics>"
    "</dynamics></direction-type></direction>"), "<measure number='{n}'/>",
    "<measure number='{t}' implicit='yes'></measure>", "<part id='{t}'><measure number='1'/></part>", "<part/>",
    "<![CDATA[{t}]]>", "<!-- {n} -->", "<?pi {n}?>", "&#27;", "&amp;", "&unknown;", "<a xmlns:x='y' x:b='c'/>",
)  # fmt: skip
_XML_HEADS = (
    "<!DOCTYPE s [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;'>]>",
    "<!DOCTYPE s [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>", "<!DOCTYPE s SYSTEM 'http://127.0.0.1:9/x.dtd'>",
    "<?xml version='1.0' encoding='{t}'?>", "<?xml version='1.0' encoding='utf-7'?>",
    "<?xml version='1.0' encoding='utf-16'?>", "<?xml version='1.1' encoding='cp1252'?>",
    "<?xml version='1.0' encoding='iso-2022-jp'?>", "<?xml version='1.0' encoding='hex'?>",
    "<?xml version='1.0' encoding='idna'?>", "<?xml version='1.0' encoding='utf-8'?>",
)  # fmt: skip


def _xml_insert(text: str, rng: random.Random) -> str:
    places = [
        found.start() for found in re.finditer(r"<(?:note|measure|/measure|attributes|direction|part|/part)\b", text)
    ]
    at = rng.choice(places or [0])
    return text[:at] + filled(rng.choice(_XML_SNIPPETS), rng) * rng.choice((1, 1, 1, 2, 50)) + text[at:]


def _xml_head(text: str, rng: random.Random) -> str:
    body = re.sub(r"^\s*<\?xml[^>]*\?>", "", text) if rng.random() < 0.7 else text
    return filled(rng.choice(_XML_HEADS), rng) + body


def _element_span(text: str, rng: random.Random) -> tuple[int, int]:
    """Return where a random element begins and ends (the next end of its name: it may be one inside)."""
    opened = rng.choice([*re.finditer(r"<([a-z][\w-]*)[^<>/]*>", text), None])
    if opened is None:
        return 0, 0
    close = f"</{opened[1]}>"
    end = text.find(close, opened.end())
    return (opened.start(), end + len(close)) if end >= 0 else opened.span()


def _xml_element(text: str, rng: random.Random) -> str:
    """Delete, double, rename, nest, move or replace one element."""
    start, end = _element_span(text, rng)
    element = text[start:end]
    rest = text[:start] + text[end:]
    what = rng.randrange(6)
    if what == 0:
        return rest
    if what == 1:
        return text[:end] + element * rng.choice((1, 3, 200)) + text[end:]
    if what == 2:
        return text[:start] + element.replace(element[1:4], "x:y", 1) + text[end:]
    if what == 3:
        depth = rng.choice((3, 60, 500))
        return text[:start] + "<x>" * depth + element + "</x>" * depth + text[end:]
    if what == 4:
        at = rng.choice([found.start() for found in re.finditer("<", rest)] or [0])
        return rest[:at] + element + rest[at:]
    return text[:start] + text[slice(*_element_span(text, rng))] + text[end:]


def _xml_encoding(data: bytes, rng: random.Random) -> bytes:
    text = data.decode("utf-8", "replace")
    return text.encode(
        rng.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "utf-7", "utf-8-sig")), "replace"
    )


XML: tuple[Change, ...] = (
    as_text(replace_one(r">([^<>\s][^<>]*)<", lambda rng: rng.choice((*NUMBERS, *NUMBERS, *TEXTS)))),
    as_text(
        replace_one(r"[\w-]+=\"([^\"<>]*)\"", lambda rng: rng.choice((*NUMBERS, "start", "stop", "yes", "left", "1")))
    ),
    as_text(
        replace_one(
            r"</?([\w-]+)", lambda rng: rng.choice(("note", "measure", "part", "time", "pitch", "grace", "x:y"))
        )
    ),
    as_text(_xml_insert),
    as_text(_xml_insert),
    as_text(_xml_element),
    as_text(_xml_element),
    as_text(_xml_head),
    _xml_encoding,
)


# ---------------------------------------------------------------- compressed MusicXML

_CONTAINERS = (
    "", "<container/>", "<container><rootfiles/></container>",
    "<container><rootfiles><rootfile full-path='{t}'/></rootfiles></container>",
    "<container><rootfiles><rootfile full-path='META-INF/container.xml'/></rootfiles></container>",
    "<container><rootfiles><rootfile full-path='score.xml' media-type='{t}'/></rootfiles></container>",
    "<!DOCTYPE c [<!ENTITY x 'y'>]><container><rootfiles><rootfile full-path='&x;'/></rootfiles></container>",
)  # fmt: skip
_MAX_MEMBER_BYTES = 400_000
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def _members(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {
                info.filename: archive.read(info)
                for info in archive.infolist()[:50]
                if info.file_size < _MAX_MEMBER_BYTES
            }
    except Exception:  # damaged by an earlier change, in any of zipfile's ten ways
        return {"score.xml": data}


def _zipped(members: Mapping[str, bytes], rng: random.Random) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", rng.choice(_METHODS)) as archive:
        for name, content in members.items():
            archive.writestr(name or "x", content)
        archive.comment = b"x" * rng.choice((0, 0, 100, 65535))
    return stream.getvalue()


def _mxl_inside(data: bytes, rng: random.Random) -> bytes:
    """Change the score inside, and pack again."""
    members = _members(data)
    name = rng.choice(sorted(members) or ["score.xml"])
    members[name] = rng.choice((*BLIND, *XML, *XML))(members.get(name, b""), rng)
    return _zipped(members, rng)


def _mxl_members(data: bytes, rng: random.Random) -> bytes:
    """Change which members there are."""
    members = _members(data)
    score = max(members.values(), key=len, default=b"")
    what = rng.randrange(7)
    if what == 0:
        members["META-INF/container.xml"] = filled(rng.choice(_CONTAINERS), rng).encode()
    elif what == 1:
        members.pop("META-INF/container.xml", None)
    elif what == 2:
        members = {rng.choice(("../x.xml", "/etc/x.xml", "x/", "Ünïcode.xml", "a" * 2000 + ".xml", "")): score}
    elif what == 3:
        members |= {f"m{i}.xml": b"<x/>" for i in range(rng.choice((5, 999, 1200)))}
    elif what == 4:
        members = {name: _zipped(members, rng) for name in members}
    elif what == 5:
        members = dict.fromkeys(members, b"")
    else:
        members[rng.choice(sorted(members) or ["a.xml"])] = b" " * rng.choice((10**6, 6 * 10**6)) + score
    return _zipped(members, rng)


def _mxl_directory(data: bytes, rng: random.Random) -> bytes:
    """Change a field of a local header, a directory entry or the directory's end."""
    sign, fields = rng.choice(
        (
            (b"PK\3\4", ((4, 2), (6, 2), (8, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2))),
            (
                b"PK\1\2",
                ((4, 2), (6, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (32, 2), (42, 4)),
            ),
            (b"PK\5\6", ((4, 2), (6, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2))),
        )
    )
    places = [found.start() for found in re.finditer(re.escape(sign), data)]
    if not places:
        return data
    offset, size = rng.choice(fields)
    at = rng.choice(places) + offset
    top = 2 ** (8 * size)
    value = rng.choice((0, 1, 8, 9, 12, 14, 93, 99, 0x801, top // 2, top - 1, rng.randrange(top))) % top
    return data[:at] + value.to_bytes(size, "little") + data[at + size :]


MXL: tuple[Change, ...] = (_mxl_inside, _mxl_inside, _mxl_inside, _mxl_inside, _mxl_members, _mxl_directory)
