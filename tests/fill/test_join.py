"""A continuation stands behind the piece, and the piece stays as it was."""

from __future__ import annotations

from dataclasses import replace

from composer.fill.join import continuation_start, joined, sounding_before
from composer.score import Bar, Mark, Note, Part, Repeat, Score, make_bars
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER as Q
from composer.theory.meter import parse_meter

METER = parse_meter("3/4")


def piece(*parts: Part, bars: tuple[Bar, ...] | None = None) -> Score:
    return Score(parts, make_bars(METER, 2) if bars is None else bars, keys=((0, parse_key("G major")),))


def line(*pitches: int, name: str = "Piano", staff: int = 1) -> Part:
    return Part(name, tuple(Note(index * Q, pitch, Q, staff=staff) for index, pitch in enumerate(pitches)))


def test_the_piece_stays_note_for_note_and_its_signs_too():
    score = replace(piece(line(67, 69, 71, 72, 74, 67)), repeats=(Repeat(0, 3 * Q),))
    more = replace(piece(line(71, 72, 74, 69, 66, 67)), marks=(Mark(0, "Coda"),))
    whole = joined(score, more, start_tick=6 * Q, first_bar_tick=6 * Q)
    (part,) = whole.parts
    assert part.notes[:6] == score.parts[0].notes
    assert [note.pitch for note in part.notes[6:]] == [71, 72, 74, 69, 66, 67]
    assert part.notes[6].onset_tick == 6 * Q
    assert [bar.number for bar in whole.bars] == [1, 2, 3, 4]
    assert whole.repeats == score.repeats
    assert whole.marks == (Mark(6 * Q, "Coda"),)
    assert whole.keys == score.keys


def test_an_upbeat_fills_the_last_bar():
    """The last bar has two quarters, since the piece began with one."""
    bars = make_bars(METER, 2, pickup_tick=Q)
    bars = (*bars[:-1], replace(bars[-1], duration_tick=2 * Q))
    score = piece(line(62, 67, 69, 71, 72, 67), bars=bars)
    assert continuation_start(score, Q) == (6 * Q, 7 * Q)
    more = piece(line(62, 67, 69, 71, 72, 67), bars=bars)
    whole = joined(score, more, start_tick=6 * Q, first_bar_tick=7 * Q)
    assert [bar.duration_tick // Q for bar in whole.bars] == [1, 3, 3, 3, 2]
    assert len(whole.parts[0].notes) == 12


def test_an_upbeat_behind_a_full_bar_has_a_bar_of_its_own():
    score = piece(line(67, 69, 71, 72, 74, 67))
    assert continuation_start(score, Q) == (8 * Q, 9 * Q)
    whole = joined(
        score, piece(line(62), bars=make_bars(METER, 1, pickup_tick=Q)), start_tick=8 * Q, first_bar_tick=9 * Q
    )
    assert [bar.onset_tick // Q for bar in whole.bars] == [0, 3, 6, 9]


def test_a_short_last_bar_is_filled_up_where_no_upbeat_follows():
    bars = (*make_bars(METER, 1), Bar(2, 3 * Q, Q, METER))
    assert continuation_start(piece(line(67), bars=bars), 0) == (6 * Q, 6 * Q)


def test_each_line_goes_on_in_the_part_that_lies_as_high():
    """The file has the bass first."""
    score = piece(line(48, 50, name="Left"), line(72, 74, name="Right"))
    keyboard = Part("Piano", (Note(0, 43, Q, staff=2), Note(0, 79, Q)), staves=2)
    whole = joined(score, piece(keyboard), start_tick=6 * Q, first_bar_tick=6 * Q)
    assert [part.notes[-1].pitch for part in whole.parts] == [43, 79]
    assert {note.staff for part in whole.parts for note in part.notes} == {1}


def test_another_signature_is_stated_at_its_bar_line():
    more = replace(piece(line(62)), keys=((0, parse_key("D major")),))
    whole = joined(piece(line(67)), more, start_tick=6 * Q, first_bar_tick=6 * Q)
    assert whole.keys == ((0, parse_key("G major")), (6 * Q, parse_key("D major")))


def test_the_last_bar_is_heard_as_it_sounds():
    score = piece(Part("Piano", (Note(0, 43, 6 * Q), Note(2 * Q, 60, Q), Note(5 * Q, 71, Q))))
    assert sounding_before(score, 6 * Q, 3 * Q) == ((-3 * Q, 3 * Q, 43), (-Q, Q, 71))
