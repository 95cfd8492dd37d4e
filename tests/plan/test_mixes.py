"""Mixes of styles, and what a glide is at each place of the piece."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.plan.mixes import (
    GlidePart,
    heaviest,
    mix_at,
    names_in,
    names_in_plan,
    normal,
    style_words,
    theme_mix,
    whole_mix,
)
from composer.plan.model import Glide, Plan

RAGGED = Glide.model_validate({"from": {"bach": 7, "haydn": 3}, "to": "joplin"})
THREE = Glide.model_validate({"from": "bach", "via": "mozart", "to": "joplin"})

mixes = st.dictionaries(st.sampled_from(["bach", "haydn", "joplin", "mozart"]), st.floats(0.01, 1000), min_size=1)
glides = st.builds(
    lambda first, between, last: Glide.model_validate({"from": first, "via": between, "to": last}),
    mixes,
    st.lists(mixes, max_size=2),
    mixes,
)


def test_a_glide_begins_and_ends_at_its_stations_and_is_half_of_each_half_way():
    assert mix_at(RAGGED, 0) == {"bach": 0.7, "haydn": 0.3}
    assert mix_at(RAGGED, 0.5) == {"bach": 0.35, "haydn": 0.15, "joplin": 0.5}
    assert mix_at(RAGGED, 1) == {"joplin": 1}
    assert [mix_at(THREE, place) for place in (0.25, 0.5, 0.75)] == [
        {"bach": 0.5, "mozart": 0.5},
        {"mozart": 1},
        {"mozart": 0.5, "joplin": 0.5},
    ]


@settings(max_examples=60, deadline=None)
@given(glides, st.floats(0, 1))
def test_the_weights_of_any_place_sum_to_one_and_lie_between_its_stations(glide, place):
    mix = mix_at(glide, place)
    assert sum(mix.values()) == pytest.approx(1, abs=0.003)
    stations = [normal(station) for station in glide.stations]
    for name, weight in mix.items():
        weights = [station.get(name, 0) for station in stations]
        assert min(weights) - 0.001 <= weight <= max(weights) + 0.001


@settings(max_examples=30, deadline=None)
@given(glides)
def test_a_glide_as_a_whole_is_the_mean_of_its_places(glide):
    count = 600
    mean = dict.fromkeys(names_in(glide), 0.0)
    for index in range(count):
        for name, weight in mix_at(glide, (index + 0.5) / count).items():
            mean[name] += weight / count
    whole = whole_mix(glide)
    assert {name: whole[name] for name in mean} == pytest.approx(mean, abs=0.002)


def test_a_section_lies_on_a_part_of_the_glide():
    part = GlidePart(Glide.model_validate({"from": "bach", "to": "joplin"}), 8, 16)
    assert part.at(0) == {"bach": 0.5, "joplin": 0.5}
    assert part.at(4) == {"bach": 0.25, "joplin": 0.75}


def test_the_heaviest_style_is_the_first_by_name_where_two_are_equal():
    assert heaviest({"joplin": 2, "bach": 2, "haydn": 1}) == "bach"


def test_a_style_in_words():
    assert style_words({"bach": 1.0}) == "bach"
    assert style_words({"bach": 7, "joplin": 3}) == "bach 0.70, joplin 0.30"
    assert style_words(RAGGED) == "bach 0.70, haydn 0.30 -> joplin"
    assert style_words(THREE) == "bach -> mozart -> joplin"


@pytest.fixture
def plan() -> Plan:
    return Plan.model_validate(
        {
            "form": "rondo",
            "style": "bach",
            "themes": {"refrain": {}, "couplet": {}, "motto": {}},
            "sections": [
                {"label": "A", "theme": "couplet", "style": "joplin", "fidelity": 0.4},
                {"label": "B", "theme": "couplet", "style": {"bach": 1, "haydn": 3}},
                {"label": "C", "style": "haydn", "phrases": [{"theme": "motto", "style": "mozart"}, {"bars": 4}]},
            ],
        }
    )


def test_a_theme_is_in_the_style_of_the_first_section_that_states_it(plan):
    assert theme_mix("couplet", plan) == {"bach": 0.25, "haydn": 0.75}
    assert theme_mix("motto", plan) == {"mozart": 1}
    assert theme_mix("refrain", plan) == {"bach": 1}


def test_a_plan_names_the_styles_of_its_sections_and_phrases(plan):
    assert names_in_plan(plan) == ("bach", "joplin", "haydn", "mozart")


def test_a_plan_names_a_player_by_its_path_from_the_plans_folder(tmp_path):
    from composer.plan.mixes import with_absolute_cards, with_cards_from
    from composer.plan.model import Performer, Plan

    plan = Plan(form="rondo", style={"bach": 1.0}, performer=Performer(player="./anna.yaml"))
    absolute = with_absolute_cards(plan, tmp_path)
    assert absolute.performer.player == str(tmp_path / "anna.yaml")
    assert with_cards_from(absolute, tmp_path).performer.player == "./anna.yaml"
