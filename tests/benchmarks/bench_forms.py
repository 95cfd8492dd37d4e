"""Composed pieces of all forms, judged from their notes: what a plan asks for, found again, with confidence intervals.

Run by hand; with the evaluation data in the folder that RITORNELLO_DATA names (`corpora/…`, `analyses/chorales`), the
same finders are put to real pieces beside:

    python tests/benchmarks/bench_forms.py --output FOLDER [--pieces 200] [--free 30] [--jobs 1] [--json FILE]

Every form is composed in the styles that prefer it (their cards say so), in turn, with seeds 0, 1, 2 … Each piece is
composed once into FOLDER and judged from its deadpan MIDI file, read event by event; the plan gives what was asked for,
never the notes. A run that was stopped goes on where it was. `--free N` composes N pieces more whose cadences are asked
for but not given as notes; `--varied N` composes N in which the plain returns of the themes follow them closely, at
each of `FIDELITIES` in turn. `--local`, `--shell` name the seeds of the slower checks on rondos: changes of one
section's entry, and two runs of the command itself.

Intervals are of 95 %: drawn again 2,000 times with whole pieces, since what one piece holds is not independent; where
nothing (or everything) was met, the exact bound for that many pieces.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from form_judge import ASKED_FIGURES, FINDERS, Judged, held_out, judge, real_findings
from form_pieces import (
    FIDELITIES,
    composed,
    edits,
    facts_of_piece,
    fill_into,
    is_composed,
    plan_of,
    refusal_of_plan,
    shell,
)
from raw_midi import read_raw

from composer.pipeline import plan_piece
from composer.plan.forms import form_names
from composer.plan.outline import plan_outline
from composer.report.as_json import totals
from composer.report.themes import StatementFound, TopLine, best_match
from composer.style import readable_styles, styles_folder
from composer.theory.meter import TICKS_PER_QUARTER

ON_TOP, STRAY, KEY_POINTS, CADENCE, LETTERS = 0.95, 0.6, 0.03, 0.97, 0.98
LIKENESS = (0.5, 0.9)  # of varied returns
VARIED_FORMS = ("rondo", "sonata-rondo", "ritornello", "song", "variations", "ragtime")  # with plain returns
SHELL_SECONDS = 20.0
ORIGINS = {
    "formula": "outer voices given",
    "theme": "tune on top, bass given",
    "tune": "tune on top, nothing given",
    "network": "nothing given",
}
DRAWS = 2000

Counts = Sequence[tuple[float, float]]  # (right, of all) of each piece


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        figure: what is measured.
        value, target: as text.
        met: None where there is no target.
    """

    figure: str
    value: str
    target: str = ""
    met: bool | None = None


def main() -> None:
    """Compose, judge, print."""
    options = _options()
    folder = options.output
    folder.mkdir(parents=True, exist_ok=True)
    beside = real(folder, options) if options.data else None
    pieces = [judge(place) for place in compose_all(folder, options, orders(options, options.pieces))]
    rows = [Row(f"{len(pieces)} pieces, bars", _spread([piece.plan.bars for piece in pieces]))]
    rows += [*by_form(pieces), Row("", "")]
    rows += [*letters(pieces), *themes(pieces), *keys(pieces, beside), *cadences(pieces, beside)]
    rows += [*chords(pieces), *voices(pieces), *soundness(pieces), *times(pieces)]
    if beside:
        rows += [Row("", ""), *figures(pieces, beside), *stated(beside)]
    if options.free:
        wanted = orders(options, options.free)
        loose = [judge(place) for place in compose_all(folder, options, wanted, kind="unpinned")]
        rows += [Row("", ""), Row(f"{len(loose)} pieces without given cadences", ""), *cadences(loose, None)]
    if options.varied:
        wanted = orders(options, options.varied, forms=[form for form in options.forms if form in VARIED_FORMS])
        followed = [judge(place) for place in compose_all(folder, options, wanted, kind="varied")]
        rows += [Row("", ""), *varied(followed)]
    for seed in options.local:
        rows += locality(folder, seed)
    for seed in options.shell:
        rows += from_shell(folder, seed)
    show(rows)
    if options.json:
        details = {piece.place.name: details_of(piece) for piece in pieces}
        options.json.write_text(json.dumps({"rows": [asdict(row) for row in rows], "pieces": details}, indent=1))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True, help="folder of the composed pieces")
    parser.add_argument("--data", default=os.environ.get("RITORNELLO_DATA"))
    parser.add_argument("--pieces", type=int, default=200, metavar="N")
    parser.add_argument("--forms", nargs="+", default=list(form_names()), metavar="FORM")
    parser.add_argument("--styles", nargs="+", metavar="STYLE", help="only these")
    parser.add_argument("--jobs", type=int, default=1, help="processes that compose side by side")
    parser.add_argument("--free", type=int, default=0, metavar="N", help="pieces without given cadences")
    parser.add_argument("--varied", type=int, default=0, metavar="N", help="pieces whose returns follow their themes")
    parser.add_argument("--local", type=_numbers, default=[], metavar="0-4", help="seeds of rondos that are edited")
    parser.add_argument("--shell", type=_numbers, default=[], metavar="0", help="seeds of rondos by the command, twice")
    parser.add_argument("--every", type=int, default=4, help="of the real pieces, only every N-th")
    parser.add_argument("--json", type=Path, help="write everything there")
    return parser.parse_args()


