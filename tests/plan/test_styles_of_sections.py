"""A style for a section or a phrase, and glides, while a piece is planned: whose chords are drawn where."""

from __future__ import annotations

from dataclasses import replace

import pytest

from composer.errors import PlanError
from composer.plan.brief import Brief
from composer.plan.forms import form_names
from composer.plan.mixes import section_mix, whole_mix
from composer.plan.model import Glide, Plan
from composer.plan.numerals import parse_harmony
from composer.plan.outline import phrase_places, plan_outline
from composer.plan.planner import plan_piece, resolve
from composer.plan.reader import parse_plan
from composer.plan.writer import format_plan
from composer.theory.key import parse_key
from composer.theory.meter import parse_meter

ONLY_THERE = "iii"  # a chord of the other style that the small one does not know


@pytest.fixture
def other(small):
    """A style that goes to the third degree from everywhere."""
    table = {
        "I": {ONLY_THERE: (20, 4), "IV": (2, 0), "V": (2, 0)},
        ONLY_THERE: {"IV": (9, 2), "V": (9, 2), "I": (9, 2)},
        "IV": {ONLY_THERE: (9, 2), "V": (2, 0)},
        "V": {"I": (9, 2), ONLY_THERE: (9, 2)},
    }
    transitions = {**small.chord_transitions, "major": {"middle": table}}
    return replace(small, name="other", chord_transitions=transitions, cadence_formulas=())


@pytest.fixture
def two_styles(library, other):
    """Card and statistics of `small` and of `other`."""
    return lambda name: (library(name)[0], other if name == "other" else library(name)[1])


def numerals(plan: Plan, section_id: str) -> list[str]:
    section = plan.section(section_id)
    home, meter = parse_key(plan.key), parse_meter(plan.meter)
    found = []
    for phrase in section.phrases:
        slots = parse_harmony(phrase.harmony, key=home, home=home, meter=meter, bars=phrase.bars, pickup_tick=0)
        found += [slot.numeral for slot in slots]
    return found


def in_sections(**styles: object) -> Plan:
    """Three free sections of sixteen bars, some with a style of their own."""
    return Plan.model_validate(
        {
            "form": "ternary",
            "style": styles.pop("piece", "small"),
            "key": "C major",
            "meter": "4/4",
            "pickup": 0,
            "seed": 4,
            "sections": [
                {"label": label, "theme": "none", "bars": 16, "key": "I", "cadence": "PAC"}
                | ({"style": styles[label]} if label in styles else {})
                for label in "ABC"
            ],
        }
    )


def test_a_section_is_planned_from_its_own_style_and_no_other_section_changes(two_styles):
    plain, styled = (resolve(plan, library=two_styles) for plan in (in_sections(), in_sections(B="other")))
    assert ONLY_THERE in numerals(styled, "B")
    assert ONLY_THERE not in numerals(styled, "A") + numerals(styled, "C") + numerals(plain, "B")
    for section_id in "AC":
        assert styled.section(section_id) == plain.section(section_id)
    assert styled.section("B").style == {"other": 1}
    assert styled.section("A").style is None


def test_a_phrase_is_planned_from_its_own_style(two_styles):
    phrases = [{"bars": 8}, {"bars": 8, "style": "other"}]
    plan = in_sections()
    section = plan.sections[0].model_copy(update={"phrases": None})
    stated = Plan.model_validate(
        plan.model_dump(exclude={"sections"}, exclude_none=True)
        | {"sections": [section.model_dump(exclude_none=True) | {"phrases": phrases}]}
    )
    planned = resolve(stated, library=two_styles)
    first, second = (
        Plan.model_validate(planned).section("A").model_copy(update={"phrases": (phrase,)})
        for phrase in planned.section("A").phrases
    )
    each = [numerals(planned.model_copy(update={"sections": (section,)}), "A") for section in (first, second)]
    assert ONLY_THERE not in each[0]
    assert ONLY_THERE in each[1]
    assert [place.style for place in phrase_places(planned)] == [{"small": 1}, {"other": 1}]


