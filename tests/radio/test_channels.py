"""Pieces are composed ahead, but not far, and heard in their order."""

from __future__ import annotations

import pytest

from composer.errors import FillError
from composer.radio import Channel, Item, broadcast
from composer.radio.channels import LEAD
from composer.theory.key import parse_key


@pytest.fixture
def items():
    return [Item(number, "rondo", parse_key("G major"), number) for number in range(1, 8)]


class Ready:
    """Composes at once; writes down what was asked for."""

    def __init__(self, aired) -> None:
        self.aired, self.ordered, self.fetched = aired, [], 0

    def order(self, order: Item) -> None:
        self.ordered.append(order.number)

    def fetch(self):
        self.fetched += 1
        return self.aired(self.ordered[self.fetched - 1])


class Listening(Channel):
    """Writes down what is heard, and how many pieces were ordered by then."""

    def __init__(self, workshop: Ready) -> None:
        self.workshop, self.heard = workshop, []

    def play(self, piece) -> None:
        self.heard.append((piece.number, len(self.workshop.ordered)))


def test_all_pieces_are_heard_in_order_the_next_ones_being_composed(items, aired):
    workshop = Ready(aired)
    channel, told = Listening(workshop), []
    broadcast(items, workshop, channel=channel, on_piece=lambda piece: told.append(piece.number))
    assert told == [1, 2, 3, 4, 5, 6, 7]
    assert channel.heard == [(number, min(number + LEAD, 7)) for number in told]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_short_programme_ends(items, aired, count):
    told = []
    broadcast(items[:count], Ready(aired), channel=None, on_piece=told.append)
    assert len(told) == count


def test_what_cannot_be_composed_ends_the_radio(items, aired):
    workshop = Ready(aired)

    def fails():
        raise FillError("no acceptable music")

    workshop.fetch = fails
    with pytest.raises(FillError):
        broadcast(items, workshop, channel=None, on_piece=lambda piece: None)
