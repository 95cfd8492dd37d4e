"""Developments, transitions, retransitions and codas work with their theme and lead where they should."""

from __future__ import annotations

from itertools import pairwise

import pytest

from composer.plan.development import LEADING
from composer.plan.forms import DEVELOPED, form_names
from composer.plan.material import phrase_theme, theme_of
from composer.plan.model import Plan
from composer.plan.numerals import parse_key_path
from composer.plan.outline import phrase_places
from composer.plan.planner import resolve
from composer.theory.key import parse_key

TUNE = "G2 B2 d2 | c2 A2 F2 | G2 B2 e2 | d4 z2 | G2 B2 d2 | c2 A2 F2 | A2 G2 F2 | G4 z2"


@pytest.fixture
def developed(library):
    """Plan a piece whose second section has a function of its own, between the refrain and another section."""

    def plan(
        function: str, *, bars: int = 16, key: str | None = None, after: str = "I", melody=TUNE, themes=None, **fields
    ) -> Plan:
        middle = {"label": "X", "function": function, "theme": "refrain", "bars": bars, "key": key, **fields}
        stated = {
            "form": "ternary",
            "style": "small",
            "key": "G major",
            "meter": "3/4",
            "seed": 3,
            "themes": {"refrain": {"bars": 8, **({"melody": melody} if melody else {})}},
            "sections": [
                {"label": "A", "theme": "refrain", "bars": 8},
                {name: value for name, value in middle.items() if value is not None},
                {"label": "B", "theme": "refrain", "bars": 8, "key": after},
            ],
        }
        stated["themes"] = themes or stated["themes"]
        return resolve(Plan.model_validate(stated), library=library)

    return plan


def names(plan: Plan, section: str = "X") -> list[list[str]]:
    return [[item.name for item in phrase.transformations or ()] for phrase in plan.section(section).phrases]


def last_chord(plan: Plan, section: str) -> tuple[str, str]:
    place = [place for place in phrase_places(plan) if place.section.id == section][-1]
    return str(place.slots[-1].key), place.slots[-1].numeral


def test_a_development_takes_an_idea_through_its_keys_and_breaks_it_up(developed):
    plan = developed("development", key="V -> vi -> ii -> I", bars=24)
    sequences = [
        item for phrase in plan.section("X").phrases for item in phrase.transformations or () if item.name == "sequence"
    ]
    assert sequences[0].keys == "V -> vi -> ii"
    assert any(item.step for item in sequences[1:])
    # Where a sequence ends its phrase it breathes; the one that leads into the dominant does not.
    assert [item.breath for item in sequences] == [1.0] * (len(sequences) - 1) + [None]
    assert last_chord(plan, "X") == ("G major", "V")


def test_the_copies_of_the_idea_are_its_transpositions(developed):
    plan = developed("development", key="V -> II -> I", bars=16)
    theme = theme_of(plan, "refrain")
    places = [place for place in phrase_places(plan) if place.section.id == "X"]
    place = next(p for p in places if any(i.keys for i in p.entry.transformations))
    notes = phrase_theme(plan, place, theme).melody.notes
    half = place.entry.bars // 2 * theme.meter.bar_ticks
    model = [(note.onset_tick, note.pitch) for note in notes if note.onset_tick < half]
    copy = [(note.onset_tick - half, note.pitch) for note in notes if note.onset_tick >= half]
    assert [onset for onset, _ in model] == [onset for onset, _ in copy]
    assert {(b[1] - a[1]) % 12 for a, b in zip(model, copy, strict=True)} == {7}


@pytest.mark.parametrize("function", DEVELOPED)
@pytest.mark.parametrize("melody", [TUNE, None])
def test_every_length_is_filled_and_the_plan_stays_as_it_is(developed, library, function, melody):
    for bars in (2, 5, 8, 23):
        plan = developed(function, bars=bars, melody=melody, after="V" if function in LEADING else "I")
        section = plan.section("X")
        assert sum(phrase.bars for phrase in section.phrases) == bars
        assert section.cadence == ("HC" if function in LEADING else "PAC")
        assert any(phrase.fidelity == 1.0 for phrase in section.phrases)
        assert resolve(plan, library=library) == plan


@pytest.mark.parametrize("function", LEADING)
def test_what_leads_ends_on_the_dominant_of_the_key_to_come(developed, function):
    for after, key in (("V", "D major"), ("vi", "E minor"), ("bIII", "Bb major"), ("i", "G minor")):
        assert last_chord(developed(function, after=after), "X") == (key, "V")


def test_a_retransition_waits_on_the_dominant_of_the_key_to_come(developed):
    for after in ("I", "V", "i"):
        for bars in (2, 4, 8):
            last = developed("retransition", after=after, bars=bars).section("X").phrases[-1]
            assert (last.pedal, last.cadence, last.bars <= 5) == ("V", "HC", True)


def test_what_cannot_be_cut_out_of_its_theme_gives_its_rhythm_alone(developed):
    theme = {"bars": 8, "harmony": "I V65/V | V | I | V | I V65/V | V | ii6 . V | I"}
    plan = developed("retransition", bars=4, melody=None, themes={"refrain": theme})
    assert {phrase.fidelity for phrase in plan.section("X").phrases} == {0.2}


def test_a_key_that_the_plan_states_is_kept(developed):
    assert last_chord(developed("transition", key="I -> IV", after="V"), "X") == ("C major", "V")


def test_a_plan_that_says_how_keeps_its_say(developed):
    assert names(developed("development", bars=8, fidelity=1.0)) == [[], []]
    plan = developed("development", bars=8, fidelity=0.4)
    assert {phrase.fidelity for phrase in plan.section("X").phrases} == {0.4}
    upside_down = developed("development", bars=8, **{"as": ["inversion"]})
    assert upside_down.section("X").transformations[0].name == "inversion"
    assert upside_down.section("X").fidelity == 1.0


def test_phrases_that_are_deleted_are_developed_anew(developed, library):
    plan = developed("development", bars=12)
    bare = plan.section("X").model_copy(update={"phrases": None})
    sections = tuple(bare if entry.id == "X" else entry for entry in plan.sections)
    assert resolve(plan.model_copy(update={"sections": sections}), library=library) == plan


def test_a_coda_leans_to_the_subdominant_and_closes_as_its_theme_does(developed):
    plan = developed("coda", bars=8)
    first, last = plan.section("X").phrases[0], plan.section("X").phrases[-1]
    assert first.transformations[0].keys == "I -> IV"
    assert (last.theme_bars, last.cadence, last.fidelity) == ("5-8", "PAC", 1.0)


def test_a_song_plays_its_coda_without_the_voice(developed, library):
    plan = developed("coda", bars=8).model_copy(update={"ensemble": "song"})
    bare = plan.section("X").model_copy(update={"phrases": None, "fidelity": 0.5})
    sections = tuple(bare if entry.id == "X" else entry for entry in plan.sections)
    again = resolve(plan.model_copy(update={"sections": sections}), library=library)
    assert not any(phrase.fidelity == 1.0 for phrase in again.section("X").phrases)


@pytest.mark.parametrize("form", form_names())
def test_in_every_form_what_leads_on_ends_on_the_dominant_of_the_key_to_come(planned, form):
    for key in ("G major", "A minor"):
        plan = planned(form=form, key=key, meter="4/4", seed=1)
        home = parse_key(plan.key)
        for entry, after in pairwise(plan.sections):
            if entry.function in ("transition", "retransition"):
                goal = parse_key_path(after.key, home)[0]
                assert last_chord(plan, entry.id) == (str(goal), "V"), entry.id
