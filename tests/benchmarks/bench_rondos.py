"""Composed pieces judged by ear-like code: themes, keys, cadences, soundness, figures beside real Bach, locality, time.

Run by hand, with the evaluation data in the folder that RITORNELLO_DATA names (`corpora/chorales`, `corpora/mutopia`):

    RITORNELLO_DATA=… python tests/benchmarks/bench_rondos.py --output FOLDER [--seeds 0-49] [--jobs 1] [--json FILE]

Every piece is composed once into FOLDER and judged from its deadpan MIDI file, read event by event; the plan gives what
was asked for (keys, cadences, sections, the refrain's text), never the notes. A run that was stopped goes on where it
was. `--unpinned N` composes N more pieces whose cadences are asked for but not given as notes; `--local`, `--shell`
name the seeds of the slower checks: changes of section C's entry, and two runs of the command itself.

Control: the refrain's best match in the couplets of *other* pieces says what chance gives; the key finders hear real
spans of known key; the figures stand beside held-out Bach.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from raw_midi import read_raw
from rondo_judge import FINDERS, Judged, chorale_keys, held_out, judge, real_findings, refrain_tune
from rondo_pieces import composed, edits, facts_of_piece, fill_into, is_composed, plan_of, refusal_of_plan, shell

from composer.pipeline import plan_piece
from composer.plan.outline import plan_outline
from composer.report.themes import best_match, top_line

THEME_SHARE, STRAY_SHARE, KEY_SHARE, CADENCE_SHARE = 0.95, 0.6, 0.85, 0.95
SHELL_SECONDS = 20.0
COUPLETS = ("B", "C")
ASKED_FIGURES = (  # those that the issue of quality asks for; the others stand beside them
    "notes_per_bar",
    "polyphony",
    "duration_quarters",
    "rest_share",
    "repeated_chord_share",
    "pitch_class_entropy",
    "melodic_interval",
)
ORIGINS = {
    "formula": "outer voices given",
    "theme": "tune on top, bass given",
    "tune": "tune on top, nothing given",
    "network": "nothing given",
}


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
    data = Path(options.data)
    folder = options.output
    folder.mkdir(parents=True, exist_ok=True)
    places = compose_all(folder, options)
    pieces = [judge(place) for place in places]
    rows = [Row(f"{len(pieces)} pieces, bars", _spread([piece.plan.bars for piece in pieces]))]
    beside = real(folder, data, options.splits)
    rows += [*themes(pieces), *keys(pieces, beside), *cadences(pieces, beside)]
    rows += [*soundness(pieces), *figures(pieces, beside), *times(places)]
    if options.unpinned:
        loose = [judge(place) for place in compose_all(folder, options, unpinned=options.unpinned)]
        rows += [Row("", ""), Row(f"{len(loose)} pieces without given cadences", ""), *cadences(loose, beside)]
    for seed in options.local:
        rows += locality(folder, options, seed)
    for seed in options.shell:
        rows += from_shell(folder, options, seed)
    show(rows)
    if options.json:
        details = {piece.place.name: details_of(piece) for piece in pieces}
        options.json.write_text(json.dumps({"rows": [asdict(row) for row in rows], "pieces": details}, indent=1))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True, help="folder of the composed pieces")
    parser.add_argument("--data", default=os.environ.get("RITORNELLO_DATA"))
    parser.add_argument("--seeds", type=_numbers, default=list(range(50)), metavar="0-49")
    parser.add_argument("--form", default="rondo")
    parser.add_argument("--style", default="bach")
    parser.add_argument("--jobs", type=int, default=1, help="processes that compose side by side")
    parser.add_argument("--unpinned", type=int, default=0, metavar="N", help="pieces without given cadences")
    parser.add_argument("--local", type=_numbers, default=[0], help="seeds whose section C is changed")
    parser.add_argument("--shell", type=_numbers, default=[0], help="seeds composed by the command, twice")
    parser.add_argument("--splits", nargs="+", default=["valid", "test"], help="sides of the split that count as real")
    parser.add_argument("--json", type=Path, help="write everything there")
    options = parser.parse_args()
    if options.data is None:
        parser.error("name the data folder with --data or RITORNELLO_DATA")
    return options


def _numbers(text: str) -> list[int]:
    """Read `0-4,7` (`none`: no number)."""
    numbers: list[int] = []
    for part in [] if text == "none" else text.split(","):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return numbers


def compose_all(folder: Path, options: argparse.Namespace, *, unpinned: int = 0) -> list[Path]:
    """Return the folders of all pieces, composing what is missing."""
    seeds = options.seeds[:unpinned] if unpinned else options.seeds
    if options.jobs == 1:
        places = []
        for seed in seeds:
            places.append(composed(folder, form=options.form, style=options.style, seed=seed, unpinned=bool(unpinned)))
            print(f"\rcomposed {len(places)} of {len(seeds)}", end="", flush=True)
        print()
        return places
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        jobs = [
            pool.submit(composed, folder, form=options.form, style=options.style, seed=seed, unpinned=bool(unpinned))
            for seed in seeds
        ]
        return [job.result() for job in jobs]


# ---------------------------------------------------------------- what is judged


def themes(pieces: Sequence[Judged]) -> Iterator[Row]:
    """The refrain on top in each return, and nowhere else."""
    found = [(piece, statement) for piece in pieces for statement in piece.report.statements]
    shares = [statement.on_top for _, statement in found]
    whole = sum(share >= THEME_SHARE for share in shares)
    returns = sum(section.label == "A" for piece in pieces for section in piece.plan.sections)
    target = f"each >= {THEME_SHARE:.0%}"
    value = f"{whole} of {len(shares)} ({returns} planned); least {min(shares):.2f}"
    yield Row("returns with the refrain on top", value, target, whole == len(shares) == returns)
    other = sum(statement.octave != 0 for _, statement in found)
    yield Row("returns in another octave than the theme's", f"{other}")
    strays = [s for piece in pieces for s in piece.report.strays if s.section.label in COUPLETS]
    highest = max(strays, key=lambda stray: stray.match.share)
    value = f"highest {highest.match.share:.2f}, median {np.median([s.match.share for s in strays]):.2f}"
    yield Row("refrain in B and C, unplanned", value, f"all < {STRAY_SHARE}", highest.match.share < STRAY_SHARE)
    if len(pieces) > 1:
        yield Row("  in other pieces' B and C (chance)", _spread(list(_chance(pieces)), digits=2))


def _chance(pieces: Sequence[Judged]) -> Iterator[float]:
    for piece, other in zip(pieces, [*pieces[1:], pieces[0]], strict=True):
        name = next(section.theme for section in piece.plan.sections if section.label == "A") or ""
        tune = refrain_tune(piece.plan, name)
        for section in other.outline.sections:
            if section.label in COUPLETS:
                yield best_match(top_line(other.midi.score, section.start_tick, section.end_tick), tune).share


def keys(pieces: Sequence[Judged], beside: dict[str, Any]) -> Iterator[Row]:
    """Planned keys by finders that nobody here wrote."""
    for name in FINDERS:
        agree = [span.agrees for piece in pieces for span in piece.keys[name]]
        share = float(np.mean(agree))
        value = f"{share:.1%} of {len(agree)} spans"
        yield Row(f"planned key found by {name}", value, f">= {KEY_SHARE:.0%}", share >= KEY_SHARE)
        for what, label in (("keys", "real spans in one key"), ("chorales", "whole chorales, by signature and final")):
            agree = beside[what][name]
            yield Row(f"  {label}", f"{np.mean(agree):.1%} of {len(agree)}")


def cadences(pieces: Sequence[Judged], beside: dict[str, Any]) -> Iterator[Row]:
    """PACs and HCs, apart by what was given; beside them what the same judge says of the analysis' real ones."""
    rows = [row for piece in pieces for row in piece.cadences]
    for kind in ("PAC", "HC"):
        for origin, words in ORIGINS.items():
            found = [cadence for where, cadence in rows if where == origin and cadence.planned.cadence == kind]
            if not found:
                continue
            share = float(np.mean([cadence.is_as_planned for cadence in found]))
            missed = {
                word: sum(not getattr(cadence, word) for cadence in found)
                for word in ("bass", "top", "chord", "before", "strong")
            }
            faults = ", ".join(f"{word} {count}" for word, count in missed.items() if count)
            bare = sum(cadence.bare for cadence in found)
            value = f"{share:.1%} of {len(found)}" + (f" (missed: {faults})" if faults else "") + f"; bare {bare}"
            yield Row(f"{kind}, {words}", value, f">= {CADENCE_SHARE:.0%}", share >= CADENCE_SHARE)
        real_ones = [(right, bare) for name, right, bare in beside["cadences"] if name == kind]
        value = f"{np.mean([right for right, _ in real_ones]):.1%} of {len(real_ones)}"
        yield Row("  real ones, by the analysis", f"{value}; bare {sum(bare for _, bare in real_ones)}")


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
        where = [str(piece.plan.seed) for piece in pieces if count(piece)]
        value = f"{total}" + (f" (seeds {', '.join(where)})" if where else "")
        yield Row(words, value, "0", total == 0)
    refused = {piece.place.name: why for piece in pieces if (why := refusal_of_plan(piece.place))}
    yield Row("written plans that the reader refuses or changes", f"{len(refused)}", "0", not refused)
    for why in list(refused.values())[:3]:
        yield Row(f"  {why}", "")


