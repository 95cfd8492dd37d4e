"""From the programme to whoever listens: pieces are composed ahead, and heard one after another.

Contents: `Channel`, `broadcast`, `LEAD`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Protocol

from composer.radio.aired import Aired
from composer.radio.programme import Item

LEAD = 2  # pieces that may be ready before they are needed: a short one leaves no time for a long one after it


class Channel(Protocol):
    """Lets pieces be heard."""

    def play(self, piece: Aired) -> None:
        """Let a piece be heard; returns when it is time for the next one."""


class Maker(Protocol):
    """Composes elsewhere; see `composer.radio.workshop.Workshop`."""

    def order(self, order: Item) -> None:
        """Ask for a piece."""

    def fetch(self) -> Aired:
        """Wait for the next piece that was asked for."""


def broadcast(
    items: Iterable[Item], workshop: Maker, *, channel: Channel | None, on_piece: Callable[[Aired], None]
) -> None:
    """Compose pieces and let them be heard until there are no more.

    Args:
        items: perhaps without an end.
        workshop: which composes them.
        channel: None: what is written is all.
        on_piece: called with each piece before it is heard.

    Raises:
        ComposerError: what composing or the channel raised.
    """
    to_come = iter(items)
    num_ordered = 0
    for item in islice(to_come, LEAD):
        workshop.order(item)
        num_ordered += 1
    while num_ordered:
        for item in islice(to_come, 1):
            workshop.order(item)
            num_ordered += 1
        piece = workshop.fetch()
        num_ordered -= 1
        on_piece(piece)
        if channel is not None:
            channel.play(piece)
