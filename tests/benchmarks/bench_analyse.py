"""Plans read from pieces, beside what is known of the pieces: is the form that is found the one that there is?

Run by hand:

    python tests/benchmarks/bench_analyse.py --composed FOLDER   pieces that the program composed: NAME.mid or .musicxml
                                                                 beside the plan that was resolved, NAME.yaml
    python tests/benchmarks/bench_analyse.py --drawn N           N plans a form, their notes from the tests' source of
                                                                 notes in place of the network
    RITORNELLO_DATA=… python tests/benchmarks/bench_analyse.py --real [--every N]
                                                                 pieces of `corpora/…` whose files state repeats, marks
                                                                 or other signatures
    RITORNELLO_DATA=… python tests/benchmarks/bench_analyse.py --accept N
                                                                 N files of each corpus: is their plan accepted?

All that would give the form away (marks, repeats, changes of signature) is hidden before a piece is analysed.

Columns: share of the pieces in the home key and in the meter; F1 of the bars at which sections begin (the same bar, and
within a bar); pairs of planned sections that are rightly the same or different by letter; bars in the local key; F1 of
the bars at which phrases end; of those found, the kind of cadence.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from music_folder import music_folder

from composer.corpus.reader import read_score
from composer.errors import ComposerError
from composer.outline import Outline, span_at
from composer.plan.from_piece import analyse_piece
from composer.plan.model import Plan
from composer.plan.outline import phrase_places, pickup_tick, plan_outline
from composer.plan.planner import resolve
from composer.plan.reader import read_plan
from composer.score import Score
from composer.theory.meter import parse_meter

CORPORA = {
    "chorales": "chorales/*.musicxml",
    "Chopin": "chopin/*.krn",
    "romantic keyboard": "romantic_keyboard/*.krn",
    "songs": "lieder/*/*.mxl",
    "string quartets": "quartets/*/*.mxl",
    "renaissance": "renaissance/*.krn",
    "MIDI": "mutopia/**/*.mid",
}
MOST_BARS = 400  # of a real piece: longer ones take minutes
FORMS = ("ternary", "rondo", "sonata", "chorale")


@dataclass
class Figures:
    """Counts over pieces: (right, of how many), and (right, stated, close, found) for F1."""

    shares: dict[str, list[int]] = field(default_factory=dict)
    scores: dict[str, list[int]] = field(default_factory=dict)

    def share(self, name: str, right: int, total: int) -> None:
        row = self.shares.setdefault(name, [0, 0])
        row[0] += right
        row[1] += total

    def f1(self, name: str, stated: Sequence[int], found: Sequence[int], *, within: int) -> None:
        row = self.scores.setdefault(name, [0, 0, 0, 0])
        row[0] += sum(any(abs(bar - other) <= within for other in found) for bar in stated)
        row[1] += len(stated)
        row[2] += sum(any(abs(bar - other) <= within for other in stated) for bar in found)
        row[3] += len(found)

    def cells(self) -> list[str]:
        cells = [f"{name} {right / max(1, total):.2f} ({total})" for name, (right, total) in self.shares.items()]
        for name, (right, stated, close, found) in self.scores.items():
            recall, precision = right / max(1, stated), close / max(1, found)
            f1 = 2 * precision * recall / max(1e-9, precision + recall)
            cells.append(f"{name} {f1:.2f} ({precision:.2f}/{recall:.2f})")
        return cells


def hidden(score: Score) -> Score:
    """The score without any sign that states its form."""
    return replace(score, repeats=(), marks=(), keys=score.keys[:1])


def section_bars(plan: Plan) -> list[int]:
    """The bar, from 0, at which each section begins."""
    return [0, *itertools.accumulate(section.bars or 0 for section in plan.sections)][:-1]


def phrase_ends(plan: Plan) -> dict[int, str]:
    """The bar behind each phrase, and its cadence."""
    bars = itertools.accumulate(place.entry.bars or 0 for place in phrase_places(plan))
    return dict(zip(bars, (place.entry.cadence or "none" for place in phrase_places(plan)), strict=True))


def key_of_bars(plan: Plan, outline: Outline) -> list[Any]:
    """The local key in the middle of each bar."""
    length, pickup = parse_meter(plan.meter or "").bar_ticks, pickup_tick(plan)
    spans = (span_at(outline.keys, pickup + bar * length + length // 2) for bar in range(plan.bars))
    return [span.key.simplified() if span else None for span in spans]


def compare(plan: Plan, score: Score, figures: Figures) -> None:
    """Analyse a composed piece and count how much of its plan is found."""
    found = resolve(analyse_piece(hidden(score), style=dict(plan.style)).plan)  # type: ignore[call-overload]
    figures.share("home key", found.key == plan.key, 1)
    figures.share("meter", found.meter == plan.meter, 1)
    starts, ours = section_bars(plan), section_bars(found)
    figures.f1("sections", starts[1:], ours[1:], within=0)
    figures.f1("within a bar", starts[1:], ours[1:], within=1)
    letters = [_letter_at(found, start, start + (s.bars or 0)) for start, s in zip(starts, plan.sections, strict=True)]
    labels = [section.label for section in plan.sections]
    for one, other in itertools.combinations(range(len(labels)), 2):
        same = labels[one] == labels[other]
        right = same == (letters[one] == letters[other])
        figures.share("pairs", right, 1)
        if same:
            figures.share("same found", right, 1)
    keys, own = key_of_bars(plan, plan_outline(plan)), key_of_bars(found, plan_outline(found))
    figures.share("bars in key", sum(a == b for a, b in zip(keys, own, strict=False)), len(keys))
    ends, own_ends = phrase_ends(plan), phrase_ends(found)
    figures.f1("phrase ends", list(ends), list(own_ends), within=0)
    for bar, kind in ends.items():
        if bar in own_ends and kind in ("PAC", "HC"):
            figures.share(kind, own_ends[bar] == kind, 1)


def _letter_at(plan: Plan, start: int, end: int) -> str:
    """The letter that most of a stretch of bars has."""
    times: Counter[str] = Counter()
    for first, section in zip(section_bars(plan), plan.sections, strict=True):
        times[section.label or ""] += max(0, min(end, first + (section.bars or 0)) - max(start, first))
    return times.most_common(1)[0][0]


def composed_pieces(folder: Path) -> Iterator[tuple[str, Plan, Score]]:
    """(form, plan, score) of each plan below a folder with a piece beside it."""
    for path in sorted(folder.rglob("*.yaml")):
        stem = path.name.removesuffix(".yaml").removesuffix(".resolved")
        piece = next((p for end in (".musicxml", ".mid") if (p := path.with_name(stem + end)).exists()), None)
        if piece is not None:
            plan = resolve(read_plan(path), folder=path.parent)
            yield plan.form, plan, read_score(piece).score


def drawn_pieces(count: int) -> Iterator[tuple[str, Plan, Score]]:
    """(form, plan, score) of new plans, their notes drawn without a network."""
    from composer.pipeline import fill_plan, plan_piece

    sys.path.insert(0, str(Path(__file__).parent.parent / "fill"))
    import fake

    for form in FORMS:
        for seed in range(1, count + 1):
            plan = plan_piece(form=form, seed=seed, style="chorale" if form == "chorale" else "bach")
            filled, _, _ = fill_plan(plan, make_source=lambda _: fake.FakeSource())
            yield form, filled.plan, filled.score


def files_of(pattern: str) -> list[Path]:
    """The files of a corpus."""
    return sorted((music_folder() / "corpora").glob(pattern))


def stated_bars(score: Score) -> list[int]:
    """The whole bars, from 0, at which signs say that something begins."""
    first = next(bar for bar in score.bars if bar.number > 0)
    signs = {tick for repeat in score.repeats for tick in (repeat.start_tick, repeat.end_tick)}
    signs |= {mark.tick for mark in score.marks} | {tick for tick, _ in score.keys}
    bars = {round((tick - first.onset_tick) / first.meter.bar_ticks) for tick in signs}
    return sorted(bar for bar in bars if 0 < bar < len(score.bars) - 2)


def real_figures(pattern: str, step: int) -> tuple[int, Figures]:
    """Sections that signs state, against those found with the signs hidden."""
    from composer.analysis.even_bars import even_bars

    figures, pieces = Figures(), 0
    for path in files_of(pattern)[::step]:
        try:
            score = even_bars(read_score(path).score).score
            stated = stated_bars(score)
            if not stated or len(score.bars) > MOST_BARS:
                continue
            found = analyse_piece(hidden(score), style="bach").plan
        except ComposerError:
            continue
        figures.f1("sections", stated, section_bars(found)[1:], within=0)
        figures.f1("within a bar", stated, section_bars(found)[1:], within=1)
        pieces += 1
    return pieces, figures


def accepted(pattern: str, count: int) -> Counter[str]:
    """How many files make a plan that resolves, how many end in an error of ours, and which other ones."""
    counts: Counter[str] = Counter()
    files = files_of(pattern)
    for path in random.Random(0).sample(files, min(count, len(files))):
        try:
            resolve(analyse_piece(read_score(path).score, style="bach").plan)
            counts["accepted"] += 1
        except ComposerError as error:
            counts[f"{path.name}: {error}"[:200]] += 1
    return counts


def print_composed(pieces: Iterator[tuple[str, Plan, Score]]) -> None:
    """Print a line for each form, as soon as it is through."""
    for form, group in itertools.groupby(pieces, key=lambda piece: piece[0]):
        figures, count = Figures(), 0
        for _, plan, score in group:
            compare(plan, score, figures)
            count += 1
        print(f"{form} ({count} pieces)\n    " + "\n    ".join(figures.cells()), flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--composed", type=Path, metavar="FOLDER")
    parser.add_argument("--drawn", type=int, metavar="N")
    parser.add_argument("--real", action="store_true")
    parser.add_argument("--every", type=int, default=12, help="only every N-th file of a corpus")
    parser.add_argument("--accept", type=int, metavar="N")
    options = parser.parse_args()
    if options.composed is not None:
        print_composed(composed_pieces(options.composed))
    if options.drawn is not None:
        print_composed(drawn_pieces(options.drawn))
    each: list[tuple[str, Callable[[str], str]]] = []
    if options.real:
        each.append(("signs hidden", lambda pattern: _real_line(pattern, options.every)))
    if options.accept is not None:
        each.append(("accepted", lambda pattern: str(dict(accepted(pattern, options.accept)))))
    for title, line in each:
        print(title)
        for name, pattern in CORPORA.items():
            print(f"{name:20} {line(pattern)}", flush=True)


def _real_line(pattern: str, step: int) -> str:
    pieces, figures = real_figures(pattern, step)
    return f"{pieces:4d} pieces  " + "  ".join(figures.cells())


if __name__ == "__main__":
    main()
