"""The log of a training run → a picture of its curves: nats of training and of held-out music, style by style."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from composer.export.roll_picture import picture_bytes
from composer.files import write_atomic

_SMOOTHING = 0.9  # of the training curve, from one line of the log to the next
_COLUMNS = 4
_LINES = {"told everything": "#1f77b4", "told nothing": "#d62728"}


def read_log(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a run's log; one that was torn by a kill, or is no entry, is left out."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            lines.append(entry)
    return lines


def draw_curves(log: list[dict[str, Any]], path: Path) -> None:
    """Write the picture (`.png` or `.svg`): a panel for training, one for each style that was heard in validation.

    Raises:
        OutputError: it cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    by_style = _by_style(log)
    rows = -(-(1 + len(by_style)) // _COLUMNS)
    figure = Figure(figsize=(3.2 * _COLUMNS, 2.2 * rows), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, _COLUMNS, squeeze=False).flat
    panel = next(axes)
    updates, nats = _smoothed(log)
    panel.plot(updates, nats, color="#555555", linewidth=1)
    panel.set_title("training, whatever is told", fontsize=9)
    for style, streams in sorted(by_style.items()):
        panel = next(axes)
        for stream, points in streams.items():
            panel.plot(*zip(*points, strict=True), marker=".", label=stream, color=_LINES.get(stream), linewidth=1)
        panel.set_title(style or "held out", fontsize=9)
    if by_style:
        panel.legend(fontsize=7)
    for panel in axes:
        panel.set_axis_off()
    for panel in figure.axes:
        panel.tick_params(labelsize=7)
    figure.supxlabel("updates", fontsize=9)
    figure.supylabel("nats a step", fontsize=9)
    write_atomic(path, picture_bytes(figure, as_svg=path.suffix.lower() == ".svg"))


def _smoothed(log: list[dict[str, Any]]) -> tuple[list[int], list[float]]:
    updates: list[int] = []
    values: list[float] = []
    for line in log:
        if "nats" in line:
            before = values[-1] if values else line["nats"]
            updates.append(line["update"])
            values.append(_SMOOTHING * before + (1 - _SMOOTHING) * line["nats"])
    return updates, values


def _by_style(log: list[dict[str, Any]]) -> dict[str, dict[str, list[tuple[int, float]]]]:
    """Return the validations as {style: {stream: [(update, nats)]}}; without labels of styles, style is ""."""
    found: dict[str, dict[str, list[tuple[int, float]]]] = defaultdict(lambda: defaultdict(list))
    for line in log:
        for name, nats in line.get("validation_streams", {}).items():
            stream, _, style = name.partition(", ")
            found[style][stream].append((line["update"], nats))
    return found
