"""Forms and keys follow each other as one seed has it."""

from __future__ import annotations

from itertools import islice, pairwise

import pytest

from composer.errors import PlanError
from composer.radio import Item, programme, usable_forms
from composer.radio.programme import MAX_SIGNATURE, related_keys
from composer.theory.key import parse_key

FORMS = ("rondo", "minuet", "fugue", "binary")


def first(count: int, **options) -> list[Item]:
    return list(islice(programme(**{"seed": 5, "forms": FORMS, **options}), count))


def test_the_same_seed_gives_the_same_programme():
    assert first(30) == first(30)
    assert first(30) != first(30, seed=6)
    assert len({item.seed for item in first(30)}) == 30


def test_pieces_are_counted_from_one():
    assert [item.number for item in first(3)] == [1, 2, 3]


@pytest.mark.parametrize("seed", range(12))
def test_no_form_and_no_key_follows_itself_and_keys_are_related(seed):
    items = first(60, seed=seed)
    for before, after in pairwise(items):
        assert before.form != after.form
        assert before.key != after.key
        is_parallel = before.key.tonic_pitch_class == after.key.tonic_pitch_class
        assert is_parallel or abs(before.key.signature - after.key.signature) <= 1
        assert abs(after.key.signature) <= MAX_SIGNATURE
    assert all(before.key != after.key for before, after in zip(items, items[2:], strict=False))


def test_each_form_comes_once_in_a_round():
    items = first(12)
    for start in (0, 4, 8):
        assert {item.form for item in items[start : start + 4]} == set(FORMS)


def test_one_form_alone_still_changes_its_key():
    items = first(10, forms=("rondo",))
    assert {item.form for item in items} == {"rondo"}
    assert all(before.key != after.key for before, after in pairwise(items))


def test_both_modes_and_many_keys_are_heard():
    keys = [item.key for item in first(200)]
    assert len(set(keys)) > 12
    assert 0.15 < sum(key.mode == "minor" for key in keys) / 200 < 0.6


@pytest.mark.parametrize("name", ["E minor", "Cb major", "G# minor"])
def test_the_first_key_can_be_stated_even_a_far_one(name):
    items = first(3, first_key=parse_key(name))
    assert items[0].key == parse_key(name)
    assert abs(items[1].key.signature) <= MAX_SIGNATURE


def test_the_relatives_of_g_major_are_those_of_a_textbook():
    found = {str(key) for key in related_keys(parse_key("G major"))}
    assert found == {"D major", "C major", "E minor", "B minor", "A minor", "G minor"}


def test_all_forms_are_usable_for_a_keyboard_but_no_fugue_for_a_song():
    assert usable_forms(("rondo", "fugue")) == ("rondo", "fugue")
    short_songs = usable_forms(ensemble="song", bars=40)
    assert "song" in short_songs
    assert "fugue" not in short_songs
    assert "sonata" not in short_songs, "it has more bars"


def test_a_stated_form_that_cannot_be_is_told_before_anything_is_composed():
    with pytest.raises(PlanError, match="rondoo"):
        usable_forms(("rondo", "rondoo"))
    with pytest.raises(PlanError, match="voices cannot enter"):
        usable_forms(("fugue",), ensemble="song")
    with pytest.raises(PlanError, match='no style "bahc"'):
        usable_forms(("rondo",), style="bahc")
