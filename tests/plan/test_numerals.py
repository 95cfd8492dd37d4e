"""Harmony as text and as slots are an inverse pair."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.errors import PlanError
from composer.plan.numerals import Slot, format_harmony, parse_harmony, parse_key_path, path_text
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER as Q
from composer.theory.meter import parse_meter

G = parse_key("G major")
COMMON = parse_meter("4/4")


def read(text, *, meter=COMMON, bars, pickup_tick=0):
    return parse_harmony(text, key=G, home=G, meter=meter, bars=bars, pickup_tick=pickup_tick)


def test_chords_share_their_bar_and_a_dot_holds():
    slots = read("I | IV6 V65 . I | ? | . V", bars=4)
    assert [(slot.start_tick // Q, slot.end_tick // Q, slot.numeral) for slot in slots] == [
        (0, 4, "I"),
        (4, 5, "IV6"),
        (5, 7, "V65"),
        (7, 8, "I"),
        (8, 14, None),
        (14, 16, "V"),
    ]


def test_equal_neighbours_are_one_slot():
    assert len(read("I | I", bars=2)) == 1


def test_an_upbeat_may_have_its_own_cell_and_shortens_the_last_bar():
    slots = read("V | I | V", bars=2, pickup_tick=Q)
    assert [(slot.start_tick // Q, slot.end_tick // Q, slot.numeral) for slot in slots] == [
        (-1, 0, "V"),
        (0, 4, "I"),
        (4, 7, "V"),
    ]


def test_without_its_cell_the_upbeat_is_free():
    assert read("I | V", bars=2, pickup_tick=Q)[0] == Slot(-Q, 0, G, None)


def test_a_key_word_changes_the_key_of_what_follows():
    slots = read("I | vi: iv V | i", bars=3)
    assert [str(slot.key) for slot in slots] == ["G major", "E minor", "E minor", "E minor"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I | V", "has 2 bars, its place has 3"),
        (". | I | V", "begins with a hold"),
        ("I | VX | V", 'no chord "VX"'),
        ("I | H: V | V", 'no key "H"'),
        ("I |  | V", "is empty"),
        ("I | I I I I I I I I I I I | V", "do not divide"),
    ],
)
def test_what_cannot_be_read_is_refused(text, words):
    with pytest.raises(PlanError, match=words):
        read(text, bars=3)


@pytest.mark.parametrize("text", ["V -> vi -> I", "bIII", "e minor", "i->III"])
def test_a_path_of_keys_is_written_as_it_is_read(text):
    keys = parse_key_path(text, G)
    assert parse_key_path(path_text(keys, G), G) == keys


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_text_and_slots_are_inverse(data):
    meter = parse_meter(data.draw(st.sampled_from(["2/4", "3/4", "4/4", "6/8"])))
    grid = meter.unit_ticks if meter.is_compound else meter.beat_ticks // 2
    bars = data.draw(st.integers(1, 4))
    pickup = data.draw(st.sampled_from([0, grid, meter.beat_ticks]))
    end = bars * meter.bar_ticks - pickup
    places = list(range(-pickup, end, grid))
    starts = sorted(data.draw(st.sets(st.sampled_from(places), max_size=8)) | {-pickup})
    keys = [G, parse_key("E minor"), parse_key("Eb major")]
    slots = []
    key = G
    for start, stop in zip(starts, [*starts[1:], end], strict=True):
        if start > -pickup:
            key = data.draw(st.sampled_from(keys))
        numeral = data.draw(st.sampled_from(["I", "V65", "viio7/V", "bVI", "iiø65", None]))
        if slots and slots[-1].numeral == numeral and slots[-1].key == key:
            slots[-1] = Slot(slots[-1].start_tick, stop, key, numeral)
        else:
            slots.append(Slot(start, stop, key, numeral))
    text = format_harmony(slots, home=G, meter=meter, bars=bars, pickup_tick=pickup)
    assert parse_harmony(text, key=G, home=G, meter=meter, bars=bars, pickup_tick=pickup) == tuple(slots)
