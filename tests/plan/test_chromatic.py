"""Neapolitan and augmented sixths are called so."""

from __future__ import annotations

import numpy as np

from composer.plan.chords import ChordModels
from composer.plan.chromatic import coloured
from composer.plan.numerals import parse_harmony
from composer.theory.key import parse_key
from composer.theory.meter import parse_meter

COMMON = parse_meter("4/4")


def names(text, key, *, share=1.0, pinned=None, seed=1):
    home = parse_key(key)
    slots = parse_harmony(text, key=home, home=home, meter=COMMON, bars=text.count("|") + 1)
    found = coloured(slots, pinned or [False] * len(slots), share=share, rng=np.random.default_rng(seed))
    return [slot.numeral for slot in found]


def test_the_lowered_second_degree_in_first_inversion_is_the_neapolitan_sixth():
    assert names("i | bII6 | V | i", "G minor") == ["i", "N6", "V", "i"]


def test_the_lowered_sixth_before_the_dominant_is_an_augmented_sixth():
    assert names("I | bVI | V | I", "G major") == ["I", "It6", "V", "I"]
    assert {names("I | bVI | I64 V | I", "G major", seed=seed)[1] for seed in range(20)} == {"Ger65", "It6"}


def test_in_minor_it_is_as_often_one_as_the_style_has_them():
    found = [names("i | VI | V | i", "G minor", share=0.5, seed=seed)[1] for seed in range(200)]
    assert 70 < found.count("It6") < 130
    assert names("i | VI | V | i", "G minor", share=0.0)[1] == "VI"


def test_a_submediant_that_goes_elsewhere_stays_one():
    assert names("i | VI | iv | V", "G minor")[1] == "VI"


def test_what_somebody_pinned_stays_as_it_is_written():
    assert names("I | bVI | V | I", "G major", pinned=[False, True, False, False])[1] == "bVI"


def test_two_names_of_one_sound_are_one_chord(small):
    model = ChordModels(((1.0, small),), COMMON).of("major", extra=["N6", "bII6", "Cad64", "I64", "viio7/V"])
    assert model.index["N6"] == model.index["bII6"]
    assert model.index["Cad64"] == model.index["I64"]
    assert model.size == len({*model.index.values()}) == len(model.vocabulary)
