"""The score put together: signatures, tempi, dynamics, marks, fermatas, parts."""

from __future__ import annotations

import pytest

from composer.fill.assemble import moved
from composer.score import LOWER_STAFF, UPPER_STAFF, Note
from composer.theory.meter import TICKS_PER_QUARTER

QUARTER = TICKS_PER_QUARTER
PIECE = """
plan: 1
title: A small piece
form: ternary
style: {style}
ensemble: {ensemble}
key: {key}
meter: "3/4"
pickup: {pickup}
tempo: 100
seed: 9
themes: {{first: {{bars: 4, type: chain}}}}
sections:
  - {{label: A, theme: first, bars: 4, key: {home}, cadence: PAC, dynamics: p}}
  - label: B
    theme: none
    bars: 6
    key: {other}
    dynamics: f
    tempo_factor: 0.9
    phrases:
      - {{bars: 4, cadence: HC, dynamics: cresc}}
      - {{bars: 2, cadence: PAC, fermata: true}}
  - {{label: R, theme: none, bars: 2, key: {home}, cadence: HC, tempo_factor: 1}}
  - {{label: A, id: A2, theme: first, bars: 4, key: {home}, cadence: PAC, dynamics: p, ritard: 0.5}}
"""


@pytest.fixture(scope="module", params=[0, 1])
def piece(request, fill_text):
    text = PIECE.format(style="bach", ensemble="keyboard", key="G major", home="I", other="iv", pickup=request.param)
    return fill_text(text), request.param * QUARTER


def test_the_signature_changes_at_the_bar_line_and_changes_back(piece):
    composed, pickup = piece
    keys = [(tick, str(key)) for tick, key in composed.filled.score.keys]
    assert keys == [(0, "G major"), (pickup + 12 * QUARTER, "C minor"), (pickup + 30 * QUARTER, "G major")]


def test_each_section_has_its_mark(piece):
    composed, _ = piece
    marks = [(mark.tick, mark.text) for mark in composed.filled.score.marks]
    assert marks == [(0, "A"), (12 * QUARTER, "B"), (30 * QUARTER, "R"), (36 * QUARTER, "A")]


def test_a_fermata_stands_on_its_phrase_s_last_chord(piece):
    composed, pickup = piece
    score = composed.filled.score
    assert len(score.fermata_ticks) == 1
    phrase = next(p for p in composed.outline.phrases if p.end_tick == 30 * QUARTER)
    assert score.fermata_ticks[0] == phrase.cadence_tick
    assert pickup + 24 * QUARTER <= score.fermata_ticks[0] < 30 * QUARTER


def test_tempo_and_dynamics_are_those_of_the_plan(piece):
    composed, _ = piece
    score = composed.filled.score
    assert [(mark.tick // QUARTER, mark.beat_bpm) for mark in score.tempos] == [(0, 100.0), (12, 90.0), (30, 100.0)]
    levels = [(mark.tick // QUARTER, mark.level) for mark in score.dynamics if mark.end_tick is None]
    assert levels[0] == (0, "p")
    assert (12, "f") in levels
    hairpins = [mark for mark in score.dynamics if mark.end_tick is not None]
    assert any(mark.level == "cresc" and 12 * QUARTER <= mark.tick < mark.end_tick <= 24 * QUARTER for mark in hairpins)


def test_a_keyboard_has_two_staves_and_both_have_notes(piece):
    composed, _ = piece
    (part,) = composed.filled.score.parts
    assert (part.name, part.program, part.staves) == ("Piano", 0, 2)
    assert {note.staff for note in part.notes} == {UPPER_STAFF, LOWER_STAFF}


def test_title_and_small_print(piece):
    composed, _ = piece
    score = composed.filled.score
    assert score.title == "A small piece"
    assert score.composer == "after Bach"
    assert score.credits == ("Ritornello: ternary, seed 9",)


def test_a_short_stay_in_another_key_keeps_the_signature(fill_text):
    text = PIECE.format(style="bach", ensemble="keyboard", key="G major", home="I", other="iv", pickup=0)
    composed = fill_text(
        text.replace("{label: R, theme: none, bars: 2, key: I", "{label: R, theme: none, bars: 2, key: V")
    )
    assert "D major" not in {str(key) for _, key in composed.filled.score.keys}


def test_a_choir_has_four_parts_of_one_voice(fill_text):
    text = PIECE.format(style="chorale", ensemble="chorale", key="A minor", home="i", other="III", pickup=1)
    parts = fill_text(text).filled.score.parts
    assert [part.name for part in parts] == ["Soprano", "Alto", "Tenor", "Bass"]
    assert all(part.notes and part.staves == 1 for part in parts)
    assert {(note.staff, note.voice) for part in parts for note in part.notes} == {(1, 1)}
    assert len({part.program for part in parts}) == 1


def test_an_organ_is_an_organ(fill_text):
    text = PIECE.format(style="bach", ensemble="organ", key="G major", home="I", other="V", pickup=0)
    (part,) = fill_text(text).filled.score.parts
    assert (part.name, part.program, part.staves) == ("Organ", 19, 2)


def test_moved_notes_keep_all_else():
    assert moved([Note(4, 60, 8, staff=2)], 10) == (Note(14, 60, 8, staff=2),)
