from dataclasses import replace

from composer.export.spelling import spelled
from composer.outline import ChordSpan, KeySpan, Outline
from composer.score import make_bars
from composer.theory.harmony import parse_chord
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER, Meter
from composer.theory.pitch import Spelling

Q = TICKS_PER_QUARTER


def names(score, outline=None):
    return [str(note.spelling) for note in spelled(score, outline).parts[0].notes]


def outline(*, key, chord=None):
    local = parse_key(key)
    chords = (ChordSpan(0, 8 * Q, parse_chord(chord, local.mode), local),) if chord else ()
    return Outline(make_bars(Meter(4, 4), 2), keys=(KeySpan(0, 8 * Q, local),), chords=chords)


def test_the_signature_spells_without_an_outline(keyboard):
    assert names(keyboard([(0, 63, 1), (1, 70, 1), (2, 66, 1)], key="Eb major")) == ["Eb4", "Bb4", "Gb4"]
    assert names(keyboard([(0, 63, 1), (1, 70, 1)], key="B major")) == ["D#4", "A#4"]


def test_the_local_key_spells_before_the_signature(keyboard):
    assert names(keyboard([(0, 68, 1)], key="C major"), outline(key="A minor")) == ["G#4"]
    assert names(keyboard([(0, 68, 1)], key="C major"), outline(key="F minor")) == ["Ab4"]


def test_the_chord_spells_before_the_key(keyboard):
    score = keyboard([(0, 61, 1)])
    assert names(score, outline(key="C major", chord="V/ii")) == ["C#4"]
    assert names(score, outline(key="C major", chord="N6")) == ["Db4"]


def test_a_chromatic_note_that_rises_is_a_raised_one(keyboard):
    rising = [(0, 60, 1), (1, 61, 1), (2, 62, 1), (3, 63, 1), (4, 64, 1)]
    falling = [(0, 64, 1), (1, 63, 1), (2, 62, 1), (3, 61, 1), (4, 60, 1)]
    assert names(keyboard(rising)) == ["C4", "C#4", "D4", "D#4", "E4"]
    assert names(keyboard(falling)) == ["E4", "Eb4", "D4", "Db4", "C4"]


def test_a_written_spelling_is_kept(keyboard):
    score = keyboard([(0, 60, 1)])
    note = replace(score.parts[0].notes[0], spelling=Spelling("B", 1, 3))
    score = replace(score, parts=(replace(score.parts[0], notes=(note,)),))
    assert names(score, outline(key="C major")) == ["B#3"]
