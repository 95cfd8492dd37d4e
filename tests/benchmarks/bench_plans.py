"""Default plans of all forms: valid, no two alike, and in the style's phrase lengths, cadences and progressions?

Run by hand; with the music of the styles in the folder that RITORNELLO_DATA names, real pieces are compared too:

    RITORNELLO_DATA=… python tests/benchmarks/bench_plans.py [--forms NAME …] [--styles NAME …] [--plans 100]
        [--compose N] [--pieces FOLDER] [--output FILE.json]

What is measured:

- for each form and mode, `--plans` default plans (seeds from 0 on, the styles that prefer the form in turn): the bars
  of phrases and sections add up, every chord parses, cadences are made, the last one that is played is a PAC in the
  home key, no two plans have one harmony; the share of changes of key inside phrases that go through a chord of both
  keys; seconds a plan;
- for each style, the Jensen-Shannon divergence (bits) of phrase lengths, cadence kinds and the 60 commonest root
  bigrams from half of the style's pieces, beside that of the other half at equal sample size, and of another style's
  pieces (the mean over 20 halvings; as many pieces in minor as there are real ones; progressions in major and in minor
  apart); and the same of whole pieces, until those of the other half hold as much as these: what returns in a piece
  counts again, so that a dozen pieces of whatever origin lie further off than as many phrases of hundreds do;
- with `--compose N` (or `--pieces FOLDER`, of pieces that are there: folders of `bench_forms.py`, or scores with their
  resolved plans beside them), the same of composed pieces, analysed again from their notes by the finder that analysed
  the real ones; beside it of the same pieces' plans: what a plan draws, and what the analysis hears of it, differ. Of
  all styles together the mean, weighed by what was counted. `--plans 0` leaves the plans out.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from form_pieces import KINDS
from plan_counts import MEASURES, Counts, Distance, counts_of, distances

from composer.analysis import outline_of
from composer.corpus.reader import read_score
from composer.files import write_atomic
from composer.plan import Brief, Plan, plan_outline, plan_piece
from composer.plan.cadences import closes
from composer.plan.forms import list_forms
from composer.plan.mixes import whole_mix
from composer.plan.outline import phrase_places
from composer.plan.pivots import shared_numeral
from composer.plan.playing import played_sections
from composer.plan.reader import read_plan
from composer.roll.facts import facts_of
from composer.style import StyleCard, load_style, styles
from composer.theory.key import parse_key
from composer.theory.meter import parse_meter

MODES = {"major": "C major", "minor": "C minor"}
HALVINGS = 20
LEAST_REAL = 8  # pieces of a style, to be halved
FIELDS = ("planned", "halves", "other", "whole", "as_few")


def preferring(form: str, cards: Sequence[StyleCard]) -> list[str]:
    """The styles that write a form by preference; all where none does."""
    return [card.name for card in cards if form in card.forms] or [card.name for card in cards]


def plans_of(form: str, mode: str, names: Sequence[str], count: int) -> Iterator[tuple[str, Plan, float]]:
    for seed in range(count):
        style = names[seed % len(names)]
        begun = time.perf_counter()
        plan = plan_piece(Brief(form=form, style=style, key=MODES[mode], seed=seed))
        yield style, plan, time.perf_counter() - begun


def faults(plan: Plan) -> list[str]:
    """What is wrong with a plan."""
    found = []
    if any(section.bars != sum(phrase.bars or 0 for phrase in section.phrases or ()) for section in plan.sections):
        found.append("bars do not add up")
    places = phrase_places(plan)  # every chord is parsed
    meter = parse_meter(plan.meter or "4/4")
    if any(slot.numeral is None for place in places for slot in place.slots):
        found.append("a place is left open")
    for place in places:
        if place.entry.cadence in (None, "none") or place.states_theme or len(place.slots) < 2:
            continue
        beat = (place.slots[-1].start_tick - place.bar_tick) % meter.bar_ticks / meter.beat_ticks
        if not closes(place.entry.cadence, [slot.chord for slot in place.slots[-2:]], None, beat, meter):
            found.append(f"{place.section.id} {place.index + 1} is no {place.entry.cadence}")
    last_id = played_sections(plan)[-1]
    last = [place for place in places if place.section.id == last_id][-1]
    if last.entry.cadence != "PAC" or last.slots[-1].key != parse_key(plan.key or ""):
        found.append(f"the last cadence is {last.entry.cadence} in {last.slots[-1].key}")
    return found


def turns(plan: Plan) -> Counter[str]:
    """How keys change inside phrases: through a chord of both keys, or otherwise."""
    found: Counter[str] = Counter()
    for place in phrase_places(plan):
        for slot, after in pairwise(place.slots):
            if slot.key != after.key:
                found["pivot" if shared_numeral(slot.chord, slot.key, after.key) else "other"] += 1
    return found


def plan_forms(options: argparse.Namespace, figures: dict[str, object]) -> dict[str, list[Counts]]:
    """Plan everything; print a line for each form and mode."""
    cards = [card for card in styles() if not options.styles or card.name in options.styles]
    by_style: dict[str, list[Counts]] = defaultdict(list)
    if not options.plans:
        return by_style
    print(f"{'form':16}{'mode':7}{'plans':>6}{'faults':>8}{'alike':>7}{'pivots':>8}{'seconds':>9}   schemata, pedals")
    for form in list_forms():
        if options.forms and form.name not in options.forms:
            continue
        for mode in MODES:
            harmonies: Counter[tuple[str, ...]] = Counter()
            wrong: list[str] = []
            changes: Counter[str] = Counter()
            named: Counter[str] = Counter()
            seconds: list[float] = []
            for style, plan, taken in plans_of(form.name, mode, preferring(form.name, cards), options.plans):
                harmonies[tuple(phrase.harmony or "" for s in plan.sections for phrase in s.phrases or ())] += 1
                wrong += [f"{style} {plan.seed}: {fault}" for fault in faults(plan)]
                changes += turns(plan)
                for section in plan.sections:
                    for phrase in section.phrases or ():
                        named.update(
                            word for word in (phrase.schema_, phrase.pedal and f"pedal {phrase.pedal}") if word
                        )
                seconds.append(taken)
                by_style[style].append(counts_of(facts_of(plan_outline(plan))))
            alike = sum(count - 1 for count in harmonies.values())
            share = changes["pivot"] / sum(changes.values()) if changes else 1.0
            print(
                f"{form.name:16}{mode:7}{len(seconds):6}{len(wrong):8}{alike:7}{share:8.1%}{np.median(seconds):9.2f}   "
                + ", ".join(f"{name} {count}" for name, count in named.most_common())
            )
            for line in wrong[:5]:
                print(f"    {line}")
            figures[f"{form.name} {mode}"] = {
                "plans": len(seconds),
                "faults": wrong,
                "alike": alike,
                "through_pivots": share,
                "seconds": float(np.median(seconds)),
                "schemata": dict(named),
            }
    return by_style


def real_pieces(names: Sequence[str]) -> dict[str, list[Counts]]:
    """The real pieces of styles, by style."""
    from composer.training.config import read_config
    from composer.training.sources import collect, locate_sources
    from composer.training.train import cache_folder

    path = Path("styles/networks/composers.train.yaml")
    config = read_config(path)
    sources, root = locate_sources(config.sources, data=(), config_folder=path.parent)
    collection = collect(sources, root, cache=cache_folder(), composers=config.composers, fold=config.fold)
    found: dict[str, list[Counts]] = {}
    for name in names:
        card = load_style(name)
        owner = card.composer or name
        found[name] = [
            counts_of(piece.facts)
            for piece in collection.pieces
            if piece.composer == owner and piece.ensemble in (card.ensembles or {card.ensemble: 1})
        ]
    return found


def compare(by_style: dict[str, list[Counts]], real: dict[str, list[Counts]], title: str) -> dict[str, object]:
    """Print how far each style's pieces are from real ones."""
    print(f"\n{title}: bits from half of the style's pieces: these, the other half, (another style); ratio; of pieces")
    figures: dict[str, object] = {}
    found: dict[str, dict[str, Distance]] = {}
    for name, ours in by_style.items():
        if len(real.get(name, ())) < LEAST_REAL:
            print(f"  {name:12} {len(real.get(name, ()))} real pieces: too few")
            continue
        other = next(other for other in ("chopin", "bach", "mozart") if other not in (name,) and real.get(other))
        found[name] = distances(ours, real[name], real[other], draws=HALVINGS, rng=np.random.default_rng(0))
        figures[name] = {measure: asdict(distance) for measure, distance in found[name].items()}
        words = "   ".join(f"{measure} {told(found[name][measure])}" for measure in MEASURES)
        print(f"  {name:12}{len(ours):4} pieces   {words}  ({other})")
    for measure in MEASURES:
        rows = [each[measure] for each in found.values()]
        if rows:
            whole = together(rows)
            figures[f"all: {measure}"] = asdict(whole)
            print(f"  {measure}: all together {told(whole)}")
            for name, values in (
                ("ratio", [row.planned / row.halves for row in rows]),
                ("of pieces", [row.whole / row.as_few for row in rows]),
            ):
                within = sum(value <= 1.25 for value in values)
                print(f"    {name}: at most 1.25 in {within} of {len(values)} styles, median {np.median(values):.2f}")
    return figures


