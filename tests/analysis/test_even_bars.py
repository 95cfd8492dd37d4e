"""Bars of one length, once through."""

from __future__ import annotations

from composer.analysis.even_bars import even_bars
from composer.score import Bar, Note, Part, Repeat, Score, make_bars
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER as Q
from composer.theory.meter import Meter, parse_meter

WALTZ, MARCH = parse_meter("3/4"), parse_meter("2/4")


def bars_of(*rows: tuple[Meter, int], lengths: dict[int, int] | None = None) -> tuple[Bar, ...]:
    """Bars from number 1 on, so many in each meter; some have another length in quarters."""
    bars: list[Bar] = []
    tick = 0
    for meter, count in rows:
        for _ in range(count):
            number = len(bars) + 1
            length = (lengths or {}).get(number, meter.bar_ticks // Q) * Q
            bars.append(Bar(number, tick, length, meter))
            tick += length
    return tuple(bars)


def quarters(bars: tuple[Bar, ...]) -> Score:
    """A quarter note on every beat, each higher than the last."""
    ticks = range(0, bars[-1].end_tick, Q)
    return Score((Part("Piano", tuple(Note(tick, 30 + index, Q) for index, tick in enumerate(ticks))),), bars)


def test_an_even_piece_stays_as_it_is():
    score = quarters(make_bars(WALTZ, 4, pickup_tick=Q))
    even = even_bars(score)
    assert even.score.parts == score.parts
    assert even.score.bars == score.bars
    assert even.told == ()


def test_the_longest_stretch_of_one_meter_is_taken_and_told():
    even = even_bars(quarters(bars_of((MARCH, 4), (WALTZ, 8))))
    assert {bar.meter for bar in even.score.bars} == {WALTZ}
    assert [note.pitch for note in even.score.parts[0].notes] == list(range(38, 62))
    assert even.page_bars == tuple(range(5, 13))
    assert "only bars 5-12, the longest stretch in 3/4" in even.told[0]


def test_or_the_last_one_for_a_piece_that_goes_on():
    even = even_bars(quarters(bars_of((WALTZ, 8), (MARCH, 4))), at_end=True)
    assert even.page_bars == (9, 10, 11, 12)


def test_a_short_insertion_is_taken_out():
    even = even_bars(quarters(bars_of((WALTZ, 4), (MARCH, 1), (WALTZ, 4))))
    assert len(even.score.bars) == 8
    assert even.told == ("bar 5 in 2/4 is left out: a plan has one meter",)


def test_a_bar_that_a_repeat_cuts_in_two_is_one_again():
    bars = bars_of((WALTZ, 5), lengths={2: 2, 3: 1})
    score = quarters(bars)
    even = even_bars(score)
    assert [bar.duration_tick for bar in even.score.bars] == [3 * Q] * 4
    assert even.score.parts == score.parts
    assert even.told == ()


def test_only_the_last_ending_of_a_repeat_is_heard():
    bars = make_bars(WALTZ, 6)
    repeat = Repeat(
        0,
        bars[4].onset_tick,
        2,
        ((bars[2].onset_tick, bars[3].onset_tick, (1,)), (bars[3].onset_tick, bars[4].onset_tick, (2,))),
    )
    score = Score(quarters(bars).parts, bars, repeats=(repeat,))
    even = even_bars(score)
    assert even.page_bars == (1, 2, 4, 5, 6)
    assert even.score.repeats == (Repeat(0, 3 * WALTZ.bar_ticks),)


def test_a_bar_that_is_too_short_is_filled_up_and_one_that_is_too_long_cut():
    even = even_bars(quarters(bars_of((WALTZ, 4), lengths={2: 2, 3: 5})))
    assert [bar.duration_tick for bar in even.score.bars] == [3 * Q] * 4
    onsets = [note.onset_tick // Q for note in even.score.parts[0].notes]
    assert onsets == [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11]
    assert even.told == ("bars 2, 3 are not as long as 3/4 says: cut, or filled up with rests",)


def test_signs_in_force_hold_from_the_beginning_of_what_is_taken():
    bars = bars_of((MARCH, 4), (WALTZ, 8))
    score = Score(
        quarters(bars).parts, bars, keys=((0, parse_key("G major")), (bars[8].onset_tick, parse_key("D major")))
    )
    even = even_bars(score)
    assert even.score.keys == ((0, parse_key("G major")), (4 * WALTZ.bar_ticks, parse_key("D major")))


def test_no_more_bars_than_asked_for_are_taken():
    score = quarters(bars_of((WALTZ, 9)))
    assert even_bars(score, most=4).page_bars == (1, 2, 3, 4)
    assert even_bars(score, most=4, at_end=True).page_bars == (6, 7, 8, 9)
    assert even_bars(score, most=4).told == ("of 9 bars the first 4 are taken: a plan has no more",)
    assert even_bars(score, most=9).told == ()
