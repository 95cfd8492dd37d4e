from __future__ import annotations

from dataclasses import replace

import pytest

from composer.errors import PlanError
from composer.outline import Outline, SectionSpan
from composer.plan.model import Plan, RepeatEntry
from composer.report.fitting import as_written, fitted
from composer.score import make_bars
from composer.theory.meter import parse_meter

BAR = 4 * 10_080
ONE, TWO = "C4 D4 E4 F4 |", "G4 A4 B4 C5 |"


def sections(*labels: str) -> Outline:
    """Sections of a bar each."""
    spans = (SectionSpan(place * BAR, (place + 1) * BAR, label, label) for place, label in enumerate(labels))
    return Outline(make_bars(parse_meter("4/4"), len(labels)), sections=tuple(spans))


def plan(*labels: str, **options) -> Plan:
    return Plan(form="binary", style={"bach": 1.0}, sections=tuple({"label": x, "id": x} for x in labels), **options)


def test_of_a_repeated_section_the_first_time_is_taken(keyboard):
    repeated = plan("A", "B", repeats=(RepeatEntry(sections=("A",)),))
    found = as_written(keyboard(ONE + "C4:4 |" + TWO), repeated, sections("A", "B"))
    assert found.parts[0].notes == keyboard(ONE + TWO).parts[0].notes
    assert len(found.bars) == 2


def test_of_a_da_capo_nothing_is_taken_again(keyboard):
    found = as_written(keyboard(ONE + TWO + ONE), plan("A", "B", da_capo="A"), sections("A", "B"))
    assert found.parts[0].notes == keyboard(ONE + TWO).parts[0].notes


def test_a_sheet_that_writes_the_section_once_stays_as_it_is(keyboard):
    score = keyboard(ONE + TWO)
    assert as_written(score, plan("A", "B", repeats=(RepeatEntry(sections=("A",)),)), sections("A", "B")) is score
    assert as_written(score, plan("A", "B"), sections("A", "B")) is score


def test_empty_bars_at_the_end_make_no_other_piece(keyboard):
    score = keyboard(ONE + TWO, bars=4)
    assert len(fitted(score, sections("A", "B"), source="a", plan_source="b").bars) == 2
    assert len(fitted(keyboard(ONE), sections("A", "B"), source="a", plan_source="b").bars) == 2


@pytest.mark.parametrize(
    ("score", "message"),
    [
        ("4/4 3", "my.mid: 3 bars, my.yaml plans 1"),
        ("3/4 1", "my.mid bar 1: 3/4, where my.yaml plans 4/4"),
        ("4/4 pickup", "my.mid: its upbeat is 1 beat, my.yaml plans none"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(keyboard, score, message):
    meter, bars = score.split()
    made = keyboard(ONE * 3, meter=meter)
    if bars == "pickup":
        made = replace(made, bars=make_bars(parse_meter(meter), 3, pickup_tick=10_080))
    with pytest.raises(PlanError, match=message):
        fitted(made, sections("A"), source="my.mid", plan_source="my.yaml")
