from composer.analysis.hands import bass_line, hand_of_notes, is_single_line, melody_line
from composer.score import Note, Part, Score, make_bars, sort_notes
from composer.theory.meter import TICKS_PER_QUARTER, Meter

Q = TICKS_PER_QUARTER


def roll(*rows):
    """A piano part on one staff, as a MIDI file has it: (onset, pitch, length) in quarters."""
    notes = sort_notes(Note(int(onset * Q), pitch, int(length * Q)) for onset, pitch, length in rows)
    return Score((Part("Piano", notes),), make_bars(Meter(4, 4), 4))


def test_staves_are_hands(keyboard):
    score = keyboard("C5 D5", "C3 G4")
    assert dict(zip((note.pitch for _, note in score.notes()), hand_of_notes(score), strict=True)) == {
        72: 1,
        74: 1,
        48: 0,
        67: 0,
    }


def test_soprano_and_alto_are_the_upper_hand(hymn):
    part_hands = {(part, hand) for (part, _), hand in zip(hymn.notes(), hand_of_notes(hymn), strict=True)}
    assert part_hands == {(0, 1), (1, 1), (2, 0), (3, 0)}


def test_a_roll_without_staves_is_split_by_reach():
    score = roll(*[(beat, 48, 1) for beat in range(8)], *[(beat, p, 1) for beat in range(8) for p in (72, 76)])
    hands = dict(zip((note.pitch for _, note in score.notes()), hand_of_notes(score), strict=True))
    assert hands == {48: 0, 72: 1, 76: 1}


def test_no_hand_holds_more_than_it_can_reach():
    score = roll((0, 36, 4), (0, 48, 4), (0, 64, 4), (0, 76, 4))
    hands = dict(zip((note.pitch for _, note in score.notes()), hand_of_notes(score), strict=True))
    assert hands == {36: 0, 48: 0, 64: 1, 76: 1}


def test_inner_voices_under_a_held_melody_are_not_melody(keyboard):
    score = keyboard("C5:4", "E4 F4 G4 F4")
    assert [note.pitch for note in melody_line(score)] == [72]
    assert [note.pitch for note in bass_line(score)] == [64, 65, 67, 65]


def test_the_soprano_is_the_melody_even_below_the_alto(voices):
    score = voices("C5 B4 C5", "E4 D5 E4", "C4 G3 C4", "C3 G2 C3")
    assert [note.pitch for note in melody_line(score)] == [72, 71, 72]


def test_a_single_line_has_no_overlaps(voices, keyboard):
    assert is_single_line(voices("C5 D5 E5").parts[0])
    assert not is_single_line(keyboard("C5 D5 E5", "C3 D3 E3").parts[0])


def test_a_low_voice_above_a_keyboard_is_the_melody(voices, keyboard):
    bass, piano = voices("C3 D3 E3 C3").parts[0], keyboard("C5 B4 C5 C5", "C3 G2 C3 C3")
    song = Score((bass, *piano.parts), piano.bars)
    assert [note.pitch for note in melody_line(song)] == [48, 50, 52, 48]


def test_a_broken_accompaniment_and_a_tune_are_two_hands():
    lower = [(beat / 2, 40 + 3 * (beat % 4), 1 / 2) for beat in range(16)]
    upper = [(beat, pitch, 1) for beat, pitch in enumerate((76, 74, 72, 69, 67, 69, 72, 76))]
    score = roll(*lower, *upper)
    hands = dict(zip((note for _, note in score.notes()), hand_of_notes(score), strict=True))
    assert all(hand == (note.pitch > 60) for note, hand in hands.items())


def test_a_grace_note_goes_with_the_note_behind_it():
    notes = [Note(0, 48, Q), Note(0, 72, Q), Note(Q, 74, 0, is_grace=True), Note(Q, 47, Q), Note(Q, 76, Q)]
    score = Score((Part("Piano", sort_notes(notes)),), make_bars(Meter(4, 4), 1))
    hands = dict(zip((note.pitch for _, note in score.notes()), hand_of_notes(score), strict=True))
    assert (hands[74], hands[47]) == (1, 0)
