"""`compose styles`: the styles there are."""

from __future__ import annotations

import click

from .options import common_options
from .summary import listed, print_rows


@click.command("styles", short_help="List the styles.")
@common_options
def command() -> None:
    """List the styles that `--style` and a plan's `style` take, with what they learned from and its terms."""
    from composer.style import styles

    print_rows(
        [
            row
            for card in styles()
            for row in listed(
                card.name,
                [card.description, *(f"from {source.name} ({source.licence})" for source in card.sources)],
            )
        ]
    )
