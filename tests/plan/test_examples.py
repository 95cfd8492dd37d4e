"""The worked example plans read, resolve, and are what they say."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from composer.plan import (
    Brief,
    format_plan,
    list_forms,
    load_form,
    parse_plan,
    plan_outline,
    plan_piece,
    plan_schema,
    read_plan,
    resolve,
    write_plan,
)

EXAMPLES = sorted(Path(str(resources.files("composer.plans"))).glob("examples/*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_planned_in_the_styles_that_come_along(path, tmp_path):
    stated = read_plan(path)
    plan = resolve(stated, folder=path.parent)
    assert plan_outline(plan).end_tick > 0
    assert parse_plan(format_plan(plan)) == plan
    write_plan(plan, tmp_path / "again.yaml")
    assert read_plan(tmp_path / "again.yaml") == plan


def test_there_is_an_example():
    assert "rondo_in_g" in [path.stem for path in EXAMPLES]


def test_the_rondo_in_g_returns_in_every_key():
    path = next(path for path in EXAMPLES if path.stem == "rondo_in_g")
    plan = resolve(read_plan(path))
    assert [section.id for section in plan.sections] == ["A", "B", "A2", "C", "A3"]
    assert plan.bars == 44
    assert {section.phrases[0].harmony for section in plan.sections if section.label == "A"} == {
        plan.section("A").phrases[0].harmony
    }


@pytest.mark.parametrize("form", [form.name for form in list_forms()])
def test_every_form_is_planned_in_bachs_style(form):
    plan = plan_piece(Brief(form=form, style="bach", seed=2))
    assert plan.form == load_form(form).name
    assert plan.sections[-1].cadence == "PAC"


def test_the_schema_is_offered():
    assert plan_schema()["title"] == "Ritornello plan"
