"""Does music flow between the ends of its phrases, as real music does?

Run by hand, on pieces that are there (folders of `bench_forms.py`), and on real ones:

    python tests/benchmarks/bench_flow.py [FOLDER …] [--styles NAME …] [--real FILE …]

Of each folder and style, and of the real files together: the share of bar lines and of other beats before which nothing
has begun, in any voice, for twice the usual time (the median between onsets in two bars to either side). Places within
half a bar of a beginning of a phrase (composed: planned; real: heard) are left out, and so are first and last bars.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from form_pieces import plain_pieces

from composer.analysis import outline_of
from composer.corpus.reader import read_score
from composer.errors import ComposerError
from composer.plan.outline import plan_outline
from composer.score import Score

STILL = 2.0  # times the usual time between onsets
WINDOW_BARS = 2

Beats = list[tuple[bool, bool]]  # (whether it is a bar line, whether music stands still before it)


def beats_of(score: Score, phrase_starts: Iterable[int]) -> Beats:
    """Return the beats of a piece that lie inside phrases."""
    onsets = np.unique([note.onset_tick for _, note in score.notes() if not note.is_grace])
    starts = np.array(sorted(phrase_starts))
    found: Beats = []
    for bar in score.bars[1:-1]:
        window = WINDOW_BARS * bar.meter.bar_ticks
        for tick in range(bar.onset_tick, bar.onset_tick + bar.meter.bar_ticks, bar.meter.beat_ticks):
            near = onsets[(onsets >= tick - window) & (onsets < tick + window)]
            before = onsets[onsets < tick]
            if len(near) < WINDOW_BARS or not len(before) or np.abs(starts - tick).min() <= bar.meter.bar_ticks / 2:
                continue
            is_still = tick - before[-1] >= STILL * np.median(np.diff(near))
            found.append((tick == bar.onset_tick, bool(is_still)))
    return found


def composed(folder: Path, styles: list[str] | None) -> dict[str, Beats]:
    """Return the beats of a folder's pieces, by style."""
    found: dict[str, Beats] = defaultdict(list)
    for style, plan, score in plain_pieces(folder):
        if styles is None or style in styles:
            found[style] += beats_of(score, (span.start_tick for span in plan_outline(plan).phrases))
    return found


def show(name: str, beats: Beats) -> None:
    """Print a line."""
    shares = [[still for is_line, still in beats if is_line == wanted] for wanted in (True, False)]
    words = "  ".join(f"{np.mean(row):.3f} of {len(row):5}" if row else "none" for row in shares)
    print(f"{name:32}{words}", flush=True)


def main() -> None:
    """Print a line for each folder and style, and one for the real pieces."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folders", type=Path, nargs="*")
    arguments.add_argument("--styles", nargs="+")
    arguments.add_argument("--real", type=Path, nargs="+", default=[])
    options = arguments.parse_args()
    print(f"{'share that stands still':32}bar lines       other beats")
    for folder in options.folders:
        for style, beats in sorted(composed(folder, options.styles).items()):
            show(f"{folder.name}, {style}", beats)
    real: Beats = []
    count = 0
    for path in options.real:
        try:
            score = read_score(path).score
        except ComposerError as error:
            print(error)
            continue
        real += beats_of(score, (span.start_tick for span in outline_of(score).phrases))
        count += 1
    if count:
        show(f"{count} real pieces", real)


if __name__ == "__main__":
    main()
