"""A good tune is rated above a bad one."""

from __future__ import annotations

import numpy as np
import pytest

from composer.analysis.copying import make_run_index
from composer.fill.melody import (
    copied_notes,
    known_openings,
    melody_score,
    opening_likeness,
    parallels_with_bass,
    rhythm_likeness,
)
from composer.fill.themes import drawn_opening
from composer.outline import ChordSpan
from composer.score import Note, Part, Score, make_bars
from composer.style import load_statistics
from composer.style_statistics import Opening, StyleStatistics
from composer.theory.harmony import parse_chord
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER, parse_meter

QUARTER = TICKS_PER_QUARTER
C, METER = parse_key("C major"), parse_meter("4/4")
BAR = METER.bar_ticks


@pytest.fixture(scope="module")
def bach() -> StyleStatistics:
    return load_statistics("bach")


def tune(*pairs):
    """(pitch, quarters) in a row."""
    notes, time = [], 0.0
    for pitch, quarters in pairs:
        notes.append((round(time * QUARTER), round(quarters * QUARTER), pitch))
        time += quarters
    return notes


def rated(notes, statistics):
    chords = (
        ChordSpan(0, BAR, parse_chord("I", "major"), C),
        ChordSpan(BAR, 2 * BAR, parse_chord("V", "major"), C),
    )
    return melody_score(notes, chords=chords, meter=METER, statistics=statistics, span_ticks=2 * BAR)


