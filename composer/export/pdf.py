"""Engraved pages (SVG) → one PDF.

What it is: a drawer for the SVG that `engraving` makes, and for no other: groups with their transforms, `use` of the
signs in `defs`, paths, polygons, polylines, rectangles, ellipses and plain texts; black on white. Signs are kept once
and used where they stand, texts can be found and copied. What it does not know it refuses, so that nothing is left out
in silence.

Conventions: a page's size is its inner view box, in hundredths of a millimetre. The file has no date: the same pages
give the same bytes.

Contents: `pdf_bytes`.
"""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from typing import Any

from composer.export.svg_text import SVG
from composer.export.typeface import Style, runs, text_width

_TAG = f"{{{SVG}}}"
_POINTS_PER_UNIT = 72 / 2540  # a unit is a hundredth of a millimetre
_SIGN_BOX = 20_000  # units of a sign's own; larger than any
_CAPS = {"butt": 0, "round": 1, "square": 2}
_JOINS = {"miter": 0, "round": 1, "bevel": 2}
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_TRANSFORM = re.compile(r"(translate|scale)\(([^)]*)\)")
_PATH_TOKEN = re.compile(rf"([A-Za-z])|({_NUMBER.pattern})")
_NUM_ARGUMENTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "Z": 0}


def pdf_bytes(pages: Sequence[str], *, title: str = "", author: str = "", creator: str = "") -> bytes:
    """Return a PDF of the pages.

    Args:
        pages: of `engraving.engrave`.
        title, author, creator: of the file's description.
    """
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out, invariant=1, pageCompression=1)
    canvas.setTitle(title)
    canvas.setAuthor(author)
    canvas.setCreator(creator)
    drawer = _Drawer(canvas)
    for page in pages:
        drawer.draw_page(ET.fromstring(page))
    canvas.save()
    return out.getvalue()


