"""Theme: a tune (and its other voices) with its numerals, and its exact transformations.

What it is: pure functions from Theme to Theme; nothing here is drawn (ornaments are in `composer.ornament`).

Contents: `Theme`, `fitted`, `fragment`, `moved`, `laid_out`, `scale_step`, `step_pitch` (theme.py); `in_key`,
`change_mode`, `change_degree` (keys.py); `inverted`, `retrograde`, `stretched`, `sequenced`, `sequenced_through`,
`breathing` (work.py).
"""

from __future__ import annotations

from composer.theme.keys import change_degree, change_mode, in_key
from composer.theme.theme import Theme, fitted, fragment, laid_out, moved, scale_step, step_pitch
from composer.theme.work import breathing, inverted, retrograde, sequenced, sequenced_through, stretched

__all__ = [
    "Theme",
    "breathing",
    "change_degree",
    "change_mode",
    "fitted",
    "fragment",
    "in_key",
    "inverted",
    "laid_out",
    "moved",
    "retrograde",
    "scale_step",
    "sequenced",
    "sequenced_through",
    "step_pitch",
    "stretched",
]
