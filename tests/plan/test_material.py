"""What a resolved plan pins: each theme as its phrases state it."""

from __future__ import annotations

import pytest

from composer.plan.material import phrase_theme, theme_of
from composer.plan.model import Plan
from composer.plan.outline import phrase_places
from composer.plan.planner import resolve

TUNE = "G2 B2 d2 | c2 A2 F2 | G2 B2 e2 | d4 z2 | G2 B2 d2 | c2 A2 F2 | G2 A2 F2 | G6"


@pytest.fixture
def plan(library) -> Plan:
    return resolve(
        Plan.model_validate(
            {
                "form": "rondo",
                "style": "small",
                "key": "G major",
                "meter": "3/4",
                "themes": {"refrain": {"bars": 8, "melody": TUNE}, "couplet": {"bars": 4}},
                "sections": [
                    {"label": "A", "theme": "refrain", "bars": 8, "cadence": "PAC"},
                    {"label": "B", "theme": "refrain", "bars": 8, "key": "V"},
                    {"label": "C", "theme": "couplet", "bars": 8, "key": "vi"},
                    {"label": "A", "copy_of": "A", "as": [{"register": -12}]},
                    {"label": "D", "theme": "refrain", "key": "i", "bars": 8},
                ],
            }
        ),
        library=library,
    )


def sung(plan: Plan, section: str) -> list[int]:
    theme = theme_of(plan, "refrain")
    notes = []
    for place in phrase_places(plan):
        if place.section.id == section:
            part = phrase_theme(plan, place, theme, lowest=40, highest=90)
            notes += [note.pitch for note in part.melody.notes]
    return notes


def test_every_return_sounds_note_for_note_in_its_key(plan):
    home = [note.pitch for note in theme_of(plan, "refrain").melody.notes]
    assert sung(plan, "A") == home
    assert {b - a for a, b in zip(home, sung(plan, "B"), strict=True)} in ({7}, {-5})
    assert sung(plan, "A2") == [pitch - 12 for pitch in home]


def test_the_other_mode_lowers_the_third_and_keeps_the_leading_tone(plan):
    minor = sung(plan, "D")
    assert {pitch % 12 for pitch in minor} <= {7, 9, 10, 0, 2, 3, 5, 6}
    assert 11 not in {pitch % 12 for pitch in minor}
    assert 6 in {pitch % 12 for pitch in minor}


def test_a_theme_that_is_not_composed_is_free(plan):
    theme = theme_of(plan, "couplet")
    assert theme.melody.notes == ()
    assert theme.melody.free == ((0, theme.melody.end_tick),)
    assert theme.chords


def test_a_composed_theme_can_be_put_into_the_plan(plan, library):
    entry = plan.themes["couplet"].model_copy(update={"melody": "G2 B2 d2 | x6 | ^F2 A2 c2 | G6"})
    filled = plan.model_copy(update={"themes": {**plan.themes, "couplet": entry}})
    assert resolve(filled, library=library).sections == plan.sections
    assert len(theme_of(filled, "couplet").melody.notes) == 7
