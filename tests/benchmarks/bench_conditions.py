"""How well composed notes obey a plan, told more or less of it: keys, chords and cadences found by independent code.

Run by hand, with the evaluation data in the folder that RITORNELLO_DATA names (`corpora/chorales`, `corpora/mutopia`):

    RITORNELLO_DATA=… python tests/benchmarks/bench_conditions.py --output FOLDER [--pieces 20] [--bars 32]

Held-out chorales and keyboard pieces are analysed and turned into plans without any of their notes; from each plan a
piece is composed by every arm: told nothing of the plan, the local key alone, everything, and then what the program
adds step by step: guidance, drafts with critics, cadences given as notes. Each is judged from its deadpan MIDI file
(`conditions_judge.py`), and so is the work itself, on the same plan: what it reaches is what can be asked for, since
the plan was heard in it by one code and is judged by another. "Told nothing" still knows meter, composer and ensemble.

Intervals hold 95 of 100 bootstrap draws of works. A run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from conditions_judge import Count, Counts, judge, judge_chords
from conditions_pieces import ARMS, STYLES, Arm, Work, Workshop, compose_all, held_out_works
from raw_midi import read_raw

from composer.outline import ChordSpan, Outline
from composer.style import styles_folder

# The columns of the works' own notes: on their own plans, and under the chords of other moments.
REAL, CHANCE = "itself", "chance"
DRAWS = 2000


@dataclass(frozen=True)
class Cell:
    """A share with its interval."""

    share: float
    low: float
    high: float
    number: int

    def __str__(self) -> str:
        return f"{self.share:.0%} ({self.low:.0%}-{self.high:.0%})".replace("%", "")


def main() -> None:
    """Analyse, compose, judge, print."""
    options = _options()
    arms = [arm for arm in ARMS if arm.name in options.arms]
    works, refused = held_out_works(
        Path(options.data),
        splits=options.splits,
        ensembles=options.ensembles,
        count=options.pieces,
        bars=options.bars,
        seed=options.seed,
    )
    for name, why in refused.items():
        print(f"left out: {name}: {why}")
    workshop = Workshop(options.output, options.network)
    found: dict[str, dict[str, Counts]] = {work.name: {} for work in works}
    for number, (work, arm, place) in enumerate(compose_all(workshop, works, arms), start=1):
        found[work.name][arm.name] = judge(read_raw(place).score, work.outline)
        print(f"\r{number} of {len(works) * len(arms)} pieces", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    for work in works:
        found[work.name][REAL] = judge(work.score, work.outline_there)
        found[work.name][CHANCE] = judge_chords(work.score, elsewhere(work.outline_there))
    columns = [*(arm.name for arm in arms), REAL, CHANCE]
    report: dict[str, dict[str, dict[str, Cell]]] = {}
    for ensemble in options.ensembles:
        mine = [work for work in works if work.ensemble == ensemble]
        report[ensemble] = table(mine, found, columns)
        show(ensemble, mine, report[ensemble])
    if len(options.ensembles) > 1:
        report["both"] = table(works, found, columns)
        show("all together", works, report["both"])
    about(workshop, works, arms)
    if options.json:
        details = {
            name: {arm: {f: asdict(c) for f, c in counts.items()} for arm, counts in row.items()}
            for name, row in found.items()
        }
        tables = {
            name: {f: {arm: asdict(c) for arm, c in row.items()} for f, row in rows.items()}
            for name, rows in report.items()
        }
        options.json.write_text(json.dumps({"tables": tables, "pieces": details}, indent=1))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True, help="folder of the composed pieces")
    parser.add_argument("--data", default=os.environ.get("RITORNELLO_DATA"))
    parser.add_argument("--pieces", type=int, default=20, help="of each ensemble at most")
    parser.add_argument("--bars", type=int, default=32, help="of each piece at most")
    parser.add_argument("--ensembles", nargs="+", choices=list(STYLES), default=list(STYLES))
    parser.add_argument("--arms", nargs="+", choices=[arm.name for arm in ARMS], default=[arm.name for arm in ARMS])
    parser.add_argument("--splits", nargs="+", default=["valid", "test"], help="sides of the split")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--network", type=Path, default=styles_folder() / "networks" / "bach.safetensors")
    parser.add_argument("--json", type=Path, help="write everything there")
    options = parser.parse_args()
    if options.data is None:
        parser.error("name the data folder with --data or RITORNELLO_DATA")
    return options


def elsewhere(outline: Outline) -> tuple[ChordSpan, ...]:
    """Return the chords of an outline a bar and a beat too late, those of its end at the beginning."""
    meter = outline.bars[0].meter
    first, end = outline.chords[0].start_tick, outline.chords[-1].end_tick
    late = [
        replace(chord, start_tick=start, end_tick=start + chord.end_tick - chord.start_tick)
        for chord in outline.chords
        for start in [first + (chord.start_tick - first + meter.bar_ticks + meter.beat_ticks) % (end - first)]
    ]
    return tuple(sorted(late, key=lambda chord: chord.start_tick))


def table(
    works: Sequence[Work], found: dict[str, dict[str, Counts]], columns: Sequence[str]
) -> dict[str, dict[str, Cell]]:
    """Return each figure of each column."""
    figures = sorted({figure for work in works for figure in found[work.name][REAL]}, key=_place)
    ids = sorted({work.work for work in works})
    draws = np.random.default_rng(0).integers(len(ids), size=(DRAWS, len(ids)))
    rows: dict[str, dict[str, Cell]] = {}
    for figure in figures:
        rows[figure] = {}
        for column in columns:
            sums = [
                sum((found[w.name][column].get(figure, Count()) for w in works if w.work == one), Count())
                for one in ids
            ]
            if sum(sums, Count()).total:
                rows[figure][column] = _cell(sums, draws)
    return rows


def _place(figure: str) -> tuple[int, str]:
    """Return where a figure stands in the table: keys, chords, cadences."""
    return next(
        (place for place, word in enumerate(("key", "root", "bass", "notes")) if figure.startswith(word)), 9
    ), figure


def _cell(sums: Sequence[Count], draws: np.ndarray) -> Cell:
    """Return the share of all works, with the percentiles of what draws of works give."""
    right, total = np.array([count.right for count in sums]), np.array([count.total for count in sums])
    drawn = total[draws].sum(axis=1)
    shares = right[draws].sum(axis=1)[drawn > 0] / drawn[drawn > 0]
    low, high = np.percentile(shares, [2.5, 97.5])
    return Cell(float(right.sum() / total.sum()), float(low), float(high), sum(count.number for count in sums))


def show(title: str, works: Sequence[Work], rows: dict[str, dict[str, Cell]]) -> None:
    """Print one table."""
    bars = sum(work.plan.bars for work in works)
    print(
        f"\n{title}: {len(works)} pieces of {len({work.work for work in works})} works, {bars} bars; percent as planned"
    )
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    width = max(len(figure) for figure in rows) + 2
    print(f"{'':{width}}{'n':>6}" + "".join(f"{column:>15}" for column in columns))
    for figure, row in rows.items():
        cells = "".join(f"{row.get(column, '')!s:>15}" for column in columns)
        print(f"{figure:{width}}{row[REAL].number:6}{cells}")


def about(workshop: Workshop, works: Sequence[Work], arms: Sequence[Arm]) -> None:
    """Print what the arms are and how their composing went."""
    print()
    for arm in arms:
        facts = [workshop.facts(work, arm) for work in works]
        seconds, restarts, refused = (sum(fact[key] for fact in facts) for key in ("seconds", "restarts", "refused"))
        went = f"{seconds:.0f} s; {restarts} phrases begun again, {refused} kept although refused"
        print(f"{arm.name:8} {arm.words}: {went}")
    print(f"{REAL:8} the works' own notes")
    print(f"{CHANCE:8} the works' own notes, judged by the chords of a bar and a beat before")


if __name__ == "__main__":
    main()
