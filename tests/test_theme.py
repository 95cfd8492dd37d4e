"""Exact transformations of themes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.abc import UNIT_TICKS, Melody, MelodyNote, format_abc, parse_abc
from composer.errors import ThemeError
from composer.outline import ChordSpan
from composer.theme import (
    Theme,
    breathing,
    change_degree,
    change_mode,
    fitted,
    fragment,
    in_key,
    inverted,
    laid_out,
    moved,
    retrograde,
    scale_step,
    sequenced,
    sequenced_through,
    step_pitch,
    stretched,
)
from composer.theory.harmony import parse_chord
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER as Q
from composer.theory.meter import parse_meter

WALTZ = parse_meter("3/4")
G = parse_key("G major")


def theme_of(text: str, *, key: str = "G major", chords: str = "", bars: int | None = None) -> Theme:
    """A theme from ABC, with one chord a bar."""
    home = parse_key(key)
    melody = parse_abc(text, key=home, meter=WALTZ)
    spans = tuple(
        ChordSpan(bar * WALTZ.bar_ticks, (bar + 1) * WALTZ.bar_ticks, parse_chord(numeral, home.mode), home)
        for bar, numeral in enumerate(chords.split())
    )
    return Theme("refrain", (melody,), home, WALTZ, bars or melody.bars(WALTZ), spans)


def abc(theme: Theme) -> str:
    return format_abc(theme.melody, key=theme.key, meter=WALTZ)


def pitches(theme: Theme) -> list[int]:
    return [note.pitch for note in theme.melody.notes]


def test_the_same_mode_is_a_chromatic_transposition():
    theme = theme_of("G2 B2 d2 | ^c2 A4")
    there = in_key(theme, parse_key("D major"))
    assert {b - a for a, b in zip(pitches(theme), pitches(there), strict=True)} == {-5}


def test_the_octave_nearest_to_home_that_fits_is_taken():
    theme = theme_of("G2 B2 g2")
    assert pitches(in_key(theme, parse_key("D major"), lowest=64)) == [74, 78, 86]
    assert pitches(in_key(theme, parse_key("D major"), highest=80)) == [62, 66, 74]
    with pytest.raises(ThemeError, match="fits no octave"):
        in_key(theme, parse_key("D major"), lowest=60, highest=70)


def test_minor_lowers_three_six_and_seven():
    theme = theme_of("G2 B2 e2 | f2 g4", chords="I vi")
    assert pitches(in_key(theme, parse_key("G minor"))) == [67, 70, 75, 77, 79]


def test_the_raised_seven_stays_over_the_dominant():
    theme = theme_of("g2 f2 d2 | g6", chords="V I")
    assert pitches(in_key(theme, parse_key("G minor"))) == [79, 78, 74, 79]


def test_no_augmented_second_beside_the_raised_seven():
    theme = theme_of("d2 e2 f2 | g6", chords="V I")
    assert pitches(in_key(theme, parse_key("G minor"))) == [74, 76, 78, 79]


def test_major_and_minor_of_a_minor_tune():
    theme = theme_of("A2 c2 e2 | f2 ^g2 a2", key="A minor", chords="i V")
    assert pitches(in_key(theme, parse_key("A major"))) == [69, 73, 76, 78, 80, 81]


def test_chords_go_along():
    theme = theme_of("G6 | A6 | B6", chords="I ii6 V7")
    there = in_key(theme, parse_key("E minor"))
    assert [str(span.chord) for span in there.chords] == ["i", "iio6", "V7"]
    assert {str(span.key) for span in there.chords} == {"E minor"}


@pytest.mark.parametrize(
    ("major", "minor"),
    [
        *[("I", "i"), ("I6", "i6"), ("ii6", "iio6"), ("ii65", "iiø65"), ("iii", "III"), ("IV", "iv"), ("V", "V")],
        *[("V7", "V7"), ("V65", "V65"), ("vi", "VI"), ("viio6", "viio6"), ("Cad64", "Cad64"), ("V65/V", "V65/V")],
        ("N6", "N6"),
    ],
)
def test_numerals_change_with_the_mode_and_back(major, minor):
    assert change_mode(major, "major", "minor") == minor
    assert change_mode(minor, "minor", "major") == major
    assert change_mode(major, "major", "major") == major


@pytest.mark.parametrize(
    ("degree", "source", "target", "numeral", "wanted"),
    [
        ("3", "major", "minor", "i", "3"),
        ("7", "major", "minor", "V", "#7"),
        ("7", "major", "minor", "III", "7"),
        ("#7", "minor", "major", "V", "7"),
        ("#4", "major", "minor", "", "#4"),
    ],
)
def test_degrees_change_with_the_mode(degree, source, target, numeral, wanted):
    assert change_degree(degree, source, target, numeral) == wanted


def test_inversion_mirrors_in_the_scale():
    assert pitches(inverted(theme_of("G2 A2 B2 | d2 G4"))) == [67, 66, 64, 60, 67]


def test_retrograde_plays_backwards():
    assert abc(retrograde(theme_of("G2 B4 | z2 d4"))) == "d4 z2 | B4 G2"


def test_augmentation_and_diminution_are_inverse():
    theme = theme_of("G2 B2 d2 | c2 A2 x2", chords="I V")
    doubled = stretched(theme, Fraction(2))
    assert doubled.bars == 4
    assert doubled.melody.notes[1].onset_tick == 4 * UNIT_TICKS
    assert stretched(doubled, Fraction(1, 2)) == theme


def test_a_sequence_climbs_by_scale_degrees():
    theme = sequenced(theme_of("G2 A2 B2"), step=1, times=2)
    assert abc(theme) == "G2 A2 B2 | A2 B2 c2 | B2 c2 d2"
    assert theme.bars == 3


def test_the_chords_of_a_sequence_move_with_each_copy():
    theme = sequenced(theme_of("G2 B2 d2 | c2 A2 F2", chords="I V65/V"), step=1, times=1)
    assert [str(span.chord) for span in theme.chords] == ["I", "V65/V", "ii", "V65/vi"]
    assert [span.start_tick for span in theme.chords] == [bar * theme.meter.bar_ticks for bar in range(4)]


@pytest.mark.parametrize("chords", ["I Cad64", "I Ger65"])
def test_a_sequence_of_chords_that_do_not_move_has_none(chords):
    assert sequenced(theme_of("G2 B2 d2 | c2 A2 F2", chords=chords), step=-1, times=1).chords == ()


def test_a_fragment_takes_its_upbeat_along():
    theme = theme_of("D2 | G2 B2 d2 | c4 A2 | B4", chords="I V", bars=3)
    part = fragment(theme, 2, 3)
    assert abc(part) == "d2 | c4 A2 | B4"
    with pytest.raises(ThemeError, match="has 3 bars"):
        fragment(theme, 3, 4)


def test_what_a_fragment_does_not_reach_is_free():
    theme = theme_of("G2 B2 d2 | c2 A2 F2", bars=4)
    assert abc(fragment(theme, 2, 3)) == "c2 A2 F2 | x6"


def test_register_moves_by_octaves_only():
    theme = theme_of("G2 B2 d2")
    assert pitches(moved(theme, -12)) == [55, 59, 62]
    with pytest.raises(ThemeError, match="whole octaves"):
        moved(theme, 7)


def breath(text, chords="", *, beats=1, link_bars=1, voices=()):
    """A sequence that is given, breathing."""
    theme = theme_of(text, chords=chords)
    theme = replace(theme, voices=(theme.melody, *(parse_abc(voice, key=G, meter=WALTZ) for voice in voices)))
    return breathing(theme, round(beats * Q), link_bars=link_bars)


@pytest.mark.parametrize("chords", ["", "I V7"])
def test_who_breathes_leaves_the_last_beat_out_and_holds_the_note_before(chords):
    assert abc(breath("G2 B2 d2 | c2 A2 F2", chords)) == "G2 B2 d2 | c2 A4"


def test_a_note_is_not_held_into_a_chord_that_it_does_not_belong_to():
    theme = theme_of("G2 B2 d2 | c2 A2 F2", chords="I V7")
    early = replace(theme.chords[1], end_tick=5 * Q), replace(theme.chords[0], start_tick=5 * Q, end_tick=6 * Q)
    theme = replace(theme, chords=(theme.chords[0], *early))
    assert abc(breathing(theme, Q, link_bars=1)) == "G2 B2 d2 | c2 A2 z2"


def test_no_passing_note_is_held():
    assert abc(breath("G2 B2 d2 | F2 FG A2", "I V")) == "G2 B2 d2 | F2 F4"


def test_the_last_link_keeps_its_first_note_however_long_the_breath():
    assert abc(breath("z4 G2 | z4 A2", beats=1)) == "z4 G2 | z4 A2"
    assert abc(breath("z4 G G | z4 A A", beats=5)) == "z4 G G | z4 A2"
    assert abc(breath("G2 A2 B2 | A2 B2 c2", beats=8)) == "G2 A2 B2 | A6"


def test_all_that_sounds_is_held_while_the_tune_breathes():
    found = breath("G2 B2 d2 | c2 A2 F2", "I V7", voices=["G,6 | D,2 D,2 D,2"])
    assert [(note.onset_tick / Q, note.duration_tick / Q) for note in found.voices[1].notes] == [(0, 3), (3, 1), (4, 2)]


def test_what_rests_already_breathes():
    theme = theme_of("G2 B2 d2 | c4 z2", chords="I V7")
    assert breathing(theme, Q, link_bars=1) == theme


def test_a_sequence_through_keys_is_the_model_in_each_key_with_its_chords():
    theme = theme_of("G2 B2 d2 | ^c2 A4", chords="I V/V")
    sequence = sequenced_through(theme, [G, parse_key("A minor"), parse_key("B minor")])
    assert abc(sequence) == "G2 B2 d2 | ^c2 A4 | A2 c2 e2 | _e2 B4 | B2 d2 f2 | =f2 ^c4"
    assert [str(span.key) for span in sequence.chords] == ["G major"] * 2 + ["A minor"] * 2 + ["B minor"] * 2
    assert [span.chord.numeral for span in sequence.chords] == ["I", "V/V", "i", "V/V", "i", "V/V"]
    assert (sequence.bars, sequence.key) == (6, G)


def test_a_sequence_through_keys_does_not_climb_for_ever():
    theme = theme_of("G2 A2 G2")
    fourths = [parse_key(f"{name} major") for name in ("G", "C", "F", "Bb", "Eb", "Ab", "Db")]
    lowest = pitches(sequenced_through(theme, fourths))[::3]
    assert all(abs(pitch - lowest[0]) <= 8 for pitch in lowest)


def test_a_period_opens_both_halves_with_the_idea():
    idea = parse_abc("G2 B2 d2 | c4 A2", key=G, meter=WALTZ)
    tune = laid_out(idea, kind="period", bars=8, meter=WALTZ)
    assert format_abc(tune, key=G, meter=WALTZ) == "G2 B2 d2 | c4 A2 | x6 | x6 | G2 B2 d2 | c4 A2 | x6 | x6"


def test_a_sentence_repeats_the_idea_at_once():
    idea = parse_abc("D2 | G2 B2 d2 | c4", key=G, meter=WALTZ)
    tune = laid_out(idea, kind="sentence", bars=8, meter=WALTZ)
    assert format_abc(tune, key=G, meter=WALTZ).startswith("D2 | G2 B2 d2 | c4 D2 | G2 B2 d2 | c4 x2 | x6")


@st.composite
def themes(draw) -> Theme:
    key = parse_key(draw(st.sampled_from(["C major", "G major", "A minor", "Eb major", "F# minor"])))
    notes, time = [], 0
    for _ in range(draw(st.integers(1, 12))):
        length = draw(st.sampled_from([UNIT_TICKS, 2 * UNIT_TICKS, 3 * UNIT_TICKS]))
        if draw(st.booleans()):
            notes.append(MelodyNote(time, length, draw(st.integers(55, 80))))
        time += length
    bars = -(-time // WALTZ.bar_ticks)
    melody = Melody(tuple(notes), bars * WALTZ.bar_ticks)
    return Theme("t", (melody,), key, WALTZ, bars)


@settings(max_examples=100, deadline=None)
@given(themes())
def test_retrograde_twice_and_inversion_twice_are_nothing(theme):
    assert retrograde(retrograde(theme)).melody == theme.melody
    diatonic = all((note.pitch - theme.key.tonic_pitch_class) % 12 in _scale(theme) for note in theme.melody.notes)
    if diatonic:
        assert inverted(inverted(theme)).melody == theme.melody


def _scale(theme: Theme) -> set[int]:
    return {(pitch_class - theme.key.tonic_pitch_class) % 12 for pitch_class in theme.key.scale}


@settings(max_examples=100, deadline=None)
@given(themes(), st.sampled_from(["C major", "E major", "Ab major", "F# major"]))
def test_there_and_back_is_the_theme(theme, name):
    there = parse_key(name)
    there = replace(there, mode=theme.key.mode)
    back = in_key(in_key(theme, there), theme.key)
    shifts = {b - a for a, b in zip(pitches(theme), pitches(back), strict=True)}
    assert len(shifts) <= 1
    assert all(shift % 12 == 0 for shift in shifts)


@settings(max_examples=60, deadline=None)
@given(themes(), st.integers(40, 60), st.integers(84, 100))
def test_a_fitted_theme_is_in_range_and_only_moved_by_octaves(theme, lowest, highest):
    there = fitted(theme, lowest=lowest, highest=highest)
    assert all(lowest <= pitch <= highest for pitch in pitches(there))
    assert len({b - a for a, b in zip(pitches(theme), pitches(there), strict=True)}) <= 1


def test_every_pitch_has_its_place_in_every_scale():
    for key in (parse_key("G major"), parse_key("C minor"), parse_key("F# minor")):
        assert [step_pitch(*scale_step(pitch, key), key) for pitch in range(128)] == list(range(128))
    assert scale_step(62, parse_key("C minor")) == (scale_step(60, parse_key("C minor"))[0] + 1, 0)
    assert scale_step(66, parse_key("C major"))[1] == 1
