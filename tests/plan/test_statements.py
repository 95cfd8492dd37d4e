"""A theme that comes back transformed has the harmony that its transformed tune asks for."""

from __future__ import annotations

import pytest

from composer.errors import ThemeError
from composer.plan.material import phrase_theme, theme_of
from composer.plan.model import Plan, SectionEntry
from composer.plan.outline import PhrasePlace, phrase_places
from composer.plan.planner import resolve

TUNE = "G2 B2 d2 | c2 A2 F2 | G2 B2 e2 | d4 z2 | G2 B2 d2 | c2 A2 F2 | A2 G2 F2 | G4 z2"
HARMONY = "I | V7 | I . vi | V | I | V7 | ii6 . V | I"


@pytest.fixture
def planned(library):
    """Plan a rondo whose B states the refrain transformed."""

    def plan(*items, harmony=HARMONY, melody=TUNE, bars=8, **fields) -> Plan:
        kind = "period" if bars == 8 else "chain"
        theme = {"bars": bars, "melody": melody, "harmony": harmony, "type": kind}
        stated = {
            "form": "rondo",
            "style": "small",
            "key": "G major",
            "meter": "3/4",
            "seed": 1,
            "themes": {"refrain": {name: value for name, value in theme.items() if value is not None}},
            "sections": [
                {"label": "A", "theme": "refrain", "bars": bars},
                {"label": "B", "theme": "refrain", "bars": bars, "as": list(items), **fields},
            ],
        }
        return resolve(Plan.model_validate(stated), library=library)

    return plan


def phrases(plan: Plan, section: str = "B") -> list[PhrasePlace]:
    return [place for place in phrase_places(plan) if place.section.id == section]


def chords(plan: Plan, section: str = "B") -> list[str]:
    return [phrase.harmony for phrase in plan.section(section).phrases]


def share_of_chord_tones(plan: Plan) -> float:
    """Of the notes on downbeats of B, how many belong to the planned chord."""
    theme = theme_of(plan, "refrain")
    found = []
    for place in phrases(plan):
        for note in phrase_theme(plan, place, theme).melody.notes:
            if note.onset_tick % theme.meter.bar_ticks == 0:
                slot = next(s for s in place.slots if s.start_tick <= note.onset_tick + place.bar_tick < s.end_tick)
                found.append(note.pitch % 12 in slot.chord.pitch_classes(slot.key))
    return sum(found) / len(found)


@pytest.mark.parametrize("name", ["inversion", "retrograde"])
def test_the_harmony_hears_the_transformed_tune(planned, name):
    plan = planned(name)
    assert chords(plan) != chords(plan, "A")
    assert share_of_chord_tones(plan) >= 0.6
    own = tuple(
        b.model_copy(update={"harmony": a.harmony, "formula": a.formula})
        for a, b in zip(plan.section("A").phrases, plan.section("B").phrases, strict=True)
    )
    sections = (plan.section("A"), plan.section("B").model_copy(update={"phrases": own}))
    assert share_of_chord_tones(plan) > share_of_chord_tones(plan.model_copy(update={"sections": sections}))


def test_ornaments_and_another_register_keep_the_harmony(planned):
    plan = planned("ornament", {"register": -12})
    assert chords(plan) == chords(plan, "A")


def test_each_copy_of_a_sequence_has_its_chords_a_step_on(planned):
    plan = planned(
        {"fragment": "1-2"},
        {"sequence": {"step": -1, "times": 1}},
        harmony="I | IV | ii6 | V",
        melody="G2 B2 d2 | c2 A2 F2 | G2 B2 A2 | F4 z2",
        bars=4,
        cadence="none",
    )
    assert chords(plan) == ["I | IV | viio | iii"]
    assert share_of_chord_tones(plan) == 1.0


def test_a_sequence_makes_room_for_the_cadence_that_is_stated(planned):
    plan = planned(
        {"fragment": 1}, {"sequence": {"step": 1, "times": 3}}, harmony="I | IV | V | I", bars=4, cadence="PAC",
        melody="G2 B2 d2 | c2 e2 g2 | f2 d2 A2 | G4 z2",
    )  # fmt: skip
    bars = chords(plan)[0].split(" | ")
    assert bars[:2] == ["I", "ii"]
    assert bars[-1].split()[-1] == "I"