class _Drawer:
    """Draws on a canvas; remembers which signs it holds already."""

    def __init__(self, canvas: Any) -> None:
        self.canvas = canvas
        self._form_of: dict[str, str] = {}  # path data of a sign -> name of its form
        self._signs: dict[str, ET.Element] = {}  # of this page, by id

    def draw_page(self, root: ET.Element) -> None:
        """Draw one page and begin the next."""
        inner = next(element for element in root.iter(_TAG + "svg") if element is not root)
        left, top, width, height = (float(word) for word in inner.attrib["viewBox"].split())
        self._signs = {element.attrib["id"]: element for defs in root.iter(_TAG + "defs") for element in defs}
        for sign in self._signs.values():
            self._keep(sign)
        self.canvas.setPageSize((width * _POINTS_PER_UNIT, height * _POINTS_PER_UNIT))
        self.canvas.scale(_POINTS_PER_UNIT, -_POINTS_PER_UNIT)
        self.canvas.translate(-left, -top - height)
        for child in inner:
            self._draw(child)
        self.canvas.showPage()

    def _keep(self, sign: ET.Element) -> None:
        """Make a form of a sign's outline, unless there is one."""
        (path,) = sign
        data = path.attrib["d"]
        if data in self._form_of:
            return
        name = f"sign{len(self._form_of)}"
        self._form_of[data] = name
        self.canvas.beginForm(name, -_SIGN_BOX, -_SIGN_BOX, _SIGN_BOX, _SIGN_BOX)
        self._transform(path)
        self.canvas.drawPath(self._path(data), stroke=0, fill=1)
        self.canvas.endForm()

    def _draw(self, element: ET.Element) -> None:
        kind = element.tag.removeprefix(_TAG)
        if kind in ("desc", "title", "style", "defs"):
            return
        draw = {
            "g": self._group,
            "use": self._use,
            "text": self._text,
            "path": self._outline,
            "polygon": self._outline,
            "polyline": self._outline,
            "rect": self._outline,
            "ellipse": self._outline,
        }[kind]
        if "transform" not in element.attrib:
            draw(element)
            return
        self.canvas.saveState()
        self._transform(element)
        draw(element)
        self.canvas.restoreState()

    def _transform(self, element: ET.Element) -> None:
        for kind, arguments in _TRANSFORM.findall(element.get("transform", "")):
            x, *rest = map(float, _NUMBER.findall(arguments))
            if kind == "translate":
                self.canvas.translate(x, rest[0] if rest else 0.0)
            else:
                self.canvas.scale(x, rest[0] if rest else x)

    def _group(self, element: ET.Element) -> None:
        for child in element:
            self._draw(child)

    def _use(self, element: ET.Element) -> None:
        (path,) = self._signs[element.attrib["href"].removeprefix("#")]
        self.canvas.doForm(self._form_of[path.attrib["d"]])

    def _text(self, element: ET.Element) -> None:
        style = Style(element.get("font-weight") == "bold", element.get("font-style") == "italic")
        size = float(element.attrib["font-size"].removesuffix("px"))
        words = element.text or ""
        shift = {"start": 0.0, "middle": 0.5, "end": 1.0}[element.get("text-anchor", "start")]
        x = float(element.attrib["x"]) - shift * text_width(words, style, size)
        self.canvas.saveState()
        self.canvas.translate(x, float(element.attrib["y"]))
        self.canvas.scale(1, -1)  # letters stand upright on a page that is turned over
        text = self.canvas.beginText(0, 0)
        for font, run in runs(words, style):
            text.setFont(font, size)
            text.textOut(run)
        self.canvas.drawText(text)
        self.canvas.restoreState()

    def _outline(self, element: ET.Element) -> None:
        """Draw a shape: filled, and stroked where it says how wide."""
        width = float(element.get("stroke-width", 0))
        is_line = element.tag == _TAG + "path" and re.fullmatch(r"\s*M[^A-Za-z]*L[^A-Za-z]*", element.attrib["d"])
        fills = element.get("fill") != "none" and element.get("fill-opacity") != "0" and not is_line
        if width:
            self.canvas.setLineWidth(width)
            self.canvas.setLineCap(_CAPS[element.get("stroke-linecap", "butt")])
            self.canvas.setLineJoin(_JOINS[element.get("stroke-linejoin", "miter")])
        self.canvas.drawPath(self._shape(element), stroke=int(width > 0), fill=int(fills))

    def _shape(self, element: ET.Element) -> Any:
        kind = element.tag.removeprefix(_TAG)
        if kind == "path":
            return self._path(element.attrib["d"])
        path = self.canvas.beginPath()
        if kind == "rect":
            path.rect(*(float(element.attrib[name]) for name in ("x", "y", "width", "height")))
        elif kind == "ellipse":
            x, y, rx, ry = (float(element.attrib[name]) for name in ("cx", "cy", "rx", "ry"))
            path.ellipse(x - rx, y - ry, 2 * rx, 2 * ry)
        else:
            numbers = [float(number) for number in _NUMBER.findall(element.attrib["points"])]
            path.moveTo(*numbers[:2])
            for place in range(2, len(numbers), 2):
                path.lineTo(*numbers[place : place + 2])
            if kind == "polygon":
                path.close()
        return path

    def _path(self, data: str) -> Any:
        """Return an SVG path; of its commands all but arcs, which no engraved page has."""
        path = self.canvas.beginPath()
        x = y = start_x = start_y = 0.0
        control = (0.0, 0.0)  # the last one, for smooth curves
        before = ""
        for command, numbers in _commands(data):
            kind = command.upper()
            dx, dy = (x, y) if command.islower() else (0.0, 0.0)
            if kind == "H":
                numbers = [numbers[0] + dx, y]
            elif kind == "V":
                numbers = [x, numbers[0] + dy]
            else:
                numbers = [number + (dy if place % 2 else dx) for place, number in enumerate(numbers)]
            mirrored = (2 * x - control[0], 2 * y - control[1])
            if kind == "M":
                path.moveTo(*numbers)
                start_x, start_y = numbers
            elif kind in ("L", "H", "V"):
                path.lineTo(*numbers)
            elif kind == "Z":
                path.close()
                numbers = [start_x, start_y]
            elif kind in ("C", "S"):
                if kind == "S":
                    numbers = [*(mirrored if before in ("C", "S") else (x, y)), *numbers]
                path.curveTo(*numbers)
                control = (numbers[2], numbers[3])
            else:
                if kind == "T":
                    numbers = [*(mirrored if before in ("Q", "T") else (x, y)), *numbers]
                control = (numbers[0], numbers[1])
                to_x, to_y = numbers[2:]
                first = (x + 2 / 3 * (control[0] - x), y + 2 / 3 * (control[1] - y))
                second = (to_x + 2 / 3 * (control[0] - to_x), to_y + 2 / 3 * (control[1] - to_y))
                path.curveTo(*first, *second, to_x, to_y)
            x, y = numbers[-2:]
            before = kind
        return path


def _commands(data: str) -> Iterator[tuple[str, list[float]]]:
    """Yield (command, numbers) of SVG path data, a command that is not repeated in it written out."""
    tokens = _PATH_TOKEN.findall(data)
    place = 0
    command = ""
    while place < len(tokens):
        if tokens[place][0]:
            command = tokens[place][0]
            place += 1
        count = _NUM_ARGUMENTS[command.upper()]
        yield command, [float(number) for _, number in tokens[place : place + count]]
        place += count
        if command in "Mm":  # further pairs are lines
            command = "L" if command == "M" else "l"
