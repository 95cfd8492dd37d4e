"""What returns, and how."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from composer.analysis.form import find_returns, letters_of, opening_returns, section_starts
from composer.outline import KeySpan, PhraseSpan
from composer.score import Note, Part, Repeat, Score, make_bars
from composer.theory.harmony import Cadence
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER as Q
from composer.theory.meter import parse_meter

METER = parse_meter("4/4")
TUNE = (72, 74, 76, 77, 79, 77, 76, 74, 72, 76, 74, 71, 72, 71, 72, 72)
OTHER = (79, 79, 81, 79, 84, 83, 84, 86, 83, 81, 79, 77, 76, 74, 76, 79)


def score_of(tunes: Sequence[Sequence[int]], basses: Sequence[int]) -> Score:
    """Quarter notes, 16 a section, over a bass a bar, each section with its own."""
    notes: list[Note] = []
    for place, (tune, bass) in enumerate(zip(tunes, basses, strict=True)):
        start = place * 16 * Q
        notes += [Note(start + index * Q, pitch, Q) for index, pitch in enumerate(tune)]
        notes += [Note(start + bar * 4 * Q + beat * Q, bass + beat, Q) for bar in range(4) for beat in range(4)]
    return Score((Part("Piano", tuple(sorted(notes))),), make_bars(METER, 4 * len(tunes)))


SPANS = [(0, 4), (4, 8), (8, 12)]


def test_a_refrain_returns_note_for_note():
    returns = find_returns(score_of([TUNE, OTHER, TUNE], [48, 40, 48]), SPANS)
    assert letters_of(returns) == ("A", "B", "A")
    found = returns[2]
    assert (found.of, found.slip, found.semitones, found.likeness) == (0, 0, 0, 1.0)
    assert found.melody == (1.0,) * 4


@pytest.mark.parametrize("semitones", [-5, 3, 7])
def test_a_transposed_refrain_is_the_same_section(semitones):
    moved = [pitch + semitones for pitch in TUNE]
    returns = find_returns(score_of([TUNE, OTHER, moved], [48, 40, 48 + semitones]), SPANS)
    assert letters_of(returns) == ("A", "B", "A")
    assert returns[2].semitones == semitones


def test_a_refrain_over_a_new_accompaniment_is_the_same_section():
    returns = find_returns(score_of([TUNE, OTHER, TUNE], [48, 40, 54]), SPANS)
    assert letters_of(returns) == ("A", "B", "A")
    assert returns[2].likeness < 0.6 < min(returns[2].melody)


def test_a_bar_more_at_the_beginning_hides_no_return():
    score = score_of([TUNE, OTHER, TUNE], [48, 40, 48])
    returns = find_returns(score, [(0, 4), (4, 7), (7, 12)])
    assert letters_of(returns) == ("A", "B", "A")
    assert returns[2].slip == -1


def test_new_music_is_another_section():
    backwards = [pitch + 3 for pitch in OTHER[::-1]]
    assert letters_of(find_returns(score_of([TUNE, OTHER, backwards], [48, 40, 53]), SPANS)) == ("A", "B", "C")


def test_signs_begin_sections_and_long_ones_are_divided():
    """A repeated first part of four bars; what follows is long enough to be looked into."""
    score = score_of([TUNE, *[OTHER, TUNE[::-1]] * 5], [48, *[40, 45] * 5])
    ends = [16 * Q * (place + 1) for place in range(11)]
    phrases = [PhraseSpan(end - 16 * Q, end) for end in ends]
    signed = Score(score.parts, score.bars, repeats=(Repeat(0, ends[0]),))
    starts = section_starts(signed, phrases, ())
    assert starts[:2] == (0, ends[0])
    assert set(starts) <= {0, *ends}
    assert len(starts) > 2


def test_the_opening_is_heard_again_wherever_it_comes_back():
    up = [pitch + 5 for pitch in TUNE]
    score = score_of([TUNE, OTHER, TUNE[::-1], up, OTHER], [48, 40, 45, 50, 41])
    assert opening_returns(score) == (48 * Q,)


def test_a_new_key_begins_a_section():
    """Twice eight bars of which nothing returns, in C and in A flat."""
    tunes = [TUNE, OTHER, TUNE[::-1], [pitch - 4 for pitch in OTHER[::-1]]]
    score = score_of(tunes, [48, 40, 44, 51])
    phrases = [PhraseSpan(16 * Q * place, 16 * Q * (place + 1), Cadence.PAC) for place in range(4)]
    keys = (KeySpan(0, 32 * Q, parse_key("C major")), KeySpan(32 * Q, 64 * Q, parse_key("Ab major")))
    assert section_starts(score, phrases, keys) == (0, 32 * Q)


def test_no_two_sections_share_a_letter_by_chance():
    letters = letters_of([None] * 60)
    assert len(set(letters)) == 60
    assert (letters[25], letters[26], letters[52]) == ("Z", "AA", "BA")
