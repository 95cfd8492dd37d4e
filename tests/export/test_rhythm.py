import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.export.rhythm import FINEST_TICKS, KIND_TICKS, Span, beam_groups, levels, write_values
from composer.theory.meter import TICKS_PER_QUARTER, parse_meter

Q = TICKS_PER_QUARTER


def spans(*quarters):
    """Return spans of these lengths, one after the other from the bar line; a negative one is a rest."""
    place, made = 0, []
    for length in quarters:
        ticks = round(abs(length) * Q)
        made.append(Span(place, place + ticks, length < 0))
        place += ticks
    return made


def written(meter, *quarters):
    """Return the values as words: `quarter. eighth`, tied ones joined by ~, members of a tuplet behind its number."""
    values = write_values(spans(*quarters), parse_meter(meter))
    words = []
    for before, value in zip([None, *values], values, strict=False):
        word = (f"{value.ratio[0]}:" if value.ratio else "") + value.kind + "." * value.dots
        if before and before.span == value.span:
            words[-1] += f"~{word}"
        else:
            words.append(word)
    return " ".join(words)


@pytest.mark.parametrize(
    ("meter", "lengths", "expected"),
    [
        ("4/4", (4,), "whole"),
        ("3/4", (3,), "half."),
        ("4/4", (1.5, 2.5), "quarter. eighth~half"),  # the middle of the bar is seen
        ("4/4", (0.5, 1, 1, 1, 0.5), "eighth quarter eighth~eighth quarter eighth"),
        ("4/4", (1, 2, 1), "quarter half quarter"),
        ("4/4", (1, 3), "quarter half."),
        ("4/4", (0.5, 1.5, 2), "eighth quarter. half"),
        ("4/4", (0.25, 0.75, 0.75, 0.25, 2), "16th eighth. eighth. 16th half"),
        ("6/8", (1, 0.5, 0.5, 1), "quarter eighth eighth quarter"),
        ("6/8", (0.5, 1, 1, 0.5), "eighth quarter quarter eighth"),
        ("6/8", (1, 2), "quarter eighth~quarter."),  # over the middle only from beat to beat
        ("6/8", (3,), "half."),
        ("9/8", (4.5,), "half.~quarter."),
        ("12/8", (1.5, 3, 1.5), "quarter. quarter.~quarter. quarter."),
        ("2/2", (3, 1), "half. quarter"),
        ("7/8", (3.5,), "half.~eighth"),
    ],
)
def test_lengths_show_the_beats(meter, lengths, expected):
    assert written(meter, *lengths) == expected


@pytest.mark.parametrize(
    ("meter", "lengths", "expected"),
    [
        ("4/4", (-1, -3), "quarter quarter~half"),
        ("4/4", (2, -2), "half half"),
        ("3/4", (-2, 1), "quarter~quarter quarter"),  # no half rest in three
        ("4/4", (-1.5, 0.5, 2), "quarter~eighth eighth half"),
        ("6/8", (0.5, -1, 1.5), "eighth eighth~eighth quarter."),
        ("6/8", (-1.5, 1.5), "quarter. quarter."),
    ],
)
def test_rests_begin_on_the_stronger_beat(meter, lengths, expected):
    assert written(meter, *lengths) == expected


@pytest.mark.parametrize(
    ("meter", "lengths", "expected"),
    [
        ("4/4", (1 / 3, 1 / 3, 1 / 3, 3), "3:eighth 3:eighth 3:eighth half."),
        ("4/4", (2 / 3, 1 / 3, 3), "3:quarter 3:eighth half."),
        ("4/4", (2 / 3, 2 / 3, 2 / 3, 2), "3:quarter 3:quarter 3:quarter half"),
        ("3/4", (1, 2 / 3, 2 / 3, 2 / 3), "quarter 3:quarter 3:quarter 3:quarter"),
        ("4/4", (0.5, 1 / 6, 1 / 6, 1 / 6, 3), "eighth 3:16th 3:16th 3:16th half."),
        ("4/4", (11 / 3, 1 / 3), "half.~3:quarter 3:eighth"),  # tied into the triplet
        ("4/4", (0.2, 0.2, 0.6, 3), "5:16th 5:16th 5:eighth. half."),
        ("6/8", (1 / 6, 1 / 6, 1 / 6, 1, 1.5), "3:16th 3:16th 3:16th quarter quarter."),
    ],
)
def test_uneven_lengths_are_tuplets(meter, lengths, expected):
    assert written(meter, *lengths) == expected


