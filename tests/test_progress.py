"""Shares of a whole."""

from __future__ import annotations

from composer.progress import part_of


def test_a_part_takes_the_whole_from_its_start_to_its_end() -> None:
    told: list[tuple[str, float]] = []
    tell = part_of(lambda doing, share: told.append((doing, share)), 0.2, 0.6)
    for share in (0.0, 0.5, 1.0, 2.0):
        tell("filling", share)
    assert told == [("filling", 0.2), ("filling", 0.4), ("filling", 0.6), ("filling", 0.6)]


def test_a_part_of_nothing_tells_nobody() -> None:
    part_of(None, 0.0, 0.5)("filling", 0.3)
