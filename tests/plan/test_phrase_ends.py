"""How phrases and their bars end: as often with a halt, and with as many notes, as those of the style."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from composer.outline import TextureSpan
from composer.plan.phrase_ends import USUAL_ENDS, draw_closing, eased, ends_of, halting_share, holding_share
from composer.style_statistics import PhraseEnd, StyleStatistics
from composer.theory.harmony import Cadence
from composer.theory.meter import TICKS_PER_QUARTER as Q
from composer.theory.meter import parse_meter


def style(*halts, bars=0.0, holding=0.0):
    """A style whose phrases halt so often, in fifths of them, with a cadence or without, and its bars and melodies."""
    ends = tuple(PhraseEnd(0.5 + place / 4, 1.5 - place / 4, share) for place, share in enumerate(halts))
    kinds = {"open": ends, "closed": ends}
    return StyleStatistics("x", 1, 1, phrase_ends=kinds, halting_bars=bars, holding_bars=holding)


NEVER, ALWAYS = [(1.0, style(0, 0, 0, 0, 0))], [(1.0, style(1, 1, 1, 1, 1, bars=1.0))]


def closings(cadence, styles=(), *, meter="4/4", bars=4, count=300, upbeat=0.0):
    whole = parse_meter(meter)
    options = {"styles": styles, "meter": whole, "upbeat_tick": round(upbeat * whole.beat_ticks)}
    return [
        draw_closing(0, bars * whole.bar_ticks, cadence, **options, generator=np.random.default_rng(seed))
        for seed in range(count)
    ]


def test_a_phrase_comes_to_rest_or_drives_on_as_often_as_those_of_the_style():
    found = closings(Cadence.PAC, NEVER)
    fifths = [tuple(closing.shares == (0.5 + n / 4, 1.5 - n / 4) for closing in found) for n in range(5)]
    assert all(0.14 < np.mean(fifth) < 0.26 for fifth in fifths)


def test_phrases_halt_on_their_last_beat_as_often_as_those_of_the_style():
    assert not any(closing.halts for closing in closings(Cadence.NONE, NEVER))
    assert all(closing.halts and closing.halt_tick == 15 * Q for closing in closings(Cadence.NONE, ALWAYS))
    restful = closings(Cadence.HC, [(1.0, style(1, 0, 0, 0, 0))])
    assert {closing.shares for closing in restful if closing.halts} == {(0.5, 1.5)}


def test_of_two_styles_a_phrase_is_in_between():
    mixed = ends_of([(3.0, NEVER[0][1]), (1.0, ALWAYS[0][1])], "open")
    assert [end.halts for end in mixed] == [0.25] * 5
    assert halting_share([(3.0, NEVER[0][1]), (1.0, ALWAYS[0][1])]) == 0.25


def test_a_style_of_too_few_phrases_ends_them_as_most_do():
    nothing = [(1.0, StyleStatistics("x", 1, 1))]
    assert ends_of(nothing, "open") == ends_of([], "open") == USUAL_ENDS["open"]
    assert 0.4 < np.mean([closing.halts for closing in closings(Cadence.NONE, nothing)]) < 0.6


def test_what_does_not_halt_moves_in_the_last_beat_of_each_bar():
    assert closings(Cadence.PAC, NEVER)[0].moving == (
        (3 * Q, 4 * Q),
        (7 * Q, 8 * Q),
        (11 * Q, 12 * Q),
        (15 * Q, 16 * Q),
    )
    assert closings(Cadence.PAC, ALWAYS)[0].moving == ()


def test_only_a_phrase_without_a_cadence_has_an_open_end():
    assert all(closing.is_open for closing in closings(Cadence.NONE, NEVER))
    assert not any(closing.is_open for closing in closings(Cadence.HC, NEVER))


def test_bars_inside_a_phrase_halt_by_themselves():
    halting_ends = [(1.0, style(1, 1, 1, 1, 1, bars=0.25))]
    found = [len(closing.moving) for closing in closings(Cadence.PAC, halting_ends)]
    assert max(found) == 3
    assert 2.1 < np.mean(found) < 2.4


def test_melodies_go_on_over_bar_lines_as_often_as_those_of_the_style():
    styles = [(1.0, style(0, 0, 0, 0, 0, holding=0.25))]
    found = [len(closing.flowing) for closing in closings(Cadence.PAC, styles)]
    assert max(found) == 3  # not over the end of the phrase
    assert 2.1 < np.mean(found) < 2.4
    assert closings(Cadence.PAC, NEVER)[0].flowing == ((3 * Q, 4 * Q), (7 * Q, 8 * Q), (11 * Q, 12 * Q))
    assert holding_share([*styles, (1.0, StyleStatistics("x", 1, 1))]) == pytest.approx((0.25 + 0.302) / 2)


def test_no_melody_goes_on_where_all_voices_halt():
    for closing in closings(Cadence.PAC, [(1.0, style(0, 0, 0, 0, 0, bars=0.5, holding=0.7))]):
        assert set(closing.flowing) <= set(closing.moving)
    assert holding_share([(1.0, StyleStatistics("x", 1, 1, halting_bars=0.6))]) == 0.6  # of an earlier version


@pytest.mark.parametrize("upbeat", [0.5, 1, 1.5])
def test_the_bars_of_a_phrase_with_an_upbeat_end_on_their_lines(upbeat):
    """The phrase begins and ends an upbeat before a bar line; the lines inside it lie an upbeat after its bars."""
    closing = closings(Cadence.PAC, NEVER, upbeat=upbeat)[0]
    line = round(upbeat * Q) + 4 * Q
    assert closing.moving[:3] == tuple((at - Q, at) for at in range(line, line + 12 * Q, 4 * Q))


@pytest.mark.parametrize(("meter", "quarters"), [("4/4", 2), ("3/4", 3), ("2/4", 2), ("12/8", 3), ("6/8", 3)])
def test_it_is_the_last_half_bar_that_is_eased_or_the_bar_where_that_is_short(meter, quarters):
    closing = closings(Cadence.HC, meter=meter)[0]
    assert closing.end_tick - closing.start_tick == quarters * Q


@pytest.mark.parametrize(("upbeat", "beat"), [(0, 3), (0.5, 2.5), (1, 3), (1.5, 2.5)])
def test_a_phrase_halts_on_a_beat_of_the_bar_whatever_its_upbeat(upbeat, beat):
    """In quarters of the last bar of the phrase, which begins and ends an upbeat before a bar line."""
    halts = {closing.halt_tick for closing in closings(Cadence.NONE, ALWAYS, upbeat=upbeat)}
    assert halts == {(12 + beat) * Q}
    assert all((halt / Q + upbeat) % 1 == 0 for halt in halts)


@pytest.mark.parametrize(("meter", "upbeat", "last"), [("6/8", 1 / 3, 11.0), ("4/4", 1.5, 13.5), ("4/4", 1.5, 14.0)])
def test_the_last_chord_of_a_cadence_may_be_struck_however_late_it_comes(meter, upbeat, last):
    """In quarters of the phrase; upbeats off the beat put the last beat before it."""
    whole = parse_meter(meter)
    closing = draw_closing(
        0,
        4 * whole.bar_ticks,
        Cadence.PAC,
        styles=ALWAYS,
        meter=whole,
        upbeat_tick=round(upbeat * whole.beat_ticks),
        last_chord_tick=round(last * Q),
        generator=np.random.default_rng(1),
    )
    assert closing.halts
    assert closing.halt_tick >= round(last * Q)


def test_under_a_fermata_the_last_beat_may_stand_still_but_not_the_bars_before():
    closing = closings(Cadence.PAC, NEVER)[0]
    assert closing.at_rest().moving == closing.moving[:-1]
    halting = closings(Cadence.PAC, [(1.0, style(1, 1, 1, 1, 1))])[0]
    assert halting.at_rest() == halting


def test_a_phrase_of_one_bar_is_left_as_it_is():
    for closing in closings(Cadence.NONE, bars=1):
        assert (closing.shares, closing.halts, closing.moving) == ((1.0, 1.0), False, ())


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
