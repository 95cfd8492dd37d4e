"""A piece's form as a plan: letters, themes, copies, and what a plan cannot hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from composer.abc import parse_abc
from composer.errors import PlanError
from composer.plan.from_piece import analyse_piece
from composer.plan.model import NO_THEME
from composer.plan.planner import resolve
from composer.plan.reader import parse_plan
from composer.plan.writer import format_plan
from composer.score import Dynamic, Mark, Note, Part, Repeat, Score, TempoMark, make_bars
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER as Q
from composer.theory.meter import parse_meter

# Four bars of 4/4 that close: (bass, tenor, alto) of each bar's halves, and a tune of quarters above.
CHORDS = ((48, 55, 64), (41, 57, 65), (43, 55, 62), (48, 55, 64)) * 2
TUNE = (72, 76, 74, 72, 77, 76, 74, 69, 71, 74, 79, 77, 76, 74, 72, 72)
CLOSE = (76, 79, 77, 76, 74, 77, 81, 79, 77, 74, 71, 74, 72, 72, 72, 72)
OTHER = (79, 78, 76, 78, 79, 81, 83, 84, 81, 78, 74, 72, 71, 72, 71, 67)
AWAY = ((43, 59, 62), (45, 60, 64), (38, 57, 66), (43, 59, 62)) * 2


def section(
    tune: Sequence[int], chords: Sequence[tuple[int, ...]], *, up: int = 0, start_bar: int = 0, pickup: int = 0
) -> list[Note]:
    """A tune in quarters over held chords, a bar each."""
    start = pickup + start_bar * 4 * Q
    notes = [Note(start + index * Q, pitch + up, Q) for index, pitch in enumerate(tune)]
    for bar, chord in enumerate(chords[: len(tune) // 4]):
        notes += [Note(start + bar * 4 * Q, pitch + up, 4 * Q, staff=2) for pitch in chord]
    return notes


def score_of(*sections: list[Note], bars: int, pickup: int = 0) -> Score:
    notes = sorted(note for notes in sections for note in notes)
    marks = tuple(Mark(pickup + tick, "") for tick in range(0, bars * 4 * Q, 32 * Q))
    return Score(
        (Part("Piano", tuple(notes), staves=2),),
        make_bars(parse_meter("4/4"), bars, pickup_tick=pickup),
        keys=((0, parse_key("C major")),),
        marks=marks,
        title="A song\nwithout words",
    )


def ternary(*, last_up: int = 0, last: Sequence[int] = (*TUNE, *CLOSE)) -> Score:
    """Eight bars in C, eight in G, and the first eight again."""
    first = section((*TUNE, *CLOSE), CHORDS)
    middle = section((*OTHER, *[pitch + 1 for pitch in OTHER]), AWAY, start_bar=8)
    return score_of(first, middle, section(last, CHORDS, up=last_up, start_bar=16), bars=24)


def accepted(plan, library):
    """The plan as it is written, read again and resolved."""
    read = parse_plan(format_plan(plan), known_styles=["small"])
    assert read == plan
    return resolve(read, library=library)


def test_what_comes_back_as_it_was_is_a_copy(library):
    found = analyse_piece(ternary(), style="small")
    assert [row.label for row in found.sections] == ["A", "B", "A"]
    assert [(row.first_bar, row.last_bar) for row in found.sections] == [(1, 8), (9, 16), (17, 24)]
    last = found.plan.sections[-1]
    assert (last.id, last.copy_of, last.recall) == ("A2", "A", "full")
    assert accepted(found.plan, library).bars == 24
    assert found.told == ()


def test_its_theme_is_the_tune_note_for_note(library):
    plan = analyse_piece(ternary(), style="small").plan
    theme = plan.themes["A"]
    melody = parse_abc(theme.melody or "", key=parse_key("C major"), meter=parse_meter("4/4"))
    assert [note.pitch for note in melody.notes] == [*TUNE, *CLOSE][: 4 * (theme.bars or 0)]
    assert plan.sections[1].theme == NO_THEME
    stated = [phrase for phrase in plan.sections[0].phrases or () if phrase.theme == "A"]
    assert stated
    assert all(phrase.fidelity == 1 for phrase in stated)


def test_themes_may_be_left_to_be_composed_over_the_same_chords(library):
    plan = analyse_piece(ternary(), style="small", themes=False).plan
    assert plan.themes["A"].melody is None
    assert plan.themes["A"].harmony == analyse_piece(ternary(), style="small").plan.themes["A"].harmony
    accepted(plan, library)


def test_a_return_in_another_key_states_the_theme_there(library):
    found = analyse_piece(ternary(last_up=-5), style="small")
    last = found.plan.sections[-1]
    assert (last.label, last.copy_of, last.theme) == ("A", None, "A")
    assert found.sections[-1].key == "G major"
    assert all(phrase.fidelity == 1 for phrase in last.phrases or () if phrase.theme == "A")
    accepted(found.plan, library)


def test_a_varied_return_follows_the_theme(library):
    """Every fourth note is another one."""
    varied = [pitch + 2 * (index % 4 == 3) for index, pitch in enumerate((*TUNE, *CLOSE))]
    plan = analyse_piece(ternary(last=varied), style="small").plan
    last = plan.sections[-1]
    assert last.label == "A"
    followed = [phrase.fidelity or 0 for phrase in last.phrases or () if phrase.theme == "A"]
    assert last.copy_of == "A" or (followed and all(0.4 <= fidelity <= 0.9 for fidelity in followed))
    accepted(plan, library)


def test_an_upbeat_belongs_to_the_theme(library):
    notes = [Note(0, 67, Q), *section((*TUNE, *CLOSE), CHORDS, pickup=Q)]
    plan = analyse_piece(score_of(notes, bars=8, pickup=Q), style="small").plan
    assert plan.pickup == 1
    melody = parse_abc(plan.themes["A"].melody or "", key=parse_key("C major"), meter=parse_meter("4/4"))
    assert (melody.pickup_tick, melody.notes[0].pitch) == (Q, 67)
    accepted(plan, library)


def test_tempo_and_dynamics_are_those_of_the_score(library):
    score = ternary()
    start = 8 * 4 * Q
    score = replace(
        score,
        tempos=(TempoMark(0, 100.0), TempoMark(start, 50.0), TempoMark(2 * start, 100.0)),
        dynamics=(Dynamic(0, "f"), Dynamic(start, "p")),
    )
    plan = analyse_piece(score, style="small").plan
    assert plan.tempo == 100
    first, middle = (plan.sections[index].phrases or () for index in (0, 1))
    assert {phrase.tempo_factor for phrase in first} == {None}
    assert {phrase.tempo_factor for phrase in middle} == {0.5}
    assert {phrase.dynamics.level for phrase in first if phrase.dynamics} == {"f"}
    assert {phrase.dynamics.level for phrase in middle if phrase.dynamics} == {"p"}
    accepted(plan, library)


def test_a_title_of_several_lines_is_one():
    assert analyse_piece(ternary(), style="small").plan.title == "After A song without words"


def test_where_no_key_holds_it_is_told(library):
    """The twelve notes in turn, as tone clusters."""
    notes = [Note(beat * Q, 48 + (beat * 5 + k) % 12, Q) for beat in range(32) for k in (0, 1, 2, 6)]
    found = analyse_piece(score_of(sorted(set(notes)), bars=8), style="small")
    assert any("no key holds" in line for line in found.told)
    accepted(found.plan, library)


@pytest.mark.parametrize("parts", [(Part("Piano", ()),), (Part("Piano", (Note(0, 60, 0, is_grace=True),)),)])
def test_a_piece_without_notes_is_refused(parts):
    with pytest.raises(PlanError, match="without notes"):
        analyse_piece(Score(parts, make_bars(parse_meter("4/4"), 2)), style="small")


def test_one_note_is_a_plan(library):
    score = Score((Part("Flute", (Note(0, 72, 4 * Q),)),), make_bars(parse_meter("4/4"), 1))
    assert accepted(analyse_piece(score, style="small").plan, library).bars == 1


def test_repeats_are_repeats_of_their_sections(library):
    score = replace(ternary(), marks=(), repeats=(Repeat(0, 32 * Q), Repeat(32 * Q, 96 * Q)))
    found = analyse_piece(score, style="small")
    assert found.told == ()
    first, second = found.plan.repeats or ()
    assert first.sections == ("A",)
    assert second.sections[0] == "B"
    assert found.sections[0].last_bar == 8
    accepted(found.plan, library)


def test_a_first_ending_is_left_out_of_a_repeat(library):
    """Bar 8 is the first ending, bar 9 the second."""
    notes = [*section((*TUNE, *CLOSE), CHORDS), *section(CLOSE[-4:], CHORDS, start_bar=8)]
    rest = section((*TUNE, *CLOSE), CHORDS, up=7, start_bar=9)
    endings = ((28 * Q, 32 * Q, (1,)), (32 * Q, 36 * Q, (2,)))
    score = replace(score_of(notes, rest, bars=17), marks=(), repeats=(Repeat(0, 36 * Q, 2, endings),))
    found = analyse_piece(score, style="small")
    assert found.plan.bars == 16
    assert found.sections[0].last_bar == 9
    assert [repeat.sections[0] for repeat in found.plan.repeats or ()] == ["A"]
    accepted(found.plan, library)


def test_a_da_capo_ends_with_the_section_that_the_fine_closes(library):
    score = ternary()
    score = replace(
        score,
        marks=(),
        bars=score.bars[:16],
        parts=(replace(score.parts[0], notes=tuple(n for n in score.parts[0].notes if n.onset_tick < 64 * Q)),),
    )
    found = analyse_piece(score, style="small", fine_tick=32 * Q)
    assert (found.plan.da_capo, [row.label for row in found.sections]) == ("A", ["A", "B"])
    accepted(found.plan, library)
