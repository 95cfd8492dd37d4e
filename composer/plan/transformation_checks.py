"""What a transformation of `as` may take.

Contents: `transformation_problem`, `fragment_bars`.
"""

from __future__ import annotations

from composer.errors import PlanError
from composer.plan.model import Transformation
from composer.plan.numerals import parse_key_path
from composer.theory.key import Key, resolve_key

MOST_MOVED = 36  # semitones of a `register`: from the middle, no compass is wider


def transformation_problem(item: Transformation, home: Key) -> str | None:
    """Return what is found where a transformation's value is impossible, or None."""
    amount = item.amount
    if item.name == "sequence":
        return _sequence_problem(item, home)
    if any(value is not None for value in (item.step, item.times, item.keys, item.breath)):
        return "step, times, keys and breath belong to sequence"
    if item.manner is not None and item.name != "ornament":
        return "a manner belongs to ornament"
    if item.name in ("inversion", "retrograde", "reharmonize"):
        return None if amount is None else "leave the value out"
    if item.name == "mode":
        return None if amount in ("major", "minor") else "write major or minor"
    if item.name == "fragment":
        return None if fragment_bars(item) is not None else "write bars such as 1-2, or one bar such as 3"
    if item.name == "transposition":
        try:
            resolve_key(amount if isinstance(amount, str) else "", home)
        except PlanError:
            return "write a key such as V or E minor"
        return None
    if item.name == "register":
        is_right = isinstance(amount, float) and amount % 12 == 0 and 0 < abs(amount) <= MOST_MOVED
        return None if is_right else f"write 12 or -12, {MOST_MOVED} at most"
    if item.name == "ornament":
        return (
            None if amount is None or (isinstance(amount, float) and 0 <= amount <= 1) else "write a number from 0 to 1"
        )
    return None if amount is None or amount in (2.0, 3.0, 4.0) else "write 2, 3 or 4"


def _sequence_problem(item: Transformation, home: Key) -> str | None:
    by_steps = item.step is not None and item.times is not None and item.keys is None
    through_keys = item.keys is not None and item.step is None and item.times is None
    if not (by_steps or through_keys) or item.amount is not None or item.manner is not None:
        return "either step and times are needed, or keys"
    try:
        parse_key_path(item.keys or "I", home)
    except PlanError:
        return "write a path of keys such as vi -> ii -> V"
    return None


def fragment_bars(item: Transformation) -> tuple[int, int] | None:
    """Return first and last bar (1-based, inclusive) of a `fragment`; None where it names none."""
    amount = item.amount
    # A bar alone is a number in YAML.
    text = f"{amount:g}" if isinstance(amount, float) else amount or ""
    first, _, last = text.partition("-")
    last = last if "-" in text else first
    if not (first.isdecimal() and last.isdecimal()):
        return None
    return (int(first), int(last)) if 1 <= int(first) <= int(last) else None
