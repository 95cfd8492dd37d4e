from dataclasses import replace

import numpy as np
import pytest

from composer.outline import Outline, PhraseSpan
from composer.perform import perform
from composer.perform.articulation import contrast_gap, legato, phrase_gap, repetition_gap, shortened_log2, touch
from composer.perform.reading import read
from composer.score import Note, Slur
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER
BAR = 4 * Q


def shares(reading, **options):
    return 2 ** touch(reading, **options).articulation_log2


def test_the_style_says_how_long_a_key_is_held_unless_the_score_does(piano):
    signs = [(), ("staccato",), ("tenuto",), ("staccatissimo",), ("staccato", "tenuto"), ()]
    notes = [Note(beat * Q, 60 + beat, Q, articulations=sign) for beat, sign in enumerate(signs)]
    score = piano(notes, bars=2)
    # The last note is held whole.
    assert shares(read(score, Outline(score.bars)), share=0.8) == pytest.approx([0.8, 0.4, 0.98, 0.25, 0.7, 1.0])


@pytest.mark.parametrize(("program", "share"), [(0, 0.6), (6, 0.6), (40, 0.96), (42, 0.96), (53, 0.96), (73, 0.96)])
def test_bows_and_breath_hold_what_keys_let_go(piano, program, share):
    score = piano([Note(beat * Q, 60 + beat, Q) for beat in range(3)], bars=1, program=program)
    assert shares(read(score, Outline(score.bars)), share=0.6)[:2] == pytest.approx([share, share])


def test_slurred_notes_are_held_to_the_next_one(piano):
    score = piano([Note(beat * Q, 60 + beat, Q) for beat in range(5)], bars=2, slurs=(Slur(Q, 3 * Q),))
    assert shares(read(score, Outline(score.bars)), share=0.7) == pytest.approx([0.7, 1.0, 1.0, 0.7, 1.0])


def test_a_slur_binds_its_own_voice_only(piano):
    notes = [Note(beat * Q, pitch, Q, voice=voice) for beat in range(3) for voice, pitch in ((1, 72), (2, 60))]
    score = piano(notes, bars=1, slurs=(Slur(0, 2 * Q, voice=2),))
    reading = read(score, Outline(score.bars))
    assert shares(reading, share=0.7)[:4] == pytest.approx([1.0, 0.7, 1.0, 0.7])


def test_a_phrase_breathes_before_the_next(piano, tune):
    score = piano(tune(4), bars=4)
    reading = read(score, Outline(score.bars, phrases=(PhraseSpan(0, 2 * BAR), PhraseSpan(2 * BAR, 4 * BAR))))
    gaps = phrase_gap(reading, k=1.0).gap_sec
    assert set(reading.onset_tick[gaps > 0]) == {7 * Q}
    assert gaps.max() == pytest.approx(0.08)


def test_a_key_is_let_go_before_it_is_struck_again(piano):
    score = piano([Note(0, 60, Q), Note(Q, 60, Q // 2), Note(2 * Q, 60, Q), Note(3 * Q, 62, Q)], bars=1)
    # The second note ends well before the third.
    assert repetition_gap(read(score, Outline(score.bars)), k=1.0).gap_sec == pytest.approx([0.035, 0, 0, 0])


def test_a_gap_never_swallows_the_note():
    assert 2 ** shortened_log2(0.0, gap_sec=0.08, nominal_sec=0.5) == pytest.approx(0.84)
    assert 2 ** shortened_log2(0.0, gap_sec=0.5, nominal_sec=0.5) == pytest.approx(0.25)
    assert 2 ** shortened_log2(np.log2(0.1), gap_sec=0.5, nominal_sec=0.5) == pytest.approx(0.1)


def test_staccato_is_heard(piano, silent):
    score = piano([Note(0, 60, Q, articulations=("staccato",)), Note(Q, 62, Q), Note(2 * Q, 64, Q)], bars=1)
    notes = perform(score, Outline(score.bars), player=replace(silent, touch=0.9)).notes
    assert [row.duration_sec for row in notes] == pytest.approx([0.2, 0.45, 0.5])


def test_slurred_notes_are_held_into_the_next_one_slow_ones_less(piano):
    notes = [Note(0, 60, Q // 2), Note(Q // 2, 62, 2 * Q), Note(5 * Q // 2, 64, Q), Note(7 * Q // 2, 65, Q // 2)]
    score = piano(notes, bars=1, slurs=(Slur(0, 5 * Q // 2),))
    reading = read(score, Outline(score.bars))
    shares = 2 ** legato(reading, k=1.0).articulation_log2
    assert shares[0] == pytest.approx(1.144, abs=0.001)  # at 250 ms
    assert shares[1] == pytest.approx(1.062, abs=0.001)  # at a second
    assert shares[2:] == pytest.approx([1, 1])  # the last one under the slur is let go


def test_short_notes_are_detached_by_up_to_fifty_milliseconds_but_not_under_a_slur(piano):
    lengths = [Q // 2, Q, 2 * Q]
    notes = [Note(i * 2 * Q, 60, length) for i, length in enumerate(lengths)]
    score = piano(notes, bars=2)
    gap = contrast_gap(read(score, Outline(score.bars)), k=1.0).gap_sec
    assert gap == pytest.approx([0.045, 0.01575, 0])
    bound = replace(score, slurs=(Slur(0, 2 * Q),))
    assert contrast_gap(read(bound, Outline(score.bars)), k=1.0).gap_sec[0] == 0
