from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.perform import PerformanceCode, decode, encode, perform, seconds_at, ticks_at
from composer.performance import PedalEvent, Performance, PlayedNote, TempoPoint
from composer.score import Note, Part, Score, make_bars, sort_notes
from composer.theory.meter import TICKS_PER_QUARTER, Meter

Q = TICKS_PER_QUARTER

played_notes = st.lists(
    st.tuples(
        st.integers(0, 30),  # onset in eighths
        st.integers(30, 90),  # pitch
        st.integers(1, 8),  # length in eighths
        st.booleans(),  # a grace
        st.floats(-0.3, 0.3),  # how far from a steady beat, seconds
        st.floats(0.02, 3.0),  # how long it is held, seconds
        st.integers(1, 127),
    ),
    min_size=1,
    max_size=30,
    unique_by=lambda row: (row[0], row[1]),
)


def played(rows):
    """A human performance: whoever plays so badly."""
    performed = []
    for onset, pitch, length, is_grace, error_sec, held_sec, velocity in rows:
        note = Note(onset * Q // 2, pitch, 0 if is_grace else length * Q // 2, is_grace=is_grace)
        performed.append(PlayedNote(0, note, 1.0 + onset * 0.25 + error_sec, held_sec, velocity))
    part = Part("Piano", sort_notes(row.note for row in performed))
    score = Score((part,), make_bars(Meter(4, 4), 6))
    return Performance(score, tuple(sorted(performed, key=lambda row: row.onset_sec)), ())


@given(played_notes, st.lists(st.tuples(st.floats(0, 60), st.booleans()), max_size=6))
@settings(max_examples=40)
def test_decoding_an_encoded_performance_gives_its_notes_and_its_pedal_back(rows, pedal):
    events = tuple(PedalEvent(time_sec, is_down) for time_sec, is_down in sorted(pedal))
    performance = replace(played(rows), pedal=events)
    again = decode(encode(performance))
    assert again.pedal == events
    key = lambda row: (row.note.onset_tick, row.note.pitch)  # noqa: E731
    for one, other in zip(sorted(performance.notes, key=key), sorted(again.notes, key=key), strict=True):
        assert one.note is other.note
        assert other.onset_sec == pytest.approx(one.onset_sec, abs=1e-9)
        assert other.duration_sec == pytest.approx(one.duration_sec, rel=1e-9)
        assert other.velocity == one.velocity


@given(played_notes)
@settings(max_examples=40)
def test_an_encoded_tempo_curve_never_runs_backwards(rows):
    assert (encode(played(rows)).quarter_sec > 0).all()


def test_a_chord_spread_evenly_has_its_beat_in_the_middle():
    rows = [(0, 60, 2, False, -0.02, 0.5, 60), (0, 64, 2, False, 0.02, 0.5, 80), (2, 67, 2, False, 0.0, 0.5, 70)]
    code = encode(played(rows))
    assert code.start_sec == pytest.approx(1.0)
    assert code.timing_sec == pytest.approx([0.02, -0.02, 0.0])
    assert code.quarter_sec[0] == pytest.approx(0.5)


def test_a_note_held_for_its_written_length_through_a_ritardando_is_not_called_articulated():
    # Quarters that slow down from 0.5 to 1 second over a held whole note.
    notes = [Note(beat * Q, 72, Q) for beat in range(5)] + [Note(0, 48, 4 * Q)]
    onsets = [0.0, 0.5, 1.1, 1.9, 2.9]
    performed = [PlayedNote(0, notes[beat], onsets[beat], 0.4, 64) for beat in range(5)]
    performed.append(PlayedNote(0, notes[5], 0.0, 2.9, 64))
    score = Score((Part("Piano", sort_notes(notes)),), make_bars(Meter(4, 4), 2))
    code = encode(Performance(score, tuple(performed), ()))
    assert code.articulation_log2[-1] == pytest.approx(0.0, abs=1e-12)


def test_the_beat_period_counts_in_beats_of_the_meter():
    notes = [Note(0, 60, 3 * Q // 2), Note(3 * Q // 2, 62, 3 * Q // 2)]
    score = Score((Part("Piano", tuple(notes)),), make_bars(Meter(6, 8), 1))
    performed = (PlayedNote(0, notes[0], 0.0, 0.5, 64), PlayedNote(0, notes[1], 0.6, 0.5, 64))
    assert encode(Performance(score, performed, ())).beat_period_sec == pytest.approx([0.6, 0.6])


def test_our_own_performance_is_encoded_and_decoded_too(piano, tune, outlined):
    score = piano(tune(8))
    performance = perform(score, outlined(score), player="romantic")
    again = decode(encode(performance))
    assert again.pedal == performance.pedal != ()
    assert np.allclose([n.onset_sec for n in again.notes], [n.onset_sec for n in performance.notes])
    assert np.allclose([n.duration_sec for n in again.notes], [n.duration_sec for n in performance.notes])


def test_four_numbers_a_note_are_a_performance():
    notes = (Note(0, 60, Q), Note(Q, 62, Q))
    score = Score((Part("Piano", notes),), make_bars(Meter(2, 4), 1))
    code = PerformanceCode(
        score=score,
        strikes=tuple((0, note) for note in notes),
        point_tick=np.array([0, Q]),
        quarter_sec=np.array([0.5, 1.0]),
        velocity=np.array([60.0, 70.0]),
        timing_sec=np.array([0.0, 0.02]),  # the second a little early …
        articulation_log2=np.array([0.0, -1.0]),  # … and half as long as written
    )
    performance = decode(code)
    assert [row.onset_sec for row in performance.notes] == pytest.approx([0.0, 0.48])
    assert [row.duration_sec for row in performance.notes] == pytest.approx([0.5, 0.5])
    assert [row.velocity for row in performance.notes] == [60, 70]
    assert performance.tempo_curve == (TempoPoint(0, 0.0, 0.5), TempoPoint(Q, 0.5, 1.0))


def test_velocities_are_rounded_and_stay_midi():
    code = encode(played([(0, 60, 2, False, 0.0, 0.5, 64), (2, 62, 2, False, 0.0, 0.5, 64)]))
    loud = decode(replace(code, velocity=np.array([500.0, -3.0])))
    assert [row.velocity for row in loud.notes] == [127, 1]


def test_an_empty_performance_has_an_empty_code():
    score = Score((Part("Piano", ()),), make_bars(Meter(4, 4), 1))
    code = encode(Performance(score, (), (TempoPoint(0, 0.0, 0.5),)))
    assert code.strikes == ()
    assert decode(code).tempo_curve == (TempoPoint(0, 0.0, 0.5),)


@given(st.lists(st.tuples(st.integers(1, 50_000), st.floats(0.05, 3.0)), min_size=1, max_size=8), st.floats(0, 60))
def test_seconds_and_ticks_are_inverse(steps, wanted_sec):
    curve, tick, seconds = [], 0, 0.0
    for length, quarter_sec in steps:
        curve.append(TempoPoint(tick, seconds, quarter_sec))
        tick, seconds = tick + length, seconds + length / Q * quarter_sec
    assert seconds_at(curve, ticks_at(curve, wanted_sec)) == pytest.approx(wanted_sec, abs=1e-9)
