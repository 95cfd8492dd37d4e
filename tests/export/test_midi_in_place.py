"""A MIDI file that is played keeps all that is its own."""

import io
from collections import Counter, defaultdict
from dataclasses import replace

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.analysis.outline import outline_of
from composer.corpus.midi.links import link_notes
from composer.corpus.reader import read_bytes
from composer.export.midi_in_place import performed_file_bytes
from composer.perform import perform

BEAT = 96  # file ticks a quarter
DRUMS = 9


def midi_file(tracks, *, kind=1, head=()):
    """Make a file; tracks are lists of (tick, message)."""
    midi = mido.MidiFile(type=kind, ticks_per_beat=BEAT)
    start = [(0, mido.MetaMessage("set_tempo", tempo=500_000)), (0, mido.MetaMessage("time_signature")), *head]
    rows = [start, *tracks] if kind else [start + [row for track in tracks for row in track]]
    for events in rows:
        track, before = mido.MidiTrack(), 0
        for tick, message in sorted(events, key=lambda row: row[0]):
            track.append(message.copy(time=tick - before))
            before = tick
        midi.tracks.append(track)
    out = io.BytesIO()
    midi.save(file=out)
    return out.getvalue()


def line(name, channel, program, notes, *more):
    """A track; notes are (tick, pitch, length, velocity)."""
    head = [(0, mido.MetaMessage("track_name", name=name))]
    if channel != DRUMS:
        head.append((0, mido.Message("program_change", channel=channel, program=program)))
    sounds = []
    for tick, pitch, length, velocity in notes:
        sounds.append((tick + length, mido.Message("note_off", channel=channel, note=pitch)))
        sounds.append((tick, mido.Message("note_on", channel=channel, note=pitch, velocity=velocity)))
    return [*head, *more, *sounds]