def test_a_copy_has_the_style_of_what_it_copies(two_styles):
    plan = in_sections(A="other")
    copy = Plan.model_validate({**plan.model_dump(exclude_none=True), "sections": [
        *(section.model_dump(exclude_none=True) for section in plan.sections),
        {"copy_of": "A", "id": "A2"},
        {"copy_of": "A", "id": "A3", "style": "small"},
    ]})  # fmt: skip
    planned = resolve(copy, library=two_styles)
    assert [section.style for section in planned.sections] == [{"other": 1}, None, None, {"other": 1}, {"small": 1}]


def test_a_theme_has_the_chords_of_the_first_section_that_states_it(two_styles):
    def harmony(**styles: object) -> str:
        plan = in_sections(**styles)
        sections = tuple(s.model_copy(update={"theme": "tune"}) for s in plan.sections[1:])
        stated = plan.model_copy(update={"sections": (plan.sections[0], *sections)})
        themes = {"tune": {"bars": 16, "type": "chain"}}
        stated = Plan.model_validate({**stated.model_dump(exclude_none=True), "themes": themes})
        return resolve(stated, library=two_styles).themes["tune"].harmony

    assert harmony() == harmony(A="other") == harmony(C="other")
    assert ONLY_THERE in harmony(B="other").split()
    assert ONLY_THERE not in harmony().split()


def test_a_glide_is_written_out_for_each_section_and_phrase_by_its_middle(two_styles):
    planned = resolve(in_sections(piece="small -> other"), library=two_styles)
    assert isinstance(planned.style, Glide)
    assert [section.style for section in planned.sections] == [
        {"small": 0.833, "other": 0.167},
        {"small": 0.5, "other": 0.5},
        {"small": 0.167, "other": 0.833},
    ]
    bar = 0
    for place in phrase_places(planned):
        middle = (bar + place.entry.bars / 2) / planned.bars
        assert place.style["other"] == pytest.approx(middle, abs=0.001)
        bar += place.entry.bars
    counts = [numerals(planned, section_id).count(ONLY_THERE) for section_id in "ABC"]
    assert counts[0] < counts[2]


def test_a_section_with_its_own_style_takes_no_part_in_the_glide(two_styles):
    planned = resolve(in_sections(piece="small -> other", B="small"), library=two_styles)
    assert planned.section("B").style == {"small": 1}
    assert all(phrase.style is None for phrase in planned.section("B").phrases)
    assert planned.section("C").style == {"small": 0.167, "other": 0.833}


def test_a_section_may_glide_by_itself(two_styles):
    planned = resolve(in_sections(B={"from": "small", "to": "other"}), library=two_styles)
    section = planned.section("B")
    assert isinstance(section.style, Glide)
    assert section_mix(section, planned) == {"other": 0.5, "small": 0.5}
    assert section.phrases[0].style["small"] > 0.5 > section.phrases[-1].style["small"]
    assert resolve(planned, library=two_styles) == planned


@pytest.mark.parametrize("form", form_names())
def test_a_resolved_glide_is_written_and_read_back_and_stays_as_it_is(form, two_styles):
    wish = {"from": {"small": 0.7, "third": 0.3}, "via": ["small"], "to": "other"}
    planned = plan_piece(Brief(form=form, style=wish, seed=3), library=two_styles)
    again = parse_plan(format_plan(planned), known_styles=["small", "other", "third"])
    assert again == planned
    assert resolve(again, library=two_styles) == planned
    assert all(section.style is not None for section in planned.sections)
    assert planned.style == Glide.model_validate(wish)


def test_a_change_of_one_mix_in_a_resolved_glide_changes_no_other_section(two_styles):
    planned = resolve(in_sections(piece="small -> other"), library=two_styles)
    edited = planned.sections[1].model_copy(update={"style": {"small": 1.0}, "phrases": None})
    changed = resolve(
        planned.model_copy(update={"sections": (planned.sections[0], edited, planned.sections[2])}), library=two_styles
    )
    assert (changed.sections[0], changed.sections[2]) == (planned.sections[0], planned.sections[2])
    assert changed.sections[1] != planned.sections[1]


