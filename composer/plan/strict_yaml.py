"""Read YAML strictly: plain values with the place of each, and every surprise refused.

PyYAML's loaders read `3:4` as 184, `010` as 8 and `no` as False, keep the last of two equal keys, and hang on a small
file of merge keys. Here only its parser is used (its events, which hold no values yet); scalars are read by the rules
below, and anchors, aliases, tags, merge keys, duplicate keys, several documents and deep nesting are refused.

Conventions: unquoted `true`/`false` are booleans, `null`, `~` and nothing are None, whole and decimal numbers as in
JSON are numbers; everything else is text. A path is a tuple of keys and indices from the top; `KEY` at its end means
the key itself rather than its value.
"""

from __future__ import annotations

import math
import os
import re
import stat
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Final

from composer.errors import Place, PlanError, Problem

MAX_BYTES = 262_144
MAX_DEPTH = 32
MAX_SCALAR = 4096
KEY: Final = "\0key"  # cannot be a key of a file

Path = tuple[str | int, ...]

_INTEGER = re.compile(r"^[+-]?(0|[1-9]\d*)$")
_DECIMAL = re.compile(r"^[+-]?(0|[1-9]\d*)?\.\d+([eE][+-]?\d+)?$|^[+-]?(0|[1-9]\d*)(\.\d*)?([eE][+-]?\d+)$")
_OCTAL = re.compile(r"^[+-]?0\d+$")
# Invisible characters that turn the text round or hide parts of it.
_HIDING = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0xFEFF)}


@dataclass(frozen=True)
class Document:
    """A file's values and where each stands.

    Attributes:
        value: mappings (dict), lists and scalars.
        places: path → (line, column), 1-based; the path of a key ends in `KEY`.
        source: the file's name.
    """

    value: Any
    places: Mapping[Path, tuple[int, int]]
    source: str

    def place(self, path: Path) -> Place:
        """Return the place of a path, or of the nearest thing round it that is in the file."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.places:
                return Place(self.source, *self.places[path[:length]])
        return Place(self.source)


def read_strict(data: bytes | str, *, source: str = "<plan>") -> Document:
    """Read one YAML document.

    Raises:
        PlanError: all problems found, each with line and column.
    """
    import yaml

    text = _decode(data, source)
    reader = _Reader(source)
    try:
        events = iter(yaml.parse(text, Loader=yaml.SafeLoader))
        value = reader.document(events)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(source, mark.line + 1, mark.column + 1) if mark else Place(source)
        message = f"this is not YAML: {error.problem or error.context}"
        mend = "indent with spaces" if "\\t" in message else None
        raise PlanError([*reader.problems, Problem(message, place, mend)]) from error
    except yaml.YAMLError as error:
        raise PlanError(f"this is not YAML: {error}", place=source) from error
    if reader.problems:
        raise PlanError(reader.problems)
    return Document(value, reader.places, source)


def read_file(path: FilePath) -> bytes:
    """Return a plain file's bytes, `MAX_BYTES` and one more at most; never wait for a pipe or read a device.

    Raises:
        PlanError: missing, no permission, or not a plain file.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise PlanError(f"cannot read the file: {error.strerror or error}", place=path) from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise PlanError("this is not a plain file", place=path, mend="name a YAML file")
    with os.fdopen(handle, "rb") as stream:
        return stream.read(MAX_BYTES + 1)


def _decode(data: bytes | str, source: str) -> str:
    if isinstance(data, str):
        text = data
    else:
        if len(data) > MAX_BYTES:
            raise PlanError(f"the file is larger than {MAX_BYTES // 1024} KB", place=source)
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise PlanError("the file is UTF-16", place=source, mend="save it as UTF-8")
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            number = data.count(b"\n", 0, error.start) + 1
            raise PlanError("the file is not UTF-8", place=Place(source, number), mend="save it as UTF-8") from error
    problems = []
    for number, row in enumerate(text.split("\n"), start=1):
        for column, character in enumerate(row, start=1):
            odd = unicodedata.category(character) in ("Cc", "Cs") and character not in "\t\r"
            if odd or character in _HIDING:
                place = Place(source, number, column)
                problems.append(Problem(f"an invisible character, U+{ord(character):04X}", place, "delete it"))
    if problems:
        raise PlanError(problems[:20])
    return text


