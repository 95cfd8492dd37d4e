"""What the MIDI writer wrote, the reader reads back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.corpus import read_bytes
from composer.export.midi import midi_bytes
from composer.export.notation import lay_out
from composer.outline import Outline, TempoSpan
from composer.perform import perform
from composer.score import LOWER_STAFF, Bar, Mark, Note, Part, Score, TempoMark, make_bars, sort_notes
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER as Q
from composer.theory.meter import Meter


def quarters(pitch: int, count: int = 16, **more: int) -> tuple[Note, ...]:
    return tuple(Note(i * Q, pitch + i % 5, Q, **more) for i in range(count))


def back(score: Score) -> Score:
    performance = perform(score, Outline(bars=score.bars), expression=0)
    return read_bytes(midi_bytes(performance), "own.mid").score


def strokes(score: Score) -> list[list[tuple[int, int, int, int]]]:
    return [[(n.onset_tick, n.pitch, n.duration_tick, n.staff) for n in part.notes] for part in score.parts]


def test_parts_come_back_as_they_were_written():
    hands = Part("Piano", sort_notes(quarters(72) + quarters(48, staff=LOWER_STAFF)), staves=2)
    single = Part("Piano", quarters(60))
    doubling = Part("Flute", quarters(60), 73)  # the same notes: two players, no registration
    score = Score((hands, single, doubling), make_bars(Meter(4, 4), 4))
    found = back(score)
    assert [(part.name, part.program, part.staves) for part in found.parts] == [
        (part.name, part.program, part.staves) for part in score.parts
    ]
    assert strokes(found) == strokes(score)


@pytest.mark.parametrize(("parts", "resolution"), [(4, 480), (3, 480), (24, 480), (9, 1440), (7, 3360), (63, 10080)])
def test_a_file_has_the_ticks_that_its_notes_need(parts, resolution):
    step = Q // parts if Q % parts == 0 else 1
    notes = tuple(Note(Q + i * step, 60 + i % 12, step) for i in range(parts))
    score = Score((Part("Piano", (Note(0, 60, Q), *notes)),), make_bars(Meter(4, 4), 1))
    data = midi_bytes(perform(score, Outline(bars=score.bars), expression=0))
    assert int.from_bytes(data[12:14], "big") == resolution
    assert strokes(read_bytes(data, "own.mid").score) == strokes(score)


def test_lengths_that_a_page_has_rounded_are_not_rounded_otherwise():
    ninth = 53 * Q // 480  # of a quarter, as a program with 480 ticks writes it
    notes = (Note(0, 60, Q), *(Note(Q + i * ninth, 60 + i, ninth) for i in range(9)))
    score = Score((Part("Piano", notes),), make_bars(Meter(4, 4), 1))
    assert strokes(back(score)) == strokes(score)


def test_odd_bars_keep_their_meter():
    meter, spans = Meter(4, 4), [(1, 4), (2, 3), (3, 6), (4, 3)]
    bars, tick = [], 0
    for number, length in spans:
        bars.append(Bar(number, tick, length * Q, meter))
        tick += length * Q
    score = Score((Part("Piano", quarters(60)),), tuple(bars))
    assert back(score).bars == score.bars


def test_head_keys_and_marks_come_back():
    score = Score(
        (Part("Piano", quarters(60)),),
        make_bars(Meter(3, 4), 6, pickup_tick=Q),
        keys=((0, parse_key("G major")), (7 * Q, parse_key("e minor"))),
        marks=(Mark(0, "A"), Mark(7 * Q, "B")),
        title="Waltz",
        composer="Clara",
    )
    score = replace(score, parts=(Part("Piano", quarters(60, 19)),))
    found = back(score)
    assert (found.bars, found.keys, found.marks) == (score.bars, score.keys, score.marks)
    assert (found.title, found.composer) == ("Waltz", "Clara")


def test_tempos_come_back():
    tempos = (TempoMark(0, 90), TempoMark(8 * Q, 120))
    score = Score((Part("Piano", quarters(60)),), make_bars(Meter(4, 4), 4), tempos=tempos)
    spans = (TempoSpan(0, 8 * Q, 90), TempoSpan(8 * Q, 16 * Q, 120))
    performance = perform(score, Outline(bars=score.bars, tempos=spans), expression=0)
    found = read_bytes(midi_bytes(performance), "own.mid").score.tempos
    assert [(mark.tick, round(mark.beat_bpm, 2)) for mark in found] == [(0, 90), (8 * Q, 120)]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 95), st.sampled_from([2, 3, 4, 6, 8, 12, 24]), st.integers(40, 80)),
        min_size=1,
        max_size=50,
        unique_by=lambda one: one[2],
    )
)
def test_notes_on_triplets_and_16ths_come_back(rows):
    step = Q // 12
    notes = sort_notes(
        Note(at * step // (3 * step) * 3 * step if at % 2 else at // 4 * 4 * step, pitch, length * step)
        for at, length, pitch in rows
    )
    score = Score((Part("Piano", notes),), make_bars(Meter(4, 4), 4))
    assert strokes(back(score)) == strokes(score)


def test_a_score_without_a_tempo_gets_none():
    score = Score((Part("Piano", quarters(60)),), make_bars(Meter(4, 4), 4))
    assert back(score).tempos == ()


def test_any_tuplet_of_an_exact_file_keeps_its_place():
    tuplet = tuple(Note(round(i * 2 * Q / 11), 60 + i, round(2 * Q / 11)) for i in range(11))
    score = Score((Part("Piano", (*tuplet, Note(2 * Q, 72, 2 * Q))),), make_bars(Meter(4, 4), 1))
    found = [note.onset_tick for note in back(score).parts[0].notes]
    assert all(abs(one - note.onset_tick) <= 21 for one, note in zip(found, score.parts[0].notes, strict=True))


def test_a_performance_that_is_not_exact_does_not_say_so():
    score = Score((Part("Piano", quarters(60)),), make_bars(Meter(4, 4), 4))
    played = perform(score, Outline(bars=score.bars), take=3)
    late = replace(played, player="", notes=tuple(replace(n, onset_sec=n.onset_sec + 0.013) for n in played.notes))
    assert b"as written" not in midi_bytes(late)
    assert [note.onset_tick for note in read_bytes(midi_bytes(late), "own.mid").score.parts[0].notes] == [
        note.onset_tick for note in score.parts[0].notes
    ]


def test_the_sheet_of_a_midi_file_is_that_of_the_piece():
    # A line that goes on below a held note; the reader numbers it 2 from the first bar on.
    line = [Note(i * Q, pitch, Q) for i, pitch in enumerate((72, 74, 76, 74))]
    upper = [*line, Note(4 * Q, 72, 2 * Q), Note(5 * Q, 84, 3 * Q), Note(6 * Q, 71, 2 * Q)]
    lower = quarters(48, 8, staff=LOWER_STAFF)
    score = Score((Part("Piano", sort_notes([*upper, *lower]), staves=2),), make_bars(Meter(4, 4), 2))
    found = back(score)
    assert {note.voice for note in found.parts[0].notes if note.onset_tick < 4 * Q and note.pitch > 60} == {2}
    heads = [
        [
            [(voice.staff, voice.voice, e.onset_tick, [n.note.pitch for n in e.notes]) for e in voice.events]
            for voice in bar.voices
        ]
        for sheet in (lay_out(score), lay_out(found))
        for bar in sheet.parts[0]
    ]
    assert heads[:2] == heads[2:]
    assert [voice[0][:2] for voice in heads[2]] == [(1, 1), (2, 1)], "a voice alone is the first"
