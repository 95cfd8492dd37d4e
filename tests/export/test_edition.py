from dataclasses import replace

from composer.export.edition import edited
from composer.export.musicxml import musicxml_bytes
from composer.outline import Outline, PhraseSpan, TempoSpan, TextureSpan
from composer.score import Mark, Repeat, Slur, TempoMark
from composer.theory.meter import TICKS_PER_QUARTER
from composer.theory.pitch import Spelling

Q = TICKS_PER_QUARTER


def outline_of(score, phrases=(), *, pattern="chords", ensemble="keyboard", tempos=()):
    spans = tuple(PhraseSpan(start * Q, end * Q) for start, end in phrases)
    textures = (TextureSpan(0, score.end_tick, pattern),)
    return Outline(score.bars, phrases=spans, textures=textures, ensemble=ensemble, tempos=tempos)


def test_a_roll_is_printed_before_each_note_of_the_chord(keyboard):
    score = keyboard([(0, 84, 2)], [(0, 36, 2), (0, 43, 2), (0, 56, 2)])
    score = edited(replace(score, keys=()), None)
    assert musicxml_bytes(score).count(b"<arpeggiate") == 3


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
