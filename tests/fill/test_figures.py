"""An oom-pah hears its figure; a unison is doubled in the octave below."""

from __future__ import annotations

import numpy as np
import pytest

from composer.abc import Melody, MelodyNote
from composer.fill.figures import FIGURE_LEVEL
from composer.fill.recall import ComposedTheme
from composer.fill.sections import section_stretch
from composer.fill.setting import make_setting
from composer.plan.outline import plan_outline
from composer.plan.planner import resolve
from composer.plan.reader import parse_plan
from composer.roll.pins import STRUCK
from composer.style import load_statistics

PLAN = """
plan: 1
form: ternary
style: bach
ensemble: {ensemble}
key: C major
meter: "{meter}"
pickup: 0
seed: 2
themes: {{tune: {{bars: 4, type: chain}}}}
sections:
  - {{label: A, theme: {theme}, bars: 4, key: I, cadence: PAC, texture: {texture},
     phrases: [{{bars: 4, cadence: PAC, harmony: "I | IV | V7 | I"}}]}}
"""
EIGHTH = 5040
TUNE = (72, 76, 79, 77, 76, 74, 71, 72)


@pytest.fixture(scope="module")
def stretched():
    """The stretch of a section in a texture."""

    def stretch(texture, meter="4/4", ensemble="keyboard", theme="none", pitches=TUNE, length=2 * EIGHTH, **changes):
        text = PLAN.format(texture=texture, meter=meter, ensemble=ensemble, theme=theme)
        for old, new in changes.items():
            text = text.replace(old, new)
        plan = resolve(parse_plan(text))
        counted = load_statistics("bach")
        outline = plan_outline(plan, statistics={"bach": counted})
        setting = make_setting(plan, outline, known={"bach": ("bach", counted)})
        notes = tuple(MelodyNote(place * length, length, pitch) for place, pitch in enumerate(pitches))
        bars = plan.themes["tune"].bars
        tune = Melody(notes, bars * setting.meter.bar_ticks)
        themes = {"tune": ComposedTheme("tune", tune, setting.home, bars, voices=())}
        return section_stretch(setting, plan.section("A"), setting.outline.sections[0], themes)[0]

    return stretch


def first_bar(stretch) -> dict[int, list[int]]:
    """What the reference of the first bar strikes: step -> pitches."""
    first, end = stretch.bars[0]
    steps, pitches = np.nonzero(stretch.reference.articulate[first:end])
    struck: dict[int, list[int]] = {}
    for step, pitch in zip(steps, pitches, strict=True):
        struck.setdefault(int(step), []).append(int(pitch) + stretch.low_pitch)
    return struck


@pytest.mark.parametrize(
    ("meter", "basses", "chords"),
    [
        ("4/4", [0, 8], [4, 12]),
        ("3/4", [0], [4, 8]),
        ("2/4", [0, 4], [2, 6]),
        ("6/8", [0, 6], [2, 4, 8, 10]),
    ],
)
def test_an_oom_pah_is_like_a_deep_bass_and_its_chords_above(stretched, meter, basses, chords):
    stretch = stretched("stride", meter=meter)
    struck = first_bar(stretch)
    assert sorted(struck) == sorted([*basses, *chords])
    assert all(len(struck[step]) == 1 and struck[step][0] % 12 == 0 for step in basses)
    assert all({pitch % 12 for pitch in struck[step]} == {4, 7} for step in chords)
    assert min(struck[chords[0]]) - struck[basses[0]][0] >= 5
    assert (stretch.reference.level[: stretch.bars[0][1]] == FIGURE_LEVEL).all()


def test_the_figure_ends_where_the_cadence_begins(stretched):
    stretch = stretched("stride")
    assert stretch.reference.level[-1] == 0


@pytest.mark.parametrize(
    ("texture", "ensemble"), [("alberti", "keyboard"), ("chords", "keyboard"), ("stride", "quartet")]
)
def test_other_textures_and_other_players_have_no_figure(stretched, texture, ensemble):
    assert not stretched(texture, ensemble=ensemble).reference.level.any()


def test_unison_doubles_a_stated_tune_up_to_its_cadence(stretched):
    stretch = stretched("unison", theme="tune")
    code = stretch.pins.code
    first = code[: stretch.bars[0][1]]
    pitches = {int(pitch) + stretch.low_pitch for pitch in np.nonzero(first == STRUCK)[1]}
    assert pitches == {72, 76, 79, 77, 60, 64, 67, 65}
    assert (first != 0).all()
    assert (code[-1] == 0).any()


def test_unison_of_no_tune_is_left_to_the_network(stretched):
    assert not (stretched("unison").pins.code[:16] == STRUCK).any()


def test_a_theme_in_broken_chords_is_not_like_the_voices_it_had(stretched):
    assert not stretched("alberti", theme="tune").reference.level.any()
    assert stretched("walking", theme="tune").reference.level.any()


def kept_of(stretched, fidelity: float, eighths) -> list[int]:
    """The eighths of the first bar, over I, that a followed tune keeps; its cadence begins in the second bar."""
    stretch = stretched("chords", theme=f"tune, fidelity: {fidelity}", pitches=eighths, length=EIGHTH)
    return (np.flatnonzero((stretch.pins.code[:16] == STRUCK).any(axis=1)) / 2).tolist()


