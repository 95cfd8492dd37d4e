"""Brief: what a person asks for in a line; everything left out is drawn from the style by the seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

StyleWish = str | Mapping[str, Any]
"""A style as it is asked for: a name, weights by name, or a glide: `bach -> joplin`, {"from": …, "to": …}."""


USUAL_STYLE = "bach"  # where neither a wish nor the form says one


@dataclass(frozen=True, kw_only=True)
class Brief:
    """A wish for a piece; None = left to the planner.

    Attributes:
        form: name of a template or a template file.
        style: a name, weights by name, or a glide; None: the form's own, or `USUAL_STYLE`.
        key, meter, tempo: home key, time signature, beats a minute.
        bars: whole bars of the piece, about.
        seed: of all drawing; None draws one.
        title, ensemble: as in the plan.
        player, expression, take: of the performer.
    """

    form: str = "rondo"
    style: StyleWish | None = None
    key: str | None = None
    meter: str | None = None
    tempo: float | None = None
    bars: int | None = None
    seed: int | None = None
    title: str | None = None
    ensemble: str | None = None
    player: str | None = None
    expression: float | None = None
    take: int | None = None
