"""What `--json` prints: the summary of a command for programs, one object on stdout and nothing else there.

Conventions: `FORMAT` goes up when a field changes its meaning; new ones may come at any time. Warnings, progress and
errors stay on stderr; after an error stdout is empty. The README lists the fields.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from composer.pieces import Analysed, Extended
    from composer.pipeline import Performed, Piece
    from composer.plan.model import Plan

FORMAT = 1

Facts = dict[str, Any]


def print_json(facts: Facts) -> None:
    """Print one object to stdout; after `-q` too, since it was asked for."""
    click.echo(json.dumps({"summary": FORMAT, **facts}, indent=2, ensure_ascii=False))


def files_facts(paths: Iterable[Path]) -> list[Facts]:
    """Return path, size and SHA-256 of files that were written."""
    facts = []
    for path in paths:
        content = path.read_bytes()
        facts.append({"path": str(path), "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()})
    return facts


def plan_facts(plan: Plan) -> Facts:
    """Return what a resolved plan says of a piece."""
    from composer.pipeline.finishing import section_lines

    return {
        "title": plan.title or "",
        "form": plan.form,
        "style": {name.rstrip("_"): value for name, value in plan.model_dump(mode="json")["style"].items()},  # `from_`
        "ensemble": plan.ensemble,
        "key": plan.key,
        "meter": plan.meter,
        "tempo_bpm": plan.tempo,
        "bars": plan.bars,
        "seed": plan.seed,
        "sections": [
            {"id": entry.id, "label": line.label, "key": line.key, "bars": line.bars}
            for entry, line in zip(plan.sections, section_lines(plan), strict=True)
        ],
        "themes": {name: theme.bars for name, theme in plan.themes.items()},
    }


def piece_facts(piece: Piece, *, seed_was_drawn: bool) -> Facts:
    """Return what `compose` and `compose build` made."""
    from composer.report.as_json import totals

    return {
        **plan_facts(piece.plan),
        "seed_drawn": seed_was_drawn,
        "kept": list(piece.kept),
        "player": piece.performance.player,
        "take": piece.performance.take,
        "length_sec": round(piece.performance.duration_sec, 3),
        "report": totals(piece.report),
        "device": piece.device,
        "seconds": round(piece.seconds, 3),
        "warnings": list(piece.warnings),
        "files": files_facts(piece.files),
    }


def extended_facts(extended: Extended) -> Facts:
    """Return what `compose extend` made."""
    return {
        **plan_facts(extended.plan),
        "bars_before": extended.bars_before,
        "new_sections": [{"label": line.label, "key": line.key, "bars": line.bars} for line in extended.sections],
        "player": extended.performance.player,
        "take": extended.performance.take,
        "length_sec": round(extended.performance.duration_sec, 3),
        "device": extended.device,
        "seconds": round(extended.seconds, 3),
        "warnings": list(extended.warnings),
        "files": files_facts(extended.files),
    }


def analysed_facts(found: Analysed) -> Facts:
    """Return what `compose analyse` found: the plan as it is written, before anything is drawn."""
    plan = found.plan
    return {
        "title": plan.title,
        "form": plan.form,
        "ensemble": plan.ensemble,
        "key": plan.key,
        "meter": plan.meter,
        "tempo_bpm": plan.tempo,
        "sections": [asdict(section) for section in found.sections],
        "themes": {name: theme.bars for name, theme in plan.themes.items()},
        "mended": list(found.mended),
        "warnings": list(found.warnings),
        "files": files_facts(found.files),
    }


def performed_facts(performed: Performed) -> Facts:
    """Return what `compose perform` made."""
    return {
        "player": performed.player,
        "take": performed.take,
        "length_sec": round(performed.length_sec, 3),
        "beside": list(performed.beside),
        "warnings": list(performed.warnings),
        "files": files_facts(performed.files),
    }
