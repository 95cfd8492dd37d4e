"""Facts about the stream of windows: what is scored, what is told, and that it can be gone on with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from composer.outline import ChordSpan, KeySpan, Outline, PhraseSpan, SectionSpan, TextureSpan
from composer.roll.codec import encode
from composer.roll.facts import facts_of, line_facts
from composer.roll.grid import LOWEST_PITCH, NUM_PITCHES, STEP_TICKS
from composer.roll.inputs import GROUPS, NOTE_LAYOUT, STEP_LAYOUT
from composer.roll.reference import best_references
from composer.score import LOWER_STAFF, Note, Part, Score, make_bars, sort_notes
from composer.theory.harmony import Cadence, parse_chord
from composer.theory.key import parse_key
from composer.theory.meter import parse_meter
from composer.training.batch import Batch
from composer.training.dataset import Piece
from composer.training.visits import melody_cells, onsets_per_beat
from composer.training.window_config import WindowConfig, measuring
from composer.training.windows import Windows

BAR = 16 * STEP_TICKS
CONFIG = WindowConfig(
    rows=3, steps=20, pitches=40, composers=("bach", "joplin"), ensembles=("keyboard", "line"), line_share=0.0
)


def make_piece(name: str = "one", *, bars: int = 10, seed: int = 0, top: int = 76, off_grid_bar: int = -1) -> Piece:
    """A piece of running notes over long ones, with everything said about it."""
    draw = np.random.default_rng(seed)
    notes = [Note(0, top, STEP_TICKS), Note(0, 47, STEP_TICKS, staff=LOWER_STAFF)]  # one range, whatever is drawn
    for bar in range(bars):
        for beat in range(8):
            notes.append(Note(bar * BAR + beat * 2 * STEP_TICKS, int(draw.integers(60, top + 1)), 2 * STEP_TICKS))
        notes.append(Note(bar * BAR, int(draw.integers(48, 56)), BAR, staff=LOWER_STAFF))
        if bar == off_grid_bar:
            notes.append(Note(bar * BAR + STEP_TICKS // 2, 58, STEP_TICKS))
    meter, key = parse_meter("4/4"), parse_key("C major")
    score = Score((Part("Piano", sort_notes(notes), staves=2),), make_bars(meter, bars))
    outline = Outline(
        score.bars,
        keys=(KeySpan(0, bars * BAR, key),),
        chords=tuple(
            ChordSpan(bar * BAR, (bar + 1) * BAR, parse_chord("I" if bar % 2 else "V", "major"), key)
            for bar in range(bars)
        ),
        phrases=(PhraseSpan(0, bars * BAR, Cadence.PAC, (bars - 1) * BAR),),
        sections=(SectionSpan(0, bars * BAR, "A", "A"),),
        textures=(TextureSpan(0, bars * BAR, "running", (1.0, 2.0), (1.0, 1.0)),),
    )
    roll, facts = encode(score), facts_of(outline)
    return Piece(name, name, "", "bach", "keyboard", roll, facts, best_references(roll.articulate, facts.bar))


PIECES = [make_piece("one"), make_piece("two", bars=14, seed=1), make_piece("three", bars=7, seed=2)]


def first_batches(
    config: WindowConfig, number: int, *, pieces: list[Piece] | None = None, seed: int = 5
) -> list[Batch]:
    return list(islice(Windows(pieces or PIECES, config, seed=seed).batches(), number))


def assert_equal(first: Batch, second: Batch) -> None:
    for name, array in first.arrays().items():
        np.testing.assert_array_equal(array, second.arrays()[name], err_msg=name)


def blocks(values: np.ndarray, layout: tuple[tuple[str, int], ...]) -> dict[str, np.ndarray]:
    found, start = {}, 0
    for name, width in layout:
        found[name], start = values[..., start : start + width], start + width
    return found


def test_a_stream_gone_on_with_is_the_uninterrupted_one() -> None:
    config = replace(CONFIG, line_share=0.3)
    whole = first_batches(config, 9)
    for start in (1, 4, 8):
        assert_equal(next(Windows(PIECES, config, seed=5).batches(start)), whole[start])


def test_another_seed_is_another_stream() -> None:
    first, second = first_batches(CONFIG, 1)[0], first_batches(CONFIG, 1, seed=6)[0]
    assert (first.notes != second.notes).any()


def test_windows_of_a_visit_follow_each_other() -> None:
    for before, after in zip(*[iter(first_batches(CONFIG, 12))] * 2, strict=True):
        for row in range(CONFIG.rows):
            if after.reset[row]:
                assert not after.notes[row, 0].any(), "a cold start has heard silence"
            else:
                np.testing.assert_array_equal(after.notes[row, 0], before.notes[row, -1])
                np.testing.assert_array_equal(after.style_input[row], before.style_input[row])


def test_the_lead_in_is_heard_and_not_scored() -> None:
    scored, cold = set(), 0
    for batch in first_batches(CONFIG, 40):
        for row in np.flatnonzero(batch.reset):
            sounding = int(batch.valid[row].argmax())
            scored.add(sounding)
            if sounding:
                cold += 1
                assert sounding == 16, "one bar"
                assert batch.notes[row, 1:17].any()
                assert batch.note_inputs[row, :16].any()
    assert scored == {0, 16}, "a piece's own beginning is scored, a later one is behind its lead-in"
    assert cold > 5


def test_a_visit_is_of_whole_bars() -> None:
    windows = Windows(PIECES, CONFIG, seed=5)  # of 20 steps; a bar has 16
    visits = [windows._visit(row, number) for row in range(CONFIG.rows) for number in range(20)]
    assert all(visit.start % 16 == 0 == visit.stop % 16 for visit in visits)
    assert {visit.stop - visit.start for visit in visits} > {32, 48, 80}


def test_a_bar_longer_than_the_windows_is_cut() -> None:
    windows = Windows([make_piece("long")], replace(CONFIG, steps=4, visit_windows=(2, 2)), seed=5)
    assert {windows._visit(0, number).stop - windows._visit(0, number).start for number in range(20)} == {8}


def test_bars_off_the_grid_are_not_scored() -> None:
    piece = make_piece(off_grid_bar=2)
    batches = first_batches(replace(measuring(CONFIG, GROUPS), rows=1), 99, pieces=[piece])
    valid = np.concatenate([batch.valid[0] for batch in batches])[: piece.num_steps]
    assert not valid[32:48].any()
    assert valid.sum() == piece.num_steps - 16


def test_pinned_cells_are_not_scored() -> None:
    pinned = 0
    for batch in first_batches(CONFIG, 12):
        now = blocks(batch.note_inputs, NOTE_LAYOUT)["pin_now"]
        told = batch.note_inputs.any(axis=(2, 3))  # steps that exist
        np.testing.assert_array_equal(batch.loss_mask[told], now[told][..., 0])
        struck = now[..., 2] > 0
        assert batch.notes[:, 1:][struck].all(), "what is given as struck is struck"
        pinned += int(struck.sum())
    assert pinned > 50


@pytest.mark.parametrize("group", GROUPS)
def test_only_the_groups_asked_for_are_told(group: str) -> None:
    step_names = {"chord": "chord", "phrase": "cadence", "section": "section", "place": "place", "texture": "texture"}
    (batch,) = first_batches(replace(CONFIG, told=(group,)), 1)
    found = blocks(batch.step_inputs, STEP_LAYOUT)
    for name in GROUPS:
        block = step_names.get(name, name)
        assert found[block].any() == (name == group), block
    assert batch.voices_target.any() == (group == "texture")
    note_blocks = blocks(batch.note_inputs, NOTE_LAYOUT)
    assert note_blocks["chord_now"].any() == (group == "chord")
    assert note_blocks["degree"].any() == (group == "key")


def test_conditions_are_dropped_as_often_as_designed() -> None:
    windows = Windows(PIECES, CONFIG, seed=5)
    drawn = [windows._visit(row, number).dropped for row in range(3) for number in range(200)]
    assert 0.42 < np.mean([not dropped for dropped in drawn]) < 0.58, "everything is told about half of the time"
    assert 0.10 < np.mean([len(dropped) == len(GROUPS) for dropped in drawn]) < 0.20
    for group in GROUPS:
        assert 0.2 < np.mean([group in dropped for dropped in drawn]) < 0.45


def test_pieces_are_moved_with_their_facts() -> None:
    windows = Windows(PIECES, replace(CONFIG, told=GROUPS), seed=5)
    moves = set()
    for number in range(60):
        visit = windows._visit(0, number)
        semitones = int(visit.facts.tonic[0])  # the pieces are in C
        moves.add((semitones + 6) % 12 - 6)
        shift = visit.low_pitch - LOWEST_PITCH - (semitones + 6) % 12 + 6
        written = visit.piece.roll.play[:, shift : shift + CONFIG.pitches]
        if semitones != 6:  # a tritone up or down: the facts cannot tell
            np.testing.assert_array_equal(visit.play, written)
        assert visit.play.sum() == visit.piece.roll.play.sum(), "nothing falls off the window"
    assert len(moves) > 8


def test_measuring_hears_every_step_once_and_nothing_of_the_notes() -> None:
    config = measuring(CONFIG, GROUPS)
    batches = first_batches(config, 99)
    assert sum(batch.valid.sum() for batch in batches) == sum(piece.num_steps for piece in PIECES)
    others = [replace(piece, roll=make_piece(seed=9, bars=piece.num_steps // 16).roll) for piece in PIECES]
    for piece, other in zip(PIECES, others, strict=True):
        ends = [np.flatnonzero(roll.play.any(axis=0))[[0, -1]].tolist() for roll in (piece.roll, other.roll)]
        assert ends[0] == ends[1], "the fixtures must have one range"
    for batch, changed in zip(batches, first_batches(config, 99, pieces=others), strict=True):
        assert (batch.notes != changed.notes).any()
        np.testing.assert_array_equal(batch.note_inputs, changed.note_inputs)
        np.testing.assert_array_equal(batch.step_inputs, changed.step_inputs)
        np.testing.assert_array_equal(batch.voices_target, changed.voices_target)
        np.testing.assert_array_equal(batch.loss_mask, np.ones_like(batch.loss_mask))


def test_measuring_over_the_whole_range_leaves_no_pitch_out() -> None:
    config = replace(measuring(CONFIG, ()), pitches=NUM_PITCHES)
    batch = first_batches(config, 1)[0]
    np.testing.assert_array_equal(batch.notes[0, 1:, :, 0], PIECES[0].roll.play[:20])
    assert batch.note_inputs[0, 0, 0, 0] == pytest.approx((LOWEST_PITCH - 60) / 24)


def test_the_first_bar_has_no_reference_and_later_ones_have_earlier_bars() -> None:
    config = replace(CONFIG, pins=False, max_transposition=0, rows=1)
    seen = 0
    windows = Windows(PIECES[:1], config, seed=3)
    piece = PIECES[0]
    for number in range(30):
        visit = windows._visit(0, number)
        shift = visit.low_pitch - LOWEST_PITCH
        cells = piece.roll.play[:, shift : shift + config.pitches]
        assert cells.sum() == visit.play.sum()
    for batch in first_batches(config, 60, pieces=PIECES[:1]):
        level = blocks(batch.step_inputs, STEP_LAYOUT)["reference_level"]
        reference = blocks(batch.note_inputs, NOTE_LAYOUT)["reference"]
        none = level[0, :, 0] == 1
        assert not reference[0, none][..., :2].any()
        seen += int((~none & level[0].any(axis=-1)).sum())
    assert seen > 100


def test_some_references_are_a_rhythm_alone() -> None:
    config = replace(CONFIG, pins=False, max_transposition=0, rows=1)
    alone = whole = 0
    for batch in first_batches(config, 120, pieces=PIECES[:1]):
        steps, notes = (blocks(batch.step_inputs, STEP_LAYOUT), blocks(batch.note_inputs, NOTE_LAYOUT))
        is_alone = steps["reference_rhythm"][0, :, 0] == 1
        is_given = steps["reference_level"][0, :, 1:].any(axis=-1)
        assert not notes["reference"][0, is_alone][..., :2].any()
        assert is_given[is_alone].all()
        alone, whole = alone + int(is_alone.sum()), whole + int(is_given.sum())
    assert 0.15 < alone / whole < 0.35


def test_a_line_is_told_its_own_onsets_a_beat() -> None:
    articulate = np.zeros((8, 12), bool)
    articulate[[0, 2, 3], 5] = articulate[0, 3] = True  # three moments in the first bar of one beat, none in the other
    facts = replace(PIECES[0].facts.sliced(0, 8), bar=np.repeat([0, 1], 4), steps_in_beat=np.full(8, 4))
    assert onsets_per_beat(articulate, facts).tolist() == [3.0] * 4 + [0.0] * 4
    told = line_facts(facts, onsets_per_beat(articulate, facts))
    assert told.onsets_x8[0].tolist() == [0, 24]
    assert (told.polyphony_x8 == [0, 8]).all()


def test_a_line_is_the_top_of_the_upper_hand() -> None:
    # A held g' under a moving line that rests: the g' comes to the top while it is held, so there it begins.
    notes = (
        Note(0, 67, 8 * STEP_TICKS, voice=2),
        Note(0, 72, 4 * STEP_TICKS),
        Note(0, 48, 16 * STEP_TICKS, staff=LOWER_STAFF),
    )
    score = Score((Part("Piano", sort_notes(notes), staves=2),), make_bars(parse_meter("4/4"), 1))
    piece = replace(PIECES[0], roll=encode(score))
    play, articulate = melody_cells(piece)
    tops = [np.flatnonzero(row).tolist() for row in play]
    assert tops == [[72 - LOWEST_PITCH]] * 4 + [[67 - LOWEST_PITCH]] * 4 + [[]] * 8
    assert np.flatnonzero(articulate.any(axis=1)).tolist() == [0, 4]


def test_a_line_visit_is_one_voice_and_says_so() -> None:
    config = replace(CONFIG, line_share=1.0, told=GROUPS)
    for batch in first_batches(config, 4):
        assert batch.notes[..., 0].sum(axis=-1).max() == 1
        assert (batch.style_input[:, 2:] == [0, 1]).all(), "the ensemble is a line"
        # known, onsets a beat (lower, upper), notes at once (lower, upper), pattern
        texture = blocks(batch.step_inputs, STEP_LAYOUT)["texture"][batch.step_inputs.any(axis=-1)]
        assert (texture[:, [0, 1, 3, 4, 5]] == [1, 0, 0, 0.25, 0]).all()
        assert (texture[:, 2] > 0).any()
        assert (batch.voices_target[batch.step_inputs.any(axis=-1)] == 1).all()


def test_heavier_pieces_are_visited_more() -> None:
    windows = Windows([PIECES[0], replace(PIECES[0], name="rare")], CONFIG, seed=1, weights=[3.0, 1.0])
    names = [windows._visit(0, number).piece.name for number in range(400)]
    assert 0.69 < names.count("one") / 400 < 0.81
    config = replace(CONFIG, style_weights=(("keyboard", 0.25),))
    mixed = Windows([PIECES[0], replace(PIECES[0], name="line", ensemble="line")], config, seed=1)
    names = [mixed._visit(0, number).piece.name for number in range(400)]
    assert 0.14 < names.count("one") / 400 < 0.26


def test_of_a_piece_that_is_too_wide_the_fullest_range_is_heard_and_the_rest_not_scored() -> None:
    wide = make_piece("wide", top=95, seed=4)  # 47 to 95, of which 40 semitones are seen
    windows = Windows([wide], replace(CONFIG, max_transposition=0), seed=1)
    for number in range(20):
        visit = windows._visit(0, number)
        shift = visit.low_pitch - LOWEST_PITCH
        seen = wide.roll.play[:, shift : shift + CONFIG.pitches]
        np.testing.assert_array_equal(visit.play, seen)
        whole = seen.sum(axis=1) == wide.roll.play.sum(axis=1)
        np.testing.assert_array_equal(visit.valid, whole & wide.roll.valid)
        assert 0.5 < whole[visit.start : visit.stop].mean() < 1


def styles_of_visits(batches: Iterable[Batch]) -> dict[str, float]:
    """The share of each composer in some batches."""
    composers = CONFIG.composers
    style = np.concatenate([batch.style_input for batch in batches])
    told = style[:, : len(composers)].sum(axis=0)
    return dict(zip(composers, told / told.sum(), strict=True))


LARGE_AND_SMALL = [make_piece("large", bars=90), replace(make_piece("small"), composer="joplin")]


@pytest.mark.parametrize(("balance", "expected"), [(1.0, 0.9), (0.5, 0.75), (0.0, 0.5)])
def test_balance_lifts_a_small_style(balance: float, expected: float) -> None:
    config = replace(CONFIG, balance=balance, visit_windows=(1, 1), style_dropout=0.0)
    windows = Windows(LARGE_AND_SMALL, config, seed=2)
    assert windows.style_shares["bach keyboard"] == pytest.approx(expected)
    assert styles_of_visits(islice(windows.batches(), 400))["bach"] == pytest.approx(expected, abs=0.05)


def test_a_style_is_visited_more_rarely_from_a_batch_on() -> None:
    config = replace(CONFIG, balance=0.0, visit_windows=(1, 1), style_dropout=0.0)
    changed, plain = (Windows(LARGE_AND_SMALL, config, seed=2) for _ in range(2))
    changed.set_shares({"joplin keyboard": 0.125}, from_batch=200)
    batches = list(islice(changed.batches(), 600))
    for before, after in zip(islice(plain.batches(), 200), batches, strict=False):
        assert_equal(before, after)
    assert styles_of_visits(batches[:200])["joplin"] == pytest.approx(0.5, abs=0.08)
    assert styles_of_visits(batches[200:])["joplin"] == pytest.approx(1 / 9, abs=0.05)
    resumed = Windows(LARGE_AND_SMALL, config, seed=2)
    resumed.set_shares({"joplin keyboard": 0.125}, from_batch=200)
    assert_equal(next(resumed.batches(300)), batches[300])


def test_an_ensemble_that_the_network_does_not_know_is_not_told() -> None:
    quartet = replace(PIECES[0], ensemble="quartet")
    (batch,) = first_batches(replace(CONFIG, style_dropout=0.0), 1, pieces=[quartet])
    assert batch.style_input[0].tolist() == [1.0, 0.0, 0.0, 0.0]


def test_another_style_may_be_told_and_only_the_first_bars_heard() -> None:
    config = replace(measuring(CONFIG, ()), told_style=(("joplin", 3.0), ("bach", 1.0)), whole_bars=4)
    batches = first_batches(config, 99)
    heard = np.concatenate([batch.valid for batch in batches], axis=1).sum(axis=1)
    assert heard.tolist() == [64, 64, 64]
    assert batches[0].style_input[0].tolist() == [0.25, 0.75, 1.0, 0.0]
    nobody = first_batches(replace(config, told_style=()), 1)[0]
    assert nobody.style_input[0].tolist() == [0.0, 0.0, 1.0, 0.0]
    short = first_batches(replace(config, whole_bars=99), 99)
    assert sum(batch.valid.sum() for batch in short) == sum(piece.num_steps for piece in PIECES)


def test_a_rival_row_is_the_row_before_told_another_composer() -> None:
    pieces = [PIECES[0], replace(PIECES[1], composer="joplin"), replace(PIECES[2], ensemble="line")]
    plain = replace(CONFIG, rows=6, style_dropout=0.5, line_share=0.2)
    config = replace(plain, rival_rows=4, rivals_from=5)
    told_others = 0
    before = first_batches(plain, 30, pieces=pieces)
    for number, batch in enumerate(first_batches(config, 30, pieces=pieces)):
        assert batch.rival is not None
        if number < 5:
            assert_equal(batch, before[number])
            continue
        assert batch.rival.tolist() == [0, 1, 0, 1, 0, 0]
        for right in (0, 2):
            for name, array in batch.arrays().items():
                if name not in ("style_input", "rival") and (name != "reset" or number > 5):
                    np.testing.assert_array_equal(array[right], array[right + 1], err_msg=name)
            style, other = batch.style_input[right], batch.style_input[right + 1]
            assert style[:2].sum() == other[:2].sum() == 1, "both are told, whatever the dropout"
            np.testing.assert_array_equal(style[2:], other[2:])
            told_others += int((style != other).any())
        for row in (0, 2, 4, 5):
            np.testing.assert_array_equal(batch.notes[row], before[number].notes[row])
        if number == 5:
            assert batch.reset[1] == batch.reset[3] == 1, "a rival begins cold"
    assert 0 < told_others < 50, "the only composer for an ensemble has no rival"
    resumed = next(Windows(pieces, config, seed=5).batches(17))
    assert_equal(resumed, first_batches(config, 18, pieces=pieces)[17])
