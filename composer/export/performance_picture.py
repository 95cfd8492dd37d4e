"""A picture of how a piece is played: tempo and loudness over its bars, with its phrases and written dynamics.

Conventions: time runs in bars of the score, so that performances lie over each other whatever their tempo. Each has a
colour; its tempo is that of each beat, its loudness the mean velocity of the notes that begin in a beat, a dot each
note of the first. Phrases are arcs, with the name of the cadence where they end; sections are named above them. The
dashed line is the marked tempo.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from composer.errors import printable
from composer.export.roll_picture import COLORS, DPI, WIDTH_INCHES, draw_bar_axis
from composer.outline import Outline
from composer.perform.curves import likeness, loudness_of, tempo_of
from composer.perform.tempo_map import FloatArray
from composer.performance import Performance
from composer.score import Score
from composer.theory.harmony import Cadence

FORMATS = ("png", "svg")
_HEIGHT_INCHES = 7.0
_MARGINS = {"left": 0.045, "right": 0.992, "bottom": 0.065, "top": 0.945, "hspace": 0.05}  # shares of the picture
_ROOM_FOR_A_WORD = 0.03  # of the width; a narrower phrase does not name its cadence
_ROOM_FOR_A_LEVEL = 0.014
_INK = "#333333"
_TITLE_CHARS = 100  # half as many beside the names of several performances
_MANY_BEATS = 160  # with more, the beats are a thin line and the bars a bold one
_MANY_PHRASES = 48  # with more, they are drawn finely and not shaded by turns
_DOTS = 2500  # more notes than this are not drawn one by one
_SCALE_SHARE = 0.01  # of many beats may lie outside of the picture at either end: a fermata, a silence


def performance_picture_bytes(
    performances: Sequence[tuple[str, Performance]], *, outline: Outline, kind: str = "png"
) -> bytes:
    """Return a picture of one or more performances of a score.

    Args:
        performances: (name, performance), one or more, all of one score; the first is what the others are put beside.
        outline: its phrases and sections.
        kind: one of `FORMATS`.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    score = performances[0][1].score
    figure = Figure(figsize=(WIDTH_INCHES, _HEIGHT_INCHES), dpi=DPI)
    FigureCanvasAgg(figure)
    # Margins of our own: a layout that is solved for comes out a hair different from run to run.
    phrases, tempo, loudness = figure.subplots(3, 1, sharex=True, height_ratios=[0.8, 3, 3], gridspec_kw=_MARGINS)
    _draw_phrases(phrases, outline, score)
    _draw_tempo(tempo, performances, score)
    _draw_loudness(loudness, performances, score)
    for axes in (tempo, loudness):
        draw_bar_axis(axes, score)
        for section in outline.sections:
            axes.axvline(section.start_tick, color="#888888", linewidth=0.8, alpha=0.7)
        for phrase in outline.phrases[::2] if len(outline.phrases) <= _MANY_PHRASES else ():
            axes.axvspan(phrase.start_tick, phrase.end_tick, color="#000000", alpha=0.035, linewidth=0)
        axes.tick_params(length=0, labelsize=8)
    tempo.set_xlabel("")
    if len(performances) > 1:
        lines, labels = tempo.get_legend_handles_labels()
        figure.legend(lines, labels, loc="upper right", fontsize=8, frameon=False, ncols=min(len(lines), 4))
    if score.title:
        title = printable(score.title)[: _TITLE_CHARS if len(performances) == 1 else _TITLE_CHARS // 2]
        figure.suptitle(title.replace("$", r"\$"), x=0.01, ha="left", y=0.985, fontsize=13)
    out = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "ritornello", "svg.fonttype": "path"}):
        figure.savefig(out, format=kind, metadata={"Software": None} if kind == "png" else {"Date": None})
    return out.getvalue()


def _draw_phrases(axes: Any, outline: Outline, score: Score) -> None:
    from matplotlib.patches import Arc

    axes.set_ylim(0, 1)
    axes.set_axis_off()
    end_tick = max(score.end_tick, 1)
    is_crowded = len(outline.phrases) > _MANY_PHRASES
    for span in outline.phrases:
        width = span.end_tick - span.start_tick
        middle = (span.start_tick + span.end_tick) / 2
        axes.add_patch(
            Arc(
                (middle, 0.02),
                0.97 * width,
                0.9,
                theta1=0,
                theta2=180,
                color=_INK,
                linewidth=0.6 if is_crowded else 1.1,
            )
        )
        if span.cadence not in (None, Cadence.NONE) and width >= _ROOM_FOR_A_WORD * end_tick:
            place = span.end_tick - 0.06 * width
            axes.text(place, 0.06, span.cadence.name, fontsize=7, color="#777777", ha="right", va="bottom")
    for section in outline.sections:
        axes.axvline(section.start_tick, color="#888888", linewidth=0.8, alpha=0.7)
        if section.end_tick - section.start_tick >= _ROOM_FOR_A_LEVEL * end_tick:
            text = printable(section.label).replace("$", r"\$")
            place = section.start_tick + 0.003 * end_tick
            axes.text(place, 0.98, text, weight="bold", color=_INK, va="top", fontsize=9)