def _numbers(text: str) -> list[int]:
    """Read `0-4,7`."""
    numbers: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return numbers


def orders(options: argparse.Namespace, count: int, *, forms: Sequence[str] = ()) -> list[tuple[str, str, int]]:
    """Return (form, style, seed) of so many pieces: the forms in turn, each in the styles that prefer it in turn."""
    forms = forms or options.forms
    cards = [card for card in readable_styles(styles_folder())[0] if not options.styles or card.name in options.styles]
    turns: dict[str, list[str]] = {}
    for form in forms:
        prefer = [card.name for card in cards if form in card.forms]
        turns[form] = prefer or [card.name for card in cards if card.ensemble == "keyboard"] or [cards[0].name]
    wanted = []
    for place in range(count):
        form = forms[place % len(forms)]
        turn = place // len(forms)
        wanted.append((form, turns[form][turn % len(turns[form])], place))
    return wanted


def compose_all(
    folder: Path, options: argparse.Namespace, wanted: Sequence[tuple[str, str, int]], *, kind: str = ""
) -> list[Path]:
    """Return the folders of all pieces, composing what is missing."""
    if options.jobs == 1:
        places = []
        for form, style, seed in wanted:
            places.append(composed(folder, form=form, style=style, seed=seed, kind=kind))
            print(f"\rcomposed {len(places)} of {len(wanted)}", end="", flush=True)
        print()
        return places
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        jobs = [
            pool.submit(composed, folder, form=form, style=style, seed=seed, kind=kind) for form, style, seed in wanted
        ]
        return [job.result() for job in jobs]


# ---------------------------------------------------------------- shares with their intervals


def share(counts: Counts) -> tuple[float, float, float]:
    """Return a share of several pieces together, and its 95 % interval (see the module)."""
    table = np.array([row for row in counts if row[1]], float).reshape(-1, 2)
    if not len(table):
        return 0.0, 0.0, 1.0
    value = float(table[:, 0].sum() / table[:, 1].sum())
    bound = 1 - 0.05 ** (1 / len(table))  # as many pieces without a miss are seen in 5 % of cases at this rate
    if value >= 1:
        return 1.0, 1 - bound, 1.0
    if value <= 0:
        return 0.0, 0.0, bound
    drawn = np.random.default_rng(1).integers(0, len(table), (DRAWS, len(table)))
    sums = table[drawn].sum(axis=1)  # [draw, (right, of all)]
    low, high = np.percentile(sums[:, 0] / sums[:, 1], [2.5, 97.5])
    return value, float(low), float(high)


def share_row(figure: str, counts: Counts, *, least: float | None = None, more: str = "") -> Row:
    """Return a line for a share; `least` is its target."""
    value, low, high = share(counts)
    total = sum(row[1] for row in counts)
    text = f"{value:.1%} of {total:g} ({low:.1%} to {high:.1%}){more}" if total else "none"
    met = None if least is None or not total else value >= least
    return Row(figure, text, "" if least is None else f">= {least:.0%}", met)


def _counted(pieces: Iterable[Judged], rows: Callable[[Judged], Sequence[bool]]) -> Counts:
    return [(float(sum(found)), float(len(found))) for found in map(rows, pieces)]


# ---------------------------------------------------------------- what is judged


