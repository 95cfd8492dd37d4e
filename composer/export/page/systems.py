"""The engraved systems of a piece, each a small SVG of its own, with its bars and note heads marked.

What it is: verovio's SVG without all that a page on the screen does not need. Groups that only name things are opened,
the five lines of a staff are one path, glyphs are defined once for all systems, ids are gone; left are `data-n` (the
index of a note head) and `data-b` (the index of a bar), and each bar has a rectangle that can be pointed at.

Conventions: lengths in verovio's units, 100 a millimetre of a layout's width. A layout is the same music broken into
lines of one width; a page holds several, for screens of several widths, with the same indices.

Contents: `System`, `Glyphs`, `systems_of`.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from composer.export.engraving import STAFF_MM, engrave_systems
from composer.export.svg_text import SVG

_TAG = f"{{{SVG}}}"
_PLACED = re.compile(r"translate\((-?\d+), (-?\d+)\) scale\(([\d.]+), ([\d.]+)\)")
_LINE = re.compile(r"M(-?\d+) (-?\d+) L(-?\d+) (-?\d+)")
_LEVEL_OR_UPRIGHT = re.compile(r"M(-?\d+ (-?\d+)) L(?:(-?\d+) \2)$|M((-?\d+) -?\d+) L\5 (-?\d+)$")
_BAR_ROOM = 300  # above and below the staves, which a bar's rectangle takes too
_KEPT = frozenset({"note", "measure"})


@dataclass(frozen=True)
class System:
    """One line of music.

    Attributes:
        width, height: of its view box.
        content: the elements within, as text.
        bars: indices of its bars.
    """

    width: int
    height: int
    content: str
    bars: tuple[int, ...]


@dataclass
class Glyphs:
    """The glyphs that systems use, each at its size, collected while they are read."""

    _paths: dict[str, str] = field(default_factory=dict)
    _names: dict[tuple[str, str], str] = field(default_factory=dict)

    def learn(self, glyph: str, path: str) -> None:
        """Take down the outline of a glyph, in its own units."""
        self._paths[glyph] = path

    def name(self, glyph: str, scale: str) -> str:
        """Return the id under which a glyph of a size is defined."""
        return self._names.setdefault((glyph, scale), f"g{len(self._names)}")

    def definitions(self) -> str:
        """Return all as the content of a `defs` element."""
        return "".join(
            f'<path id="{name}" transform="scale({scale} -{scale})" d="{self._paths[glyph]}"/>'
            for (glyph, scale), name in self._names.items()
        )


def systems_of(musicxml: bytes, glyphs: Glyphs, *, width_mm: float, staff_mm: float = STAFF_MM) -> tuple[System, ...]:
    """Return the systems of a piece in one layout.

    Args:
        musicxml: as `musicxml_with_ids` makes it.
        glyphs: grows by those that are used.
        width_mm, staff_mm: as `engrave_systems`.

    Raises:
        OptionError: as `engrave_systems`.
    """
    return tuple(
        _system(ET.fromstring(svg), glyphs) for svg in engrave_systems(musicxml, width_mm=width_mm, staff_mm=staff_mm)
    )


def _system(root: ET.Element, glyphs: Glyphs) -> System:
    for definition in root.iter(_TAG + "defs"):
        for glyph in definition:
            (path,) = glyph
            glyphs.learn(_glyph(glyph.attrib["id"]), re.sub(r" *\n *", " ", path.attrib["d"]))
    scene = next(element for element in root.iter(_TAG + "svg") if element.get("class") == "definition-scale")
    width, height = (int(float(number)) for number in scene.attrib["viewBox"].split()[2:])
    (page,) = scene
    bars = [measure for measure in page.iter(_TAG + "g") if measure.get("class") == "measure"]
    for bar in bars:
        bar.insert(0, _area(bar))
    content = ET.Element("g", {"transform": page.attrib["transform"].replace(", ", " ")})
    content.extend(_joined(list(_opened(page, glyphs))))
    text = ET.tostring(content, encoding="unicode")
    return System(width, height, text, tuple(int(bar.attrib["id"].removeprefix("b")) for bar in bars))


def _glyph(name: str) -> str:
    """Return a glyph's code: verovio adds the document's own name to it."""
    return name.lstrip("#").partition("-")[0]


def _area(bar: ET.Element) -> ET.Element:
    """Return the rectangle that a bar takes, from its staves' lines."""
    lines = [
        [int(number) for number in found.groups()]
        for staff in bar
        if staff.get("class") == "staff"
        for path in staff
        if path.tag == _TAG + "path" and (found := _LINE.fullmatch(path.get("d", "")))
    ]
    left, right = min(line[0] for line in lines), max(line[2] for line in lines)
    top, bottom = min(line[1] for line in lines) - _BAR_ROOM, max(line[3] for line in lines) + _BAR_ROOM
    place = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    return ET.Element(_TAG + "rect", {name: str(value) for name, value in place.items()} | {"class": "bar"})


