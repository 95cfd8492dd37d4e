"""The four verbs in a row: plan, fill, perform, export.

What it is: what the commands call, and what `from composer import compose` gives. Each function makes whole files or
none. Heavy libraries are imported when a verb needs them.

Contents: `compose`, `plan_piece`, `build_plan`, `check_file` (verbs.py), `fill_plan` (filling.py), `perform_file`
(performing.py), `Piece`, `Performed`, `SectionLine`; usual values and limits (wishes.py).
"""

from __future__ import annotations

from composer.pipeline.filling import NUM_PARTICLES, fill_plan
from composer.pipeline.finishing import Piece, SectionLine
from composer.pipeline.performing import Performed, perform_file
from composer.pipeline.verbs import build_plan, check_file, compose, plan_piece
from composer.pipeline.wishes import DEFAULT_GUIDANCE, DEFAULT_STYLE_GUIDANCE

__all__ = [
    "DEFAULT_GUIDANCE",
    "DEFAULT_STYLE_GUIDANCE",
    "NUM_PARTICLES",
    "Performed",
    "Piece",
    "SectionLine",
    "build_plan",
    "check_file",
    "compose",
    "fill_plan",
    "perform_file",
    "plan_piece",
]
