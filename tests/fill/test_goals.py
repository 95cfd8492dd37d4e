"""What a finished phrase must have besides its cadence: the key that the plan gives it, a likeness to its theme."""

from __future__ import annotations

import numpy as np
import pytest

from composer.abc import Melody, MelodyNote
from composer.fill.goals import KEY, LIKENESS
from composer.fill.particles import Stretch
from composer.fill.recall import ComposedTheme
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


FOLLOWED = """
plan: 1
form: ternary
style: bach
ensemble: {ensemble}
key: C major
meter: "4/4"
pickup: 0
seed: 2
themes: {{tune: {{bars: 4, type: chain}}}}
sections:
  - {{label: A, theme: tune, fidelity: {fidelity}, bars: 4, key: I, cadence: none,
     phrases: [{{bars: 4, cadence: none, harmony: "{harmony}"}}]}}
"""
TUNE = (72, 76, 79, 76, 72, 67, 76, 72) * 4  # eighths
EIGHTH = 5040


def followed(fidelity: float, *, harmony: str = "I | I | I | I", ensemble: str = "keyboard") -> Stretch:
    plan = resolve(parse_plan(FOLLOWED.format(fidelity=fidelity, harmony=harmony, ensemble=ensemble)))
    setting = make_setting(plan, plan_outline(plan), known={"bach": ("bach", load_statistics("bach"))})
    notes = tuple(MelodyNote(place * EIGHTH, EIGHTH, pitch) for place, pitch in enumerate(TUNE))
    tune = Melody(notes, 4 * setting.meter.bar_ticks)
    themes = {"tune": ComposedTheme("tune", tune, setting.home, 4, voices=())}
    return section_stretch(setting, plan.section("A"), setting.outline.sections[0], themes)[0]


def is_like(stretch: Stretch, pitches: list[int], *, above: int | None = None) -> bool:
    """Whether a line of eighths, under a note that is held throughout or none, is as like the theme as it should be."""
    play = np.zeros((1, stretch.num_steps, stretch.allowed.shape[1]), bool)
    articulate = np.zeros_like(play)
    for place, pitch in enumerate(pitches):
        step = stretch.lead_in_steps + 2 * place
        play[0, step : step + 2, pitch - stretch.low_pitch] = True
        articulate[0, step, pitch - stretch.low_pitch] = True
    if above is not None:
        play[0, :, above - stretch.low_pitch] = True
    (met,) = stretch.goals(play, articulate, 0, stretch.num_steps)[LIKENESS]
    return bool(met)


def with_changed(count: int) -> list[int]:
    """The tune, so many of its 32 notes a step higher."""
    return [pitch + 2 * (place < count) for place, pitch in enumerate(TUNE)]


@pytest.mark.parametrize(("changed", "is_met"), [(0, False), (3, False), (4, True), (16, True), (17, False)])
def test_a_phrase_that_follows_a_theme_closely_is_neither_its_copy_nor_another_tune(changed, is_met):
    assert is_like(followed(0.7), with_changed(changed)) is is_met


@pytest.mark.parametrize(("fidelity", "level"), [(0.8, 4), (0.95, 5)])
def test_the_network_is_not_told_to_copy_a_theme_that_a_phrase_only_follows(fidelity, level):
    assert max(followed(fidelity).reference.level) == level


def test_a_theme_under_a_higher_voice_is_not_heard():
    assert not is_like(followed(0.7), with_changed(4), above=84)


@pytest.mark.parametrize("fidelity", [0.5, 0.95])
def test_what_follows_from_afar_or_nearly_states_a_theme_may_be_as_like_it_as_it_will(fidelity):
    stretch = followed(fidelity)
    assert is_like(stretch, with_changed(0))
    assert is_like(stretch, with_changed(32))


def test_where_other_chords_leave_too_little_of_a_theme_it_need_not_be_heard():
    stretch = followed(0.7, harmony="bII | bII | bII | I")
    assert is_like(stretch, with_changed(32))
    assert not is_like(stretch, with_changed(0))
