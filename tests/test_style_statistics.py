import json
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.errors import StyleError
from composer.style_statistics import (
    StyleStatistics,
    TextureFigures,
    degree_text,
    meter_class,
    number_text,
    parse_degree,
    statistics_from_json,
    statistics_to_json,
)
from composer.theory.meter import parse_meter


@pytest.mark.parametrize("mode", ["major", "minor"])
def test_degrees_and_pitch_classes_are_inverse(mode):
    assert [parse_degree(degree_text(pc, mode), mode) for pc in range(12)] == list(range(12))


def test_degrees_are_written_as_musicians_write_them():
    assert [degree_text(pc, "minor") for pc in (0, 3, 8, 10, 11)] == ["1", "3", "6", "7", "#7"]
    assert [degree_text(pc, "major") for pc in (4, 6, 10)] == ["3", "#4", "b7"]


@pytest.mark.parametrize("text", ["8", "x3", "#", "", "#b3"])
def test_other_texts_are_no_degrees(text):
    with pytest.raises(StyleError, match="no degree"):
        parse_degree(text, "major")


@pytest.mark.parametrize(
    ("meter", "kind"),
    [("2/4", "duple"), ("3/4", "triple"), ("3/8", "triple"), ("C", "quadruple"), ("6/8", "compound"), ("5/4", "duple")],
)
def test_meter_classes(meter, kind):
    assert meter_class(parse_meter(meter)) == kind


@given(st.integers(0, 400))
def test_numbers_as_keys_read_back(twelfths):
    assert float(number_text(twelfths / 12)) == pytest.approx(twelfths / 12, abs=5e-4)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 99}', '{"format": 1, "nonsense": 2}', '{"format": 1}'])
def test_a_damaged_file_is_refused(text):
    with pytest.raises(StyleError, match=r"x\.json"):
        statistics_from_json(text, source="x.json")


FIGURES = {**asdict(TextureFigures(1, *[(0.0, 1.0, 2.0)] * 4)), "hands": []}
ROW = {"lower": 1.0, "upper": 0.5, "halts": 0.2}


def with_ends(**members):
    plain = json.loads(statistics_to_json(StyleStatistics("mine", 3, 40)))
    return json.dumps({**plain, **members})


def test_statistics_of_an_earlier_version_do_not_tell_how_phrases_end():
    plain = json.loads(with_ends())
    del plain["phrase_ends"], plain["halting_bars"], plain["holding_bars"]
    assert statistics_from_json(json.dumps(plain)) == StyleStatistics("mine", 3, 40)


def test_textures_of_an_earlier_version_do_not_tell_how_hands_move_together():
    figures = TextureFigures(1, *[(0.0, 1.0, 2.0)] * 4)
    plain = json.loads(with_ends(textures={"chords": asdict(figures)}))
    del plain["textures"]["chords"]["hands"]
    assert statistics_from_json(json.dumps(plain)).textures == {"chords": figures}


@pytest.mark.parametrize(
    "wrong",
    [
        {"textures": {"chords": {**FIGURES, "hands": [[1.0, 2.0]]}}},
        {"textures": {"chords": {**FIGURES, "hands": [[-1.0, 2.0, 3]]}}},
        {"textures": {"chords": {**FIGURES, "hands": [[1.0, 2.0, 0]]}}},
        {"textures": {"chords": {**FIGURES, "hands": [[1.0, "a", 3]]}}},
        {"textures": {"chords": {**FIGURES, "hands": 3}}},
        {"phrase_ends": {"open": [ROW] * 3}},
        {"phrase_ends": {"never": [ROW] * 5}},
        {"phrase_ends": {"open": [{**ROW, "halts": 1.5}] * 5}},
        {"phrase_ends": {"open": [{**ROW, "lower": "a"}] * 5}},
        {"phrase_ends": [ROW]},
        {"halting_bars": "x"},
        {"halting_bars": 2},
        {"holding_bars": -0.1},
    ],
)
def test_ends_that_cannot_be_are_refused(wrong):
    statistics_from_json(with_ends(phrase_ends={"open": [ROW] * 5}, halting_bars=0.5))
    with pytest.raises(StyleError, match=r"mine\.json"):
        statistics_from_json(with_ends(**wrong), source="mine.json")
