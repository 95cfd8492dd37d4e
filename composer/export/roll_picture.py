"""A piano-roll picture of a piece: its notes over its sections, a colour for each theme, so that returns are seen.

Conventions: time runs in bars, not in seconds, from left to right; the upper staff's notes are dark, the lower one's
pale; of several parts those of the upper half are dark (of a song the voice). Sections of one theme (or, without a
theme, of one label) have one colour, and an arc leads from each to the next, which says how the theme comes back
(`returns.py`). Below are keys and chords. Sections come from the Outline, else from the Score's marks; keys from the
Outline, else from the key signatures; chords from the Outline alone.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from composer.errors import printable
from composer.export.harmony_track import draw_harmony
from composer.export.returns import ThemeReturn, theme_returns
from composer.files import write_atomic
from composer.outline import Outline
from composer.score import LOWER_STAFF, Score
from composer.theory.key import Key

# Okabe and Ito's colours, which colour-blind people can tell apart (Color Universal Design, 2008).
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A6A00")
WIDTH_INCHES = 14.0
DPI = 120
_MARGINS = {"left": 0.042, "right": 0.992, "hspace": 0.03}  # shares of the picture
_TITLE_CHARS = 100
_LETTER = 0.0058  # width of a small letter as a share of the picture's
_LINE = 0.22  # height of a line of words over arcs, of which the widest is 1 high
_ROOM_FOR_A_WORD = 0.045  # of the width; a narrower section shows only its label
_NOTE_HEIGHT = 0.86  # semitones
_LANE = 4.0  # semitones of room for the words above and below the notes


def roll_picture_bytes(score: Score, *, outline: Outline | None = None, as_svg: bool = False) -> bytes:
    """Return a picture of `score`; the same score gives the same bytes.

    Args:
        score: the notes.
        outline: sections, themes and local keys, if there are any.
        as_svg: in vectors, else PNG.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    sections = picture_sections(score, outline)
    returns = theme_returns(score, sections)
    chords = outline.chords if outline else ()
    heights = [1.0 if returns else 0.2, 4.4, 0.62 if chords else 0.31]
    top_inches, bottom_inches = 0.42, 0.48
    height_inches = sum(heights) + top_inches + bottom_inches
    figure = Figure(figsize=(WIDTH_INCHES, height_inches), dpi=DPI)
    FigureCanvasAgg(figure)
    # Margins of our own: a layout that is solved for comes out a hair different from run to run.
    margins = {"bottom": bottom_inches / height_inches, "top": 1 - top_inches / height_inches}
    arcs, axes, track = figure.subplots(3, 1, sharex=True, height_ratios=heights, gridspec_kw={**_MARGINS, **margins})
    _draw_returns(arcs, returns, sections, score.end_tick)
    pitches = [note.pitch for _, note in score.notes()] or [60]
    low, high = min(pitches) - 1.0, max(pitches) + 1.0
    _draw_sections(axes, sections, score.end_tick, high)
    _draw_notes(axes, score, sections)
    _draw_axes(axes, score, low, high + 2 * _LANE)
    draw_harmony(track, _keys(score, outline), chords, end_tick=score.end_tick)
    draw_bar_axis(track, score)
    axes.set_xlabel("")
    axes.tick_params(labelbottom=False)
    for each in (axes, track):
        each.tick_params(length=0)
    if score.title:
        title = printable(score.title)[:_TITLE_CHARS].replace("$", r"\$")
        figure.suptitle(title, x=0.01, ha="left", y=1 - 0.08 / height_inches, va="top", fontsize=13)
    return picture_bytes(figure, as_svg=as_svg)


def picture_bytes(figure: Any, *, as_svg: bool) -> bytes:
    """Return a figure of matplotlib as a file; the same one gives the same bytes."""
    from matplotlib import rc_context

    out = io.BytesIO()
    if as_svg:
        # Else its ids are drawn anew each time, and its letters depend on the fonts of whoever looks at it.
        with rc_context({"svg.hashsalt": "ritornello", "svg.fonttype": "path"}):
            figure.savefig(out, format="svg", metadata={"Date": None})
    else:
        figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def write_roll_picture(score: Score, path: Path, *, outline: Outline | None = None) -> None:
    """Write a picture of `score` to `path`, whole or not at all; in vectors where it ends in `.svg`.

    Raises:
        OutputError: the path cannot be written.
    """
    write_atomic(path, roll_picture_bytes(score, outline=outline, as_svg=path.suffix.lower() == ".svg"))


@dataclass(frozen=True)
class PictureSection:
    """A section with its colour; other fields as in `SectionSpan`."""

    start_tick: int
    end_tick: int
    label: str
    theme: str
    color: str


def picture_sections(score: Score, outline: Outline | None) -> list[PictureSection]:
    """Return the sections of a piece, those of one theme (or label) in one colour."""
    if outline and outline.sections:
        rows = [(s.start_tick, s.end_tick, s.label, s.theme) for s in outline.sections]
    else:
        edges = [*(mark.tick for mark in score.marks), score.end_tick]
        rows = [(*span, mark.text, "") for span, mark in zip(pairwise(edges), score.marks, strict=True)]
    color_of: dict[str, str] = {}
    for *_, label, theme in rows:
        color_of.setdefault(theme or label, COLORS[len(color_of) % len(COLORS)])
    return [PictureSection(start, end, label, theme, color_of[theme or label]) for start, end, label, theme in rows]


