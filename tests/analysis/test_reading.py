from dataclasses import replace

from composer.analysis.reading import find_cadences, find_chords, find_keys, find_phrases, read_harmony
from composer.score import Part, Score, make_bars
from composer.theory.harmony import Cadence
from composer.theory.meter import TICKS_PER_QUARTER, Meter

Q = TICKS_PER_QUARTER


def test_each_finder_gives_its_part_of_the_reading(hymn):
    reading = read_harmony(hymn)
    assert find_keys(hymn) == reading.keys
    assert find_chords(hymn) == reading.chords
    assert find_phrases(hymn) == reading.phrases


def test_the_cadences_of_a_hymn_are_a_half_and_a_perfect_one(hymn):
    assert [kind for _, kind in find_cadences(hymn)] == [Cadence.HC, Cadence.PAC]
    assert [tick for tick, _ in find_cadences(hymn)][1] == 12 * Q


def test_without_fermatas_a_phrase_in_the_dominant_is_heard_in_its_key(voices):
    score = voices(
        "E5 E5 F5 D5 | E5 D5 C5:2 | B4 C5 D5 D5 | E5 D5 C#5 D5:1 | B4 C5 A4:2 | G4:4 | E5 E5 F5 D5 | C5 B4 C5:2",
        "C5 C5 C5 B4 | C5 B4 G4:2 | G4 G4 A4 A4 | B4 B4 A4 A4 | G4 G4 F#4:2 | D4:4 | C5 C5 C5 B4 | G4 G4 G4:2",
        "G4 G4 A4 G4 | G4 G4 E4:2 | D4 E4 F#4 F#4 | G4 G4 G4 F#4 | D4 E4 C4:2 | B3:4 | G4 G4 A4 G4 | E4 D4 E4:2",
        "C4 C4 F3 G3 | C3 G3 C3:2 | G3 E3 D3 D3 | E3 G3 A3 D3 | G3 C3 D3:2 | G2:4 | C3 C4 F3 G3 | C3 G3 C3:2",
    )
    assert [str(span.key) for span in find_keys(score)] == ["C major", "G major", "C major"]


def test_fermatas_are_ends_of_phrases_at_once(hymn):
    assert [span.end_tick for span in find_phrases(hymn)] == [8 * Q, 16 * Q]
    assert find_phrases(replace(hymn, fermata_ticks=()))[-1].end_tick == 16 * Q


def test_a_score_without_notes_has_no_harmony():
    reading = read_harmony(Score((Part("Piano", ()),), make_bars(Meter(4, 4), 2)))
    assert (reading.keys, reading.chords, reading.phrases) == ((), (), ())
