"""A copy is found at any pitch, in its own rhythm, and whatever surrounds it; what is pinned is no copy."""

from __future__ import annotations

import numpy as np
import pytest

from composer.analysis.copying import (
    RunIndex,
    counted_notes,
    load_runs,
    longest_shared_run,
    make_run_index,
    read_runs,
    runs_to_bytes,
    shared_notes,
    write_runs,
)
from composer.errors import StyleError
from composer.score import LOWER_STAFF, Note, Part, Score, make_bars
from composer.style import styles
from composer.theory.meter import TICKS_PER_QUARTER, parse_meter

EIGHTH = TICKS_PER_QUARTER // 2
TUNE = (60, 62, 64, 60, 67, 65, 64, 62, 71, 72, 67, 64, 65, 62, 59, 60)
OTHER = (60, 59, 60, 64, 62, 65, 64, 69, 67, 66, 67, 72, 70, 69, 65, 62)


def piece(*lines, step=EIGHTH, low=None):
    """A piece of tunes one after another, in equal notes; `low` is a bass of whole bars below."""
    pitches = [pitch for line in lines for pitch in line]
    notes = [Note(index * step, pitch, step) for index, pitch in enumerate(pitches)]
    bars = make_bars(parse_meter("4/4"), -(-len(pitches) * step // (8 * EIGHTH)))
    notes += [Note(8 * EIGHTH * bar, pitch, 8 * EIGHTH, staff=LOWER_STAFF) for bar, pitch in enumerate(low or ())]
    return Score(
        parts=(Part("Piano", tuple(sorted(notes, key=lambda note: (note.onset_tick, note.pitch)))),), bars=bars
    )


def moved(line, semitones):
    return tuple(pitch + semitones for pitch in line)


@pytest.fixture
def index():
    """Knows the runs of one tune."""
    made = make_run_index([piece(TUNE)], [])
    line = np.arange(len(TUNE)) * EIGHTH, np.array(TUNE), np.zeros(len(TUNE), int)
    assert shared_notes(*line, made).max() == len(TUNE)
    return made


def test_a_transposed_copy_is_found(index):
    found = longest_shared_run(piece(OTHER, moved(TUNE, 5), OTHER, low=(36, 38, 40, 41, 43, 45)), index)
    assert found.notes == len(TUNE)
    assert found.line == "top"
    assert (found.start_tick, found.end_tick) == (16 * EIGHTH, 32 * EIGHTH)


def test_the_same_intervals_in_other_rhythm_are_not_the_run(index):
    assert longest_shared_run(piece(TUNE, step=2 * EIGHTH), index) is None


def test_another_tune_is_not_the_run(index):
    assert longest_shared_run(piece(OTHER), index) is None


def test_a_copy_in_the_bass_is_found(index):
    below = piece(moved(TUNE, -24)).parts[0].notes
    above = tuple(Note(2 * number * EIGHTH, 79 - number, 2 * EIGHTH) for number in range(8))
    score = Score(
        parts=(Part("Piano", tuple(sorted((*below, *above), key=lambda note: (note.onset_tick, note.pitch)))),),
        bars=make_bars(parse_meter("4/4"), 2),
    )
    found = longest_shared_run(score, index)
    assert (found.notes, found.line) == (len(TUNE), "bass")


def test_half_a_copy_is_as_long_as_it_is(index):
    assert longest_shared_run(piece(OTHER, TUNE[:10], moved(OTHER, 3)), index).notes == 10


def test_a_pinned_tune_is_not_a_copy(index):
    score = piece(OTHER, TUNE)
    pinned = [(note.onset_tick, note.pitch) for note in score.parts[0].notes[16:]]
    assert longest_shared_run(score, index, left_out=pinned) is None


def test_what_goes_on_from_a_pinned_opening_counts_by_its_own_notes(index):
    score = piece(TUNE)
    pinned = [(note.onset_tick, note.pitch) for note in score.parts[0].notes[:4]]
    assert longest_shared_run(score, index, left_out=pinned).notes == len(TUNE) - 4


def test_without_music_there_is_nothing_to_share(index):
    empty = Score(parts=(), bars=make_bars(parse_meter("4/4"), 1))
    assert longest_shared_run(empty, index) is None
    assert longest_shared_run(piece(TUNE), make_run_index([], [])) is None


def test_no_run_goes_from_one_line_to_the_next(index):
    half = len(TUNE) // 2
    line = np.repeat([0, 1], half)
    onset, pitch = np.arange(len(TUNE)) * EIGHTH, np.array(TUNE)
    split = shared_notes(onset, pitch, line, index)
    np.testing.assert_array_equal(split[:half], shared_notes(onset[:half], pitch[:half], line[:half], index))
    np.testing.assert_array_equal(split[half:], shared_notes(onset[half:], pitch[half:], line[half:], index))


def test_only_notes_that_count_are_counted():
    counts = np.array([True, False, True, True, True])
    assert counted_notes(np.array([0, 0, 3, 4, 0]), counts).tolist() == [0, 0, 2, 3, 0]


def test_the_length_is_one_that_real_pieces_seldom_share():
    # Held-out pieces share five notes everywhere (all they do is step up), so that five are too common.
    scales = [piece(tuple(range(48 + start, 60 + start))) for start in range(3)]
    common = make_run_index(scales, scales[:1])
    other = make_run_index(scales, [piece(OTHER)])
    assert other.length < common.length
    assert other.real_p95 == 0
    assert common.held_out_pieces == 1


def test_figures_are_those_of_the_held_out_pieces():
    made = make_run_index(
        [piece(TUNE, OTHER)], [piece(OTHER, moved(OTHER, 1)[::-1])] + [piece(moved(TUNE, 2)[::-1])] * 60
    )
    assert made.real_median == 0
    assert made.held_out_pieces == 61


def test_an_index_comes_back_from_its_file(index, tmp_path):
    write_runs(index, tmp_path / "x.runs.safetensors")
    back = read_runs(tmp_path / "x.runs.safetensors")
    np.testing.assert_array_equal(back.hashes, index.hashes)
    assert (back.length, back.real_median, back.real_p95, back.held_out_pieces) == (
        index.length,
        index.real_median,
        index.real_p95,
        index.held_out_pieces,
    )
    assert runs_to_bytes(back) == runs_to_bytes(index)


def broken(kind, index):
    content = runs_to_bytes(index)
    if kind == "unsorted":
        return runs_to_bytes(RunIndex(index.length, index.hashes[::-1].copy(), 0.0, 0.0, 0))
    if kind == "of an impossible length":
        return runs_to_bytes(RunIndex(99, index.hashes, 0.0, 0.0, 0))
    if kind == "of another format":
        return content.replace(b'\\"format\\": 1', b'\\"format\\": 7')
    return {"cut short": content[: len(content) // 2], "empty": b"", "no index": b"MThd" * 40}[kind]


@pytest.mark.parametrize(
    "kind", ["cut short", "empty", "no index", "unsorted", "of an impossible length", "of another format"]
)
def test_a_broken_index_is_one_clear_error(kind, index, tmp_path):
    path = tmp_path / "bach.runs.safetensors"
    path.write_bytes(broken(kind, index))
    with pytest.raises(StyleError, match=r"bach\.runs\.safetensors.*make it again") as caught:
        read_runs(path)
    assert len(caught.value.problems) == 1


def test_a_missing_index_is_one_clear_error(tmp_path):
    with pytest.raises(StyleError, match="cannot read the index of runs"):
        read_runs(tmp_path / "none.runs.safetensors")


def test_the_program_s_styles_know_their_runs():
    for card in styles():
        runs = load_runs(card)
        assert runs is not None
        assert 0 <= runs.real_median <= runs.real_p95, "half of the pieces may share no run at all"
        assert runs.real_p95 >= runs.length
        assert len(runs.hashes) > 2_000
