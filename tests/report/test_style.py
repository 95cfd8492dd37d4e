import pytest

from composer.report.style import (
    cadence_shares,
    chord_shares,
    final_shares,
    key_shares,
    phrase_shares,
    progression_shares,
)
from composer.style_statistics import StyleStatistics

STATISTICS = StyleStatistics(
    name="mine",
    pieces=1,
    bars=8,
    first_chords={"major": {"I": 2}},
    chord_transitions={
        "major": {
            "middle": {"I": {"V65": (1, 0), "V7/IV": (0, 1)}, "V65": {"I": (2, 0), "V7": (1, 0)}},
            "cadence": {"V7": {"I6": (2, 0)}, "I": {"IM7": (0, 1)}},
        }
    },
    phrase_lengths={"duple": {"4": 3}, "triple": {"4": 1, "8": 4}},
    cadence_mix={"major": {"first": {"HC": 1}, "last": {"PAC": 2}}, "minor": {"last": {"PAC": 1, "PC": 1}}},
    modulations={"major": {"V": 3, "vi": 1}},
)


def test_inversions_and_sevenths_are_one_chord():
    shares = chord_shares(STATISTICS, "major")
    assert list(shares) == ["I", "V", "V/IV"]
    assert shares["I"] == pytest.approx(7 / 10)
    assert shares["V"] == pytest.approx(2 / 10)


def test_a_move_inside_one_chord_is_no_progression():
    assert progression_shares(STATISTICS, "major") == {"V-I": 4 / 6, "I-V": 1 / 6, "I-V/IV": 1 / 6}


def test_a_mode_that_was_never_heard_has_no_chords():
    assert chord_shares(STATISTICS, "minor") == {}


def test_phrases_cadences_and_keys_are_told_commonest_first():
    assert cadence_shares(STATISTICS) == {"PAC": 3 / 5, "HC": 1 / 5, "PC": 1 / 5}
    assert final_shares(STATISTICS) == {"PAC": 3 / 4, "PC": 1 / 4}
    assert phrase_shares(STATISTICS) == {"4": 0.5, "8": 0.5}
    assert key_shares(STATISTICS, "major") == {"V": 0.75, "vi": 0.25}
