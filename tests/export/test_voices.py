from hypothesis import given
from hypothesis import strategies as st

from composer.export.voices import MAX_VOICES, divide
from composer.score import Note, sort_notes
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER


def note(onset, pitch, length, **fields):
    return Note(round(onset * Q), pitch, round(length * Q), **fields)


def pitches(notes):
    return [[n.pitch for n in voice] for voice in divide(sort_notes(notes))]


def test_chords_stay_in_one_voice():
    assert pitches([note(0, 60, 1), note(0, 64, 1), note(1, 62, 1)]) == [[60, 64, 62]]


def test_a_held_note_below_a_tune_is_the_second_voice():
    assert pitches([note(0, 60, 2), note(0, 72, 1), note(1, 74, 1)]) == [[72, 74], [60]]


def test_a_held_note_above_is_the_first_voice():
    assert pitches([note(0, 79, 2), note(0, 71, 1), note(1, 72, 1)]) == [[79], [71, 72]]


def test_no_more_voices_than_chords_at_once():
    # The inner note is below the first and above the last, which never sound together.
    notes = [note(0, 72, 2), note(1, 67, 2), note(2, 64, 2), note(3, 70, 1)]
    assert len(pitches(notes)) == 2


def test_the_notes_own_voices_are_kept():
    tune = [note(0, 60, 1, voice=1), note(0, 64, 1, voice=2), note(1, 62, 1, voice=1)]  # voices cross
    assert pitches(tune) == [[60, 62], [64]]


def test_a_collision_in_a_voice_takes_the_nearest_free_one():
    notes = [note(0, 72, 2, voice=1), note(1, 76, 1, voice=1), note(0, 60, 2, voice=2)]
    assert pitches(notes) == [[72], [60], [76]]


def test_a_cluster_is_parted_at_its_widest_gap():
    cluster = [note(0, pitch, 1) for pitch in range(60, 69)]
    assert pitches([note(0, 40, 2), *cluster, note(1, 70, 1)]) == [[*range(60, 69), 70], [40]]


def test_a_voice_that_sounds_alone_in_a_bar_is_the_first():
    tune = [note(0, 72, 1, voice=2), note(4, 60, 4, voice=2), note(4, 76, 4, voice=1), note(8, 67, 4, voice=2)]
    divided = divide(sort_notes(tune), bar_ticks=[0, 4 * Q, 8 * Q])
    assert [[n.pitch for n in voice] for voice in divided] == [[72, 76, 67], [60]]


def test_a_note_that_is_held_over_the_bar_line_stays_in_its_voice():
    held = [note(0, 76, 2, voice=1), note(2, 60, 4, voice=2), note(6, 62, 2, voice=2), note(8, 67, 4, voice=2)]
    divided = divide(sort_notes(held), bar_ticks=[0, 4 * Q, 8 * Q])
    assert [[n.pitch for n in voice] for voice in divided] == [[76, 67], [60, 62]]


def test_repeated_notes_need_one_voice():
    assert pitches([note(beat, 60, 1) for beat in range(4)]) == [[60, 60, 60, 60]]


def test_a_grace_note_goes_with_the_note_that_it_leads_to():
    notes = [note(0, 72, 2), note(0, 60, 1), note(1, 59, 1), note(1, 61, 0, is_grace=True)]
    assert pitches(notes) == [[72], [60, 61, 59]]


@given(
    st.lists(
        st.builds(
            Note,
            onset_tick=st.integers(0, 12).map(lambda n: n * Q // 2),
            pitch=st.integers(40, 80),
            duration_tick=st.integers(1, 8).map(lambda n: n * Q // 2),
            voice=st.sampled_from([1, 1, 1, 2]),
        ),
        max_size=25,
    ),
    st.sampled_from([(), (0, 4 * Q)]),
)
def test_no_note_is_lost_or_doubled(notes, bar_ticks):
    divided = divide(sort_notes(notes), bar_ticks=bar_ticks)
    assert len(divided) <= MAX_VOICES
    assert sort_notes(n for voice in divided for n in voice) == sort_notes(notes)
