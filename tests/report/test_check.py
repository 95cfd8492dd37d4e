"""Whole pieces whose notes are known: the golden ones, which a plan and a fake network made."""

from __future__ import annotations

from pathlib import Path

import pytest

from composer.errors import PlanError
from composer.report.as_json import FORMAT, report_json, totals
from composer.report.check import check_piece, plan_beside
from composer.report.form import FormReport, Unmet, form_report

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(scope="module")
def reports() -> dict[str, FormReport]:
    return {
        name: check_piece(GOLDEN / f"{name}.musicxml", plan_path=GOLDEN / f"{name}.yaml", style="bach").report
        for name in ("rondo", "chorale")
    }


def test_every_stated_theme_is_found_note_for_note(reports):
    for report in reports.values():
        plain = [found for found in report.statements if not found.statement.changes]
        assert {(found.on_top, found.semitones) for found in plain} == {(1.0, 0)}
        assert min(found.likeness for found in plain) > 0.85  # other voices are on top in the tune's rests
        assert all(span.agrees for span in report.keys)


def test_an_ornamented_return_is_like_its_theme(reports):
    (found,) = (found for found in reports["rondo"].statements if found.statement.changes == ("ornament",))
    assert 0.5 <= found.likeness < 1


def test_a_section_that_states_another_s_theme_is_heard_as_that_one(reports):
    labels = [(row.span.label, row.heard_as) for row in reports["rondo"].sections]
    assert labels == [("A", "A"), ("B", "B"), ("A", "A"), ("C", "A"), ("A", "A")]  # C is the refrain in minor
    assert all(row.agrees for row in reports["rondo"].sections)


def test_sections_with_an_upbeat_are_counted_from_their_first_bar(reports):
    told = report_json(reports["chorale"])
    assert [(row["first_bar"], row["last_bar"]) for row in told["sections"]] == [(1, 4), (5, 8), (9, 12)]
    assert [row["bar"] for row in told["chords"]] == list(range(13))


def test_what_a_machine_reads_is_whole(reports):
    told = report_json(reports["rondo"])
    assert (told["report"], told["planned"], told["bars"]) == (FORMAT, True, 20)
    assert told["totals"] == totals(reports["rondo"])
    assert told["totals"]["PAC_as_planned"] == [5, 5]
    assert told["totals"]["HC_as_planned"] is None  # none was planned
    assert [row["style"] for row in told["copies"]] == ["bach"]
    assert told["themes"][3]["key"] == "D minor"


def test_the_plan_of_another_piece_is_refused_with_both_names():
    with pytest.raises(PlanError, match=r"rondo\.musicxml: its upbeat is none, .*chorale\.yaml plans 1 beat"):
        check_piece(GOLDEN / "rondo.musicxml", plan_path=GOLDEN / "chorale.yaml", style="bach")


def test_the_resolved_plan_beside_a_piece_comes_before_the_stated_one(tmp_path):
    piece = tmp_path / "my.performed.mid"
    assert plan_beside(piece) is None
    (tmp_path / "my.yaml").touch()
    assert plan_beside(piece) == tmp_path / "my.yaml"
    (tmp_path / "my.resolved.yaml").touch()
    assert plan_beside(piece) == plan_beside(tmp_path / "my.mid") == tmp_path / "my.resolved.yaml"


def test_what_the_composing_missed_is_told():
    score = check_piece(GOLDEN / "rondo.musicxml", plan_path=GOLDEN / "rondo.yaml", style="bach").report.score
    report = form_report(score, unmet=(Unmet("B", 2, ("key",)),))
    assert report_json(report)["kept_off_plan"] == [{"section": "B", "phrase": 2, "goals": ["key"]}]


def test_bach_in_a_chorale_is_put_beside_his_chorales(tmp_path):
    plan = tmp_path / "chorale.yaml"
    text = (GOLDEN / "chorale.yaml").read_text(encoding="utf-8")
    plan.write_text(text.replace("style: chorale", "style: bach"), encoding="utf-8")
    report = check_piece(GOLDEN / "chorale.musicxml", plan_path=plan).report
    assert list(report.rates) == ["chorale"]
    assert report.copies[0].style == "chorale"
