"""A tune's rhythm is that of its meter."""

from __future__ import annotations

import numpy as np
import pytest

from composer.fill.melody import melody_score
from composer.fill.rhythm import cells_of, contradicts, tune_cells, usual_onsets
from composer.outline import ChordSpan
from composer.style import load_statistics
from composer.style_statistics import StyleStatistics
from composer.theory.harmony import parse_chord
from composer.theory.key import parse_key
from composer.theory.meter import parse_meter

JIG, WALTZ = parse_meter("6/8"), parse_meter("3/4")
EIGHTH = 5040


@pytest.mark.parametrize("cell", [(0,), (0, 4, 8), (0, 8), (0, 2, 4, 6, 8, 10), (0, 6, 8), (4, 6), ()])
def test_thirds_of_a_beat_are_the_parts_of_a_compound_one(cell):
    assert not contradicts(cell, JIG)


@pytest.mark.parametrize("cell", [(0, 6), (6,), (0, 3, 6, 9), (0, 9), (6, 10)])
def test_duplets_and_quarters_contradict_a_compound_beat(cell):
    assert contradicts(cell, JIG)
    assert not contradicts([place for place in cell if place != 10], WALTZ)


def test_thirds_contradict_a_simple_beat():
    assert contradicts((0, 4, 8), WALTZ)


def test_an_upbeat_is_counted_from_the_bar_line():
    assert tune_cells([-EIGHTH, 0, 2 * EIGHTH, 3 * EIGHTH], JIG) == [(8,), (0, 8), (0,)]


@pytest.mark.parametrize("style", ["bach", "mozart", "chopin", "joplin"])
def test_no_style_has_duplets_in_a_compound_meter(style):
    statistics = load_statistics(style)
    assert set(cells_of(statistics, JIG)) & {"0,6", "6", "0,9"} == set()
    assert sum(cells_of(statistics, JIG).values()) == pytest.approx(1)
    assert cells_of(statistics, WALTZ)["0,6"] > 0.05
    assert usual_onsets(statistics, JIG) > 1


def test_a_style_that_counted_nothing_still_has_a_rhythm_in_six_eighths():
    nothing = StyleStatistics(name="none", pieces=0, bars=0)
    assert cells_of(nothing, WALTZ) == {}
    assert usual_onsets(nothing, WALTZ) == 1.5
    assert 1.5 < usual_onsets(nothing, JIG) < 2.5


def test_a_jig_is_rated_above_the_same_notes_in_duplets():
    key = parse_key("C major")
    chords = (ChordSpan(0, JIG.bar_ticks * 2, parse_chord("I", "major"), key),)
    pitches = (67, 72, 71, 72, 76, 74, 72, 67)
    eighths = [0, 2, 3, 5, 6, 8, 9, 11]
    duplets = [0, 1.5, 3, 4.5, 6, 7.5, 9, 10.5]

    def rated(places):
        ends = [*places[1:], 12]
        tune = [
            (int(at * EIGHTH), int((end - at) * EIGHTH), pitch)
            for at, end, pitch in zip(places, ends, pitches, strict=True)
        ]
        statistics = load_statistics("mozart")
        return melody_score(tune, chords=chords, meter=JIG, statistics=statistics, span_ticks=2 * JIG.bar_ticks)

    assert rated(eighths) > rated(duplets) + 3
    assert np.isfinite(rated(duplets))
