"""The form of a piece as a ribbon, and tempo and loudness of its takes as curves over the same bars: HTML and SVG.

Conventions: the axis is heard time in bars, from left to right, for ribbon and curves alike; places on it are shares of
the whole, 0..1. Sections of one theme (or, without a theme, of one label) have one colour, as in the piano roll's
picture. Styles stand in rules, never in attributes, which the page's content policy forbids.

Contents: `Section`, `sections_of`, `ribbon_html`, `curves_html`, `axis_html`, `shown_numbers`, `timeline_rules`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

import numpy as np

from composer.export.roll_picture import COLORS
from composer.outline import Outline
from composer.perform.curves import loudness_of, tempo_of
from composer.perform.tempo_map import FloatArray, IntArray
from composer.performance import Performance
from composer.score import Score
from composer.theory.key import Key

_MANY_BEATS = 120  # of more beats the means of the bars are drawn
_NUMBERS = 16  # of bars along the axis, at most
_CURVE_WIDTH, _CURVE_HEIGHT = 1000, 100


@dataclass(frozen=True)
class Section:
    """A section each time that it is heard.

    Attributes:
        start_tick, end_tick: heard.
        label, id: the form's letter, and what the plan calls it.
        theme: or what it does in the form; "" where neither is known.
        keys: its local keys by name, each change once.
        color: index of its colour.
        first_bar, last_bar: by their numbers on the page.
    """

    start_tick: int
    end_tick: int
    label: str
    id: str
    theme: str
    keys: tuple[str, ...]
    color: int
    first_bar: int
    last_bar: int

    @property
    def told(self) -> str:
        """The section in words."""
        name = f"Section {self.label}" + (f" ({self.id})" if self.id not in ("", self.label) else "")
        bars = f"bars {self.first_bar} to {self.last_bar}"
        return ", ".join(filter(None, (name, self.theme, " to ".join(self.keys), bars)))


def sections_of(score: Score, outline: Outline | None, number_at: Callable[[int], int]) -> tuple[Section, ...]:
    """Return the sections of a piece as they are heard; of a piece without an outline those of its marks.

    Args:
        score: as it is heard.
        outline: of the same.
        number_at: gives the number of the page's bar that is heard at a tick.
    """
    if outline is not None and outline.sections:
        rows = [(s.start_tick, s.end_tick, s.label, s.id, s.theme, s.function) for s in outline.sections]
    else:
        edges = [*(mark.tick for mark in score.marks), score.end_tick]
        rows = [(*span, mark.text, "", "", "") for span, mark in zip(pairwise(edges), score.marks, strict=True)]
    color_of: dict[str, int] = {}
    found = []
    for start, end, label, section_id, theme, function in rows:
        color = color_of.setdefault(theme or label, len(color_of) % len(COLORS))
        first, last = number_at(_first_whole(score, start)), number_at(end - 1)
        keys = tuple(_keys(score, outline, start, end))
        found.append(Section(start, end, label, section_id, theme or function, keys, color, first, last))
    return tuple(found)


def _first_whole(score: Score, tick: int) -> int:
    """Return where the first bar of a section begins; an upbeat belongs to the bar behind it."""
    bar = score.bar_at(tick)
    is_upbeat = 2 * (tick - bar.onset_tick) > bar.duration_tick or bar.number == 0
    return min(bar.end_tick, score.end_tick - 1) if is_upbeat else tick


def _keys(score: Score, outline: Outline | None, start: int, end: int) -> Iterator[str]:
    spans: list[tuple[int, int, Key]]
    if outline is not None and outline.keys:
        spans = [(span.start_tick, span.end_tick, span.key) for span in outline.keys]
    else:
        edges = [*(tick for tick, _ in score.keys), score.end_tick]
        spans = [(*edge, key) for edge, (_, key) in zip(pairwise(edges), score.keys, strict=True)]
    before = ""
    for low, high, key in spans:
        name = str(key).replace("b ", "♭ ").replace("# ", "♯ ")
        if low < end and start < high and name != before:
            yield name
            before = name


def ribbon_html(sections: Sequence[Section]) -> str:
    """Return the sections as buttons."""
    return "\n".join(
        f'<button type="button" class="section s{index} c{section.color}" data-section="{index}" '
        f'aria-label="{escape(section.told)}" title="{escape(section.told)}">'
        f"<b>{escape(section.label)}</b> <span>{escape(section.theme)}</span>"
        f"<small>{escape(' → '.join(section.keys))}</small></button>"
        for index, section in enumerate(sections)
    )


def curves_html(performances: Sequence[Performance], end_tick: int) -> str:
    """Return the curves of tempo and loudness, a line for each take."""
    return "\n".join(
        _curve_html(name, unit, [measure(one) for one in performances], performances[0].score, end_tick)
        for name, unit, measure in (("Tempo", "beats a minute", tempo_of), ("Loudness", "velocity", loudness_of))
    )


def _curve_html(name: str, unit: str, rows: Sequence[tuple[IntArray, FloatArray]], score: Score, end_tick: int) -> str:
    curves = [_means(ticks, values, score) for ticks, values in rows]
    shown = np.concatenate([values for _, values in curves])
    if not len(shown):
        return ""
    low, high = float(shown.min()), float(shown.max())
    room = max(0.06 * (high - low), 0.5)
    bottom, top = low - room, high + room
    lines = "".join(
        f'<polyline class="take{index}" points="'
        + " ".join(
            f"{tick / end_tick * _CURVE_WIDTH:.1f},{(top - value) / (top - bottom) * _CURVE_HEIGHT:.1f}"
            for tick, value in zip(ticks.tolist(), values.tolist(), strict=True)
        )
        + '"/>'
        for index, (ticks, values) in enumerate(curves)
    )
    words = f"{name}, {low:.0f} to {high:.0f} {unit}"
    return (
        f'<div class="curve" role="img" aria-label="{words}" title="{words}"><span>{name.lower()} '
        f"<i>{low:.0f}–{high:.0f}</i></span>"
        f'<svg viewBox="0 0 {_CURVE_WIDTH} {_CURVE_HEIGHT}" preserveAspectRatio="none" aria-hidden="true">'
        f"{lines}</svg></div>"
    )


def _means(ticks: IntArray, values: FloatArray, score: Score) -> tuple[FloatArray, FloatArray]:
    """Return the beats of a short piece, the means of the bars of a long one, which are set in their middles."""
    if len(ticks) <= _MANY_BEATS:
        return ticks.astype(np.float64), values
    bar_of = np.array([score.bar_index_at(int(tick)) for tick in ticks])
    bars, place = np.unique(bar_of, return_inverse=True)
    means = np.bincount(place, weights=values) / np.bincount(place)
    middles = [(score.bars[bar].onset_tick + score.bars[bar].end_tick) / 2 for bar in bars]
    return np.array(middles), means


def axis_html(numbers: Sequence[tuple[int, int]]) -> str:
    """Return the numbers of the bars along the axis.

    Args:
        numbers: (index among the played bars, number on the page) of those that are shown.
    """
    return "".join(f'<span class="t{index}">{number}</span>' for index, number in numbers)


def shown_numbers(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Return (index, number) of the played bars whose numbers there is room for."""
    step = next((n for n in (1, 2, 4, 8, 16, 32) if len(numbers) <= _NUMBERS * n), 64)
    return [(index, number) for index, number in enumerate(numbers) if number > 0 and (number - 1) % step == 0]


def timeline_rules(
    sections: Sequence[Section], places: Sequence[float], numbers: Sequence[tuple[int, int]], end_tick: int
) -> str:
    """Return the style rules that set sections and bar numbers in their places, and the colours.

    Args:
        sections: of the ribbon.
        places: of the played bars.
        numbers: as `axis_html`.
        end_tick: heard.
    """
    rules = []
    for index, section in enumerate(sections):
        left, width = section.start_tick / end_tick, (section.end_tick - section.start_tick) / end_tick
        rules.append(f".s{index}{{left:{100 * left:.3f}%;width:{100 * width:.3f}%}}")
    rules += [f".t{index}{{left:{100 * places[index]:.3f}%}}" for index, _ in numbers]
    used = sorted({section.color for section in sections})
    rules += [f".c{color}{{--tint:{_channels(COLORS[color])}}}" for color in used]
    rules.append(f":root{{--sections:{len(sections)}}}")
    return "\n".join(rules) + "\n"


def _channels(color: str) -> str:
    """Return #0072B2 as 0 114 178."""
    return " ".join(str(int(color[at : at + 2], 16)) for at in (1, 3, 5))