def by_form(pieces: Sequence[Judged]) -> Iterator[Row]:
    """A line for each form: letters, exact returns, keys, cadences."""
    for form in dict.fromkeys(piece.plan.form for piece in pieces):
        own = [piece for piece in pieces if piece.plan.form == form]
        told = {
            "letters": _counted(own, _sections),
            "exact": _counted(own, lambda piece: [found.on_top >= ON_TOP for found in _exact(piece)]),
            "keys": _counted(own, lambda piece: [span.agrees for span in piece.keys[FINDERS[1]]]),
            "cadences": _counted(own, lambda piece: [found.is_as_planned for found in piece.report.cadences]),
        }
        texts = [f"{name} {share(counts)[0]:.0%} of {sum(row[1] for row in counts):g}" for name, counts in told.items()]
        yield Row(f"  {form}, {len(own)} pieces", "; ".join(texts))


def letters(pieces: Sequence[Judged]) -> Iterator[Row]:
    """Form letters derived from the notes, at the planned places."""
    yield share_row("sections heard as the plan's letters say", _counted(pieces, _sections), least=LETTERS)
    whole = _counted(pieces, lambda piece: [all(_sections(piece))])
    yield share_row("  pieces whose letters are all the plan's", whole)
    wrong = [
        f"{piece.place.name} {row.span.id} as {row.heard_as}"
        for piece in pieces
        for row in piece.report.sections
        if not row.agrees
    ]
    if wrong:
        yield Row(f"  not: {'; '.join(wrong[:4])}", "")


def _sections(piece: Judged) -> list[bool]:
    """Whether each section that the plan does not leave open is heard as planned."""
    return [
        row.agrees for row, asked in zip(piece.report.sections, piece.asked.sections, strict=True) if not asked.is_free
    ]


def _exact(piece: Judged, *, plain: bool | None = None) -> list[StatementFound]:
    """Return the exact statements: all, the untransformed ones, or the transformed ones."""
    return [
        found
        for found in piece.report.statements
        if found.statement.is_exact and (plain is None or plain == (not found.statement.changes))
    ]


def themes(pieces: Sequence[Judged]) -> Iterator[Row]:
    """Themes on top in each exact statement, like themselves in each varied one, and nowhere else."""
    for words, plain in (("untransformed", True), ("transformed", False)):
        counts = _counted(pieces, lambda p, plain=plain: [found.on_top >= ON_TOP for found in _exact(p, plain=plain)])
        least = min((found.on_top for piece in pieces for found in _exact(piece, plain=plain)), default=1.0)
        figure = f"exact statements on top at {ON_TOP:.0%} of their onsets, {words}"
        yield share_row(figure, counts, least=1.0, more=f"; least {least:.2f}")
    ornamented = [[found for found in _exact(piece) if found.statement.changes == ("ornament",)] for piece in pieces]
    followed = [[found for found in piece.report.statements if not found.statement.is_exact] for piece in pieces]
    yield from _alike("varied returns, ornamented note for note", ornamented, least=LETTERS)
    yield from _alike("phrases that take up a theme they do not state", followed)
    highest = [max((stray.match.share for stray in piece.report.strays), default=0.0) for piece in pieces]
    yield share_row(f"pieces without an unplanned likeness over {STRAY}", [(x <= STRAY, 1) for x in highest], least=1.0)
    yield Row("  highest in a piece", _spread(highest, digits=2))
    if len(pieces) > 1:
        yield Row("  in other pieces (chance)", _spread(list(_chance(pieces)), digits=2))


def varied(pieces: Sequence[Judged]) -> Iterator[Row]:
    """Returns that follow their themes closely, by how closely."""
    rows = [
        [
            found
            for found in piece.report.statements
            if found.statement.fidelity in FIDELITIES
            and piece.plan.section(found.statement.section).function == "theme"
        ]
        for piece in pieces
    ]
    yield from _alike(f"varied returns followed closely, {len(pieces)} pieces", rows, least=LETTERS)
    for fidelity in FIDELITIES:
        own = [[found for found in row if found.statement.fidelity == fidelity] for row in rows]
        yield from _alike(f"  fidelity {fidelity}", own)


