import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.errors import OptionError
from composer.export.notation import lay_out, signatures_of_bars
from composer.export.rhythm import KIND_TICKS
from composer.score import LOWER_STAFF, Note, Part, Score, Slur, make_bars, sort_notes
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER, Meter

Q = TICKS_PER_QUARTER


def voice(score, *, bar=0, staff=1, number=1):
    """Return the events of a voice in a bar."""
    found = [v for v in lay_out(score).parts[0][bar].voices if (v.staff, v.voice) == (staff, number)]
    return found[0].events if found else ()


def words(events):
    """Return events as words: note names, or `rest`, before the value."""
    return " ".join(
        ("".join(h.accidental[:1] + str(h.spelling) for h in e.notes) or "rest") + f":{e.kind}" + "." * e.dots
        for e in events
    )


def test_a_note_over_the_bar_line_is_tied(keyboard):
    score = keyboard([(3, 72, 2)])
    (head,) = voice(score, bar=0)[-1].notes
    assert (head.tied_from, head.tied_to) == (False, True)
    (head,) = voice(score, bar=1)[0].notes
    assert (head.tied_from, head.tied_to) == (True, False)
    assert words(voice(score, bar=1)) == "C5:quarter rest:quarter rest:half"


def test_repeated_notes_are_not_tied(keyboard):
    heads = [event.notes[0] for event in voice(keyboard([(beat, 60, 1) for beat in range(4)]))]
    assert not any(head.tied_from or head.tied_to for head in heads)


def test_two_voices_in_a_hand_fill_the_bar_each(keyboard):
    score = keyboard([(0, 79, 1), (1, 77, 1), (0, 64, 2)])
    assert words(voice(score, number=1)) == "G5:quarter F5:quarter rest:half"
    assert words(voice(score, number=2)) == "E4:half rest:half"
    assert not voice(score, bar=1, number=2)


def test_an_empty_bar_has_a_rest_for_a_whole_bar(keyboard):
    (rest,) = voice(keyboard([(0, 60, 1)]), bar=1, staff=LOWER_STAFF)
    assert (rest.notes, rest.kind, rest.duration_tick) == ((), "", 4 * Q)


def test_a_pickup_is_measured_from_the_missing_bar_line(keyboard):
    score = keyboard([(0, 60, 0.5), (0.5, 62, 1), (1.5, 64, 4)], pickup=1.5)
    assert words(voice(score)) == "C4:eighth D4:quarter"


def test_a_fifth_overlapping_note_is_written_by_cutting(keyboard):
    score = keyboard([(onset, 60 + 3 * onset, 8 - onset) for onset in range(5)], bars=2)
    sounding = [
        sum(len(e.notes) for v in bar.voices if v.staff == 1 for e in v.events if e.onset_tick <= tick < end(e))
        for bar, tick in zip(lay_out(score).parts[0], (3 * Q, 5 * Q), strict=True)
    ]
    assert sounding == [4, 5]


def end(event):
    return event.onset_tick + event.duration_tick


def test_accidentals_last_for_the_bar_and_are_taken_back(keyboard):
    score = keyboard([(0, 66, 1), (1, 66, 1), (2, 65, 1), (3, 78, 1), (4, 65, 1), (5, 65, 1)])
    assert words(voice(score)) == "sF#4:quarter F#4:quarter nF4:quarter sF#5:quarter"
    first, second, *_ = voice(score, bar=1)
    assert [first.notes[0].accidental, second.notes[0].accidental] == ["", ""]  # F4 was natural again already
    score = keyboard([(0, 66, 4), (4, 65, 1), (5, 65, 1)])
    first, second, *_ = voice(score, bar=1)
    assert (first.notes[0].accidental, first.notes[0].is_cautionary) == ("natural", True)
    assert second.notes[0].accidental == ""


def test_a_tied_note_needs_no_second_accidental(keyboard):
    score = keyboard([(3, 66, 2), (5, 66, 1)])
    first, second, *_ = voice(score, bar=1)
    assert [first.notes[0].accidental, second.notes[0].accidental] == ["", "sharp"]


def test_the_signature_spares_accidentals(keyboard):
    assert words(voice(keyboard([(0, 66, 2), (2, 65, 2)], key="D major"))) == "F#4:half nF4:half"
    assert words(voice(keyboard([(0, 70, 2), (2, 63, 2)], key="Bb major"))) == "Bb4:half Eb4:half"


def test_beams_join_a_beat_and_hooks_show_the_sixteenth(keyboard):
    events = voice(keyboard([(0, 72, 0.75), (0.75, 74, 0.25), (1, 76, 0.25), (1.25, 77, 0.25), (1.5, 79, 0.5)]))
    assert [event.beams for event in events[:5]] == [
        ("begin",),
        ("end", "backward hook"),
        ("begin", "begin"),
        ("continue", "end"),
        ("end",),
    ]


def test_a_rest_parts_a_beam(keyboard):
    events = voice(keyboard([(0, 72, 0.5), (1, 72, 0.5), (1.5, 74, 0.5)]))
    assert [event.beams for event in events[:4]] == [(), (), ("begin",), ("end",)]


def test_a_grace_note_stands_before_its_note(keyboard):
    score = keyboard([(0, 72, 2), (2, 74, 2)])
    notes = sort_notes([*score.parts[0].notes, Note(2 * Q, 73, 0, is_grace=True)])
    events = voice(replace(score, parts=(replace(score.parts[0], notes=notes),)))
    assert words(events) == "C5:half sC#5:eighth D5:half"
    assert [event.is_grace for event in events] == [False, True, False]


