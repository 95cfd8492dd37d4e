"""Plans are read without YAML 1.1's surprises."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.errors import PlanError
from composer.plan.strict_yaml import KEY, read_strict


def problems(text: str | bytes) -> str:
    with pytest.raises(PlanError) as caught:
        read_strict(text, source="p.yaml")
    return str(caught.value)


def test_words_that_yaml_1_1_misreads_stay_text():
    value = read_strict("meter: 3:4\nkey: No\ndate: 2024-13-45\nbig: 1_000\nnan: .nan\n").value
    assert value == {"meter": "3:4", "key": "No", "date": "2024-13-45", "big": "1_000", "nan": ".nan"}


def test_numbers_booleans_and_nothing():
    value = read_strict("a: 3\nb: -0.5\nc: 1e3\nd: true\ne: ~\nf:\ng: '3'\n").value
    assert value == {"a": 3, "b": -0.5, "c": 1000.0, "d": True, "e": None, "f": None, "g": "3"}


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("bars: 010\n", "p.yaml:1:7", "begins with a zero"),
        ("a: 1\nb: 2\na: 3\n", "p.yaml:3:1", 'the key "a" appears twice (first in line 1)'),
        ("a: &x 1\n", "p.yaml:1:4", "an anchor"),
        ("a: &x 1\nb: *x\n", "p.yaml:2:4", "an alias"),
        ("a: !!python/name:os.system x\n", "p.yaml:1:4", "a tag"),
        ("a: {<<: {b: 1}}\n", "p.yaml:1:5", "a merge key"),
        ("a: 1\n---\nb: 2\n", "p.yaml:2:1", "a second document"),
        ("? [1, 2]\n: 3\n", "p.yaml:1:3", "a key that is not a word"),
        ("a: 1e999\n", "p.yaml:1:4", "too large"),
        ("a: " + "9" * 30 + "\n", "p.yaml:1:4", "more than 20 digits"),
        ("a: 'x\u202ey'\n", "p.yaml:1:6", "U+202E"),
        ("a:\n\tb: 1\n", "p.yaml:2:1", "not YAML"),
        ("a: [1, 2\n", "p.yaml:2:1", "not YAML"),
        ("", "p.yaml", "empty"),
        (b"\xff\xfea\x00", "p.yaml", "UTF-16"),
        (b"a: \xe4\n", "p.yaml:1", "not UTF-8"),
        (b"a" * 300_000, "p.yaml", "larger than 256 KB"),
        ("[" * 5000, "p.yaml:1:33", "nested deeper than 32"),
    ],
)
def test_surprises_are_refused_with_their_place(text, place, words):
    message = problems(text)
    assert place in message
    assert words in message


def test_all_problems_are_told_at_once():
    message = problems("a: 010\nb: &x 1\nb: 2\n")
    assert len(message.splitlines()) == 3


def test_a_merge_bomb_is_refused_at_once():
    bomb = "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 30))
    assert "a merge key" in problems(bomb)


def test_every_value_and_key_has_its_place():
    document = read_strict("a: 1\nsections:\n  - {label: A,\n     bars: 8}\n")
    assert document.places["sections", 0, "bars"] == (4, 12)
    assert document.places["sections", 0, "bars", KEY] == (4, 6)
    assert str(document.place(("sections", 0, "missing"))) == "<plan>:3:5"


def test_a_byte_order_mark_is_no_part_of_the_plan():
    assert read_strict(b"\xef\xbb\xbfa: 1\n").value == {"a": 1}


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab:-[]{}&*!|>'\"#%@`,? \n\t01.~<\\", max_size=60))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(PlanError):  # any other error fails
        read_strict(text)
