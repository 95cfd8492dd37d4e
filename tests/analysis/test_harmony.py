import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.analysis.harmony import analyse_harmony
from composer.score import Note, Part, Score, make_bars, sort_notes
from composer.theory.key import Key
from composer.theory.meter import TICKS_PER_QUARTER, Meter

Q = TICKS_PER_QUARTER
C_MAJOR, G_MAJOR = Key(0, "major"), Key(1, "major")


def numerals(harmony):
    return [span.chord.numeral for span in harmony.chords]


def test_a_plain_cadence_is_named_with_its_inversions(voices):
    score = voices("C5 C5 B4 C5", "G4 A4 G4 G4", "E4 D4 D4 E4", "C3 F3 G3 C3")
    harmony = analyse_harmony(score)
    assert numerals(harmony) == ["I", "ii65", "V", "I"]
    assert [span.key for span in harmony.keys] == [C_MAJOR]
    assert [span.start_tick for span in harmony.chords] == [0, Q, 2 * Q, 3 * Q]


@pytest.mark.parametrize("semitones", [-5, 1, 6])
def test_a_transposed_piece_has_the_same_numerals(hymn, semitones):
    parts = tuple(
        replace(part, notes=tuple(replace(note, pitch=note.pitch + semitones) for note in part.notes))
        for part in hymn.parts
    )
    moved = replace(hymn, parts=parts, keys=())
    plain = analyse_harmony(replace(hymn, keys=()))
    there = analyse_harmony(moved)
    assert numerals(there) == numerals(plain)
    assert [span.key.tonic_pitch_class for span in there.keys] == [
        (span.key.tonic_pitch_class + semitones) % 12 for span in plain.keys
    ]


def test_a_modulation_to_the_dominant_is_followed(voices):
    score = voices(
        "E5 D5 C5 B4 | C5 D5 C5:2 | D5 C5 B4 A4 | B4 A4 G4:2 | B4 C5 D5 D5 | E5 D5 C5 B4 | A4 B4 A4:2 | G4:4",
        "G4 G4 E4 G4 | G4 F4 E4:2 | F#4 F#4 G4 F#4 | G4 F#4 D4:2 | G4 G4 A4 G4 | G4 G4 E4 G4 | E4 G4 F#4:2 | D4:4",
        "C4 B3 G3 D4 | E4 B3 G3:2 | A3 D4 D4 D4 | D4 C4 B3:2 | D4 E4 F#4 D4 | C4 D4 E4 D4 | C4 D4 D4:2 | B3:4",
        "C3 G3 C3 G3 | C3 G3 C3:2 | D3 D3 G3 D3 | G3 D3 G3:2 | G3 E3 D3 B2 | C3 B2 C3 G3 | C3 B2 D3:2 | G2:4",
        fermata_ticks=(6 * Q, 14 * Q, 28 * Q),
    )
    harmony = analyse_harmony(score)
    assert [span.key for span in harmony.keys] == [C_MAJOR, G_MAJOR]
    assert 6 * Q <= harmony.keys[1].start_tick <= 10 * Q


def test_a_passing_note_is_no_chord(voices):
    score = voices("E5:1/2 D5:1/2 C5 B4 C5", "G4 G4 G4 G4", "C4 C4 D4 E4", "C3 C3 G3 C3")
    assert numerals(analyse_harmony(score)) == ["I", "V", "I"]


def test_a_passing_seventh_makes_a_dominant_seventh_of_its_own(voices):
    score = voices("E5 D5 C5:2", "G4:1 G4:1/2 F4:1/2 E4:2", "C4 B3 C4:2", "C3 G3 C3:2")
    harmony = analyse_harmony(score)
    assert numerals(harmony) == ["I", "V", "V7", "I"]
    assert harmony.chords[2].start_tick == Q + Q // 2


def test_broken_chords_are_heard_as_one(keyboard):
    score = keyboard(
        "E5:4 | F5:4 | D5:4 | C5:4",
        " ".join(["C3:1/2 G3:1/2 E3:1/2 G3:1/2"] * 2)
        + " "
        + " ".join(["D3:1/2 A3:1/2 F3:1/2 A3:1/2"] * 2)
        + " "
        + " ".join(["B2:1/2 G3:1/2 F3:1/2 G3:1/2"] * 2)
        + " "
        + " ".join(["C3:1/2 G3:1/2 E3:1/2 G3:1/2"] * 2),
    )
    harmony = analyse_harmony(score)
    bar = 4 * Q
    assert [(span.start_tick, span.chord.root(span.key)) for span in harmony.chords] == [
        (0, 0),
        (bar, 2),
        (2 * bar, 7),
        (3 * bar, 0),
    ]
    assert harmony.chords[2].chord.numeral == "V65"


def test_a_picardy_third_leaves_the_key_minor(voices):
    score = voices(
        "A4 B4 C5 B4 | A4 B4 C5 D5 | C5 B4 A4 G#4 | A4:4",
        "E4 E4 E4 E4 | E4 E4 E4 F4 | E4 D4 E4 E4 | E4:4",
        "C4 G#3 A3 G#3 | C4 G#3 A3 A3 | A3 F3 C4 B3 | C#4:4",
        "A2 E3 A2 E3 | A2 E3 A2 D3 | A2 B2 E3 E3 | A2:4",
        key="A minor",
    )
    harmony = analyse_harmony(score)
    assert {span.key for span in harmony.keys} == {Key(3, "minor")}
    assert harmony.chords[-1].chord.numeral == "I"


def test_a_score_without_notes_has_no_harmony():
    assert analyse_harmony(Score((Part("Piano", ()),), make_bars(Meter(4, 4), 2))).chords == ()
    assert analyse_harmony(Score((), ())).keys == ()


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(24, 100), st.integers(1, 12)),
        min_size=1,
        max_size=40,
    ),
    st.sampled_from([Meter(4, 4), Meter(3, 8), Meter(6, 8), Meter(2, 2), Meter(5, 4)]),
)
@settings(max_examples=15)
def test_any_notes_get_chords_from_the_first_note_to_the_end(rows, meter):
    sixteenth = Q // 4
    notes = sort_notes(Note(onset * sixteenth, pitch, length * sixteenth) for onset, pitch, length in rows)
    end = max(note.end_tick for note in notes)
    score = Score((Part("Piano", notes),), make_bars(meter, -(-end // meter.bar_ticks)))
    harmony = analyse_harmony(score)
    for spans in (harmony.keys, harmony.chords):
        assert spans[0].start_tick <= notes[0].onset_tick
        assert spans[-1].end_tick == score.end_tick
        assert all(left.end_tick == right.start_tick for left, right in itertools.pairwise(spans))
    for span in harmony.chords:
        assert any(key.start_tick <= span.start_tick and span.end_tick <= key.end_tick for key in harmony.keys)
