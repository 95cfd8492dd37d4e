"""Plans at the edges of what there is: one bar, ten thousand, remote keys, 12/8, tunes outside every hand's reach."""

from __future__ import annotations

import pytest

from composer.errors import PlanError, ThemeError
from composer.plan.planner import resolve
from composer.plan.reader import parse_plan

HEAD = "form: ternary\nstyle: bach\nkey: {key}\nmeter: {meter}\n"


def planned(body, key="F# major", meter="4/4"):
    return resolve(parse_plan(HEAD.format(key=key, meter=meter) + body))


@pytest.mark.parametrize("meter", ["4/4", "3/4", "2/4", "3/8", "12/8"])
def test_a_piece_of_one_bar(meter, fill_plan):
    composed = fill_plan(planned("sections: [{label: A, bars: 1}]", meter=meter))
    (bar,) = composed.filled.score.bars
    assert composed.filled.score.end_tick == bar.meter.bar_ticks
    assert composed.notes("A")


def test_a_bar_without_room_for_a_stated_cadence_is_told():
    with pytest.raises(PlanError, match=r":5:41: one bar of 3/4 has no room for a PAC \(give it two bars"):
        planned("sections: [{label: A, bars: 1, cadence: PAC}]", meter="3/4")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("sections: [{label: A, bars: 10000}]", "must be at most 512, not 10000"),
        ("sections:\n" + "  - {label: A, bars: 100}\n" * 100, r"would have 10000 bars \(the limit is 2000\)"),
        ("sections:\n" + "  - {label: A}\n" * 10_000, r"would have 10000 bars \(the limit is 2000\)"),
        ("sections:\n  - {label: A, bars: 500}\n" + "  - {label: A, copy_of: A}\n" * 19, r"would have 10000 bars"),
    ],
)
def test_a_piece_of_ten_thousand_bars_is_one_error(body, words):
    with pytest.raises(PlanError, match=words) as caught:
        planned(body)
    assert len(caught.value.problems) == 1


def test_two_thousand_bars_are_planned():
    plan = planned("sections:\n" + "  - {label: A, bars: 400}\n" * 5)
    assert plan.bars == 2000
    assert max(phrase.bars for section in plan.sections for phrase in section.phrases) <= 16


def test_remote_keys_in_twelve_eight(fill_plan):
    body = "sections:\n  - {label: A, bars: 4}\n  - {label: B, bars: 4, key: Eb minor}\n  - {label: C, bars: 4}\n"
    composed = fill_plan(planned(body, meter="12/8"))
    assert [str(key) for _, key in composed.filled.score.keys] == ["F# major", "Eb minor", "F# major"]
    scale = {3, 5, 6, 8, 10, 11, 1, 2}  # E flat minor with its leading note
    pitches = [pitch % 12 for _, _, pitch, _, _ in composed.notes("B")]
    assert sum(pitch in scale for pitch in pitches) > 0.85 * len(pitches)


@pytest.mark.parametrize("tune", ["C,,,4 D,,,4 | C,,,8", "c'''4 d'''4 | c'''8"])
def test_a_tune_beyond_the_keyboard_sounds_in_the_nearest_octave(tune, fill_plan):
    body = f'themes:\n  t: {{bars: 2, melody: "{tune}"}}\nsections: [{{label: A, theme: t, bars: 2}}]'
    top = fill_plan(planned(body, key="C major")).top("A")
    assert [pitch % 12 for pitch in (top[0], top[2 * 10_080])] == [0, 2]
    assert 36 <= top[0] <= 84


def test_a_tune_wider_than_any_hand_is_one_error(fill_plan):
    body = "themes:\n  t: {bars: 2, melody: \"C,,,4 c''''4 | c'''8\"}\nsections: [{label: A, theme: t, bars: 2}]"
    with pytest.raises(ThemeError, match=r'theme "t" spans 96 semitones and fits no octave'):
        fill_plan(planned(body, key="C major"))
