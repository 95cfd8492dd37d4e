"""What holds for every note of every piece, whatever the form, key and meter."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer import pipeline
from composer.fill.ensembles import ENSEMBLES
from composer.plan.outline import pickup_tick
from composer.theory.meter import parse_meter

BARS = {"binary": 20, "ternary": 24, "rondo": 40}


def check(plan, composed):
    """Assert what holds for every piece."""
    score, meter, pickup = composed.filled.score, parse_meter(plan.meter), pickup_tick(plan)
    notes = [note for _, note in score.notes()]
    low, high = ENSEMBLES[plan.ensemble].compass
    assert notes
    assert score.end_tick == plan.bars * meter.bar_ticks
    assert sum(section.bars for section in plan.sections) == plan.bars
    assert [bar.number for bar in score.bars] == list(range(0 if pickup else 1, plan.bars + 1))
    assert all(bar.meter == meter for bar in score.bars)
    for note in notes:
        assert low <= note.pitch <= high
        assert note.onset_tick >= 0
        assert note.duration_tick > 0
        assert note.end_tick <= score.end_tick
    for part in score.parts:  # two of them may be in unison
        for _, group in itertools.groupby(sorted(part.notes, key=lambda n: (n.pitch, n.onset_tick)), lambda n: n.pitch):
            for before, after in itertools.pairwise(group):
                assert before.end_tick <= after.onset_tick
    # No note hangs over into the next section.
    for span in composed.outline.sections:
        inside = [note for note in notes if span.start_tick <= note.onset_tick < span.end_tick]
        assert inside
        assert all(note.end_tick <= span.end_tick for note in inside)


@settings(max_examples=6)
@given(
    form=st.sampled_from(sorted(BARS)),
    key=st.sampled_from(("C major", "F# minor", "Eb major", "A minor", "B major")),
    meter=st.sampled_from(("2/4", "3/4", "4/4", "6/8")),
    seed=st.integers(0, 10**6),
)
def test_every_note_of_a_keyboard_piece_can_be_played(fill_plan, form, key, meter, seed):
    plan = pipeline.plan_piece(form=form, key=key, meter=meter, seed=seed, bars=BARS[form])
    check(plan, fill_plan(plan))


def test_every_note_of_a_sonata_can_be_played(fill_plan):
    plan = pipeline.plan_piece(form="sonata", key="C minor", seed=5, bars=64)
    check(plan, fill_plan(plan))


@settings(max_examples=4)
@given(
    key=st.sampled_from(("C major", "F# minor", "Eb major", "D minor")),
    meter=st.sampled_from(("3/4", "4/4")),
    seed=st.integers(0, 10**6),
)
def test_every_note_of_a_chorale_can_be_sung(fill_plan, key, meter, seed):
    plan = pipeline.plan_piece(form="chorale", style="chorale", key=key, meter=meter, seed=seed)
    composed = fill_plan(plan)
    check(plan, composed)
    for part, row in zip(composed.filled.score.parts, ENSEMBLES["chorale"].parts, strict=True):
        assert part.name == row.name
        for before, after in itertools.pairwise(part.notes):
            assert before.end_tick <= after.onset_tick


@settings(max_examples=4)
@given(
    ensemble=st.sampled_from(("quartet", "song", "line")),
    form=st.sampled_from(("binary", "ternary")),
    meter=st.sampled_from(("3/4", "4/4", "6/8")),
    seed=st.integers(0, 10**6),
)
def test_every_note_of_an_ensemble_can_be_played(fill_plan, ensemble, form, meter, seed):
    plan = pipeline.plan_piece(form=form, meter=meter, seed=seed, bars=BARS[form], ensemble=ensemble)
    composed = fill_plan(plan)
    check(plan, composed)
    for part, row in zip(composed.filled.score.parts, ENSEMBLES[ensemble].parts, strict=True):
        assert (part.name, part.staves) == (row.name, row.staves)
        for note in part.notes:
            together = [n for n in part.notes if n.onset_tick <= note.onset_tick < n.end_tick]
            assert part.staves == 2 or len(together) <= (2 if row.strings else 1)


@pytest.mark.parametrize(("meter", "pickup"), [("2/4", 0.5), ("3/4", 1), ("4/4", 1), ("6/8", 1), ("4/4", 0)])
def test_the_first_bar_line_comes_after_the_upbeat(fill_text, meter, pickup):
    composed = fill_text(
        f"plan: 1\nform: ternary\nstyle: bach\nensemble: keyboard\nkey: F major\nmeter: {meter}\n"
        f"pickup: {pickup}\nseed: 3\nsections:\n"
        "  - {label: A, theme: first, bars: 4, key: I, cadence: PAC}\n"
        "  - {label: B, theme: none, bars: 4, key: V, cadence: HC}\n"
        "themes: {first: {bars: 4, type: chain}}\n"
    )
    parsed = parse_meter(meter)
    lead = round(pickup * parsed.beat_ticks)
    bars = composed.filled.score.bars
    assert bars[0].duration_tick == (lead or parsed.bar_ticks)
    assert bars[-1].duration_tick == parsed.bar_ticks - lead
    assert composed.outline.sections[1].start_tick == 4 * parsed.bar_ticks
