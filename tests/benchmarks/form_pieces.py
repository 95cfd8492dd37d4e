"""The pieces that `bench_forms.py` judges: composed once, each in a folder of its own, and found again.

Conventions: a folder holds `piece.mid` (deadpan, as written: without repeats), `piece.yaml` (the resolved plan with its
tunes), `plan.json` (the same without the reader's checks, so that a plan that the reader refuses is judged all the
same) and `piece.json` (how the composing went); the last is written last, so that a piece that was interrupted is
composed again. So is one that other weights composed; after a change of the program itself take another folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from composer.corpus.reader import read_score
from composer.errors import PlanError
from composer.plan.mixes import whole_mix
from composer.plan.model import NO_THEME, PhraseEntry, Plan, SectionEntry
from composer.plan.numerals import parse_key_path
from composer.plan.planner import resolve
from composer.plan.reader import read_plan
from composer.score import Score
from composer.style import DEFAULT_NETWORK, load_style, styles_folder
from composer.theory.key import parse_key

PLAYER = "baroque"
FIDELITIES = (0.6, 0.7, 0.8)  # of returns that follow their theme


def composed(folder: Path, *, form: str, style: str, seed: int, kind: str = "") -> Path:
    """Compose a piece into its folder, unless it is there.

    Args:
        folder: of all pieces.
        form, style, seed: of the piece.
        kind: what is done to its plan: of `KINDS`; or nothing.
    """
    place = folder / "-".join([form, style, str(seed), *([kind] if kind else [])])
    if not is_composed(place, style):
        from composer.pipeline import plan_piece

        plan = plan_piece(form=form, style=style, seed=seed)
        fill_into(place, KINDS[kind](plan) if kind else plan)
    return place


def is_composed(place: Path, style: str) -> bool:
    """Whether a piece is there whole, and was composed with the weights that the style has now."""
    return (place / "piece.json").exists() and facts_of_piece(place).get("weights") == weights_of(style)


def weights_of(style: str) -> str:
    """Return a fingerprint of a style's network."""
    card = load_style(style)
    path = styles_folder() / "networks" / f"{card.network or DEFAULT_NETWORK}.safetensors"
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def fill_into(place: Path, plan: Plan) -> None:
    """Compose a resolved plan and write it."""
    from composer.export.writers import Finished, write_outputs
    from composer.perform import perform
    from composer.pipeline import fill_plan
    from composer.plan.writer import format_plan

    place.mkdir(parents=True, exist_ok=True)
    wall, cpu = time.perf_counter(), time.process_time()
    filled, outline, device = fill_plan(plan)
    performance = perform(filled.score, outline, player=PLAYER, take=0, expression=0.0)
    outputs = (place / "piece.mid", place / "piece.yaml")
    write_outputs(Finished(performance, outline, format_plan(filled.plan)), outputs)
    facts = {
        "seconds": time.perf_counter() - wall,
        "cpu_seconds": time.process_time() - cpu,
        "device": device,
        "weights": weights_of(next(iter(plan.style))),
        "bars": plan.bars,
        "restarts": sum(report.restarts for report in filled.reports),
        "refused": sum(len(report.misses) for report in filled.reports),
        "phrases": sum(len(section.phrases or ()) for section in plan.sections),
        "penalty": {report.id: report.penalty for report in filled.reports},
    }
    (place / "plan.json").write_text(filled.plan.model_dump_json(exclude_none=True))
    (place / "piece.json").write_text(json.dumps(facts, indent=1))


def facts_of_piece(place: Path) -> dict[str, Any]:
    """Return how the composing of a piece went."""
    return dict(json.loads((place / "piece.json").read_text()))


def without_formulas(plan: Plan) -> Plan:
    """Return a resolved plan whose cadences are asked for but not given as notes, in its themes too."""
    themes = {
        name: theme.model_copy(
            update={"phrases": tuple(p.model_copy(update={"formula": None}) for p in theme.phrases or ())}
        )
        for name, theme in plan.themes.items()
    }
    sections = tuple(
        section.model_copy(
            update={"phrases": tuple(p.model_copy(update={"formula": None}) for p in section.phrases or ())}
        )
        for section in plan.sections
    )
    return plan.model_copy(update={"themes": themes, "sections": sections})


