"""What a finished phrase must have besides its cadence: the key that the plan gives it."""

from __future__ import annotations

import numpy as np
import pytest

from composer.fill.goals import KEY
from composer.fill.particles import Stretch
from composer.fill.sections import section_stretch
from composer.fill.setting import make_setting
from composer.plan.outline import plan_outline
from composer.plan.planner import resolve
from composer.plan.reader import parse_plan
from composer.style import load_statistics

PLAN = """
plan: 1
form: ternary
style: bach
ensemble: keyboard
key: D major
meter: "4/4"
seed: 2
sections:
  - {{label: A, bars: 4, theme: none, phrases: [{{bars: 4, cadence: PAC}}]}}
  - label: B
    bars: {all}
    key: {key}
    theme: none
    phrases: [{{bars: {bars}, cadence: HC}}, {{bars: {rest}, cadence: PAC}}]
"""
MAJOR = (0, 4, 7, 2, 4, 5, 7, 9, 11, 0, 12, 7)


@pytest.fixture(scope="module")
def section_b():
    def make(key: str = "V", bars: int = 4) -> Stretch:
        plan = resolve(parse_plan(PLAN.format(key=key, bars=bars, rest=4, all=bars + 4)))
        outline = plan_outline(plan)
        setting = make_setting(plan, outline, known={"bach": ("bach", load_statistics("bach"))})
        return section_stretch(setting, plan.sections[1], outline.sections[1], {})[0]

    return make


def draft(stretch: Stretch, tonic: int) -> np.ndarray:
    """A line through a major key, as one particle."""
    play = np.zeros((1, stretch.num_steps, stretch.allowed.shape[1]), bool)
    for step in range(stretch.lead_in_steps, stretch.num_steps):
        play[0, step, tonic + MAJOR[step // 2 % len(MAJOR)] - stretch.low_pitch] = True
    return play


@pytest.mark.parametrize(("tonic", "is_met"), [(57, True), (62, False), (58, False)])
def test_a_phrase_whose_notes_are_in_another_key_than_the_planned_one_misses_its_goal(section_b, tonic, is_met):
    stretch = section_b("V")
    play = draft(stretch, tonic)
    assert stretch.goals(play, play, 0, stretch.num_steps)[KEY].tolist() == [is_met]


def test_a_phrase_that_leaves_its_key_or_is_short_has_none_to_miss(section_b):
    stretch = section_b("V", bars=2)
    play = draft(stretch, 58)
    first_phrase = stretch.lead_in_steps + 32
    assert stretch.goals(play, play, 0, first_phrase)[KEY].tolist() == [True]
