import numpy as np
import pytest

from composer.analysis.recurrence import edges, novelty
from composer.analysis.similarity import likeness_matrix

TUNE = "C5 E5 G5 E5 | F5 D5 C5 B4 | G4 A4 B4 C5 | D5:2 G4:2 | C5 E5 G5 E5 | A5 G5 F5 E5 | D5 E5 D5 B4 | C5:4 "
OTHER = "A4:2 B4:1/2 A4:1/2 G4 | F#4:3 F#4 | G4:3/2 A4:1/2 B4:2 | C5:4 | D5:3 C5 | B4:2 A4:2 | G4:3 F#4 | E4:4 "
HIGHER = "D5 F#5 A5 F#5 | G5 E5 D5 C#5 | A4 B4 C#5 D5 | E5:2 A4:2 | D5 F#5 A5 F#5 | B5 A5 G5 F#5 | E5 F#5 E5 C#5 | D5:4"


def likeness(voices, text):
    return likeness_matrix(voices(text))[0].astype(np.float64)


def test_a_repeated_tune_has_its_edges_where_it_begins_and_ends(voices):
    found = edges(likeness(voices, TUNE + OTHER + TUNE))
    assert set(np.flatnonzero(found > 0.9)) == {0, 8, 16}
    assert found[16] == pytest.approx(1)


def test_a_tune_that_comes_back_in_another_key_is_a_repetition(voices):
    assert set(np.flatnonzero(edges(likeness(voices, TUNE + OTHER + HIGHER)) > 0.9)) == {0, 8, 16}


def test_music_that_never_comes_back_has_no_strong_edges(voices):
    assert edges(likeness(voices, TUNE + OTHER)).max() < 0.5


def test_the_strongest_break_is_where_one_figure_gives_way_to_another(voices):
    figure, other = "C5 E5 G5 E5 " * 8, "A4:3 B4 " * 8
    found = novelty(likeness(voices, figure + other))
    assert found.argmax() == 8
    assert found[8] == 1


def test_one_bar_is_not_new(voices):
    assert novelty(likeness(voices, "C5:4")).tolist() == [0]
