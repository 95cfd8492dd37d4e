"""The fields of an ABC tune: each form of key, meter, unit, tempo and order."""

from __future__ import annotations

import pytest

from composer.corpus.abc.fields import (
    default_unit,
    expand_order,
    read_clef,
    read_key,
    read_meter,
    read_tempo,
    read_unit,
    signature_alters,
)
from composer.theory.meter import TICKS_PER_QUARTER, Meter


@pytest.mark.parametrize(
    ("text", "signature", "mode"),
    [
        ("C", 0, "major"),
        ("F#m", 3, "minor"),
        ("Bb", -2, "major"),
        ("G major", 1, "major"),
        ("EMinor", 1, "minor"),
        ("Amin", 0, "minor"),
        ("D aeolian", -1, "minor"),
        ("C Ionian", 0, "major"),
        ("Ador", 1, "dor"),
        ("D Mixolydian", 1, "mix"),
        ("EPhr", 0, "phr"),
        ("F lydian", 0, "lyd"),
        ("B locrian", 0, "loc"),
        ("Am clef=bass octave=-1", 0, "minor"),
        ("C m=D", 0, "major"),
        ("D ^c", 2, "major"),  # what the mode has already
        ("HP", 2, ""),  # the pipes sound F sharp and C sharp
        ("none", None, ""),
        ("", None, ""),
    ],
)
def test_keys_and_modes(text, signature, mode):
    key = read_key(text)
    assert (key.signature, key.mode, key.is_exact) == (signature, mode, True)
    assert key.alters == signature_alters(signature or 0)


def test_accidentals_change_the_mode_or_replace_it():
    assert read_key("D Phr ^f").alters == {"E": -1, "B": -1, "F": 1}
    assert read_key("D exp _b ^f").alters == {"B": -1, "F": 1}
    assert not read_key("D exp _b ^f").is_exact
    assert read_key("G exp ^f ^c").signature == 2
    assert read_key("A =g").alters == {"F": 1, "C": 1}


@pytest.mark.parametrize("text", ["treble-8", "clef=bass", "H", "G# lyd", "words"])
def test_what_states_no_key(text):
    assert read_key(text) is None


def test_clefs_say_how_a_voice_sounds():
    assert read_clef("Am treble-8").octaves == -1
    assert read_clef('clef="bass+8" octave=-2').octaves == -1
    assert read_clef("transpose=-3").semitones == -3
    assert read_clef("clef=perc").is_percussion
    assert read_clef("bass middle=d").octaves is None  # it changes the page, not the pitch


@pytest.mark.parametrize(
    ("text", "meter"),
    [("6/8", (6, 8)), ("C", (4, 4)), ("C|", (2, 2)), ("2+3/8", (5, 8)), ("(3+2+2)/8", (7, 8)), ("4 / 4", (4, 4))],
)
def test_meters(text, meter):
    assert read_meter(text) == (Meter(*meter), True)


def test_free_and_unreadable_meters():
    assert read_meter("none") == (None, True)
    assert read_meter("3/7") == read_meter("0/4") == read_meter("waltz") == (None, False)


def test_the_unit_length_follows_the_meter():
    units = {text: default_unit(text) * 8 // (4 * TICKS_PER_QUARTER) for text in ("3/4", "6/8", "C|", "none", "")}
    assert units == dict.fromkeys(units, 1)
    assert default_unit("2/4") * 16 == default_unit("5/8") * 16 == 4 * TICKS_PER_QUARTER
    assert read_unit("1/16") == TICKS_PER_QUARTER // 4
    assert read_unit("1") == 4 * TICKS_PER_QUARTER
    assert read_unit("0") is read_unit("1/999") is read_unit("x") is None


@pytest.mark.parametrize(
    ("text", "quarters", "words"),
    [
        ("1/4=120", 120, ""),
        ('"Allegro" 3/8=60', 90, "Allegro"),
        ('1/2=60 "Slow air"', 120, "Slow air"),
        ("1/4 3/8 1/4 3/8=40", 200, ""),
        ("120", 60, ""),  # outdated: units a minute, here eighths
        ("C=100", 50, ""),
        ("C3=40", 60, ""),
        ('"Adagio"', None, "Adagio"),
    ],
)
def test_tempos(text, quarters, words):
    tempo = read_tempo(text, TICKS_PER_QUARTER // 2)
    assert (tempo.quarters_per_minute, tempo.words) == (quarters, words)


def test_what_is_no_tempo():
    assert all(read_tempo(text, TICKS_PER_QUARTER) is None for text in ("", "fast", "1/0=50", "1/4=", "=120"))


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("ABAC", "ABAC"),
        ("A2B3", "AABBB"),
        ("A(BC)2.D", "ABCBCD"),
        ("((AB)2.C)2", "ABABCABABC"),
        ("A A b", "AAB"),
    ],
)
def test_orders_of_parts(text, order):
    assert "".join(expand_order(text)) == order


@pytest.mark.parametrize("text", ["(AB", "AB)", "", "A?B", "((A99)99)99", "A500"])
def test_orders_that_cannot_be_read(text):
    assert expand_order(text) is None