def _draw_tempo(axes: Any, performances: Sequence[tuple[str, Performance]], score: Score) -> None:
    shown = []
    for index, (name, performance) in enumerate(performances):
        ticks, tempo = tempo_of(performance)
        label = name
        if index:
            like = likeness(performances[0][1], performance)
            told = [f"{what} {r:.2f}" for what, r in (("tempo", like.tempo), ("velocity", like.velocity)) if r == r]
            label += f"   (r {', '.join(told)})" if told else ""
        _curve(axes, ticks, tempo, score, color=COLORS[index % len(COLORS)], label=label)
        shown.append(tempo)
    values = np.concatenate(shown) if shown else np.zeros(0)
    marked = [(mark.tick, mark.beat_bpm) for mark in score.tempos]
    if marked:
        places, levels = zip(*marked, (score.end_tick, marked[-1][1]), strict=True)
        axes.step(places, levels, where="post", color=_INK, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        values = np.append(values, levels)
    _scale(axes, values)
    axes.set_ylabel("beats a minute", fontsize=9)


def _draw_loudness(axes: Any, performances: Sequence[tuple[str, Performance]], score: Score) -> None:
    shown = []
    if len(performances) == 1:
        notes = [(n.note.onset_tick, n.velocity) for n in performances[0][1].notes if not n.note.is_grace]
        if 0 < len(notes) <= _DOTS:
            axes.scatter(*zip(*notes, strict=True), s=5, color=COLORS[0], alpha=0.25, linewidths=0, zorder=1)
            shown.append(np.array([velocity for _, velocity in notes], dtype=np.float64))
    for index, (_, performance) in enumerate(performances):
        ticks, loudness = loudness_of(performance)
        _curve(axes, ticks, loudness, score, color=COLORS[index % len(COLORS)], label="")
        shown.append(loudness)
    values = np.concatenate([*shown, [64.0]])
    low, high = float(values.min()), float(values.max())
    lane = max(0.16 * (high - low), 5.0)
    axes.set_ylim(low - (1.6 if score.dynamics else 0.4) * lane, high + 0.4 * lane)
    step = 10 if high - low < 60 else 20
    axes.set_yticks([tick for tick in range(0, 128, step) if low - 0.3 * lane <= tick <= high + 0.4 * lane])
    _draw_dynamics(axes, score, low - 0.85 * lane, 0.3 * lane)
    axes.set_ylabel("velocity", fontsize=9)


def _draw_dynamics(axes: Any, score: Score, height: float, half: float) -> None:
    """Write levels and draw hairpins along a line below the curves; a level that has no room is left out."""
    end_tick, free_from = max(score.end_tick, 1), 0.0
    style = {"style": "italic", "weight": "bold", "family": "serif", "fontsize": 10, "color": _INK, "va": "center"}
    for mark in sorted(score.dynamics, key=lambda mark: mark.tick):
        if mark.end_tick is None:
            if mark.tick >= free_from:
                axes.text(mark.tick, height, mark.level, **style)
                free_from = mark.tick + _ROOM_FOR_A_LEVEL * end_tick
            continue
        margin = 0.3 * _ROOM_FOR_A_LEVEL * end_tick
        ends = (max(mark.tick, free_from), mark.end_tick - margin)
        point, wide = ends if mark.level == "cresc" else ends[::-1]
        if ends[1] - ends[0] > margin:
            free_from = mark.end_tick - margin
            axes.plot([wide, point, wide], [height + half, height, height - half], color=_INK, linewidth=0.9)


def _curve(axes: Any, ticks: Any, values: FloatArray, score: Score, *, color: str, label: str) -> None:
    """Draw the beats; of a long piece thinly, and the means of its bars boldly over them."""
    if not len(ticks):
        return
    if len(ticks) <= _MANY_BEATS:
        axes.plot(ticks, values, color=color, linewidth=1.7, label=label, zorder=3, solid_joinstyle="round")
        return
    axes.plot(ticks, values, color=color, linewidth=0.6, alpha=0.35, zorder=2)
    bar_of = np.array([score.bar_index_at(int(tick)) for tick in ticks])
    bars, place = np.unique(bar_of, return_inverse=True)
    means = np.bincount(place, weights=values) / np.bincount(place)
    middles = [(score.bars[bar].onset_tick + score.bars[bar].end_tick) / 2 for bar in bars]
    axes.plot(middles, means, color=color, linewidth=1.8, label=label, zorder=3, solid_joinstyle="round")


def _scale(axes: Any, values: FloatArray) -> None:
    values = values[np.isfinite(values)]
    if not len(values):
        return
    outside = _SCALE_SHARE if len(values) > _MANY_BEATS else 0.0
    low, high = np.quantile(values, [outside, 1 - outside])
    if math.isclose(low, high):
        low, high = 0.8 * low, 1.2 * high
    room = 0.12 * (high - low)
    axes.set_ylim(max(low - room, 0), high + 1.5 * room)
