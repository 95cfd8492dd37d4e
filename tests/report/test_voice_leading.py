from __future__ import annotations

from dataclasses import replace

import pytest

from composer.report.voice_leading import KINDS, RATES_FILE, StyleRate, VoiceLeading, count_faults, load_rates, rate_of
from composer.score import Part
from composer.style import style_names, styles_folder


@pytest.fixture
def counted(keyboard, planned):
    """Count the faults of two hands; a cadence at a quarter where one is given."""

    def count(upper, lower, *, at_quarter=None, key="C major", cadence="PAC"):
        score = keyboard(upper, lower)
        outline = planned(score, key=key, cadence=cadence, at_quarter=at_quarter or 0)
        phrases = outline.phrases if at_quarter is not None else ()
        found = count_faults(score, phrases, outline.keys)
        return {kind: found.count(kind) for kind in KINDS if found.count(kind)}

    return count


@pytest.fixture
def choir(keyboard):
    """Two voices, a part each."""

    def make(upper, lower):
        one, two = keyboard(upper), keyboard(lower)
        parts = (Part("Soprano", one.parts[0].notes), Part("Alto", two.parts[0].notes))
        return replace(one, parts=parts)

    return make


def test_two_fifths_in_a_row_are_a_fault(counted):
    assert counted("G4 A4", "C3 D3") == {"fifths": 1}


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        ("G4 A4", "C3 F3"),  # a fifth, then a third
        ("G4 G4", "C3 C4"),  # one voice stays
        ("G4 A4", "C3:2"),  # the bass holds
        ("G4 D4", "C3 G3"),  # in contrary motion
        ("G4 A4", "-:2"),  # one voice alone
    ],
)
def test_what_is_no_parallel(counted, upper, lower):
    assert counted(upper, lower) == {}


def test_two_octaves_in_a_row_are_a_fault_unless_they_are_a_doubling(counted):
    assert counted("C5+E4 D5+F4 E5+G4", "C3 D3 C3") == {"octaves": 1}
    assert counted("C5+E4 D5+F4 E5+G4 F5+A4", "C3 D3 E3 F3") == {}  # goes on in octaves
    assert counted("C5 D5 G5", "C3 D3 B2") == {}  # both hands play one line


def test_a_leading_tone_on_top_rises_at_a_cadence(counted):
    assert counted("D5 A4 D5 B4 | C5:4", "F3 F3 G3:2 | C3:4", at_quarter=4) == {}
    assert counted("D5 A4 D5 B4 | G4:4", "F3 F3 G3:2 | C3:4", at_quarter=4) == {"leading_tones": 1}
    assert counted("D5 A4 D5 B4 | G4:4", "F3 F3 G3:2 | C3:4", at_quarter=4, cadence="HC") == {}


def test_parts_that_cross_are_told_once_as_long_as_they_do(choir):
    found = count_faults(choir("E4 D4 C4 G4", "C4 E4 F4 C4"))
    assert (found.has_parts, found.count("crossings")) == (True, 1)


def test_a_fault_of_parts_that_are_the_outer_voices_counts_once(choir):
    found = count_faults(choir("G4 A4:3", "C4 D4:3"))
    assert (found.count("fifths"), found.count("part_fifths")) == (1, 1)
    assert found.per_100_bars == 100.0  # one in the only bar


def test_a_rate_is_of_all_bars_together():
    rate = rate_of([VoiceLeading(30, False), VoiceLeading(10, False)])
    assert rate == StyleRate(2, 40, 0.0, 0.0, dict.fromkeys(KINDS, 0.0))


def test_the_styles_rates_can_be_read():
    rates = load_rates()
    assert set(rates) <= set(style_names(folder=styles_folder()))
    if (styles_folder() / RATES_FILE).exists():
        assert 0 < rates["bach"]["keyboard"].per_100_bars < 20
