"""How phrases end is counted from their onsets: the share in the last half bar, and halts."""

from __future__ import annotations

import numpy as np
import pytest

from composer.analysis.outline import outline_of
from composer.analysis.phrase_ends import MIN_BARS, MIN_PHRASES, EndCounts, Stretch, count_ends, count_onsets
from composer.theory.meter import TICKS_PER_QUARTER as Q
from composer.theory.meter import parse_meter

COMMON = parse_meter("4/4")


def counted(lower, upper, *, phrases=2, times=1, is_open=True, melody=None):
    """Two-bar phrases whose onsets, in quarters, are the same in each; the upper hand is the melody."""
    spans = [Stretch(8 * Q * n, 8 * Q * (n + 1), is_open, COMMON) for n in range(phrases)]
    counts = EndCounts()
    ticks = [
        np.unique([round(Q * (8 * n + at)) for n in range(phrases) for at in row])
        for row in (lower, upper, melody or upper)
    ]
    for _ in range(times):
        count_onsets(counts, *ticks[:2], spans, range(0, 8 * Q * phrases, 4 * Q), melody=ticks[2])
    return counts


EVERY_BEAT = tuple(range(8))
EVERY_EIGHTH = tuple(n / 2 for n in range(16))


def test_a_hand_that_goes_on_has_as_many_onsets_at_the_end_and_one_that_rests_has_none():
    counts = counted(EVERY_BEAT, EVERY_EIGHTH[:12])
    assert counts.phrases["open"] == [(1.0, 0.0, pytest.approx(0.5), 1.0)]


def test_a_phrase_halts_where_nothing_begins_after_its_last_beat():
    assert counted(EVERY_BEAT, EVERY_BEAT).phrases["open"][0][3] == 1.0
    assert counted(EVERY_BEAT, (*EVERY_BEAT, 7.75)).phrases["open"][0][3] == 0.0


def test_bars_inside_phrases_are_counted_apart():
    counts = counted(EVERY_BEAT, (0, 1, 2, 3, 3.5, 4, 5, 6, 7))
    assert (counts.halting_bars, counts.bars) == (0, 1)  # the last phrase of the piece has nothing after it
    assert counted(EVERY_BEAT, EVERY_BEAT, phrases=4, times=MIN_BARS).halting_share() == 1.0
    assert counted(EVERY_BEAT, EVERY_BEAT, phrases=2, times=MIN_BARS - 1).halting_share() is None


def test_a_melody_may_hold_while_the_bar_goes_on():
    lower, held = (*EVERY_EIGHTH,), (0, 1, 2, 3, 4, 5, 6, 6.5)
    counts = counted(lower, EVERY_BEAT, phrases=2, times=MIN_BARS, melody=held)
    assert (counts.halting_share(), counts.holding_share()) == (0.0, 1.0)
    flowing = counted(lower, EVERY_BEAT, phrases=2, times=MIN_BARS, melody=(0, 1, 2, 3.5, 4))
    assert flowing.holding_share() == 0.0


def test_few_phrases_of_a_kind_count_together_and_very_few_not_at_all():
    assert counted(EVERY_BEAT, EVERY_BEAT, times=MIN_PHRASES - 1).finished() == {}
    ends = counted(EVERY_BEAT, EVERY_EIGHTH, times=MIN_PHRASES).finished()
    assert ends["open"] == ends["closed"]
    assert [(end.lower, end.upper, end.halts) for end in ends["open"]] == [(1.0, 1.0, 0.0)] * 5


def test_ends_run_from_those_that_come_to_rest_to_those_that_drive_on():
    counts = counted(EVERY_BEAT, EVERY_BEAT[:6], times=MIN_PHRASES)
    for kind in counts.phrases:
        counts.phrases[kind] += counted(EVERY_BEAT, EVERY_EIGHTH, times=2 * MIN_PHRASES).phrases["open"]
    ends = counts.finished()["open"]
    assert (ends[0].upper, ends[0].halts) == (0.0, 1.0)
    assert (ends[-1].upper, ends[-1].halts) == (1.0, 0.0)


def test_a_score_is_counted_with_its_weight(hymn):
    once, thrice = EndCounts(), EndCounts()
    count_ends(once, hymn, outline_of(hymn), 1)
    count_ends(thrice, hymn, outline_of(hymn), 3)
    assert once.bars > 0
    assert (thrice.bars, thrice.halting_bars) == (3 * once.bars, 3 * once.halting_bars)
    assert thrice.phrases["closed"] == 3 * once.phrases["closed"] != []