def _alike(words: str, rows: Sequence[Sequence[StatementFound]], *, least: float | None = None) -> Iterator[Row]:
    """Likeness of statements, piece by piece."""
    low, high = LIKENESS
    counts = [(float(sum(low <= found.likeness <= high for found in row)), float(len(row))) for row in rows]
    likeness = [found.likeness for row in rows for found in row]
    if likeness:
        yield share_row(f"{words}: likeness {low} to {high}", counts, least=least)
        yield Row("  their likeness", _spread(likeness, digits=2))


def _chance(pieces: Sequence[Judged]) -> Iterator[float]:
    """The highest likeness of a piece's themes in the next piece."""
    for piece, other in zip(pieces, [*pieces[1:], pieces[0]], strict=True):
        line = TopLine(other.midi.score)
        spans = [line.between(row.span.start_tick, row.span.end_tick) for row in other.asked.sections]
        yield max((best_match(span, tune).share for tune in piece.asked.tunes.values() for span in spans), default=0.0)


def keys(pieces: Sequence[Judged], beside: dict[str, Any] | None) -> Iterator[Row]:
    """Planned keys by finders that nobody here wrote; modulating sections span by span."""
    for name in FINDERS:
        counts = _counted(pieces, lambda piece, name=name: [span.agrees for span in piece.keys[name]])
        real_ones = [(sum(rows), len(rows)) for rows in beside["keys"][name]] if beside else []
        least = share(real_ones)[0] - KEY_POINTS if real_ones else None
        yield share_row(f"planned key found by {name}", counts, least=least)
        if real_ones:
            yield share_row("  real spans in one key, by the analysis", real_ones)


def cadences(pieces: Sequence[Judged], beside: dict[str, Any] | None) -> Iterator[Row]:
    """PACs and HCs at their places, apart by what was given; beside them real ones, by the same judge."""
    for kind in ("PAC", "HC"):
        everything = _counted(pieces, lambda p, kind=kind: [f.is_as_planned for _, f in _of_kind(p, kind)])
        yield share_row(f"{kind} found at its place", everything, least=CADENCE)
        for origin, words in ORIGINS.items():
            found = [[row for where, row in _of_kind(piece, kind) if where == origin] for piece in pieces]
            counts = [(sum(row.is_as_planned for row in rows), len(rows)) for rows in found]
            faults = Counter(word for rows in found for row in rows for word in row.missing)
            told = f"; missing: {', '.join(f'{word} {count}' for word, count in faults.items())}" if faults else ""
            if any(rows for rows in found):
                yield share_row(f"  {words}", counts, more=told)
        heard = _counted(pieces, lambda p, kind=kind: [f.heard == kind for _, f in _of_kind(p, kind)])
        yield share_row("  heard as such by the analysis, without the plan", heard)
        if beside:
            real_ones = [right for name, right, _ in beside["cadences"] if name == kind]
            yield Row("  real ones, by the analysis", f"{np.mean(real_ones):.1%} of {len(real_ones)}")


def _of_kind(piece: Judged, kind: str) -> list[tuple[str, Any]]:
    return [(origin, found) for origin, found in piece.cadences if found.planned.cadence == kind]


def chords(pieces: Sequence[Judged]) -> Iterator[Row]:
    """Roots of the planned chords in the time that they sound, and the planned phrases."""
    rows = [piece.report.chords for piece in pieces]
    ticks = [(sum(bar.agree_tick for bar in bars), sum(bar.total_tick for bar in bars)) for bars in rows]
    quarters = [(agree / TICKS_PER_QUARTER, total / TICKS_PER_QUARTER) for agree, total in ticks]
    yield share_row("quarters with the planned root", quarters)
    found = _counted(pieces, lambda p: [phrase.found_bars is not None for phrase in p.report.phrases])
    yield share_row("planned phrases that the analysis hears begin", found)


def voices(pieces: Sequence[Judged]) -> Iterator[Row]:
    """Voice leading and copies beside real pieces."""
    rates = [piece.report.voice_leading.per_100_bars for piece in pieces]
    real_ones = [rate.per_100_bars for piece in pieces for rate in piece.report.rates.values()]
    value = _spread(rates, digits=1) + (f"; real pieces of the styles {np.mean(real_ones):.1f}" if real_ones else "")
    yield Row("voice-leading faults in 100 bars", value)
    inside = _counted(pieces, lambda p: [p.report.voice_leading.per_100_bars <= r.p95 for r in p.report.rates.values()])
    yield share_row("  pieces no worse than one in twenty real ones", inside)
    usual = _counted(pieces, lambda p: [copy.is_usual for copy in p.report.copies])
    yield share_row("pieces that share no longer run than one in twenty real ones", usual)
    longest = [copy.run.notes if copy.run else 0 for piece in pieces for copy in piece.report.copies]
    yield Row("  longest run shared, notes", _spread(longest))


