"""Is a stated texture heard? Phrases composed with each pattern of the plan, their textures found again in the notes.

Run by hand:

    python tests/benchmarks/bench_textures.py [--styles bach mozart joplin] [--pieces 2] [--bars 4] [--meter 4/4]
        [--tunes] [--without-figures] [--json FILE]

A piece has one section for each pattern, all in the same keys and with the same kinds of cadence, and as many again in
which no pattern is stated (`texture: unknown`). `--tunes` lets every section state a composed theme above it. The hands
are parted and the pattern of each half bar (in short meters, bar) is found by `composer.analysis.texture`, which
knows nothing of the plan.

Printed for each pattern and style: the share of spans found with it where it was stated, beside the share where nothing
was stated; then what is found most in its place. Left out are the first bar of each section and its last span, the
cadence. `--without-figures` composes as if no oom-pah were heard.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import get_args

import composer.fill.sections
from composer.analysis.texture import find_textures
from composer.pipeline import fill_plan
from composer.plan.model import PatternName, Plan, SectionEntry
from composer.plan.outline import phrase_places
from composer.plan.planner import resolve

UNSAID = "unknown"
KEYS = ("I", "V", "vi", "IV")


def main() -> None:
    """Compose, find, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--styles", nargs="+", default=["bach", "mozart", "joplin"])
    parser.add_argument("--patterns", nargs="+", default=[name for name in get_args(PatternName) if name != UNSAID])
    parser.add_argument("--pieces", type=int, default=2)
    parser.add_argument("--bars", type=int, default=4)
    parser.add_argument("--meter", default="4/4")
    parser.add_argument("--tunes", action="store_true")
    parser.add_argument("--without-figures", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.without_figures:
        composer.fill.sections.oom_pah = lambda *_place: []
    found: dict[str, dict[str, Counter[str]]] = {}
    for style in options.styles:
        found[style] = {name: Counter() for name in (*options.patterns, UNSAID)}
        for seed in range(1, options.pieces + 1):
            for pattern, counts in heard(plan_of(style, seed, options)).items():
                found[style][pattern] += counts
            print_style(style, found[style], options.patterns, seed)
    if options.json is not None:
        options.json.write_text(json.dumps(found, indent=1))


def plan_of(style: str, seed: int, options: argparse.Namespace) -> Plan:
    """Return a resolved plan with a section for each pattern and as many without one."""
    patterns = [name for pattern in options.patterns for name in (pattern, UNSAID)]
    if len(options.patterns) > 2:  # a third as many without a pattern tell as much
        patterns = [*options.patterns, *[UNSAID] * (len(options.patterns) // 3)]
    sections = []
    for index, pattern in enumerate(patterns):
        said = {
            "label": f"S{index}",
            "function": "theme",
            "theme": "tune" if options.tunes else "none",
            "bars": options.bars,
            "key": KEYS[(index // 2) % len(KEYS)],
            "cadence": "PAC",
            "texture": pattern,
            "density": 0.5,
            "phrases": [{"bars": options.bars, "cadence": "PAC", "texture": pattern}],
        }
        sections.append(SectionEntry.model_validate(said))
    head = {"form": "ternary", "style": style, "ensemble": "keyboard", "key": "C major", "meter": options.meter}
    themes = {"tune": {"bars": options.bars, "type": "chain"}} if options.tunes else {}
    plan = Plan.model_validate({**head, "pickup": 0, "seed": seed, "themes": themes})
    return resolve(plan.model_copy(update={"sections": tuple(sections)}))


def heard(plan: Plan) -> dict[str, Counter[str]]:
    """Return the patterns found in a composed plan's notes, by the pattern that was stated there."""
    filled, _, _ = fill_plan(plan)
    counts: dict[str, Counter[str]] = {}
    spans = find_textures(filled.score)
    for place in phrase_places(plan):
        first = place.bar_tick + filled.score.meter_at(place.bar_tick).bar_ticks
        own = [span for span in spans if first <= span.start_tick and span.end_tick <= place.end_tick]
        counts.setdefault(place.entry.texture or UNSAID, Counter()).update(span.pattern for span in own[:-1])
    return counts


def print_style(style: str, found: dict[str, Counter[str]], patterns: list[str], pieces: int) -> None:
    """Print the table of a style."""
    print(f"\n{style}, {pieces} pieces: stated, heard there, heard where nothing was stated; otherwise")
    for pattern in patterns:
        counts, unsaid = found[pattern], found[UNSAID]
        others = ", ".join(f"{name} {n}" for name, n in counts.most_common(4) if name != pattern)
        print(f"  {pattern:10} {_share(counts, pattern):.2f}  {_share(unsaid, pattern):.2f}   {others}", flush=True)


def _share(counts: Counter[str], name: str) -> float:
    return counts[name] / max(1, counts.total())


if __name__ == "__main__":
    main()