def figures(pieces: Sequence[Judged], beside: dict[str, Any]) -> Iterator[Row]:
    """Medians between the 10th and the 90th percentile of real pieces."""
    real_ones = beside["figures"]
    yield Row(f"median beside {len(real_ones)} held-out pieces (10th, 50th, 90th percentile)", "")
    for name in real_ones[0]:
        low, middle, high = np.percentile([figures[name] for figures in real_ones], [10, 50, 90])
        own = float(np.median([piece.figures[name] for piece in pieces]))
        target = f"{low:.3g} .. {high:.3g} ({middle:.3g})"
        inside = bool(low <= own <= high)
        yield Row(f"  {name}", f"{own:.3g}", target, inside if name in ASKED_FIGURES else None)


def times(places: Sequence[Path]) -> Iterator[Row]:
    """Seconds in one process, restarts, phrases that no draft passed."""
    facts = [facts_of_piece(place) for place in places]
    yield Row("seconds a piece, in one process", _spread([fact["seconds"] for fact in facts]))
    yield Row("  of processor time", _spread([fact["cpu_seconds"] for fact in facts]))
    phrases = sum(fact["phrases"] for fact in facts)
    yield Row("phrases begun again", f"{sum(fact['restarts'] for fact in facts)} times in {phrases} phrases")
    yield Row("phrases kept although refused", f"{sum(fact['refused'] for fact in facts)}")


