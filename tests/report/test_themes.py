from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.report.themes import Statement, best_match, judge_statement, top_line
from composer.theory.meter import TICKS_PER_QUARTER

REFRAIN = "G4 B4 D5 C5 | A4:2 F#4 G4"


def test_a_theme_over_a_bass_is_wholly_on_top(keyboard, tune):
    found = judge_statement(keyboard(REFRAIN, "G3:4 | D3:4"), Statement("A", tune(REFRAIN)))
    assert (found.on_top, found.octave) == (1.0, 0)


def test_a_higher_voice_hides_the_theme(keyboard, tune):
    score = keyboard("- - G5:2 | - -:3", REFRAIN)
    assert judge_statement(score, Statement("A", tune(REFRAIN))).on_top == pytest.approx(5 / 7)


def test_a_note_that_is_held_and_not_struck_is_no_theme_note(keyboard, tune):
    score = keyboard("C5:2 D5 E5")
    assert judge_statement(score, Statement("A", tune("C5 C5 D5 E5"))).on_top == 0.75


def test_a_return_may_lie_an_octave_lower_but_all_of_it(keyboard, tune):
    torn = judge_statement(keyboard("G4 B4 D5 C5 | A3:2 F#3 G3"), Statement("A", tune(REFRAIN)))
    assert torn.on_top == pytest.approx(4 / 7)
    whole = judge_statement(keyboard("G3 B3 D4 C4 | A3:2 F#3 G3"), Statement("A", tune(REFRAIN)))
    assert (whole.on_top, whole.octave) == (1.0, -12)


def test_a_statement_without_notes_is_refused(keyboard):
    with pytest.raises(ValueError, match="A2"):
        judge_statement(keyboard(REFRAIN), Statement("A2", ()))


def test_a_theme_is_found_later_and_in_another_key(tune):
    match = best_match(tune("- - D5 F#5 A5 G5 | E5:2 C#5 D5"), tune(REFRAIN))
    assert (match.share, match.offset_tick, match.semitones) == (1.0, 2 * TICKS_PER_QUARTER, 7)


def test_the_rhythm_alone_is_no_match(tune):
    assert best_match(tune("C4 A4 C4 A4 | C4:2 A4 C4"), tune(REFRAIN)).share < 0.6


def test_an_empty_line_matches_nothing(tune):
    assert best_match((), tune(REFRAIN)).share == 0.0


def test_the_top_line_passes_over_what_begins_under_a_held_note(keyboard):
    line = top_line(keyboard("C5:2 D5", "E4 F4 G4"), 0, 4 * TICKS_PER_QUARTER)
    assert line == ((0, 72), (2 * TICKS_PER_QUARTER, 74))


@given(
    steps=st.lists(st.tuples(st.integers(1, 8), st.integers(48, 84)), min_size=2, max_size=20),
    semitones=st.integers(-12, 12),
    offset=st.integers(0, 64),
)
def test_every_tune_matches_itself_moved(steps, semitones, offset):
    onset, notes = 0, []
    for length, pitch in steps:
        notes.append((onset, pitch))
        onset += length
    assert best_match([(tick + offset, pitch + semitones) for tick, pitch in notes], notes).share == 1.0
