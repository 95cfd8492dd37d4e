from dataclasses import replace

import pytest

from composer.export.edition import edited
from composer.export.musicxml import musicxml_bytes
from composer.export.phrase_slurs import phrase_slurs
from composer.export.playable_hands import MAX_STRETCH, playable, unplayable
from composer.export.voices import divide
from composer.outline import Outline, PhraseSpan, TempoSpan, TextureSpan
from composer.score import LOWER_STAFF, UPPER_STAFF, Mark, Repeat, Slur, TempoMark
from composer.theory.meter import TICKS_PER_QUARTER
from composer.theory.pitch import Spelling

Q = TICKS_PER_QUARTER


def hands(score):
    """Return the pitches of the right and of the left hand of a playable version."""
    notes = playable(score.parts[0]).notes
    return [[n.pitch for n in notes if n.staff == staff] for staff in (UPPER_STAFF, LOWER_STAFF)]


def outline_of(score, phrases=(), *, pattern="chords", ensemble="keyboard", tempos=()):
    spans = tuple(PhraseSpan(start * Q, end * Q) for start, end in phrases)
    textures = (TextureSpan(0, score.end_tick, pattern),)
    return Outline(score.bars, phrases=spans, textures=textures, ensemble=ensemble, tempos=tempos)


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


def test_a_roll_is_printed_before_each_note_of_the_chord(keyboard):
    score = keyboard([(0, 84, 2)], [(0, 36, 2), (0, 43, 2), (0, 56, 2)])
    score = edited(replace(score, keys=()), None)
    assert musicxml_bytes(score).count(b"<arpeggiate") == 3


def test_a_phrase_has_a_slur_from_its_first_note_to_its_last(keyboard):
    score = keyboard([(beat, 72 + beat, 1) for beat in range(8)], [(0, 48, 8)])
    assert phrase_slurs(score, outline_of(score, [(0, 4), (4, 8)])) == (Slur(0, 3 * Q), Slur(4 * Q, 7 * Q))


def test_a_rest_ends_a_slur_and_two_notes_have_none(keyboard):
    score = keyboard([(0, 72, 1), (1, 74, 1), (2, 76, 1), (4, 77, 1), (5, 76, 1)])
    assert phrase_slurs(score, outline_of(score, [(0, 8)])) == (Slur(0, 2 * Q),)


def test_no_slur_is_longer_than_four_bars(keyboard):
    score = keyboard([(beat, 60 + beat % 7, 1) for beat in range(32)], bars=8)
    slurs = phrase_slurs(score, outline_of(score, [(0, 32)]))
    assert slurs == (Slur(0, 15 * Q), Slur(16 * Q, 31 * Q))


def test_the_slur_is_over_the_tune_and_not_below_what_is_held(keyboard):
    score = keyboard([(0, 79, 2), (0, 60, 1), (1, 62, 1), (2, 77, 1), (3, 76, 1)])
    assert phrase_slurs(score, outline_of(score, [(0, 4)])) == (Slur(0, 3 * Q),)


@pytest.mark.parametrize("kind", [{"pattern": "imitation"}, {"pattern": "stride"}, {"ensemble": "quartet"}])
def test_imitation_rags_and_quartets_have_no_phrase_slurs(keyboard, kind):
    score = keyboard([(beat, 72 + beat, 1) for beat in range(8)])
    assert phrase_slurs(score, outline_of(score, [(0, 8)], **kind)) == ()


def test_a_phrase_s_slur_stands_above_whatever_the_stems(keyboard):
    score = keyboard([(beat, 60, 1) for beat in range(8)], slurs=(Slur(0, 7 * Q),))
    assert b'<slur type="start" number="1" placement="above"' in musicxml_bytes(score)
    short = replace(score, slurs=(Slur(0, 2 * Q),))
    assert b"<slur" in musicxml_bytes(short)
    assert b'placement="above"' not in musicxml_bytes(replace(short, tempos=(), marks=()))


def test_a_ritardando_is_said_and_taken_back(keyboard):
    score = keyboard([(beat, 72, 1) for beat in range(12)], bars=3, tempos=(TempoMark(0, 100.0),))
    tempos = ((0, 3, 100), (3, 4, 90), (4, 8, 101), (8, 11, 100), (11, 12, 80))
    spans = tuple(TempoSpan(start * Q, end * Q, float(bpm)) for start, end, bpm in tempos)
    found = edited(score, outline_of(score, [(0, 4), (4, 8), (8, 12)], tempos=spans)).tempos
    assert [(mark.tick // Q, mark.beat_bpm, mark.text) for mark in found] == [
        (0, 100.0, ""),
        (3, 90.0, "rit."),
        (4, 101.0, "a tempo"),
        (11, 80.0, "rit."),
    ]
    xml = musicxml_bytes(replace(score, tempos=found)).decode()
    assert xml.count("<per-minute>") == 1
    assert xml.count(">rit.</words>") == 2


def test_the_mark_of_a_section_with_an_upbeat_stands_at_its_first_whole_bar(keyboard):
    score = keyboard([(0, 72, 1)], bars=3, marks=(Mark(0, "A"), Mark(3 * Q, "B")))
    assert edited(score, outline_of(score)).marks == (Mark(0, "A"), Mark(4 * Q, "B"))
    repeated = replace(score, repeats=(Repeat(3 * Q, 12 * Q),))
    assert edited(repeated, outline_of(score)).marks == score.marks


def test_notes_of_a_page_are_not_edited(keyboard):
    score = keyboard([(0, 55, 4), (0, 76, 4)], [(0, 48, 4)])
    part = score.parts[0]
    read = replace(part, notes=tuple(replace(note, spelling=Spelling("C", 0, 4)) for note in part.notes))
    score = replace(score, parts=(read,))
    assert edited(score, outline_of(score, [(0, 8)])) == score


def test_a_shade_of_a_tempo_is_not_told(keyboard):
    tempos = (TempoMark(0, 100.0), TempoMark(4 * Q, 101.0), TempoMark(8 * Q, 90.0))
    score = keyboard([(0, 72, 1)], bars=3, tempos=tempos)
    assert edited(score, outline_of(score)).tempos == (tempos[0], tempos[2])


def test_a_slur_begins_and_ends_in_the_upper_voice(keyboard):
    rows = [(0, 76, 2), (0, 60, 1), (1, 62, 1), (2, 77, 1), (3, 76, 1), (2, 60, 4), (4, 72, 1)]
    score = keyboard(rows)
    upper = divide(score.parts[0].notes)[0]
    (slur,) = phrase_slurs(score, outline_of(score, [(0, 8)]))
    ends = [note for note in upper if note.onset_tick in (slur.onset_tick, slur.end_tick)]
    assert [note.pitch for note in ends] == [76, 72]
