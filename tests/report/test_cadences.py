from __future__ import annotations

import pytest

from composer.report.cadences import judge_cadences


@pytest.fixture
def judged(keyboard, planned):
    def judge(upper, lower, *, cadence="PAC", at_quarter, key="C major", meter="4/4"):
        score = keyboard(upper, lower, meter=meter)
        (found,) = judge_cadences(score, planned(score, cadence=cadence, at_quarter=at_quarter, key=key))
        return found

    return judge


def test_five_one_with_the_tonic_on_top_is_perfect(judged):
    found = judged("E5 D5 C5 B4 | E4+C5:4", "C3 F3 G3:2 | C3:4", at_quarter=4)
    assert found.is_as_planned
    assert not found.bare


@pytest.mark.parametrize(
    ("upper", "lower", "missing"),
    [
        ("E5 D5 C5 B4 | C5+E5:4", "C3 F3 G3:2 | C3:4", "top"),
        ("E5 D5 C5 B4 | C5:4", "C3 F3 G3:2 | E3:4", "bass"),
        ("E5 D5 C5 B4 | A4+C5:4", "C3 F3 G3:2 | C3:4", "chord"),
        ("E5 D5 C5 B4 | C5:4", "C3 F3 B2:2 | C3:4", "before"),
        ("E5 D5 C5 A4 | C5:4", "C3 F3 F3:2 | C3:4", "before"),
        ("E5 D5 D5 G4 | C5:4", "C3 F3 G3:2 | C3:4", None),
        ("E5 D5 C5 G4 | C5:4", "C3 F3 G3:2 | C3:4", "before"),
    ],
)
def test_each_fault_of_a_perfect_cadence_is_named(judged, upper, lower, missing):
    found = judged(upper, lower, at_quarter=4)
    faults = [word for word in ("bass", "top", "chord", "before", "strong") if not getattr(found, word)]
    assert faults == ([missing] if missing else [])


def test_a_long_six_four_belongs_to_the_dominant(judged):
    """Thick and twice as long as the V that it leads to."""
    found = judged("E5+C5+E4:2 B4 C5 | C5:3", "G3:2 G3 | C3:3", at_quarter=3, meter="3/4")
    assert found.is_as_planned


def test_a_bass_that_leaps_to_its_chord_is_the_bass_of_the_beat(judged):
    """As the left hand of a rag: G, then F and B above, an eighth each."""
    assert judged("B4 C5", "G2:0.5 F3+B3:0.5 C3", at_quarter=1, meter="2/4").before
    assert not judged("B4 C5", "D3:0.5 F3+B3:0.5 C3", at_quarter=1, meter="2/4").before


def test_a_bass_that_leads_on_above_itself_is_the_bass_of_the_beat(judged):
    """G, held into the last beat, then A and B up to C; not where F goes below it."""
    assert judged("D5:2 B4:2 | C5:4", "C3 F3 G3:1.5 A3:0.25 B3:0.25 | C4:4", at_quarter=4).before
    assert not judged("D5:2 B4:2 | C5:4", "C3 F3 G3:1.5 F3:0.25 B3:0.25 | C4:4", at_quarter=4).before


def test_a_cadence_on_the_second_beat_is_weak(judged):
    assert not judged("E5 D5 C5 B4 | B4 C5:3", "C3 F3 G3:2 | G3 C3:3", at_quarter=5).strong


def test_a_cadence_in_the_middle_of_four_four_is_strong(judged):
    assert judged("D5 B4 C5:2", "G3:2 C3:2", at_quarter=2).is_as_planned


def test_a_bare_octave_is_a_half_cadence_without_its_third(judged):
    found = judged("C5 E5 D5 C5 | G4:4", "C3 C4 F3:2 | G3:4", cadence="HC", at_quarter=4)
    assert found.is_as_planned
    assert found.bare


def test_a_half_cadence_stands_on_the_root(judged):
    assert not judged("C5 E5 D5 C5 | D5:4", "C3 C4 F3:2 | B2:4", cadence="HC", at_quarter=4).bass


def test_minor_may_end_on_the_picardy_third(judged):
    assert judged("F5 D5 C5 B4 | E4+C5:4", "C3 F3 G3:2 | C3:4", at_quarter=4, key="C minor").is_as_planned


def test_other_cadences_are_not_judged(keyboard, planned):
    score = keyboard("E5 D5 C5 B4 | A4:4", "C3 F3 G3:2 | A3:4")
    assert judge_cadences(score, planned(score, cadence="DC", at_quarter=4)) == ()
