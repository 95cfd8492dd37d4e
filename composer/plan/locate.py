"""Turn pydantic's errors into our problems: with the line, the rule, what was found and what would be right."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import replace
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from composer.errors import Place, Problem, UserError, did_you_mean
from composer.plan.model import ARROW, FILE_WORDS, Plan
from composer.plan.strict_yaml import KEY, Document, Path

Told = TypeVar("Told", bound=UserError)

_NAMED_ELSEWHERE = ("themes", "sections", "phrases")  # without these the rest of a plan would seem wrong too


def validate_plan(document: Document) -> tuple[Plan | None, list[Problem]]:
    """Read a plan's fields one by one.

    Returns:
        The plan and no problem; or what is wrong, beside the plan that is left without the wrong fields, so that its
        music can be checked too (None where nothing sensible is left).
    """
    try:
        return Plan.model_validate(document.value), []
    except ValidationError as error:
        problems = pydantic_problems(error, document, Plan)
        paths = {_file_path(item, document) for item in error.errors(include_url=False)}
    if any(not path or path[-1] in _NAMED_ELSEWHERE or isinstance(path[-1], int) for path in paths):
        return None, problems
    try:
        return Plan.model_validate(_without(document.value, paths)), problems
    except ValidationError:
        return None, problems


def _without(value: Any, paths: Set[Path]) -> Any:
    """Return a copy of `value` that lacks the keys at `paths`."""
    if isinstance(value, dict):
        return {
            key: _without(item, {path[1:] for path in paths if path[:1] == (key,)})
            for key, item in value.items()
            if (key,) not in paths
        }
    if isinstance(value, list):
        return [
            _without(item, {path[1:] for path in paths if path[:1] == (index,)}) for index, item in enumerate(value)
        ]
    return value


def pydantic_problems(error: ValidationError, document: Document, model: type[BaseModel]) -> list[Problem]:
    """Return a problem for each place that pydantic found wrong, in the order of the file."""
    problems: dict[Path, Problem] = {}
    for item in error.errors(include_url=False):
        path = _file_path(item, document)
        if item["type"] == "too_short" and isinstance(item["input"], (list, tuple, dict)) and item["input"]:
            continue  # its members are wrong, and they are named
        problem = _problem(item, path, document, model)
        problems.setdefault(path, problem)  # the alternatives of a union complain one by one: the first is enough
    return sorted(problems.values(), key=_order)


def _order(problem: Problem) -> tuple[int, int]:
    place = problem.place
    return (place.line or 0, place.column or 0) if place else (0, 0)


def _problem(item: Any, path: Path, document: Document, model: type[BaseModel]) -> Problem:
    kind, context = item["type"], item.get("ctx", {})
    name = path_text(path)
    if kind == "extra_forbidden":
        key = str(path[-1])
        known = known_keys(model, path[:-1])
        mend = did_you_mean(key, known) or (f"known here: {', '.join(known)}" if known else None)
        return Problem(f'unknown key "{key}"', document.place((*path, KEY)), mend)
    if kind == "missing":
        return Problem(f'"{path[-1]}" is missing', document.place(path[:-1]), f"add {path[-1]}:")
    found = _shown(item.get("input"))
    place = document.place(path)
    if kind == "literal_error":
        known = [word.strip("' ") for word in context["expected"].replace(" or ", ", ").split(", ")]
        text = str(item.get("input"))
        return Problem(
            f"{name}: {found} is not known", place, did_you_mean(text, known) or f"one of {', '.join(known)}"
        )
    rule, mend = _rule(kind, context, item["msg"])
    if kind == "string_pattern_mismatch" and path[-1:] == ("style",) and ARROW in found:
        mend = "a phrase has one mix; the piece and its sections may glide"
    return Problem(f"{name} must be {rule}, not {found}", place, mend)


def _rule(kind: str, context: Any, message: str) -> tuple[str, str | None]:
    """Return what the value must be, and a mend."""
    if kind in ("int_type", "int_from_float", "int_parsing"):
        return "a whole number", None
    if kind in ("float_type", "float_parsing", "finite_number"):
        return "a number", None
    if kind == "string_type":
        return "text", "put it in quotes" if "string" in message else None
    if kind == "bool_type":
        return "true or false", None
    if kind in ("dict_type", "mapping_type", "model_type", "model_attributes_type"):
        return "a mapping of fields", None
    if kind in ("tuple_type", "list_type"):
        return "a list", "write [ … ], or a line with - for each"
    bounds = {"greater_than_equal": ("at least", "ge"), "less_than_equal": ("at most", "le")}
    bounds |= {"greater_than": ("more than", "gt"), "less_than": ("less than", "lt")}
    if kind in bounds:
        words, key = bounds[kind]
        return f"{words} {context[key]:g}", None
    if kind in ("too_short", "string_too_short"):
        return "something, not empty", None
    if kind == "string_too_long":
        return f"at most {context['max_length']} characters", None
    if kind == "string_pattern_mismatch":
        if "-[1-9]" in context["pattern"]:
            return "bars such as 1-4", None
        if "ya?ml" in context["pattern"]:
            return "a style's name (letters, digits and . _ ' + -) or its card's path, that ends in .yaml", None
        return "a word of letters, digits and . _ ' + -", None
    return message[0].lower() + message[1:], None


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value if len(value) <= 40 else value[:40] + "…"}"'
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    return f"{value}"


def _file_path(item: Any, document: Document) -> Path:
    """Return the part of an error's location that names places in the file (pydantic also names types of unions)."""
    location: tuple[str | int, ...] = item["loc"]
    path: Path = ()
    value = document.value
    for index, step in enumerate(location):
        word = FILE_WORDS.get(step, step) if isinstance(step, str) else step
        if word == "[key]":
            break
        if isinstance(value, dict) and word in value:
            path, value = (*path, word), value[str(word)]
        elif isinstance(value, list) and isinstance(word, int) and word < len(value):
            path, value = (*path, word), value[word]
        elif item["type"] == "missing" and index == len(location) - 1 and isinstance(word, str):
            path = (*path, word)
    return path


def path_text(path: Path) -> str:
    """Return a path as a reader writes it: `sections[2].key`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text or "the plan"


def within(error: Told, *steps: str | int) -> Told:
    """Return an error of what stands in a mapping or a list, as one of what that stands in.

    Args:
        error: whose problems may have a path already.
        steps: the key or the index, or several, that lead to where it counts from.
    """
    return type(error)([replace(problem, path=(*steps, *problem.path)) for problem in error.problems])


def placed(error: Told, locate: Callable[[Path], Place]) -> Told:
    """Return an error with the places of the problems that have a path and no place yet."""
    return type(error)(
        [replace(one, place=locate(one.path)) if one.place is None and one.path else one for one in error.problems]
    )


def known_keys(model: type[BaseModel], path: Path) -> list[str]:
    """Return the keys that may stand in the mapping at `path` of a file of that model."""
    current: Any = model
    for step in path:
        if isinstance(current, type) and issubclass(current, BaseModel):
            names = {FILE_WORDS.get(name, name): field.annotation for name, field in current.model_fields.items()}
            current = _bare(names.get(str(step)))
        else:
            current = _bare(next((part for part in reversed(get_args(current)) if part is not Ellipsis), None))
    if isinstance(current, type) and issubclass(current, BaseModel):
        return [FILE_WORDS.get(name, name) for name in current.model_fields]
    return []


def _bare(annotation: Any) -> Any:
    """Return an annotation without `Annotated` and `| None`."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _bare(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return _bare(next(part for part in get_args(annotation) if part is not type(None)))
    return annotation
