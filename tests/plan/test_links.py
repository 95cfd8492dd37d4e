"""Joins between sections."""

from __future__ import annotations

from itertools import pairwise

import pytest

from composer.errors import PlanError
from composer.plan.links import join_problems, name_pitch, read_pitch
from composer.plan.model import Link, Plan
from composer.plan.planner import resolve
from composer.theory.key import parse_key


@pytest.mark.parametrize("pitch", range(21, 109))
@pytest.mark.parametrize("key", ["C major", "Eb minor", "F# major"])
def test_a_notes_name_is_read_as_it_is_written(pitch, key):
    assert read_pitch(name_pitch(pitch, parse_key(key))) == pitch


@pytest.mark.parametrize("text", ["H3", "c4", "C", "C#b4", ""])
def test_what_is_no_note_is_refused(text):
    with pytest.raises(PlanError, match="no note"):
        read_pitch(text)


def test_in_a_drawn_piece_each_section_enters_on_what_the_one_before_leaves(planned):
    plan = planned(form="rondo", bars=80)
    assert plan.sections[0].enters is None
    for before, after in pairwise(plan.sections):
        assert after.enters == before.leaves


def test_a_section_leaves_its_cadence(planned):
    for section in planned(form="ternary", key="G major", seed=4).sections:
        formula = section.phrases[-1].formula
        assert section.leaves.chord == formula.chords[-1]
        assert section.leaves.bass is not None


def sections(library, *entries) -> Plan:
    stated = {"form": "rondo", "style": "small", "key": "G major", "meter": "3/4", "sections": list(entries)}
    return resolve(Plan.model_validate(stated), library=library)


def test_in_a_stated_plan_enters_comes_from_the_form(library):
    a = {"label": "A", "bars": 8}
    near = sections(library, a, {"label": "B", "bars": 8, "key": "V"}, {"label": "A", "copy_of": "A"})
    far = sections(library, a, {"label": "B", "bars": 12, "key": "bVI"}, {"label": "A", "copy_of": "A"})
    assert near.section("A2") == far.section("A2")
    assert near.section("B").enters.key == "G major"


def test_a_join_that_does_not_agree_is_warned_of_with_its_place(library):
    a = {"label": "A", "bars": 8}
    b = {"label": "B", "bars": 8, "enters": {"key": "D major", "chord": "V"}}
    (problem,) = join_problems(sections(library, a, b), source="my.yaml")
    assert str(problem).startswith("my.yaml sections[1].enters: B was planned to follow V in D major")


def test_the_same_sound_by_another_name_agrees(library):
    plan = sections(library, {"label": "A", "bars": 8}, {"label": "B", "bars": 8})
    other = plan.sections[1].model_copy(update={"enters": Link(key="G major", chord="I6")})
    assert join_problems(plan.model_copy(update={"sections": (plan.sections[0], other)})) == ()


def test_a_join_that_nobody_stated_is_no_warning(library):
    a = {"label": "A", "theme": "none", "bars": 4, "key": "I", "cadence": "PAC"}
    b = {
        "label": "B",
        "theme": "none",
        "bars": 4,
        "key": "V",
        "cadence": "PAC",
        "enters": {"key": "E minor", "chord": "V"},
    }
    plan = sections(library, a, b)
    assert join_problems(plan, stated={"A"}) == ()
    assert len(join_problems(plan, stated={"B"})) == 1
