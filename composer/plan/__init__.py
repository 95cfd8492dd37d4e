"""The planning layers: brief, model, forms, phrases, harmony, planner, YAML reader and writer.

The names of `__all__` are imported when they are first used, so that importing this costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from composer.plan.brief import Brief as Brief
    from composer.plan.forms import list_forms as list_forms
    from composer.plan.forms import load_form as load_form
    from composer.plan.model import Plan as Plan
    from composer.plan.outline import plan_outline as plan_outline
    from composer.plan.planner import plan_piece as plan_piece
    from composer.plan.planner import resolve as resolve
    from composer.plan.reader import parse_plan as parse_plan
    from composer.plan.reader import read_plan as read_plan
    from composer.plan.schema import plan_schema as plan_schema
    from composer.plan.writer import format_plan as format_plan
    from composer.plan.writer import write_plan as write_plan

__all__ = [
    "Brief",
    "Plan",
    "format_plan",
    "list_forms",
    "load_form",
    "parse_plan",
    "plan_outline",
    "plan_piece",
    "plan_schema",
    "read_plan",
    "resolve",
    "write_plan",
]

_ROOMS = {
    "Brief": "brief",
    "Plan": "model",
    "format_plan": "writer",
    "list_forms": "forms",
    "load_form": "forms",
    "parse_plan": "reader",
    "plan_outline": "outline",
    "plan_piece": "planner",
    "plan_schema": "schema",
    "read_plan": "reader",
    "resolve": "planner",
    "write_plan": "writer",
}


def __getattr__(name: str) -> object:
    """Import a public name at its first use (PEP 562)."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
    return value
