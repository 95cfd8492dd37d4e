"""Pieces that are the same music are found in other keys, note values and editions; others are left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.analysis.duplicates import find_duplicates, fingerprint_of, group_works
from composer.score import Note, Part, Score, make_bars, sort_notes
from composer.theory.meter import TICKS_PER_QUARTER, Meter

EIGHTH = TICKS_PER_QUARTER // 2
SCALE = (0, 2, 4, 5, 7, 9, 11)


def tune(seed: int, length: int = 60) -> list[tuple[int, int]]:
    """A melody that nobody knows: (onset in eighths, pitch)."""
    generator = np.random.default_rng(seed)
    degree, onset, notes = 14, 0, []
    for _ in range(length):
        notes.append((onset, 48 + 12 * (degree // 7) + SCALE[degree % 7]))
        degree = int(np.clip(degree + generator.integers(-4, 5), 7, 21))
        onset += int(generator.choice([1, 1, 2, 3]))
    return notes


def score_of(notes: Sequence[tuple[int, int]], *, up: int = 0, stretch: int = 1, after: int = 0) -> Score:
    """A score of one part."""
    rows = sort_notes(Note((onset * stretch + after) * EIGHTH, pitch + up, stretch * EIGHTH) for onset, pitch in notes)
    bars = make_bars(Meter(4, 4), 1 + rows[-1].end_tick // (4 * TICKS_PER_QUARTER))
    return Score((Part("Flute", rows),), bars)


def kinds(*scores: Score) -> list[tuple[int, int, str]]:
    return [(pair.first, pair.second, pair.kind) for pair in find_duplicates([fingerprint_of(one) for one in scores])]


def test_a_piece_in_another_key_is_found() -> None:
    assert kinds(score_of(tune(1)), score_of(tune(2)), score_of(tune(1), up=-5)) == [(0, 2, "transposed")]


def test_halved_note_values_and_a_rest_before_are_the_same_piece() -> None:
    assert kinds(score_of(tune(1), stretch=2), score_of(tune(1)), score_of(tune(1), after=16)) == [
        (0, 1, "same"),
        (0, 2, "same"),
    ]


def test_lengths_of_notes_parts_and_graces_make_no_difference() -> None:
    score = score_of(tune(1))
    notes = score.parts[0].notes
    short = [replace(note, duration_tick=note.duration_tick // 2) for note in notes]
    grace = Note(notes[3].onset_tick, notes[3].pitch + 2, 0, is_grace=True)
    other = replace(score, parts=(Part("A", sort_notes([*short[::2], grace])), Part("B", tuple(short[1::2]))))
    assert kinds(score, other) == [(0, 1, "same")]


def test_another_edition_with_some_other_notes_is_near() -> None:
    edited = tune(1)
    for place in (5, 20, 21, 40, 55):
        onset, pitch = edited[place]
        edited[place] = (onset, pitch + 1)
    found = find_duplicates([fingerprint_of(score_of(tune(1))), fingerprint_of(score_of(edited, up=3))])
    assert [pair.kind for pair in found] == ["near"]
    assert 0.4 <= found[0].likeness < 0.95


def test_a_movement_is_near_to_the_whole_that_holds_it() -> None:
    movement = tune(2, 80)
    later = movement[-1][0] + 8
    whole = [*movement, *((onset + later, pitch) for onset, pitch in tune(3, 200))]
    assert kinds(score_of(movement), score_of(whole)) == [(0, 1, "near")]


def test_other_tunes_are_no_duplicates() -> None:
    assert kinds(*(score_of(tune(seed)) for seed in range(30))) == []


def test_scales_and_repeated_notes_are_no_music_in_common() -> None:
    up = [(place, 48 + 12 * (place // 7) + SCALE[place % 7]) for place in range(21)]
    again = [(24 + place, 60) for place in range(24)]
    later = [(50 + onset, pitch) for onset, pitch in tune(4, 10)]
    others = [(50 + onset, pitch) for onset, pitch in tune(5, 12)]
    assert kinds(score_of([*up, *again, *later]), score_of([*up, *again, *others])) == []


def test_an_accompaniment_in_even_notes_is_no_music_in_common() -> None:
    bass = [(place, 40 + (0, 7, 4, 7, 0, 9, 5, 9, 2, 7, 5, 7)[place % 12]) for place in range(120)]
    above = [[(onset, pitch + 12) for onset, pitch in tune(seed) if onset < 120] for seed in (6, 7)]
    assert kinds(*(score_of([*bass, *line]) for line in above)) == []


def test_one_bass_in_uneven_notes_tells_even_where_the_upper_part_is_lost() -> None:
    rows = [(onset, pitch - 30) for onset, pitch in tune(8)]
    lengths = [after - onset for (onset, _), (after, _) in pairwise([*rows, (rows[-1][0] + 1, 0)])]
    bass = [Note(onset * EIGHTH, pitch, length * EIGHTH) for (onset, pitch), length in zip(rows, lengths, strict=True)]
    both, alone = score_of(tune(9)), score_of([(0, 90)])
    assert kinds(*(replace(one, parts=(*one.parts, Part("Bass", tuple(bass)))) for one in (both, alone))) == [
        (0, 1, "near")
    ]


def test_what_very_many_pieces_have_is_common_stock() -> None:
    stock = tune(10, 20)
    end = stock[-1][0] + 2
    pieces = [
        score_of([*stock, *((onset + end, pitch) for onset, pitch in tune(100 + seed, 20))]) for seed in range(40)
    ]
    assert kinds(*pieces) == []
    assert kinds(*pieces[:3]) != []


def test_single_notes_are_not_transpositions_of_each_other() -> None:
    assert kinds(score_of([(0, 60)]), score_of([(0, 62)])) == []


def test_groups_follow_ids_and_duplicates_and_have_the_smallest_id() -> None:
    prints = [fingerprint_of(score_of(notes, up=up)) for notes, up in ((tune(1), 0), (tune(2), 0), (tune(1), 2))]
    prints.append(fingerprint_of(score_of(tune(3))))
    # the third piece is the first in another key; the fourth has the second's id
    assert group_works(["c/op-1", "b", "d", "b"], prints) == ("c/op-1", "b", "c/op-1", "b")
    assert group_works(["c", "b", "b", "a"], prints) == ("b", "b", "b", "a")
    assert group_works([], []) == ()


def test_groups_do_not_depend_on_the_order() -> None:
    notes = [tune(1), tune(2), tune(1), tune(3), tune(2)]
    prints = [fingerprint_of(score_of(one, up=place)) for place, one in enumerate(notes)]
    ids = ["e", "d", "c", "b", "a"]
    order = [3, 1, 4, 0, 2]
    groups = group_works(ids, prints)
    assert group_works([ids[i] for i in order], [prints[i] for i in order]) == tuple(groups[i] for i in order)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(-24, 24), st.sampled_from([1, 2, 3, 4]), st.integers(0, 9))
def test_moved_anyhow_a_piece_is_found(seed: int, up: int, stretch: int, after: int) -> None:
    moved = score_of(tune(seed), up=up, stretch=stretch, after=after)
    assert kinds(score_of(tune(seed)), moved) == [(0, 1, "transposed" if up else "same")]


@pytest.mark.parametrize("length", [0, 1, 5, 6])
def test_pieces_of_few_notes_have_fingerprints(length: int) -> None:
    score = score_of(tune(1, length)) if length else Score((Part("Flute", ()),), make_bars(Meter(4, 4), 1))
    assert fingerprint_of(score).num_notes == length
