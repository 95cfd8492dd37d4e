import io
import random
from dataclasses import replace

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.errors import OptionError
from composer.export.midi import midi_bytes, write_midi
from composer.export.midi_clock import MIDI_TICKS_PER_QUARTER
from composer.outline import Outline
from composer.perform import perform
from composer.performance import PedalEvent, Performance, PlayedNote, TempoPoint
from composer.score import Bar, Mark, Note, Part, Score, make_bars
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER, Meter

Q = TICKS_PER_QUARTER


def read(content):
    return mido.MidiFile(file=io.BytesIO(content), charset="utf8")


def timed(track):
    midi_tick = 0
    for message in track:
        midi_tick += message.time
        yield midi_tick, message


def notes_of(track):
    """Return (start, end, pitch, velocity) of a track; each note must end before its pitch is struck again."""
    sounding, found = {}, []
    for midi_tick, message in timed(track):
        if message.type == "note_on" and message.velocity:
            assert message.note not in sounding, "struck while it sounds"
            sounding[message.note] = (midi_tick, message.velocity)
        elif message.type in ("note_off", "note_on"):
            start, velocity = sounding.pop(message.note)
            assert midi_tick > start
            found.append((start, midi_tick, message.note, velocity))
    assert not sounding, "a note never ends"
    return sorted(found)


def onsets_sec(midi):
    clock, heard = 0.0, []
    for message in midi:
        clock += message.time
        if message.type == "note_on":
            heard.append(clock)
    return heard


def metas(content, kind):
    return [(midi_tick, message) for midi_tick, message in timed(read(content).tracks[0]) if message.type == kind]


def test_deadpan_notes_stand_on_the_grid(keyboard, deadpan):
    score = keyboard([(0, 72, 1), (1, 74, 0.5), (1.5, 76, 1 / 3), (4, 77, 4)], [(0, 48, 4), (4, 43, 4)])
    midi = read(midi_bytes(deadpan(score, quarter_sec=60 / 113)))
    assert (midi.type, midi.ticks_per_beat) == (1, 480)
    assert [n[:3] for n in notes_of(midi.tracks[1])] == [
        (0, 480, 72),
        (480, 720, 74),
        (720, 880, 76),
        (1920, 3840, 77),
    ]
    assert [n[:3] for n in notes_of(midi.tracks[2])] == [(0, 1920, 48), (1920, 3840, 43)]


def test_each_hand_has_a_named_track_and_a_channel(keyboard, deadpan):
    score = keyboard([(0, 72, 1)], [(0, 48, 1)])
    score = replace(score, parts=(replace(score.parts[0], program=6),))
    midi = read(midi_bytes(deadpan(score)))
    assert [track.name for track in midi.tracks] == ["A small piece", "Piano (upper)", "Piano (lower)"]
    programs = [m for track in midi.tracks for m in track if m.type == "program_change"]
    assert [(m.program, m.channel) for m in programs] == [(6, 0), (6, 1)]


def test_each_voice_of_a_chorale_has_a_track_of_its_name(deadpan):
    voices = (("Soprano", 72), ("Alto", 67), ("Tenor", 60), ("Bass", 48))
    parts = tuple(Part(name, (Note(0, pitch, 4 * Q),), 52) for name, pitch in voices)
    midi = read(midi_bytes(deadpan(Score(parts, make_bars(Meter(4, 4), 1)))))
    assert [track.name for track in midi.tracks] == ["Untitled", "Soprano", "Alto", "Tenor", "Bass"]
    assert [notes_of(track)[0][2] for track in midi.tracks[1:]] == [72, 67, 60, 48]


def test_rubato_stands_in_the_tempo_map_and_bars_stay_bars(keyboard):
    score = keyboard([(beat, 72, 1) for beat in range(8)])
    lengths = [0.5, 0.52, 0.55, 0.6, 0.58, 0.55, 0.7, 0.9]
    onsets = [sum(lengths[:beat]) for beat in range(8)]
    curve = tuple(TempoPoint(beat * Q, onsets[beat], lengths[beat]) for beat in range(8))
    played = tuple(
        PlayedNote(0, note, onsets[beat] + 0.01, lengths[beat] * 0.9, 70)
        for beat, note in enumerate(score.parts[0].notes)
    )
    midi = read(midi_bytes(Performance(score, played, curve)))
    for beat, (start, *_) in enumerate(notes_of(midi.tracks[1])):
        assert 0 < start - beat * 480 <= 0.01 / lengths[beat] * 480 + 1
    # What a player hears is the performance to the millisecond: no rounding error has added up.
    assert onsets_sec(midi) == pytest.approx([note.onset_sec for note in played], abs=0.001)


