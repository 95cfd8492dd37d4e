"""A section on its own timeline sees nothing of its neighbours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from composer.fill.local import Enters, localize
from composer.outline import ChordSpan, KeySpan, Outline, PhraseSpan, SectionSpan
from composer.roll.facts import CLOSING, MIDDLE, OPENING
from composer.roll.grid import STEP_TICKS
from composer.score import Bar, make_bars
from composer.theory.harmony import Cadence, parse_chord
from composer.theory.key import parse_key
from composer.theory.meter import parse_meter

C, G = parse_key("C major"), parse_key("G major")
ENTERS = Enters(C, parse_chord("V", "major"))


def outline_of(meter_text: str, pickup_beats: int) -> Outline:
    """Three sections of two bars: C, G, C."""
    meter = parse_meter(meter_text)
    pickup, bar = pickup_beats * meter.beat_ticks, meter.bar_ticks
    bars = list(make_bars(meter, 6, pickup_tick=pickup))
    if pickup:
        bars[-1] = Bar(6, bars[-1].onset_tick, bar - pickup, meter)
    edges = [0, 2 * bar, 4 * bar, 6 * bar]
    spans = list(zip(edges, edges[1:], "ABC", (C, G, C), strict=False))
    return Outline(
        bars=tuple(bars),
        keys=tuple(KeySpan(start, end, key) for start, end, _, key in spans),
        chords=tuple(ChordSpan(start, end, parse_chord("I", "major"), key) for start, end, _, key in spans),
        phrases=tuple(PhraseSpan(start, end, Cadence.PAC, end - bar, name) for start, end, name, _ in spans),
        sections=tuple(SectionSpan(start, end, name, name) for start, end, name, _ in spans),
    )


@pytest.mark.parametrize("meter", ["2/4", "3/4", "4/4", "6/8"])
def test_without_an_upbeat_the_lead_in_is_a_bar(meter):
    outline = outline_of(meter, 0)
    local = localize(outline, outline.sections[1], enters=ENTERS)
    steps = parse_meter(meter).bar_ticks // STEP_TICKS
    assert local.lead_in_steps == steps
    assert local.bars == ((0, steps), (steps, 2 * steps), (2 * steps, 3 * steps))
    assert local.origin_tick + local.start_tick == outline.sections[1].start_tick


@pytest.mark.parametrize("meter", ["2/4", "3/4", "4/4", "6/8"])
def test_with_an_upbeat_the_lead_in_is_the_rest_of_its_bar(meter):
    outline = outline_of(meter, 1)
    local = localize(outline, outline.sections[1], enters=ENTERS)
    parsed = parse_meter(meter)
    steps, beat = parsed.bar_ticks // STEP_TICKS, parsed.beat_ticks // STEP_TICKS
    assert local.lead_in_steps == steps - beat
    # The upbeat, a whole bar, and the bar that the next section's upbeat cuts short.
    assert local.bars == (
        (0, steps - beat),
        (steps - beat, steps),
        (steps, 2 * steps),
        (2 * steps, 3 * steps - beat),
    )
    assert local.facts.step_in_bar[0] == 0
    assert local.facts.strength[steps] == 4


@pytest.mark.parametrize("pickup", [0, 1])
def test_the_first_section_begins_cold(pickup):
    outline = outline_of("3/4", pickup)
    local = localize(outline, outline.sections[0], enters=None)
    assert local.lead_in_steps == 0
    assert local.origin_tick == 0
    assert local.facts.num_steps == 24
    assert local.facts.step_in_bar[0] == (8 if pickup else 0)


@pytest.mark.parametrize("pickup", [0, 1])
def test_neither_the_key_before_nor_the_one_after_is_known(pickup):
    outline = outline_of("4/4", pickup)
    local = localize(outline, outline.sections[1], enters=ENTERS)
    lead = local.lead_in_steps
    assert set(local.facts.tonic[lead:]) == {7}
    assert set(local.facts.tonic[:lead]) == {0}
    assert set(local.facts.next_tonic[lead:]) == {-1}
    assert set(local.facts.chord_root[:lead]) == {7}  # what the plan says it enters from, not what A has there


@pytest.mark.parametrize("pickup", [0, 1])
def test_another_neighbour_changes_nothing(pickup):
    outline = outline_of("4/4", pickup)
    other = replace(
        outline,
        keys=(replace(outline.keys[0], key=G), outline.keys[1], replace(outline.keys[2], key=G)),
        chords=(outline.chords[0], outline.chords[1], replace(outline.chords[2], chord=parse_chord("V", "major"))),
        phrases=(replace(outline.phrases[0], cadence=Cadence.HC), *outline.phrases[1:]),
    )
    one, two = (localize(which, which.sections[1], enters=ENTERS) for which in (outline, other))
    for name in one.facts.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(one.facts, name), getattr(two.facts, name), err_msg=name)


def test_the_piece_opens_and_closes_in_its_outer_sections():
    outline = outline_of("4/4", 0)
    first, middle, last = (localize(outline, section, enters=None) for section in outline.sections)
    assert set(first.facts.place) == {OPENING}
    assert set(middle.facts.place) == {MIDDLE}
    assert set(last.facts.place) == {CLOSING}


def test_cadences_move_with_their_section():
    outline = outline_of("4/4", 0)
    local = localize(outline, outline.sections[2], enters=ENTERS)
    phrase = local.phrases[0]
    assert phrase.cadence_tick == local.start_tick + 16 * STEP_TICKS
    assert local.facts.cadence_distance[local.lead_in_steps] == 16
