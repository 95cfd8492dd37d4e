"""Hands that reach their notes, voices that do not cross."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from composer.fill.setting import CHOIR
from composer.fill.staves import assign_voices, cells_to_notes, split_hands
from composer.score import LOWER_STAFF, UPPER_STAFF, Note
from composer.theory.meter import TICKS_PER_QUARTER

EIGHTH = TICKS_PER_QUARTER // 2
RANGES = [compass for _, compass in CHOIR]
# (onset, length, pitch) in eighths
KEYBOARD_ROWS = st.lists(
    st.tuples(st.integers(0, 15), st.integers(1, 8), st.integers(36, 84)), min_size=1, max_size=24, unique=True
)
CHOIR_ROWS = st.lists(
    st.tuples(st.integers(0, 15), st.integers(1, 6), st.integers(43, 79)), min_size=1, max_size=30, unique=True
)
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


def test_four_notes_go_to_four_voices(note):
    voices = assign_voices([note(0, 4, p) for p in (48, 60, 64, 72)], RANGES)
    assert [[n.pitch for n in voice] for voice in voices] == [[72], [64], [60], [48]]


def test_a_single_line_stays_in_its_voice(note):
    line = [note(2 * index, 2, pitch) for index, pitch in enumerate((72, 74, 76, 74, 72))]
    voices = assign_voices(line, RANGES)
    assert [len(voice) for voice in voices] == [5, 0, 0, 0]


def test_a_bass_below_a_held_chord_is_the_bass_s(note):
    voices = assign_voices([note(0, 8, 72), note(0, 8, 67), note(0, 8, 60), note(0, 4, 48), note(4, 4, 43)], RANGES)
    assert [n.pitch for n in voices[3]] == [48, 43]
    assert [n.duration_tick for n in voices[0]] == [8 * EIGHTH]


def test_of_five_notes_the_outer_ones_are_sung(note):
    voices = assign_voices([note(0, 4, p) for p in (43, 55, 59, 62, 74)], RANGES)
    pitches = [voice[0].pitch for voice in voices]
    assert pitches[0] == 74
    assert pitches[3] == 43


@given(
    st.lists(
        st.tuples(st.integers(0, 15), st.integers(1, 6), st.integers(43, 79)), min_size=1, max_size=30, unique=True
    )
)
def test_a_voice_sings_one_note_at_a_time_and_none_crosses_another(rows):
    kept = {(onset, pitch): length for onset, length, pitch in rows}
    notes = [Note(onset * EIGHTH, pitch, length * EIGHTH) for (onset, pitch), length in kept.items()]
    voices = assign_voices(notes, RANGES)
    for voice in voices:
        for before, after in itertools.pairwise(voice):
            assert before.end_tick <= after.onset_tick
        assert all(n.duration_tick > 0 for n in voice)
    for tick in range(0, 24 * EIGHTH, EIGHTH):
        sounding = [[n.pitch for n in voice if n.onset_tick <= tick < n.end_tick] for voice in voices]
        heard = [pitches[0] for pitches in sounding if pitches]
        assert heard == sorted(heard, reverse=True)


def test_a_note_in_one_voice_s_range_alone_goes_there(note):
    assert [len(voice) for voice in assign_voices([note(0, 4, 80)], RANGES)] == [1, 0, 0, 0]
    assert [len(voice) for voice in assign_voices([note(0, 4, 41)], RANGES)] == [0, 0, 0, 1]
