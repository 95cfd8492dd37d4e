from __future__ import annotations

from dataclasses import replace

import pytest

from composer.report.asked import Asked, SectionAsked
from composer.report.form import form_report
from composer.report.themes import Statement

REFRAIN = "E5:1/2 F5:1/2 D5 C5:1/2 D5:1/2 B4 | C5:1 G4:1 C5:2"
BASS = "C3 F3 G3:2 | C3:4"
COUPLET = "G4 A4 F4 G4 | E4:4"


@pytest.fixture
def asked(planned, tune):
    """A section that states the refrain, then (where the score goes on) one that should be new."""

    def ask(score, *, bars=2, **options):
        outline = planned(score, at_quarter=4, **options)
        (section,), middle = outline.sections, bars * 4 * 10_080
        first = replace(section, end_tick=middle)
        rows = [SectionAsked(first, "theme refrain", themes=frozenset({"refrain"}))]
        if score.end_tick > middle:
            second = replace(section, id="B", label="B", theme="", start_tick=middle)
            rows.append(SectionAsked(second, "B"))
        statement = Statement("A", tune(REFRAIN), "refrain", 0, middle, "C major", plain=tune(REFRAIN))
        sections = tuple(row.span for row in rows)
        return Asked(replace(outline, sections=sections), (statement,), tuple(rows), {"refrain": tune(REFRAIN)})

    return ask


def test_a_section_that_keeps_its_promise(keyboard, asked):
    score = keyboard(REFRAIN, BASS)
    report = form_report(score, asked(score))
    assert [(found.on_top, found.likeness, found.semitones) for found in report.statements] == [(1.0, 1.0, 0)]
    assert [cadence.is_as_planned for cadence in report.cadences] == [True]
    assert [(row.span.id, row.heard_as, row.agrees) for row in report.sections] == [("A", "A", True)]
    assert (report.strays, report.silences, report.standing) == ((), (), ())


def test_a_wrong_note_in_a_theme_is_no_longer_the_whole_theme(keyboard, asked):
    score = keyboard("E5:1/2 F5:1/2 D5 C#5:1/2 D5:1/2 B4 | C5:1 G4:1 C5:2", BASS)
    (found,) = form_report(score, asked(score)).statements
    assert found.on_top == pytest.approx(8 / 9)
    assert found.likeness == pytest.approx(8 / 9)


def test_a_theme_in_another_key_is_found_where_it_is(keyboard, asked):
    score = keyboard("F#5:1/2 G5:1/2 E5 D5:1/2 E5:1/2 C#5 | D5:1 A4:1 D5:2", "D3 G3 A3:2 | D3:4")
    (found,) = form_report(score, asked(score)).statements
    assert (found.on_top, found.likeness, found.semitones, found.offset_tick) == (0.0, 1.0, 2, 0)


def test_a_theme_a_beat_late_is_told_to_be_late(keyboard, asked):
    score = keyboard("- E5:1/2 F5:1/2 D5 C5:1/2 D5:1/2 | B4 C5:1 G4:1 C5", BASS)
    (found,) = form_report(score, asked(score)).statements
    assert (found.semitones, found.offset_tick) == (0, 10_080)
    assert found.likeness == pytest.approx((9 / 10) ** 0.5)  # the bass is on top before it


def test_the_refrain_in_a_section_that_should_be_new_is_a_stray_and_the_same_letter(keyboard, asked):
    score = keyboard(f"{REFRAIN} | {REFRAIN}", f"{BASS} | {BASS}")
    report = form_report(score, asked(score))
    assert [(stray.section.id, stray.theme, stray.match.share) for stray in report.strays] == [("B", "refrain", 1.0)]
    assert [(row.heard_as, row.agrees) for row in report.sections] == [("A", True), ("A", False)]


def test_a_new_section_has_a_letter_of_its_own(keyboard, asked):
    score = keyboard(f"{REFRAIN} | {COUPLET}", f"{BASS} | {BASS}")
    report = form_report(score, asked(score))
    assert [(row.heard_as, row.agrees) for row in report.sections] == [("A", True), ("B", True)]


def test_a_section_that_the_plan_leaves_open_may_be_heard_as_either(keyboard, asked):
    score = keyboard(f"{REFRAIN} | {REFRAIN}", f"{BASS} | {BASS}")
    wishes = asked(score)
    rows = (wishes.sections[0], replace(wishes.sections[1], is_free=True))
    assert [row.agrees for row in form_report(score, replace(wishes, sections=rows)).sections] == [True, True]


def test_a_part_beyond_its_compass_is_told(keyboard, asked):
    score = keyboard(REFRAIN, BASS)
    (inside,) = form_report(score, replace(asked(score), compasses={"Piano": (48, 84)})).ranges
    (outside,) = form_report(score, replace(asked(score), compasses={"Piano": (50, 84)})).ranges
    assert (inside.lowest, inside.highest, inside.is_inside) == (48, 77, True)
    assert not outside.is_inside


def test_planned_phrases_stand_beside_those_that_are_heard(keyboard, asked):
    score = keyboard(REFRAIN, BASS)
    (phrase,) = form_report(score, asked(score)).phrases
    assert (phrase.bars, phrase.found_bars) == (2, 2)


def test_without_a_plan_what_is_found_is_told_alone(keyboard):
    report = form_report(keyboard(REFRAIN, BASS))
    assert not report.is_planned
    assert [row.heard_as for row in report.sections] == ["A"]
    assert str(report.found.keys[0].key) == "C major"
    assert (report.statements, report.keys, report.cadences, report.chords) == ((), (), (), ())


def test_without_a_plan_a_return_has_the_letter_of_what_it_returns(keyboard):
    first = "E5:1/2 F5:1/2 D5 C5 B4 | C5 G4 C5:2 | E5:1/2 F5:1/2 D5 C5 B4 | C5 G4 C5:2 | A4 C5 F5 E5 | D5 B4 G4:2 | "
    second = "E5 D5 C5 B4 | G4 D5 B4 G4 | D5 F#5 A5 F#5 | G5:2 B4 D5 | A4:2 D5 C5 | B4 A4 G4:2 | "
    score = keyboard(first + "C5:4 | C5:4 | " + second * 2 + first + "C5:4 | C5:4", "C3:4 | G3:4 | " * 14)
    report = form_report(score)
    assert report.sections[0].heard_as == "A"
    assert "A" in [row.heard_as for row in report.sections[1:]]
    assert [row.span.id for row in report.sections if row.heard_as == "A"][:2] == ["A", "A2"]


def test_of_a_single_line_no_chords_and_cadences_are_judged(keyboard, asked):
    score = keyboard(REFRAIN)
    wishes = asked(score)
    report = form_report(score, replace(wishes, outline=replace(wishes.outline, ensemble="line")))
    assert (report.cadences, report.chords) == ((), ())
    assert [found.on_top for found in report.statements] == [1.0]
