"""How phrases end: with fewer notes as a rule, and without a cadence often with a halt."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from composer.outline import TextureSpan
from composer.plan.phrase_ends import CLOSING_SHARES, draw_closing, eased
from composer.theory.harmony import Cadence
from composer.theory.meter import TICKS_PER_QUARTER as Q
from composer.theory.meter import parse_meter


def closings(cadence, *, meter="4/4", bars=4, count=300, upbeat=0):
    whole = parse_meter(meter)
    options = {"meter": whole, "upbeat_tick": round(upbeat * whole.beat_ticks)}
    return [
        draw_closing(0, bars * whole.bar_ticks, cadence, **options, generator=np.random.default_rng(seed))
        for seed in range(count)
    ]


def test_a_phrase_that_closes_comes_to_rest_or_drives_on():
    found = closings(Cadence.PAC)
    assert {closing.shares for closing in found} == set(CLOSING_SHARES)
    assert {closing.halt_tick for closing in found} == {None}


def test_a_phrase_without_a_cadence_mostly_halts_on_its_last_beat():
    found = closings(Cadence.NONE)
    assert {closing.halt_tick for closing in found} == {None, 15 * Q}
    assert 0.58 < np.mean([closing.halt_tick is not None for closing in found]) < 0.75
    assert max(closing.shares[1] for closing in found) < 1


@pytest.mark.parametrize(("meter", "quarters"), [("4/4", 2), ("3/4", 3), ("2/4", 2), ("12/8", 3), ("6/8", 3)])
def test_it_is_the_last_half_bar_that_is_eased_or_the_bar_where_that_is_short(meter, quarters):
    closing = closings(Cadence.HC, meter=meter)[0]
    assert closing.end_tick - closing.start_tick == quarters * Q


@pytest.mark.parametrize(("upbeat", "beat"), [(0, 3), (0.5, 2.5), (1, 3), (1.5, 2.5)])
def test_a_phrase_halts_on_a_beat_of_the_bar_whatever_its_upbeat(upbeat, beat):
    """In quarters of the last bar of the phrase, which begins and ends an upbeat before a bar line."""
    halts = {closing.halt_tick for closing in closings(Cadence.NONE, upbeat=upbeat)} - {None}
    assert halts == {(12 + beat) * Q}
    assert all((halt / Q + upbeat) % 1 == 0 for halt in halts)


def test_a_phrase_of_one_bar_is_left_as_it_is():
    for closing in closings(Cadence.NONE, bars=1):
        assert (closing.shares, closing.halt_tick) == ((1.0, 1.0), None)


def test_only_the_end_of_the_phrase_has_other_onsets():
    bars = [TextureSpan(bar * 4 * Q, (bar + 1) * 4 * Q, "alberti", (2.0, 1.0), (1.0, 1.0)) for bar in range(6)]
    closing = closings(Cadence.HC)[0]
    found = eased(bars, closing)
    assert [span.start_tick // Q for span in found] == [0, 4, 8, 12, 14, 16, 20]
    assert all(a.end_tick == b.start_tick for a, b in pairwise(found))
    assert found[4].onsets_per_beat == (round(2 * closing.shares[0], 3), round(closing.shares[1], 3))
    assert [span.onsets_per_beat for span in found if span is not found[4]] == [(2.0, 1.0)] * 6


def test_a_texture_over_several_phrases_is_parted():
    long = TextureSpan(0, 32 * Q, "chords", (1.0, 1.0), (1.0, 1.0))
    closing = closings(Cadence.HC)[0]
    assert [(span.start_tick // Q, span.end_tick // Q) for span in eased([long], closing)] == [
        (0, 14),
        (14, 16),
        (16, 32),
    ]


def test_what_is_not_known_stays_unknown():
    unknown = TextureSpan(0, 16 * Q, "unknown")
    assert eased([unknown], closings(Cadence.HC)[0]) == [unknown]
