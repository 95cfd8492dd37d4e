"""What a transformation of `as` may take."""

from __future__ import annotations

import pytest

from composer.plan.model import Transformation
from composer.plan.transformation_checks import fragment_bars, transformation_problem
from composer.theory.key import parse_key


def fragment(amount: object) -> Transformation:
    return Transformation(name="fragment", amount=amount)


@pytest.mark.parametrize(
    ("amount", "bars"), [("1-2", (1, 2)), ("3", (3, 3)), (1, (1, 1)), (12, (12, 12)), ("4-4", (4, 4))]
)
def test_a_fragment_is_a_range_of_bars_or_one_bar(amount, bars):
    assert fragment_bars(fragment(amount)) == bars
    assert transformation_problem(fragment(amount), parse_key("C major")) is None


@pytest.mark.parametrize("amount", [None, 0, 1.5, -1, "2-1", "0-2", "1-", "-2", "1-2-3", "a", ""])
def test_what_names_no_bars_is_refused(amount):
    assert fragment_bars(fragment(amount)) is None
    problem = transformation_problem(fragment(amount), parse_key("C major"))
    assert problem is not None
    assert "1-2" in problem


@pytest.mark.parametrize(
    "said",
    [{"step": -1, "times": 2}, {"keys": "vi -> ii -> V"}, {"keys": "e minor"}, {"keys": "vi -> V", "breath": 1.5}],
)
def test_a_sequence_goes_by_steps_or_through_keys(said):
    assert transformation_problem(Transformation(name="sequence", **said), parse_key("C major")) is None


@pytest.mark.parametrize("said", [{}, {"step": 1}, {"step": 1, "times": 1, "keys": "V"}, {"keys": "V -> Q"}])
def test_a_sequence_that_says_too_little_or_too_much_is_refused(said):
    assert transformation_problem(Transformation(name="sequence", **said), parse_key("C major")) is not None


def test_only_a_sequence_breathes():
    assert transformation_problem(Transformation(name="inversion", breath=1.0), parse_key("C major")) is not None


def test_a_manner_belongs_to_ornaments():
    home = parse_key("C major")
    assert transformation_problem(Transformation(name="ornament", amount=0.4, manner="baroque"), home) is None
    assert transformation_problem(Transformation(name="inversion", manner="baroque"), home) is not None


@pytest.mark.parametrize(("semitones", "is_right"), [(12, True), (-36, True), (48, False), (7, False), (0, False)])
def test_a_register_is_one_to_three_octaves_away(semitones, is_right):
    problem = transformation_problem(Transformation(name="register", amount=semitones), parse_key("C major"))
    assert (problem is None) == is_right
