"""Write a plan as commented YAML; `reader.parse_plan` reads an equal plan back.

A plan file is never rewritten in place: this makes the resolved plan that stands beside the piece.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from composer.errors import ComposerError
from composer.files import write_atomic
from composer.plan.mixes import Mix, Style, with_cards_from
from composer.plan.model import (
    ARROW,
    FILE_WORDS,
    Entry,
    Formula,
    Glide,
    Plan,
    RepeatEntry,
    SectionEntry,
    ThemeEntry,
    Transformation,
)
from composer.plan.numerals import parse_key_path
from composer.theory.key import parse_key

# Beside what a musician is likely to change: field → what to say.
_PLAN_COMMENTS = {
    "plan": "version of this format",
    "style": "or a mix: {bach: 0.7, joplin: 0.3}, or a glide: bach -> joplin",
    "ensemble": "keyboard, organ, chorale, quartet, song, line",
    "key": "change this one line and the whole piece moves",
    "pickup": "beats before the first bar",
    "tempo": "beats a minute; the beat is the meter's",
    "seed": "another seed, another piece",
    "repeats": "passages that are played twice, by the ids of their sections",
    "da_capo": "then from the beginning to the end of this section, without repeats",
}
_FIRST_SECTION_COMMENTS = {
    "style": "of this section alone; a phrase may have its own too",
    "type": "sentence, period, compound period, chain: how the bars without theme are divided",
    "key": "relative to the home key (V, vi, bIII), absolute (e minor), or a path (vi -> ii)",
    "cadence": "PAC, IAC, HC, DC, EC, PC, none",
    "texture": "chords, alberti, arpeggio, chorale, walking, stride, imitation, running",
    "density": "0 to 1",
    "register": "low, middle, high",
    "dynamics": "ppp to fff; flat, arch, cresc, dim",
    "recall": "melody: the tune returns; full: every voice",
    "as": "exact changes: ornament, inversion, sequence, fragment, register, reharmonize …",
    "take": "another take draws this section afresh",
    "enters": "what sounds just before",
    "leaves": "what it ends on",
}
_FIRST_THEME_COMMENTS = {
    "melody": "ABC notation, the body only, L:1/8; x is left free",
    "harmony": "RomanText numerals, bar by bar; . holds, ? is left to the planner",
}
_PLAIN = re.compile(r"^[A-Za-z][A-Za-z0-9_./+-]*( [A-Za-z0-9_./+>-]+)*$")
_RESERVED = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
_WIDTH = 110


def write_plan(plan: Plan, path: Path) -> None:
    """Write a plan to a file, whole or not at all.

    Raises:
        OutputError: the place cannot be written.
    """
    write_atomic(path, format_plan(plan, name=path.name, folder=path.parent).encode())


def format_plan(plan: Plan, *, name: str = "plan.yaml", folder: Path | None = None) -> str:
    """Return a plan as YAML text with comments.

    Args:
        plan: to be written.
        name: of its file.
        folder: of its file; cards of styles that lie in it are named from there. None: by the paths that the plan has.
    """
    plan = plan if folder is None else with_cards_from(plan, folder)
    lines = [f"# compose build {name}" if _PLAIN.match(name) else "# compose build"]
    for field in Plan.model_fields:
        value = getattr(plan, field)
        if value is None:
            continue
        if field == "themes":
            lines += _themes(plan.themes)
        elif field == "sections":
            lines += _sections(plan)
        else:
            lines.append(_line("", field, _value(field, value), {**_PLAN_COMMENTS, **_glide_comment(plan)}))
    return "\n".join(lines) + "\n"


def _glide_comment(plan: Plan) -> dict[str, str]:
    """Return what to say of a glide whose places are written out: it is they that count."""
    is_written_out = isinstance(plan.style, Glide) and any(section.style is not None for section in plan.sections)
    return {"style": "each section and phrase below says where it is on it"} if is_written_out else {}


def _themes(themes: Mapping[str, ThemeEntry]) -> list[str]:
    if not themes:
        return []
    lines = ["themes:"]
    for index, (name, theme) in enumerate(themes.items()):
        lines.append(f"  {_flow(name)}:" + (" {}" if not _said(theme) else ""))
        for field, value in _said(theme):
            comments = _FIRST_THEME_COMMENTS if index == 0 else {}
            if field in ("melody", "harmony") and _is_block(value):
                lines += _block("    ", field, value, comments.get(field))
            elif field == "phrases":
                lines.append("    phrases:" + ("" if value else " []"))
                lines += [f"      - {_wrapped(phrase, 8)}" for phrase in value]
            else:
                lines.append(_line("    ", field, _flow(value), comments))
    return lines


def _sections(plan: Plan) -> list[str]:
    if not plan.sections:
        return []
    lines = ["sections:"]
    for index, section in enumerate(plan.sections):
        comments = dict(_FIRST_SECTION_COMMENTS) if index == 0 else {}
        if index > 0:
            comments["key"] = _key_name(section, plan)
        lead = "  - "
        for field, value in _said(section):
            if field == "phrases":
                lines.append(f"{lead}phrases:" + ("" if value else " []"))
                lines += [f"      - {_wrapped(phrase, 8)}" for phrase in value]
            else:
                lines.append(_line(lead, field, _value(field, value), comments))
            lead = "    "
        if not _said(section):
            lines.append("  - {}")
    return lines


def _key_name(section: SectionEntry, plan: Plan) -> str:
    """Return the absolute name of a section's key, for its comment; empty where it cannot be said."""
    try:
        home = parse_key(plan.key or "")
        return " -> ".join(str(key) for key in parse_key_path(section.key or "I", home))
    except ComposerError:
        return ""


