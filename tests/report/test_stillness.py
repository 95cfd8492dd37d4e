from __future__ import annotations

from composer.report.stillness import silences, standing_chords
from composer.theory.meter import TICKS_PER_QUARTER


def test_a_rest_of_a_bar_is_no_silence_too_long(keyboard):
    assert silences(keyboard("C4:4 | -:4 | C4:4")) == ()


def test_a_longer_rest_is_found_where_it_is(keyboard):
    (found,) = silences(keyboard("C4:3 - | -:4 | C4:4"))
    assert (found.start_tick, found.bars) == (3 * TICKS_PER_QUARTER, 1.25)


def test_a_piece_that_stops_two_bars_early_is_silent_at_its_end(keyboard):
    (found,) = silences(keyboard("C4:4", bars=3))
    assert found.bars == 2


def test_one_hand_that_plays_on_is_no_silence(keyboard):
    assert silences(keyboard("C5:4 | -:8", "C3:4 | D3:4 | E3:4")) == ()


def test_a_chord_held_for_three_bars_stands(keyboard):
    (found,) = standing_chords(keyboard("C4+E4+G4:12"))
    assert found.bars == 3


def test_a_chord_struck_on_with_rests_stands(keyboard):
    (found,) = standing_chords(keyboard("C4+E4+G4 - C4+E4+G4 - |" * 3))
    assert (found.start_tick, found.bars) == (0, 2.75)


def test_a_moving_line_over_a_held_chord_does_not_stand(keyboard):
    assert standing_chords(keyboard("C5 D5 E5 F5 |" * 3, "C3+G3:12")) == ()


def test_one_long_note_is_no_chord(keyboard):
    assert standing_chords(keyboard("C5:12")) == ()
