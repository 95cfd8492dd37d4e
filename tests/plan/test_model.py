"""The words of a plan are those of the rest of the house."""

from __future__ import annotations

from typing import get_args

from composer.outline import FUNCTIONS, PATTERNS
from composer.plan.model import TRANSFORMATIONS, CadenceName, FunctionName, PatternName, Transformation
from composer.theory.harmony import Cadence


def test_textures_are_those_of_the_outline():
    assert get_args(PatternName) == PATTERNS


def test_functions_are_those_of_the_outline():
    assert get_args(FunctionName) == FUNCTIONS


def test_cadences_are_those_of_theory():
    assert set(get_args(CadenceName)) == {cadence.value for cadence in Cadence}


def test_every_transformation_says_what_it_takes():
    assert set(get_args(Transformation.model_fields["name"].annotation)) == set(TRANSFORMATIONS)
