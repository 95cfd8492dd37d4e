"""Which typeface a character is set in, how wide a text is, and what note signs look like.

Conventions: texts are set in Times, one of the fonts that every PDF reader has and the one whose widths verovio lays
out with; what Times has no sign for (Cyrillic, Greek, ♯) in DejaVu Serif, which matplotlib brings along. Widths and
outlines are in the units of the font size.

Contents: `Style`, `runs`, `text_width`, `Sign`, `music_sign`.
"""

from __future__ import annotations

import importlib.util
import itertools
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

MUSIC_FONT = "Leipzig"
_UNITS_PER_EM = 1000  # of the music font
_SPACE = 0.08  # between the signs of a dotted note, in font sizes
_TIMES = {
    (False, False): "Times-Roman",
    (True, False): "Times-Bold",
    (False, True): "Times-Italic",
    (True, True): "Times-BoldItalic",
}
_DEJAVU = {False: "DejaVuSerif", True: "DejaVuSerif-Bold"}


@dataclass(frozen=True)
class Style:
    """Bold or italic, or neither."""

    bold: bool = False
    italic: bool = False


@dataclass(frozen=True)
class Sign:
    """A note sign: SVG path data with y upwards, and how far the next sign is; 1 is the font size."""

    path: str
    scale: float
    advance: float


def runs(text: str, style: Style) -> Iterator[tuple[str, str]]:
    """Yield (PostScript name of the font, text) of each run of one font."""
    times = _TIMES[style.bold, style.italic]
    for is_plain, characters in itertools.groupby(text, _is_in_times):
        yield times if is_plain else _dejavu(style.bold), "".join(characters)


def text_width(text: str, style: Style, size: float) -> float:
    """Return how wide a text is, in the units of `size`."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    return float(sum(stringWidth(run, font, size) for font, run in runs(text, style)))


def music_sign(character: str) -> Sign | None:
    """Return a sign of the music font, or None where it has none; a space between signs is a narrow one."""
    if character.isspace():
        return Sign("", 1 / _UNITS_PER_EM, _SPACE)
    code = f"{ord(character):04X}"
    path = _verovio_data() / MUSIC_FONT / f"{code}.xml"
    advance = _advances().get(code)
    if advance is None or not path.exists():
        return None
    outline = ET.parse(path).getroot().find("path")  # drawn with y upwards, under a transform that turns it over
    return None if outline is None else Sign(outline.attrib["d"], 1 / _UNITS_PER_EM, advance / _UNITS_PER_EM)


def _is_in_times(character: str) -> bool:
    try:
        character.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


@lru_cache(maxsize=2)
def _dejavu(bold: bool) -> str:
    """Return the name of the font, after it was made known to reportlab."""
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    name = _DEJAVU[bold]
    registerFont(TTFont(name, str(_package_folder("matplotlib") / "mpl-data" / "fonts" / "ttf" / f"{name}.ttf")))
    return name


@lru_cache(maxsize=1)
def _advances() -> dict[str, float]:
    """Return how far the next sign is, by code, from the music font's table."""
    table = ET.parse(_verovio_data() / f"{MUSIC_FONT}.xml").getroot()
    return {row.attrib["c"]: float(row.attrib["h-a-x"]) for row in table.iter("g")}


def _verovio_data() -> Path:
    return _package_folder("verovio") / "data"


def _package_folder(name: str) -> Path:
    """Return where a package lies, without importing it."""
    spec = importlib.util.find_spec(name)
    assert spec is not None  # a dependency
    assert spec.origin is not None
    return Path(spec.origin).parent
