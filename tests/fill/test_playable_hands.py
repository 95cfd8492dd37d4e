import pytest

from composer.fill.playable_hands import MAX_STRETCH, playable, unplayable
from composer.score import LOWER_STAFF, UPPER_STAFF, Note, Part, Score, make_bars, sort_notes
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER, Meter

Q = TICKS_PER_QUARTER


@pytest.fixture
def keyboard():
    """Make a keyboard score from (onset, pitch, length) in quarters, one list a hand."""

    def make(upper, lower):
        notes = [Note(onset * Q, pitch, length * Q) for onset, pitch, length in upper]
        notes += [Note(onset * Q, pitch, length * Q, staff=LOWER_STAFF) for onset, pitch, length in lower]
        parts = (Part("Piano", sort_notes(notes), program=0, staves=2),)
        return Score(parts=parts, bars=make_bars(Meter(4, 4), 2), keys=((0, parse_key("C major")),))

    return make


def anything(_note):
    return True


def hands(score):
    """Return the pitches of the right and of the left hand of a playable version."""
    notes = playable(score.parts[0]).notes
    return [[n.pitch for n in notes if n.staff == staff] for staff in (UPPER_STAFF, LOWER_STAFF)]


def test_what_is_too_wide_for_a_hand_goes_to_the_other(keyboard):
    score = keyboard([(0, 55, 4), (0, 76, 4)], [(0, 48, 2), (2, 50, 2)])
    assert hands(score) == [[76], [48, 55, 50]]


def test_a_note_stays_where_the_other_hand_could_not_hold_it_to_its_end(keyboard):
    score = keyboard([(0, 55, 4), (0, 76, 4)], [(0, 48, 2), (2, 36, 2)])
    assert hands(score)[0] == [55, 76]
    assert [(grip.tick // Q, grip.staff, grip.stretch) for grip in unplayable(score.parts[0])] == [(0, 1, 21)]


def test_hands_do_not_cross_for_it(keyboard):
    score = keyboard([(0, 55, 4), (0, 76, 1), (2, 50, 2)], [(0, 48, 1)])
    assert hands(score) == [[55, 76, 50], [48]]


def test_a_wide_chord_is_rolled_and_a_tenth_is_not(keyboard):
    wide = playable(keyboard([(0, 84, 2)], [(0, 36, 2), (0, 43, 2), (0, 36 + MAX_STRETCH + 1, 2)]).parts[0])
    assert [note.articulations for note in wide.notes] == [("arpeggio",)] * 3 + [()]
    assert not list(unplayable(wide))
    tenth = keyboard([(0, 84, 2)], [(0, 36, 2), (0, 36 + MAX_STRETCH, 2)]).parts[0]
    assert playable(tenth) == tenth


def test_a_sixth_note_is_the_other_hand_s(keyboard):
    score = keyboard([(0, pitch, 1) for pitch in (60, 62, 64, 65, 67, 69)], [(0, 48, 1)])
    assert hands(score) == [[62, 64, 65, 67, 69], [48, 60]]


def test_a_hand_lets_go_of_what_it_holds_to_reach_the_next_note(keyboard):
    score = keyboard([(0, 55, 4), (0, 76, 4), (2, 79, 1)], [(0, 48, 2), (2, 36, 2)])
    written = playable(score.parts[0])
    assert [grip.tick // Q for grip in unplayable(written)] == [2]  # what others wrote keeps its lengths
    played = playable(score.parts[0], lets_go=anything)
    assert not list(unplayable(played))
    assert {n.pitch: n.duration_tick // Q for n in played.notes} == {55: 2, 76: 4, 79: 1, 48: 2, 36: 2}


def test_the_note_of_a_tune_is_held_on(keyboard):
    score = keyboard([(0, 55, 4), (0, 76, 4), (2, 79, 1)], [(0, 48, 2), (2, 36, 2)])
    played = playable(score.parts[0], lets_go=lambda note: note.pitch != 55)
    assert {n.pitch: n.duration_tick // Q for n in played.notes} == {55: 4, 76: 4, 79: 1, 48: 2, 36: 2}  # none in vain


def test_the_note_next_to_what_is_struck_is_held_on(keyboard):
    score = keyboard([(0, 60, 4), (0, 72, 4), (2, 84, 2)], [(0, 36, 4), (0, 48, 4), (2, 40, 2)])
    played = playable(score.parts[0], lets_go=anything)
    lengths = {n.pitch: n.duration_tick // Q for n in played.notes}
    assert lengths == {60: 2, 72: 4, 84: 2, 36: 4, 48: 4, 40: 2}
    assert not list(unplayable(played))


def test_a_hand_lets_go_of_its_bass_to_help_the_other(keyboard):
    score = keyboard([(2, pitch, 1) for pitch in (59, 64, 68, 71, 74, 80)], [(0, 40, 4)])
    played = playable(score.parts[0], lets_go=anything)
    assert not list(unplayable(played))
    assert {n.pitch: n.duration_tick // Q for n in played.notes}[40] == 2
    assert [n.pitch for n in played.notes if n.staff == LOWER_STAFF] == [40, 59]
    assert playable(score.parts[0]) == score.parts[0]  # what others wrote is not cut


def test_a_hand_rolls_to_help_the_other(keyboard):
    score = keyboard([(0, pitch, 1) for pitch in (59, 64, 68, 71, 74, 80)], [(0, 40, 1)])
    played = playable(score.parts[0], lets_go=anything)
    assert not list(unplayable(played))
    assert {n.pitch for n in played.notes if n.articulations == ("arpeggio",)} == {40, 59}
