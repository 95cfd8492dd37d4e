"""The shape of a movement: nothing stays the same throughout, and what is stated stays as it is."""

from __future__ import annotations

import pytest

from composer.plan.forms import form_names
from composer.plan.model import Plan
from composer.plan.outline import phrase_places
from composer.plan.planner import resolve

SINGLE_TEXTURE = ("chorale", "fugue", "invention")  # forms whose texture is what they are


@pytest.mark.parametrize("form", form_names())
def test_no_movement_is_constant(planned, form):
    places = phrase_places(planned(form=form, key="G major", meter="4/4", seed=4))
    assert len({place.entry.dynamics.level for place in places}) > 1
    assert len({place.entry.dynamics.shape for place in places}) > 1
    assert len({place.entry.density for place in places}) > 1
    if form not in SINGLE_TEXTURE:
        assert len({place.entry.texture for place in places}) > 1


def test_what_is_no_theme_may_lie_elsewhere_and_go_at_another_pace(planned):
    found = [
        section
        for seed in range(12)
        for section in planned(form="rondo", ensemble="keyboard", meter="4/4", seed=seed).sections
    ]
    themes = [section for section in found if section.function == "theme"]
    others = [section for section in found if section.function != "theme"]
    couplets = [section for section in others if section.function == "episode"]
    assert {section.tessitura for section in couplets} == {"middle", "high"}  # a tune leaves no room below it
    assert {section.tessitura for section in themes} == {"middle"}
    assert {section.tempo_factor for section in themes} == {1.0}
    assert {section.tessitura for section in others} == {"low", "middle", "high"}
    assert len({section.tempo_factor for section in others}) > 3
    assert all(0.97 <= section.tempo_factor <= 1.03 for section in others)


def test_singers_stay_where_they_are(planned):
    for form in ("chorale", "song"):
        assert {section.tessitura for section in planned(form=form, seed=2).sections} == {"middle"}


def test_what_is_stated_stays(library):
    stated = {
        "texture": "walking",
        "density": 0.3,
        "register": "high",
        "dynamics": {"level": "pp", "shape": "dim"},
        "tempo_factor": 0.8,
        "ritard": 0.7,
    }
    section = {"label": "X", "function": "development", "theme": "main", "bars": 12, **stated}
    head = {"form": "ternary", "style": "small", "key": "G major", "meter": "4/4", "seed": 1}
    plan = Plan.model_validate({**head, "sections": [{"label": "A", "theme": "main", "bars": 8}, section]})
    shaped = resolve(plan, library=library).sections[1]
    assert (shaped.texture, shaped.density, shaped.tessitura) == ("walking", 0.3, "high")
    assert (shaped.dynamics.level, shaped.dynamics.shape) == ("pp", "dim")
    assert (shaped.tempo_factor, shaped.ritard) == (0.8, 0.7)