class _Reader:
    """Builds values from events; collects problems and goes on."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.places: dict[Path, tuple[int, int]] = {}

    def document(self, events: Iterator[Any]) -> Any:
        import yaml

        for event in events:
            if isinstance(event, yaml.StreamStartEvent):
                continue
            if isinstance(event, yaml.StreamEndEvent):
                raise PlanError("the file is empty", place=self.source, mend="a plan needs form, style and key")
            value = self.node(next(events), events, ())
            next(events)  # the document's end
            after = next(events)
            if not isinstance(after, yaml.StreamEndEvent):
                self.refuse(after, "a second document", "a plan is one document: remove ---")
            return value
        raise AssertionError("the parser gave no stream")

    def refuse(self, event: Any, message: str, mend: str | None = None) -> None:
        mark = event.start_mark
        self.problems.append(Problem(message, Place(self.source, mark.line + 1, mark.column + 1), mend))

    def node(self, event: Any, events: Iterator[Any], path: Path) -> Any:
        import yaml

        self.places.setdefault(path, (event.start_mark.line + 1, event.start_mark.column + 1))
        if isinstance(event, yaml.AliasEvent):
            self.refuse(event, f"an alias, *{event.anchor}", "write it out")
            return None
        if event.anchor is not None:
            self.refuse(event, f"an anchor, &{event.anchor}", "write it out where it is needed")
        if event.tag is not None:
            self.refuse(event, f"a tag, {event.tag}", "leave it out")
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        if len(path) >= MAX_DEPTH:
            self.refuse(event, f"nested deeper than {MAX_DEPTH}")
            raise PlanError(self.problems)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(events, path)
        return self.mapping(events, path)

    def sequence(self, events: Iterator[Any], path: Path) -> list[Any]:
        import yaml

        values: list[Any] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            values.append(self.node(event, events, (*path, len(values))))
        return values

    def mapping(self, events: Iterator[Any], path: Path) -> dict[str, Any]:
        import yaml

        values: dict[str, Any] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            if not isinstance(event, yaml.ScalarEvent):
                self.refuse(event, "a key that is not a word")
                self.node(event, events, (*path, KEY, len(values)))
                self.node(next(events), events, (*path, KEY, len(values), 0))
                continue
            if event.anchor is not None or event.tag is not None:
                self.refuse(event, "an anchor or a tag on a key", "leave it out")
            key = event.value
            mark: Any = event.start_mark
            here = (mark.line + 1, mark.column + 1)
            if key == "<<":
                self.refuse(event, "a merge key, <<", "use copy_of")
            if key in values:
                line = self.places[(*path, key, KEY)][0]
                self.refuse(event, f'the key "{key}" appears twice (first in line {line})', "keep one of them")
                self.node(next(events), events, (*path, KEY, key))
                continue
            self.places[(*path, key, KEY)] = here
            values[key] = self.node(next(events), events, (*path, key))
        return values

    def scalar(self, event: Any) -> Any:
        text: str = event.value
        if len(text) > MAX_SCALAR:
            self.refuse(event, f"a text longer than {MAX_SCALAR} characters")
            return None
        if event.style is not None:  # quoted, or a block of text
            return text
        if text in ("", "~", "null"):
            return None
        if text in ("true", "false"):
            return text == "true"
        if _OCTAL.match(text):
            self.refuse(
                event, f'"{text}" begins with a zero', f"write {text.lstrip('+-0') or '0'}, or put it in quotes"
            )
            return None
        if _INTEGER.match(text):
            if len(text) > 20:
                self.refuse(event, "a number of more than 20 digits")
                return None
            return int(text)
        if _DECIMAL.match(text):
            number = float(text)
            if not math.isfinite(number):
                self.refuse(event, f"the number {text} is too large")
                return None
            return number
        return text
