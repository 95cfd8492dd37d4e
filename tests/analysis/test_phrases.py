import itertools
from dataclasses import replace

from composer.analysis.harmony import analyse_harmony
from composer.analysis.phrases import divide_phrases
from composer.score import Part, Repeat, Score, make_bars
from composer.theory.harmony import Cadence
from composer.theory.meter import TICKS_PER_QUARTER, Meter

Q = TICKS_PER_QUARTER


def phrases_of(score, **options):
    return divide_phrases(score, analyse_harmony(score).chords, **options)


def test_fermatas_end_phrases(hymn):
    first, second = phrases_of(hymn)
    assert (first.start_tick, first.end_tick, second.end_tick) == (0, 8 * Q, 16 * Q)
    assert (first.cadence, second.cadence) == (Cadence.HC, Cadence.PAC)


def test_phrases_begin_with_their_upbeats(voices):
    score = voices(
        "G4 | C5 D5 E5 D5 | C5 B4 C5 G4 | C5 D5 E5 D5 | C5 B4 C5",
        "E4 | E4 G4 G4 G4 | E4 D4 E4 E4 | E4 G4 G4 G4 | E4 D4 E4",
        "C4 | G3 B3 C4 B3 | G3 G3 G3 C4 | G3 B3 C4 B3 | G3 G3 G3",
        "C3 | C3 G3 C3 G3 | E3 G3 C3 C3 | C3 G3 C3 G3 | E3 G3 C3",
        pickup=1,
        fermata_ticks=(7 * Q, 15 * Q),
    )
    assert [phrase.start_tick for phrase in phrases_of(score)] == [0, 8 * Q]


def test_long_notes_and_stops_end_phrases_where_no_fermata_says_so(hymn):
    doubled = replace(hymn, fermata_ticks=())
    parts = []
    for part in hymn.parts:
        again = tuple(replace(note, onset_tick=note.onset_tick + 16 * Q) for note in part.notes)
        parts.append(replace(part, notes=part.notes + again))
    doubled = replace(doubled, parts=tuple(parts), bars=make_bars(Meter(4, 4), 8))
    assert 16 * Q in [phrase.start_tick for phrase in phrases_of(doubled, use_fermatas=False)]


def test_phrases_cover_the_piece(keyboard):
    score = keyboard("- C5 D5 E5 " * 8, "C3:4 " * 8)
    phrases = phrases_of(score)
    assert phrases[0].start_tick == 0
    assert phrases[-1].end_tick == score.end_tick
    assert all(left.end_tick == right.start_tick for left, right in itertools.pairwise(phrases))


def test_a_repeat_sign_begins_a_phrase(keyboard):
    score = keyboard("C5 D5 E5 F5 " * 16, "C3:4 " * 16)
    signed = replace(score, repeats=(Repeat(0, 20 * Q), Repeat(20 * Q, 64 * Q)))
    assert 20 * Q in [phrase.start_tick for phrase in phrases_of(signed)]


def test_a_score_without_notes_has_no_phrases():
    assert divide_phrases(Score((Part("Piano", ()),), make_bars(Meter(4, 4), 2)), ()) == ()


def test_fermatas_that_are_rare_are_stops_and_do_not_decide_the_phrases(voices):
    phrase = "G4 A4 B4 C5 | D5 C5 B4 A4 | G4 C5 B4 C5 | D5:2 G4:2 | G4 A4 B4 C5 | D5 E5 D5 C5 | B4 A4 B4 D5 | C5:3 - "
    bass = "C3 F3 G3 C3 | G3 A3 G3 F3 | E3 A3 G3 C3 | G3:2 C3:2 | C3 F3 G3 C3 | G3 C3 G3 F3 | G3 F3 G3 G3 | C3:3 - "
    score = voices(phrase * 5, bass * 5)
    held = replace(score, fermata_ticks=(124 * Q, 156 * Q))
    phrases = divide_phrases(held, analyse_harmony(held).chords)
    assert 128 * Q in [phrase.start_tick for phrase in phrases]
    assert max(phrase.end_tick - phrase.start_tick for phrase in phrases) <= 64 * Q
