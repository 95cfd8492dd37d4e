"""Each critic hears a good bar and a bad one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from composer.analysis.copying import make_run_index
from composer.fill import critics, line_critics
from composer.fill.bar import Bar, hard_faults, unreachable_steps
from composer.fill.line_critics import parallels
from composer.outline import ChordSpan, KeySpan, TextureSpan
from composer.roll.grid import STEP_TICKS
from composer.roll.pins import SILENT, STRUCK, make_pins
from composer.score import Note, Part, Score, make_bars
from composer.theory.harmony import parse_chord
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER, parse_meter

BAR = 4 * TICKS_PER_QUARTER
C_MAJOR = parse_key("C major")
LOW = 33


@pytest.fixture
def bar(cells, facts_in):
    """A bar of several particles over C major's tonic chord, each a list of (onset step, steps, pitch)."""

    def make(*particles, before=((),), code=None, bars=1, keyboard=True, before_free=None, runs=()):
        facts = facts_in(
            bars=bars,
            keys=(KeySpan(0, bars * BAR, C_MAJOR),),
            chords=(ChordSpan(0, bars * BAR, parse_chord("I", "major"), C_MAJOR),),
            textures=(TextureSpan(0, bars * BAR, "chords", (1.0, 1.0), (1.0, 2.0)),),
        )
        new = [cells(*notes) for notes in particles]
        old = [cells(*notes) for notes in (before if len(before) == len(particles) else before * len(particles))]
        pins = make_pins(np.zeros((16, 56), np.int8) if code is None else code)
        return Bar(
            np.stack([play for play, _ in new]),
            np.stack([struck for _, struck in new]),
            np.stack([play for play, _ in old]),
            np.stack([struck for _, struck in old]),
            facts.sliced(16 * (bars - 1), 16 * bars),
            pins,
            LOW,
            keyboard,
            np.ones(old[0][0].shape, bool) if before_free is None else before_free,
            runs,
        )

    return make


def chords(*pitches, step=4):
    """The pitches struck on every beat."""
    return [(onset, step, pitch) for onset in range(0, 16, step) for pitch in pitches]


