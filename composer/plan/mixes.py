"""Mixes of styles: weights by name, and what a glide from one mix to another is along the piece.

Conventions: a mix gives each style a weight above 0; only their ratios count. A place on a glide is from 0 (its
beginning) to 1 (its end); the stations stand at equal distances, and between two of them the weights, each station's
summing to 1, move in a straight line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from composer.plan.model import Glide, PhraseEntry, Plan, SectionEntry
from composer.style import is_card_path

Said = TypeVar("Said", SectionEntry, PhraseEntry)

Mix = Mapping[str, float]
Style = Mix | Glide

MIX_DECIMALS = 3  # of the weights that are written into a plan


@dataclass(frozen=True)
class GlidePart:
    """The part of a glide that lies in one section.

    Attributes:
        glide: the whole of it.
        first_bar: bars of it before the section.
        bars: of the whole of it.
    """

    glide: Glide
    first_bar: int
    bars: int

    def at(self, bar: float) -> dict[str, float]:
        """Return the mix so many bars after the section's beginning."""
        return mix_at(self.glide, (self.first_bar + bar) / self.bars)


def normal(mix: Mix) -> dict[str, float]:
    """Return a mix by name, with weights that sum to 1."""
    total = sum(mix.values())
    return {name: weight / total for name, weight in sorted(mix.items())}


def mix_at(glide: Glide, place: float) -> dict[str, float]:
    """Return the mix at a place on a glide, as it is written: rounded, without the styles that are gone."""
    stations = [normal(mix) for mix in glide.stations]
    along = min(max(place, 0.0), 1.0) * (len(stations) - 1)
    index = min(int(along), len(stations) - 2)
    share = along - index
    before, after = stations[index], stations[index + 1]
    weights = {
        name: round((1 - share) * before.get(name, 0.0) + share * after.get(name, 0.0), MIX_DECIMALS)
        for name in names_in(glide)
    }
    return {name: weight for name, weight in weights.items() if weight > 0}


def whole_mix(style: Style) -> dict[str, float]:
    """Return a style as one mix with weights that sum to 1: of a glide, the mean of all that it goes through."""
    if not isinstance(style, Glide):
        return normal(style)
    stations = style.stations
    weights: dict[str, float] = {}
    for index, station in enumerate(stations):
        share = (0.5 if index in (0, len(stations) - 1) else 1.0) / (len(stations) - 1)
        for name, weight in normal(station).items():
            weights[name] = weights.get(name, 0.0) + share * weight
    return normal(weights)


def heaviest(mix: Mix) -> str:
    """Return the style with the greatest weight; of equals the first by name."""
    return min(mix, key=lambda name: (-mix[name], name))


def names_in(style: Style) -> tuple[str, ...]:
    """Return the names of a style, in the order in which they are said."""
    mixes = style.stations if isinstance(style, Glide) else (style,)
    return tuple(dict.fromkeys(name for mix in mixes for name in mix))


def names_in_plan(plan: Plan) -> tuple[str, ...]:
    """Return the names of all styles of a plan: the piece's own, then those of sections and phrases."""
    said = [plan.style]
    for section in plan.sections:
        said += [style for style in (section.style, *(p.style for p in section.phrases or ())) if style is not None]
    return tuple(dict.fromkeys(name for style in said for name in names_in(style)))


def card_path(name: str, folder: Path | None) -> Path:
    """Return the absolute path of a card that is named by a path, which counts from `folder` (None: from here)."""
    path = (folder or Path()) / Path(name).expanduser()
    return path.parent.resolve() / path.name  # what a card names lies beside it, be it a link or not


def with_absolute_cards(plan: Plan, folder: Path | None) -> Plan:
    """Return a plan whose cards' paths, which count from `folder`, hold anywhere."""
    return _renamed(plan, lambda name: str(card_path(name, folder)))


def with_cards_from(plan: Plan, folder: Path) -> Plan:
    """Return a plan that is written into `folder`: cards in it, or below it, are named from there: ./mine.yaml."""
    where = folder.resolve()

    def named(name: str) -> str:
        path = Path(name)
        return f"./{path.relative_to(where).as_posix()}" if path.is_relative_to(where) else name

    return _renamed(plan, named)


def _renamed(plan: Plan, rename: Callable[[str], str]) -> Plan:
    """Return a plan with other paths of cards, those of styles and the player's."""
    who = plan.performer
    if who is not None and who.player is not None and is_card_path(who.player):
        plan = plan.model_copy(update={"performer": who.model_copy(update={"player": rename(who.player)})})
    if not any(map(is_card_path, names_in_plan(plan))):
        return plan

    def in_mix(mix: Mapping[str, float]) -> dict[str, float]:
        renamed: dict[str, float] = {}
        for name, weight in mix.items():
            key = rename(name) if is_card_path(name) else name
            renamed[key] = renamed.get(key, 0.0) + weight  # one card that is named in two ways
        return renamed

    def in_style(style: Style) -> Style:
        if not isinstance(style, Glide):
            return in_mix(style)
        stations = {"from_": in_mix(style.from_), "via": tuple(map(in_mix, style.via)), "to": in_mix(style.to)}
        return style.model_copy(update=stations)

    def in_entry(entry: Said) -> Said:
        return entry if entry.style is None else entry.model_copy(update={"style": in_style(entry.style)})

    sections = tuple(
        in_entry(section).model_copy(
            update={"phrases": None if section.phrases is None else tuple(map(in_entry, section.phrases))}
        )
        for section in plan.sections
    )
    return plan.model_copy(update={"style": in_style(plan.style), "sections": sections})


def section_mix(section: SectionEntry, plan: Plan) -> dict[str, float]:
    """Return the mix of a section as a whole: its own, else the piece's."""
    return whole_mix(plan.style if section.style is None else section.style)


def theme_mix(name: str, plan: Plan) -> dict[str, float]:
    """Return the mix in which a theme is composed: that of the first section that states it, else the piece's.

    Where only a phrase of that section names the theme, the phrase's own mix counts.
    """
    for section in plan.sections:
        if section.theme == name and section.fidelity in (None, 1.0):
            return section_mix(section, plan)
        for phrase in section.phrases or ():
            if phrase.theme == name and section.theme != name:
                return section_mix(section, plan) if phrase.style is None else normal(phrase.style)
    return whole_mix(plan.style)


def style_words(style: Style) -> str:
    """Return a style in words: `bach`, `bach 0.70, joplin 0.30`, `bach -> joplin`."""
    if isinstance(style, Glide):
        return " -> ".join(map(style_words, style.stations))
    if len(style) == 1:
        return next(iter(style))
    total = sum(style.values())
    return ", ".join(f"{name} {weight / total:.2f}" for name, weight in style.items())