def locality(folder: Path, options: argparse.Namespace, seed: int) -> Iterator[Row]:
    """Change section C's entry in each way and compare the notes of all others."""
    place = composed(folder, form=options.form, style=options.style, seed=seed)
    plan = plan_piece(form=options.form, style=options.style, seed=seed)
    section = next(section.id or "" for section in plan.sections if section.label == "C")
    rebuilt = folder / f"{place.name}-rebuilt"
    _fill_once(rebuilt, options.style, lambda: plan_of(place))
    same = (rebuilt / "piece.mid").read_bytes() == (place / "piece.mid").read_bytes()
    yield Row(f"{place.name}: its resolved plan builds the same file", "yes" if same else "no", "yes", same)
    for name, edited in edits(plan, section).items():
        there = folder / f"{place.name}-C-{name}"
        _fill_once(there, options.style, lambda edited=edited: edited)
        before, after = _notes_by_section(place), _notes_by_section(there)
        changed = [key for key in before if key != section and before[key] != after.get(key)]
        itself = "" if before[section] != after[section] else ", nor is C"
        value = f"changed: {', '.join(changed)}" if changed else f"no other section changed{itself}"
        yield Row(f"{place.name}: {name} of C edited", value, "no other section changed", not changed)


def _fill_once(place: Path, style: str, plan: Callable[[], Any]) -> None:
    if not is_composed(place, style):
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


def from_shell(folder: Path, options: argparse.Namespace, seed: int) -> Iterator[Row]:
    """Run the command twice: the time it takes, and whether the files are the same bytes, also as composed here."""
    name = f"{options.form}-{options.style}-{seed}"
    places = [folder / f"{name}-shell-{turn}" for turn in (1, 2)]
    seconds = [shell(place, form=options.form, style=options.style, seed=seed) for place in places]
    met = min(seconds) < SHELL_SECONDS
    bars = plan_of(folder / name).bars
    yield Row(f"{name} from the shell, {bars} bars", f"{min(seconds):.1f} s", f"< {SHELL_SECONDS:.0f} s", met)
    files = {suffix: {(place / f"piece.{suffix}").read_bytes() for place in places} for suffix in ("mid", "yaml")}
    same = all(len(contents) == 1 for contents in files.values())
    yield Row(f"{name} twice: the same bytes", "yes" if same else "no", "yes", same)
    same = (folder / name / "piece.mid").read_bytes() in files["mid"]
    yield Row(f"{name}: the same notes from the shell and from Python", "yes" if same else "no", "yes", same)


# ---------------------------------------------------------------- beside, and the table


def real(folder: Path, data: Path, splits: Sequence[str]) -> dict[str, Any]:
    """Return what is measured of real pieces; kept in the folder, since it never changes."""
    kept = folder / f"real-{'-'.join(splits)}.json"
    if not kept.exists():
        found = real_findings(held_out(data, splits=splits))
        found["chorales"] = chorale_keys(data, every=4)
        kept.write_text(json.dumps(found))
    return dict(json.loads(kept.read_text()))


def details_of(piece: Judged) -> dict[str, Any]:
    """Return what was found of one piece, for a machine."""
    return {
        "key": piece.plan.key,
        "meter": piece.plan.meter,
        "bars": piece.plan.bars,
        "returns": {found.statement.section: found.on_top for found in piece.report.statements},
        "strays": {stray.section.id: stray.match.share for stray in piece.report.strays},
        "keys": {
            name: [(str(span.planned.key), span.found, span.agrees) for span in spans]
            for name, spans in piece.keys.items()
        },
        "cadences": [
            {
                "kind": str(found.planned.cadence),
                "bar": piece.midi.score.bar_at(found.planned.cadence_tick or 0).number,
                "origin": origin,
                "as planned": found.is_as_planned,
                "bare": found.bare,
                "missed": [word for word in ("bass", "top", "chord", "before", "strong") if not getattr(found, word)],
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
    width = min(56, max(len(row.figure) for row in rows)) + 2
    middle = min(58, max(len(row.value) for row in rows)) + 2
    print(f"{'figure':{width}}{'value':{middle}}{'target':28}met")
    for row in rows:
        met = "" if row.met is None else "yes" if row.met else "NO"
        print(f"{row.figure:{width}}{row.value:{middle}}{row.target:28}{met}".rstrip())
    judged = [row.met for row in rows if row.met is not None]
    print(f"\n{sum(judged)} of {len(judged)} targets met")


if __name__ == "__main__":
    main()