def test_signatures_keys_and_markers_stand_at_their_ticks(keyboard, deadpan):
    score = keyboard(
        [(0, 67, 8)],
        keys=((0, parse_key("G major")), (4 * Q, parse_key("e minor"))),
        marks=(Mark(0, "A"), Mark(4 * Q, "B (couplet) ♭")),
    )
    content = midi_bytes(deadpan(score))
    assert [(t, m.key) for t, m in metas(content, "key_signature")] == [(0, "G"), (1920, "Em")]
    assert [(t, m.text) for t, m in metas(content, "marker")] == [(0, "A"), (1920, "B (couplet) ♭")]
    assert [(t, m.numerator, m.denominator) for t, m in metas(content, "time_signature")] == [(0, 4, 4)]
    assert [m.text for _, m in metas(content, "text")] == [
        "Composer: Ritornello",
        "seed: 7",
        "player: none",
        "notes: as written",
    ]


def test_a_key_of_more_than_seven_accidentals_is_respelled(keyboard, deadpan):
    content = midi_bytes(deadpan(keyboard([(0, 63, 1)], keys=((0, parse_key("D# major")),))))
    assert [m.key for _, m in metas(content, "key_signature")] == ["Eb"]


def test_a_pickup_has_a_short_bar_of_its_own(keyboard, deadpan):
    score = keyboard([(0, 67, 1), (1, 72, 3)], meter=(3, 4), pickup=1)
    content = midi_bytes(deadpan(score))
    assert [(t, m.numerator, m.denominator) for t, m in metas(content, "time_signature")] == [(0, 1, 4), (480, 3, 4)]


def test_the_metronome_counts_two_in_six_eight(keyboard, deadpan):
    content = midi_bytes(deadpan(keyboard([(0, 67, 3)], meter=(6, 8))))
    assert [m.clocks_per_click for _, m in metas(content, "time_signature")] == [36]


def test_the_pedal_holds_both_hands_and_is_up_at_the_end(keyboard, deadpan):
    score = keyboard([(0, 72, 8)], [(0, 48, 8)])
    down_only = (PedalEvent(0.0, True), PedalEvent(1.0, False), PedalEvent(1.0, True))
    midi = read(midi_bytes(deadpan(score, pedal=down_only)))
    for track in midi.tracks[1:]:
        pedal = [(t, m.value) for t, m in timed(track) if m.type == "control_change" and m.control == 64]
        assert pedal == [(0, 127), (960, 0), (960, 127), (3840, 0)]
    assert all(list(timed(track))[-1][0] >= 3840 for track in midi.tracks)


def test_repeated_notes_stay_apart_when_played_legato(keyboard):
    score = keyboard([(beat, 60, 1) for beat in range(4)])
    played = tuple(PlayedNote(0, note, i * 0.5, 0.55, 64) for i, note in enumerate(score.parts[0].notes))
    midi = read(midi_bytes(Performance(score, played, (TempoPoint(0, 0.0, 0.5),))))
    assert [n[:2] for n in notes_of(midi.tracks[1])] == [(0, 480), (480, 960), (960, 1440), (1440, 1968)]


def test_a_unison_of_two_voices_becomes_the_longer_note():
    notes = (Note(0, 60, Q, voice=1), Note(0, 60, 2 * Q, voice=2))
    score = Score((Part("Piano", notes, staves=2),), make_bars(Meter(4, 4), 1))
    played = (PlayedNote(0, notes[0], 0.0, 0.5, 80), PlayedNote(0, notes[1], 0.0, 1.0, 60))
    midi = read(midi_bytes(Performance(score, played, (TempoPoint(0, 0.0, 0.5),))))
    assert notes_of(midi.tracks[1]) == [(0, 960, 60, 80)]


