import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.outline import Outline
from composer.perform import perform
from composer.perform.ornaments import FIGURES, figure, with_ornaments
from composer.score import Note, Part, Score, TempoMark, make_bars
from composer.theory.key import Key
from composer.theory.meter import TICKS_PER_QUARTER, Meter

Q = TICKS_PER_QUARTER
G = Key(1, "major")


def played(sign, *, pitch=71, key=G, from_above=False, unit_tick=Q // 8):
    note = Note(0, pitch, Q, articulations=(sign, "tenuto"))
    return figure(note, sign, key, unit_tick=unit_tick, from_above=from_above)


def test_a_mordent_goes_down_its_inversion_up_and_a_turn_both_ways():
    assert [note.pitch for note in played("mordent")] == [71, 69, 71]
    assert [note.pitch for note in played("inverted-mordent")] == [71, 72, 71]
    assert [note.pitch for note in played("turn")] == [72, 71, 69, 71]
    assert [note.pitch for note in played("inverted-turn")] == [69, 71, 72, 71]


def test_a_mordent_is_quick_and_its_last_note_stays():
    lengths = [note.duration_tick for note in played("mordent")]
    assert lengths == [Q // 8, Q // 8, Q - 2 * (Q // 8)]


def test_a_trill_fills_its_note_and_ends_on_it():
    from_above = played("trill", from_above=True)
    assert [note.pitch for note in from_above] == [72, 71] * 4
    assert [note.pitch for note in played("trill")] == [71, 72, 71, 72, 71, 72, 71]
    assert from_above[-1].end_tick == Q


def test_neighbours_are_those_of_the_key():
    assert played("inverted-mordent", pitch=66)[1].pitch == 67  # F sharp to G
    assert played("inverted-mordent", pitch=65, key=Key(0, "major"))[1].pitch == 67
    assert played("mordent", pitch=69, key=Key(3, "minor"))[1].pitch == 68  # a minor: the leading note


@given(
    st.sampled_from([*FIGURES, "trill"]), st.integers(1, 4 * Q), st.integers(1, Q), st.booleans(), st.integers(0, 127)
)
def test_an_ornament_takes_exactly_the_time_of_its_note(sign, length, unit, from_above, pitch):
    notes = figure(Note(5, pitch, length, articulations=(sign,)), sign, G, unit_tick=unit, from_above=from_above)
    assert notes[0].onset_tick == 5
    assert notes[-1].end_tick == 5 + length
    assert all(one.end_tick == other.onset_tick for one, other in itertools.pairwise(notes))
    assert all(note.duration_tick > 0 and 0 <= note.pitch <= 127 for note in notes)


def test_a_score_without_signs_is_left_as_it_is():
    score = Score((Part("Piano", (Note(0, 60, Q),)),), make_bars(Meter(4, 4), 1))
    assert with_ornaments(score, Outline(score.bars), notes_per_sec=12, trills_from_above=False) is score


def test_trills_sound_in_a_performance_and_stay_signs_in_its_score(piano):
    score = piano([Note(0, 71, 2 * Q, articulations=("trill",)), Note(2 * Q, 72, Q)], bars=1)
    performance = perform(score, Outline(score.bars), player="baroque")
    assert performance.score is score
    assert len(performance.notes) == 13  # a second of twelve notes, and the last one
    assert len(perform(score, Outline(score.bars), expression=0).notes) == 2


def test_a_slower_player_trills_fewer_notes(piano):
    score = Score(
        (Part("Piano", (Note(0, 71, 4 * Q, articulations=("trill",)),)),),
        make_bars(Meter(4, 4), 1),
        tempos=(TempoMark(0, 60.0),),
    )
    fast, slow = (
        with_ornaments(score, Outline(score.bars), notes_per_sec=speed, trills_from_above=True) for speed in (12, 8)
    )
    assert len(fast.parts[0].notes) == pytest.approx(48)
    assert len(slow.parts[0].notes) == pytest.approx(32)