def test_the_texture_of_a_mix_is_the_mean_of_its_styles(planned, small):
    plan = planned(style={"small": 3, "other": 1}, form="binary")
    busy = {name: replace(own, onsets_per_beat_upper=(5.0, 6.0, 7.0)) for name, own in small.textures.items()}
    other = replace(small, textures=busy)
    alone = plan_outline(plan, statistics={"small": small, "other": small})
    mixed = plan_outline(plan, statistics={"small": small, "other": other})
    ends = {phrase.end_tick for phrase in alone.phrases}  # there they are eased
    pairs = [
        (one.onsets_per_beat[1], two.onsets_per_beat[1])
        for one, two in zip(alone.textures, mixed.textures, strict=True)
        if one.onsets_per_beat is not None and one.end_tick not in ends
    ]
    assert pairs
    # Four onsets more than the small style's (1, 2, 3), whatever the density; a quarter of them in the mix.
    assert all(two == pytest.approx(one + 1, abs=0.002) for one, two in pairs)


def test_the_header_of_a_glide_comes_from_the_styles_that_it_goes_through(two_styles):
    planned = plan_piece(Brief(form="binary", style="small -> other", seed=3), library=two_styles)
    assert dict(plan_outline(planned).style) == whole_mix(planned.style) == {"other": 0.5, "small": 0.5}


@pytest.mark.parametrize(
    ("style", "place", "words"),
    [
        ("bach -> smal", "my.yaml:2:8", 'no style "smal" (did you mean "small"?)'),
        ("{bach: 1, smal: 2}", "my.yaml:2:24", 'no style "smal" (did you mean "small"?)'),
        ("{bach: 0, small: 2}", "my.yaml:2:15", "style.bach must be more than 0, not 0"),
        ("{bach: -1}", "my.yaml:2:15", "style.bach must be more than 0, not -1"),
        ("{bach: .inf}", "my.yaml:2:15", 'style.bach must be a number, not ".inf"'),
        ("{bach: heavy}", "my.yaml:2:15", 'style.bach must be a number, not "heavy"'),
        ("bach ->", "my.yaml:2:8", "style must be something, not empty"),
        ("{from: bach}", "my.yaml:2:8", '"to" is missing (add to:)'),
        ("{from: bach, too: small}", "my.yaml:2:21", 'unknown key "too" (did you mean "to"?)'),
        ("{from: {bach: 0}, to: small}", "my.yaml:2:22", "style.from.bach must be more than 0, not 0"),
    ],
)
def test_what_is_wrong_with_a_style_is_told_with_its_place(style, place, words):
    with pytest.raises(PlanError) as caught:
        parse_plan(f"form: rondo\nstyle: {style}\nkey: C major\n", source="my.yaml", known_styles=["bach", "small"])
    assert f"{place}: {words}" in str(caught.value)


def test_what_is_wrong_with_a_section_s_style_is_told_with_its_place():
    text = "form: rondo\nstyle: bach\nkey: C major\nsections:\n"
    text += "  - {label: A, style: bahc, phrases: [{bars: 4, style: {bach: 1, smal: 1}}]}\n"
    with pytest.raises(PlanError) as caught:
        parse_plan(text, source="my.yaml", known_styles=["bach", "small"])
    assert [str(problem.place) for problem in caught.value.problems] == ["my.yaml:5:23", "my.yaml:5:72"]


def test_a_phrase_that_would_glide_is_told_who_may():
    text = "form: rondo\nstyle: bach\nkey: C major\nsections:\n"
    text += "  - {label: A, phrases: [{bars: 4, style: bach -> small}]}\n"
    with pytest.raises(PlanError, match="a phrase has one mix; the piece and its sections may glide"):
        parse_plan(text, known_styles=["bach", "small"])


def test_a_glide_that_is_written_out_says_so(two_styles):
    stated = in_sections(piece="small -> other")
    assert "each section and phrase below says where it is on it" in format_plan(resolve(stated, library=two_styles))
    assert "or a glide: bach -> joplin" in format_plan(stated)
