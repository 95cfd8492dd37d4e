from collections import Counter
from dataclasses import replace

from composer.analysis.voices import find_voices
from composer.score import Note, Part, Score, make_bars, sort_notes
from composer.theory.meter import TICKS_PER_QUARTER, Meter

Q = TICKS_PER_QUARTER


def merged(score):
    """All parts as one, and the part that each note came from."""
    tagged = sorted(((note, index) for index, note in score.notes()), key=lambda row: (row[0].onset_tick, row[0].pitch))
    part = Part("Piano", tuple(note for note, _ in tagged))
    return replace(score, parts=(part,)), [index + 1 for _, index in tagged]


def test_the_voices_of_a_hymn_are_found_again(hymn):
    score, parts = merged(hymn)
    assert list(find_voices(score)) == parts


def test_a_line_alone_is_one_voice(voices):
    assert set(find_voices(voices("C5 G4 E5 - C4 D4 E4 C5"))) == {1}


def test_imitation_begins_with_one_voice_and_the_second_enters_below(voices):
    subject = "G4 A4 B4 C5 D5:2 B4:2 "
    score, parts = merged(voices(subject + "A4 B4 C5 A4 B4:4", "-:4 -:4 D4 E4 F#4 D4 G4:4"))
    assert list(find_voices(score)) == parts


def test_a_voice_that_rested_goes_on_where_it_was(voices):
    score, parts = merged(
        voices(
            "C5 D5 E5 F5 | G5 F5 E5 D5 | E5 F5 G5 E5",
            "E4 F4 G4 A4 | -:4 | G4 A4 E4 G4",
            "C3 D3 C3 F3 | E3 D3 C3 B2 | C3 F3 C3 C3",
        )
    )
    assert list(find_voices(score)) == parts


def test_no_two_notes_of_a_voice_overlap():
    rows = [(0, 48, 4), (0, 55, 4), (0, 64, 1), (1, 65, 1), (1, 52, 2), (2, 67, 4), (3, 50, 1), (4, 48, 2), (5, 52, 2)]
    notes = sort_notes(Note(onset * Q, pitch, length * Q) for onset, pitch, length in rows)
    score = Score((Part("Piano", notes),), make_bars(Meter(4, 4), 4))
    found = find_voices(score)
    sounding = [
        Counter(voice for note, voice in zip(notes, found, strict=True) if note.onset_tick <= tick < note.end_tick)
        for tick in range(0, 8 * Q, Q // 2)
    ]
    assert all(count == 1 for counter in sounding for count in counter.values())


def test_a_thick_last_chord_makes_voices_of_its_own_and_moves_no_other(voices):
    score, _ = merged(voices("C5 D5 E5 C5", "E4 F4 G4 E4+G4", "C3 B2 C3 C3"))
    found = find_voices(score)
    assert Counter(found).most_common()[-1][1] == 1
    assert len(set(found)) == 4


def test_grace_notes_have_the_voice_of_the_note_behind_them(voices):
    score, _ = merged(voices("C5 D5 E5 C5", "E4 F4 G4 E4"))
    grace = Note(2 * Q, 77, 0, is_grace=True)
    score = replace(score, parts=(Part("Piano", sort_notes([*score.parts[0].notes, grace])),))
    voice_of = dict(zip((note for _, note in score.notes()), find_voices(score), strict=True))
    assert voice_of[grace] == 1


def test_no_notes_no_voices():
    assert find_voices(Score((Part("Piano", ()),), make_bars(Meter(4, 4), 1))) == ()
