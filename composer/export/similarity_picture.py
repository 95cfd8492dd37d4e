"""A map of what is alike in a piece: each pair of bars by the notes that they share, with the edges of the sections.

Conventions: bars run from left to right and from top to bottom. What comes back as it was is blue, what comes back
transposed is orange, the stronger the more alike (`analysis.similarity`); a passage that returns is a stripe.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from composer.analysis.similarity import likeness_matrix
from composer.errors import printable
from composer.export.roll_picture import DPI, picture_bytes, picture_sections
from composer.outline import Outline
from composer.score import Score

_SIZE_INCHES = 9.0
_MARGINS = {"left": 0.07, "right": 0.975, "bottom": 0.06, "top": 0.9}  # shares of the picture
_SAME, _MOVED = (0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00)
_LEAST = 0.22  # of likeness that is drawn
_ROOM_FOR_A_LABEL = 0.014  # of the width


def similarity_picture_bytes(score: Score, *, outline: Outline | None = None, as_svg: bool = False) -> bytes:
    """Return a self-similarity map of the bars of `score`; the same score gives the same bytes.

    Args:
        score: the notes.
        outline: its sections, if they are known.
        as_svg: in vectors, else PNG.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_SIZE_INCHES, _SIZE_INCHES), dpi=DPI)
    FigureCanvasAgg(figure)
    axes = figure.add_axes(
        (
            _MARGINS["left"],
            _MARGINS["bottom"],
            _MARGINS["right"] - _MARGINS["left"],
            _MARGINS["top"] - _MARGINS["bottom"],
        )
    )
    likeness, semitones = likeness_matrix(score)
    count = max(1, len(likeness))
    axes.set_xlim(0, count)
    axes.set_ylim(count, 0)
    _draw_cells(axes, likeness, semitones)
    _draw_sections(axes, score, outline, count)
    _draw_bars(axes, score)
    if score.title:
        title = printable(score.title)[:60].replace("$", r"\$")
        figure.suptitle(title, x=0.01, ha="left", y=0.985, fontsize=13)
    for words, color, height in (("comes back as it was", _SAME, 0.98), ("comes back transposed", _MOVED, 0.96)):
        figure.text(_MARGINS["right"], height, f"■ {words}", color=_rgb(color), fontsize=9, ha="right", va="center")
    return picture_bytes(figure, as_svg=as_svg)


def _draw_cells(axes: Any, likeness: NDArray[np.float32], semitones: NDArray[np.int8]) -> None:
    from matplotlib.collections import PolyCollection

    rows, columns = np.nonzero(likeness >= _LEAST)
    corners = np.stack(
        [np.stack([columns + right, rows + down], axis=1) for right, down in ((0, 0), (1, 0), (1, 1), (0, 1))], axis=1
    )
    depth = (likeness[rows, columns][:, None].astype(np.float64) - _LEAST) / (1 - _LEAST)
    full = np.where((semitones[rows, columns] == 0)[:, None], _rgb(_SAME), _rgb(_MOVED))
    # Mixed with white here: half-transparent squares would show seams.
    colors = 1 - depth * (1 - full)
    axes.add_collection(PolyCollection(list(corners), facecolors=colors, linewidths=0, antialiaseds=False))


def _draw_sections(axes: Any, score: Score, outline: Outline | None, count: int) -> None:
    for section in picture_sections(score, outline):
        start = score.bar_index_at(section.start_tick)
        end = score.bar_index_at(section.end_tick - 1) + 1
        for line in (axes.axhline, axes.axvline):
            if start:
                line(start, color="#444444", linewidth=0.6, alpha=0.7)
        if (end - start) / count >= _ROOM_FOR_A_LABEL * max(1, len(section.label)):
            label = printable(section.label).replace("$", r"\$")
            style = {"color": section.color, "weight": "bold", "ha": "center", "va": "center", "clip_on": False}
            axes.text((start + end) / 2, -0.018 * count, label, **style)
            axes.text(1.014 * count, (start + end) / 2, label, rotation=-90, **style)


def _draw_bars(axes: Any, score: Score) -> None:
    step = next((n for n in (1, 2, 4, 8, 16, 32) if len(score.bars) <= 20 * n), 64)
    shown = [(place, bar.number) for place, bar in enumerate(score.bars) if bar.number > 0]
    shown = [(place, number) for place, number in shown if (number - 1) % step == 0]
    places, names = [place + 0.5 for place, _ in shown], [str(number) for _, number in shown]
    axes.set_xticks(places, names, fontsize=8)
    axes.set_yticks(places, names, fontsize=8)
    axes.tick_params(length=2)
    axes.set_xlabel("bar", fontsize=9)
    for spine in axes.spines.values():
        spine.set_color("#BBBBBB")


def _rgb(color: tuple[int, int, int]) -> tuple[float, ...]:
    return tuple(channel / 255 for channel in color)
