"""A piece's skeleton as a plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from composer.errors import PlanError
from composer.outline import ChordSpan, Outline, PhraseSpan
from composer.plan.from_piece import analyse_piece
from composer.plan.outline import plan_outline
from composer.plan.piece_skeleton import plan_from_outline
from composer.plan.planner import resolve
from composer.plan.reader import parse_plan
from composer.plan.writer import format_plan
from composer.score import Bar, Note, Part, Score, make_bars
from composer.theory.harmony import Cadence, parse_chord
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER as Q
from composer.theory.meter import parse_meter


@pytest.mark.parametrize("form", ["ternary", "chorale", "sonata"])
@pytest.mark.parametrize("key", ["G major", "D minor"])
def test_a_plans_own_outline_gives_its_skeleton_back(form, key, planned, small, library):
    """What the planner made is all that a plan can say: nothing is rounded."""
    plan = planned(form=form, key=key, meter="4/4")
    outline = plan_outline(plan, statistics={"small": small})
    again = plan_outline(resolve(plan_from_outline(outline, style="small"), library=library))
    assert again.chords == outline.chords
    assert [(p.start_tick, p.end_tick, p.cadence) for p in again.phrases] == [
        (p.start_tick, p.end_tick, p.cadence) for p in outline.phrases
    ]
    assert [(s.start_tick, s.end_tick, s.label) for s in again.sections] == [
        (s.start_tick, s.end_tick, s.id) for s in outline.sections
    ]
    assert {t.pattern for t in again.textures} == {
        outline_texture.pattern
        for phrase in outline.phrases
        for outline_texture in outline.textures
        if outline_texture.start_tick <= (phrase.start_tick + phrase.end_tick) // 2 < outline_texture.end_tick
    }


def test_such_a_plan_can_be_written_and_read(planned):
    outline = plan_outline(planned(form="binary", key="E minor"))
    plan = plan_from_outline(outline, style={"small": 0.5, "bach": 0.5}, title="After a binary")
    assert parse_plan(format_plan(plan), known_styles=["small", "bach"]) == plan


def test_a_score_is_analysed_first(library):
    """Four bars of C major: tonic, subdominant, dominant, tonic in whole notes."""
    chords = [(48, 64, 67, 72), (41, 65, 69, 72), (43, 62, 67, 71), (48, 64, 67, 72)]
    notes = tuple(Note(bar * 4 * Q, pitch, 4 * Q) for bar, chord in enumerate(chords) for pitch in sorted(chord))
    score = Score((Part("Piano", notes),), make_bars(parse_meter("4/4"), 4), keys=((0, parse_key("C major")),))
    plan = analyse_piece(score, style="small").plan
    assert plan.key == "C major"
    assert plan.bars == 4
    assert resolve(plan, library=library).bars == 4


def chords_of(*texts: str) -> tuple[ChordSpan, ...]:
    """A chord for each quarter, in C major; equal neighbours are one."""
    spans: list[ChordSpan] = []
    for quarter, text in enumerate(texts):
        start = quarter * Q
        if spans and spans[-1].chord.numeral == text:
            start = spans.pop().start_tick
        spans.append(ChordSpan(start, (quarter + 1) * Q, parse_chord(text, "major"), parse_key("C major")))
    return tuple(spans)


def outline_of_chords(*texts: str, ends: tuple[int, ...], goals: tuple[int, ...]) -> Outline:
    """Bars of 4/4 with phrases that end, and have the last chords of their perfect cadences, at quarters."""
    starts = (0, *ends[:-1])
    phrases = tuple(
        PhraseSpan(start * Q, end * Q, Cadence.PAC, goal * Q)
        for start, end, goal in zip(starts, ends, goals, strict=True)
    )
    bars = make_bars(parse_meter("4/4"), len(texts) // 4)
    return Outline(bars=bars, chords=chords_of(*texts), phrases=phrases)


def test_a_phrase_that_ends_within_a_bar_holds_its_cadence():
    """Two bars and a beat are three bars, since the tonic stands on the downbeat of the third."""
    first = ["I", "I", "IV", "IV", "ii6", "ii6", "V", "V", "I", "I", "I", "I"]
    second = ["IV", "IV", "V", "V", "I", "I", "I", "I"]
    plan = plan_from_outline(outline_of_chords(*first, *second, ends=(9, 20), goals=(8, 16)), style="small")
    phrases = plan.sections[0].phrases
    assert [(phrase.bars, phrase.cadence) for phrase in phrases] == [(3, "PAC"), (2, "PAC")]


@pytest.mark.parametrize(("after", "cadence"), [("I6", "PAC"), ("IV", "none")])
def test_a_last_chord_lasts_as_long_as_its_root(after, cadence):
    """Moving on to another position of the tonic undoes no cadence; another chord does."""
    texts = ["I", "I", "V", "V", "I", "I", after, "I"]
    plan = plan_from_outline(outline_of_chords(*texts, ends=(8,), goals=(4,)), style="small")
    (phrase,) = plan.sections[0].phrases
    assert phrase.cadence == cadence
    assert (after in phrase.harmony) == (cadence == "none")


def test_a_change_of_meter_is_refused(planned):
    outline = plan_outline(planned(form="binary", meter="4/4"))
    last = outline.bars[-1]
    bars = (*outline.bars[:-1], Bar(last.number, last.onset_tick, last.duration_tick, parse_meter("3/4")))
    with pytest.raises(PlanError, match="changes its meter"):
        plan_from_outline(replace(outline, bars=bars), style="small")


def test_a_piece_without_chords_is_refused():
    with pytest.raises(PlanError, match="without bars or chords"):
        plan_from_outline(Outline(bars=make_bars(parse_meter("4/4"), 2)), style="small")
