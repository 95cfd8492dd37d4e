"""Facts about the grid: what a score becomes there, and that it comes back."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.roll.codec import Roll, decode, encode, pack, unpack
from composer.roll.grid import (
    HIGHEST_PITCH,
    LOWER_HAND,
    LOWEST_PITCH,
    NO_HAND,
    NUM_PITCHES,
    STEP_TICKS,
    UPPER_HAND,
    step_to_tick,
    steps_per_bar,
    steps_per_beat,
    tick_to_step,
)
from composer.score import LOWER_STAFF, UPPER_STAFF, Note, Part, Score, make_bars, sort_notes
from composer.theory.meter import parse_meter

COMMON = parse_meter("4/4")
QUARTER = 4 * STEP_TICKS


def keyboard(*notes: Note, bars: int = 2) -> Score:
    return Score((Part("Piano", sort_notes(notes), staves=2),), make_bars(COMMON, bars))


def column(pitch: int) -> int:
    return pitch - LOWEST_PITCH


def test_a_quarter_is_four_steps_struck_once() -> None:
    roll = encode(keyboard(Note(QUARTER, 60, QUARTER)))
    assert np.flatnonzero(roll.play[:, column(60)]).tolist() == [4, 5, 6, 7]
    assert np.flatnonzero(roll.articulate[:, column(60)]).tolist() == [4]
    assert roll.num_steps == 32
    assert roll.play.sum() == 4


def test_four_repeated_notes_stay_four() -> None:
    notes = tuple(Note(index * QUARTER, 67, QUARTER) for index in range(4))
    roll = encode(keyboard(*notes))
    assert np.flatnonzero(roll.articulate[:, column(67)]).tolist() == [0, 4, 8, 12]
    assert decode(roll) == notes


def test_a_note_over_the_bar_line_is_one_note() -> None:
    note = Note(3 * QUARTER, 72, 2 * QUARTER)
    assert decode(encode(keyboard(note))) == (note,)


def test_a_note_held_to_the_end_is_ended_there() -> None:
    note = Note(7 * QUARTER, 48, QUARTER, staff=LOWER_STAFF)
    assert decode(encode(keyboard(note))) == (note,)


def test_notes_outside_the_range_are_counted_and_not_dropped_in_silence() -> None:
    roll = encode(
        keyboard(
            Note(0, LOWEST_PITCH - 1, QUARTER),
            Note(0, LOWEST_PITCH, QUARTER),
            Note(0, HIGHEST_PITCH, QUARTER),
            Note(0, HIGHEST_PITCH + 1, QUARTER),
        )
    )
    assert roll.num_outside == 2
    assert np.flatnonzero(roll.play[0]).tolist() == [0, NUM_PITCHES - 1]


def test_a_grace_note_takes_no_step() -> None:
    roll = encode(keyboard(Note(0, 74, 0, is_grace=True), Note(0, 72, QUARTER)))
    assert np.flatnonzero(roll.play.any(axis=0)).tolist() == [column(72)]


def test_a_triplet_marks_its_bar_alone() -> None:
    third = QUARTER // 3
    score = keyboard(
        *(Note(index * third, 60 + index, third) for index in range(3)), Note(16 * STEP_TICKS, 60, QUARTER)
    )
    roll = encode(score)
    assert not roll.valid[:16].any()
    assert roll.valid[16:].all()
    assert roll.play[:16].any(), "it is still heard, as context"


def test_a_note_shorter_than_a_step_still_sounds() -> None:
    roll = encode(keyboard(Note(STEP_TICKS, 60, STEP_TICKS // 2)))
    assert np.flatnonzero(roll.play[:, column(60)]).tolist() == [1]
    assert not roll.valid[:16].any()


def test_hands_of_a_keyboard_are_its_staves() -> None:
    roll = encode(keyboard(Note(0, 72, QUARTER), Note(0, 48, QUARTER, staff=LOWER_STAFF)))
    assert roll.hand[0, column(72)] == UPPER_HAND
    assert roll.hand[0, column(48)] == LOWER_HAND
    assert roll.hand[0, column(60)] == NO_HAND


def test_hands_of_four_voices_are_two_and_two() -> None:
    names = ("Soprano", "Alto", "Tenor", "Bass")
    parts = tuple(Part(name, (Note(0, pitch, QUARTER),)) for name, pitch in zip(names, (72, 65, 60, 48), strict=True))
    roll = encode(Score(parts, make_bars(COMMON, 1)))
    hands = [int(roll.hand[0, column(pitch)]) for pitch in (72, 65, 60, 48)]
    assert hands == [UPPER_HAND, UPPER_HAND, LOWER_HAND, LOWER_HAND]
    assert [int(roll.voice[0, column(pitch)]) for pitch in (72, 65, 60, 48)] == [0, 1, 2, 3]


def test_a_single_line_has_no_hand() -> None:
    roll = encode(Score((Part("Flute", (Note(0, 72, QUARTER),)),), make_bars(COMMON, 1)))
    assert (roll.hand == NO_HAND).all()


def test_a_song_is_voice_and_right_hand_above_left_hand() -> None:
    song = Score(
        (
            Part("Voice", (Note(0, 69, QUARTER),)),
            Part("Piano", (Note(0, 60, QUARTER), Note(0, 45, QUARTER, staff=LOWER_STAFF)), staves=2),
        ),
        make_bars(COMMON, 1),
    )
    roll = encode(song)
    assert [int(roll.hand[0, column(pitch)]) for pitch in (69, 60, 45)] == [UPPER_HAND, UPPER_HAND, LOWER_HAND]


def test_an_organ_pedal_is_played_low() -> None:
    organ = Score(
        (
            Part("Manuals", (Note(0, 72, QUARTER), Note(0, 55, QUARTER, staff=LOWER_STAFF)), staves=2),
            Part("Pedal", (Note(0, 36, QUARTER),)),
        ),
        make_bars(COMMON, 1),
    )
    assert encode(organ).hand[0, column(36)] == LOWER_HAND


def test_a_pitch_that_begins_without_a_strike_is_a_note() -> None:
    play = np.zeros((8, NUM_PITCHES), bool)
    play[2:5, column(60)] = True
    nothing = np.full(play.shape, NO_HAND, np.int8)
    roll = Roll(play, np.zeros_like(play), nothing, nothing, np.ones(8, bool))
    assert decode(roll, start_tick=QUARTER) == (Note(QUARTER + 2 * STEP_TICKS, 60, 3 * STEP_TICKS),)


def test_steps_and_ticks() -> None:
    assert tick_to_step(step_to_tick(7)) == 7
    assert tick_to_step(step_to_tick(8) - 1) == 7
    sizes = {"4/4": (16, 4), "3/4": (12, 4), "6/8": (12, 6), "2/2": (16, 8), "3/8": (6, 2)}
    for text, (bar, beat) in sizes.items():
        meter = parse_meter(text)
        assert steps_per_bar(meter) == bar, text
        assert steps_per_beat(meter) == (6 if text == "3/8" and meter.is_compound else beat), text


@st.composite
def keyboards(draw: st.DrawFn) -> tuple[Note, ...]:
    """Notes on the grid that no other note of their pitch overlaps."""
    notes = []
    for pitch in draw(st.sets(st.integers(LOWEST_PITCH, HIGHEST_PITCH), min_size=1, max_size=5)):
        staff = draw(st.sampled_from([UPPER_STAFF, LOWER_STAFF]))
        cuts = sorted(draw(st.sets(st.integers(0, 32), min_size=2, max_size=8)))
        for start, stop in pairwise(cuts):
            if draw(st.booleans()):
                notes.append(Note(start * STEP_TICKS, pitch, (stop - start) * STEP_TICKS, staff=staff))
    return sort_notes(notes)


@settings(max_examples=30)
@given(keyboards())
def test_decoding_gives_back_what_was_encoded(notes: tuple[Note, ...]) -> None:
    roll = encode(keyboard(*notes))
    assert decode(roll) == notes
    assert not (roll.articulate & ~roll.play).any(), "a strike implies a sounding note"
    assert ((roll.hand >= 0) == roll.play).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 40))
def test_a_packed_roll_comes_back_as_it_was(seed: int, num_steps: int) -> None:
    draw = np.random.default_rng(seed)
    play = draw.random((num_steps, NUM_PITCHES)) < 0.1
    hand = np.where(play, draw.integers(NO_HAND, UPPER_HAND + 1, play.shape), NO_HAND).astype(np.int8)
    voice = np.where(play, draw.integers(0, 5, play.shape), -1).astype(np.int8)
    roll = Roll(play, play & (draw.random(play.shape) < 0.5), hand, voice, draw.random(num_steps) < 0.9, 3)
    packed = pack(roll)
    for back in (packed, unpack(packed)):
        for name in ("play", "articulate", "hand", "voice", "valid"):
            np.testing.assert_array_equal(getattr(back, name), getattr(roll, name), err_msg=name)
            assert getattr(back, name).dtype == getattr(roll, name).dtype
        assert (back.num_steps, back.num_outside) == (num_steps, 3)