def test_signs_stand_once_on_a_tied_note(keyboard):
    score = keyboard([(3, 72, 2)])
    held = replace(score.parts[0].notes[0], articulations=("accent", "fermata"))
    score = replace(score, parts=(replace(score.parts[0], notes=(held,)),))
    assert voice(score, bar=0)[-1].articulations == ("accent",)
    assert voice(score, bar=1)[0].articulations == ("fermata",)


def test_a_fermata_stands_on_each_staff_once(keyboard):
    score = keyboard([(0, 79, 4), (0, 72, 2), (2, 71, 2)], [(0, 48, 4)], fermata_ticks=(2 * Q,))
    sheet = lay_out(score).parts[0][0]
    signed = [(v.staff, v.voice, e.onset_tick // Q) for v in sheet.voices for e in v.events if e.articulations]
    assert signed == [(1, 2, 2), (2, 1, 0)]  # where something begins, else on what sounds


def test_slurs_that_overlap_have_numbers_of_their_own(keyboard):
    slurs = (Slur(0, 2 * Q), Slur(Q, 3 * Q), Slur(4 * Q, 5 * Q))
    score = keyboard([(beat, 72 + beat, 1) for beat in range(8)], slurs=slurs)
    ends = [event.slurs for bar in (0, 1) for event in voice(score, bar=bar)]
    assert ends[:6] == [
        (("start", 1),),
        (("start", 2),),
        (("stop", 1),),
        (("stop", 2),),
        (("start", 1),),
        (("stop", 1),),
    ]


def test_a_slur_without_a_note_at_its_end_is_left_out(keyboard):
    score = keyboard([(0, 72, 1), (1, 74, 1)], slurs=(Slur(0, 2 * Q),))
    assert not any(event.slurs for event in voice(score))


def test_a_slur_may_end_where_a_note_is_tied_on(keyboard):
    score = keyboard([(0, 72, 1), (1, 74, 3)], slurs=(Slur(0, 2 * Q),))
    assert [(event.onset_tick // Q, event.slurs) for event in voice(score)] == [
        (0, (("start", 1),)),
        (1, ()),
        (2, (("stop", 1),)),
    ]


def test_a_key_change_before_the_bar_line_waits_for_it(keyboard):
    keys = ((0, parse_key("C major")), (3 * Q, parse_key("G major")))
    assert [key.fifths for key in signatures_of_bars(keyboard([], keys=keys))] == [0, 1]
    keys = ((0, parse_key("C major")), (5 * Q, parse_key("G major")))
    assert [key.fifths for key in signatures_of_bars(keyboard([], keys=keys))] == [0, 1]


def test_a_note_ends_with_the_piece(keyboard):
    (event,) = voice(keyboard([(4, 72, 9)]), bar=1)
    assert event.kind == "whole"
    assert not event.notes[0].tied_to


def test_a_note_behind_the_last_bar_is_an_error(keyboard):
    with pytest.raises(OptionError, match="last bar"):
        lay_out(keyboard([(8, 72, 1)]))


def test_a_score_without_bars_is_an_error():
    with pytest.raises(OptionError, match="bars"):
        lay_out(Score((Part("Piano", ()),), ()))


GRIDS = (Q // 4, Q // 2, Q // 3)


@st.composite
def scores(draw):
    """Any notes at all: overlapping, over bar lines, in both hands."""
    meter = draw(st.sampled_from([Meter(4, 4), Meter(3, 4), Meter(6, 8), Meter(2, 2)]))
    pickup = draw(st.sampled_from([0, Q, Q // 2]))
    bars = make_bars(meter, 3, pickup_tick=pickup)
    grid = draw(st.sampled_from(GRIDS))
    notes = draw(
        st.lists(
            st.builds(
                Note,
                onset_tick=st.integers(0, bars[-1].end_tick // grid - 1).map(lambda n: n * grid),
                pitch=st.integers(36, 84),
                duration_tick=st.integers(1, 40).map(lambda n: n * grid),
                staff=st.sampled_from([1, 2]),
                voice=st.sampled_from([1, 1, 2]),
            ),
            max_size=30,
            unique_by=lambda note: (note.onset_tick, note.pitch, note.staff, note.voice),
        )
    )
    return Score((Part("Piano", sort_notes(notes), 0, 2),), bars)


@given(scores())
def test_every_bar_is_full_and_every_note_is_there(score):
    written = []
    for bar in lay_out(score).parts[0]:
        assert {v.staff for v in bar.voices if v.voice == 1} == {1, 2}
        for v in bar.voices:
            assert v.events[0].onset_tick == bar.bar.onset_tick
            assert end(v.events[-1]) == bar.bar.end_tick
            assert all(end(before) == after.onset_tick for before, after in itertools.pairwise(v.events))
            for event in v.events:
                if event.kind:
                    actual, normal = event.ratio or (1, 1)
                    value = KIND_TICKS[event.kind] * (3 if event.dots else 2) // 2 * normal / actual
                    assert value == event.duration_tick
            written += [(h, event.onset_tick, end(event)) for event in v.events for h in event.notes]
    joined = {}
    for head, start, stop in sorted(written, key=lambda row: row[1]):
        if head.tied_from:
            assert joined[head.note] == start
        else:
            assert head.note not in joined
        assert head.tied_to == (stop < min(head.note.end_tick, score.end_tick)) or stop == score.end_tick
        joined[head.note] = stop
    found = sorted((n.onset_tick, n.pitch, n.staff, n.voice, stop) for n, stop in joined.items())
    wanted = [(n.onset_tick, n.pitch, n.staff, n.voice, min(n.end_tick, score.end_tick)) for n in score.parts[0].notes]
    assert found == sorted(wanted)
