"""A style that gets no better on its held-out works is heard more rarely, the others as before."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from composer.training.style_stopping import FACTOR, LEAST, LOOKAHEAD, StyleStopping


class Shares:
    """Stands in for the windows: remembers what was set."""

    def __init__(self) -> None:
        self.set: list[tuple[int, dict[str, float]]] = []

    def set_shares(self, factors: Mapping[str, float], *, from_batch: int) -> None:
        self.set.append((from_batch, dict(factors)))


def streams(**nats: float) -> dict[str, float]:
    """Both halves of a validation, .2 apart."""
    return {
        f"{told}, {style} keyboard": value + extra
        for style, value in nats.items()
        for told, extra in (("told everything", -0.1), ("told nothing", 0.1))
    }


def test_only_the_style_that_gets_no_better_is_visited_more_rarely() -> None:
    shares = Shares()
    stopping = StyleStopping(shares, patience=2)  # type: ignore[arg-type]
    for number, (bach, joplin) in enumerate([(3.0, 2.5), (2.9, 2.6), (2.8, 2.7), (2.7, 2.8)], start=1):
        stopping.hear(100 * number, streams(bach=bach, joplin=joplin))
    assert shares.set == [(300 + LOOKAHEAD, {"joplin keyboard": FACTOR})]


def test_a_style_is_never_left_out() -> None:
    shares = Shares()
    stopping = StyleStopping(shares, patience=1)  # type: ignore[arg-type]
    for number in range(12):
        stopping.hear(number, streams(joplin=2.0 + number))
    assert stopping.factors == {"joplin keyboard": LEAST}
    assert len(shares.set) == 3, "it is told only of changes"


def test_both_halves_of_a_validation_count() -> None:
    shares = Shares()
    stopping = StyleStopping(shares, patience=1)  # type: ignore[arg-type]
    stopping.hear(1, {"told everything, bach organ": 2.0, "told nothing, bach organ": 3.0})
    stopping.hear(2, {"told everything, bach organ": 2.1, "told nothing, bach organ": 2.8})
    assert not shares.set


def test_it_goes_on_from_its_state() -> None:
    whole, parted, resumed = Shares(), Shares(), Shares()
    told = [streams(bach=3.0 + (number % 3) / 10, joplin=2.0 + number / 10) for number in range(8)]
    first = StyleStopping(whole, patience=2)  # type: ignore[arg-type]
    for number, nats in enumerate(told):
        first.hear(number, nats)
    second = StyleStopping(parted, patience=2)  # type: ignore[arg-type]
    for number, nats in enumerate(told[:5]):
        second.hear(number, nats)
    third = StyleStopping(resumed, patience=2)  # type: ignore[arg-type]
    third.restore(second.state())
    for number, nats in enumerate(told[5:], start=5):
        third.hear(number, nats)
    assert resumed.set == whole.set
    assert third.factors == first.factors


@pytest.mark.parametrize("nats", [{}, {"told nothing": 2.0}])
def test_rows_without_a_label_tell_nothing_of_styles(nats: dict[str, float]) -> None:
    shares = Shares()
    stopping = StyleStopping(shares, patience=1)  # type: ignore[arg-type]
    for number in range(4):
        stopping.hear(number, nats)
    assert not shares.set
