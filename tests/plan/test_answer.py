"""Answers that Bach and others gave to their subjects."""

from __future__ import annotations

import pytest

from composer.abc import Melody, MelodyNote
from composer.plan.answer import head_dominants, mutated, real_answer, tonal_answer
from composer.plan.links import read_pitch
from composer.theory.key import parse_key

EIGHTH = 5040
# Beginnings of subjects, and of the answers that follow them.
TONAL = {
    "WTC I, C minor: the dominant is leapt to from the tonic; the one after that is real": (
        "C minor",
        "C5 B4 C5 G4 Ab4 C5 B4 C5 D5 G4",
        "G5 F#5 G5 C5 Eb5 G5 F#5 G5 A5 D5",
    ),
    "The Art of Fugue: a rising fifth is answered by a fourth": (
        "D minor",
        "D4 A4 F4 D4 C#4 D4 E4 F4",
        "A4 D5 C5 A4 G#4 A4 B4 C5",
    ),
    "WTC I, G minor: it begins on the dominant": (
        "G minor",
        "D5 Eb5 G4 F#4 G4 A4 Bb4 A4 G4",
        "G5 Bb5 D5 C#5 D5 E5 F5 E5 D5",
    ),
    "WTC I, C major: the dominant is reached by step, so the answer is real": (
        "C major",
        "C4 D4 E4 F4 G4 F4 E4 A4 D4 G4 A4 G4 F4 E4",
        "G4 A4 B4 C5 D5 C5 B4 E5 A4 D5 E5 D5 C5 B4",
    ),
}


def line(names: str) -> Melody:
    pitches = [read_pitch(name) for name in names.split()]
    notes = tuple(MelodyNote(index * EIGHTH, EIGHTH, pitch) for index, pitch in enumerate(pitches))
    return Melody(notes, len(notes) * EIGHTH)


@pytest.mark.parametrize("example", TONAL)
def test_a_tonal_answer_is_the_one_in_the_score(example):
    key, subject, answer = TONAL[example]
    assert tonal_answer(line(subject), parse_key(key)) == line(answer)


def test_the_little_g_minor_fugue_is_answered_really():
    subject = line("G4 D5 Bb4 A4 G4 Bb4 A4 G4 F#4 A4 D4")
    assert real_answer(subject) == line("D5 A5 F5 E5 D5 F5 E5 D5 C#5 E5 A4")


def test_a_repeated_dominant_at_the_head_is_answered_by_the_repeated_tonic():
    assert tonal_answer(line("G4 G4 G4 A4 G4"), parse_key("C major")) == line("C5 C5 C5 E5 D5")


def test_a_subject_that_stands_in_the_answer_s_key_is_mutated_there():
    subject = line("C5 B4 C5 G4 Ab4 C5")
    moved = real_answer(subject)
    assert mutated(moved, parse_key("G minor")) == tonal_answer(subject, parse_key("C minor"))


def test_a_dominant_far_from_the_head_is_no_head():
    assert head_dominants(line("C4 D4 E4 D4 E4 C4 G4"), parse_key("C major")) == ()


def test_rhythm_and_rests_stay():
    subject = Melody((MelodyNote(EIGHTH, EIGHTH, 67), MelodyNote(3 * EIGHTH, 2 * EIGHTH, 60)), 8 * EIGHTH, 0)
    answer = tonal_answer(subject, parse_key("C major"))
    assert [(n.onset_tick, n.duration_tick) for n in answer.notes] == [(EIGHTH, EIGHTH), (3 * EIGHTH, 2 * EIGHTH)]
    assert answer.end_tick == subject.end_tick


def test_silence_has_a_silent_answer():
    assert tonal_answer(Melody((), 8 * EIGHTH), parse_key("C major")).notes == ()