def _line(lead: str, field: str, text: str, comments: Mapping[str, str]) -> str:
    line = f"{lead}{field}: {text}"
    comment = comments.get(field)
    return f"{line:<30} # {comment}" if comment else line


def _said(entry: Entry) -> list[tuple[str, Any]]:
    """Return (word in the file, value) of the fields that are not None, in order."""
    fields = ((name, getattr(entry, name)) for name in type(entry).model_fields)
    return [(FILE_WORDS.get(name, name), value) for name, value in fields if value is not None]


def _value(word: str, value: Any) -> str:
    """Return a field's value in flow style; a style as shortly as it can be said."""
    return _style(value) if word == "style" else _flow(value)


def _style(style: Style) -> str:
    if not isinstance(style, Glide):
        return _flow(next(iter(style)) if _is_one(style) else style)
    if all(_is_one(mix) for mix in style.stations):
        return _flow(f" {ARROW} ".join(next(iter(mix)) for mix in style.stations))
    stations = {"from": _style(style.from_), "via": f"[{', '.join(map(_style, style.via))}]", "to": _style(style.to)}
    return "{" + ", ".join(f"{word}: {text}" for word, text in stations.items() if word != "via" or style.via) + "}"


def _is_one(mix: Mix) -> bool:
    return list(mix.values()) == [1]


def _flow(value: Any) -> str:
    """Return a value in flow style, on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, Transformation):
        return _transformation(value)
    if isinstance(value, Formula):
        return _formula(value)
    if isinstance(value, RepeatEntry) and value == RepeatEntry(sections=value.sections):
        return _flow(value.sections)
    if isinstance(value, Entry):
        return "{" + ", ".join(f"{word}: {_flow(item)}" for word, item in _said(value)) + "}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    return "[" + ", ".join(_flow(item) for item in value) + "]"


def _wrapped(entry: Entry, indent: int) -> str:
    """Return a phrase in flow style, broken between fields where the line gets long."""
    lines = [""]
    for word, value in _said(entry):
        piece = f"{word}: {_value(word, value)}"
        if lines[-1] and indent + len(lines[-1]) + len(piece) > _WIDTH:
            lines.append("")
        lines[-1] += (", " if lines[-1] else "") + piece
    return "{" + (",\n" + " " * (indent + 1)).join(lines) + "}"


def _text(value: str) -> str:
    if _PLAIN.match(value) and value.lower() not in _RESERVED:
        return value
    return json.dumps(value, ensure_ascii=False)


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(value)


def _transformation(item: Transformation) -> str:
    said = {word: value for word, value in _said(item) if word != "name"}
    if not said:
        return item.name
    return f"{{{item.name}: {_flow(said['amount'] if list(said) == ['amount'] else said)}}}"


def _formula(formula: Formula) -> str:
    """Return a formula with its chords and degrees as words, where they are words."""
    pieces = []
    for word, value in _said(formula):
        if word != "onsets" and value and all(not re.search(r"\s", item) for item in value):
            pieces.append(f"{word}: {_text(' '.join(value))}")
        else:
            pieces.append(f"{word}: {_flow(value)}")
    return "{" + ", ".join(pieces) + "}"


def _is_block(value: str) -> bool:
    """Whether a text of several lines can stand as a block."""
    lines = value.rstrip("\n").split("\n")
    ends = value.endswith("\n") and not value.endswith("\n\n")
    printable = all(line.isprintable() for line in lines)
    return ends and printable and all(line and line == line.strip() for line in lines)


def _block(indent: str, field: str, value: str, comment: str | None) -> list[str]:
    head = f"{indent}{field}: |"
    lines = [f"{head:<30} # {comment}" if comment else head]
    return lines + [f"{indent}  {line}" for line in value.rstrip("\n").split("\n")]