def test_a_tuplet_is_opened_and_closed_once():
    values = write_values(spans(1 / 3, 1 / 3, 1 / 3, 2 / 3, 1 / 3, 2), parse_meter("4/4"))
    assert [value.tuplet_edges for value in values] == [("start",), (), ("stop",), ("start",), ("stop",), ()]


def test_a_length_without_a_value_is_still_written():
    values = write_values(spans(1 / 11, 43 / 11), parse_meter("4/4"))
    assert (values[0].start, values[-1].end) == (0, 4 * Q)


@pytest.mark.parametrize(
    ("meter", "lengths", "groups"),
    [
        ("4/4", (0.5,) * 8, "aaaabbbb"),
        ("4/4", (0.5, 0.25, 0.25, 0.5, 0.5, 2), "aaabbc"),  # sixteenths: by the beat
        ("3/4", (0.5,) * 6, "aaaaaa"),
        ("6/8", (0.5,) * 6, "aaabbb"),
        ("3/8", (0.5,) * 3, "aaa"),
        ("7/8", (0.5,) * 7, "aabbccc"),
    ],
)
def test_beams_follow_the_meter(meter, lengths, groups):
    numbers = beam_groups(write_values(spans(*lengths), parse_meter(meter)), parse_meter(meter))
    letters = {number: chr(ord("a") + index) for index, number in enumerate(dict.fromkeys(numbers))}
    assert "".join(letters[number] for number in numbers) == groups


def test_levels_of_a_bar():
    quarters = {
        meter: [ticks / Q for ticks in levels(parse_meter(meter))[:4]] for meter in ("4/4", "3/4", "6/8", "12/8")
    }
    assert quarters == {
        "4/4": [4, 2, 1, 0.5],
        "3/4": [3, 1, 0.5, 0.25],
        "6/8": [3, 1.5, 0.5, 0.25],
        "12/8": [6, 3, 1.5, 0.5],
    }


@given(
    st.sampled_from(["2/4", "3/4", "4/4", "6/8", "9/8", "12/8", "2/2", "3/8", "5/4", "7/8"]),
    st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1, max_size=12),
    st.sampled_from([Q // 8, Q // 4, Q // 2, Q // 3, Q // 6]),
)
def test_values_last_as_long_as_what_they_write(meter_text, lengths, unit):
    meter = parse_meter(meter_text)
    made, place = [], 0
    for count, is_rest in lengths:
        end = min(place + count * unit, meter.bar_ticks)
        if end > place:
            made.append(Span(place, end, is_rest))
        place = end
    if place < meter.bar_ticks:
        made.append(Span(place, meter.bar_ticks, True))
    values = write_values(made, meter)
    for index, span in enumerate(made):
        own = [value for value in values if value.span == index]
        assert (own[0].start, own[-1].end) == (span.start, span.end)
        assert all(before.end == after.start for before, after in itertools.pairwise(own))
    for value in values:
        actual, normal = value.ratio or (1, 1)
        said = KIND_TICKS[value.kind] * (3 if value.dots else 2) // 2 * normal / actual
        assert said == value.end - value.start
    assert sum("start" in v.tuplet_edges for v in values) == sum("stop" in v.tuplet_edges for v in values)
    assert min(value.end - value.start for value in values) * 3 >= FINEST_TICKS
