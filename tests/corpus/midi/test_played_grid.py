"""Notes beside their places: humanised, played to a click, played freely."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from composer.corpus import read_bytes
from composer.corpus.midi.grid import LIVE_LEAD
from composer.corpus.midi.played_grid import PlayedGrid, lead
from composer.corpus.midi.quantise import TOLERANCE_TICKS
from composer.theory.meter import TICKS_PER_QUARTER as Q

# A bar of 4/4: quarters, eighths, a triplet, sixteenths.
RHYTHM = [0, 1, 1.5, 2, 2 + 1 / 3, 2 + 2 / 3, 3, 3.25, 3.5, 3.75]
PLACES = [round((4 * bar + at) * Q) for bar in range(16) for at in RHYTHM]


def jittered(places: list[int], spread: float, seed: int = 3) -> list[float]:
    rng = random.Random(seed)
    return [max(0.0, place + rng.gauss(0, spread * Q)) for place in places]


@pytest.mark.parametrize("spread", [0.005, 0.01, 0.02])
def test_onsets_find_their_places_again(spread):
    onsets = jittered(PLACES, spread)
    grid = PlayedGrid(onsets, tolerance_ticks=TOLERANCE_TICKS)
    found = [grid.snap(tick)[0] for tick in onsets]
    assert sum(one == other for one, other in zip(found, PLACES, strict=True)) >= 0.98 * len(PLACES)
    assert grid.spread_ticks == pytest.approx(spread * Q, rel=0.25)


def test_one_late_note_does_not_change_the_subdivision_of_its_neighbours():
    places = [i * Q // 2 for i in range(64)]
    onsets = jittered(places, 0.01)
    onsets[21] = places[21] + 0.09 * Q
    grid = PlayedGrid(onsets, tolerance_ticks=TOLERANCE_TICKS)
    assert [grid.snap(tick)[0] for tick in onsets] == places


def test_a_rolled_chord_is_one_moment():
    places = [i * Q for i in range(16) for _ in range(4)]
    onsets = [place + 0.01 * Q * (index % 4) for index, place in enumerate(places)]
    grid = PlayedGrid(onsets, tolerance_ticks=TOLERANCE_TICKS)
    assert [grid.snap(tick)[0] for tick in onsets] == places


def test_beats_that_the_notes_follow_lead_other_beats():
    onsets = jittered(PLACES, 0.03)
    grid = PlayedGrid(onsets, tolerance_ticks=TOLERANCE_TICKS)
    assert lead(grid, onsets, tolerance_ticks=TOLERANCE_TICKS) > LIVE_LEAD


def test_beats_that_the_notes_do_not_follow_do_not_lead():
    rng, onsets, now = random.Random(5), [], 0.0
    for one, other in pairwise(PLACES):
        onsets.append(now)
        now += (other - one) * 0.93 * rng.uniform(0.85, 1.2)
    grid = PlayedGrid(onsets, tolerance_ticks=TOLERANCE_TICKS)
    assert lead(grid, onsets, tolerance_ticks=TOLERANCE_TICKS) < LIVE_LEAD


@pytest.mark.parametrize("ticks", [24, 96, 120, 480])
def test_a_free_performance_is_recognised_at_any_resolution(midi, ticks):
    rng, rows, now = random.Random(11), [], 0.0
    for index in range(300):
        rows.append((now, 0.4, 50 + index * 7 % 30))
        now += rng.choice((0.25, 0.5, 0.5, 1)) * 0.93 * rng.uniform(0.85, 1.2)
    assert read_bytes(midi(rows, ticks=ticks), "free.mid").is_live


def test_a_humanised_file_is_no_performance_and_keeps_its_notes(midi):
    rng = random.Random(1)
    exact = [(place / Q, 0.25, 60 + index % 12) for index, place in enumerate(PLACES)]
    moved = [(max(0, onset + rng.gauss(0, 0.012)), length, pitch) for onset, length, pitch in exact]
    result = read_bytes(midi(moved), "humanised.mid")
    assert not result.is_live
    assert result.off_grid_share < 0.02
    assert any("humanised" in line for line in result.mended)
    assert [note.onset_tick for note in result.score.parts[0].notes] == PLACES
