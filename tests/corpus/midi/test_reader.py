"""MIDI as a musician reads it: grid, hands, bars."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from composer.corpus import read_bytes
from composer.score import Score
from composer.theory.meter import TICKS_PER_QUARTER as Q

SCALE = [(i, 1, 60 + i) for i in range(8)]
BASS = [(i * 4, 4, 40) for i in range(2)]


def read(data: bytes):
    return read_bytes(data, "test.mid")


def onsets(score: Score, part: int = 0) -> list[int]:
    return [note.onset_tick for note in score.parts[part].notes]


@pytest.mark.parametrize("ticks", [24, 96, 384, 480, 1024, 10080])
def test_any_resolution_gives_the_same_score(midi, ticks):
    triplets = [(i / 3, 1 / 3, 60 + i) for i in range(6)]
    notes = read(midi(triplets, ticks=ticks)).score.parts[0].notes
    assert [(n.onset_tick, n.duration_tick) for n in notes] == [(i * Q // 3, Q // 3) for i in range(6)]


def test_16ths_32nds_and_triplets_each_keep_their_place(midi):
    places = [0, 1 / 4, 1 / 2, 3 / 4, 1, 1 + 1 / 3, 1 + 2 / 3, 2, 2 + 1 / 8, 2 + 1 / 4, 3, 3 + 1 / 6, 3 + 1 / 3]
    result = read(midi([(place, 0.1, 60) for place in places]))
    assert onsets(result.score) == [round(place * Q) for place in places]
    assert result.off_grid_share == 0


def test_a_live_performance_is_recognised(midi):
    rng = random.Random(7)
    played = [(max(0, i * 0.53 + rng.gauss(0, 0.06)), 0.4, rng.randrange(50, 80)) for i in range(120)]
    result = read(midi(played))
    assert result.is_live
    assert result.off_grid_share > 0.25
    assert any("live performance" in line for line in result.mended)


def test_a_few_notes_beside_the_grid_are_moved_and_counted(midi):
    result = read(midi([*SCALE, (8.47, 0.4, 70), (9, 1, 71), (10, 1, 72), (11, 1, 71)]))
    assert not result.is_live
    assert result.off_grid_share == pytest.approx(1 / 12)


def test_two_tracks_of_a_keyboard_are_its_hands(midi):
    (part,) = read(midi(SCALE, BASS, names=["upper:", "lower:"])).score.parts
    assert part.staves == 2
    assert {note.pitch for note in part.notes if note.staff == 2} == {40}


def test_nameless_tracks_are_told_apart_by_their_pitch(midi):
    (part,) = read(midi(BASS, SCALE)).score.parts
    assert {note.pitch for note in part.notes if note.staff == 2} == {40}


def test_named_voices_stay_parts(midi):
    names = ["Soprano", "Alto", "Tenor", "Bass"]
    score = read(midi(SCALE, SCALE, BASS, BASS, names=names)).score
    assert [part.name for part in score.parts] == names


def test_other_instruments_stay_parts(midi):
    score = read(midi(SCALE, BASS, names=["", ""], programs=[40, 42])).score
    assert [part.program for part in score.parts] == [40, 42]


def test_type_0_is_split_into_its_channels(midi):
    import io

    import mido

    both = mido.MidiFile(file=io.BytesIO(midi(SCALE, BASS, programs=[40, 42])))
    one = mido.MidiFile(type=0, ticks_per_beat=480, tracks=[mido.merge_tracks(both.tracks)])
    stream = io.BytesIO()
    one.save(file=stream)
    score = read(stream.getvalue()).score
    assert [len(part.notes) for part in score.parts] == [8, 2]


def test_an_organs_registration_is_written_once(midi):
    tune = [(i, 1, 60 + i % 5) for i in range(16)]
    pedal = [(i * 2, 2, 45) for i in range(8)]
    high = [(onset, length, pitch + 12) for onset, length, pitch in tune]
    low = [(onset, length, pitch - 12) for onset, length, pitch in pedal]
    result = read(midi(tune, high, pedal, low, names=["right:", "", "pedal:", ""], programs=[19, 74, 19, 43]))
    assert sum(len(part.notes) for part in result.score.parts) == len(tune) + len(pedal)
    assert sum("doubles" in line for line in result.mended) == 2
    assert {note.pitch for note in result.score.parts[-1].notes} == {45}


def test_drums_are_left_out_and_listed(midi):
    result = read(midi(SCALE, [(0, 1, 38)], channels=[0, 9]))
    assert len(result.score.parts) == 1
    assert any("1 drum notes" in line for line in result.mended)


def test_grace_notes_just_before_the_beat(midi):
    # LilyPond plays a grace note of an eighth for 9/80 of a quarter before its main note.
    notes = [*SCALE, (4 - 0.1125, 0.1125, 71)]
    grace = [n for n in read(midi(notes, ticks=384)).score.parts[0].notes if n.is_grace]
    assert [(n.onset_tick, n.pitch, n.duration_tick) for n in grace] == [(4 * Q, 71, 0)]


def test_grace_notes_of_one_pitch_are_all_kept(midi):
    notes = [*SCALE, (4 - 0.1125, 0.05625, 71), (4 - 0.05625, 0.05625, 71)]
    assert sum(n.is_grace for n in read(midi(notes, ticks=3840)).score.parts[0].notes) == 2


def test_a_short_first_time_signature_is_a_pickup(midi):
    score = read(midi([(i, 1, 60) for i in range(9)], meters=[(0, 1, 2), (1, 4, 2)])).score
    assert [(bar.number, bar.duration_tick // Q, str(bar.meter)) for bar in score.bars] == [
        (0, 1, "4/4"),
        (1, 4, "4/4"),
        (2, 4, "4/4"),
    ]


def test_meter_changes_begin_new_bars(midi):
    score = read(midi([(i, 1, 60) for i in range(10)], meters=[(0, 4, 2), (4, 3, 2)])).score
    assert [(bar.onset_tick // Q, str(bar.meter)) for bar in score.bars] == [(0, "4/4"), (4, "3/4"), (7, "3/4")]


def test_a_tempo_curve_is_one_tempo(midi):
    curve = [(i / 4, bytes([0xFF, 0x51, 3]) + (500_000 + 1000 * i).to_bytes(3, "big")) for i in range(32)]
    result = read(midi(SCALE, meta=curve))
    assert len(result.score.tempos) == 1
    assert result.score.tempos[0].beat_bpm == pytest.approx(116.5, abs=1)


def test_tempo_counts_the_beat_of_the_meter(midi):
    tempo = [(0, bytes([0xFF, 0x51, 3]) + (500_000).to_bytes(3, "big"))]
    score = read(midi(SCALE, meters=[(0, 6, 3)], meta=tempo)).score
    assert score.tempos[0].beat_bpm == pytest.approx(80)  # 120 quarters are 80 dotted quarters


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 63), st.integers(1, 8), st.integers(30, 90)),
        min_size=1,
        max_size=40,
        unique_by=lambda n: n[2],
    )
)
def test_notes_on_the_16th_grid_come_back_as_they_were(midi, notes):
    data = midi([(onset / 4, length / 4, pitch) for onset, length, pitch in notes], meters=[(0, 4, 2)])
    part = read(data).score.parts[0]
    shift = 0
    assert sorted((n.onset_tick - shift, n.duration_tick, n.pitch) for n in part.notes) == sorted(
        (onset * Q // 4, length * Q // 4, pitch) for onset, length, pitch in notes
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 31), st.integers(1, 12), st.integers(50, 70)), min_size=2, max_size=40))
def test_voices_never_overlap_themselves(midi, notes):
    part = read(midi([(onset / 4, length / 4, pitch) for onset, length, pitch in notes])).score.parts[0]
    if max(note.voice for note in part.notes) >= 8:
        return  # more than eight voices at once share the last
    spans: dict[int, set[tuple[int, int]]] = {}
    for note in part.notes:
        spans.setdefault(note.voice, set()).add((note.onset_tick, note.end_tick))
    for chords in spans.values():
        ordered = sorted(chords)
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(ordered))


def text(words: str) -> tuple[float, bytes]:
    return (0, bytes([0xFF, 1, len(words)]) + words.encode())


def test_files_of_our_own_writer_say_whether_there_is_a_pickup(midi):
    # Bass and harmony say a pickup of a quarter.
    rows = [(0.0, 1.0, 74)]
    for bar in range(16):
        bass = (43, 48, 50, 43)[bar % 4]
        rows += [
            (1 + bar * 4, 4.0, bass),
            *((1 + bar * 4 + beat, 1.0, bass + (24, 28, 31, 28)[beat]) for beat in range(4)),
        ]
    assert read(midi(rows)).score.bars[0].number == 0
    own = read(midi(rows, meta=[text("player: none"), text("Composer: Clara Schumann")]))
    assert own.score.bars[0].number == 1
    assert own.pickup_confidence == 1
    assert own.score.composer == "Clara Schumann"


def test_rests_after_the_last_note_are_bars(midi):
    marks = [(16, bytes([0xFF, 6, 1]) + b"x")]  # an event: the track lasts until there
    assert len(read(midi(SCALE, meta=marks)).score.bars) == 4


def test_two_signatures_for_the_halves_of_a_bar_are_one_meter(midi):
    notes = [(i, 1, 60) for i in range(16)]
    score = read(midi(notes, meters=[(0, 4, 2), (4, 3, 2), (7, 1, 2), (8, 4, 2)])).score
    assert [(bar.onset_tick // Q, str(bar.meter)) for bar in score.bars] == [
        (0, "4/4"),
        (4, "4/4"),
        (7, "4/4"),
        (8, "4/4"),
        (12, "4/4"),
    ]


def test_a_short_last_bar_completes_the_pickup(midi):
    notes = [(i, 1, 60) for i in range(8)]
    score = read(midi(notes, meters=[(0, 1, 2), (1, 4, 2), (5, 3, 2)])).score
    assert [(bar.duration_tick // Q, str(bar.meter)) for bar in score.bars] == [(1, "4/4"), (4, "4/4"), (3, "4/4")]


def test_old_names_of_voices_stay_parts(midi):
    names = ["CANTVS", "Altus", "Tenor", "Basso"]
    score = read(midi(SCALE, SCALE, BASS, BASS, names=names)).score
    assert [part.name for part in score.parts] == names


def test_a_piece_without_a_title_has_none(midi):
    untitled = (0, bytes([0xFF, 3, 8]) + b"Untitled")
    assert read(midi(SCALE, meta=[untitled])).score.title == ""
