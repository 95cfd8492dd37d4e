"""Do composed phrases, the bars inside them and their melodies halt as often as those of their style?

Run by hand, on pieces that are there (folders of `bench_forms.py`):

    python tests/benchmarks/bench_halts.py FOLDER [--beside FOLDER]

Of each style: the share of phrases without and with a cadence before whose end nothing begins any more for a beat, and
of bars inside phrases, in all voices and in the melody alone; of its composed pieces (phrases as planned, onsets as
they sound) and of its real ones, as its statistics count them. Ornaments that are not written out and the last phrase
of a piece are left out. `--beside` shows the same of other pieces, such as those of an earlier version.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
from form_pieces import plain_pieces

from composer.analysis.phrase_ends import EndCounts, count_ends
from composer.plan.outline import plan_outline
from composer.style import load_statistics
from composer.style_statistics import ENDS, StyleStatistics


def counted(folder: Path) -> dict[str, EndCounts]:
    """Count the pieces of a folder, by style."""
    found: dict[str, EndCounts] = defaultdict(EndCounts)
    for style, plan, score in plain_pieces(folder):
        count_ends(found[style], score, plan_outline(plan), 1)
    return found


def told(counts: EndCounts) -> str:
    """Return the shares that halt: phrases without a cadence, with one, bars, melodies; and how many phrases."""
    rows = [[row[3] for row in counts.phrases[kind]] for kind in ENDS]
    shares = [float(np.mean(row)) if row else float("nan") for row in rows]
    shares += [counts.halting_share() or 0.0, counts.holding_share() or 0.0]
    return " ".join(f"{share:6.2f}" for share in shares) + f" ({sum(map(len, rows))})"


def real(statistics: StyleStatistics) -> str:
    """Return the same of real pieces."""
    shares = [
        float(np.mean([end.halts for end in statistics.phrase_ends[kind]]))
        if kind in statistics.phrase_ends
        else float("nan")
        for kind in ENDS
    ]
    shares += [statistics.halting_bars or 0.0, statistics.holding_bars or 0.0]
    return " ".join(f"{share:6.2f}" for share in shares)


def main() -> None:
    """Print a line for each style."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--beside", type=Path, help="other pieces, such as those of an earlier version")
    options = arguments.parse_args()
    mine = counted(options.folder)
    others = counted(options.beside) if options.beside else {}
    print("share that halts: phrases without a cadence, with one, bars inside phrases, their melodies")
    print(f"{'':12} {'composed':35}{'real':31}{'beside' if others else ''}")
    for style, counts in sorted(mine.items()):
        beside = told(others[style]) if style in others else ""
        print(f"{style:12} {told(counts):35}{real(load_statistics(style)):31}{beside}")


if __name__ == "__main__":
    main()
