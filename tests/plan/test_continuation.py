"""How a piece goes on."""

from __future__ import annotations

import pytest

from composer.plan.continuation import continuation_of
from composer.plan.model import Link, Plan
from composer.plan.planner import resolve

MELODY = "G2 B2 d2 | c2 A2 F2 | G2 B2 A2 | G4 z2\n"
ENTERS = Link(key="G major", chord="I", bass="G2", top="G4")


def piece(**changes: object) -> Plan:
    """A small song of two sections."""
    fields = {
        "form": "binary",
        "style": "small",
        "key": "G major",
        "meter": "3/4",
        "pickup": 0.0,
        "seed": 3,
        "themes": {"A": {"bars": 4, "key": "I", "melody": MELODY, "phrases": [{"bars": 4, "cadence": "PAC"}]}},
        "sections": [{"label": "A", "id": "A", "bars": 8}, {"label": "B", "id": "B", "bars": 8}],
    }
    return Plan.model_validate(fields | changes)


@pytest.mark.parametrize("bars", [2, 5, 8, 11, 16, 24, 40, 200])
def test_it_has_the_bars_asked_for_and_ends_perfectly_at_home(bars, library):
    plan = resolve(continuation_of(piece(), bars=bars, enters=ENTERS), library=library)
    assert plan.bars == bars
    assert (plan.sections[-1].cadence, plan.sections[-1].key) == ("PAC", "I")
    assert plan.sections[0].enters == ENTERS


def test_the_theme_is_developed_and_returns(library):
    plan = resolve(continuation_of(piece(), bars=16, enters=ENTERS), library=library)
    development, returned, coda = plan.sections
    assert (development.label, development.cadence, development.function) == ("C", "HC", "development")
    assert (returned.label, returned.id, returned.function) == ("A", "A2", "recapitulation")
    assert [(p.theme, p.theme_bars, p.fidelity) for p in returned.phrases or ()] == [("A", "1-4", 1.0)]
    assert coda.ritard == 0.8
    assert plan.themes["A"].melody == MELODY


def test_in_minor_the_theme_returns_in_minor(library):
    plan = continuation_of(
        piece(key="E minor", themes={"A": {"bars": 4, "key": "i", "phrases": [{"bars": 4, "cadence": "PAC"}]}}),
        bars=16,
        enters=ENTERS,
    )
    assert [section.key for section in plan.sections] == ["III -> i", "i", "i"]
    resolve(plan, library=library)


def test_a_long_theme_returns_as_far_as_there_is_room(library):
    phrases = [{"bars": 4, "cadence": "HC"}, {"bars": 4, "cadence": "PAC"}]
    plan = continuation_of(piece(themes={"A": {"bars": 8, "key": "I", "phrases": phrases}}), bars=12, enters=ENTERS)
    returned = plan.sections[1]
    assert [(p.bars, p.theme_bars, p.cadence) for p in returned.phrases or ()] == [(4, "1-4", "HC"), (1, "5", "none")]
    assert resolve(plan, library=library).bars == 12


def test_a_piece_without_a_theme_is_closed(library):
    (coda,) = resolve(continuation_of(piece(themes={}), bars=8, enters=ENTERS), library=library).sections
    assert (coda.label, coda.bars, coda.cadence) == ("Coda", 8, "PAC")
