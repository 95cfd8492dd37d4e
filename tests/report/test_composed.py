"""What a plan pins is found in the notes that the filling makes of it; the network is a fake."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from composer.analysis.copying import RunIndex
from composer.pipeline import fill_plan, plan_piece
from composer.report.asked import asked_of
from composer.report.check import report_on
from composer.report.form import form_report


@pytest.fixture(scope="module")
def filled(make_fake_source):
    """Plan and fill a form once."""
    pieces = {}

    def fill(form: str, **options):
        if form not in pieces:
            plan = plan_piece(form=form, style="bach", seed=3, **options)
            pieces[form] = fill_plan(plan, make_source=make_fake_source)[0]
        return pieces[form]

    return fill


@pytest.mark.parametrize("form", ["rondo", "minuet", "fugue"])
def test_every_exact_statement_is_found_note_for_note(filled, form):
    piece = filled(form)
    report = report_on(piece.score, piece.plan)
    exact = [found for found in report.statements if found.statement.is_exact]
    assert len(exact) > 3
    assert [(found.statement.section, found.on_top) for found in exact if found.on_top < 1] == []
    assert [row.span.id for row in report.sections if not row.agrees] == []


def test_a_fugue_s_entries_are_looked_for_in_their_voices(filled):
    piece = filled("fugue")
    entries = [statement for statement in asked_of(piece.plan).statements if statement.voice]
    assert {statement.voice for statement in entries} == {"soprano", "alto", "bass"}
    assert "tonal answer" in {change for statement in entries for change in statement.changes}


def test_a_note_taken_from_an_entry_is_missed(filled):
    piece = filled("fugue")
    asked = asked_of(piece.plan)
    entry = next(statement for statement in asked.statements if statement.voice == "bass")
    tick, pitch = entry.notes[2]
    parts = tuple(
        replace(part, notes=tuple(n for n in part.notes if n.onset_tick != tick or n.pitch % 12 != pitch % 12))
        for part in piece.score.parts
    )
    report = form_report(replace(piece.score, parts=parts), asked)
    found = next(row for row in report.statements if row.statement == entry)
    assert found.on_top == pytest.approx(1 - 1 / len(entry.notes))


def test_notes_that_the_user_gave_are_no_copies(filled, monkeypatch):
    left_out = []
    monkeypatch.setattr("composer.report.form.longest_shared_run", lambda *_, **options: left_out.append(options))
    piece = filled("rondo")
    index = RunIndex(8, np.zeros(0, np.uint32), 0.0, 0.0, 1)
    for given in ((), ("refrain",)):
        form_report(piece.score, asked_of(piece.plan, given=given), runs={"bach": index})
    none, tunes = (options["left_out"] for options in left_out)
    notes = {(note.onset_tick, note.pitch) for _, note in piece.score.notes()}
    exact = [row for row in asked_of(piece.plan).statements if row.is_exact and row.theme == "refrain"]
    assert none == frozenset()
    assert tunes <= notes
    assert len(tunes) == sum(len(row.notes) for row in exact)
