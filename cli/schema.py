"""`compose schema`: the JSON Schema of plan files."""

from __future__ import annotations

import json
from pathlib import Path

import click

from .options import common_options


@click.command("schema", short_help="Print the JSON Schema of plan files.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The schema's file. Without it: stdout.")
@common_options
def command(*, output: Path | None) -> None:
    """Print the JSON Schema of plan files, with which an editor completes and checks them.

    Begin a plan with `# yaml-language-server: $schema=plan.schema.json` to name it to the editor.
    """
    from composer.files import write_atomic
    from composer.plan import plan_schema

    text = json.dumps(plan_schema(), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        click.echo(text, nl=False)
    else:
        write_atomic(output, text.encode())