GOOD = tune((67, 1), (72, 0.5), (71, 0.5), (72, 1), (76, 1), (74, 1), (71, 0.5), (69, 0.5), (67, 2))
BAD = {
    "off the chord": [(onset, length, pitch + 1) for onset, length, pitch in GOOD],
    "hammered": tune(*[(72, 0.5)] * 8, *[(71, 0.5)] * 8),
    "jumping": tune((60, 1), (79, 1), (62, 1), (83, 1), (61, 1), (78, 1), (63, 1), (84, 1)),
    "zigzag": tune(*[(pitch, 0.5) for pitch in (72, 76, 72, 76, 72, 76, 72, 76, 74, 71, 74, 71, 74, 71, 74, 71)]),
    "hardly moving": tune((72, 1), (72, 1), (72, 1), (72, 5)),
    "too short": tune((72, 4), (74, 4)),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_good_tune_is_rated_above_a_bad_one(fault, bach):
    assert rated(GOOD, bach) > rated(BAD[fault], bach) + 0.5


def test_a_known_tune_is_told_wherever_it_begins_and_a_pinned_one_is_not():
    notes = tuple(Note(onset, pitch, length) for onset, length, pitch in GOOD)
    known = (make_run_index([Score(parts=(Part("Voice", notes),), bars=make_bars(METER, 2))], []),)
    moved = [(onset + BAR, length, pitch - 5) for onset, length, pitch in GOOD]
    backwards = [(onset, length, GOOD[-1 - place][2]) for place, (onset, length, _) in enumerate(GOOD)]
    assert copied_notes(GOOD, known) == copied_notes(moved, known) == len(GOOD) - 3
    assert copied_notes(backwards, known) == 0
    assert copied_notes(GOOD, known, given=GOOD) == 0
    assert copied_notes(GOOD, ()) == copied_notes([], known) == 0


def test_a_chromatic_passing_note_costs_less_than_a_wrong_downbeat(bach):
    passing = [
        (onset, length, 73 if (onset, pitch) == (6 * QUARTER // 4, 71) else pitch) for onset, length, pitch in GOOD
    ]
    wrong = [(onset, length, 73 if onset == 0 else pitch) for onset, length, pitch in GOOD]
    assert rated(passing, bach) > rated(wrong, bach)


def test_an_opening_is_likened_to_the_style_s_own_but_a_copy_is_not_wanted():
    opening = Opening(
        meter="quadruple",
        mode="major",
        onsets_beat=(0.0, 1.0, 2.0, 3.0, 4.0),
        pitches=(60, 62, 64, 62, 60),
        count=3,
    )
    statistics = StyleStatistics(name="small", pieces=1, bars=1, openings=(opening,))
    same = tune(*[(pitch, 1) for pitch in (67, 69, 71, 69, 67)])
    near = tune(*[(pitch, 1) for pitch in (67, 69, 71, 72, 67)])
    far = tune((67, 2.5), (66, 0.5), (65, 1.5), (64, 0.5))
    openings = known_openings(statistics, meter=METER, mode="major")
    likeness = {
        name: opening_likeness(notes, openings, meter=METER)
        for name, notes in (("same", same), ("near", near), ("far", far))
    }
    assert likeness["same"] == 0
    assert likeness["near"] > 0.7 > likeness["far"]
    assert known_openings(statistics, meter=METER, mode="minor") == []
    assert opening_likeness(near, [], meter=METER) == 0


def test_a_rhythm_is_likened_whatever_the_pitches_are():
    syncopated = Opening(
        mode="major", meter="quadruple", onsets_beat=(0.0, 0.5, 1.5, 2.0), pitches=(0, 2, 4, 5), count=1
    )
    assert rhythm_likeness(tune((60, 0.5), (60, 1), (60, 0.5), (60, 2)), syncopated, meter=METER) == 1
    assert rhythm_likeness(tune((60, 1), (62, 1), (64, 1), (65, 1)), syncopated, meter=METER) == 0.5


def test_a_tune_is_to_move_as_it_is_asked_to(bach):
    def at(notes, pace):
        span = {"chords": (), "meter": METER, "statistics": bach, "span_ticks": 2 * BAR}
        return melody_score(notes, **span, pace=pace) - melody_score(notes, **span, pace=len(notes) / 8)

    assert at(GOOD, 3.0) < 0
    assert at(GOOD, 0.5) < 0
    assert at(GOOD, len(GOOD) / 8 + 0.1) == 0


def test_ideas_take_their_rhythms_from_all_of_a_style_s_openings():
    openings = [Opening("major", "quadruple", (0.0, 1.0, 2.0 + k / 4), (0, 2, 4), 1) for k in range(4)]
    generator = np.random.default_rng(1)
    assert {drawn_opening(openings, generator) for _ in range(40)} == set(openings)
    assert drawn_opening([], generator) is None


def test_a_tune_that_goes_in_octaves_with_its_bass_is_told_from_one_that_goes_against_it():
    key = parse_key("G minor")
    chords = [
        ChordSpan(start, start + QUARTER, parse_chord(numeral, "minor"), key)
        for start, numeral in ((0, "V65"), (QUARTER, "i"), (2 * QUARTER, "iv6"))
    ]

    def line(*pitches):
        return [(place * QUARTER, QUARTER, pitch) for place, pitch in enumerate(pitches)]

    assert parallels_with_bass(line(66, 67, 70), chords) == 1  # F sharp and G in both
    assert parallels_with_bass(line(62, 70, 70), chords) == 0  # the octave and the held note are no parallels
    assert parallels_with_bass(line(69, 67, 70), chords) == 0
    assert parallels_with_bass(line(73, 74, 72), chords) == 1  # fifths


def test_leap_upon_leap_is_no_theme_and_a_choir_hardly_leaps(bach):
    chorale = load_statistics("chorale")
    sung = tune((67, 1), (69, 1), (71, 1), (72, 1), (71, 1), (69, 1), (67, 1), (71, 1))
    third = tune((67, 1), (71, 1), (67, 1), (72, 1), (71, 1), (67, 1), (69, 1), (71, 1))
    scattered = tune((67, 1), (76, 1), (64, 1), (72, 1), (62, 1), (71, 1), (69, 1), (71, 1))
    assert rated(sung, bach) > rated(scattered, bach) + 1
    assert rated(sung, chorale) - rated(third, chorale) > rated(sung, bach) - rated(third, bach)
