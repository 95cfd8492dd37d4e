"""Which bars of a theme can be cut out and moved."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from composer.plan.fragments import part_of, rough_turns, stands_alone, step_that_goes
from composer.plan.model import ThemeEntry
from composer.plan.numerals import parse_harmony
from composer.plan.themes import SettledTheme
from composer.theme import Theme
from composer.theory.key import Key, parse_key
from composer.theory.meter import parse_meter


@pytest.fixture
def part():
    """Give a theme's bars with these chords, in C major unless said otherwise."""

    def make(harmony: str, key: str = "C major") -> Theme:
        home, bars = parse_key(key), len(harmony.split("|"))
        slots = parse_harmony(harmony, key=home, home=home, meter=parse_meter("4/4"), bars=bars, pickup_tick=0)
        theme = SettledTheme("tune", ThemeEntry(bars=bars), home, slots)
        return part_of(theme, 1, bars, SimpleNamespace(meter=parse_meter("4/4"), pickup_tick=0))

    return make


@pytest.mark.parametrize(
    ("harmony", "stands"),
    [("I V7", True), ("V7/ii ii", True), ("I V7/vi", False), ("I Cad64", False), ("i It6", False)],
)
def test_bars_that_break_off_on_a_chord_that_must_go_on_are_not_cut_out(part, harmony, stands):
    assert stands_alone(part(harmony, "C minor" if harmony.startswith("i ") else "C major")) is stands


def test_a_bar_is_moved_by_steps_on_which_no_diminished_chord_opens(part):
    assert step_that_goes(part("I V"), times=1, wished=(-1, 1)) == 1  # a step down is the diminished seventh degree
    assert step_that_goes(part("I V"), times=3, wished=(-1, -2)) == -2
    assert step_that_goes(part("i V", "C minor"), times=3, wished=(1, -1)) == -1
    assert step_that_goes(part("vi ii"), times=1, wished=(1,)) is None


def test_a_turn_is_smooth_where_the_last_chord_is_in_the_next_key(part):
    c, d_minor, a_minor = Key(0, "major"), parse_key("D minor"), parse_key("A minor")
    assert rough_turns(part("I V"), (c, a_minor)) == 0  # G is in A minor too
    assert rough_turns(part("I V"), (c, d_minor)) == 1
    assert rough_turns(part("V I"), (c, d_minor, a_minor)) == 0
