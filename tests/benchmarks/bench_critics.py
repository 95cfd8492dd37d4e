"""What is each critic worth? What the report finds in composed pieces with it and without it.

Run by hand; no data are needed:

    python tests/benchmarks/bench_critics.py [--critics NAME …] [--goals NAME …] [--pieces 8] [--bars 40] [--json FILE]
        [--ensembles keyboard …]

The same plans (styles, forms and ensembles in turn, the same seeds) are composed with all critics, then once without
each of them (`A+B`: without both), once without any, and once without each goal for which phrases begin again. Nothing
else changes, and every piece is judged by the form report, which does not know the critics. A run that was stopped goes
on where it was (`--json`).

Printed, for each that was left out, the mean difference to the full set with its 95 % interval (bootstrap over plans;
the same plan with and without makes a pair). What grows worse, outside the interval, is what the critic is for. Where
nothing does, it does not pay.

- chords: share of time with the planned root, found by the analysis
- keys, cadences: share of the planned ones found
- faults: of voice leading, in 100 bars
- still: bars that are silent or stand still, in 100
- run: longest run of notes shared with a training piece
- reach: notes that neither hand reaches, in 100 bars (of keyboards)
- homeless: notes for which there was no part, in 100 bars
- style: how far figures lie outside the style's 10th to 90th percentile, in widths of that range
- missed: phrases that miss a goal, in 100; seconds a piece
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from usual_figures import outside_usual

from composer.files import write_atomic
from composer.fill import critics, goals, particles
from composer.fill.ensembles import ENSEMBLES
from composer.pipeline import fill_plan, plan_piece
from composer.plan.model import Plan
from composer.report.check import report_on
from composer.roll.codec import encode
from composer.score import Score

STYLES = ("bach", "mozart", "chopin", "joplin", "beethoven", "romantic", "handel", "schubert")
FORMS = ("ternary", "rondo", "binary", "minuet")
# Which way is worse.
MEASURES = {
    "chords": -1,
    "keys": -1,
    "cadences": -1,
    "faults": 1,
    "still": 1,
    "run": 1,
    "reach": 1,
    "homeless": 1,
    "style": 1,
    "missed": 1,
    "seconds": 1,
}
NOBODY, EVERYBODY = "none left out", "all left out"
DRAWS = 2_000

Row = dict[str, float]


def main() -> None:
    """Compose, judge, print."""
    options = _options()
    rows: dict[str, Row] = {}
    if options.json and options.json.exists():
        rows = json.loads(options.json.read_text())
    left_out = [NOBODY, *options.critics, *options.goals, EVERYBODY]
    plans = [
        _plan(number, options.bars, options.ensembles[number % len(options.ensembles)])
        for number in range(options.pieces)
    ]
    for number, plan in enumerate(plans):
        for name in left_out:
            key = _key(name, number, plan)
            if key not in rows:
                with without(name):
                    rows[key] = judged(plan)
                if options.json:
                    write_atomic(options.json, (json.dumps(rows, indent=1) + "\n").encode())
    found = {name: [rows[_key(name, number, plan)] for number, plan in enumerate(plans)] for name in left_out}
    show(found)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    tried = [name for name in critics.CRITICS if name not in critics.OFF_BY_DEFAULT]
    asked = [goals.KEY, goals.CADENCE, goals.LIKENESS, particles.STILLNESS]
    parser.add_argument("--critics", nargs="*", default=tried)
    parser.add_argument("--ensembles", nargs="+", default=["keyboard"], choices=list(ENSEMBLES))
    parser.add_argument("--goals", nargs="*", default=asked, choices=asked)
    parser.add_argument("--pieces", type=int, default=8)
    parser.add_argument("--bars", type=int, default=40)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    unknown = {one for name in options.critics for one in name.split("+")} - set(critics.CRITICS)
    if unknown:
        parser.error(f"no critic {', '.join(sorted(unknown))}; there are {', '.join(critics.CRITICS)}")
    return options


def _key(left_out: str, number: int, plan: Plan) -> str:
    return f"{left_out}: {number}, {plan.bars} bars, {plan.ensemble}"


def _plan(number: int, bars: int, ensemble: str) -> Plan:
    form, style = FORMS[number % len(FORMS)], STYLES[number % len(STYLES)]
    return plan_piece(form=form, style=style, bars=bars, seed=100 + number, ensemble=ensemble)


@contextmanager
def without(name: str) -> Iterator[None]:
    """Leave a critic or a goal out of all that is composed meanwhile."""
    kept, met = dict(critics.CRITICS), particles._goals_met
    if name == EVERYBODY:
        critics.CRITICS.clear()
    elif set(name.split("+")) <= set(critics.CRITICS):
        for one in name.split("+"):
            del critics.CRITICS[one]
    elif name != NOBODY:

        def fewer(*given: Any) -> dict[str, NDArray[np.bool_]]:
            rows = met(*given)
            return {goal: np.ones_like(row) if goal == name else row for goal, row in rows.items()}

        particles._goals_met = fewer
    try:
        yield
    finally:
        critics.CRITICS.clear()
        critics.CRITICS.update(kept)
        particles._goals_met = met


def judged(plan: Plan) -> Row:
    """Compose a plan and return what the report finds."""
    start = time.perf_counter()
    filled, _, _ = fill_plan(plan)
    seconds = time.perf_counter() - start
    score, bars = filled.score, len(filled.score.bars)
    report = report_on(score, filled.plan)
    agree = sum(bar.agree_tick for bar in report.chords)
    total = sum(bar.total_tick for bar in report.chords)
    still = sum(stretch.bars for stretch in (*report.silences, *report.standing))
    phrases = sum(len(section.phrases or ()) for section in plan.sections)
    return {
        "chords": agree / max(1, total),
        "keys": _share([found.agrees for found in report.keys]),
        "cadences": _share([found.is_as_planned for found in report.cadences]),
        "faults": report.voice_leading.per_100_bars,
        "still": 100 * still / bars,
        "run": float(max((copy.run.notes for copy in report.copies if copy.run), default=0)),
        "reach": 100 * _unreachable(score) / bars if plan.ensemble == "keyboard" else 0.0,
        "homeless": 100 * sum(section.left_out for section in filled.reports) / bars,
        "style": outside_usual(score, next(iter(plan.style))),
        "missed": 100 * sum(len(section.misses) for section in filled.reports) / max(1, phrases),
        "seconds": seconds,
    }


def _unreachable(score: Score) -> float:
    return float(critics.unreachable_steps(encode(score).play[None]).sum())


def _share(flags: list[bool]) -> float:
    return float(np.mean(flags)) if flags else 1.0


def show(found: Mapping[str, list[Row]]) -> None:
    """Print the differences to the full set; `!`: worse, `+`: better, outside its interval."""
    full = found[NOBODY]
    print(f"{len(full)} pieces; means with all critics, then what changes without one")
    print(f"{'':18}" + "".join(f"{name:>20}" for name in MEASURES))
    print(f"{NOBODY:18}" + "".join(f"{np.mean([row[name] for row in full]):20.3f}" for name in MEASURES))
    draw = np.random.default_rng(0).integers(0, len(full), (DRAWS, len(full)))
    for left_out, rows in found.items():
        if left_out == NOBODY:
            continue
        cells = []
        for name, worse in MEASURES.items():
            change = np.array([row[name] - base[name] for row, base in zip(rows, full, strict=True)])
            low, high = np.percentile(change[draw].mean(axis=1), [2.5, 97.5])
            mark = "" if low <= 0 <= high else "!" if np.sign(change.mean()) == worse else "+"
            cells.append(f"{change.mean():+.3f} ({low:+.2f},{high:+.2f}){mark}")
        print(f"{left_out:18}" + "".join(f"{cell:>20}" for cell in cells))


if __name__ == "__main__":
    main()
