"""Sections into phrases."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from composer.plan.model import ThemePhrase
from composer.plan.phrase_kinds import (
    cadence_shares,
    fitted_weights,
    inner_cadences,
    length_weights,
    split_bars,
    theme_phrases,
    whole_bars,
)
from composer.plan.phrases import draft_phrases
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
            mode="major",
            rng=np.random.default_rng(seed),
            inside=cadence_shares(((1.0, small),), "major"),
        )[0]

    return make


@pytest.fixture
def theme(small):
    def make(bars, kind, *, seed=1, **given):
        options = {"styles": ((1.0, small),), "meter": WALTZ, "mode": "major", "rng": np.random.default_rng(seed)}
        inside = cadence_shares(options["styles"], "major")
        return theme_phrases(bars, kind, **{**options, "inside": inside, **given})

    return make


PERIOD = (ThemePhrase(bars=4, cadence="HC"), ThemePhrase(bars=4, cadence="PAC"))


def test_a_period_ends_open_in_its_middle_and_closed_at_its_end(theme):
    for seed in range(30):
        phrases = theme(8, "period", seed=seed)
        ends = np.cumsum([phrase.bars for phrase in phrases]).tolist()
        middle = phrases[ends.index(4)]
        assert middle.cadence in ("HC", "IAC")
        assert phrases[-1].cadence == "PAC"
        assert [phrase.bars for phrase in phrases[: ends.index(4) + 1]] == [
            phrase.bars for phrase in phrases[ends.index(4) + 1 :]
        ]


def test_a_period_that_ends_with_a_half_cadence_has_another_cadence_in_its_middle(theme):
    assert {theme(8, "period", cadence="HC", seed=seed)[0].cadence for seed in range(20)} <= {"IAC", "none"}


def test_a_sentence_is_an_idea_and_its_repetition_then_a_continuation_as_long(theme):
    made = [theme(8, "sentence", seed=seed) for seed in range(60)]
    shapes = {tuple(p.bars for p in phrases) for phrases in made}
    assert all(sum(shape) == 8 and shape[0] in (2, 4, 8) for shape in shapes)
    assert any(shape[:2] == (2, 2) for shape in shapes)
    assert (8,) in shapes  # its parts may be too short to be phrases
    assert {phrases[0].cadence for phrases in made if len(phrases) > 1} == {"none"}


def test_a_compound_period_has_two_sentences_or_periods(theme):
    for seed in range(20):
        phrases = theme(16, "compound period", seed=seed)
        ends = np.cumsum([phrase.bars for phrase in phrases]).tolist()
        assert phrases[ends.index(8)].cadence in ("HC", "IAC")
        assert (ends[-1], phrases[-1].cadence) == (16, "PAC")


def test_a_subject_is_one_phrase(theme):
    assert [(p.bars, p.cadence) for p in theme(3, "subject", cadence="none")] == [(3, "none")]


@pytest.mark.parametrize("kind", ["sentence", "period", "compound period", "chain"])
@pytest.mark.parametrize("bars", [*range(1, 14), 16, 23, 32])
def test_every_kind_fills_its_bars_and_ends_as_it_is_told(kind, bars, theme):
    for seed in range(5):
        phrases = theme(bars, kind, seed=seed, cadence="IAC")
        assert sum(phrase.bars for phrase in phrases) == bars
        assert phrases[-1].cadence == "IAC"


def test_a_theme_is_stated_and_its_section_closes(draft):
    shapes = set()
    for seed in range(20):
        drafts = draft(16, shape=PERIOD, seed=seed)
        assert sum(phrase.bars for phrase in drafts) == 16
        assert drafts[-1].cadence == "PAC"
        shapes.add(tuple((p.first_bar, p.last_bar) for p in drafts if p.states_theme))
    assert shapes == {((1, 4), (5, 8)), ((1, 4), (5, 8), (5, 8))}  # sometimes rounded off with the theme's own end


def test_a_stated_kind_is_how_the_free_bars_are_built(draft):
    for seed in range(10):
        drafts = draft(8, kind="period", seed=seed)
        ends = np.cumsum([phrase.bars for phrase in drafts]).tolist()
        assert drafts[ends.index(4)].cadence in ("HC", "IAC")


def test_a_section_that_moves_leaves_its_last_phrase_to_move(draft):
    drafts = draft(8, shape=PERIOD, keys=(G, D))
    assert [phrase.states_theme for phrase in drafts[:2]] == [True, False]
    assert drafts[-1].keys == (G, D)


def test_a_theme_of_one_phrase_that_its_section_ends_otherwise_is_stated_by_half(draft):
    drafts = draft(8, shape=(ThemePhrase(bars=8, cadence="PAC"),), cadence="HC")
    assert (drafts[0].states_theme, drafts[0].first_bar, drafts[0].last_bar) == (True, 1, 4)
    assert drafts[-1].cadence == "HC"


def test_a_path_of_keys_is_spread_over_the_phrases(draft):
    drafts = draft(16, keys=(D, E, G))
    assert drafts[0].keys[0] == D
    assert drafts[-1].keys[-1] == G
    assert all(a.keys[-1] == b.keys[0] for a, b in pairwise(drafts))


def test_references_go_through_the_theme(draft):
    drafts = draft(12, shape=PERIOD, fidelity=0.5)
    assert all(phrase.fidelity == 0.5 and 1 <= phrase.first_bar <= phrase.last_bar <= 8 for phrase in drafts)


def test_what_follows_a_theme_closely_is_divided_as_the_theme_is(draft):
    drafts = draft(8, shape=PERIOD, fidelity=0.7)
    assert [(phrase.bars, phrase.cadence, phrase.first_bar, phrase.fidelity) for phrase in drafts] == [
        (4, "HC", 1, 0.7),
        (4, "PAC", 5, 0.7),
    ]
    shorter = draft(6, shape=PERIOD, fidelity=0.7)
    assert (sum(phrase.bars for phrase in shorter), shorter[0].bars, shorter[-1].cadence) == (6, 4, "PAC")
    assert shorter[1].first_bar == 5  # it goes on in the theme
    assert sum(phrase.bars for phrase in draft(2, shape=PERIOD, fidelity=0.7)) == 2


@pytest.mark.parametrize("asked", [{"cadence": "HC"}, {"keys": (G, D)}, {"cadence": "HC", "keys": (G, D)}])
def test_what_follows_a_given_theme_goes_and_ends_as_its_section_says(draft, asked):
    drafts = draft(8, shape=PERIOD, fidelity=0.7, theme_pinned=True, **asked)
    assert drafts[-1].cadence == asked.get("cadence", "PAC")
    assert drafts[-1].keys[-1] == asked.get("keys", (G,))[-1]
    assert (drafts[0].first_bar, drafts[-1].last_bar) == (1, 8)


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
    weights = dict(enumerate(fitted_weights(6, tuple(length_weights(styles, WALTZ).values())), start=1))
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


def test_lengths_come_about_as_often_as_they_are_counted(small):
    """Of sixteen bars; with the counts themselves as weights fours and twos would crowd out the threes and eights."""
    styles = ((1.0, small),)
    weights = length_weights(styles, WALTZ)
    rng = np.random.default_rng(2)
    found = Counter(n for _ in range(600) for n in split_bars(16, styles=styles, meter=WALTZ, rng=rng))
    total, counted = sum(found.values()), sum(weights.values())
    assert sum(abs(found[n] / total - weight / counted) for n, weight in weights.items()) / 2 < 0.1


def test_half_bars_go_to_both_neighbours():
    assert whole_bars({"4": 3, "2.5": 2, "0.5": 1}) == {4: 3, 2: 1, 3: 1, 1: 1}


def test_cadences_before_the_last_one_make_the_mix_that_is_asked_for(small):
    shares = cadence_shares(((1.0, small),), "major")
    rng = np.random.default_rng(3)
    found = Counter(kind for _ in range(300) for kind in inner_cadences(6, final="PAC", inside=shares, rng=rng)[:-1])
    total = sum(found.values())
    assert sum(abs(found[kind] / total - share) for kind, share in shares.items()) / 2 < 0.1


def test_half_cadences_seldom_stand_beside_each_other(small):
    rng = np.random.default_rng(4)
    beside = total = 0
    for _ in range(200):
        kinds = inner_cadences(5, final="PAC", inside=cadence_shares(((1.0, small),), "major"), rng=rng)
        beside += sum(pair == ("HC", "HC") for pair in pairwise(kinds))
        total += kinds.count("HC")
    assert beside < 0.25 * total


@pytest.mark.parametrize("seed", range(10))
def test_a_bar_beside_a_theme_is_no_phrase_of_its_own(draft, seed):
    """In 3/4 a bar has no second strong beat, on which a perfect cadence could close."""
    phrases = draft(9, shape=PERIOD, seed=seed)
    assert [phrase.states_theme for phrase in phrases] == [True] + [False] * (len(phrases) - 1)
    assert sum(phrase.bars for phrase in phrases) == 9
    assert phrases[-1].bars > 1


def test_a_given_theme_stays_whole_and_closes_a_bar_later(draft):
    phrases = draft(9, shape=PERIOD, theme_pinned=True)
    assert [(p.bars, p.cadence, p.first_bar, p.last_bar) for p in phrases] == [(4, "HC", 1, 4), (5, "PAC", 5, 8)]
