import itertools
from dataclasses import replace

import numpy as np

from composer.analysis.sections import LETTERS, best_chain, find_sections, first_whole_bar
from composer.outline import PhraseSpan
from composer.score import Repeat
from composer.theory.harmony import Cadence
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER
TUNE = "C5 E5 G5 E5 | F5 D5 C5 B4 | C5 E5 G5 E5 | C5:4 "
LONG = "C5 E5 G5 E5 | F5 D5 C5 B4 | G4 A4 B4 C5 | D5:2 G4:2 | C5 E5 G5 E5 | A5 G5 F5 E5 | D5 E5 D5 B4 | C5:4 "
HIGHER = "D5 F#5 A5 F#5 | G5 E5 D5 C#5 | A4 B4 C#5 D5 | E5:2 A4:2 | D5 F#5 A5 F#5 | B5 A5 G5 F#5 | E5 F#5 E5 C#5 | D5:4"
OTHER = "A4:2 B4:1/2 A4:1/2 G4 | F#4:3 F#4 | G4 A4 B4:2 | G4:4 "


def phrases(*bars, bar_ticks=4 * Q):
    edges = [0]
    for count in bars:
        edges.append(edges[-1] + count * bar_ticks)
    return tuple(PhraseSpan(a, b, Cadence.PAC, b - bar_ticks) for a, b in itertools.pairwise(edges))


def test_a_returning_theme_gets_its_letter_back(voices):
    score = voices(TUNE * 2 + OTHER * 2 + TUNE * 2)
    sections = find_sections(score, phrases(8, 8, 8))
    assert [section.label for section in sections] == ["A", "B", "A"]
    assert [section.id for section in sections] == ["A", "B", "A2"]


def test_repeat_signs_divide(voices):
    score = replace(voices(TUNE + OTHER), repeats=(Repeat(0, 16 * Q),))
    assert [(s.start_tick, s.end_tick) for s in find_sections(score, phrases(4, 4))] == [(0, 16 * Q), (16 * Q, 32 * Q)]


def test_no_phrases_no_sections(voices):
    assert find_sections(voices(TUNE), ()) == ()


def test_repeats_that_are_written_out_are_the_same_letter(voices):
    score = voices(LONG * 2 + OTHER * 2 + LONG)
    assert [section.label for section in find_sections(score, phrases(*[4] * 10))] == ["A", "A", "B", "A"]


def test_a_return_in_another_key_keeps_its_letter(voices):
    score = voices(LONG + OTHER * 2 + HIGHER)
    assert [section.label for section in find_sections(score, phrases(8, 8, 8))] == ["A", "B", "A"]


def test_sections_begin_with_phrases(voices):
    starts = {0, 20 * Q, 64 * Q, 80 * Q}
    found = find_sections(voices(LONG * 2 + OTHER + LONG), phrases(5, 11, 4, 8))
    assert {section.start_tick for section in found} <= starts


def test_a_section_after_an_upbeat_counts_from_the_next_bar_line(voices):
    score = voices(TUNE)
    assert [first_whole_bar(score, tick) for tick in (0, 4 * Q, 7 * Q, 15 * Q)] == [0, 1, 2, 3]


def test_without_any_sign_of_it_a_division_falls_into_the_usual_lengths():
    assert best_chain(np.arange(0, 36, 4), [0.0] * 9) == [4]  # 16 + 16 bars rather than 8 times 4


def test_a_strong_sign_moves_the_division():
    assert best_chain(np.arange(0, 36, 4), [0.0, 0, 0, 0, 0, 0, 5, 0, 0]) == [2, 6]  # 8 + 16 + 8 bars


def test_letters_run_through_the_alphabet():
    assert LETTERS[0] == "A"
    assert len(set(LETTERS)) == 26
