import pytest

from composer.analysis.harmony_statistics import zone_of
from composer.analysis.outline import outline_of
from composer.analysis.statistics import AnalysedPiece, hand_pairs, home_key, percentiles, style_statistics
from composer.style_statistics import HandPair, statistics_from_json, statistics_to_json
from composer.theory.key import Key


@pytest.fixture
def hymns(hymn):
    return [AnalysedPiece(hymn, outline_of(hymn))] * 3  # three times, so that no chord is rare


def test_chords_are_counted_by_mode_and_zone(hymns):
    statistics = style_statistics(hymns, name="hymn")
    assert statistics.pieces == 3
    assert statistics.bars == 12
    assert statistics.first_chords == {"major": {"I": 6}}
    cadence = statistics.chord_transitions["major"]["cadence"]
    assert cadence["V"]["I"] == (3, 0)
    assert statistics.cadence_mix["major"] == {"first": {"HC": 3}, "last": {"PAC": 3}}
    assert statistics.phrase_lengths == {"quadruple": {"2": 6}}
    assert statistics.home_share == 1.0


def test_a_cadence_is_a_formula_of_outer_voices(hymns):
    formulas = {formula.kind: formula for formula in style_statistics(hymns, name="hymn").cadence_formulas}
    perfect = formulas["PAC"]
    assert (perfect.chords[-2:], perfect.soprano[-2:], perfect.bass[-2:]) == (("V", "I"), ("2", "1"), ("5", "1"))
    assert (perfect.durations_beat[-2:], perfect.final_beat, perfect.count) == ((1.0, 4.0), 0.0, 3)


def test_rare_cadences_are_learned_inside_phrases_too(voices):
    score = voices(
        "C5 D5 D5 C5 | F5 E5 D5 C5 | E5 F5 D5 D5 | C5:4",
        "G4 A4 G4 A4 | A4 G4 G4 G4 | G4 A4 A4 G4 | E4:4",
        "E4 F4 B3 E4 | C4 C4 B3 E4 | C4 C4 C4 B3 | G3:4",
        "C3 F3 G3 A3 | F3 C3 G3 C3 | C3 F3 F3 G3 | C3:4",
    )
    piece = AnalysedPiece(score, outline_of(score))
    formulas = style_statistics([piece], name="x").cadence_formulas
    deceptive = next(formula for formula in formulas if formula.kind == "DC")
    assert (deceptive.chords[-2:], deceptive.bass[-2:]) == (("V", "vi"), ("5", "6"))


def test_a_weight_counts_a_piece_again(hymn):
    outline = outline_of(hymn)
    once = style_statistics([AnalysedPiece(hymn, outline, 6)], name="x")
    assert once.pieces == 1
    assert once.first_chords == {"major": {"I": 12}}


def test_melodies_are_counted(hymns):
    statistics = style_statistics(hymns, name="hymn")
    assert statistics.melody_intervals["0"] > 0
    assert statistics.rhythm_cells["0"] > statistics.rhythm_cells.get("0,6", 0)
    assert statistics.melody_degrees["major"]["2"]["1"] == 3
    opening = statistics.openings[0]
    assert opening.count == 3
    assert opening.onsets_beat[0] == 0.0


def test_both_hands_are_counted_together(hymns):
    textures = style_statistics(hymns, name="hymn").textures
    hands = [pair for figures in textures.values() for pair in figures.hands]
    assert max(hands, key=lambda pair: pair.count) == HandPair(1.0, 1.0, 15)  # a hymn moves note against note
    assert sum(pair.count for pair in hands) == sum(figures.count for figures in textures.values())


def test_the_commonest_pairs_of_hands_are_kept():
    counted = {(float(lower), float(upper)): lower + upper + 1 for lower in range(7) for upper in range(7)}
    kept = hand_pairs(counted)
    assert len(kept) == 24
    assert kept[0] == HandPair(6.0, 6.0, 13)
    assert [pair.count for pair in kept] == sorted((pair.count for pair in kept), reverse=True)


def test_statistics_survive_their_file(hymn):
    statistics = style_statistics([AnalysedPiece(hymn, outline_of(hymn), 60)], name="hymn")
    assert [len(ends) for ends in statistics.phrase_ends.values()] == [5, 5]
    assert 0 <= statistics.halting_bars <= 1
    text = statistics_to_json(statistics)
    assert statistics_from_json(text) == statistics
    assert statistics_to_json(statistics_from_json(text)) == text


def test_no_pieces_give_empty_statistics():
    empty = style_statistics([], name="none")
    assert (empty.pieces, empty.chord_transitions, empty.cadence_formulas) == (0, {}, ())
    assert statistics_from_json(statistics_to_json(empty)) == empty


def test_the_cadence_zone_goes_before_the_opening():
    assert [zone_of(place, 7) for place in range(7)] == ["opening"] * 3 + ["middle"] + ["cadence"] * 3
    assert [zone_of(place, 4) for place in range(4)] == ["opening"] + ["cadence"] * 3


def test_home_is_the_key_with_most_time(hymn):
    assert home_key(outline_of(hymn)) == Key(0, "major")


def test_percentiles():
    assert percentiles(range(11)) == (1.0, 5.0, 9.0)
    assert percentiles([]) == (0.0, 0.0, 0.0)
