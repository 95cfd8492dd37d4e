"""Themes: an idea, stated again as its form asks; cadences that stand; free stretches filled and rests kept."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from composer.abc import parse_abc
from composer.fill.idea_layout import along_scale
from composer.fill.setting import make_setting
from composer.fill.theme_tasks import theme_key, theme_outline, theme_task
from composer.fill.themes import compose_theme, in_rhythm, likeness_to_style, rate_tune, with_model
from composer.fill.tune_stretch import IDEA_BARS, held_on, tune_stretch
from composer.outline import span_at
from composer.plan.outline import plan_outline
from composer.plan.planner import resolve
from composer.plan.reader import parse_plan
from composer.roll.pins import STRUCK
from composer.style import load_statistics
from composer.style_statistics import Opening, parse_degree
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER, parse_meter

TEXT = """
plan: 1
form: ternary
style: bach
ensemble: keyboard
key: {key}
meter: {meter}
pickup: {pickup}
seed: 11
themes:
  first: {{bars: 8, type: {kind}}}
sections:
  - {{label: A, theme: first, bars: 8, cadence: PAC}}
  - {{label: B, theme: none, bars: 4, key: V, cadence: PAC}}
"""


@pytest.fixture(scope="module")
def composed(make_fake_source):
    """A theme's tune and what it was made from."""
    made = {}

    def compose(kind, key="D major", meter="3/4", pickup=0, tune=None):
        case = (kind, key, meter, pickup, tune)
        if case not in made:
            plan = resolve(parse_plan(TEXT.format(kind=kind, key=key, meter=meter, pickup=pickup)))
            statistics = load_statistics("bach")
            setting = make_setting(plan, plan_outline(plan), known={"bach": ("bach", statistics)})
            entry = plan.themes["first"]
            pinned = None
            if tune is not None:
                pinned = parse_abc(tune, key=theme_key(entry, setting), meter=parse_meter(meter))
            task = theme_task("first", entry, setting, pinned)
            made[case] = (compose_theme(task, make_fake_source(), statistics, np.random.default_rng(3)), entry, setting)
        return made[case]

    return compose


METERS = [("2/4", 0), ("2/4", 1), ("3/4", 0), ("3/4", 1), ("4/4", 1), ("6/8", 0), ("6/8", 1)]


@pytest.mark.parametrize(("meter", "pickup"), METERS)
@pytest.mark.parametrize("kind", ["period", "sentence", "chain"])
def test_a_tune_is_one_line_within_its_theme_and_compass(composed, kind, meter, pickup):
    melody, entry, setting = composed(kind, meter=meter, pickup=pickup)
    low, high = setting.melody_compass
    time = -melody.pickup_tick
    assert melody.notes
    for note in melody.notes:
        assert note.onset_tick >= time
        assert low <= note.pitch <= high
        time = note.end_tick
    assert time <= melody.end_tick == entry.bars * setting.meter.bar_ticks - setting.pickup_tick


@pytest.mark.parametrize(("meter", "pickup"), METERS)
def test_a_period_states_its_idea_again(composed, meter, pickup):
    melody, entry, setting = composed("period", meter=meter, pickup=pickup)
    assert len(entry.phrases) == 2
    bar = setting.meter.bar_ticks
    offset = entry.phrases[0].bars * bar
    length = IDEA_BARS * bar - melody.pickup_tick
    idea = [note for note in melody.notes if note.onset_tick < length]
    again = [note for note in melody.notes if offset - melody.pickup_tick <= note.onset_tick < offset + length]
    # A cadence that begins before the idea ends takes its place.
    formula = entry.phrases[1].formula
    cadence = offset + round(formula.onsets[0] * setting.meter.beat_ticks)
    assert [(n.onset_tick, n.pitch) for n in idea if n.onset_tick + offset < cadence] == [
        (n.onset_tick - offset, n.pitch) for n in again if n.onset_tick < cadence
    ]


