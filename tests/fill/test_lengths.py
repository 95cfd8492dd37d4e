"""Lengths as one writes them: no sixteenths between sixteenths' rests."""

from __future__ import annotations

import pytest

from composer.abc import Melody, MelodyNote
from composer.fill.lengths import legible_hands, legible_tune
from composer.score import LOWER_STAFF, UPPER_STAFF, Note

SIXTEENTH = 2520


def hand(*rows: tuple[int, int, int], staff: int = UPPER_STAFF) -> list[Note]:
    """(sixteenths to the onset, length in sixteenths, pitch) of each note."""
    return [Note(onset * SIXTEENTH, pitch, length * SIXTEENTH, staff=staff) for onset, length, pitch in rows]


def lengths(notes: tuple[Note, ...]) -> list[tuple[int, bool]]:
    return [(note.duration_tick // SIXTEENTH, "staccato" in note.articulations) for note in notes]


def written(notes: list[Note], **more: object) -> list[tuple[int, bool]]:
    return lengths(legible_hands(notes, **{"first_bar_tick": 0, "end_tick": 16 * SIXTEENTH, **more}))


def test_sixteenths_between_rests_are_staccato_eighths():
    assert written(hand((0, 1, 72), (2, 1, 74), (4, 1, 76))) == [(2, True)] * 3


def test_running_sixteenths_stay_and_so_do_notes_off_the_eighths():
    assert written(hand((0, 1, 72), (1, 1, 74), (3, 1, 76))) == [(1, False)] * 3


def test_a_hand_does_not_wait_for_the_other():
    low = hand((1, 1, 48), staff=LOWER_STAFF)
    assert written([*hand((0, 1, 72)), *low]) == [(2, True), (1, False)]


def test_a_chord_is_staccato_where_all_of_it_is_short():
    assert written(hand((0, 1, 60), (0, 4, 64))) == [(2, False), (4, False)]
    assert written(hand((0, 1, 60), (0, 1, 64))) == [(2, True), (2, True)]


def test_a_given_note_stays_as_it_is_given():
    assert written(hand((0, 1, 72), (4, 1, 74)), exact={(0, 72)}) == [(1, False), (2, True)]


def test_nothing_is_lengthened_over_a_given_note_below_it():
    """A tune that comes in again beneath a short note is heard on top."""
    short = hand((0, 1, 72), (4, 1, 60))
    assert written([*short, *hand((1, 2, 65), (5, 2, 65), staff=LOWER_STAFF)], exact={(SIXTEENTH, 65)})[0] == (1, False)
    assert written([*short, *hand((5, 2, 65), staff=LOWER_STAFF)], exact={(5 * SIXTEENTH, 65)})[:2] == [(2, True)] * 2


def test_eighths_count_from_the_bar_line_and_end_with_the_section():
    assert written(hand((1, 1, 72), (3, 1, 74)), first_bar_tick=SIXTEENTH) == [(2, True)] * 2
    assert written(hand((14, 1, 72)), end_tick=15 * SIXTEENTH) == [(1, False)]


@pytest.mark.parametrize(("exact", "found"), [(set(), [2, 2, 4]), ({(0, 72)}, [1, 2, 4])])
def test_a_tune_lasts_to_its_next_note(exact, found):
    rows = [(0, 1, 72), (2, 1, 74), (4, 4, 76)]
    notes = tuple(MelodyNote(onset * SIXTEENTH, length * SIXTEENTH, pitch) for onset, length, pitch in rows)
    tune = legible_tune(Melody(notes, end_tick=16 * SIXTEENTH), exact=exact)
    assert [note.duration_tick // SIXTEENTH for note in tune.notes] == found