def together(rows: Sequence[Distance]) -> Distance:
    """Return the mean over styles, weighed by what was counted."""
    sizes = [row.size for row in rows]
    means = (float(np.average([getattr(row, name) for row in rows], weights=sizes)) for name in FIELDS)
    return Distance(*means, sum(sizes))


def told(distance: Distance) -> str:
    ratio = distance.planned / distance.halves
    whole = distance.whole / distance.as_few
    return f"{distance.planned:.3f} {distance.halves:.3f} ({distance.other:.3f}) {ratio:4.2f} {whole:4.2f}"


@dataclass(frozen=True)
class Both:
    """A composed piece, counted twice: as it was planned, and as it is heard in the notes."""

    style: str
    planned: Counts
    heard: Counts


def composed(options: argparse.Namespace) -> Iterator[Both]:
    """Compose pieces over all forms."""
    from composer import compose

    cards = [card for card in styles() if not options.styles or card.name in options.styles]
    forms = [form.name for form in list_forms() if not options.forms or form.name in options.forms]
    for seed in range(options.compose):
        form = forms[seed % len(forms)]
        names = preferring(form, cards)
        style = names[seed // len(forms) % len(names)]
        mode = tuple(MODES)[seed % 2]
        with TemporaryDirectory() as folder:
            sheet = Path(folder) / "piece.musicxml"
            piece = compose(form=form, style=style, key=MODES[mode], seed=seed, outputs=(sheet,))
            yield counted_twice(piece.plan, sheet)
        print(f"composed {form} in the style of {style}, {mode}, seed {seed}", flush=True)


def pieces_in(folder: Path) -> Iterator[Both]:
    """Find composed pieces: NAME/piece.mid with plan.json, or NAME.musicxml with NAME.yaml or NAME.resolved.yaml."""
    for place in sorted(folder.glob("*/plan.json")):
        if not place.parent.name.endswith(tuple(KINDS)):
            yield counted_twice(Plan.model_validate_json(place.read_text()), place.with_name("piece.mid"))
    for sheet in sorted(folder.glob("*.musicxml")):
        beside = [sheet.with_suffix(ending) for ending in (".resolved.yaml", ".yaml")]
        plans = [path for path in beside if path.exists()]
        if plans:
            yield counted_twice(read_plan(plans[0]), sheet)


def counted_twice(plan: Plan, score_path: Path) -> Both:
    score = read_score(score_path).score
    heard = counts_of(facts_of(outline_of(score, ensemble=plan.ensemble)))
    return Both(next(iter(whole_mix(plan.style))), counts_of(facts_of(plan_outline(plan))), heard)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--forms", nargs="+", help="default: all")
    parser.add_argument("--styles", nargs="+", help="default: all that come with the program")
    parser.add_argument("--plans", type=int, default=100, help="of each form and mode")
    parser.add_argument("--compose", type=int, default=0, help="pieces, over all forms")
    parser.add_argument("--pieces", type=Path, help="a folder of composed pieces")
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    figures: dict[str, object] = {}
    by_style = plan_forms(options, figures)
    again = [*(composed(options) if options.compose else ()), *(pieces_in(options.pieces) if options.pieces else ())]
    of_style: dict[str, list[Both]] = defaultdict(list)
    for both in again:
        of_style[both.style].append(both)
    real = real_pieces(sorted({*by_style, *of_style, "chopin", "bach"})) if has_data() else {}
    if real and by_style:
        figures["plans"] = compare(by_style, real, "Plans")
    if real and of_style:
        planned = {name: [one.planned for one in rows] for name, rows in of_style.items()}
        heard = {name: [one.heard for one in rows] for name, rows in of_style.items()}
        figures["composed, as planned"] = compare(planned, real, "Composed pieces, as they were planned")
        figures["composed"] = compare(heard, real, "Composed pieces, analysed from their notes")
    if options.output:
        write_atomic(options.output, (json.dumps(figures, indent=1, default=str) + "\n").encode())


def has_data() -> bool:
    import os

    return bool(os.environ.get("RITORNELLO_DATA"))


if __name__ == "__main__":
    main()
