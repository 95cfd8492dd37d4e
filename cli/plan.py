"""`compose plan`: write a plan to edit, without composing it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .options import brief_options, common_options, is_quiet, json_option

EXTENSIONS = (".yaml", ".yml")


@click.command("plan", short_help="Write a plan, to edit and build.")
@brief_options(form_required=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The plan's file. Without it: stdout.")
@json_option
@common_options
def command(*, output: Path | None, seed: int | None, as_json: bool, **brief: Any) -> None:
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
    from .progress import progress_bar

    with progress_bar() as on_progress:
        if on_progress is not None:
            on_progress("planning", 0.0)
        plan = plan_piece(seed=seed, **brief)
    where = output or Path("plan.yaml")
    text = format_plan(plan, name=where.name, folder=where.parent)
    if output is not None:
        write_atomic(output, text.encode())
    if as_json:
        from .as_json import files_facts, plan_facts, print_json

        shown = {"plan": text} if output is None else {"files": files_facts([output])}
        print_json({**plan_facts(plan), "seed_drawn": seed is None, **shown})
        return
    if output is None:
        click.echo(text, nl=False)
    if seed is None and not is_quiet():
        click.echo(f"seed {plan.seed} (drawn)", err=True)