def _keys(score: Score, outline: Outline | None) -> list[tuple[int, int, Key]]:
    """Return (start, end, key) of each key; one that goes on counts once."""
    starts = [(s.start_tick, s.key) for s in outline.keys] if outline and outline.keys else list(score.keys)
    starts = [span for before, span in zip([None, *starts], starts, strict=False) if not before or before[1] != span[1]]
    edges = [*(tick for tick, _ in starts), score.end_tick]
    return [(*span, key) for span, (_, key) in zip(pairwise(edges), starts, strict=True)]


def _draw_returns(axes: Any, returns: Sequence[ThemeReturn], sections: Sequence[PictureSection], end_tick: int) -> None:
    """Draw an arc for each return, the wider the higher, and say above it how the theme comes back."""
    from matplotlib.patches import Arc

    axes.set_ylim(0, 1.3)
    axes.set_axis_off()
    middles = [(section.start_tick + section.end_tick) / 2 for section in sections]
    widest = max((middles[one.later] - middles[one.earlier] for one in returns), default=1.0)
    written: list[tuple[float, float, float]] = []  # (left, right, height)
    for one in returns:
        left, right = middles[one.earlier], middles[one.later]
        height = math.sqrt((right - left) / widest)
        color = sections[one.later].color
        style = {"linewidth": 1.4, "alpha": 0.8} if one.is_heard else {"linewidth": 0.9, "alpha": 0.6, "linestyle": ":"}
        middle = (left + right) / 2
        axes.add_patch(Arc((middle, 0), right - left, 2 * height, theta1=0, theta2=180, color=color, **style))
        half = (len(one.words) + 1) * _LETTER * end_tick / 2
        is_free = all(
            middle + half < start or end < middle - half or abs(height - at) > _LINE for start, end, at in written
        )
        if one.words and is_free and half <= max(right - left, 2 * half if one.semitones else 0):
            # A white ground keeps words readable where another arc runs behind them.
            ground = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
            text = {"color": color, "fontsize": 7.5, "ha": "center", "va": "bottom", "bbox": ground, "zorder": 5}
            axes.text(middle, height + 0.06, one.words, **text)
            written.append((middle - half, middle + half, height))


def _draw_sections(axes: Any, sections: Sequence[PictureSection], end_tick: int, high: float) -> None:
    for section in sections:
        axes.axvspan(section.start_tick, section.end_tick, color=section.color, alpha=0.13, linewidth=0)
        axes.axvline(section.start_tick, color=section.color, linewidth=1.2)
        middle = (section.start_tick + section.end_tick) / 2
        label, theme = (printable(text).replace("$", r"\$") for text in (section.label, section.theme))
        axes.text(middle, high + 1.55 * _LANE, label, color=section.color, ha="center", va="center", weight="bold")
        if theme and section.end_tick - section.start_tick >= _ROOM_FOR_A_WORD * end_tick:
            axes.text(middle, high + 0.6 * _LANE, theme, color=section.color, ha="center", va="center", fontsize=8)


def _draw_notes(axes: Any, score: Score, sections: Sequence[PictureSection]) -> None:
    from matplotlib.collections import PolyCollection

    corners, colors = [], []
    for part, note in score.notes():
        color = next((s.color for s in sections if s.start_tick <= note.onset_tick < s.end_tick), "#333333")
        is_low = note.staff == LOWER_STAFF or (len(score.parts) > 1 and 2 * part >= len(score.parts))
        bottom, top = note.pitch - _NOTE_HEIGHT / 2, note.pitch + _NOTE_HEIGHT / 2
        # A repeated note must be seen to be struck again: each is drawn a little short.
        end = note.onset_tick + 0.92 * note.duration_tick
        corners.append([(note.onset_tick, bottom), (end, bottom), (end, top), (note.onset_tick, top)])
        colors.append((color, 0.55 if is_low else 1.0))
    axes.add_collection(PolyCollection(corners, facecolors=colors, linewidths=0))


def _draw_axes(axes: Any, score: Score, bottom: float, top: float) -> None:
    """Label bars and octaves; without frame."""
    draw_bar_axis(axes, score)
    axes.set_ylim(bottom, top)
    octaves = [pitch for pitch in range(0, 128, 12) if bottom <= pitch <= top - 2 * _LANE]
    axes.set_yticks(octaves, [f"C{pitch // 12 - 1}" for pitch in octaves], fontsize=8)


def draw_bar_axis(axes: Any, score: Score) -> None:
    """Let bars run from left to right, numbered as many of them as there is room for; a grid, no frame."""
    axes.set_xlim(0, max(score.end_tick, 1))
    whole_bars = [bar for bar in score.bars if bar.number >= 1]
    step = next((n for n in (1, 2, 4, 8, 16, 32) if len(whole_bars) <= 32 * n), 64)
    shown = [bar for bar in whole_bars if (bar.number - 1) % step == 0]
    axes.set_xticks([bar.onset_tick for bar in shown], [str(bar.number) for bar in shown], fontsize=8)
    axes.grid(axis="both", color="#999999", alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("bar", fontsize=9)
    for spine in axes.spines.values():
        spine.set_visible(False)
