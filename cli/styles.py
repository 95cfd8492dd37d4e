"""`compose styles`: the styles there are."""

from __future__ import annotations

import click

from .options import common_options
from .summary import print_rows


@click.command("styles", short_help="List the styles.")
@common_options
def command() -> None:
    """List the styles that `--style` and a plan's `style` take, with what they learned from and its terms."""
    from composer.style import styles

    print_rows([(card.name, card.description) for card in styles()])
