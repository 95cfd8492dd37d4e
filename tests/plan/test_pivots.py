"""Keys change through chords that belong to both, and the plan says which."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from composer.errors import PlanError
from composer.plan.chords import ChordModels
from composer.plan.field import PhraseRequest
from composer.plan.harmony import draw_harmony
from composer.plan.numerals import format_harmony, parse_harmony
from composer.plan.pivots import pivot_weight, shared_numeral
from composer.theory.harmony import parse_chord
from composer.theory.key import parse_key
from composer.theory.meter import parse_meter

COMMON = parse_meter("4/4")
G, D = parse_key("G major"), parse_key("D major")


def test_the_sixth_degree_of_g_is_the_second_of_d():
    assert shared_numeral(parse_chord("vi", "major"), G, D) == "ii"
    assert shared_numeral(parse_chord("vi6", "major"), G, D) == "ii6"


def test_a_chord_of_one_key_alone_is_no_pivot_to_speak_of():
    assert pivot_weight(parse_chord("I", "major"), G, D) == 1
    assert 0 < pivot_weight(parse_chord("IV", "major"), G, D) < 0.1  # C major is not in D major
    assert pivot_weight(parse_chord("Ger65", "major"), G, D) == 0


@pytest.mark.parametrize("goal", ["D major", "E minor", "C major", "A minor", "G minor", "Bb major", "Eb major"])
def test_a_phrase_that_moves_turns_on_a_chord_of_both_keys(small, goal):
    models = ChordModels(((1.0, small),), COMMON)
    keys = ((0, G), (2 * COMMON.bar_ticks, parse_key(goal)))
    pivots = 0
    for seed in range(20):
        request = PhraseRequest(bars=4, cadence="PAC", keys=keys)
        slots, _ = draw_harmony(request, models=models, pickup_tick=0, rng=np.random.default_rng(seed))
        old, new = next((a, b) for a, b in pairwise(slots) if a.key != b.key)
        pivots += shared_numeral(old.chord, old.key, new.key) is not None
    assert pivots >= 19


def test_pinned_chords_may_change_the_key_without_a_pivot(small):
    models = ChordModels(((1.0, small),), COMMON)
    pins = parse_harmony("I | IV | V: V7 | I", key=G, home=G, meter=COMMON, bars=4)
    request = PhraseRequest(bars=4, cadence="PAC", keys=((0, G), (2 * COMMON.bar_ticks, D)), pins=pins)
    slots, _ = draw_harmony(request, models=models, pickup_tick=0, rng=np.random.default_rng(1))
    assert [slot.numeral for slot in slots] == ["I", "IV", "V7", "I"]


def read(text, bars=4):
    return parse_harmony(text, key=G, home=G, meter=COMMON, bars=bars)


def test_the_plan_writes_a_pivot_with_both_numerals():
    slots = read("I | vi | V: V7 | I")
    text = format_harmony(slots, home=G, meter=COMMON, bars=4)
    assert text == "I | vi=ii | V: V7 | I"
    assert read(text) == slots


def test_a_chord_that_is_no_pivot_is_written_with_one_numeral():
    assert format_harmony(read("I | viio/vi | V: V7 | I"), home=G, meter=COMMON, bars=4).count("=") == 0


def test_a_pivot_that_is_none_is_refused():
    with pytest.raises(PlanError, match="vi in G major is not IV in D major"):
        read("I | vi=IV | V: V7 | I")


def test_a_pivot_needs_a_change_of_key():
    with pytest.raises(PlanError, match="does not stand before a change of key"):
        read("I | vi=ii | V7 | I")