@pytest.mark.parametrize("key", ["D major", "B minor"])
def test_a_sentence_moves_its_idea_along_the_scale(composed, key):
    melody, entry, setting = composed("sentence", key=key)
    offset = IDEA_BARS * setting.meter.bar_ticks
    idea = [note for note in melody.notes if note.onset_tick < offset]
    again = {note.onset_tick - offset: note.pitch for note in melody.notes if offset <= note.onset_tick < 2 * offset}
    home = theme_key(entry, setting)
    first_formula = entry.phrases[0].formula
    limit = round(first_formula.onsets[0] * setting.meter.beat_ticks) - offset if first_formula else offset
    pairs = [(note.pitch, again[note.onset_tick]) for note in idea if note.onset_tick < limit]
    steps = [s for s in range(-4, 5) if all(along_scale(pitch, home, s) == other for pitch, other in pairs)]
    assert pairs
    assert len(steps) == 1


@pytest.mark.parametrize(("meter", "pickup"), METERS)
def test_cadence_tones_stand(composed, meter, pickup):
    melody, entry, setting = composed("period", meter=meter, pickup=pickup)
    key, start = theme_key(entry, setting), 0
    at = {note.onset_tick: note.pitch for note in melody.notes}
    for phrase in entry.phrases:
        for beat, degree in zip(phrase.formula.onsets, phrase.formula.soprano, strict=True):
            if degree != "-":
                pitch = at[start + round(beat * setting.meter.beat_ticks)]
                assert pitch % 12 == (key.tonic_pitch_class + parse_degree(degree, key.mode)) % 12
        start += phrase.bars * setting.meter.bar_ticks


@pytest.mark.parametrize(("meter", "pickup"), METERS)
def test_a_tune_breathes_after_each_cadence_note(composed, meter, pickup):
    # What follows would be taken for the cadence's own last note, by the ear and by the plan's reader.
    melody, entry, setting = composed("period", meter=meter, pickup=pickup)
    start = 0
    for phrase in entry.phrases:
        end = start + phrase.bars * setting.meter.bar_ticks - setting.pickup_tick
        goal = start + round(phrase.formula.onsets[-1] * setting.meter.beat_ticks)
        assert not [note for note in melody.notes if goal < note.onset_tick < end]
        start = end + setting.pickup_tick


def test_an_idea_that_comes_again_over_a_cadence_ends_with_it(make_fake_source):
    phrases = "phrases: [{bars: 4, cadence: IAC}, {bars: 2, cadence: PAC}, {bars: 2, cadence: PAC}]"
    text = TEXT.format(kind="compound period", key="D major", meter="3/4", pickup=0)
    plan = resolve(parse_plan(text.replace("type: compound period", f"type: compound period, {phrases}")))
    statistics = load_statistics("bach")
    setting = make_setting(plan, plan_outline(plan), known={"bach": ("bach", statistics)})
    entry = plan.themes["first"]
    task = theme_task("first", entry, setting, None)
    melody = compose_theme(task, make_fake_source(), statistics, np.random.default_rng(3))
    ends = [bars * setting.meter.bar_ticks for bars in (6, 8)]
    lasts = [[note for note in melody.notes if note.onset_tick < end][-1] for end in ends]
    assert {note.pitch % 12 for note in lasts} == {setting.home.tonic_pitch_class}


