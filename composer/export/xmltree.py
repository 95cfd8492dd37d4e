"""Build XML in few words."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from composer.errors import printable


def add(parent: ET.Element, tag: str, text: object = None, **attributes: object) -> ET.Element:
    """Append an element to `parent` and return it.

    Args:
        parent: where.
        tag: its name.
        text: its content; None for none. Characters that XML cannot hold are written as escapes.
        attributes: an underscore in a name stands for a hyphen, one at its end is left out (`type_`, `number`).
    """
    names = {name.rstrip("_").replace("_", "-"): printable(str(value)) for name, value in attributes.items()}
    element = ET.SubElement(parent, tag, names)
    if text is not None:
        element.text = printable(str(text))
    return element
