"""A stream depends on its names only."""

from __future__ import annotations

from composer.plan.randomness import stream


def test_equal_names_give_equal_numbers():
    assert stream(7, "A2", 1).random() == stream(7, "A2", 1).random()


def test_names_are_told_apart():
    drawn = {
        stream(*names).random() for names in [(7, "ab", "c"), (7, "a", "bc"), (7, "a", 1), (7, "a", "1"), (8, "a", 1)]
    }
    assert len(drawn) == 5


def test_a_stream_is_the_same_on_every_machine():
    assert round(stream(7, "A").random(), 12) == STREAM_7_A


STREAM_7_A = 0.673056073223
