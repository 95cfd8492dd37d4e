"""Open a stranger's XML or compressed MusicXML within bounds: bytes to an element tree that knows its lines.

What is refused, always with the place: entity declarations (they make bombs and read other files), documents beyond the
limits below, zip members larger than they may be (what is really unpacked counts, not what the directory declares),
encrypted or damaged archives. Nothing is written to the disk and nothing outside the given bytes is read.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from xml.etree import ElementTree
from xml.parsers import expat

from composer.errors import MusicFileError, Place

MAX_XML_BYTES = 48 * 2**20  # of one document, inclusive; the largest quartet of our corpora has 20 MiB
MAX_ELEMENTS = 1_000_000  # inclusive; the largest quartet of our corpora has 330,000
MAX_DEPTH = 64  # MusicXML needs about 10
MAX_ZIP_MEMBERS = 1_000
_CHUNK_BYTES = 2**16
_MAX_NAME = 60  # characters of a stranger's name that an error shows
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what .mxl may use
_CUT_OFF = {3: "the document ends too early", 5: "the document ends in the middle of a tag"}  # expat's codes
_FOREIGN_CHARACTER = 4  # expat's code: bytes that are no character, or one that may not stand there
_LINED_TAGS = frozenset(
    {"measure", "note", "attributes", "score-part", "part", "part-list", "divisions", "time", "key"}
)

Element = ElementTree.Element


class XmlTree:
    """A parsed document.

    Attributes:
        root: the outermost element.
        source: the file's name, for errors.
        mended: a line for what had to be mended before it could be parsed.
    """

    def __init__(self, root: Element, source: str, lines: dict[Element, int], mended: tuple[str, ...] = ()) -> None:
        self.root = root
        self.source = source
        self.mended = mended
        self.lines = lines

    def place(self, element: Element, detail: str | None = None) -> Place:
        """Return where `element` stands in the file (line only for measures, notes and attributes)."""
        return Place(self.source, self.lines.get(element), None, detail)


def parse_xml(data: bytes, source: str) -> XmlTree:
    """Parse one XML document.

    Raises:
        MusicFileError: not well formed, too large, too deep, or with entity declarations; with line and column.
    """
    if len(data) > MAX_XML_BYTES:
        raise MusicFileError(
            f"{len(data):,} bytes of XML are more than the limit of {MAX_XML_BYTES:,}", place=Place(source)
        )
    try:
        return _parse(data, source, None)
    except _ForeignCharacterError as error:
        if _is_utf8(data):
            raise error.told from error
        # Older programs write Latin-1 and call it UTF-8, or nothing.
        latin = _parse(data, source, "iso-8859-1")
        mended = ("the text is not UTF-8; read as Latin-1",)
        return XmlTree(latin.root, source, latin.lines, mended)


class _ForeignCharacterError(Exception):
    """Bytes that are no character; `told` is what to tell if nothing helps."""

    def __init__(self, told: MusicFileError) -> None:
        super().__init__()
        self.told = told


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _parse(data: bytes, source: str, encoding: str | None) -> XmlTree:
    """Parse with the encoding that the document states, or with another."""
    builder = ElementTree.TreeBuilder()
    lines: dict[Element, int] = {}
    parser = expat.ParserCreate(encoding)
    parser.buffer_text = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    depth = 0
    count = 0

    def refuse(message: str) -> MusicFileError:
        return MusicFileError(message, place=Place(source, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1))

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth += 1
        count += 1
        if depth > MAX_DEPTH:
            raise refuse(f"elements are nested deeper than {MAX_DEPTH}")
        if count > MAX_ELEMENTS:
            raise refuse(f"there are more than {MAX_ELEMENTS:,} elements")
        if ":" in tag:
            tag = tag.rpartition(":")[2]
        element = builder.start(tag, attributes)
        if tag in _LINED_TAGS:
            lines[element] = parser.CurrentLineNumber

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag.rpartition(":")[2])

    def declare(*_: object) -> None:
        raise refuse("entity declarations are not allowed")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = declare
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        place = Place(source, error.lineno, error.offset + 1)
        if error.code == _FOREIGN_CHARACTER:
            told = MusicFileError("not well-formed XML: a character that may not stand here", place=place)
            if encoding is None:
                raise _ForeignCharacterError(told) from error
            raise told from error
        why = _CUT_OFF.get(error.code, expat.ErrorString(error.code))
        raise MusicFileError(f"not well-formed XML: {why}", place=place) from error
    except (ValueError, LookupError) as error:  # an encoding that Python does not know
        raise MusicFileError(f"not readable as XML: {str(error)[:200]}", place=Place(source)) from error
    return XmlTree(builder.close(), source, lines)


def open_mxl(data: bytes, source: str) -> bytes:
    """Return the score document inside a compressed MusicXML file: the one that its `META-INF/container.xml` names.

    Raises:
        MusicFileError: not a zip archive, damaged, encrypted, too large, or without a score.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > MAX_ZIP_MEMBERS:
                raise _bad(source, f"{len(members):,} members are more than the limit of {MAX_ZIP_MEMBERS:,}")
            by_name = {_utf8_name(member): member for member in members} | {m.filename: m for m in members}
            container = by_name.get("META-INF/container.xml")
            if container is not None:
                root_path = _named_root(_unpack(archive, container, source), source)
            else:
                root_path = _only_score(list(by_name), source)
            if root_path not in by_name:
                raise _bad(source, f'its container names "{root_path[:_MAX_NAME]}", which is not inside')
            return _unpack(archive, by_name[root_path], source)
    except zipfile.BadZipFile as error:
        why = str(error)[:200]
        if "not a zip file" in why:
            why = "its directory, which stands at its end, is missing; the file may have been cut off"
        raise _bad(source, f"a damaged zip archive: {why}") from error
    except (zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError, OverflowError) as error:
        # RuntimeError: encrypted; NotImplementedError: an unknown version; the others: damaged streams and offsets.
        why = str(error)[:200] or type(error).__name__
        raise _bad(source, f"the zip archive cannot be unpacked: {why}") from error


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, source: str) -> bytes:
    name = member.filename[:_MAX_NAME]
    if member.compress_type not in _COMPRESSIONS:
        raise _bad(source, f'"{name}" is compressed in a way that MusicXML does not know ({member.compress_type})')
    if member.file_size > MAX_XML_BYTES:
        raise _bad(source, f'"{name}" has {member.file_size:,} bytes; the limit is {MAX_XML_BYTES:,}')
    chunks: list[bytes] = []
    size = 0
    with archive.open(member) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            size += len(chunk)
            if size > MAX_XML_BYTES:
                raise _bad(source, f'"{name}" unpacks to more than the limit of {MAX_XML_BYTES:,} bytes')
            chunks.append(chunk)
    return b"".join(chunks)


def _named_root(container: bytes, source: str) -> str:
    tree = parse_xml(container, f"{source}: META-INF/container.xml")
    for rootfile in tree.root.iter("rootfile"):
        media_type = rootfile.get("media-type", "")
        path = rootfile.get("full-path", "")
        if path and media_type in ("", "application/vnd.recordare.musicxml+xml", "text/xml", "application/xml"):
            return path
    raise _bad(source, "its container names no score")


def _only_score(names: list[str], source: str) -> str:
    if any(name.lower().endswith(".mscx") for name in names):
        raise _bad(source, "a MuseScore file is not read", "export it from MuseScore as MusicXML")
    scores = [
        n for n in names if n.lower().endswith((".xml", ".musicxml")) and not n.startswith(("META-INF/", "__MACOSX/"))
    ]
    if not scores:
        raise _bad(source, "no score inside")
    return scores[0]


def _utf8_name(member: zipfile.ZipInfo) -> str:
    """Undo zipfile's reading of an unflagged UTF-8 name as code page 437 (such archives are common)."""
    try:
        return member.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return member.filename


def _bad(source: str, message: str, mend: str | None = None) -> MusicFileError:
    return MusicFileError(message, place=Place(source), mend=mend)
