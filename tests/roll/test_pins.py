"""Pins: what is given, and what it keeps silent."""

from __future__ import annotations

import numpy as np
import pytest

from composer.roll.facts import FAR
from composer.roll.pins import (
    FREE,
    HELD,
    SILENT,
    STRUCK,
    bottom_line,
    draw_pins,
    make_pins,
    no_pins,
    only_line,
    pin_cells,
    pin_outer,
    silence_above,
    silence_below,
    top_line,
)

# Two steps of a chord of three, a rest, and the chord struck again a semitone higher: [step, pitch].
PLAY = np.zeros((6, 10), bool)
PLAY[0:2, [2, 5, 8]] = True
PLAY[3:6, [3, 6, 9]] = True
ARTICULATE = np.zeros_like(PLAY)
ARTICULATE[0, [2, 5, 8]] = True
ARTICULATE[3, [3, 6, 9]] = True
EVERYWHERE = np.ones(6, bool)


def test_no_pins_leave_every_cell_free() -> None:
    pins = no_pins(6, 10)
    assert (pins.code == FREE).all()
    assert not pins.next_struck.any()
    assert (pins.steps_to_onset == -1).all()


def test_a_given_note_is_struck_once_and_then_held() -> None:
    code = pin_cells(PLAY, ARTICULATE)
    assert code[:, 5].tolist() == [STRUCK, HELD, FREE, FREE, FREE, FREE]


def test_only_the_chosen_steps_are_given() -> None:
    code = pin_cells(PLAY, ARTICULATE, steps=np.array([True, False, False, True, False, False]))
    assert np.flatnonzero((code != FREE).any(axis=1)).tolist() == [0, 3]


def test_a_pinned_melody_keeps_the_cells_above_it_silent() -> None:
    pins = pin_outer(PLAY, ARTICULATE, with_bass=False, steps=EVERYWHERE)
    assert pins.code[0].tolist() == [FREE] * 8 + [STRUCK, SILENT]
    assert (pins.code[2] == FREE).all(), "a rest of the tune leaves the others free"
    assert pins.has_melody.all()
    assert not pins.has_bass.any()


def test_a_pinned_bass_keeps_the_cells_below_it_silent() -> None:
    pins = pin_outer(PLAY, ARTICULATE, with_bass=True, steps=EVERYWHERE)
    assert pins.code[4].tolist() == [SILENT] * 3 + [HELD] + [FREE] * 5 + [HELD]
    assert pins.has_bass.all()


def test_silence_spares_the_line_itself_and_steps_without_one() -> None:
    code = np.zeros((2, 4), np.int8)
    silence_above(code, np.array([1, -1]))
    silence_below(code, np.array([1, -1]))
    assert code.tolist() == [[SILENT, FREE, SILENT, SILENT], [FREE] * 4]


def test_lines_of_a_texture() -> None:
    assert top_line(PLAY).tolist() == [8, 8, -1, 9, 9, 9]
    assert bottom_line(PLAY).tolist() == [2, 2, -1, 3, 3, 3]
    line = only_line(PLAY, top_line(PLAY))
    assert line.sum(axis=1).tolist() == [1, 1, 0, 1, 1, 1]


def test_each_step_hears_the_next_pinned_onset() -> None:
    pins = make_pins(pin_cells(PLAY, ARTICULATE))
    assert pins.steps_to_onset.tolist() == [3, 2, 1, -1, -1, -1]
    assert np.flatnonzero(pins.next_struck[0]).tolist() == [3, 6, 9]
    assert not pins.next_struck[3].any(), "an onset is not its own next one"


def test_far_onsets_are_capped() -> None:
    code = np.zeros((FAR + 20, 1), np.int8)
    code[-1, 0] = STRUCK
    assert make_pins(code).steps_to_onset[0] == FAR


def test_a_slice_still_hears_what_comes_after_it() -> None:
    pins = make_pins(pin_cells(PLAY, ARTICULATE)).sliced(1, 3)
    assert pins.code.shape == (2, 10)
    assert pins.steps_to_onset.tolist() == [2, 1]
    assert pins.next_struck.any(axis=1).all()


@pytest.mark.parametrize("seed", range(40))
def test_drawn_pins_never_contradict_the_notes(seed: int) -> None:
    voice = np.where(PLAY, np.cumsum(PLAY[:, ::-1], axis=1)[:, ::-1] - 1, -1).astype(np.int8)
    age = np.arange(6, dtype=np.int16)
    pins = draw_pins(PLAY, ARTICULATE, voice, age, age[::-1], np.random.default_rng(seed))
    assert not PLAY[pins.code == SILENT].any()
    assert ARTICULATE[pins.code == STRUCK].all()
    assert (PLAY & ~ARTICULATE)[pins.code == HELD].all()


def test_all_kinds_of_pins_are_drawn() -> None:
    voice = np.where(PLAY, 0, -1).astype(np.int8)
    age = np.arange(6, dtype=np.int16)
    drawn = [draw_pins(PLAY, ARTICULATE, voice, age, age, np.random.default_rng(seed)) for seed in range(200)]
    free = sum((pins.code == FREE).all() for pins in drawn)
    assert 50 < free < 110, "about 40 % of the windows are told nothing"
    assert any(pins.has_bass.any() for pins in drawn)
    assert any(pins.has_melody.any() and not pins.has_bass.any() for pins in drawn)
    assert any((pins.code >= STRUCK).any() and not pins.has_melody.any() for pins in drawn), "a voice by itself"
