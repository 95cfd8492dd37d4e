"""Sequences and galant schemata as a stated choice of a phrase."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from composer.errors import PlanError
from composer.plan.chords import ChordModels
from composer.plan.planner import resolve
from composer.plan.reader import parse_plan
from composer.plan.sequences import LEAST_BARS, SCHEMATA, chains, placements, usual_schema
from composer.plan.writer import format_plan
from composer.theory.harmony import parse_chord
from composer.theory.key import parse_key
from composer.theory.meter import parse_meter

G = parse_key("G major")
COMMON = parse_meter("4/4")


@pytest.fixture
def resolved(library):
    def plan(phrase, key="G major"):
        text = f"""
plan: 1
form: binary
style: small
key: {key}
meter: "4/4"
pickup: 0
seed: 3
sections:
  - {{label: A, theme: none, phrases: [{phrase}]}}
"""
        return resolve(parse_plan(text, known_styles=["small"]), library=library)

    return plan


def harmony(plan):
    (phrase,) = plan.sections[0].phrases
    return phrase.harmony


@pytest.mark.parametrize("name", sorted(SCHEMATA))
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_every_schema_is_made_of_chords_that_are_known(name, mode):
    for text in SCHEMATA[name][mode]:
        for link in text.split(","):
            assert len([parse_chord(numeral, mode) for numeral in link.split()]) == 2


@pytest.mark.parametrize("name", sorted(SCHEMATA))
@pytest.mark.parametrize("key", ["G major", "G minor"])
def test_every_schema_stands_in_a_phrase_of_eight_bars(name, key, resolved):
    plan = resolved(f"{{bars: 8, cadence: PAC, schema: {name}}}", key)
    mode = parse_key(key).mode
    words = [word for word in harmony(plan).replace("|", " ").split() if word != "."]
    whole = {tuple(text.replace(",", " ").split()) for text in SCHEMATA[name][mode]}
    shortest = {chain[-4:] for chain in whole}
    assert any(all(any(words[i : i + 4] == list(c) for i in range(len(words))) for c in [chain]) for chain in shortest)
    assert plan.sections[0].phrases[0].schema_ == name


def test_a_fonte_goes_from_the_second_degree_to_the_first(resolved):
    text = harmony(resolved("{bars: 4, cadence: PAC, schema: fonte}"))
    assert "ii" in text
    assert "/ii" in text


def test_a_schema_keeps_to_pinned_chords(resolved):
    plan = resolved('{bars: 8, cadence: PAC, schema: fonte, harmony: "I | ? | ? | ? | ? | vi | ? | ?"}')
    cells = [cell.split() for cell in harmony(plan).split("|")]
    assert cells[0] == ["I"]
    assert cells[5] == ["vi"]
    assert any("/ii" in word for cell in cells for word in cell)


def test_a_schema_without_room_is_an_error(resolved):
    with pytest.raises(PlanError, match="no room for a monte"):
        resolved('{bars: 4, cadence: PAC, schema: monte, harmony: "I | vi | IV | ?"}')


def test_a_phrase_that_states_a_theme_has_the_theme_s_chords(resolved):
    with pytest.raises(PlanError, match="states the theme opening with its chords, and has a schema"):
        resolved("{bars: 4, cadence: PAC, theme: opening, schema: fonte}")
    assert "ii" in harmony(resolved("{bars: 4, cadence: PAC, theme: opening, fidelity: 0.4, schema: fonte}"))


def test_an_unknown_schema_is_named(resolved):
    with pytest.raises(PlanError, match="schema"):
        resolved("{bars: 4, cadence: PAC, schema: fonde}")


def test_a_resolved_plan_with_a_schema_is_read_again_as_it_was(resolved, library):
    plan = resolved("{bars: 8, cadence: PAC, schema: descending fifths}")
    again = parse_plan(format_plan(plan), known_styles=["small"])
    assert again == plan
    assert resolve(again, library=library) == plan


def test_chains_lie_before_the_last_bar_and_have_no_gaps(small):
    model = ChordModels(((1.0, small),), COMMON).of("major")
    for name in SCHEMATA:
        for slots in placements(
            name,
            bars=6,
            key=G,
            key_end_tick=6 * COMMON.bar_ticks,
            meter=COMMON,
            model=model,
            rng=np.random.default_rng(1),
        ):
            assert slots[0].start_tick >= 0
            assert slots[-1].end_tick <= 5 * COMMON.bar_ticks
            assert all(a.end_tick == b.start_tick for a, b in pairwise(slots))


def test_what_the_style_does_often_is_likelier(small):
    model = ChordModels(((1.0, small),), COMMON).of("major")
    weights = {name: max(chain.weight for chain in chains(name, model)) for name in SCHEMATA}
    assert weights["lament"] > 0
    assert weights["descending fifths"] != weights["monte"]


def test_developments_have_more_sequences_than_themes(small):
    model = ChordModels(((1.0, small),), COMMON).of("major")

    def share(function, bars=8):
        draws = [usual_schema(function, bars=bars, model=model, rng=np.random.default_rng(seed)) for seed in range(200)]
        return sum(name is not None for name in draws) / 200

    assert share("development") > 3 * share("theme") > 0
    assert share("development", bars=LEAST_BARS - 1) == 0