def soundness(pieces: Sequence[Judged]) -> Iterator[Row]:
    """What no piece may have."""
    counts: dict[str, Callable[[Judged], int]] = {
        "notes out of range": lambda piece: piece.out_of_range,
        "notes that overlap themselves": lambda piece: piece.midi.overlapping,
        "notes without an end": lambda piece: piece.midi.unended,
        "silences of more than a bar": lambda piece: len(piece.report.silences),
        "chords that stay more than two bars": lambda piece: len(piece.report.standing),
        "notes off the grid": lambda piece: piece.midi.off_grid,
    }
    for words, count in counts.items():
        total = sum(count(piece) for piece in pieces)
        where = [piece.place.name for piece in pieces if count(piece)]
        value = f"{total}" + (f" ({', '.join(where[:6])})" if where else "")
        yield Row(words, value, "0", total == 0)
    refused = {piece.place.name: why for piece in pieces if (why := refusal_of_plan(piece.place))}
    yield Row("written plans that the reader refuses or changes", f"{len(refused)}", "0", not refused)
    for name, why in list(refused.items())[:3]:
        yield Row(f"  {name}: {why}", "")


def figures(pieces: Sequence[Judged], beside: dict[str, Any]) -> Iterator[Row]:
    """Medians between the 10th and the 90th percentile of real pieces."""
    real_ones = beside["figures"]
    own_pieces = [piece for piece in pieces if piece.plan.ensemble == "keyboard" and "bach" in str(piece.plan.style)]
    if not own_pieces:
        return
    yield Row(f"median of {len(own_pieces)} pieces in Bach's style beside {len(real_ones)} of his", "")
    for name in ASKED_FIGURES:
        low, middle, high = np.percentile([figures[name] for figures in real_ones], [10, 50, 90])
        own = float(np.median([piece.figures[name] for piece in own_pieces]))
        yield Row(f"  {name}", f"{own:.3g}", f"{low:.3g} .. {high:.3g} ({middle:.3g})", bool(low <= own <= high))


def stated(beside: dict[str, Any]) -> Iterator[Row]:
    """What the same finders make of real pieces whose files state what is there."""
    yield Row("the finders on real pieces that state it", "")
    for figure, counts in beside["stated"].items():
        yield share_row(f"  {figure}", [tuple(row) for row in counts])


def times(pieces: Sequence[Judged]) -> Iterator[Row]:
    """Seconds in one process, restarts, phrases that no draft passed."""
    facts = [facts_of_piece(piece.place) for piece in pieces]
    yield Row("seconds a piece, in one process", _spread([fact["seconds"] for fact in facts]))
    yield Row("  of processor time", _spread([fact["cpu_seconds"] for fact in facts]))
    phrases = sum(fact["phrases"] for fact in facts)
    yield Row("phrases begun again", f"{sum(fact['restarts'] for fact in facts)} times in {phrases} phrases")
    yield Row("phrases kept although refused", f"{sum(fact['refused'] for fact in facts)}")


def locality(folder: Path, seed: int) -> Iterator[Row]:
    """Change one section's entry of a rondo in each way and compare the notes of all others."""
    place = composed(folder, form="rondo", style="bach", seed=seed)
    plan = plan_piece(form="rondo", style="bach", seed=seed)
    section = next(section.id or "" for section in plan.sections if section.label == "C")
    rebuilt = folder / f"{place.name}-rebuilt"
    _fill_once(rebuilt, lambda: plan_of(place))
    same = (rebuilt / "piece.mid").read_bytes() == (place / "piece.mid").read_bytes()
    yield Row(f"{place.name}: its resolved plan builds the same file", "yes" if same else "no", "yes", same)
    for name, edited in edits(plan, section).items():
        there = folder / f"{place.name}-C-{name}"
        _fill_once(there, lambda edited=edited: edited)
        before, after = _notes_by_section(place), _notes_by_section(there)
        changed = [key for key in before if key != section and before[key] != after.get(key)]
        itself = "" if before[section] != after[section] else ", nor is C"
        value = f"changed: {', '.join(changed)}" if changed else f"no other section changed{itself}"
        yield Row(f"{place.name}: {name} of C edited", value, "no other section changed", not changed)