GOOD = [(0, 16, 48), (0, 4, 76), (4, 4, 74), (8, 4, 72), (12, 4, 67), (4, 4, 64), (8, 4, 64), (12, 4, 64)]


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("silence", [(0, 2, 48)]),
        ("parallels", [(step, 4, pitch + step // 2) for step in (0, 4, 8, 12) for pitch in (48, 67)]),
        (
            "parallel_voices",  # the lower two in fifths beneath a held note
            [(0, 16, 76), *((step, 4, pitch + step // 2) for step in (0, 4, 8, 12) for pitch in (48, 55))],
        ),
        ("reach", chords(36, 58, 84)),
        ("leaps", [(0, 4, 36), (4, 4, 60), (8, 4, 36), (12, 4, 60)]),
    ],
)
def test_a_critic_holds_the_bad_bar_against_its_particle(bar, name, bad):
    good, worse = critics.CRITICS[name](bar(GOOD, bad))
    assert 0 <= good < worse


def test_voices_do_not_all_stand_still_where_their_style_goes_on(bar):
    """In eighths up to the last beat: going on costs nothing, a beat one doubling of the usual time, two beats two."""
    eighths = chords(60, step=2)
    both = bar(eighths, eighths[:-1], eighths[:-3], before=(eighths,))
    moving = np.arange(16) == 15
    on, beat, half = critics.standstill(replace(both, moving=moving))
    assert on == 0
    assert beat == pytest.approx(2 * np.log2(4 / (32 / 15)))
    assert half == pytest.approx(2 * np.log2(8 / (32 / 13)))
    assert not critics.standstill(both).any()


def test_a_phrase_without_a_cadence_may_stand_still_twice_as_long_but_not_for_a_beat(bar):
    sixteenths, eighths = chords(60, step=1), chords(60, step=2)
    last = np.arange(16) == 15
    on, twice, beat = critics.standstill(
        replace(bar(sixteenths, sixteenths[:-1], sixteenths[:-3], before=(sixteenths,)), moving=last, open_ends=last)
    )
    assert on == twice == 0
    assert beat == pytest.approx(2 * np.log2(4 / (32 / 29)))
    of_eighths = bar(eighths[:-1], before=(eighths,))
    halting = critics.standstill(replace(of_eighths, moving=last, open_ends=last))
    assert halting == critics.standstill(replace(of_eighths, moving=last)) > 0


def test_the_highest_voice_ends_a_phrase_without_a_cadence_on_a_longer_note(bar):
    """In eighths up to the end; with a last quarter, below which eighths go on; with one that is struck again."""
    tune = [(step, 2, 72) for step in range(0, 16, 2)]
    below = [(step, 2, 60) for step in range(0, 16, 2)]
    held = [*below, *tune[:-2], (12, 4, 72)]
    again = [*below, *tune[:-2], (12, 3, 72), (15, 1, 72)]
    last = np.arange(16) == 15
    bars = bar([*below, *tune], held, again, before=([*below, *tune],))
    on, breath, struck = critics.no_breath(replace(bars, open_ends=last))
    assert breath == 0
    assert on == pytest.approx(2 * np.log2(4 / 2))
    assert struck == 2 * 2  # two doublings at most
    assert not critics.no_breath(bars).any()


def test_what_stands_still_all_the_time_is_not_held_against_one_beat(bar):
    halves = [(0, 8, 60), (8, 8, 60)]
    assert critics.standstill(replace(bar(halves, before=(halves,)), moving=np.arange(16) == 15)).tolist() == [0]


def test_parallel_octaves_count_only_between_voices_that_both_move(bar):
    held = [(0, 16, 48), (0, 16, 60), (0, 4, 64), (4, 4, 65), (8, 4, 67), (12, 4, 65)]
    in_sixths = [(0, 16, 36), *((step, 4, pitch + step // 2) for step in (0, 4, 8, 12) for pitch in (55, 64))]
    assert line_critics.parallel_voices(bar(held, in_sixths)).tolist() == [0, 0]


def test_a_tune_does_not_go_in_octaves_or_fifths_with_the_planned_bass(bar):
    """From V6 (B in the bass) at the end of the bar before to C: B-C above it is bad, D-E and a held G are not."""
    leads = [[(12, 4, pitch)] for pitch in (71, 74, 67, 66)]
    notes = [[(0, 4, pitch)] for pitch in (72, 76, 67, 67)]
    given = replace(bar(*notes, before=leads), bass_before=11)
    assert (line_critics.planned_bass(given) > 0).tolist() == [True, False, False, True]
    assert not line_critics.planned_bass(replace(given, bass_before=-1)).any()


def test_critics_are_never_negative_and_judge_each_particle_alone(bar):
    both = bar(GOOD, chords(50, 61, 69))
    alone = bar(GOOD)
    for name, critic in critics.CRITICS.items():
        assert (critic(both) >= 0).all(), name
        assert critic(both)[0] == pytest.approx(critic(alone)[0]), name


def test_the_top_line_rather_steps_than_skips(bar):
    stepping, skipping, leaping = (
        [(0, 4, 72), (4, 4, 72 + size), (8, 4, 72), (12, 4, 72 + size)] for size in (2, 5, 12)
    )
    bass = [(0, 16, 48)]
    one, two, three = line_critics.leaps(bar(stepping + bass, skipping + bass, leaping + bass))
    assert one == 0 < two < three


def test_a_line_of_leaps_is_worse_than_one_of_steps(bar):
    steps = [(onset, 4, pitch) for onset, pitch in zip((0, 4, 8, 12), (72, 74, 76, 74), strict=True)]
    leaps = [(onset, 4, pitch) for onset, pitch in zip((0, 4, 8, 12), (72, 83, 65, 79), strict=True)]
    hammered = [(onset, 4, 72) for onset in (0, 4, 8, 12)]
    singing, leaping, hammering = line_critics.melody(bar(steps, leaps, hammered))
    assert singing == 0
    assert leaping > singing
    assert hammering > singing


def test_parallels_are_heard_across_rests_and_bar_lines_but_not_where_one_voice_moves_by_itself(bar):
    short = [(step, 1, pitch + step // 2) for step in (0, 4, 8, 12) for pitch in (48, 67)]
    between = [(step, 2, 48 + step // 2) for step in (0, 4, 8, 12)]
    between += [(step, 1, 67 + step // 2) for step in (0, 4, 8, 12)] + [(step + 2, 2, 50) for step in (0, 4, 8, 12)]
    first = [(0, 4, 48), (0, 4, 67)]
    found = parallels(bar(short, between, first, before=((), (), [(12, 3, 45), (12, 3, 64)])))
    assert (found / parallels(bar(short))[0] * 3).tolist() == [3, 0, 1]


def test_more_than_a_bar_of_silence_is_refused(bar):
    faults = hard_faults(bar([], GOOD, before=([(0, 4, 60)], GOOD), bars=2))
    assert faults.tolist() == [True, False]


def test_silence_that_the_plan_asks_for_is_not_refused(bar):
    code = np.full((16, 56), SILENT, np.int8)
    assert not hard_faults(bar([], before=(GOOD,), code=code, bars=2)).any()


def test_one_chord_for_more_than_two_bars_is_refused(bar, cells):
    still = chords(48, 64, 67)
    long_before = [(onset + 16 * index, length, pitch) for index in range(2) for onset, length, pitch in still]
    view = bar(still, GOOD, bars=3)
    play, struck = cells(*long_before, steps=32)
    view = Bar(
        view.play,
        view.articulate,
        np.stack([play, play]),
        np.stack([struck, struck]),
        view.facts,
        view.pins,
        LOW,
        True,
        np.ones(play.shape, bool),
    )
    assert hard_faults(view).tolist() == [True, False]


TUNE = (60, 62, 64, 60, 67, 65, 64, 62, 71, 72, 67, 64, 65, 62, 59, 60)


def line(pitches, step=1):
    return [(index * step, step, pitch) for index, pitch in enumerate(pitches)]


@pytest.fixture
def known_tune():
    """The runs of one tune in sixteenths; all of them are unusual."""
    notes = tuple(Note(onset * STEP_TICKS, pitch, STEP_TICKS) for onset, _, pitch in line(TUNE))
    score = Score(parts=(Part("Voice", notes),), bars=make_bars(parse_meter("4/4"), 1))
    return (make_run_index([score], []),)


def test_a_copied_line_is_held_against_its_particle_at_any_pitch(bar, known_tune):
    moved, turned = [pitch + 5 for pitch in TUNE], TUNE[::-1]
    copy, other, slower = line_critics.copied(bar(line(moved), line(turned), line(moved[:8], step=2), runs=known_tune))
    assert copy > 0
    assert other == slower == 0


def test_a_copied_bass_is_one_too(bar, known_tune):
    low = [pitch - 24 for pitch in TUNE]
    copy, other = line_critics.copied(bar([(0, 16, 76), *line(low)], [(0, 16, 76), *line(low[::-1])], runs=known_tune))
    assert copy > other == 0


def test_a_copy_is_heard_across_the_bar_line_and_paid_for_where_it_goes_on(bar, known_tune):
    before = line(TUNE[:12], step=1)
    before = [(onset + 4, length, pitch) for onset, length, pitch in before]
    goes_on, turns_off = line(TUNE[12:]), line((59, 60, 65, 61))
    on, off = line_critics.copied(bar(goes_on, turns_off, before=(before, before), bars=2, runs=known_tune))
    assert on > 0
    assert off == 0


def test_a_pinned_tune_is_not_a_copy(bar, known_tune):
    code = np.zeros((16, 56), np.int8)
    for onset, _, pitch in line(TUNE):
        code[onset, pitch - LOW] = STRUCK
    assert line_critics.copied(bar(line(TUNE), runs=known_tune))[0] > 0
    assert line_critics.copied(bar(line(TUNE), code=code, runs=known_tune))[0] == 0


def test_what_follows_a_pinned_opening_counts_by_its_own_notes(bar, known_tune):
    before = [(onset + 4, length, pitch) for onset, length, pitch in line(TUNE[:12])]
    free, pinned = np.ones((16, 56), bool), np.zeros((16, 56), bool)
    after = {"before": (before,), "bars": 2, "runs": known_tune}
    drawn = line_critics.copied(bar(line(TUNE[12:]), before_free=free, **after))[0]
    given = line_critics.copied(bar(line(TUNE[12:]), before_free=pinned, **after))[0]
    assert drawn > given > 0  # four notes are just beyond what is usual here


def test_without_an_index_nothing_is_a_copy(bar):
    assert line_critics.copied(bar(line(TUNE)))[0] == 0


def test_two_hands_reach_what_lies_near_either_end(cells):
    near, _ = cells((0, 4, 48), (0, 4, 58), (0, 4, 72), (0, 4, 79))
    far, _ = cells((0, 4, 36), (0, 4, 58), (0, 4, 84))
    assert unreachable_steps(np.stack([near, far])).tolist() == [0, 4]


def test_a_critic_can_be_weighed_out_by_name(bar):
    view = bar(chords(36, 58, 84))
    everything = critics.penalties(view).sum()
    assert critics.penalties(view, {"reach": 0.0}).sum() < everything
    assert critics.penalties(view, {"melody": 1.0}).sum() >= everything


def test_a_voice_that_the_plan_wants_is_missed(bar):
    """One voice below and two above are planned; the second beat has two in all, and the third none."""
    whole = [(0, 8, 48), (0, 4, 64), (0, 8, 72), (12, 4, 48), (12, 4, 64), (12, 4, 72)]
    three = bar(whole, [(0, 16, 48), (0, 16, 64), (0, 16, 72)])
    assert line_critics.missing_voices(three).tolist() == [0.5 * (4 * 1 + 4 * 3), 0.0]
