"""Sections into phrases."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from composer.plan.phrases import draft_phrases, length_weights, split_bars, theme_phrases
from composer.theory.key import parse_key
from composer.theory.meter import parse_meter

G, D, E = parse_key("G major"), parse_key("D major"), parse_key("E minor")
WALTZ = parse_meter("3/4")


@pytest.fixture
def draft(small):
    def make(bars, *, shape=(), seed=1, **given):
        options = {"cadence": "PAC", "keys": (G,), "theme": "t" if shape else "none", "theme_pinned": False}
        return draft_phrases(
            bars,
            **{**options, **given, "fidelity": given.get("fidelity", 1.0)},
            theme_shape=shape,
            styles=((1.0, small),),
            meter=WALTZ,
            rng=np.random.default_rng(seed),
        )

    return make


def test_a_period_is_antecedent_and_consequent():
    assert [(p.bars, p.cadence) for p in theme_phrases(8, "period")] == [(4, "HC"), (4, "PAC")]


def test_a_sentence_is_presentation_and_continuation():
    assert [(p.bars, p.cadence) for p in theme_phrases(8, "sentence")] == [(4, "none"), (4, "PAC")]


def test_a_large_theme_is_two_small_ones():
    phrases = theme_phrases(32, "period")
    assert sum(phrase.bars for phrase in phrases) == 32
    assert phrases[-1].cadence == "PAC"


def test_a_theme_is_stated_then_rounded_off(draft):
    drafts = draft(16, shape=theme_phrases(8, "period"))
    assert sum(phrase.bars for phrase in drafts) == 16
    assert [(p.first_bar, p.last_bar) for p in drafts if p.states_theme] == [(1, 4), (5, 8), (5, 8)]
    assert drafts[-2].cadence == "HC"
    assert drafts[-1].cadence == "PAC"


def test_a_section_that_moves_leaves_its_last_phrase_to_move(draft):
    drafts = draft(8, shape=theme_phrases(8, "period"), keys=(G, D))
    assert [phrase.states_theme for phrase in drafts] == [True, False]
    assert drafts[-1].keys == (G, D)


def test_a_path_of_keys_is_spread_over_the_phrases(draft):
    drafts = draft(16, keys=(D, E, G))
    assert drafts[0].keys[0] == D
    assert drafts[-1].keys[-1] == G
    assert all(a.keys[-1] == b.keys[0] for a, b in pairwise(drafts))


def test_references_go_through_the_theme(draft):
    drafts = draft(12, shape=theme_phrases(8, "period"), fidelity=0.5)
    assert all(phrase.fidelity == 0.5 and 1 <= phrase.first_bar <= phrase.last_bar <= 8 for phrase in drafts)


def test_consequents_are_marked(draft):
    drafts = draft(16, seed=5)
    for index, phrase in enumerate(drafts):
        if phrase.parallel is not None:
            assert phrase.parallel == index - 1
            assert drafts[index - 1].cadence in ("HC", "IAC")


@pytest.mark.parametrize("bars", range(1, 25))
def test_lengths_add_up(bars, small):
    rng = np.random.default_rng(bars)
    assert sum(split_bars(bars, styles=((1.0, small),), meter=WALTZ, rng=rng)) == bars


def test_lengths_are_drawn_in_proportion_to_their_weight(small):
    """Six bars: by enumeration, each division comes as often as the product of its weights."""
    styles = ((1.0, small),)
    weights = length_weights(styles, WALTZ)
    divisions = {}

    def extend(done, left):
        if not left:
            divisions[done] = np.prod([weights[length] for length in done])
        for length in weights:
            if length <= left:
                extend((*done, length), left - length)

    extend((), 6)
    total = sum(divisions.values())
    rng = np.random.default_rng(1)
    found = Counter(tuple(split_bars(6, styles=styles, meter=WALTZ, rng=rng)) for _ in range(3000))
    distance = sum(abs(found[d] / 3000 - weight / total) for d, weight in divisions.items()) / 2
    assert distance < 0.05
