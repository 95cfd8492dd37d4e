"""Both hands move in pairs that a style's own hands do, about as busy as the density says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.plan.moving_hands import Lead, draw_lead, figures_at
from composer.style_statistics import HandPair, TextureFigures

EVEN = (HandPair(4.0, 1.0, 30), HandPair(1.0, 4.0, 30), HandPair(2.0, 2.0, 20), HandPair(1.0, 1.0, 20))
SHARES = st.floats(0, 1)


def texture(*hands: HandPair, lower=(0.5, 2.6, 4.0), upper=(1.0, 2.1, 4.0)) -> TextureFigures:
    return TextureFigures(100, lower, upper, (1.0, 1.5, 2.0), (1.0, 2.0, 3.0), tuple(hands))


@given(density=SHARES, style=SHARES, upper=SHARES)
def test_hands_move_as_the_styles_own_do(density, style, upper):
    onsets, _ = figures_at([(1.0, texture(*EVEN))], density, Lead(style, upper))
    assert onsets in {(pair.lower, pair.upper) for pair in EVEN}


def test_the_calmest_bars_are_those_that_move_least():
    figures = [(1.0, texture(*EVEN))]
    assert figures_at(figures, 0.0, Lead(0.5, 0.5))[0] == (1.0, 1.0)
    assert {figures_at(figures, 0.9, Lead(0.5, upper))[0] for upper in (0.1, 0.9)} == {(4.0, 1.0), (1.0, 4.0)}


def test_the_hand_that_leads_is_the_sections():
    figures = [(1.0, texture(*EVEN))]
    for density in np.linspace(0.4, 1.0, 7):
        assert figures_at(figures, density, Lead(0.5, 0.02))[0][0] >= 2.0
        assert figures_at(figures, density, Lead(0.5, 0.98))[0][1] >= 2.0


def test_a_section_has_no_hand_that_stands_still_where_the_textures_hands_move():
    hands = (HandPair(0.0, 4.0, 90), HandPair(2.0, 0.0, 90), HandPair(1.0, 2.0, 5))
    leads = [Lead(0.5, upper) for upper in (0.0, 0.5, 0.99)]
    assert {figures_at([(1.0, texture(*hands))], 0.5, lead)[0] for lead in leads} == {(1.0, 2.0)}
    of_one_hand = texture(*hands, lower=(0.0, 0.0, 1.0))
    assert figures_at([(1.0, of_one_hand)], 0.5, Lead(0.5, 0.99))[0] == (0.0, 4.0)


def test_the_lower_hand_moves_as_it_does_under_such_tunes():
    figures = [(1.0, texture(*EVEN))]
    for upper in (0.05, 0.95):
        lead = Lead(0.5, upper)
        assert figures_at(figures, 0.9, lead, tune_onsets=1.2)[0] == (4.0, 1.0)
        assert figures_at(figures, 0.9, lead, tune_onsets=3.4)[0] == (1.0, 4.0)
        assert figures_at(figures, 0.0, lead, tune_onsets=4.0)[0] == (1.0, 1.0)  # as calm as the density says


def test_the_upper_hand_has_no_fewer_onsets_than_its_tune():
    figures = [(1.0, texture(HandPair(3.0, 0.5, 50), HandPair(1.0, 2.0, 50)))]
    assert figures_at(figures, 0.5, Lead(0.5, 0.1), tune_onsets=1.0)[0] == (1.0, 2.0)
    assert figures_at(figures, 0.5, Lead(0.5, 0.1), tune_onsets=3.0)[0] == (1.0, 2.0)  # the nearest that there is


def test_a_mix_moves_as_one_of_its_styles_by_their_weights():
    calm, busy = texture(HandPair(1.0, 1.0, 9)), texture(HandPair(4.0, 4.0, 9))
    drawn = [figures_at([(0.7, calm), (0.3, busy)], 0.5, Lead(style, 0.5))[0] for style in np.linspace(0, 0.999, 100)]
    assert drawn.count((1.0, 1.0)) == pytest.approx(70, abs=1)
    assert set(drawn) == {(1.0, 1.0), (4.0, 4.0)}


def test_without_counted_pairs_each_hand_has_its_own_middle():
    onsets, polyphony = figures_at([(1.0, texture())], 0.5, Lead(0.5, 0.5))
    assert onsets == (2.6, 2.1)
    assert polyphony == (1.5, 2.0)
    assert figures_at([(1.0, texture())], 0.25, Lead(0.5, 0.5))[0] == (1.55, 1.55)
    assert figures_at([], 0.5, Lead(0.5, 0.5)) == (None, None)


def test_a_lead_is_its_streams():
    assert draw_lead(np.random.default_rng(3)) == draw_lead(np.random.default_rng(3))
    assert draw_lead(np.random.default_rng(3)) != draw_lead(np.random.default_rng(4))