def band(**options):
    """Violin, cello, piano and drums, eight bars."""
    violin = [(BEAT * i, 72 + i % 5, BEAT, 90) for i in range(32)]
    cello = [(2 * BEAT * i, 45 + i % 4, 2 * BEAT, 70) for i in range(16)]
    piano = [(BEAT * i, 60 + step, BEAT, 60) for i in range(32) for step in (0, 4)]
    beats = [(BEAT * i // 2, 42, 10, 100) for i in range(64)]
    bend = (BEAT * 4, mido.Message("pitchwheel", channel=0, pitch=900))
    volume = (0, mido.Message("control_change", channel=1, control=7, value=88))
    word = (BEAT * 8, mido.MetaMessage("lyrics", text="la"))
    return midi_file(
        [
            line("Geige", 0, 40, violin, bend, word),
            line("Cello", 1, 42, cello, volume),
            line("Klavier", 2, 0, piano),
            line("Schlagzeug", DRUMS, 0, beats),
        ],
        **options,
    )


def played(data, *, player="romantic", take=1, expression=1.0):
    score = read_bytes(data, "x.mid").score
    links = link_notes(data, "x.mid", score)
    score = replace(score, tempos=links.marked or score.tempos)
    performance = perform(score, outline_of(score), player=player, take=take, expression=expression)
    written = performed_file_bytes(data, links, performance)
    assert written is not None
    return performance, mido.MidiFile(file=io.BytesIO(written)), written


def events(midi):
    """(tick, message) of each track, all ticks in quarters."""
    rows = []
    for track in midi.tracks:
        tick, own = 0, []
        for message in track:
            tick += message.time
            own.append((tick / midi.ticks_per_beat, message.copy(time=0)))
        rows.append(own)
    return rows


def struck(rows):
    """(channel, pitch) -> onsets and velocities."""
    found = defaultdict(list)
    for place, message in rows:
        if message.type == "note_on" and message.velocity:
            found[message.channel, message.note].append((place, message.velocity))
    return found


def test_tracks_names_programs_channels_and_other_events_stay():
    before, after = (events(mido.MidiFile(file=io.BytesIO(data))) for data in (band(), played(band())[2]))
    assert len(before) == len(after) == 5
    for old, new in zip(before, after, strict=True):
        kept = [row for row in old if row[1].type not in ("note_on", "note_off", "set_tempo", "end_of_track")]
        assert not [row for row in kept if row not in new]
        assert {key: len(times) for key, times in struck(old).items()} == {
            key: len(times) for key, times in struck(new).items()
        }


def test_drums_keep_their_places_and_velocities():
    before, after = (events(mido.MidiFile(file=io.BytesIO(data)))[4] for data in (band(), played(band())[2]))
    assert struck(before) == struck(after)


def test_notes_follow_the_performance_within_a_hundredth_of_a_second():
    performance, midi, _ = played(band())
    sounded, now, channels = defaultdict(list), 0.0, {0: "Geige", 1: "Cello", 2: "Klavier"}
    for message in midi:  # mido counts seconds by the tempo map
        now += message.time
        if message.type == "note_on" and message.velocity and message.channel != DRUMS:
            sounded[channels[message.channel], message.note].append((now, message.velocity))
    expected = defaultdict(list)
    for note in performance.notes:
        name = performance.score.parts[note.part].name
        expected["Klavier" if name == "Piano" else name, note.note.pitch].append((note.onset_sec, note.velocity))
    assert {key: len(rows) for key, rows in sounded.items()} == {key: len(rows) for key, rows in expected.items()}
    for key, rows in expected.items():
        for one, other in zip(sorted(rows), sorted(sounded[key]), strict=True):
            assert one[0] == pytest.approx(other[0], abs=0.01)
            assert one[1] == other[1]


def test_only_the_piano_gets_a_pedal_and_a_file_with_a_pedal_keeps_its_own():
    performance, midi, _ = played(band())
    assert performance.pedal
    pedals = [m for track in midi.tracks for m in track if m.type == "control_change" and m.control == 64]
    assert {message.channel for message in pedals} == {2}
    assert pedals[-1].value == 0
    own = (BEAT, mido.Message("control_change", channel=2, control=64, value=100))
    notes = [(BEAT * i, 60 + step, BEAT, 60) for i in range(32) for step in (0, 4)]
    _, midi, _ = played(midi_file([line("Piano", 2, 0, notes, own)]))
    assert [m.value for track in midi.tracks for m in track if m.type == "control_change"] == [100]


def test_deadpan_leaves_the_file_as_it_is():
    before, after = (events(mido.MidiFile(file=io.BytesIO(data))) for data in (band(), played(band(), expression=0)[2]))
    for old, new in zip(before, after, strict=True):
        assert struck(old) == struck(new)
        assert [(t, m) for t, m in old if m.type == "note_off"] == [
            (t, m.copy(velocity=64)) for t, m in new if m.type == "note_off"
        ]


def test_a_file_of_one_track_stays_one():
    data = band(kind=0)
    _, midi, written = played(data)
    assert midi.type == 0
    assert len(midi.tracks) == 1
    assert struck(events(midi)[0]).keys() == struck(events(mido.MidiFile(file=io.BytesIO(data)))[0]).keys()
    assert read_bytes(written, "y.mid").score.end_tick == read_bytes(data, "x.mid").score.end_tick


def test_a_piece_that_stands_beside_its_grid_is_moved_onto_it():
    notes = [(13 + BEAT * i, 60 + i % 7, BEAT, 60) for i in range(32)]
    beats = [(13 + BEAT * i, 42, 10, 100) for i in range(32)]
    _, midi, _ = played(midi_file([line("Lead", 0, 73, notes), line("Drums", DRUMS, 0, beats)]), expression=0)
    assert [place for place, _ in struck(events(midi)[2])[DRUMS, 42]] == list(range(32))
    assert sorted(place for rows in struck(events(midi)[1]).values() for place, _ in rows) == list(range(32))


def test_a_new_program_comes_before_a_note_that_comes_early():
    notes = [(BEAT * i, 60 + i % 7, BEAT, 60) for i in range(32)]
    change = (16 * BEAT, mido.Message("program_change", channel=0, program=56))
    _, midi, _ = played(midi_file([line("Lead", 0, 73, notes, change)]))
    program, heard = 0, []
    for message in midi.tracks[1]:
        program = message.program if message.type == "program_change" else program
        if message.type == "note_on" and message.velocity:
            heard.append(program)
    assert heard == [73] * 16 + [56] * 16


def test_who_has_played_is_said_once_and_a_second_performance_does_not_add_to_the_first():
    _, _, once = played(band(), player="romantic")
    performance, midi, _ = played(once, player="baroque", take=3)
    said = [m.text for track in midi.tracks for m in track if m.type == "text"]
    assert said == ["performed: baroque, take: 3, expression: 1", "marked tempi: 120 at 0"]
    assert link_notes(once, "x.mid", read_bytes(once, "x.mid").score).is_performed
    fresh, _, _ = played(band(), player="baroque", take=3)
    # The marked tempo is known, not heard from the first performance, which is slower at the ends of its phrases.
    assert performance.duration_sec == pytest.approx(fresh.duration_sec, rel=0.02)


def test_damage_and_strange_clocks_are_left_to_the_writer_of_scores():
    data = band()
    score = read_bytes(data, "x.mid").score
    performance = perform(score, outline_of(score))
    links = link_notes(data, "x.mid", score)
    assert performed_file_bytes(data[:60], links, performance) is None
    assert performed_file_bytes(data, replace(links, is_damaged=True), performance) is None


@given(
    notes=st.lists(
        st.tuples(st.integers(0, 63), st.sampled_from([48, 55, 60, 64, 67]), st.integers(1, 6), st.integers(1, 127)),
        min_size=1,
        max_size=40,
    ),
    expression=st.sampled_from([0.0, 1.0, 2.0]),
)
@settings(max_examples=20, deadline=None)
def test_any_file_is_written_with_as_many_notes_each_ended(notes, expression):
    eighths = [(48 * tick, pitch, 48 * length, velocity) for tick, pitch, length, velocity in notes]
    data = midi_file([line("A", 0, 0, eighths), line("B", 1, 42, eighths[::2])])
    _, midi, written = played(data, expression=expression)
    for old, new in zip(events(mido.MidiFile(file=io.BytesIO(data))), events(midi), strict=True):
        assert Counter(m.note for _, m in old if m.type == "note_on") == Counter(
            m.note for _, m in new if m.type == "note_on"
        )
        assert Counter(m.note for _, m in new if m.type == "note_on") == Counter(
            m.note for _, m in new if m.type == "note_off"
        )
        assert all(place >= 0 for place, _ in new)
    assert read_bytes(written, "y.mid")


@given(
    pitches=st.lists(st.integers(55, 84), min_size=24, max_size=40),
    steps=st.lists(st.sampled_from([24, 48, 48, 96, 96, 192]), min_size=40, max_size=40),
    player=st.sampled_from(["baroque", "romantic", "chorale"]),
)
@settings(max_examples=15, deadline=None)
def test_what_was_played_is_read_again_at_the_same_places(pitches, steps, player):
    notes, tick = [], 0
    for pitch, step in zip(pitches, steps, strict=False):
        tick = -(-tick // step) * step  # a note of a length begins on its multiples
        notes.append((tick, pitch, step, 80))
        tick += step
    data = midi_file([line("Flute", 0, 73, notes), line("Cello", 1, 42, [(t, p - 24, n, v) for t, p, n, v in notes])])
    _, _, written = played(data, player=player)
    before, after = (read_bytes(one, "x.mid").score for one in (data, written))
    assert {(n.onset_tick, n.pitch) for _, n in before.notes()} == {(n.onset_tick, n.pitch) for _, n in after.notes()}
