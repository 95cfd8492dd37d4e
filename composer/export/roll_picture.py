"""A piano-roll picture of a piece: its notes over its sections, a colour for each theme, so that returns are seen.

Conventions: time runs in bars, not in seconds, from left to right; the upper staff's notes are dark, the lower one's
pale; of several parts those of the upper half are dark (of a song the voice). Sections of one theme (or, without a
theme, of one label) have one colour. Sections come from the Outline, else from the Score's marks; keys from the
Outline, else from the key signatures.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from composer.errors import printable
from composer.files import write_atomic
from composer.outline import Outline
from composer.score import LOWER_STAFF, Score
from composer.theory.key import Key

# Okabe and Ito's colours, which colour-blind people can tell apart (Color Universal Design, 2008).
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A6A00")
WIDTH_INCHES = 14.0
_HEIGHT_INCHES = 4.6
DPI = 120
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
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_INCHES, _HEIGHT_INCHES), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    pitches = [note.pitch for _, note in score.notes()] or [60]
    low, high = min(pitches) - 1.0, max(pitches) + 1.0
    sections = _sections(score, outline)
    _draw_sections(axes, sections, score.end_tick, high)
    _draw_notes(axes, score, sections)
    _draw_keys(axes, _keys(score, outline), score.end_tick, low)
    _draw_axes(axes, score, low - _LANE, high + 2 * _LANE)
    if score.title:
        axes.set_title(printable(score.title).replace("$", r"\$"), loc="left", fontsize=13)
    out = io.BytesIO()
    if as_svg:
        with rc_context({"svg.hashsalt": "ritornello"}):  # else its ids are drawn anew each time
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
class _Section:
    start_tick: int
    end_tick: int
    label: str
    theme: str
    color: str


def _sections(score: Score, outline: Outline | None) -> list[_Section]:
    if outline and outline.sections:
        rows = [(s.start_tick, s.end_tick, s.label, s.theme) for s in outline.sections]
    else:
        edges = [*(mark.tick for mark in score.marks), score.end_tick]
        rows = [(*span, mark.text, "") for span, mark in zip(pairwise(edges), score.marks, strict=True)]
    color_of: dict[str, str] = {}
    for *_, label, theme in rows:
        color_of.setdefault(theme or label, COLORS[len(color_of) % len(COLORS)])
    return [_Section(start, end, label, theme, color_of[theme or label]) for start, end, label, theme in rows]


def _keys(score: Score, outline: Outline | None) -> list[tuple[int, Key]]:
    """Return where each key begins; a key that goes on is named once."""
    spans = [(s.start_tick, s.key) for s in outline.keys] if outline and outline.keys else list(score.keys)
    return [span for before, span in zip([None, *spans], spans, strict=False) if not before or before[1] != span[1]]


def _draw_sections(axes: Any, sections: Sequence[_Section], end_tick: int, high: float) -> None:
    for section in sections:
        axes.axvspan(section.start_tick, section.end_tick, color=section.color, alpha=0.13, linewidth=0)
        axes.axvline(section.start_tick, color=section.color, linewidth=1.2)
        middle = (section.start_tick + section.end_tick) / 2
        label, theme = (printable(text).replace("$", r"\$") for text in (section.label, section.theme))
        axes.text(middle, high + 1.55 * _LANE, label, color=section.color, ha="center", va="center", weight="bold")
        if theme and section.end_tick - section.start_tick >= _ROOM_FOR_A_WORD * end_tick:
            axes.text(middle, high + 0.6 * _LANE, theme, color=section.color, ha="center", va="center", fontsize=8)


def _draw_notes(axes: Any, score: Score, sections: Sequence[_Section]) -> None:
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


def _draw_keys(axes: Any, keys: Sequence[tuple[int, Key]], end_tick: int, low: float) -> None:
    free_from = 0.0
    for tick, key in keys:
        if tick >= free_from:
            text = str(key).replace("b ", "♭ ").replace("# ", "♯ ")
            axes.text(tick + 0.003 * end_tick, low - 0.55 * _LANE, text, fontsize=8, color="#444444", va="center")
            free_from = tick + _ROOM_FOR_A_WORD * end_tick


def _draw_axes(axes: Any, score: Score, bottom: float, top: float) -> None:
    """Label bars and octaves; without frame."""
    draw_bar_axis(axes, score)
    axes.set_ylim(bottom, top)
    octaves = [pitch for pitch in range(0, 128, 12) if bottom + _LANE <= pitch <= top - 2 * _LANE]
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