def test_a_followed_tune_keeps_the_share_of_its_notes_that_the_fidelity_says(stretched):
    tonic = (72, 76, 79, 76, 72, 67, 76, 72)
    assert kept_of(stretched, 0.4, tonic) == []
    assert kept_of(stretched, 0.5, tonic) == [0, 2, 4, 6]  # those on the beats
    assert kept_of(stretched, 0.75, tonic) == [0, 1, 2, 3, 4, 6]
    assert kept_of(stretched, 0.99, tonic) == list(range(8))


def test_a_followed_tune_keeps_what_the_chords_bear_and_weak_steps(stretched):
    assert kept_of(stretched, 0.99, (72, 74, 76, 77, 79, 77, 76, 72)) == list(range(8))  # D and F pass
    assert kept_of(stretched, 0.99, (74, 72, 76, 81, 77, 76, 79, 66)) == [
        1,
        2,
        5,
        6,
    ]  # not D, F on beats, A, F sharp


def test_in_minor_a_leading_note_is_a_weak_step_too(stretched):
    over_i = (69, 68, 69, 67, 69, 71, 72, 69)  # A G sharp A G A B C A
    stretch = stretched(
        "chords",
        theme="tune, fidelity: 0.99",
        pitches=over_i,
        length=EIGHTH,
        **{"C major": "A minor", "I | IV | V7 | I": "i | iv | V7 | i", "key: I": "key: i"},
    )
    kept = np.flatnonzero((stretch.pins.code[:16] == STRUCK).any(axis=1)) / 2
    assert {0, 1, 2, 4, 6, 7} <= set(kept.tolist())


def test_a_followed_bar_without_a_note_keeps_nothing(stretched):
    stretch = stretched("chords", theme="tune, fidelity: 0.7", pitches=())
    assert not (stretch.pins.code[:16] == STRUCK).any()


def test_what_a_followed_tune_has_out_of_reach_is_left_out(stretched):
    high = stretched(
        "chords", theme="tune, fidelity: 0.7, as: [{register: 24}]", pitches=(84, 84, 84, 84), length=EIGHTH
    )
    assert not (high.pins.code[:16] == STRUCK).any()


def test_all_voices_halt_where_an_open_phrase_of_the_plan_does(stretched):
    ends = set()
    for seed in range(8):
        stretch = stretched(
            "chords", **{"PAC": "none", "I | IV | V7 | I": "I | IV | I | IV", "seed: 2": f"seed: {seed}"}
        )
        ends.add(tuple(np.flatnonzero(~stretch.onsets.any(axis=1)).tolist()))
    assert ends == {(), (61, 62, 63)}  # after the last beat of four bars


def test_the_upper_voice_holds_where_an_open_phrase_of_the_plan_ends(stretched):
    told = {}
    for cadence, harmony in (("none", "I | IV | I | IV"), ("PAC", "I | IV | V7 | I")):
        for seed in range(8):
            words = {"PAC": cadence, "I | IV | V7 | I": harmony, "seed: 2": f"seed: {seed}"}
            stretch = stretched("chords", **words)
            onsets, low = stretch.onsets, stretch.low_pitch
            if onsets.any(axis=1).all():  # no halt of all voices
                told[cadence] = [np.flatnonzero(~onsets[:, pitch - low]).tolist() for pitch in (48, 60, 64, 76)]
    assert told == {"none": [[], [], [61, 62, 63], [61, 62, 63]], "PAC": [[], [], [], []]}


def hands_told(stretched, *, per_beat: int) -> tuple[float, float]:
    """Onsets a beat of both hands that the second bar is told, under a tune of so many notes a beat."""
    length = 2 * EIGHTH // per_beat
    stretch = stretched("running", theme="tune", pitches=TUNE * (2 * per_beat), length=length)
    lower, upper = stretch.facts.onsets_x8[stretch.bars[1][0]] / 8
    return float(lower), float(upper)


def test_the_lower_hand_runs_under_a_slow_tune_and_walks_under_one_that_runs(stretched):
    assert hands_told(stretched, per_beat=1) == (4.0, 2.0)  # Bach's calmest upper hand while something runs
    assert hands_told(stretched, per_beat=4) == (2.0, 4.0)


@pytest.mark.parametrize("ensemble", ["chorale", "quartet"])
def test_a_tune_leaves_the_texture_as_thick_as_the_ensemble_plays_it(stretched, ensemble):
    told = [stretched("running", theme=theme, ensemble=ensemble).facts.polyphony_x8 for theme in ("tune", "none")]
    assert (told[0] == told[1]).all()


def test_what_follows_a_short_tune_moves_as_if_there_were_none(stretched):
    """Two bars of quarters in a phrase of four: from the third bar on the hands are the texture's own."""
    short = {"bars: 4, type: chain": "bars: 2, type: chain"}
    with_tune, without = (stretched("chords", theme=theme, **short) for theme in ("tune", "none"))
    first, third = with_tune.bars[0][0], with_tune.bars[2][0]
    assert with_tune.facts.onsets_x8[first].tolist() != without.facts.onsets_x8[first].tolist()
    assert with_tune.facts.onsets_x8[third].tolist() == without.facts.onsets_x8[third].tolist()
    assert with_tune.facts.onsets_x8[first, 1] >= 8  # no fewer than the tune has
