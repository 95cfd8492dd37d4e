from hypothesis import given, settings
from hypothesis import strategies as st

from composer.export.two_voices import two_voices
from composer.score import Note
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER


def lower(*rows):
    """Return the pitches of voice 2 among notes (onset, pitch, length) in quarters."""
    notes = [Note(round(onset * Q), pitch, round(length * Q)) for onset, pitch, length in rows]
    return sorted(note.pitch for note, voice in two_voices(notes).items() if voice == 2)


def test_chords_that_follow_each_other_are_one_voice():
    assert lower((0, 60, 1), (0, 64, 1), (1, 62, 1), (1, 65, 1)) == []


def test_a_held_bass_is_the_lower_voice_and_a_held_top_the_upper():
    assert lower((0, 48, 2), (0, 60, 1), (1, 62, 1)) == [48]
    assert lower((0, 72, 2), (0, 60, 1), (1, 62, 1)) == [60, 62]


def test_two_lines_do_not_cross_where_they_need_not():
    # E flat enters below a G that is held on, B flat above it: the G and the E flat are of one voice, the one that ends
    # later is tied.
    rows = [(0, 67, 0.75), (0, 70, 0.75), (0.75, 63, 0.75), (0.75, 67, 1.25), (1.25, 70, 0.25), (1.5, 75, 0.25)]
    assert lower(*rows) == [63, 67]


def test_a_line_goes_on_in_its_voice():
    assert lower((0, 76, 4), (0, 60, 1), (1, 62, 1), (2, 64, 1), (3, 65, 1)) == [60, 62, 64, 65]


def test_a_note_within_a_held_chord_is_no_reason_to_cut_the_chord():
    assert lower((0, 67, 1), (0, 75, 1), (0.5, 70, 0.5)) == [70]


notes = st.lists(
    st.builds(
        Note,
        onset_tick=st.integers(0, 12).map(lambda n: n * Q // 2),
        pitch=st.integers(40, 80),
        duration_tick=st.integers(1, 8).map(lambda n: n * Q // 2),
    ),
    max_size=20,
)


@settings(deadline=None, max_examples=40)
@given(notes)
def test_every_note_has_a_voice_and_a_chord_s_upper_notes_the_upper_one(drawn):
    voices = two_voices(drawn)
    assert set(voices) == set(drawn)
    for one, voice in voices.items():
        above = [v for other, v in voices.items() if other.onset_tick == one.onset_tick and other.pitch > one.pitch]
        assert not (voice == 1 and 2 in above)


def test_a_roll_goes_through_one_chord():
    held, tune = Note(0, 84, 4 * Q), Note(2 * Q, 60, Q)
    rolled = [Note(Q, pitch, Q, articulations=("arpeggio",)) for pitch in (55, 64, 79)]
    voices = two_voices([held, tune, *rolled])
    assert len({voices[note] for note in rolled}) == 1