def _fill_once(place: Path, plan: Callable[[], Any]) -> None:
    if not is_composed(place, "bach"):
        fill_into(place, plan())


def _notes_by_section(place: Path) -> dict[str, list[tuple[int, int, int, int]]]:
    """Return (onset in the section, pitch, ticks, staff) of the notes that begin in each section."""
    score = read_raw(place / "piece.mid").score
    notes = [note for _, note in score.notes()]
    return {
        section.id: [
            (note.onset_tick - section.start_tick, note.pitch, note.duration_tick, note.staff)
            for note in notes
            if section.start_tick <= note.onset_tick < section.end_tick
        ]
        for section in plan_outline(plan_of(place)).sections
    }


def from_shell(folder: Path, seed: int) -> Iterator[Row]:
    """Run the command twice: the time it takes, and whether the files are the same bytes, also as composed here."""
    place = composed(folder, form="rondo", style="bach", seed=seed)
    places = [folder / f"{place.name}-shell-{turn}" for turn in (1, 2)]
    seconds = [shell(there, form="rondo", style="bach", seed=seed) for there in places]
    met = min(seconds) < SHELL_SECONDS
    bars = plan_of(place).bars
    yield Row(f"{place.name} from the shell, {bars} bars", f"{min(seconds):.1f} s", f"< {SHELL_SECONDS:.0f} s", met)
    files = {suffix: {(there / f"piece.{suffix}").read_bytes() for there in places} for suffix in ("mid", "yaml")}
    same = all(len(contents) == 1 for contents in files.values())
    yield Row(f"{place.name} twice: the same bytes", "yes" if same else "no", "yes", same)
    same = (place / "piece.mid").read_bytes() in files["mid"]
    yield Row(f"{place.name}: the same notes from the shell and from Python", "yes" if same else "no", "yes", same)


# ---------------------------------------------------------------- beside, and the table


def real(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Return what is measured of real pieces; kept in the folder, since it never changes."""
    from form_stated import stated_findings

    kept = folder / f"real-{options.every}.json"
    if not kept.exists():
        data = Path(options.data)
        found = real_findings(held_out(data, splits=("valid", "test"))[:: options.every])
        found["stated"] = stated_findings(data, every=options.every)
        kept.write_text(json.dumps(found))
    return dict(json.loads(kept.read_text()))


def details_of(piece: Judged) -> dict[str, Any]:
    """Return what was found of one piece, for a machine."""
    return {
        "form": piece.plan.form,
        "style": str(piece.plan.style),
        "key": piece.plan.key,
        "meter": piece.plan.meter,
        "bars": piece.plan.bars,
        "totals": totals(piece.report),
        "sections": {row.span.id: row.heard_as for row in piece.report.sections},
        "keys": {
            name: [(str(span.planned.key), span.found, span.agrees) for span in spans]
            for name, spans in piece.keys.items()
        },
        "cadences": [
            {
                "kind": str(found.planned.cadence),
                "bar": piece.midi.score.bar_at(found.planned.cadence_tick or 0).number,
                "origin": origin,
                "missing": found.missing,
                "bare": found.bare,
                "heard": found.heard,
            }
            for origin, found in piece.cadences
        ],
        "figures": piece.figures,
        **facts_of_piece(piece.place),
    }


def _spread(values: Sequence[float], *, digits: int = 0) -> str:
    low, middle, high = np.percentile(values, [0, 50, 100])
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def show(rows: Sequence[Row]) -> None:
    """Print the table."""
    width = min(62, max(len(row.figure) for row in rows)) + 2
    middle = min(76, max(len(row.value) for row in rows)) + 2
    print(f"{'figure':{width}}{'value':{middle}}{'target':24}met")
    for row in rows:
        met = "" if row.met is None else "yes" if row.met else "NO"
        print(f"{row.figure:{width}}{row.value:{middle}}{row.target:24}{met}".rstrip())
    judged = [row.met for row in rows if row.met is not None]
    print(f"\n{sum(judged)} of {len(judged)} targets met")


if __name__ == "__main__":
    main()
