import pytest

from composer.analysis.figures import FIGURES, piece_figures


def test_figures_of_two_bars(keyboard):
    figures = piece_figures(keyboard("C5 D5 E5 D5 | C5:4", "C3:4 | -:2 C3:2"))
    assert tuple(figures) == FIGURES
    assert figures["notes_per_bar"] == 3.5
    assert figures["polyphony"] == pytest.approx((8 + 6) / 8)
    assert figures["rest_share"] == 0.0
    assert figures["melodic_interval"] == pytest.approx(2.0)
    assert figures["melodic_step_share"] == 1.0


def test_chords_that_are_struck_again_are_counted(keyboard):
    figures = piece_figures(keyboard("C5+E5 C5+E5 C5+E5 D5+F5", "-:4"))
    assert figures["repeated_chord_share"] == pytest.approx(2 / 3)  # two of the three that follow another


def test_silence_is_a_rest(keyboard):
    assert piece_figures(keyboard("C5 - - -", "C3 - - -"))["rest_share"] == pytest.approx(0.75)


def test_one_pitch_class_has_no_entropy(keyboard):
    assert piece_figures(keyboard("C5 C5", "C3 C4"))["pitch_class_entropy"] == pytest.approx(0.0)


def test_a_piece_without_notes_has_no_figures(voices):
    assert piece_figures(voices("C5")) == {}
