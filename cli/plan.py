"""`compose plan`: write a plan to edit, without composing it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .options import brief_options, common_options, is_quiet

EXTENSIONS = (".yaml", ".yml")


@click.command("plan", short_help="Write a plan, to edit and build.")
@brief_options(form_required=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The plan's file. Without it: stdout.")
@common_options
def command(*, output: Path | None, seed: int | None, **brief: Any) -> None:
    """Plan a piece and write the plan as YAML: form, sections, keys, cadences, chords, themes.

    Edit it, then `compose build` it. A stated value is never changed.
    """
    from composer.files import check_writable, write_atomic
    from composer.pipeline import plan_piece
    from composer.plan import format_plan

    if output is not None:
        if output.suffix.lower() not in EXTENSIONS:
            raise click.BadParameter(f'a plan is written as .yaml; found "{output}"', param_hint="--output")
        check_writable(output)
    plan = plan_piece(seed=seed, **brief)
    where = output or Path("plan.yaml")
    text = format_plan(plan, name=where.name, folder=where.parent)
    if output is None:
        click.echo(text, nl=False)
    else:
        write_atomic(output, text.encode())
    if seed is None and not is_quiet():
        click.echo(f"seed {plan.seed} (drawn)", err=True)
