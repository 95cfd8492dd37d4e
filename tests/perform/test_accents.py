from dataclasses import replace

import numpy as np
import pytest

from composer.outline import DynamicSpan, Outline, SectionSpan
from composer.perform import perform
from composer.perform.accents import (
    bass_voicing,
    dynamics,
    high_loud,
    melody_voicing,
    metrical_accent,
    texture_loud,
    written_accent,
)
from composer.perform.reading import read
from composer.score import Dynamic, Note
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER
BAR = 4 * Q


def quarters(piano, count=16, **fields):
    score = piano([Note(beat * Q, 62, Q) for beat in range(count)], bars=count // 4, **fields)
    return read(score, Outline(score.bars))


def test_an_octave_higher_is_three_db_louder(piano):
    score = piano([Note(0, 60, Q), Note(Q, 72, Q)], bars=1)
    level = high_loud(read(score, Outline(score.bars)), k=1.0).level_db
    assert level[1] - level[0] == pytest.approx(3.0)


def test_the_top_line_is_four_db_above_the_rest_even_while_it_is_held(piano):
    melody = Note(0, 76, BAR)
    middle = [Note(beat * Q, 64, Q) for beat in range(4)]
    score = piano([melody, *middle, Note(0, 48, BAR)], bars=1)
    reading = read(score, Outline(score.bars))
    level = melody_voicing(reading, k=1.0).level_db
    top = reading.pitch == 76
    assert level[top] - level[~top].max() == pytest.approx([4.0])
    assert np.ptp(level[~top]) == 0


def test_the_bar_line_is_louder_than_the_beat_and_the_beat_than_what_lies_between(piano):
    score = piano([Note(step * Q // 2, 60, Q // 2) for step in range(8)], bars=1)
    level = metrical_accent(read(score, Outline(score.bars)), k=1.0).level_db
    assert level[0] > level[4] > level[2] > level[1]


def test_written_accents_and_sforzati_are_heard(piano):
    notes = [Note(0, 60, Q), Note(Q, 60, Q, articulations=("accent",)), Note(2 * Q, 60, Q)]
    score = piano(notes, bars=1, dynamics=(Dynamic(2 * Q, "sfz"),))
    assert written_accent(read(score, Outline(score.bars)), k=1.0).level_db == pytest.approx([0.0, 3.0, 4.5])


def test_a_level_is_three_db(piano):
    reading = quarters(piano, dynamics=(Dynamic(0, "p"), Dynamic(4 * Q, "f"), Dynamic(8 * Q, "mf")))
    level = dynamics(reading, k=1.0).level_db
    assert level == pytest.approx([-6.0] * 4 + [3.0] * 4 + [0.0] * 8)


def test_a_crescendo_leads_to_the_level_written_at_its_end(piano):
    reading = quarters(piano, dynamics=(Dynamic(0, "p"), Dynamic(4 * Q, "cresc", 8 * Q), Dynamic(8 * Q, "f")))
    level = dynamics(reading, k=1.0).level_db
    assert level[4:9] == pytest.approx([-6.0, -3.75, -1.5, 0.75, 3.0])


def test_a_diminuendo_to_nowhere_goes_down_one_level_and_stays(piano):
    level = dynamics(quarters(piano, dynamics=(Dynamic(4 * Q, "dim", 8 * Q),)), k=1.0).level_db
    assert level[[0, 4, 6, 8, 15]] == pytest.approx([0.0, 0.0, -1.5, -3.0, -3.0])


def test_the_outline_says_how_loud_where_the_score_does_not(piano):
    reading = quarters(piano)
    spans = (
        DynamicSpan(0, 4 * Q, "p"),
        DynamicSpan(4 * Q, 8 * Q, "mf", "cresc"),
        DynamicSpan(8 * Q, 12 * Q, "f", "arch"),
    )
    level = dynamics(replace(reading, outline=replace(reading.outline, dynamics=spans)), k=1.0).level_db
    assert level[:4] == pytest.approx([-6.0] * 4)
    assert (np.diff(level[4:8]) > 0).all()
    assert level[10] > level[8] == pytest.approx(3.0)
    assert level[12:] == pytest.approx([0.0] * 4)


def test_the_marks_of_the_score_come_before_the_outline(piano):
    # The Outline sums up what the Score says more exactly: a crescendo at the end of eight beats of piano.
    reading = quarters(piano, dynamics=(Dynamic(0, "p"), Dynamic(6 * Q, "cresc", 8 * Q), Dynamic(8 * Q, "f")))
    spans = (DynamicSpan(0, 8 * Q, "p", "cresc"), DynamicSpan(8 * Q, 16 * Q, "f", "arch"))
    level = dynamics(replace(reading, outline=replace(reading.outline, dynamics=spans)), k=1.0).level_db
    assert level[:9] == pytest.approx([-6.0] * 7 + [-1.5, 3.0])
    # Its shape is heard where the Score has no hairpin.
    assert level[12] == pytest.approx(5.0)


def test_forte_is_played_louder_than_piano(piano, silent):
    score = piano([Note(0, 60, Q), Note(Q, 60, Q)], bars=1, dynamics=(Dynamic(0, "p"), Dynamic(Q, "f")))
    notes = perform(score, Outline(score.bars), player=replace(silent, dynamics=1.0)).notes
    assert [row.velocity for row in notes] == [64 - 18, 64 + 9]


def test_the_bass_is_half_a_db_above_the_inner_voices_and_a_line_alone_is_none(piano):
    score = piano([Note(0, pitch, Q) for pitch in (48, 60, 64)] + [Note(Q, 60, Q)], bars=1)
    level = bass_voicing(read(score, Outline(score.bars)), k=1.0).level_db
    assert level == pytest.approx([0.5, 0, 0, 0])


def test_twice_as_many_notes_are_three_db_louder(piano):
    thin = [Note(beat * Q, 60, Q) for beat in range(16)]
    thick = [Note(beat * Q, pitch, Q) for beat in range(16, 32) for pitch in (60, 64)]
    score = piano([*thin, *thick], bars=8)
    level = texture_loud(read(score, Outline(score.bars)), k=1.0).level_db
    assert level[-10] - level[6] == pytest.approx(3.01, abs=0.01)
    assert (np.diff(level[:24:2]) >= -1e-9).all()  # it grows over the bar between


def test_texture_is_compared_within_its_section(piano):
    thin = [Note(beat * Q, 60, Q) for beat in range(16)]
    thick = [Note(beat * Q, pitch, Q) for beat in range(16, 32) for pitch in (60, 64)]
    score = piano([*thin, *thick], bars=8)
    sections = (SectionSpan(0, 4 * BAR, "A", "A"), SectionSpan(4 * BAR, 8 * BAR, "B", "B"))
    level = texture_loud(read(score, Outline(score.bars, sections=sections)), k=1.0).level_db
    assert level[8] == pytest.approx(level[32], abs=0.01)
