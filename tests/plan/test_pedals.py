"""Pedal points: what sounds over them, and how long they are held."""

from __future__ import annotations

import numpy as np
import pytest

from composer.plan.chords import ChordModels
from composer.plan.field import PhraseRequest
from composer.plan.harmony import draw_harmony
from composer.plan.model import Formula
from composer.plan.pedals import FOREIGN, IN_BASS, Pedal, pedal_end, pedal_weights, usual_pedal
from composer.plan.planner import resolve
from composer.plan.reader import parse_plan
from composer.plan.writer import format_plan
from composer.theory.harmony import parse_chord
from composer.theory.key import parse_key
from composer.theory.meter import parse_meter

G = parse_key("G major")
COMMON = parse_meter("4/4")
D_PITCH_CLASS = 2


def test_chords_with_the_held_note_in_the_bass_weigh_most():
    chords = [parse_chord(name, "major") for name in ("V", "I64", "I", "viio7/V", "vi")]
    weights = pedal_weights(chords, G, D_PITCH_CLASS)
    assert weights[0] == weights[1] == IN_BASS
    assert weights[0] > weights[2] > weights[3] > weights[4] == FOREIGN


def test_most_chords_over_a_dominant_pedal_have_the_dominant(small):
    models = ChordModels(((1.0, small),), COMMON)

    def share(pedal):
        held = total = 0
        for seed in range(20):
            request = PhraseRequest(bars=6, cadence="HC", keys=((0, G),), pedal=pedal)
            slots, _ = draw_harmony(request, models=models, pickup_tick=0, rng=np.random.default_rng(seed))
            for slot in slots:
                held += (slot.end_tick - slot.start_tick) * (D_PITCH_CLASS in slot.chord.pitch_classes(G))
                total += slot.end_tick - slot.start_tick
        return held / total

    assert share(Pedal("V", G, 0)) > 0.85
    assert share(Pedal("V", G, 0)) > 1.3 * share(None)


def test_a_half_cadence_over_its_pedal_is_the_dominant_alone(small):
    models = ChordModels(((1.0, small),), COMMON)
    request = PhraseRequest(bars=4, cadence="HC", keys=((0, G),), pedal=Pedal("V", G, 0))
    _, formula = draw_harmony(request, models=models, pickup_tick=0, rng=np.random.default_rng(2))
    assert set(formula.bass) == {"5"}


def test_a_pedal_is_held_up_to_the_cadence():
    formula = Formula(chords=("ii6", "V", "I"), onsets=(12, 13, 14), soprano=("4", "2", "1"), bass=("4", "5", "1"))
    assert pedal_end(formula, "I", G, beat_ticks=10, end_tick=160) == 120
    half = Formula(chords=("V",), onsets=(12,), soprano=("2",), bass=("5",))
    assert pedal_end(half, "V", G, beat_ticks=10, end_tick=160) == 160
    assert pedal_end(None, "I", G, beat_ticks=10, end_tick=160) == 160


def test_a_stated_pedal_stays_in_the_plan(library):
    text = """
plan: 1
form: binary
style: small
key: G major
meter: "4/4"
pickup: 0
sections:
  - {label: A, theme: none, phrases: [{bars: 4, cadence: HC, pedal: V}, {bars: 4, cadence: PAC}]}
"""
    plan = resolve(parse_plan(text, known_styles=["small"]), library=library)
    assert [phrase.pedal for phrase in plan.sections[0].phrases] == ["V", None]
    again = parse_plan(format_plan(plan), known_styles=["small"])
    assert again == plan
    assert resolve(again, library=library) == plan


@pytest.mark.parametrize(("function", "degree"), [("retransition", "V"), ("coda", "I"), ("theme", None)])
def test_retransitions_wait_on_the_dominant_and_codas_rest_on_the_tonic(function, degree):
    found = {
        usual_pedal(function, bars=4, is_last=is_last, rng=np.random.default_rng(seed))
        for seed in range(50)
        for is_last in (False, True)
    } - {None}
    assert found == ({degree} if degree else set())