def test_augmentation_stretches_the_chords(planned):
    plan = planned({"fragment": "1-2"}, "augmentation", cadence="PAC")
    first = chords(plan)[0].split(" | ")
    assert first[:2] == ["I", "."]


def test_a_transposed_statement_has_its_harmony_in_its_key(planned):
    plan = planned({"transposition": "V"})
    assert [phrase.key for phrase in plan.section("B").phrases] == ["V", "V"]
    assert chords(plan) == chords(plan, "A")
    assert share_of_chord_tones(plan) == share_of_chord_tones(planned())


def test_a_cadence_that_nobody_stated_follows_the_transformed_tune(planned):
    tune = "B2 A2 G2 | A2 B2 c2 | d2 c2 A2 | G4 z2"
    backwards = planned("retrograde", harmony="I | V7 | IV V | I", melody=tune, bars=4)
    assert backwards.section("B").cadence == backwards.section("B").phrases[-1].cadence == "IAC"  # it ends on B
    stated = planned("retrograde", harmony="I | V7 | IV V | I", melody=tune, bars=4, cadence="HC")
    assert stated.section("B").cadence == stated.section("B").phrases[-1].cadence == "HC"


@pytest.mark.parametrize("name", ["inversion", "retrograde", "reharmonize"])
@pytest.mark.parametrize("melody", [TUNE, None])
def test_a_resolved_plan_stays_as_it_is(planned, library, name, melody):
    plan = planned(name, melody=melody, harmony=None)
    assert resolve(plan, library=library) == plan


def test_a_tune_that_is_not_composed_yet_gets_other_chords_under_the_same_cadences(planned):
    plan = planned("reharmonize", melody=None)
    assert chords(plan) != chords(plan, "A")
    assert [p.cadence for p in plan.section("B").phrases] == [p.cadence for p in plan.section("A").phrases]


def test_stated_chords_are_never_changed(planned, library):
    plan = planned("inversion")
    entry = plan.section("B")
    stated = entry.phrases[0].model_copy(update={"harmony": "I | IV | ii6 | V", "formula": None})
    entry = entry.model_copy(update={"phrases": (stated, *entry.phrases[1:])})
    again = resolve(plan.model_copy(update={"sections": (plan.section("A"), entry)}), library=library)
    assert chords(again)[0] == "I | IV | ii6 | V"


def test_a_copy_that_is_transformed_does_not_copy_the_chords(planned, library):
    plan = planned("ornament")
    copy = SectionEntry(label="C", copy_of="A", transformations=({"name": "inversion"},))
    again = resolve(plan.model_copy(update={"sections": (*plan.sections, copy)}), library=library)
    assert chords(again, "C") != chords(again, "A")


@pytest.mark.parametrize(("fidelity", "alike"), [(0.7, True), (0.4, False), (0.5, True)])
def test_what_is_to_be_like_a_theme_has_its_chords_up_to_its_cadence(planned, fidelity, alike):
    plan = planned(fidelity=fidelity, phrases=[{"bars": 8, "theme": "refrain", "cadence": "PAC"}])
    own = " | ".join(chords(plan, "A")).split(" | ")
    follows = chords(plan)[0].split(" | ")
    assert (follows[:6] == own[:6]) == alike


def test_what_is_close_to_a_theme_has_all_its_chords_where_nothing_else_is_asked(planned):
    def bars(**asked):
        plan = planned(fidelity=0.7, phrases=[{"bars": 8, "theme": "refrain", "cadence": "PAC", **asked}])
        return chords(plan)[0].split(" | "), " | ".join(chords(plan, "A")).split(" | ")

    follows, own = bars()
    assert follows == own
    follows, own = bars(schema="descending fifths")
    assert follows != own


def test_an_impossible_transformation_is_told_with_its_section(planned):
    with pytest.raises(ThemeError, match=r"too short to be divided by 4") as caught:
        planned({"diminution": 4}, {"diminution": 4}, {"diminution": 4})
    assert caught.value.problems[0].place.detail == "sections[1]"
