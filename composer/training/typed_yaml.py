"""A mapping of a strict YAML file → a dataclass, each value checked against its field's type, errors with their place.

Conventions: all problems of a file are collected; a field without a default must be stated. Understood are int, float,
str, bool, tuples of them (of a fixed length or any), unions, and a tuple of (name, number) pairs, which in the file is
a mapping.
"""

from __future__ import annotations

import types
from collections.abc import Collection, Mapping
from dataclasses import MISSING, fields
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from composer.errors import ComposerError, Problem, did_you_mean
from composer.plan.strict_yaml import KEY, Document

Keys = tuple[str | int, ...]
T = TypeVar("T")
_WORDS = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


def build(
    cls: type[T],
    document: Document,
    path: Keys,
    problems: list[Problem],
    *,
    given: Mapping[str, Any] | None = None,
    hidden: Collection[str] = (),
) -> T | None:
    """Return the dataclass that the mapping at `path` describes, or None after adding to `problems`.

    Args:
        given: values of fields that the caller settles; they may not stand in the file.
        hidden: fields that may not stand in the file and keep their defaults.
    """
    value = _at(document, path)
    if value is None:
        value = {}
    if not isinstance(value, dict):
        problems.append(Problem(f"{_name(path)} must be a mapping", document.place(path)))
        return None
    given = given or {}
    hints = get_type_hints(cls)
    names = [field.name for field in fields(cast(Any, cls)) if field.name not in given and field.name not in hidden]
    before = len(problems)
    check_keys(value, names, document, path, problems)
    arguments = dict(given)
    for field in fields(cast(Any, cls)):
        if field.name not in names:
            continue
        if field.name in value:
            arguments[field.name] = convert(
                value[field.name], hints[field.name], document, (*path, field.name), problems
            )
        elif field.default is MISSING and field.default_factory is MISSING:
            problems.append(Problem(f"{_name(path)} lacks the key {field.name}", document.place(path)))
    if len(problems) > before:
        return None
    try:
        return cls(**arguments)
    except ComposerError as error:
        problems.extend(Problem(problem.message, document.place(path), problem.mend) for problem in error.problems)
        return None


def check_keys(
    value: Mapping[str, Any], known: Collection[str], document: Document, path: Keys, problems: list[Problem]
) -> None:
    """Add a problem for every key that is not known."""
    for key in value:
        if key not in known:
            mend = did_you_mean(key, known) or f"the keys here: {', '.join(known)}"
            problems.append(Problem(f'no key "{key}" in {_name(path)}', document.place((*path, key, KEY)), mend))


def convert(value: Any, hint: Any, document: Document, path: Keys, problems: list[Problem]) -> Any:
    """Return the value as the type `hint`; a value that is not of it adds to `problems`."""
    fitting = _fit(value, hint)
    if fitting is _MISFIT:
        problems.append(Problem(f"{_name(path)} must be {_words(hint)}; found {value!r}", document.place(path)))
        return None
    return fitting


_MISFIT = object()


def _fit(value: Any, hint: Any) -> Any:
    """Return the value as `hint`, or `_MISFIT`."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        for part in get_args(hint):
            found = _fit(value, part)
            if found is not _MISFIT:
                return found
        return _MISFIT
    if origin is tuple:
        return _fit_tuple(value, get_args(hint))
    if hint is type(None):
        return None if value is None else _MISFIT
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is int and isinstance(value, bool):
        return _MISFIT
    return value if isinstance(value, hint) else _MISFIT


def _fit_tuple(value: Any, parts: tuple[Any, ...]) -> Any:
    variable = len(parts) == 2 and parts[1] is Ellipsis
    if variable and get_origin(parts[0]) is tuple and isinstance(value, dict):
        value = [list(pair) for pair in value.items()]
    if not isinstance(value, list) or (not variable and len(value) != len(parts)):
        return _MISFIT
    hints = [parts[0]] * len(value) if variable else parts
    found = tuple(_fit(item, hint) for item, hint in zip(value, hints, strict=True))
    return _MISFIT if any(item is _MISFIT for item in found) else found


def _words(hint: Any) -> str:
    if get_origin(hint) in (Union, types.UnionType):
        return " or ".join(_words(part) for part in get_args(hint))
    if get_origin(hint) is tuple:
        parts = get_args(hint)
        if len(parts) == 2 and parts[1] is Ellipsis:
            if get_origin(parts[0]) is tuple:
                return "a mapping of names to numbers"
            return f"a list, each {_words(parts[0])}"
        return f"a list of {len(parts)}, each {_words(parts[0])}"
    return "nothing" if hint is type(None) else _WORDS.get(hint, str(hint))


def _at(document: Document, path: Keys) -> Any:
    value = document.value
    for key in path:
        value = value.get(key) if isinstance(value, dict) else value[cast(int, key)]
    return value


def _name(path: Keys) -> str:
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).lstrip(".")
    return text or "the file"
