"""Verovio's SVG made plain: texts that have a place each, outlines for the note signs among them, nothing hidden.

Verovio nests its texts in `tspan`s, whose size is on the innermost and whose place is anywhere above, and draws the ♩
of a tempo as a character of a font that most programs don't have. Afterwards every `text` has its own place, size,
weight and slant, and no program needs to know more than that. What a style sheet would hide (dots where a section
begins) is taken out.

Contents: `with_plain_text`.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from composer.export.typeface import MUSIC_FONT, Style, music_sign, text_width

SVG = "http://www.w3.org/2000/svg"
_TAG = f"{{{SVG}}}"
# As in the style sheet of verovio's SVG.
_BOLD = frozenset({"ending", "fing", "reh", "tempo"})
_ITALIC = frozenset({"dir", "dynam", "mNum"})
_UPRIGHT = frozenset({"label"})

ET.register_namespace("", SVG)


@dataclass(frozen=True)
class _Setting:
    """What a text inherits from the elements round it."""

    size: float = 0.0
    style: Style = field(default_factory=Style)
    family: str = ""


@dataclass
class _Chunk:
    """Runs from one stated place on (grows while its element is read)."""

    x: float
    y: float
    anchor: str
    runs: list[tuple[str, _Setting]]


def with_plain_text(svg: str) -> str:
    """Return an SVG document of verovio with plain texts, and without what is not to be seen."""
    root = ET.fromstring(svg)
    _walk(root, _Setting())
    return ET.tostring(root, encoding="unicode")


def _walk(element: ET.Element, setting: _Setting) -> None:
    hidden = [child for child in element if "placeholder" in child.get("class", "").split()]
    for child in hidden:
        element.remove(child)
    for index, child in enumerate(list(element)):
        inside = _within(child, setting)
        if child.tag == _TAG + "text":
            group = ET.Element(_TAG + "g")
            group.extend(_plain(child, inside))
            element[index] = group
        else:
            _walk(child, inside)


def _within(element: ET.Element, setting: _Setting) -> _Setting:
    """Return the setting inside an element."""
    names = set(element.get("class", "").split())
    bold, italic = setting.style.bold, setting.style.italic
    if names & _BOLD or element.get("font-weight") == "bold":
        bold = True
    if names & _UPRIGHT or element.get("font-weight") == "normal":
        bold = False
    if names & _ITALIC or element.get("font-style") == "italic":
        italic = True
    if element.get("font-style") == "normal":
        italic = False
    size = float(element.get("font-size", "0px").removesuffix("px")) or setting.size
    return _Setting(size, Style(bold, italic), element.get("font-family", setting.family))


def _plain(text: ET.Element, setting: _Setting) -> Iterator[ET.Element]:
    chunks = [_Chunk(float(text.get("x", 0)), float(text.get("y", 0)), text.get("text-anchor", "start"), [])]
    _collect(text, setting, chunks)
    for chunk in chunks:
        yield from _set(chunk)


def _collect(element: ET.Element, setting: _Setting, chunks: list[_Chunk]) -> None:
    if element.text:
        chunks[-1].runs.append((element.text, setting))
    for child in element:
        if child.tag != _TAG + "tspan":  # a `title`
            continue
        if child.get("x") or child.get("y"):
            before = chunks[-1]
            x, y = float(child.get("x", before.x)), float(child.get("y", before.y))
            chunks.append(_Chunk(x, y, child.get("text-anchor", before.anchor), []))
        _collect(child, _within(child, setting), chunks)


def _set(chunk: _Chunk) -> Iterator[ET.Element]:
    """Yield the elements of a chunk, each in its place."""
    runs = _signs_as_characters(chunk.runs)
    runs = [(text, setting) for text, setting in runs if text]
    if len(runs) == 1 and runs[0][1].family != MUSIC_FONT:
        text, setting = runs[0]
        if text.strip():
            yield _text(text.strip(), setting, chunk.x, chunk.y, chunk.anchor)
        return
    widths = [_width(text, setting) for text, setting in runs]
    x = chunk.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[chunk.anchor] * sum(widths)
    for (text, setting), width in zip(runs, widths, strict=True):
        if setting.family == MUSIC_FONT:
            yield from _outlines(text, setting, x, chunk.y)
        elif text.strip():
            # A place of its own for the first letter: spaces before it count for nothing there.
            lead = text_width(text[: len(text) - len(text.lstrip())], setting.style, setting.size)
            yield _text(text.strip(), setting, x + lead, chunk.y, "start")
        x += width


def _signs_as_characters(runs: Sequence[tuple[str, _Setting]]) -> list[tuple[str, _Setting]]:
    """Return the runs; signs that the music font lacks are left to another font."""
    return [
        (text, replace(setting, family="") if any(music_sign(sign) is None for sign in text) else setting)
        if setting.family == MUSIC_FONT
        else (text, setting)
        for text, setting in runs
    ]


def _width(text: str, setting: _Setting) -> float:
    if setting.family == MUSIC_FONT:
        return setting.size * sum(sign.advance for sign in map(music_sign, text) if sign)
    return text_width(text, setting.style, setting.size)


def _text(text: str, setting: _Setting, x: float, y: float, anchor: str) -> ET.Element:
    element = ET.Element(_TAG + "text", {"x": f"{x:.0f}", "y": f"{y:.0f}", "font-size": f"{setting.size:g}px"})
    if anchor != "start":
        element.set("text-anchor", anchor)
    # Stated even where it is plain: the style sheet has another opinion of some classes.
    element.set("font-weight", "bold" if setting.style.bold else "normal")
    element.set("font-style", "italic" if setting.style.italic else "normal")
    element.text = text
    return element


def _outlines(text: str, setting: _Setting, x: float, y: float) -> Iterator[ET.Element]:
    for character in text:
        sign = music_sign(character)
        if sign is not None:
            scale = setting.size * sign.scale
            place = f"translate({x:.0f}, {y:.0f}) scale({scale:g}, {-scale:g})"
            if sign.path:
                yield ET.Element(_TAG + "path", {"d": sign.path, "transform": place})
            x += setting.size * sign.advance
