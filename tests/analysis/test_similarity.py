import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.analysis.similarity import bar_similarity, likeness_matrix
from composer.score import Note, Part, Score, make_bars, sort_notes
from composer.theory.meter import TICKS_PER_QUARTER, Meter

Q = TICKS_PER_QUARTER


def test_a_transposed_bar_finds_its_model(keyboard):
    score = keyboard("C5 E5 G5 E5 | A4:4 | F5 A5 C6 A5", "C3:4 | F3:4 | F3:4")
    match = bar_similarity(score)[2]
    assert (match.bar, match.semitones, match.likeness) == (0, 5, 1.0)


def test_half_the_notes_are_half_a_likeness(voices):
    match = bar_similarity(voices("C5 D5 E5 F5 | C5 D5 A4 A4"))[1]
    assert match.semitones == 0
    assert match.likeness == pytest.approx(0.5)


def test_of_equal_models_the_untransposed_one_is_taken(voices):
    match = bar_similarity(voices("C5 D5 C5 D5 | D5 E5 D5 E5 | C5 D5 C5 D5"))[2]
    assert (match.bar, match.semitones) == (0, 0)


def test_the_first_bar_and_empty_bars_have_no_model(voices):
    matches = bar_similarity(voices("C5:4 -:4 C5:4"))
    assert matches[0] is None
    assert matches[1] is None
    assert matches[2].bar == 0


def test_an_upbeat_is_not_a_downbeat(voices):
    matches = bar_similarity(voices("G4 | C5:4 | G4:4", pickup=1))
    assert matches[1] is None


@given(st.lists(st.tuples(st.integers(0, 31), st.integers(55, 70)), min_size=2, max_size=24, unique=True))
@settings(max_examples=20)
def test_the_matrix_equals_a_slow_count(rows):
    notes = sort_notes(Note(step * Q // 2, pitch, Q // 2) for step, pitch in rows)
    score = Score((Part("Piano", notes),), make_bars(Meter(4, 4), 4))
    likeness, semitones = likeness_matrix(score)
    bars = [{(n.onset_tick % (4 * Q), n.pitch) for n in notes if n.onset_tick // (4 * Q) == bar} for bar in range(4)]
    for one in range(4):
        for other in range(one):
            total = max(1, len(bars[one]) + len(bars[other]))
            shared = {
                shift: 2 * len(bars[one] & {(tick, pitch + shift) for tick, pitch in bars[other]}) / total
                for shift in range(-12, 13)
            }
            assert likeness[one, other] == pytest.approx(max(shared.values()), abs=1e-5)
            if max(shared.values()):
                assert shared[int(semitones[one, other])] == pytest.approx(max(shared.values()), abs=1e-5)
