"""A pedal of the plan is one bass note, held or struck again at each bar line."""

from __future__ import annotations

import numpy as np
import pytest

from composer.fill.given import nothing_given
from composer.fill.pedals import give_pedal, pedal_notes
from composer.fill.sections import section_stretch
from composer.fill.setting import WINDOW_PITCHES, make_setting
from composer.plan.outline import plan_outline
from composer.plan.planner import resolve
from composer.plan.reader import parse_plan
from composer.roll.pins import HELD, SILENT, STRUCK
from composer.style import load_statistics

PLAN = """
plan: 1
form: ternary
style: bach
ensemble: {ensemble}
key: D major
meter: "4/4"
pickup: 0
seed: 2
sections:
  - {{label: A, theme: none, key: I, cadence: HC, phrases: [{{bars: 4, cadence: HC, pedal: V}}]}}
"""
BAR = 4 * 10_080


@pytest.fixture(scope="module")
def prepared():
    def prepare(ensemble="keyboard"):
        plan = resolve(parse_plan(PLAN.format(ensemble=ensemble)))
        statistics = load_statistics("bach")
        outline = plan_outline(plan, statistics={"bach": statistics})
        return plan, make_setting(plan, outline, known={"bach": ("bach", statistics)}), outline

    return prepare


def test_a_piano_strikes_it_at_every_bar_line(prepared):
    _, setting, _ = prepared()
    notes = pedal_notes(setting.places[0], setting)
    assert [onset for onset, _, _ in notes] == [0, BAR, 2 * BAR, 3 * BAR]
    assert {pitch % 12 for _, _, pitch in notes} == {9}
    assert sum(length for _, length, _ in notes) == 4 * BAR


def test_an_organ_holds_it(prepared):
    _, setting, _ = prepared("organ")
    assert [(onset, length) for onset, length, _ in pedal_notes(setting.places[0], setting)] == [(0, 4 * BAR)]


def test_it_is_pinned_and_nothing_lies_below(prepared):
    plan, setting, outline = prepared()
    (_, _, pitch), *_ = pedal_notes(setting.places[0], setting)
    stretch, local = section_stretch(setting, plan.sections[0], outline.sections[0], {})
    index = pitch - stretch.low_pitch
    code = stretch.pins.code[local.lead_in_steps :]
    assert code[0, index] == STRUCK
    assert (code[1:15, index] == HELD).all()
    assert (code[:40, :index] == SILENT).all()


def test_it_lies_beneath_the_tune(prepared):
    plan, setting, outline = prepared()
    (_, _, pitch), *_ = pedal_notes(setting.places[0], setting)
    stretch, local = section_stretch(setting, plan.sections[0], outline.sections[0], {})
    for lowest, held in ((pitch + 5, pitch), (pitch, pitch - 12), (pitch - 3, pitch - 12)):
        given = nothing_given(local.facts.num_steps, WINDOW_PITCHES, setting.low_pitch, compass=setting.compass)
        give_pedal(given, setting.places[0], local, setting, tune=[(0, BAR, pitch + 12), (BAR, BAR, lowest)])
        struck = np.argwhere(given.code == STRUCK)[:, 1]
        assert set(struck + stretch.low_pitch) == {held}
