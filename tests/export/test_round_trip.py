"""What is written is read again: Score -> MusicXML -> Score."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from composer.corpus import read_bytes
from composer.export.musicxml import musicxml_bytes
from composer.score import (
    Bar,
    Dynamic,
    Mark,
    Note,
    Part,
    Repeat,
    Score,
    Slur,
    TempoMark,
    make_bars,
    sort_notes,
)
from composer.theory.key import Key
from composer.theory.meter import TICKS_PER_QUARTER as Q
from composer.theory.meter import Meter

FOUR, THREE, SIX = Meter(4, 4), Meter(3, 4), Meter(6, 8)
C_MAJOR = Key(0, "major")
CHORD_SIGNS = ("staccato", "accent", "tenuto", "marcato", "tremolo", "breath", "arpeggio", "up-bow")


def again(score: Score) -> Score:
    return read_bytes(musicxml_bytes(score), "again.musicxml").score


def spelled(onset: float, pitch: int, length: float, **fields: object) -> Note:
    """A note from a page: its spelling is known."""
    spelling = C_MAJOR.spell(pitch)
    return Note(round(onset * Q), pitch, round(length * Q), spelling=spelling, **fields)  # type: ignore[arg-type]


def page(*notes: Note, bars: tuple[Bar, ...] | None = None, staves: int = 1, **fields: object) -> Score:
    bars = bars or make_bars(FOUR, 4)
    part = Part("Piano", sort_notes(notes), 0, staves)
    return Score((part,), bars, keys=((0, C_MAJOR),), **fields)  # type: ignore[arg-type]


WHOLE_NOTES = tuple(spelled(4 * bar, 60 + bar, 4) for bar in range(4))


def test_irregular_bars_keep_their_lengths():
    lengths = (4, 3, 5, 4, 2)
    bars, tick = [], 0
    for number, length in enumerate(lengths, 1):
        bars.append(Bar(number, tick, length * Q, FOUR))
        tick += length * Q
    score = page(*(spelled(bar.onset_tick / Q, 60, bar.duration_tick / Q) for bar in bars), bars=tuple(bars))
    assert again(score).bars == score.bars


def test_a_long_bar_that_begins_with_a_rest_is_not_moved():
    bars = (Bar(1, 0, 4 * Q, FOUR), Bar(2, 4 * Q, 5 * Q, FOUR), Bar(3, 9 * Q, 4 * Q, FOUR))
    score = page(
        spelled(0, 60, 4), spelled(5, 62, 4), spelled(5, 55, 4, staff=2), spelled(9, 60, 4), bars=bars, staves=2
    )
    assert again(score) == score


def test_bar_numbers_of_an_excerpt_are_kept():
    bars = tuple(replace(bar, number=bar.number + 44) for bar in make_bars(FOUR, 4))
    assert again(page(*WHOLE_NOTES, bars=bars)).bars == bars


def test_a_repeat_inside_a_bar_is_kept_and_so_is_the_bar():
    score = page(*WHOLE_NOTES, repeats=(Repeat(3 * Q, 11 * Q),))
    assert again(score) == score


def test_endings_are_kept():
    one_volta = Repeat(0, 8 * Q, 2, ((4 * Q, 8 * Q, (1,)),))
    three_times = Repeat(8 * Q, 16 * Q, 3, ((8 * Q, 12 * Q, (1, 2)), (12 * Q, 16 * Q, (3,))))
    for repeat in (one_volta, three_times):
        assert again(page(*WHOLE_NOTES, repeats=(repeat,))).repeats == (repeat,)


def test_a_key_that_changes_inside_a_bar_is_kept():
    score = replace(page(*WHOLE_NOTES), keys=((0, C_MAJOR), (7 * Q, Key(1, "major"))))
    found = again(score)
    assert (found.keys, found.bars) == (score.keys, score.bars)


def test_a_score_without_a_key_stays_without():
    assert again(replace(page(*WHOLE_NOTES), keys=())).keys == ()


def test_all_tempos_are_kept_printed_or_not():
    tempos = (
        TempoMark(0, 100.0, "Andante"),
        TempoMark(4 * Q, 100.2),
        TempoMark(9 * Q, 66.666667),
        TempoMark(10 * Q, 90.0),
    )
    found = again(page(*WHOLE_NOTES, tempos=tempos)).tempos
    assert [(mark.tick, round(mark.beat_bpm, 4), mark.text) for mark in found] == [
        (mark.tick, round(mark.beat_bpm, 4), mark.text) for mark in tempos
    ]


def test_hairpins_may_overlap_and_levels_may_be_strange():
    dynamics = (
        Dynamic(0, "cresc", 8 * Q),
        Dynamic(2 * Q, "dim", 6 * Q),
        Dynamic(3 * Q, "sffz"),
        Dynamic(4 * Q, "ffz"),
        Dynamic(6 * Q, "dim", 7 * Q),
        Dynamic(16 * Q, "ppp"),
    )
    assert again(page(*WHOLE_NOTES, dynamics=dynamics)).dynamics == dynamics


def test_slurs_between_voices_over_ties_and_many_at_once():
    upper = [spelled(beat, 72 + beat % 5, 1) for beat in range(16)]
    lower = [spelled(0, 60, 6, voice=2), spelled(6, 62, 2, voice=2), spelled(8, 64, 8, voice=2)]
    slurs = (
        Slur(0, 3 * Q),
        Slur(0, 4 * Q, voice=2),  # ends where the lower note is tied over the bar line
        Slur(3 * Q, 6 * Q),
        *(Slur(5 * Q, (6 + n) * Q) for n in range(9)),
        Slur(6 * Q, 8 * Q, voice=2),
        Slur(9 * Q, 11 * Q),
    )
    ordered = tuple(sorted(slurs, key=lambda one: (one.onset_tick, one.part, one.staff, one.voice)))
    found = again(page(*upper, *lower, slurs=ordered)).slurs
    assert sorted(found, key=lambda one: (one.onset_tick, one.end_tick, one.voice)) == sorted(
        slurs, key=lambda one: (one.onset_tick, one.end_tick, one.voice)
    )


def test_a_slur_may_lead_to_the_other_hand():
    score = page(
        spelled(0, 48, 1, staff=2), spelled(1, 72, 3), spelled(4, 48, 1, staff=2), spelled(5, 71, 3),
        staves=2, slurs=(Slur(0, Q, staff=2), Slur(4 * Q, 5 * Q, staff=2)),
    )  # fmt: skip
    assert again(score).slurs == score.slurs


def test_fermatas_over_notes_ties_and_rests_stand_where_they_stood():
    notes = (
        spelled(0, 60, 2, articulations=("fermata",)),
        spelled(2, 62, 6, articulations=("fermata",)),  # tied over the bar line, and held there
        spelled(12, 64, 4),
        spelled(0, 48, 16, staff=2),
    )
    score = page(*notes, staves=2, fermata_ticks=(0, 4 * Q, 10 * Q))
    assert again(score).fermata_ticks == score.fermata_ticks


def test_grace_notes_keep_their_order_and_their_signs_even_at_the_end():
    graces = [
        spelled(4, 76, 0, is_grace=True, articulations=("accent",)),
        spelled(4, 72, 0, is_grace=True, articulations=("appoggiatura",)),
        spelled(16, 74, 0, is_grace=True),
    ]
    score = page(*WHOLE_NOTES, *graces, slurs=(Slur(4 * Q, 4 * Q),))  # to the main note
    assert (again(score).parts, again(score).slurs) == (score.parts, score.slurs)


def test_the_voices_of_a_page_stay_where_a_note_is_held_through_a_chord():
    score = page(spelled(0, 60, 4), spelled(0, 64, 2), spelled(2, 65, 2), spelled(4, 67, 4), spelled(4, 55, 2, voice=5))
    assert [(n.pitch, n.voice) for n in again(score).parts[0].notes] == [(60, 1), (64, 1), (65, 1), (55, 2), (67, 1)]


def test_credits_and_an_empty_left_hand_are_kept():
    score = page(*WHOLE_NOTES, staves=2, credits=("seed: 7", "made for a test"), title="Rondo & more")
    assert again(score) == score


def test_a_mark_at_the_very_end_is_kept():
    marks = (Mark(0, "A"), Mark(16 * Q, "Fine"))
    assert again(page(*WHOLE_NOTES, marks=marks)).marks == marks


@st.composite
def pages(draw: st.DrawFn) -> Score:
    """Pages of one or two parts: voices without gaps in time, odd bars, signs anywhere."""
    meter = draw(st.sampled_from([FOUR, THREE, SIX]))
    grid = draw(st.sampled_from([Q // 2, Q // 3, Q // 4]))
    bars: list[Bar] = []
    tick = 0
    for number in range(1, 4):
        length = meter.bar_ticks + (draw(st.sampled_from([0, 0, 0, Q])) if number == 2 else 0)
        bars.append(Bar(number, tick, length, meter))
        tick += length
    places = st.integers(0, tick // grid - 1).map(lambda place: place * grid)
    parts = []
    slurs: list[Slur] = []
    for index in range(draw(st.integers(1, 2))):
        notes: dict[tuple[int, int, int, int], Note] = {}
        for staff in (1, 2):
            for voice in range(1, draw(st.integers(1, 2)) + 1):
                onsets = sorted({0, *draw(st.lists(places, max_size=6))})
                for onset, end in zip(onsets, [*onsets[1:], tick], strict=True):
                    signs = tuple(sorted(draw(st.sets(st.sampled_from(CHORD_SIGNS), max_size=2))))
                    for pitch in draw(st.sets(st.integers(40, 80), min_size=1, max_size=3)):
                        length = draw(st.integers(1, (end - onset) // grid)) * grid
                        notes[staff, voice, onset, pitch] = Note(
                            onset, pitch, length, staff, voice, C_MAJOR.spell(pitch), articulations=signs
                        )
                if len(onsets) > 2 and draw(st.booleans()):
                    slurs.append(Slur(onsets[0], onsets[draw(st.integers(1, len(onsets) - 1))], index, staff, voice))
        parts.append(Part(f"Part {index}", sort_notes(notes.values()), 0, 2))
    hairpin = sorted(draw(st.sets(places, min_size=2, max_size=2))) if tick > 2 * grid else [0, tick]
    return Score(
        tuple(parts),
        tuple(bars),
        keys=((0, C_MAJOR),),
        tempos=(TempoMark(draw(places), 80.0),),
        dynamics=(Dynamic(hairpin[0], "cresc", hairpin[1]),),
        slurs=tuple(sorted(slurs, key=lambda one: (one.onset_tick, one.part, one.staff, one.voice))),
    )


@settings(max_examples=25, deadline=None)
@given(pages())
def test_any_page_comes_back_as_it_was(score: Score):
    found = again(score)
    signs = [
        {(n.onset_tick, n.staff, n.voice): set(n.articulations) for n in part.notes}
        for part in (*score.parts, *found.parts)
    ]
    assert signs[: len(score.parts)] == signs[len(score.parts) :]
    bare = [
        replace(
            one, parts=tuple(replace(p, notes=tuple(replace(n, articulations=()) for n in p.notes)) for p in one.parts)
        )
        for one in (found, score)
    ]
    assert bare[0] == bare[1]
