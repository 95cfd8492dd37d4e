"""Hands that reach their notes."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from composer.fill.staves import cells_to_notes, split_hands
from composer.score import LOWER_STAFF, UPPER_STAFF, Note
from composer.theory.meter import TICKS_PER_QUARTER

EIGHTH = TICKS_PER_QUARTER // 2
UNSURE = np.full((64, 56), 0.5, np.float32)


def test_cells_become_notes_and_repeated_ones_stay_apart(cells):
    notes = cells_to_notes(*cells((0, 4, 60), (4, 4, 60), (0, 8, 48)), low_pitch=33)
    quarter = TICKS_PER_QUARTER
    assert notes == (Note(0, 48, 2 * quarter), Note(0, 60, quarter), Note(quarter, 60, quarter))


def test_the_network_s_word_counts(note):
    chord = [note(0, 4, 57), note(0, 4, 60), note(0, 4, 64)]
    sure = np.zeros((64, 56), np.float32)
    assert {n.staff for n in split_hands(chord, sure, low_pitch=33)} == {LOWER_STAFF}
    assert {n.staff for n in split_hands(chord, 1 - sure, low_pitch=33)} == {UPPER_STAFF}


def test_hands_do_not_stretch_beyond_a_tenth_where_the_other_is_near(note):
    chord = [note(0, 4, 48), note(0, 4, 55), note(0, 4, 67), note(0, 4, 76)]
    hands = {n.pitch: n.staff for n in split_hands(chord, UNSURE, low_pitch=33)}
    assert hands == {48: LOWER_STAFF, 55: LOWER_STAFF, 67: UPPER_STAFF, 76: UPPER_STAFF}


def test_a_given_tune_is_the_right_hand_s_however_low_it_lies(note):
    notes = [note(0, 4, 45), note(0, 4, 57)]
    lower = np.zeros((64, 56), np.float32)  # the network would give all of it to the left hand
    split = split_hands(notes, lower, low_pitch=33, tune={(0, 57)})
    assert {n.pitch: n.staff for n in split} == {45: LOWER_STAFF, 57: UPPER_STAFF}


def test_a_held_note_keeps_its_hand(note):
    notes = [note(0, 8, 48), note(0, 1, 72), note(2, 1, 60), note(4, 1, 74)]
    split = split_hands(notes, UNSURE, low_pitch=33)
    assert len(split) == 4
    assert next(n for n in split if n.pitch == 48).staff == LOWER_STAFF


@given(
    st.lists(
        st.tuples(st.integers(0, 15), st.integers(1, 8), st.integers(36, 84)), min_size=1, max_size=24, unique=True
    )
)
def test_of_notes_struck_together_the_left_hand_has_the_lower(rows):
    notes = [Note(onset * EIGHTH, pitch, length * EIGHTH) for onset, length, pitch in rows]
    split = split_hands(notes, UNSURE, low_pitch=33)
    assert sorted((n.onset_tick, n.pitch, n.duration_tick) for n in split) == sorted(
        (n.onset_tick, n.pitch, n.duration_tick) for n in notes
    )
    for _, group in itertools.groupby(split, key=lambda n: n.onset_tick):
        fresh = list(group)
        left = [n.pitch for n in fresh if n.staff == LOWER_STAFF]
        right = [n.pitch for n in fresh if n.staff == UPPER_STAFF]
        assert not left or not right or max(left) <= min(right)
