"""A section as the particle filter gets it: its lead-in, its end, what it hears of its theme."""

from __future__ import annotations

import numpy as np
import pytest

from composer.fill.local import Local
from composer.fill.particles import Stretch, run_filter
from composer.fill.sections import RECALLED_LEVEL, section_stretch
from composer.fill.setting import make_setting
from composer.plan.model import Link
from composer.plan.outline import plan_outline
from composer.plan.planner import resolve
from composer.plan.reader import parse_plan
from composer.roll.pins import FREE, HELD, SILENT, STRUCK
from composer.roll.reference import level_of
from composer.style import load_statistics

PLAN = """
plan: 1
form: ternary
style: bach
ensemble: keyboard
key: D major
meter: "4/4"
pickup: {pickup}
seed: 2
themes: {{first: {{bars: 2, type: chain}}}}
sections:
  - {{label: A, theme: first, bars: 2, key: I, cadence: PAC}}
  - label: B
    theme: none
    bars: 2
    key: V
    cadence: PAC
    enters: {{key: D major, chord: I, bass: D3, top: F#5}}
    leaves: {{key: A major, chord: I, bass: A3, top: A5}}
  - {{label: C, theme: first, fidelity: 0.5, bars: 2, key: I, cadence: PAC}}
"""


@pytest.fixture(scope="module")
def prepared():
    """The stretch of each section, before and after a change of its links."""

    def prepare(pickup: int = 0, **links: Link | None) -> dict[str, tuple[Stretch, Local]]:
        plan = resolve(parse_plan(PLAN.format(pickup=pickup)))
        sections = tuple(s.model_copy(update=links) if s.id == "B" else s for s in plan.sections)
        plan = plan.model_copy(update={"sections": sections})
        outline = plan_outline(plan)
        setting = make_setting(plan, outline, load_statistics("bach"), composers={})
        return {
            section.id: section_stretch(setting, section, span, {})
            for section, span in zip(plan.sections, outline.sections, strict=True)
        }

    return prepare


def struck(stretch: Stretch, step: int) -> list[int]:
    return (np.flatnonzero(stretch.pins.code[step] == STRUCK) + stretch.low_pitch).tolist()


@pytest.mark.parametrize("pickup", [0, 1])
def test_the_lead_in_is_forced_to_the_chord_that_the_section_enters_from(prepared, pickup):
    stretch, local = prepared(pickup)["B"]
    lead = stretch.lead_in_steps
    assert lead == local.lead_in_steps == 16 - 4 * pickup
    assert FREE not in stretch.pins.code[:lead]
    notes = struck(stretch, 0)
    assert (notes[0], notes[-1]) == (50, 78)
    assert {note % 12 for note in notes} <= {2, 6, 9}
    held = stretch.pins.code[1:lead] == HELD
    assert (held.sum(axis=1) == len(notes)).all()
    assert (stretch.pins.code[lead] == FREE).any()


def test_the_lead_in_is_not_emitted(prepared, make_fake_source):
    stretch, _ = prepared()["B"]
    filled = run_filter(make_fake_source(), stretch, np.random.default_rng(1))
    assert filled.play.shape == (32, 56)
    assert not filled.play[0, 78 - 33] or filled.articulate[0, 78 - 33]


def test_the_first_section_has_no_lead_in(prepared):
    stretch, _ = prepared()["A"]
    assert stretch.lead_in_steps == 0


def test_a_section_ends_as_its_leaves_says(prepared):
    for bass, top in (("A2", "A4"), ("A3", "A5")):
        stretch, _ = prepared(leaves=Link(key="A major", chord="I", bass=bass, top=top))["B"]
        onsets = np.flatnonzero((stretch.pins.code == STRUCK).any(axis=1))
        last = struck(stretch, onsets[-1])
        assert (last[0], last[-1]) == {"A2": (45, 69), "A3": (57, 81)}[bass]


def test_at_the_last_chord_only_its_notes_may_sound(prepared):
    stretch, _ = prepared()["B"]
    onset = np.flatnonzero((stretch.pins.code == STRUCK).any(axis=1))[-1]
    allowed = np.flatnonzero(stretch.allowed[onset]) + stretch.low_pitch
    assert {pitch % 12 for pitch in allowed} == {9, 1, 4}


def test_a_phrase_with_another_end_than_its_cadence_is_not_accepted(prepared, make_fake_source):
    stretch, _ = prepared()["B"]
    filled = run_filter(make_fake_source(), stretch, np.random.default_rng(1))
    assert filled.refused == 0
    lead = np.zeros((1, stretch.lead_in_steps, 56), bool)
    right = np.concatenate([lead, filled.play[None]], axis=1)
    end = stretch.num_steps
    assert stretch.accept(right, right, 0, end).tolist() == [True]
    wrong = right.copy()
    wrong[:, :, 81 - 33 : 81 - 33 + 1] = False
    wrong[:, :, 83 - 33] = True  # a B above the tonic of A major
    assert stretch.accept(wrong, wrong, 0, end).tolist() == [False]
    nothing = np.zeros_like(right)
    assert stretch.accept(nothing, nothing, 0, end).tolist() == [False]


def test_bars_follow_each_other_and_phrases_end_with_theirs(prepared):
    for pickup in (0, 1):
        for stretch, local in prepared(pickup).values():
            starts = [first for first, _ in stretch.bars]
            ends = [end for _, end in stretch.bars]
            assert starts == [0, *ends[:-1]]
            assert ends[-1] == stretch.num_steps
            assert {ends[index] for index in stretch.phrase_ends} >= {p.end_tick // 2520 for p in local.phrases}


def test_a_phrase_hears_the_theme_that_it_follows_as_near_as_its_fidelity_says(fill_text, make_fake_source):
    heard: dict[tuple[int, bool], Stretch] = {}

    class Listening(type(make_fake_source())):
        def start(self, stretch):
            heard[len(heard), stretch.lead_in_steps > 0] = stretch
            return super().start(stretch)

    from composer import pipeline

    plan = resolve(parse_plan(PLAN.format(pickup=0)))
    pipeline.fill_plan(plan, make_source=lambda _setting: Listening())
    first, second, third = list(heard.values())[-3:]
    assert set(first.reference.level) == {RECALLED_LEVEL}
    assert set(second.reference.level) == {0}
    lead = third.lead_in_steps
    assert set(third.reference.level[:lead]) == {0}
    assert set(third.reference.level[lead:]) == {level_of(0.5)}
    np.testing.assert_array_equal(third.reference.play[lead:], first.reference.play)  # both are in the home key
    assert not (third.pins.code[lead:] == SILENT).all()
