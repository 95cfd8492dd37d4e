from dataclasses import replace

import numpy as np
import pytest

from composer.perform.player import adjusted
from composer.perform.reading import read
from composer.perform.rules import MAX_LOG_PERIOD, RULES, sum_of_rules
from composer.score import Dynamic, Note, Slur
from composer.theory.meter import TICKS_PER_QUARTER

Q = TICKS_PER_QUARTER
BAR = 4 * Q
CURVES = ("log_period", "level_db", "articulation_log2", "gap_sec")
# What a melody over whole-bar chords gives these nothing to do with.
WITHOUT_OCCASION = {"double_duration", "triple_duration", "social_duration_care"}


@pytest.fixture
def reading(piano, tune, outlined):
    """Sixteen bars with leaps, rests, eighths, a slur, an accent and two levels."""
    notes = [note for note in tune(16) if note.staff == 2 or note.onset_tick % (2 * BAR) < BAR]
    for bar in range(1, 16, 2):
        notes += [Note(bar * BAR + i * Q // 2, 79 - 5 * (i % 3), Q // 2) for i in range(6)]
    notes[0] = replace(notes[0], articulations=("accent",))
    score = piano(notes, bars=16, dynamics=(Dynamic(0, "p"), Dynamic(8 * BAR, "f")), slurs=(Slur(BAR, BAR + 2 * Q),))
    return read(score, outlined(score))


def sizes(effect):
    curves = (getattr(effect, name) for name in CURVES)
    return [0.0 if curve is None else float(np.abs(curve).max()) for curve in curves]


@pytest.mark.parametrize("name", sorted(set(RULES) - {"touch"}))
def test_a_rule_of_no_strength_does_nothing_and_a_stronger_one_more(name, reading, silent):
    nothing, weak, strong = (sizes(RULES[name](reading, adjusted(silent, {name: k}))) for k in (0.0, 0.1, 0.3))
    assert max(nothing) == pytest.approx(0, abs=1e-12)
    assert all(one <= other for one, other in zip(weak, strong, strict=True))
    assert name in WITHOUT_OCCASION or sum(strong) > sum(weak) > 0


def test_rules_are_summed(reading, silent):
    one, other, both = (
        sum_of_rules(reading, adjusted(silent, strengths)).level_db
        for strengths in ({"high_loud": 1.0}, {"melody_voicing": 1.0}, {"high_loud": 1.0, "melody_voicing": 1.0})
    )
    assert both == pytest.approx(one + other)


def test_all_rules_together_never_slow_the_beat_more_than_two_and_a_half_times(reading, silent):
    wild = dict.fromkeys(("section_arch", "phrase_arch", "subphrase_arch", "phrase_ritardando", "final_ritard"), 20.0)
    assert sum_of_rules(reading, adjusted(silent, wild)).log_period.max() == pytest.approx(MAX_LOG_PERIOD)
