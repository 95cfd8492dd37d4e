"""Form templates: those that come along, and a user's own."""

from __future__ import annotations

import pytest

from composer.errors import PlanError
from composer.plan.brief import Brief
from composer.plan.forms import form_names, list_forms, load_form, parse_form
from composer.plan.numerals import parse_key_path
from composer.plan.planner import plan_piece
from composer.theory.key import parse_key

OWN = """template: 1
name: lullaby
description: Two verses and a refrain.
themes: {verse: {bars: 4}}
sections:
  - {label: V, function: theme, theme: verse, bars: 8, key: {major: I, minor: i}, cadence: HC}
  - {label: R, function: episode, bars: [8, 4], key: {major: [IV, V], minor: III}, cadence: PAC}
  - {label: V, function: theme, copy_of: V, theme: verse, bars: 8, key: {major: I, minor: i}, cadence: PAC}
"""


def test_the_first_forms_are_there():
    assert {"binary", "chorale", "rondo", "sonata", "ternary"} <= set(form_names())
    assert [form.name for form in list_forms()] == list(form_names())


@pytest.mark.parametrize("name", form_names())
def test_every_form_begins_and_ends_at_home_in_both_modes(name):
    for home in (parse_key("C major"), parse_key("C minor")):
        form = load_form(name)
        for keys in (form.sections[0].key.of(home.mode), form.sections[-1].key.of(home.mode)):
            assert keys
        first = parse_key_path(form.sections[0].key.of(home.mode)[0], home)[0]
        last = parse_key_path(form.sections[-1].key.of(home.mode)[0], home)[-1]
        assert first == home
        assert last == home


def test_a_rondo_is_abaca():
    labels = [row.label for row in load_form("rondo").sections if row.function in ("theme", "episode")]
    assert labels == ["A", "B", "A", "C", "A"]


def test_ids_are_unique_and_numbered():
    assert [row.id for row in parse_form(OWN, source="own.yaml").sections] == ["V", "R", "V2"]


def test_a_form_of_ones_own_is_planned(tmp_path, library):
    (tmp_path / "lullaby.yaml").write_text(OWN)
    plan = plan_piece(Brief(form="lullaby.yaml", style="small", seed=1), folder=tmp_path, library=library)
    assert [section.id for section in plan.sections] == ["V", "R", "V2"]
    assert plan.sections[0].phrases[0].theme == "verse"


@pytest.mark.parametrize(
    ("wrong", "right", "words"),
    [
        ("bars: 8, key: {major: I,", "bars: 8, key: {major: H,", 'no key "H"'),
        (
            "theme: verse, bars: 8, key: {major: I, minor: i}, cadence: HC",
            "theme: vers, bars: 8, key: {major: I, minor: i}, cadence: HC",
            'no theme "vers"',
        ),
        ("copy_of: V", "copy_of: X", 'no section "X"'),
        ("function: episode", "function: bridge", '"bridge" is not known'),
        ("template: 1\n", "", '"template" is missing'),
    ],
)
def test_a_template_that_is_wrong_names_the_line(wrong, right, words):
    with pytest.raises(PlanError, match=words) as caught:
        parse_form(OWN.replace(wrong, right, 1), source="own.yaml")
    assert caught.value.problems[0].place.line is not None
