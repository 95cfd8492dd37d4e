"""What was drawn for a plan, in a musician's words: what `compose -v` tells before the notes are composed.

Contents: `plan_lines`, `log_plan`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from itertools import groupby

from composer.pipeline.finishing import section_lines
from composer.plan.mixes import style_words
from composer.plan.model import NO_THEME, Plan, SectionEntry

LOGGER = logging.getLogger(__name__)

HEADER = {"key": "key", "meter": "meter", "tempo": "tempo", "ensemble": "ensemble", "sections": "sections"}
"""Fields of a plan that the planner draws where nothing is said, and what they are called."""


def log_plan(plan: Plan, *, stated: Iterable[str]) -> None:
    """Log what was drawn for a plan; arguments as `plan_lines`."""
    if LOGGER.isEnabledFor(logging.INFO):
        for line in plan_lines(plan, stated=stated):
            LOGGER.info(line)


def plan_lines(plan: Plan, *, stated: Iterable[str]) -> list[str]:
    """Return what was drawn for a plan.

    Args:
        plan: resolved.
        stated: fields of `HEADER` that were wished or written.
    """
    said = set(stated)
    drawn = [word for name, word in HEADER.items() if name not in said]
    by = f"; drawn after {style_words(plan.style)}: {', '.join(drawn)}" if drawn else ""
    frame = f"{plan.key}, {plan.meter}, {plan.tempo:g} beats a minute, {plan.bars} bars, for {plan.ensemble}"
    lines = [f"plan: {plan.form} in {frame}{by}"]
    keys = [line.key for line in section_lines(plan)]
    lines += [f"  {_section(entry, key)}" for entry, key in zip(plan.sections, keys, strict=True)]
    for name, theme in plan.themes.items():
        ends = " ".join(_end(phrase.cadence) for phrase in theme.phrases or ())
        lines.append(f"  theme {name}: {theme.bars} bars, {theme.type or 'free'}{f' ending {ends}' if ends else ''}")
    return lines


def _section(entry: SectionEntry, key: str) -> str:
    """Return a section in a line: bars, key, theme, phrases with their cadences, textures."""
    phrases = entry.phrases or ()
    words = [f"{entry.bars} bars in {key}"]
    if entry.theme not in (None, NO_THEME):
        words.append(" ".join([f"theme {entry.theme}", *(change.name for change in entry.transformations or ())]))
    words.append("phrases " + ", ".join(f"{phrase.bars} {_end(phrase.cadence)}" for phrase in phrases))
    textures = [texture for texture, _ in groupby(phrase.texture or entry.texture for phrase in phrases) if texture]
    if textures:
        words.append(", ".join(textures))
    return f"{entry.id}: {'; '.join(words)}"


def _end(cadence: str | None) -> str:
    return "open" if cadence in (None, "none") else str(cadence)
