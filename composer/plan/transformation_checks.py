"""What a transformation of `as` may take."""

from __future__ import annotations

from composer.errors import PlanError
from composer.plan.model import Transformation
from composer.theory.key import Key, resolve_key


def transformation_problem(item: Transformation, home: Key) -> str | None:
    """Return what is found where a transformation's value is impossible, or None."""
    amount = item.amount
    if item.name == "sequence":
        return (
            None if item.step is not None and item.times is not None and amount is None else "step and times are needed"
        )
    if item.step is not None or item.times is not None:
        return "step and times belong to sequence"
    if item.name in ("inversion", "retrograde", "reharmonize"):
        return None if amount is None else "leave the value out"
    if item.name == "mode":
        return None if amount in ("major", "minor") else "write major or minor"
    if item.name == "fragment":
        parts = amount.split("-") if isinstance(amount, str) else [str(amount)]
        fine = 1 <= len(parts) <= 2 and all(part.isdigit() and int(part) > 0 for part in parts)
        return None if fine and int(parts[0]) <= int(parts[-1]) else "write bars such as 1-2"
    if item.name == "transposition":
        try:
            resolve_key(amount if isinstance(amount, str) else "", home)
        except PlanError:
            return "write a key such as V or E minor"
        return None
    if item.name == "register":
        return None if isinstance(amount, float) and amount % 12 == 0 and amount else "write 12 or -12"
    if item.name == "ornament":
        return (
            None if amount is None or (isinstance(amount, float) and 0 <= amount <= 1) else "write a number from 0 to 1"
        )
    return None if amount is None or amount in (2.0, 3.0, 4.0) else "write 2, 3 or 4"