def with_followed_returns(plan: Plan) -> Plan:
    """Return a plan whose themes come back followed closely, not stated: each of `FIDELITIES` in turn.

    Left as they are: a theme's first section, sections that transform theirs, bring back all voices or a part of it.
    """
    heard: set[str] = set()
    turn = plan.seed or 0
    sections = []
    for section in plan.sections:
        name = section.theme or NO_THEME
        states = name != NO_THEME and section.function == "theme" and section.fidelity == 1
        is_plain = states and not section.transformations and section.recall != "full" and not section.entries
        if is_plain and name in heard:
            redrawn = {"phrases": None, "leaves": None, "type": None}
            section = section.model_copy(update={"fidelity": FIDELITIES[turn % len(FIDELITIES)], **redrawn})
            turn += 1
        heard.add(name)
        sections.append(section)
    return resolve(plan.model_copy(update={"sections": tuple(sections)}))


KINDS: Mapping[str, Callable[[Plan], Plan]] = {
    "unpinned": without_formulas,  # the outer voices of cadences are not given to the network; those of the tunes are
    "varied": with_followed_returns,
}


def plain_pieces(folder: Path) -> Iterator[tuple[str, Plan, Score]]:
    """Find the composed pieces of a folder to whose plans nothing was done: (heaviest style, plan, notes)."""
    for place in sorted(folder.iterdir()):
        if (place / "piece.mid").exists() and not place.name.endswith(tuple(KINDS)):
            plan = plan_of(place)
            style, _ = max(whole_mix(plan.style).items(), key=lambda row: row[1])
            yield style, plan, read_score(place / "piece.mid").score


def shell(place: Path, *, form: str, style: str, seed: int) -> float:
    """Compose a piece from the shell, start-up included, and return the seconds it took."""
    place.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "composer", "--form", form, "--style", style, "--seed", str(seed)]
    command += ["--expression", "0", "-o", str(place / "piece.mid"), "-o", str(place / "piece.yaml")]
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})
    return time.perf_counter() - start


def edits(plan: Plan, section_id: str) -> dict[str, Plan]:
    """Return a resolved plan with one section's entry changed in each way that a user may change it."""
    section = plan.section(section_id)
    redrawn = {"phrases": None, "leaves": None}  # what the planner worked out from the field that changes
    is_major = (plan.key or "").endswith("major")
    other_key = {True: "IV" if section.key == "vi" else "vi", False: "iv" if section.key == "VI" else "VI"}[is_major]
    changes: Mapping[str, dict[str, Any]] = {
        "bars": {"bars": (section.bars or 8) + 4, **redrawn},
        "key": {"key": other_key, **redrawn},
        "cadence": {"cadence": "HC" if section.cadence == "PAC" else "PAC", **redrawn},
        "harmony": {"phrases": _reharmonized(plan, section)},
        "density": {"density": 0.9 if (section.density or 0.5) < 0.6 else 0.2},
    }
    edited = {}
    for name, update in changes.items():
        entry = section.model_copy(update=update)
        sections = tuple(entry if other.id == section_id else other for other in plan.sections)
        edited[name] = resolve(plan.model_copy(update={"sections": sections}))
    return edited


def _reharmonized(plan: Plan, section: SectionEntry) -> tuple[PhraseEntry, ...]:
    """Return the phrases with other chords at the beginning of the first one that does not state its theme."""
    phrases = list(section.phrases or ())
    free = [index for index, phrase in enumerate(phrases) if phrase.theme in (None, "none") or phrase.fidelity != 1]
    index = free[0] if free else len(phrases) - 1
    phrase = phrases[index]
    key = parse_key_path(phrase.key or section.key or "I", parse_key(plan.key or "C major"))[0]
    tonic, fourth = ("I", "IV") if key.mode == "major" else ("i", "iv")
    text = " | ".join([tonic, fourth, *["?"] * ((phrase.bars or 4) - 2)])
    phrases[index] = phrase.model_copy(update={"harmony": text, "formula": None})
    return tuple(phrases)


def plan_of(place: Path) -> Plan:
    """Return the plan of a piece: resolved, tunes included."""
    return Plan.model_validate_json((place / "plan.json").read_text())


def refusal_of_plan(place: Path) -> str:
    """Return why the reader refuses a piece's written plan; empty where it reads it and finds it resolved."""
    try:
        plan = read_plan(place / "piece.yaml")
        return "" if resolve(plan).sections == plan.sections else "resolving the written plan changes its sections"
    except PlanError as error:
        return str(error)
