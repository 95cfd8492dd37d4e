"""Pictures of the benchmarks of style: tables of styles side by side, curves over weights, a plane of two figures.

Each is written as FILE.png and FILE.svg.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

_INK, _PAPER = "#1f2a44", "white"
_COLOURS = ("#1f5fa8", "#c2502e", "#3f8f4f", "#8a5fb0", "#b58a1c", "#4a9aa8", "#8c8c8c")


def draw_confusions(tables: Mapping[str, np.ndarray], styles: Sequence[str], path: Path) -> None:
    """Draw tables [true, taken for] of shares beside one another."""
    figure = _figure(4.4 * len(tables) + 0.6, 4.6)
    axes = figure.subplots(1, len(tables), squeeze=False)[0]
    for axis, (title, table) in zip(axes, tables.items(), strict=True):
        axis.imshow(table, cmap="Blues", vmin=0, vmax=1)
        axis.set_xticks(range(len(styles)), styles, rotation=60, ha="right")
        axis.set_yticks(range(len(styles)), styles)
        axis.set_xlabel("taken for")
        axis.set_title(title, fontsize=10)
        for row, column in np.ndindex(table.shape):
            if table[row, column] >= 0.005:
                colour = _PAPER if table[row, column] > 0.5 else _INK
                text = f"{table[row, column]:.2f}".lstrip("0")
                axis.text(column, row, text, ha="center", va="center", color=colour, fontsize=8)
    axes[0].set_ylabel("style")
    _write(figure, path)


def draw_styles(panels: Mapping[str, tuple[Sequence[str], np.ndarray, np.ndarray]], path: Path) -> None:
    """Draw for each ensemble (names, nats above the best style told, pairs won): two tables [own, told], one below."""
    figure = _figure(4.4 * len(panels) + 0.6, 9.0)
    axes = figure.subplots(2, len(panels), squeeze=False)
    for (upper, lower), (title, (names, excess, won)) in zip(axes.T, panels.items(), strict=True):
        upper.imshow(excess, cmap="magma_r", vmin=0, vmax=0.6)
        upper.set_title(f"{title}: nats a step above the best told", fontsize=10)
        lower.imshow(won, cmap="RdYlGn", vmin=0.5, vmax=1)
        lower.set_title("share of pieces likelier in their own style", fontsize=10)
        for axis, table, light in ((upper, excess, excess > 0.3), (lower, won, (won > 0.9) | (won < 0.58))):
            axis.set_xticks(range(len(names)), names, rotation=60, ha="right")
            axis.set_yticks(range(len(names)), names)
            for row, column in zip(*np.nonzero(~np.isnan(table)), strict=True):
                colour = _PAPER if light[row, column] else _INK
                text = f"{table[row, column]:.2f}"
                axis.text(column, row, text, ha="center", va="center", color=colour, fontsize=7)
        upper.set_xlabel("told")
        lower.set_xlabel("the other style")
    for axis in axes[:, 0]:
        axis.set_ylabel("held-out pieces of")
    _write(figure, path)


def draw_mixes(curves: Mapping[str, np.ndarray], weights: Sequence[float], path: Path) -> None:
    """Draw for each pair of styles the probability of the second one over its weight: [plan, weight] each."""
    figure = _figure(3.4 * len(curves) + 0.4, 3.4)
    axes = figure.subplots(1, len(curves), squeeze=False, sharey=True)[0]
    for axis, (pair, rows) in zip(axes, curves.items(), strict=True):
        for row in rows:
            axis.plot(weights, row, color=_COLOURS[0], alpha=0.15, linewidth=0.8)
        axis.plot(weights, rows.mean(axis=0), color=_COLOURS[0], marker="o", linewidth=2)
        axis.set_title(pair, fontsize=10)
        axis.set_xlabel("weight of the second")
        axis.set_ylim(-0.03, 1.03)
    axes[0].set_ylabel("probability of the second")
    _write(figure, path)


def draw_plane(
    lines: Mapping[str, Sequence[tuple[str, float, float]]],
    path: Path,
    *,
    along: str,
    up: str,
    marked: Sequence[str] = (),
) -> None:
    """Draw points (label, x, y) joined line by line, some of them marked."""
    figure = _figure(6.4, 4.4)
    axis = figure.subplots()
    for colour, (name, points) in zip(_COLOURS * 2, lines.items(), strict=False):
        axis.plot([x for _, x, _ in points], [y for *_, y in points], marker="o", color=colour, label=name)
        for label, x, y in points:
            axis.annotate(label, (x, y), textcoords="offset points", xytext=(4, 4), fontsize=7, color=colour)
            if label in marked:
                axis.plot([x], [y], marker="o", markersize=14, fillstyle="none", color=_INK)
    axis.set_xlabel(along)
    axis.set_ylabel(up)
    axis.legend(fontsize=8)
    _write(figure, path)


def _figure(width: float, height: float) -> Any:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _write(figure: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path.with_suffix(".png"), dpi=130)
    figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})  # the same figures give the same file
