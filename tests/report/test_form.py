from __future__ import annotations

from dataclasses import replace

from composer.report.form import form_report
from composer.report.themes import Statement

REFRAIN = "E5 D5 C5 B4 | C5:4"
BASS = "C3 F3 G3:2 | C3:4"


def test_a_section_that_keeps_its_promise(keyboard, planned, tune):
    score = keyboard(REFRAIN, BASS)
    report = form_report(
        score,
        planned(score, at_quarter=4),
        statements=[Statement("A", tune(REFRAIN))],
        refrain=tune(REFRAIN),
        refrain_name="refrain",
    )
    assert [found.on_top for found in report.statements] == [1.0]
    assert [cadence.is_as_planned for cadence in report.cadences] == [True]
    assert (report.strays, report.silences, report.standing) == ((), (), ())


def test_the_refrain_in_another_theme_s_section_is_a_stray(keyboard, planned, tune):
    score = keyboard(f"{REFRAIN} | {REFRAIN}", f"{BASS} | {BASS}")
    outline, middle = planned(score, at_quarter=4), score.end_tick // 2
    (section,) = outline.sections
    sections = (
        replace(section, end_tick=middle),
        replace(section, id="B", label="B", theme="couplet", start_tick=middle),
    )
    report = form_report(score, replace(outline, sections=sections), refrain=tune(REFRAIN), refrain_name="refrain")
    assert [(stray.section.id, stray.match.share) for stray in report.strays] == [("B", 1.0)]


def test_without_a_refrain_no_strays_are_looked_for(keyboard, planned):
    score = keyboard(REFRAIN, BASS)
    assert form_report(score, planned(score, at_quarter=4)).strays == ()