def _opened(group: ET.Element, glyphs: Glyphs) -> Iterator[ET.Element]:
    """Yield what is to be seen of a group, groups within opened where nothing depends on them."""
    for child in group:
        tag = child.tag.removeprefix(_TAG)
        kind = child.get("class", "")
        if tag == "g" and kind in _KEPT:
            letter = child.attrib["id"][0]
            kept = ET.Element("g", {f"data-{letter}": child.attrib["id"][1:]})
            kept.extend(_joined(list(_opened(child, glyphs))))
            yield kept
        elif tag == "g" and child.get("transform"):
            kept = ET.Element("g", {"transform": child.attrib["transform"]})
            kept.extend(_joined(list(_opened(child, glyphs))))
            yield kept
        elif tag == "g":
            yield from _opened(child, glyphs)
        elif tag == "use":
            yield _use(child, glyphs)
        elif tag not in ("desc", "title"):
            yield _plain(child, tag)


def _use(use: ET.Element, glyphs: Glyphs) -> ET.Element:
    glyph, place = _glyph(use.attrib["href"]), use.attrib["transform"]
    found = _PLACED.fullmatch(place)
    if found is None or found[3] != found[4]:
        return ET.Element("use", {"href": f"#{glyphs.name(glyph, '1')}", "transform": place})
    return ET.Element("use", {"href": f"#{glyphs.name(glyph, found[3])}", "x": found[1], "y": found[2]})


def _plain(element: ET.Element, tag: str) -> ET.Element:
    """Return an element that is drawn, without id and language, its path as short as it goes."""
    kept = {
        name: value
        for name, value in element.attrib.items()
        if name not in ("id", "style") and not name.startswith("{") and not (name == "class" and value != "bar")
    }
    if tag == "path":
        kept["d"] = _LEVEL_OR_UPRIGHT.sub(_shortened, kept["d"])
    if tag == "text":
        kept = {name: value for name, value in kept.items() if value != "normal"}
    plain = ET.Element(tag, kept)
    plain.text = element.text
    return plain


def _shortened(found: re.Match[str]) -> str:
    return f"M{found[1]}H{found[3]}" if found[1] else f"M{found[4]}V{found[6]}"


def _joined(elements: Sequence[ET.Element]) -> Iterator[ET.Element]:
    """Yield the elements, straight lines that follow each other and look alike as one path."""
    before: ET.Element | None = None
    for element in elements:
        if (
            before is not None
            and element.tag == before.tag == "path"
            and _looks(element) == _looks(before)
            and "stroke-width" in element.attrib
            and not set("zZcC,") & set(element.attrib["d"] + before.attrib["d"])
        ):
            before.set("d", before.attrib["d"] + element.attrib["d"])
            continue
        before = element
        yield element


def _looks(element: ET.Element) -> dict[str, str]:
    return {name: value for name, value in element.attrib.items() if name != "d"}
