"""What a note hears, against a slow loop that follows the words of the paper."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from composer.network.config import CHORD_WIDTH
from composer.network.features import (
    COUNT_SCALE,
    VICINITY_REACH,
    chord_below,
    echo_features,
    echoes_along,
    keep_of,
    lag_features,
    lags_along,
    lower_note_features,
    next_chord_below,
    next_echoes,
    next_past,
    pitch_class_context,
    previous_step_features,
    vicinity,
)


def distinct_notes(batch: int, steps: int, pitches: int) -> np.ndarray:
    """Every cell another number, so that no two can be mistaken for one another."""
    return np.arange(1, batch * steps * pitches * 2 + 1, dtype="float32").reshape(batch, steps, pitches, 2)


def numpy(tensor: object) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(tensor))


def test_the_vicinity_holds_the_right_note_at_every_distance() -> None:
    notes = distinct_notes(2, 3, 30)
    found = numpy(vicinity(notes))
    assert found.shape == (2, 3, 30, 50)
    for row in range(2):
        for step in range(3):
            for pitch in range(30):
                for distance in range(-VICINITY_REACH, VICINITY_REACH + 1):
                    for bit in range(2):
                        other = pitch + distance
                        right = notes[row, step, other, bit] if 0 <= other < 30 else 0.0
                        place = 2 * (distance + VICINITY_REACH) + bit
                        assert found[row, step, pitch, place] == right


def test_the_context_counts_the_pitch_classes_from_the_notes_own_class() -> None:
    notes = distinct_notes(2, 3, 30)
    found = numpy(pitch_class_context(notes))
    assert found.shape == (2, 3, 30, 12)
    for row in range(2):
        for step in range(3):
            for pitch in range(30):
                for interval in range(12):
                    right = sum(notes[row, step, other, 0] for other in range(30) if (other - pitch) % 12 == interval)
                    np.testing.assert_allclose(found[row, step, pitch, interval], COUNT_SCALE * right, rtol=1e-6)


def test_a_c_major_triad_is_heard_from_the_c_as_root_third_and_fifth() -> None:
    notes = np.zeros((30, 2), "float32")
    notes[[0, 4, 7, 12], 0] = 1.0  # C E G C
    heard_from_c = numpy(pitch_class_context(notes))[24] / COUNT_SCALE
    assert list(heard_from_c) == [2, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0]


def test_moving_the_music_up_moves_what_is_heard_with_it() -> None:
    random = np.random.default_rng(1)
    notes = np.zeros((60, 2), "float32")
    notes[15:40] = random.integers(0, 2, (25, 2))
    moved = np.roll(notes, 5, axis=0)
    heard, heard_moved = numpy(previous_step_features(notes)), numpy(previous_step_features(moved))
    np.testing.assert_array_equal(heard[13:42], heard_moved[18:47])


def test_a_note_hears_lower_notes_of_its_step_and_only_those() -> None:
    random = np.random.default_rng(2)
    notes = random.integers(0, 2, (2, 3, 10, 2)).astype("float32")
    target = np.array([[[4, 1], [3, 0], [2, 1]]] * 2, "float32")
    found = numpy(lower_note_features(notes, target))
    for row in range(2):
        for step in range(3):
            for pitch in range(10):
                below = notes[row, step, :pitch, 0].sum()
                lower = notes[row, step, pitch - 1] if pitch else np.zeros(2)
                planned, known = target[row, step]
                right = [*lower, below * COUNT_SCALE, (planned - below) * known * COUNT_SCALE, known]
                np.testing.assert_allclose(found[row, step, pitch], right, rtol=1e-6)


def test_the_fifth_of_a_chord_hears_its_third_and_its_roots_below() -> None:
    notes = np.zeros((30, 2), "float32")
    notes[[0, 12, 16, 19, 22], 0] = 1.0  # C C E G B flat
    assert list(numpy(chord_below(notes))[19]) == [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0]


def test_the_chord_below_is_the_same_note_by_note() -> None:
    notes = (np.random.default_rng(5).random((3, 40, 2)) < 0.3).astype("float32")
    at_once = numpy(chord_below(notes))
    chord = np.zeros((3, CHORD_WIDTH), "float32")
    for pitch in range(40):
        np.testing.assert_array_equal(at_once[:, pitch], chord)
        chord = numpy(next_chord_below(chord, notes[:, pitch, :1]))


def test_an_echo_fades_by_half_in_its_half_life_and_knows_its_pitch_class() -> None:
    play = np.zeros((9, 30), "float32")
    play[0, 2] = 1  # then silence
    keep = keep_of((4,))
    heard = numpy(echoes_along(play, np.zeros((30, 1), "float32"), keep))[..., 0]  # [step, pitch]
    assert heard[4, 2] == pytest.approx(heard[0, 2] / 2)
    assert heard[8, 2] == pytest.approx(heard[0, 2] / 4)
    assert not np.delete(heard, 2, axis=1).any()
    features = numpy(echo_features(heard[..., None]))  # [step, pitch, 13]
    np.testing.assert_allclose(features[..., 0], heard)
    np.testing.assert_allclose(features[:, 14, 1], heard[:, 2], err_msg="an octave higher: its own class")
    np.testing.assert_allclose(features[:, 10, 1 + 4], heard[:, 2], err_msg="four semitones above pitch 10")


def test_what_has_always_sounded_has_an_echo_of_one() -> None:
    heard = numpy(echoes_along(np.ones((400, 3), "float32"), np.zeros((3, 2), "float32"), keep_of((4, 16))))
    np.testing.assert_allclose(heard[-1], 1.0, atol=1e-5)


def test_echoes_all_at_once_are_those_of_step_after_step() -> None:
    draw = np.random.default_rng(3)
    play = (draw.random((20, 2, 30)) < 0.2).astype("float32")
    before = draw.random((2, 30, 3)).astype("float32")
    keep = keep_of((1, 4, 64))
    echoes, one_by_one = before, []
    for now in play:
        echoes = numpy(next_echoes(echoes, now, keep))
        one_by_one.append(echoes)
    np.testing.assert_allclose(numpy(echoes_along(play, before, keep)), np.stack(one_by_one), atol=1e-5)


def test_a_lag_is_what_sounded_so_many_steps_ago() -> None:
    notes = (np.random.default_rng(4).random((30, 2, 5, 2)) < 0.4).astype("float32")
    lags, past = lags_along(notes, np.zeros((2, 5, 2 * 7), "float32"), (1, 4, 7))
    for number, steps in enumerate((1, 4, 7)):
        expected = np.concatenate([np.zeros((steps - 1, 2, 5, 2), "float32"), notes[: 30 - (steps - 1)]])
        np.testing.assert_array_equal(numpy(lags)[..., 2 * number : 2 * number + 2], expected)
    one_by_one = np.zeros((2, 5, 2 * 7), "float32")
    for step, now in enumerate(notes):
        one_by_one = numpy(next_past(one_by_one, now))
        np.testing.assert_array_equal(numpy(lag_features(one_by_one, (1, 4, 7))), numpy(lags)[step])
    np.testing.assert_array_equal(numpy(past), one_by_one)
