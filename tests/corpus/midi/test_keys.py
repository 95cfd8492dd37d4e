"""Key signatures, and notes that speak against them."""

from __future__ import annotations

from composer.corpus.midi.keys import doubt_keys, keys_of
from composer.score import Note
from composer.theory.key import Key, parse_key
from composer.theory.meter import TICKS_PER_QUARTER as Q


def scales(key: str, count: int = 80, *, start: int = 0) -> list[Note]:
    scale = sorted(parse_key(key).scale)
    return [Note((start + i) * Q, 60 + scale[i % 7], Q) for i in range(count)]


def doubts(keys: list[tuple[int, Key]], notes: list[Note]) -> list[str]:
    mended: list[str] = []
    doubt_keys(keys, notes, mended)
    return mended


def test_only_changes_of_key_are_kept():
    assert keys_of([(0, 1, False), (Q, 1, False), (2 * Q, -3, True)]) == (
        (0, parse_key("G major")),
        (2 * Q, parse_key("c minor")),
    )


def test_c_major_over_music_in_e_flat_is_told():
    (line,) = doubts([(0, parse_key("C major"))], scales("Eb major"))
    assert "C major" in line
    assert "Eb major" in line


def test_a_relative_minor_has_the_same_signature():
    assert doubts([(0, parse_key("a minor"))], scales("C major")) == []


def test_each_signature_is_held_against_its_own_notes():
    notes = scales("D major") + scales("Bb major", start=80)
    assert doubts([(0, parse_key("D major")), (80 * Q, parse_key("Bb major"))], notes) == []
    assert len(doubts([(0, parse_key("D major"))], notes)) == 0  # half of it is right: no other has far more
    assert len(doubts([(0, parse_key("D major")), (80 * Q, parse_key("D major"))], notes)) == 1


def test_a_few_notes_say_nothing():
    assert doubts([(0, parse_key("C major"))], scales("F# major", 20)) == []
