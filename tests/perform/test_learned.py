from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.outline import Outline
from composer.perform import perform
from composer.perform.boosting import Trees, no_trees
from composer.perform.learned import LearnedPart, residuals
from composer.perform.learned_features import FEATURES, note_features, onset_features, onset_log_ioi
from composer.perform.reading import read
from composer.perform.rules import sum_of_rules
from composer.score import Note, Part, Score, TempoMark, make_bars, sort_notes
from composer.theory.meter import TICKS_PER_QUARTER, Meter

Q = TICKS_PER_QUARTER


def wild(seed):
    """Trees that say nothing sensible, loudly."""
    chance = np.random.default_rng(seed)
    return Trees(
        chance.integers(0, len(FEATURES), (30, 3)).astype(np.int32),
        chance.normal(size=(30, 3)).astype(np.float32),
        (5 * chance.normal(size=(30, 8))).astype(np.float32),
    )


def test_without_weight_or_trees_the_rules_play_alone(piano, tune, outlined):
    score = piano(tune(8))
    rules = perform(score, outlined(score), player="romantic")
    for part in (LearnedPart(wild(1), wild(2), wild(3), weight=0.0), LearnedPart(no_trees(), no_trees(), no_trees())):
        assert perform(score, outlined(score), player="romantic", refinements=(part,)).notes == rules.notes


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(30, 90), st.integers(1, 12), st.booleans()), max_size=30),
    st.integers(0, 5),
    st.sampled_from([0.5, 1.0, 3.0]),
)
@settings(max_examples=25, deadline=None)
def test_whatever_was_learned_can_be_played(rows, seed, expression):
    notes = [Note(t * Q // 4, p, 0 if grace else n * Q // 4, is_grace=grace) for t, p, n, grace in rows]
    score = Score((Part("Piano", sort_notes(notes)),), make_bars(Meter(4, 4), 6), tempos=(TempoMark(0, 90.0),))
    part = LearnedPart(wild(seed), wild(seed + 1), wild(seed + 2), weight=1.0)
    played = perform(score, Outline(score.bars), refinements=(part,), expression=expression)
    assert all(1 <= note.velocity <= 127 and note.duration_sec > 0 and note.onset_sec >= 0 for note in played.notes)
    reading = read(score, Outline(score.bars))
    if reading.num_notes and len(reading.onset_points):
        features = note_features(reading, sum_of_rules(reading, _player()))
        assert features.shape == (reading.num_notes, len(FEATURES))
        assert np.isfinite(features).all()
        assert onset_features(reading, features).shape == (len(reading.onset_points), len(FEATURES))


def _player():
    from composer.perform import player_named

    return player_named("romantic")


def test_what_the_rules_play_leaves_nothing_to_be_learned(piano, tune, outlined):
    score = piano(tune(8))
    player = replace(_player(), velocity_noise=0.0, tempo_noise=0.0, chord_jitter_ms=0.0, lead_ms_per_unit=0.0)
    player = replace(player, chord_roll=0.0)
    reading = read(score, outlined(score))
    curves = sum_of_rules(reading, player)
    beyond = residuals(reading, curves, perform(score, outlined(score), player=player))
    assert np.abs(beyond.level_db).max() < 0.3  # a velocity is a whole number
    assert np.nanmax(np.abs(beyond.log_period)) < 0.01
    assert np.abs(np.median(beyond.touch_log2)) < 0.05


def test_a_note_that_was_not_played_says_nothing(piano, tune, outlined):
    score = piano(tune(8))
    reading = read(score, outlined(score))
    played = perform(score, outlined(score), player="romantic")
    kept = replace(played, notes=played.notes[:20] + played.notes[25:])
    beyond = residuals(reading, sum_of_rules(reading, _player()), kept)
    assert np.isnan(beyond.level_db).sum() == np.isnan(beyond.touch_log2).sum() == 5
    assert np.isnan(beyond.log_period).sum() >= 1


def test_the_time_between_onsets_follows_the_curve_within_it(piano):
    score = piano([Note(0, 60, 4 * Q), Note(4 * Q, 62, 4 * Q)], bars=2)
    reading = read(score, Outline(score.bars))
    log_period = np.where(reading.point_tick >= 2 * Q, np.log(2.0), 0.0)
    assert onset_log_ioi(reading, log_period) == pytest.approx([np.log(1.5), np.log(2.0)])


def test_features_say_where_a_note_is(piano, tune, outlined):
    score = piano(tune(8))
    reading = read(score, outlined(score))
    table = note_features(reading, sum_of_rules(reading, _player()))
    column = {name: table[:, index] for index, name in enumerate(FEATURES)}
    lower = np.array([note.staff == 2 for _, note in reading.strikes])
    assert np.array_equal(column["is_lower_staff"] == 1, lower)
    assert np.array_equal(column["is_downbeat"] == 1, reading.onset_tick % (4 * Q) == 0)
    assert column["place_in_piece"][0] == 0
    assert column["place_in_piece"][-1] == 1
    assert (column["below_top"][~lower] == 0).all()
    assert (column["below_top"][lower] > 0).all()
    last = reading.onset_tick == reading.onset_tick.max()
    assert (column["onsets_to_end"][last] == 0).all()
