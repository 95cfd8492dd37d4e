from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.corpus.midi.presses import KeyPress
from composer.errors import OptionError
from composer.outline import Outline
from composer.perform import perform
from composer.perform.alignment import align
from composer.score import Note
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER


def presses_of(performance, *, later_sec=2.0):
    rows = (
        KeyPress(n.onset_sec + later_sec, n.note.pitch, n.duration_sec, n.velocity)
        for n in performance.notes
        if not n.note.is_grace
    )
    return tuple(sorted(rows))


def found_rightly(performance, alignment):
    """The share of the played notes that were found at their own time."""
    first = min(note.onset_sec for note in performance.notes)
    truth = {(n.part, n.note, round(n.onset_sec - first, 6)) for n in performance.notes}
    found = {(n.part, n.note, round(n.onset_sec, 6)) for n in alignment.performance.notes}
    return len(truth & found) / len(truth)


def test_a_performance_is_found_note_for_note(piano, tune, outlined):
    score = piano(tune(8))
    played = perform(score, outlined(score), player="romantic")
    alignment = align(score, presses_of(played))
    assert found_rightly(played, alignment) == 1
    assert (alignment.missing, alignment.added) == (0, 0)
    assert [note.velocity for note in alignment.performance.notes] == [
        note.velocity for note in sorted(played.notes, key=lambda n: (n.onset_sec, n.note.pitch))
    ]


def test_the_curve_of_what_was_found_is_that_of_what_was_played(piano, tune, outlined):
    score = piano(tune(8))
    played = perform(score, outlined(score), player="romantic")
    curve = align(score, presses_of(played)).performance.tempo_curve
    assert curve[0].tick == 0
    assert curve[-1].onset_sec == pytest.approx(played.duration_sec, rel=0.2)


def test_missing_and_added_notes_are_counted_and_disturb_nothing(piano, tune, outlined):
    score = piano(tune(8))
    played = perform(score, outlined(score))
    keys = list(presses_of(played))
    del keys[20], keys[40]
    keys += [KeyPress(5.01, 30, 0.1, 60), KeyPress(7.02, 31, 0.1, 60), KeyPress(9.03, 100, 0.1, 60)]
    alignment = align(score, sorted(keys))
    assert (alignment.missing, alignment.added) == (2, 3)
    assert found_rightly(played, alignment) == pytest.approx(1 - 2 / len(played.notes))


def test_a_passage_that_was_left_out_is_missing_as_a_whole(piano, tune, outlined):
    score = piano([replace(note, pitch=note.pitch + note.onset_tick // (8 * Q) % 3) for note in tune(8)])
    played = perform(score, outlined(score))
    bars = [note for note in played.notes if not 8 * Q <= note.note.onset_tick < 16 * Q]
    gone_sec = max(n.onset_sec for n in played.notes if n.note.onset_tick < 16 * Q) - max(
        n.onset_sec for n in played.notes if n.note.onset_tick < 8 * Q
    )
    kept = [replace(n, onset_sec=n.onset_sec - gone_sec * (n.note.onset_tick >= 16 * Q)) for n in bars]
    alignment = align(score, presses_of(replace(played, notes=tuple(kept))))
    assert alignment.added <= 2
    assert abs(alignment.missing - (len(played.notes) - len(bars))) <= 2


def test_another_piece_is_refused(piano, tune):
    score = piano(tune(8))
    other = perform(piano([Note(i * Q, 30 + i % 5, Q) for i in range(32)]), Outline(score.bars))
    with pytest.raises(OptionError, match=r"other\.mid: only 0 of .* notes of the score are in it"):
        align(score, presses_of(other), name="other.mid")


def test_nothing_is_found_in_nothing(piano, tune):
    with pytest.raises(OptionError):
        align(piano(tune(8)), ())


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(40, 52)), min_size=8, max_size=50), st.integers(0, 3))
@settings(max_examples=25, deadline=None)
def test_each_press_is_one_note_and_each_note_one_press(rows, take):
    from composer.score import Part, Score, make_bars, sort_notes
    from composer.theory.meter import Meter

    notes = sort_notes({(tick, pitch): Note(tick * Q // 2, pitch, Q // 2) for tick, pitch in rows}.values())
    score = Score((Part("Piano", notes),), make_bars(Meter(4, 4), 8))
    keys = presses_of(perform(score, Outline(score.bars), player="baroque", take=take))
    alignment = align(score, keys)
    assert len(set(alignment.pressed)) == len(alignment.pressed) == len(alignment.performance.notes)
    assert len({(n.part, n.note) for n in alignment.performance.notes}) == len(alignment.performance.notes)
    assert alignment.missing == len(notes) - len(alignment.pressed)
    assert alignment.added == len(keys) - len(alignment.pressed)
    assert alignment.missing <= 0.2 * len(notes)
    assert np.all(np.diff([note.onset_sec for note in alignment.performance.notes]) >= 0)