@pytest.mark.parametrize(("ensemble", "is_whole"), [("keyboard", False), ("quartet", False), ("song", True)])
def test_a_tune_is_given_where_its_cadence_notes_begin_and_a_singer_is_given_them_whole(ensemble, is_whole):
    text = TEXT.replace("keyboard", ensemble).format(kind="period", key="D major", meter="4/4", pickup=0)
    plan = resolve(parse_plan(text))
    setting = make_setting(plan, plan_outline(plan), known={"bach": ("bach", load_statistics("bach"))})
    entry = plan.themes["first"]
    given = {note[0]: note[1] for note in theme_task("first", entry, setting, None).cadence_notes}
    start, found = 0, []
    for phrase in entry.phrases:
        onsets = [start + round(beat * TICKS_PER_QUARTER) for beat in phrase.formula.onsets]
        whole = [given[onset] == after - onset for onset, after in pairwise(onsets) if onset in given]
        brief = [given[onset] == TICKS_PER_QUARTER // 4 for onset in onsets[:-1] if onset in given]
        found += whole if is_whole else brief
        assert given[onsets[-1]] >= TICKS_PER_QUARTER
        start += phrase.bars * setting.meter.bar_ticks
    assert found
    assert all(found)


@pytest.mark.parametrize("pickup", [0, 1])
def test_a_tune_is_to_go_on_over_the_bar_lines_that_its_style_goes_over(make_fake_source, pickup):
    task = task_for("period", "4/4", pickup=pickup)
    stretch = tune_stretch(task, [], end_tick=task.local.end_tick, source=make_fake_source())
    lines = {16 * bar + 4 * pickup for bar in range(1, 8) if bar != task.phrase_bars[0]}
    marked = {int(step) + 1 for step in np.flatnonzero(stretch.moving)}
    assert marked
    assert marked <= lines


def test_an_idea_that_stands_where_its_model_goes_on_is_worth_less():
    task = task_for("period", "4/4", pickup=0)
    beat = task.meter.beat_ticks
    model = Opening("major", "quadruple", (0.0, 1.0, 2.0, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0), (0,) * 9, 1)
    going = [(round(onset * beat), beat // 2, 72) for onset in (0, 1, 2, 3.5, 4, 5, 6)]
    standing = [(round(onset * beat), beat // 2, 72) for onset in (0, 1, 2, 3, 4, 5, 6)]  # as many of the model's
    assert likeness_to_style(going, task, [], model) == pytest.approx(
        likeness_to_style(standing, task, [], model) + 1.5
    )


TUNE = "d2 f2 a2 | x6 | d4 z2 | x6 | d2 f2 a2 | g2 f2 e2 | f2 e4 | d6"


@pytest.mark.parametrize(("meter", "pickup"), METERS)
def test_no_note_begins_in_the_last_beat_of_a_phrase_without_a_cadence(composed, meter, pickup):
    phrases = "[{bars: 2, cadence: none}, {bars: 2, cadence: none}, {bars: 4, cadence: PAC}]"
    melody, _, setting = composed(f"sentence, phrases: {phrases}", meter=meter, pickup=pickup)
    for bars in (2, 4):
        end_tick = bars * setting.meter.bar_ticks - setting.pickup_tick
        last_beat = range(end_tick - setting.meter.beat_ticks, end_tick)
        assert not any(note.onset_tick in last_beat for note in melody.notes)


@pytest.mark.parametrize(("meter", "pickup"), METERS)
def test_the_last_note_before_an_open_end_is_held_as_long_as_it_belongs_to_the_chords(composed, meter, pickup):
    phrases = "[{bars: 2, cadence: none}, {bars: 2, cadence: none}, {bars: 4, cadence: PAC}]"
    melody, entry, setting = composed(f"sentence, phrases: {phrases}", meter=meter, pickup=pickup)
    chords = theme_outline("first", entry, setting)[0].chords
    for bars in (2, 4):
        end_tick = bars * setting.meter.bar_ticks - setting.pickup_tick
        last = [note for note in melody.notes if note.onset_tick < end_tick][-1]
        if last.end_tick < end_tick:
            next_chord = span_at(chords, last.end_tick + setting.pickup_tick)
            assert next_chord.start_tick == last.end_tick + setting.pickup_tick
            assert last.pitch % 12 not in next_chord.chord.pitch_classes(next_chord.key)


def test_a_singer_breathes_where_a_phrase_stays_open(composed):
    _, entry, setting = composed("sentence, phrases: [{bars: 4, cadence: none}, {bars: 4, cadence: PAC}]")
    task = replace(theme_task("first", entry, setting, None), breath_tick=TICKS_PER_QUARTER // 2)
    (start, end), bar = task.open_ends[0], setting.meter.bar_ticks
    chord = span_at(task.local.chords, end - 1)
    pitch = 60 + chord.chord.root(chord.key)
    onset = max(chord.start_tick, end - bar // 2)
    notes = [(start, bar, 74), (onset, TICKS_PER_QUARTER // 4, pitch), (end, bar, 74)]
    assert held_on(notes, task) == [
        notes[0], (onset, end - TICKS_PER_QUARTER // 2 - onset, pitch), notes[2]
    ]  # fmt: skip


def test_free_stretches_of_a_pinned_tune_are_filled_and_its_rests_kept(composed):
    melody, _, setting = composed("chain", tune=TUNE)
    bar, quarter = setting.meter.bar_ticks, TICKS_PER_QUARTER
    pinned = parse_abc(TUNE, key=parse_key("D major"), meter=setting.meter)
    assert set(pinned.notes) <= set(melody.notes)
    free = [note for note in melody.notes if note not in pinned.notes]
    assert {note.onset_tick // bar for note in free} == {1, 3}
    assert not [note for note in melody.notes if 2 * bar + 2 * quarter <= note.onset_tick < 3 * bar]
    assert melody.free == ()


def test_the_stream_decides_and_equal_streams_agree(composed, make_fake_source):
    melody, entry, setting = composed("period")
    task = theme_task("first", entry, setting, None)
    again = compose_theme(task, make_fake_source(), load_statistics("bach"), np.random.default_rng(3))
    other = compose_theme(task, make_fake_source(), load_statistics("bach"), np.random.default_rng(4))
    assert again == melody
    assert other != melody


@pytest.mark.parametrize("pickup", [0, 1])
def test_duplets_are_asked_of_no_draft_in_six_eighths(make_fake_source, pickup):
    task = task_for("chain", "6/8", pickup=pickup)
    stretch = tune_stretch(task, [], end_tick=task.local.end_tick, source=make_fake_source())
    struck = np.zeros((3, stretch.num_steps, 56), bool)  # eighths; duplets; a duplet where the cadence is given
    struck[0, ::2, 30] = struck[1, ::3, 30] = True
    struck[2, np.flatnonzero((stretch.pins.code == STRUCK).any(axis=1)), 30] = True
    met = stretch.goals(struck, struck, 0, stretch.num_steps)
    assert met["meter"].tolist() == [True, False, True]


def setting_for(kind, meter, *, pickup, style="bach"):
    plan = resolve(parse_plan(TEXT.format(kind=kind, key="D major", meter=meter, pickup=pickup)))
    return make_setting(plan, plan_outline(plan), known={"bach": (style, load_statistics(style))})


def task_for(kind, meter, *, pickup):
    setting = setting_for(kind, meter, pickup=pickup)
    return theme_task("first", setting.plan.themes["first"], setting, None)


def test_nothing_is_asked_of_the_rhythm_in_a_simple_meter(make_fake_source):
    task = task_for("chain", "3/4", pickup=0)
    assert tune_stretch(task, [], end_tick=task.local.end_tick, source=make_fake_source()).goals is None


def test_drafts_take_the_rhythm_of_an_opening_three_times_in_four(make_fake_source):
    task = task_for("period", "4/4", pickup=0)
    source = make_fake_source()
    stretch = tune_stretch(task, [], end_tick=2 * task.meter.bar_ticks, source=source)
    model = Opening("major", "quadruple", (0.0, 0.75, 1.5, 4.0, 6.0), (0, 2, 4, 5, 4), 1)
    drafts = [in_rhythm(stretch, task, model, turn=turn) for turn in range(8)]
    assert [bool(draft.onsets.all()) for draft in drafts] == [True, False, False, False] * 2
    begins = drafts[1].strike_allowed.any(axis=1)
    assert np.flatnonzero(begins).tolist() == [0, 3, 6, 16, 24]
    assert (stretch.strike_allowed == stretch.allowed).all()


def test_triplets_off_the_grid_are_no_model(make_fake_source):
    task = task_for("period", "4/4", pickup=0)
    stretch = tune_stretch(task, [], end_tick=2 * task.meter.bar_ticks, source=make_fake_source())
    triplets = Opening("major", "quadruple", (0.0, 1 / 3, 2 / 3, 1.0), (0, 2, 4, 5), 1)
    assert in_rhythm(stretch, task, triplets, turn=1) is stretch


def test_an_opening_of_few_notes_is_no_model(make_fake_source):
    """Two bars with hardly a note would make a theme of which nothing is remembered."""
    task = task_for("period", "4/4", pickup=0)
    stretch = tune_stretch(task, [], end_tick=2 * task.meter.bar_ticks, source=make_fake_source())
    bare = Opening("major", "quadruple", (-1.0, 0.0, 2.0, 4.0, 6.0), (0, 2, 4, 5, 7), 1)  # its upbeat has no room here
    assert in_rhythm(stretch, task, bare, turn=1) is stretch


def statistics_with(*notes_in_two_bars):
    """Bach's, with openings in D major of so many notes in two bars of 4/4, on sixteenths, and no others."""
    openings = tuple(
        Opening("major", "quadruple", tuple(32 * place // count / 4 for place in range(count)), (0,) * count, 1)
        for count in notes_in_two_bars
    )
    return replace(load_statistics("bach"), openings=openings)


def test_a_theme_is_told_the_pace_of_the_opening_whose_rhythm_it_has():
    task = task_for("period", "4/4", pickup=0)
    for count in (12, 16, 20):
        told, model = with_model(task, statistics_with(count), np.random.default_rng(1))
        assert len(model.onsets_beat) == count
        assert told.pace == count / 8
        assert set(told.local.facts.onsets_x8[:, 1].tolist()) == {count}


def test_no_theme_is_told_to_crawl_or_to_race():
    task = task_for("period", "4/4", pickup=0)
    slow, _ = with_model(task, statistics_with(3), np.random.default_rng(1))
    fast, _ = with_model(task, statistics_with(32), np.random.default_rng(1))
    assert 0.5 < slow.pace < fast.pace < 4


def test_a_subject_s_model_is_a_lively_one_where_there_is_one():
    task = task_for("subject", "4/4", pickup=0)
    drawn = [
        with_model(task, statistics_with(6, 18), np.random.default_rng(seed), least_pace=0.75) for seed in range(9)
    ]
    assert {len(model.onsets_beat) for _, model in drawn} == {18}
    told, model = with_model(task, statistics_with(6), np.random.default_rng(1), least_pace=0.75)
    assert len(model.onsets_beat) == 6
    assert told.pace > 6 / 8


@pytest.mark.parametrize(("meter", "beats"), [("6/8", 8), ("6/8", 4), ("12/8", 4), ("12/8", 8)])
def test_the_pace_of_an_opening_in_another_compound_meter_is_its_own(meter, beats):
    task = task_for("period", meter, pickup=0)
    onsets = tuple(float(place) / 2 for place in range(2 * beats))  # two notes in every beat, for so many beats
    statistics = replace(
        load_statistics("bach"), openings=(Opening("major", "compound", onsets, (0,) * len(onsets), 1),)
    )
    told, model = with_model(task, statistics, np.random.default_rng(1))
    assert model is None or told.pace == pytest.approx(2.0, abs=0.07)


def test_a_style_without_openings_has_no_model_and_its_own_pace():
    task = task_for("period", "4/4", pickup=0)
    told, model = with_model(task, statistics_with(), np.random.default_rng(1))
    assert model is None
    assert told is task
    assert told.pace is not None


def test_two_bars_of_one_note_are_no_idea():
    task = task_for("period", "4/4", pickup=0)
    beat = task.meter.beat_ticks
    held, moving = [(0, 8 * beat, 72)], [(place * beat, beat, 72 + place) for place in range(5)]
    assert likeness_to_style(held, task, [], None) < likeness_to_style(moving, task, [], None) == 0


@pytest.mark.parametrize(("style", "lowest"), [("bach", 62), ("mozart", 62), ("joplin", 67), ("schubert", 65)])
def test_a_new_tune_lies_where_the_tunes_of_its_style_lie(style, lowest):
    setting = setting_for("chain", "3/4", pickup=0, style=style)
    assert setting.new_tune_compass == (lowest, 84)
    assert setting.melody_compass[0] == 62  # a return in another key may lie lower


def test_of_two_equal_tunes_the_one_in_its_style_s_register_is_better():
    task, statistics = task_for("chain", "3/4", pickup=0), load_statistics("bach")
    tune = [(step * TICKS_PER_QUARTER, TICKS_PER_QUARTER, pitch) for step, pitch in enumerate((74, 73, 71, 69, 71, 74))]
    deep = [(onset, length, pitch - 12) for onset, length, pitch in tune]
    end_tick = 6 * TICKS_PER_QUARTER
    assert task.usual_pitch == 71
    assert rate_tune(tune, task, statistics, end_tick) == pytest.approx(
        rate_tune(deep, task, statistics, end_tick) + 0.5 * (71 - 60 - 2.5)
    )
