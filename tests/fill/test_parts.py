"""Singers who do not cross; four string players who can play what they are given."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.fill.ensembles import ENSEMBLES
from composer.fill.parts import assign_parts, double_stop
from composer.score import Note
from composer.theory.meter import TICKS_PER_QUARTER

EIGHTH = TICKS_PER_QUARTER // 2
CHOIR, QUARTET = ENSEMBLES["chorale"].parts, ENSEMBLES["quartet"].parts
VIOLIN, CELLO = QUARTET[0].strings, QUARTET[3].strings


def rows(low: int, high: int) -> st.SearchStrategy[list[tuple[int, int, int]]]:
    """(onset, length, pitch) in eighths."""
    row = st.tuples(st.integers(0, 15), st.integers(1, 6), st.integers(low, high))
    return st.lists(row, min_size=1, max_size=30, unique=True)


def notes_of(found: list[tuple[int, int, int]]) -> list[Note]:
    """The notes, no pitch struck while it sounds."""
    kept: list[Note] = []
    for onset, length, pitch in sorted(found):
        if not any(n.pitch == pitch and n.end_tick > onset * EIGHTH for n in kept):
            kept.append(Note(onset * EIGHTH, pitch, length * EIGHTH))
    return kept


def test_four_notes_go_to_four_voices(note):
    voices = assign_parts([note(0, 4, p) for p in (48, 60, 64, 72)], CHOIR).parts
    assert [[n.pitch for n in voice] for voice in voices] == [[72], [64], [60], [48]]


@pytest.mark.parametrize("pitches", [(72, 74, 76, 74, 72), (76, 74, 69, 67, 64, 62, 67, 72)])
def test_a_single_line_stays_in_its_part(note, pitches):
    line = [note(2 * index, 2, pitch) for index, pitch in enumerate(pitches)]
    for ensemble in (CHOIR, QUARTET):
        assert [len(part) for part in assign_parts(line, ensemble).parts] == [len(line), 0, 0, 0]


def test_a_bass_below_a_held_chord_is_the_bass_s(note):
    chord = [note(0, 8, 72), note(0, 8, 67), note(0, 8, 60), note(0, 4, 48), note(4, 4, 43)]
    voices = assign_parts(chord, CHOIR).parts
    assert [n.pitch for n in voices[3]] == [48, 43]
    assert [n.duration_tick for n in voices[0]] == [8 * EIGHTH]


def test_of_five_notes_the_outer_ones_are_sung_and_the_one_left_out_is_told(note):
    assigned = assign_parts([note(0, 4, p) for p in (43, 55, 59, 62, 74)], CHOIR)
    pitches = [voice[0].pitch for voice in assigned.parts]
    assert pitches[0] == 74
    assert pitches[3] == 43
    assert len(assigned.left_out) == 1


@pytest.mark.parametrize(("pitch", "voice"), [(80, 0), (41, 3)])
def test_a_note_in_one_voice_s_range_alone_goes_there(note, pitch, voice):
    assert [len(part) for part in assign_parts([note(0, 4, pitch)], CHOIR).parts].index(1) == voice


@given(rows(43, 79))
def test_a_voice_sings_one_note_at_a_time_and_none_crosses_another(found):
    voices = assign_parts(notes_of(found), CHOIR).parts
    for voice in voices:
        for before, after in itertools.pairwise(voice):
            assert before.end_tick <= after.onset_tick
        assert all(n.duration_tick > 0 for n in voice)
    for tick in range(0, 24 * EIGHTH, EIGHTH):
        sounding = [[n.pitch for n in voice if n.onset_tick <= tick < n.end_tick] for voice in voices]
        heard = [pitches[0] for pitches in sounding if pitches]
        assert heard == sorted(heard, reverse=True)


def test_each_note_of_a_chord_of_four_has_its_player(note):
    parts = assign_parts([note(0, 4, p) for p in (43, 59, 67, 79)], QUARTET).parts
    assert [[n.pitch for n in part] for part in parts] == [[79], [67], [59], [43]]


def test_the_first_violin_has_the_tune_however_low_it_goes(note):
    fall = [note(2 * index, 2, pitch) for index, pitch in enumerate((74, 67, 64, 60, 64, 62, 60, 59, 60))]
    violin = assign_parts([*fall, note(0, 18, 48)], QUARTET).parts[0]
    assert len(violin) == len(fall)


def test_a_given_tune_stays_with_the_first_part_where_it_leaps(note):
    tune = [note(0, 2, 81), note(2, 2, 62), note(4, 2, 79)]
    below = [note(0, 2, 64), note(2, 2, 60), note(4, 2, 64)]
    free = assign_parts([*tune, *below], QUARTET).parts[0]
    given_to = assign_parts([*tune, *below], QUARTET, tune={(n.onset_tick, n.pitch) for n in tune}).parts[0]
    assert [n.pitch for n in given_to] == [81, 62, 79]
    assert len(free) <= len(given_to)


def test_what_no_violin_has_is_the_viola_s_and_the_cello_s(note):
    parts = assign_parts([note(0, 4, 50), note(0, 4, 45)], QUARTET).parts
    assert [[n.pitch for n in part] for part in parts] == [[], [], [50], [45]]


def test_of_five_notes_two_are_stopped_on_one_instrument(note):
    assigned = assign_parts([note(0, 4, p) for p in (43, 55, 62, 67, 79)], QUARTET)
    assert assigned.left_out == ()
    assert sorted(len(part) for part in assigned.parts) == [1, 1, 1, 2]


def test_players_rather_share_a_chord_than_stop_two_notes(note):
    slow = [note(8 * bar, 8, pitch) for bar in range(2) for pitch in (48, 64, 72)]
    parts = assign_parts(slow, QUARTET).parts
    for part in parts:
        assert all(one.end_tick <= other.onset_tick for one, other in itertools.pairwise(part))


@pytest.mark.parametrize(
    ("pitches", "strings", "playable"),
    [
        ((62, 69), VIOLIN, True),  # two open strings
        ((64, 72), VIOLIN, True),  # a sixth in the first position
        ((69, 81), VIOLIN, True),  # an octave
        ((55, 57), VIOLIN, False),  # both on the lowest string
        ((67, 83), VIOLIN, False),  # a tenth and more
        ((36, 43), CELLO, True),
        ((36, 41), CELLO, False),
    ],
)
def test_two_notes_are_stopped_on_neighbouring_strings(pitches, strings, playable):
    assert double_stop(pitches, strings) is playable


@settings(max_examples=30)
@given(rows(36, 86))
def test_every_note_of_a_quartet_is_played_as_it_can_be_or_told(found):
    notes = notes_of(found)
    assigned = assign_parts(notes, QUARTET)
    played = sorted((n.onset_tick, n.pitch) for part in assigned.parts for n in part)
    assert sorted(played + [(n.onset_tick, n.pitch) for n in assigned.left_out]) == sorted(
        (n.onset_tick, n.pitch) for n in notes
    )
    for part, row in zip(assigned.parts, QUARTET, strict=True):
        for n in part:
            assert n.pitch >= row.strings[0]
            sounding = [other.pitch for other in part if other.onset_tick <= n.onset_tick < other.end_tick]
            assert len(sounding) == 1 or (len(sounding) == 2 and double_stop(sounding, row.strings))
