"""What is given before the network plays: pins, silence round them, the lead-in, the octave of a cadence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from composer.fill.given import (
    free_onsets,
    give_bass,
    give_begun,
    give_everything,
    give_melody,
    give_notes,
    lead_in_notes,
    moving_beats,
    nothing_given,
    open_ends,
    place_degrees,
)
from composer.outline import TextureSpan
from composer.plan.phrase_ends import Closing
from composer.roll.grid import STEP_TICKS
from composer.roll.pins import FREE, HELD, SILENT, STRUCK
from composer.theory.harmony import parse_chord
from composer.theory.key import parse_key

LOW = 33


@pytest.fixture
def empty():
    return nothing_given(16, 56, LOW, compass=(36, 84))


def sounding(onset, steps, pitch):
    return (onset * STEP_TICKS, steps * STEP_TICKS, pitch)


def test_notes_outside_the_compass_are_not_allowed(empty):
    assert not empty.allowed[:, 35 - LOW].any()
    assert empty.allowed[:, 36 - LOW].all()
    assert empty.allowed[:, 84 - LOW].all()
    assert not empty.allowed[:, 85 - LOW].any()


def test_a_tune_is_struck_and_held_with_silence_above(empty):
    give_melody(empty, [sounding(0, 4, 72), sounding(4, 4, 67)], start_tick=0, end_tick=8 * STEP_TICKS)
    assert empty.code[:4, 72 - LOW].tolist() == [STRUCK, HELD, HELD, HELD]
    assert (empty.code[:4, 73 - LOW :] == SILENT).all()
    assert (empty.code[4:8, 68 - LOW :] == SILENT).all()
    assert (empty.code[:8, : 67 - LOW] == FREE).all()
    assert (empty.code[8:, : 67 - LOW] == FREE).all()
    assert empty.has_melody.tolist() == [True] * 8 + [False] * 8


def test_a_note_of_the_tune_is_not_held_on_below_the_next(empty):
    give_melody(empty, [sounding(0, 4, 67), sounding(4, 4, 72)], start_tick=0, end_tick=8 * STEP_TICKS)
    assert empty.code[4, 67 - LOW] == SILENT
    assert empty.code[5, 67 - LOW] == FREE


def test_where_the_tune_rests_nothing_passes_its_last_note(empty):
    give_melody(empty, [sounding(0, 4, 67)], start_tick=0, end_tick=16 * STEP_TICKS)
    assert (empty.code[4:, 68 - LOW :] == SILENT).all()


def test_a_bass_has_silence_below(empty):
    give_bass(empty, [sounding(0, 8, 43)], start_tick=0, end_tick=8 * STEP_TICKS)
    assert (empty.code[:8, : 43 - LOW] == SILENT).all()
    assert empty.has_bass.tolist() == [True] * 8 + [False] * 8


def test_a_note_that_only_begins_leaves_its_length_and_what_follows_free(empty):
    give_begun(give_melody, empty, sounding(4, 1, 70))
    assert empty.code[4, 70 - LOW] == STRUCK
    assert (empty.code[4, 71 - LOW :] == SILENT).all()  # it is the highest where it begins
    assert (empty.code[5:] == FREE).all()
    assert empty.has_melody.nonzero()[0].tolist() == [4]
    give_begun(give_bass, empty, sounding(14, 2, 40))  # up to the end
    assert empty.code[14:, 40 - LOW].tolist() == [STRUCK, HELD]


def test_a_note_that_only_begins_is_not_held_on_where_something_else_is_silent(empty):
    give_melody(empty, [sounding(5, 2, 60)], start_tick=5 * STEP_TICKS, end_tick=7 * STEP_TICKS)
    give_begun(give_melody, empty, sounding(4, 1, 70))
    assert empty.code[5, 70 - LOW] == SILENT  # above the next note of the tune


def test_what_stands_is_not_overwritten(empty):
    give_notes(empty, [sounding(0, 8, 60)])
    give_notes(empty, [sounding(4, 4, 60)])
    give_melody(empty, [sounding(0, 8, 55)], start_tick=0, end_tick=8 * STEP_TICKS)
    assert empty.code[:8, 60 - LOW].tolist() == [STRUCK] + [HELD] * 7


def test_everything_leaves_no_cell_free(empty):
    give_everything(empty, [sounding(0, 4, 60), sounding(2, 2, 64)], start_tick=0, end_tick=4 * STEP_TICKS)
    assert FREE not in empty.code[:4]
    assert (empty.code[4:] == FREE).all()


def test_a_note_shorter_than_the_grid_lasts_a_sixteenth(empty):
    give_notes(empty, [(0, STEP_TICKS // 2, 60), (STEP_TICKS // 2, STEP_TICKS // 2, 62)])
    assert empty.code[0, 60 - LOW] == STRUCK
    assert empty.code[1, 60 - LOW] == FREE


def test_the_lead_in_is_the_chord_with_its_bass_and_top():
    key = parse_key("D major")
    notes = lead_in_notes(key, parse_chord("V65", "major"), bass=49, top=76, end_tick=4 * STEP_TICKS)
    pitches = [pitch for _, _, pitch in notes]
    assert pitches[0] == 49
    assert pitches[-1] == 76
    assert {pitch % 12 for pitch in pitches} <= {9, 1, 4, 7}
    assert all((onset, length) == (0, 4 * STEP_TICKS) for onset, length, _ in notes)


@pytest.mark.parametrize("tonic", ["C", "E", "A", "Bb"])
def test_a_cadence_moves_by_the_nearest_way_and_ends_near_its_goal(tonic):
    key = parse_key(f"{tonic} major")
    pitches = place_degrees([4, 2, 0], key, goal=71, compass=(62, 84))
    assert np.diff(pitches).tolist() == [-2, -2]
    assert abs(pitches[-1] - 71) <= 6
    assert pitches[-1] % 12 == key.tonic_pitch_class


def test_rests_stay_rests_and_the_compass_wins():
    pitches = place_degrees([None, 7, 0], parse_key("C major"), goal=30, compass=(40, 60))
    assert pitches[0] is None
    assert all(40 <= pitch <= 60 for pitch in pitches[1:])


@pytest.fixture
def closed_steps(facts_in):
    """Steps of two bars in which nothing free may begin, of low pitches and of those from pitch index 30 on."""

    def found(*closings, rate=2, lowest=30, tune=(), origin=0):
        facts = replace(facts_in(bars=2), onsets_x8=np.full((32, 2), 8 * rate, np.int16))
        rows = [(closing, lowest) for closing in closings]
        onsets = free_onsets(rows, facts, 56, tune=tune, origin_tick=origin * STEP_TICKS)
        assert (onsets[:, :30] == onsets[:, :1]).all()
        assert (onsets[:, 30:] == onsets[:, 30:31]).all()
        return [np.flatnonzero(~onsets[:, pitch]).tolist() for pitch in (29, 30)]

    return found


HALTING = Closing(8 * STEP_TICKS, 16 * STEP_TICKS, (0.5, 0.5), 12 * STEP_TICKS, True)
OPEN = Closing(8 * STEP_TICKS, 16 * STEP_TICKS, (1.0, 1.0), 12 * STEP_TICKS, False, (), True)


def test_nothing_free_begins_where_a_phrase_halts(closed_steps):
    going_on = Closing(24 * STEP_TICKS, 32 * STEP_TICKS, (1.0, 1.0), 28 * STEP_TICKS, False)
    # On the beat itself the last chord is struck.
    assert closed_steps(HALTING, going_on, origin=-4) == [[17, 18, 19], [17, 18, 19]]


def test_what_is_free_does_not_halt_under_a_tune_that_goes_on(closed_steps):
    assert closed_steps(HALTING, tune=[sounding(14, 2, 72)]) == [[], []]
    assert closed_steps(HALTING, tune=[sounding(12, 2, 72)]) == [[13, 14, 15], [13, 14, 15]]


def test_an_open_phrase_ends_with_a_held_upper_voice_for_longer_where_it_is_slow(closed_steps):
    assert closed_steps(OPEN) == [[], [13, 14, 15]]
    assert closed_steps(OPEN, rate=1) == [[], [9, 10, 11, 12, 13, 14, 15]]
    assert closed_steps(replace(OPEN, is_open=False)) == [[], []]


def test_the_parts_of_an_ensemble_of_single_lines_all_go_on_at_an_open_end(closed_steps):
    assert closed_steps(OPEN, lowest=None) == [[], []]


def test_a_given_tune_ends_a_phrase_as_it_does(closed_steps):
    assert closed_steps(OPEN, tune=[sounding(8, 8, 72)]) == [[], []]
    assert closed_steps(OPEN, tune=[sounding(8, 4, 72), sounding(16, 4, 72)]) == [[], [13, 14, 15]]


def test_what_would_be_out_of_reach_lies_an_octave_nearer():
    high = place_degrees([2, 0], parse_key("C major"), goal=85, compass=(75, 86), reach=(36, 84))
    assert high == [74, 84]  # D6 is above what is played
    low = place_degrees([11, 0], parse_key("C major"), goal=36, compass=(30, 40), reach=(36, 84))
    assert low == [47, 36]


def test_phrases_without_a_cadence_are_marked_at_their_last_step():
    quarters = [Closing(0, 4 * beat * STEP_TICKS, (1.0, 1.0), 0, False, is_open=beat != 4) for beat in (2, 4, 6)]
    assert np.flatnonzero(open_ends(quarters, 32)).tolist() == [7, 23]
    assert np.flatnonzero(open_ends(quarters, 32, origin_tick=8 * STEP_TICKS)).tolist() == [15]


def test_a_beat_that_moves_is_marked_at_its_last_step_but_not_under_long_notes(facts_in):
    beat = 4 * STEP_TICKS
    closing = Closing(
        0, 32 * STEP_TICKS, (1.0, 1.0), 28 * STEP_TICKS, False, ((3 * beat, 4 * beat), (7 * beat, 8 * beat))
    )
    facts = facts_in(
        bars=2,
        textures=(
            TextureSpan(0, 16 * STEP_TICKS, "chords", (1.0, 2.0), (1.0, 1.0)),
            TextureSpan(16 * STEP_TICKS, 32 * STEP_TICKS, "chords", (1.0, 0.5), (1.0, 1.0)),
        ),
    )
    assert np.flatnonzero(moving_beats([closing], facts)).tolist() == [15]
    later = moving_beats([closing], facts_in(bars=2), origin_tick=-16 * STEP_TICKS)
    assert np.flatnonzero(later).tolist() == [31]