def test_velocities_and_lengths_are_made_legal(keyboard):
    score = keyboard([(0, 60, 1), (1, 62, 1)])
    first, second = score.parts[0].notes
    played = (PlayedNote(0, first, -0.02, 0.5, 0), PlayedNote(0, second, 0.5, 1e-6, 140))
    midi = read(midi_bytes(Performance(score, played, (TempoPoint(0, 0.0, 0.5),))))
    assert notes_of(midi.tracks[1]) == [(0, 461, 60, 1), (480, 481, 62, 127)]


def test_a_tempo_slower_than_midi_can_say_keeps_the_seconds(keyboard):
    score = keyboard([(0, 60, 1), (1, 62, 1)])
    first, second = score.parts[0].notes
    played = (PlayedNote(0, first, 0.0, 5.0, 64), PlayedNote(0, second, 20.0, 5.0, 64))
    midi = read(midi_bytes(Performance(score, played, (TempoPoint(0, 0.0, 20.0),))))
    assert onsets_sec(midi) == pytest.approx([0.0, 20.0], abs=0.05)


def test_more_staves_than_channels_are_refused(deadpan):
    score = Score(tuple(Part(f"Voice {n}", ()) for n in range(16)), make_bars(Meter(4, 4), 1))
    with pytest.raises(OptionError, match="16 staves"):
        midi_bytes(deadpan(score))


def test_the_same_performance_gives_the_same_file(keyboard, deadpan, tmp_path):
    performance = deadpan(keyboard([(0, 72, 1), (0, 76, 1)], [(0, 48, 2)]))
    write_midi(performance, tmp_path / "a.mid")
    assert (tmp_path / "a.mid").read_bytes() == midi_bytes(performance)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([0.31, 0.5, 60 / 97]))
def test_every_note_reads_back(seed, quarter_sec):
    chance = random.Random(seed)
    notes, busy = [], dict.fromkeys(range(40, 52), 0)
    for _ in range(30):  # any rhythm; a pitch is free again when its note has ended
        pitch = chance.choice(list(busy))
        onset = busy[pitch] + chance.randrange(0, 8) * Q // 4
        length = chance.choice([Q // 4, Q // 3, Q, 3 * Q])
        notes.append(Note(onset, pitch, length, staff=1 + pitch % 2))
        busy[pitch] = onset + length
    score = Score((Part("Organ", tuple(sorted(notes)), 19, 2),), make_bars(Meter(3, 4), 40))
    played = tuple(
        PlayedNote(0, n, n.onset_tick / Q * quarter_sec, n.duration_tick / Q * quarter_sec, 1 + n.pitch)
        for _, n in score.notes()
    )
    pedal = (PedalEvent(chance.random(), True), PedalEvent(2.0, False), PedalEvent(3.0, True))
    curve = tuple(TempoPoint(bar * 3 * Q, bar * 3 * quarter_sec, quarter_sec) for bar in range(40))
    midi = read(midi_bytes(Performance(score, played, curve, pedal)))
    scale = MIDI_TICKS_PER_QUARTER / Q
    for staff, track in ((1, midi.tracks[1]), (2, midi.tracks[2])):
        wanted = [(n.onset_tick * scale, n.end_tick * scale, n.pitch, 1 + n.pitch) for n in notes if n.staff == staff]
        assert notes_of(track) == sorted(wanted)
        assert [m.value for m in track if m.type == "control_change"][-1] == 0


@pytest.mark.parametrize("quarters", [100, 300.25, 2000])
def test_a_bar_of_hundreds_of_beats_has_a_signature_that_fits_its_byte(quarters):
    bar = Bar(1, 0, round(quarters * Q), Meter(4, 4))
    score = Score((Part("Piano", (Note(0, 60, Q),)),), (bar,))
    (_, found) = metas(midi_bytes(perform(score, Outline(bars=(bar,)), player="baroque")), "time_signature")[0]
    assert 1 <= found.numerator <= 255


def test_the_last_note_of_a_long_piece_stands_on_its_tick(deadpan):
    notes = tuple(Note(beat * Q, 60, Q) for beat in range(0, 8_000, 100))
    score = Score((Part("Piano", notes),), make_bars(Meter(4, 4), 2_000))
    midi = mido.MidiFile(file=io.BytesIO(midi_bytes(deadpan(score, quarter_sec=0.4000004))))
    struck, tick = [], 0
    for message in midi.tracks[1]:
        tick += message.time
        if message.type == "note_on" and message.velocity:
            struck.append(tick)
    assert struck == [beat * 480 for beat in range(0, 8_000, 100)]
