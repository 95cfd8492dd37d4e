"""`compose forms`: the forms there are."""

from __future__ import annotations

import click

from .options import common_options
from .summary import print_rows


@click.command("forms", short_help="List the forms.")
@common_options
def command() -> None:
    """List the forms that `--form` and a plan's `form` take."""
    from composer.plan import list_forms

    print_rows([(form.name, form.description) for form in list_forms()])
