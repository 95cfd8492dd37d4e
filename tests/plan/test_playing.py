"""The order in which sections are played: repeats, endings, da capo; on the page and in the ear."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from composer.corpus.reader import read_score
from composer.errors import PlanError
from composer.export.musicxml import musicxml_bytes
from composer.fill.assemble import section_edges
from composer.plan.outline import plan_outline
from composer.plan.planner import resolve
from composer.plan.playing import check_played_length, jumps_of, played, played_sections, repeats_of
from composer.plan.reader import parse_plan
from composer.plan.writer import format_plan
from composer.score import Mark, Note, Part, Repeat, Score

PLAN = """plan: 1
form: ternary
style: small
key: G major
meter: 3/4
pickup: 1
{said}
sections:
  - {{label: A, bars: 2, theme: none}}
  - {{label: B, bars: 1, theme: none, cadence: none}}
  - {{label: A, bars: 2, theme: none}}
  - {{label: C, bars: 1, theme: none, cadence: none}}
"""


def read(said):
    return parse_plan(PLAN.format(said=said), source="my.yaml", known_styles=["small"])


def with_ids(said, library):
    return resolve(read(said), library=library)


@pytest.mark.parametrize(
    ("said", "order"),
    [
        ("", "A B A2 C"),
        ("repeats: []", "A B A2 C"),
        ("repeats: [A]", "A A B A2 C"),
        ("repeats: [A, [B, A2]]", "A A B A2 B A2 C"),
        ("repeats: [{sections: [B], times: 3}]", "A B B B A2 C"),
        ("repeats: [{sections: [A], endings: [[B], [A2]]}]", "A B A A2 C"),
        ("repeats: [{sections: [A], times: 3, endings: [[B], []]}]", "A B A B A A2 C"),
        ("da_capo: A", "A B A2 C A"),
        ("da_capo: none", "A B A2 C"),
        ("repeats: [A, [B, A2], C]\nda_capo: A2", "A A B A2 B A2 C C A B A2"),
        ("repeats: [{sections: [A], endings: [[B], [A2]]}]\nda_capo: A2", "A B A A2 C A A2"),
    ],
)
def test_sections_are_played_in_the_order_of_the_signs(said, order, library):
    plan = with_ids(said, library)
    assert " ".join(played_sections(plan)) == order
    assert parse_plan(format_plan(plan), known_styles=["small"]) == plan
    assert resolve(plan, library=library) == plan


@pytest.mark.parametrize(
    ("said", "words", "line"),
    [
        ("repeats: [A3]", 'no section "A3".*did you mean', 7),
        ("repeats: [[A, A2]]", "A, A2 do not follow each other.*A, B, A2", 7),
        ("repeats: [[B, A]]", "B, A do not follow each other", 7),
        ("repeats: [[A, B], [B, A2]]", "B comes before the end of the repeat before", 7),
        ("repeats:\n  - A\n  - {sections: [B], endings: [[], [A2]]}", "the first ending is empty", 9),
        ("repeats: [{sections: [B], times: 7}]", "at most 6, not 7", 7),
        ("repeats: [{sections: [B], time: 2}]", 'unknown key "time".*times', 7),
        ("da_capo: D", 'no section "D"', 7),
        ("da_capo: C", "C is the last section", 7),
    ],
)
def test_signs_that_cannot_be_followed_are_told_with_their_line(said, words, line):
    with pytest.raises(PlanError, match=words) as caught:
        read(said)
    assert [problem.place.line for problem in caught.value.problems] == [line]


def test_a_piece_that_would_be_longer_than_any_music_is_refused(library):
    plan = with_ids("repeats: [{sections: [A, B, A2, C], times: 6}]", library).model_copy(update={"meter": "4/4"})
    sections = tuple(entry.model_copy(update={"bars": 400}) for entry in plan.sections)
    with pytest.raises(PlanError, match=r"with its repeats the piece would last 9600 bars.*the limit is 7500 in 4/4"):
        check_played_length(plan.model_copy(update={"sections": sections}))


@pytest.fixture
def written(library):
    """A plan with an upbeat, its outline, and a score with a note on each quarter that tells its number."""
    plan = with_ids("repeats: [A, [B, A2]]\nda_capo: A2", library)
    outline = plan_outline(plan)
    quarter = outline.bars[0].duration_tick
    notes = tuple(Note(i * quarter, 40 + i, quarter) for i in range(outline.end_tick // quarter))
    edges = [section.start_tick for section in outline.sections]
    repeats = (Repeat(edges[0], edges[1]), Repeat(edges[1], edges[3]))
    marks = tuple(Mark(section.start_tick, section.label) for section in outline.sections)
    return plan, outline, Score((Part("Piano", notes),), outline.bars, marks=marks, repeats=repeats)


def test_what_is_heard_has_every_bar_as_often_as_it_is_played(written):
    plan, outline, score = written
    edges = section_edges(outline)
    assert repeats_of(plan, edges) == score.repeats
    heard, heard_outline = played(score, jumps_of(plan, edges), outline)
    lengths = {"A": 6, "B": 3, "A2": 6, "C": 3}  # quarters
    starts = dict(zip(lengths, itertools.accumulate(lengths.values(), initial=0), strict=False))
    order = played_sections(plan)
    expected = [40 + starts[name] + i for name in order for i in range(lengths[name])]
    assert [note.pitch for note in heard.parts[0].notes] == expected
    assert [section.id for section in heard_outline.sections] == list(order)
    assert [mark.text for mark in heard.marks] == [name[0] for name in order]
    assert heard_outline.bars == heard.bars
    assert heard_outline.end_tick == heard.end_tick == heard_outline.sections[-1].end_tick
    assert {bar.duration_tick for bar in heard.bars[1:-1]} == {heard.bars[1].duration_tick}, "bars stay whole"
    for spans in (heard_outline.chords, heard_outline.phrases, heard_outline.sections, heard_outline.tempos):
        assert all(before.end_tick <= after.start_tick for before, after in itertools.pairwise(spans))
    for phrase in heard_outline.phrases:
        assert phrase.cadence_tick is None or phrase.start_tick <= phrase.cadence_tick < phrase.end_tick


def test_without_signs_what_is_heard_is_what_is_written(written):
    _, outline, score = written
    plain = replace(score, repeats=())
    assert played(plain, (), outline) == (plain, outline)


def test_the_sheet_says_da_capo_and_is_played_so_when_it_is_read(written, tmp_path):
    plan, outline, score = written
    jumps = jumps_of(plan, section_edges(outline))
    path = tmp_path / "sheet.musicxml"
    path.write_bytes(musicxml_bytes(score, jumps=jumps))
    text = path.read_text()
    assert ">D.C. al Fine</words>" in text
    assert ">Fine</words>" in text
    assert text.count('direction="backward"') == 2
    heard, _ = played(score, jumps, outline)
    again = read_score(path, unfold=True).score
    assert [note.pitch for note in again.parts[0].notes] == [note.pitch for note in heard.parts[0].notes]
    assert read_score(path).score.repeats == score.repeats
