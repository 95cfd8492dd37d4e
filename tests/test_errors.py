"""Errors say where, what and how to mend it, each on one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from composer import errors
from composer.errors import (
    ComposerError,
    FillError,
    MusicFileError,
    Place,
    PlanError,
    Problem,
    UserError,
    did_you_mean,
    printable,
)


def test_place_what_and_mend_on_one_line():
    error = PlanError('no key "H"', place=Place("my.yaml", 5, 7), mend="keys look like C major")
    assert str(error) == 'my.yaml:5:7: no key "H" (keys look like C major)'


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (Place("a.mid", detail="byte 22"), "a.mid byte 22"),
        (Place("a.xml", 3), "a.xml:3"),
        (Place("a.xml", 3, detail="bar 2"), "a.xml:3 bar 2"),
        (Place("a.yaml"), "a.yaml"),
    ],
)
def test_places(place, text):
    assert str(place) == text


def test_a_path_is_a_place():
    assert str(MusicFileError("broken", place=Path("x") / "y.mid")).endswith("y.mid: broken")


def test_all_problems_at_once_a_line_each():
    error = PlanError([Problem("one", Place("a", 1)), Problem("two", Place("a", 2))])
    assert str(error) == "a:1: one\na:2: two"
    assert len(error.problems) == 2


def test_what_the_user_can_mend_exits_with_2_our_own_failure_with_1():
    classes = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, ComposerError)]
    assert {one.exit_code for one in classes if issubclass(one, UserError)} == {2}
    assert FillError.exit_code == ComposerError.exit_code == 1
    assert all(one.__doc__ for one in classes)


def test_a_strangers_control_characters_never_reach_the_terminal():
    error = MusicFileError("a track named \x1b[31mred\x07", place="evil\x1b.mid")
    assert "\x1b" not in str(error)
    assert "\\x1b[31mred" in str(error)
    assert printable("Für Elise ♭") == "Für Elise ♭"


@pytest.mark.parametrize(
    ("word", "found"), [("tepmo", 'did you mean "tempo"?'), ("BACHH", 'did you mean "Bach"?'), ("zzz", None)]
)
def test_the_nearest_known_word_is_offered(word, found):
    assert did_you_mean(word, ["tempo", "Bach", "meter"]) == found
