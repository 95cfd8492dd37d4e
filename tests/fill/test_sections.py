"""A section as the particle filter gets it: its lead-in, its end, what it hears of its theme."""

from __future__ import annotations

import numpy as np
import pytest

from composer.fill.followed import RECALLED_LEVEL
from composer.fill.formulas import give_cadence_basses
from composer.fill.given import nothing_given
from composer.fill.goals import CADENCE
from composer.fill.local import Local
from composer.fill.particles import Stretch, run_filter
from composer.fill.rhythm import usual_onsets
from composer.fill.sections import section_stretch
from composer.fill.setting import Setting, make_setting
from composer.plan.model import Link
from composer.plan.outline import plan_outline
from composer.plan.planner import resolve
from composer.plan.reader import parse_plan
from composer.roll.grid import STEP_TICKS
from composer.roll.pins import FREE, HELD, SILENT, STRUCK
from composer.roll.reference import level_of
from composer.style import load_statistics
from composer.theory.meter import parse_meter

PLAN = """
plan: 1
form: ternary
style: bach
ensemble: keyboard
key: D major
meter: "4/4"
pickup: {pickup}
seed: 2
themes: {{first: {{bars: 2, type: chain}}}}
sections:
  - {{label: A, theme: first, bars: 2, key: I, cadence: PAC}}
  - label: B
    theme: none
    bars: 2
    key: V
    cadence: PAC
    enters: {{key: D major, chord: I, bass: D3, top: F#5}}
    leaves: {{key: A major, chord: I, bass: A3, top: A5}}
  - {{label: C, theme: first, fidelity: 0.5, bars: 2, key: I, cadence: PAC}}
"""


@pytest.fixture(scope="module")
def prepared():
    """The stretch of each section, before and after a change of its links."""

    def prepare(
        pickup: int = 0,
        *,
        top: str | None = None,
        register: str = "middle",
        with_formula: bool = True,
        dominant_beats: float | None = None,
        as_setting: bool = False,
        **links: Link | None,
    ) -> dict[str, tuple[Stretch, Local]] | Setting:
        plan = resolve(parse_plan(PLAN.format(pickup=pickup)))
        entry = plan.section("B").model_copy(update={**links, "tessitura": register})
        if not with_formula:
            phrases = tuple(phrase.model_copy(update={"formula": None}) for phrase in entry.phrases)
            entry = entry.model_copy(update={"phrases": phrases})
        if top is not None:  # in place of every note of the formula's top voice
            phrase = entry.phrases[-1]
            formula = phrase.formula.model_copy(update={"soprano": (top,) * len(phrase.formula.soprano)})
            entry = entry.model_copy(
                update={"phrases": (*entry.phrases[:-1], phrase.model_copy(update={"formula": formula}))}
            )
        if dominant_beats is not None:  # of the formula's last two chords, the only ones then
            phrase = entry.phrases[-1]
            told = phrase.formula
            last = {name: getattr(told, name)[-2:] for name in ("chords", "soprano", "bass")}
            formula = told.model_copy(update={**last, "onsets": (told.onsets[-1] - dominant_beats, told.onsets[-1])})
            entry = entry.model_copy(
                update={"phrases": (*entry.phrases[:-1], phrase.model_copy(update={"formula": formula}))}
            )
        sections = tuple(entry if s.id == "B" else s for s in plan.sections)
        plan = plan.model_copy(update={"sections": sections})
        outline = plan_outline(plan)
        setting = make_setting(plan, outline, known={"bach": ("bach", load_statistics("bach"))})
        if as_setting:
            return setting
        return {
            section.id: section_stretch(setting, section, span, {})
            for section, span in zip(plan.sections, outline.sections, strict=True)
        }

    return prepare


def struck(stretch: Stretch, step: int) -> list[int]:
    return (np.flatnonzero(stretch.pins.code[step] == STRUCK) + stretch.low_pitch).tolist()


@pytest.mark.parametrize("pickup", [0, 1])
def test_the_lead_in_is_forced_to_the_chord_that_the_section_enters_from(prepared, pickup):
    stretch, local = prepared(pickup)["B"]
    lead = stretch.lead_in_steps
    assert lead == local.lead_in_steps == 16 - 4 * pickup
    assert FREE not in stretch.pins.code[:lead]
    notes = struck(stretch, 0)
    assert (notes[0], notes[-1]) == (50, 78)
    assert {note % 12 for note in notes} <= {2, 6, 9}
    held = stretch.pins.code[1:lead] == HELD
    assert (held.sum(axis=1) == len(notes)).all()
    assert (stretch.pins.code[lead] == FREE).any()


def test_the_lead_in_is_not_emitted(prepared, make_fake_source):
    stretch, _ = prepared()["B"]
    filled = run_filter(make_fake_source(), stretch, np.random.default_rng(1))
    assert filled.play.shape == (32, 56)
    assert not filled.play[0, 78 - 33] or filled.articulate[0, 78 - 33]


def test_the_first_section_has_no_lead_in(prepared):
    stretch, _ = prepared()["A"]
    assert stretch.lead_in_steps == 0


def test_a_section_ends_as_its_leaves_says(prepared):
    for bass, top in (("A2", "A4"), ("A3", "A5")):
        # A line that stays on the tonic: both octaves have room for it, whatever formula was drawn.
        stretch, _ = prepared(top="1", leaves=Link(key="A major", chord="I", bass=bass, top=top))["B"]
        onsets = np.flatnonzero((stretch.pins.code == STRUCK).any(axis=1))
        last = struck(stretch, onsets[-1])
        assert (last[0], last[-1]) == {"A2": (45, 69), "A3": (57, 81)}[bass]


def test_both_hands_may_move_on_in_the_last_beat_before_a_cadence(prepared):
    stretch, _ = prepared()["B"]
    begun = np.flatnonzero((stretch.pins.code == STRUCK).any(axis=1))
    last_beat = np.arange(begun[-1] - 3, begun[-1])
    assert (stretch.pins.code[last_beat] == FREE).all()
    assert (stretch.pins.code[begun[-1] + 1] == HELD).sum() == 2  # the last notes are as the formula has them


def test_the_dominant_keeps_its_bass_up_to_its_last_beat(prepared):
    stretch, _ = prepared(dominant_beats=3)["B"]
    begun = np.flatnonzero((stretch.pins.code == STRUCK).any(axis=1))
    dominant, end = begun[-2], begun[-1]
    assert end - dominant == 12
    bass = struck(stretch, dominant)[0] - stretch.low_pitch
    assert stretch.pins.code[dominant + 1 : end, bass].tolist() == [HELD] * 8 + [FREE] * 3
    assert not stretch.allowed[dominant:end, :bass].any()
    assert (stretch.pins.code[dominant + 1 : end, bass + 1 :] == FREE).all()


def test_a_dominant_shorter_than_a_beat_keeps_its_bass(prepared):
    stretch, _ = prepared(dominant_beats=0.5)["B"]
    begun = np.flatnonzero((stretch.pins.code == STRUCK).any(axis=1))
    bass = struck(stretch, begun[-2])[0] - stretch.low_pitch
    assert stretch.pins.code[begun[-2] : begun[-1], bass].tolist() == [STRUCK, HELD]


def cadence_bass(prepared, lengths: list[int], *, is_whole: bool = False):
    """The code of A under a cadence's bass D A D, with these lengths in sixteenths; the last one begins at step 16."""
    setting = prepared(as_setting=True)
    given = nothing_given(24, 56, setting.low_pitch, compass=(36, 84))
    onsets = (0, 8, 16)
    notes = [
        (onset * STEP_TICKS, length * STEP_TICKS, pitch)
        for onset, length, pitch in zip(onsets, lengths, (50, 45, 38), strict=True)
    ]
    give_cadence_basses(given, notes, setting, is_whole=is_whole)
    return given.code[8:16, 45 - setting.low_pitch].tolist()


def test_a_rest_after_the_dominants_bass_stays(prepared):
    assert cadence_bass(prepared, [8, 8, 4]) == [STRUCK, *[HELD] * 4, *[FREE] * 3]
    assert cadence_bass(prepared, [8, 6, 4]) == [STRUCK, *[HELD] * 5, SILENT, FREE]


def test_where_a_theme_returns_whole_its_cadence_does_too(prepared):
    assert cadence_bass(prepared, [8, 8, 4], is_whole=True) == [STRUCK, *[HELD] * 7]


def test_at_the_last_chord_only_its_notes_may_sound(prepared):
    stretch, _ = prepared()["B"]
    onset = np.flatnonzero((stretch.pins.code == STRUCK).any(axis=1))[-1]
    allowed = np.flatnonzero(stretch.allowed[onset]) + stretch.low_pitch
    assert {pitch % 12 for pitch in allowed} == {9, 1, 4}


def test_a_phrase_with_another_end_than_its_cadence_is_not_accepted(prepared):
    stretch, _ = prepared(top="-")["B"]
    onset = np.flatnonzero((stretch.pins.code == STRUCK).any(axis=1))[-1]
    play = np.zeros((3, stretch.num_steps, 56), bool)
    play[:2, onset, 57 - 33] = True
    play[0, onset, 81 - 33] = True  # A over A
    play[1, onset, 85 - 33] = True  # the third on top
    assert stretch.goals(play, play, 0, stretch.num_steps)[CADENCE].tolist() == [True, False, False]
    assert stretch.goals(play, play, 0, onset)[CADENCE].tolist() == [True] * 3  # not there yet


def test_a_cadence_without_given_notes_is_asked_for_in_its_last_two_chords(prepared):
    stretch, _ = prepared(with_formula=False)["B"]
    begins = np.flatnonzero(stretch.facts.chord_age == 0)
    dominant, tonic = begins[-2], begins[-1]
    assert not (stretch.pins.code[dominant:] == STRUCK).any()
    play = np.zeros((3, stretch.num_steps, 56), bool)
    play[:, dominant, 52 - 33] = True  # E
    play[:, tonic, [57 - 33, 81 - 33]] = True  # A over A
    play[1, dominant, 47 - 33] = True  # the dominant over its fifth
    play[2, tonic, 85 - 33] = True  # the third on top
    assert stretch.goals(play, play, 0, stretch.num_steps)[CADENCE].tolist() == [True, False, False]
    allowed = np.flatnonzero(stretch.allowed[tonic]) + stretch.low_pitch
    assert {pitch % 12 for pitch in allowed} == {9, 1, 4}


def test_what_is_given_at_the_cadence_is_not_asked_for_again(prepared):
    stretch, _ = prepared()["B"]
    onset = np.flatnonzero((stretch.pins.code == STRUCK).any(axis=1))[-1]
    play = np.zeros((1, stretch.num_steps, 56), bool)
    play[:, onset, 62 - 33] = True
    assert stretch.goals(play, play, 0, stretch.num_steps)[CADENCE].tolist() == [True]


@pytest.mark.parametrize(("register", "low", "high"), [("low", 36, 75), ("middle", 36, 84), ("high", 45, 84)])
def test_free_notes_keep_to_the_register(prepared, register, low, high):
    stretch, _ = prepared(register=register)["B"]
    pitches = np.flatnonzero(stretch.allowed[stretch.lead_in_steps :].any(axis=0)) + stretch.low_pitch
    assert (pitches.min(), pitches.max()) == (low, high)


def test_a_cadence_is_lower_in_a_low_register(prepared):
    ends = []
    for register in ("low", "middle", "high"):
        stretch, _ = prepared(register=register, leaves=None)["B"]
        onsets = np.flatnonzero((stretch.pins.code == STRUCK).any(axis=1))
        ends.append(struck(stretch, onsets[-1])[-1])
    assert ends == sorted(ends)
    assert ends[0] < ends[-1]


def test_bars_follow_each_other_and_phrases_end_with_theirs(prepared):
    for pickup in (0, 1):
        for stretch, local in prepared(pickup).values():
            starts = [first for first, _ in stretch.bars]
            ends = [end for _, end in stretch.bars]
            assert starts == [0, *ends[:-1]]
            assert ends[-1] == stretch.num_steps
            assert {ends[index] for index in stretch.phrase_ends} >= {p.end_tick // 2520 for p in local.phrases}


def test_a_phrase_hears_the_theme_that_it_follows_as_near_as_its_fidelity_says(stretches_heard):
    first, second, third = stretches_heard(resolve(parse_plan(PLAN.format(pickup=0))))[-3:]
    assert set(first.reference.level) == {RECALLED_LEVEL}
    assert set(second.reference.level) == {0}
    lead = third.lead_in_steps
    assert set(third.reference.level[:lead]) == {0}
    assert set(third.reference.level[lead:]) == {level_of(0.5)}
    np.testing.assert_array_equal(third.reference.play[lead:], first.reference.play)  # both are in the home key
    assert (third.pins.code[lead:] == FREE).mean() > 0.5  # it follows, it does not state


def test_a_phrase_of_little_fidelity_hears_the_rhythm_alone(stretches_heard):
    plan = resolve(parse_plan(PLAN.format(pickup=0).replace("fidelity: 0.5", "fidelity: 0.2")))
    heard = stretches_heard(plan)
    first, third = heard[-3], heard[-1]
    lead = third.lead_in_steps
    assert not third.reference.play.any()
    assert third.reference.rhythm_only[lead:].all()
    np.testing.assert_array_equal(third.reference.rhythm[lead:], first.reference.rhythm)
    assert third.reference.rhythm[lead:].any()


def test_a_phrase_in_sequence_hears_the_theme_in_sequence(stretches_heard):
    sequence = "{sequence: {step: -1, times: 1}}"
    text = PLAN.format(pickup=0).replace("fidelity: 0.5, bars: 2", f"fidelity: 0.5, bars: 4, as: [{sequence}]")
    stretch = stretches_heard(resolve(parse_plan(text)))[-1]
    lead = stretch.lead_in_steps
    model, copy = stretch.reference.articulate[lead : lead + 32], stretch.reference.articulate[lead + 32 :]
    top = [cells.shape[1] - 1 - cells[:, ::-1].argmax(axis=1) for cells in (model, copy)]
    onsets = model.any(axis=1)
    np.testing.assert_array_equal(onsets, copy.any(axis=1))
    assert set((top[0] - top[1])[onsets].tolist()) <= {1, 2}  # a step lower, note for note


@pytest.mark.parametrize("ensemble", ["line", "song"])
def test_a_line_moves_as_densely_as_its_phrases(ensemble):
    text = PLAN.format(pickup=0).replace("ensemble: keyboard", f"ensemble: {ensemble}")
    dense = text.replace("theme: none\n", "theme: none\n    density: 0.9\n")
    thin = dense.replace("density: 0.9", "density: 0.1")
    paces = []
    for each in (thin, text.replace("theme: none\n", "theme: none\n    density: 0.5\n"), dense):
        plan = resolve(parse_plan(each))
        outline = plan_outline(plan)
        setting = make_setting(plan, outline, known={"bach": ("bach", load_statistics("bach"))})
        stretch, _ = section_stretch(setting.as_line(), plan.section("B"), outline.sections[1], {})
        (told,) = set(stretch.facts.onsets_x8[stretch.lead_in_steps :, 1].tolist())
        paces.append(told / 8)
    usual = usual_onsets(load_statistics("bach"), parse_meter("4/4"))
    assert paces[0] < 0.8 * usual
    assert paces[1] == pytest.approx(usual, abs=0.07)
    assert paces[2] > 1.2 * usual


@pytest.mark.parametrize("pickup", [0, 1])
def test_beats_that_go_on_are_the_last_of_bars_and_never_in_the_lead_in(prepared, pickup):
    found = 0
    for stretch, _ in prepared(pickup).values():
        ends = np.flatnonzero(stretch.moving) + 1
        assert (ends > stretch.lead_in_steps).all()
        places = {int(stretch.facts.step_in_bar[end]) for end in ends if end < stretch.num_steps}
        assert places <= {0, 16 - 4 * pickup}  # bar lines, and an upbeat before them
        found += len(ends)
    assert found > 3


@pytest.mark.parametrize("rest", ["fermata: true", "ritard: 0.5", ""])
def test_under_a_fermata_or_held_back_nothing_has_to_go_on_at_the_end(stretches_heard, rest):
    """Bach's phrases rarely halt: of eight, some would be asked to go on at their ends."""
    phrases = ", ".join("{bars: 2, cadence: IAC" + (f", {rest}" if rest else "") + "}" for _ in range(8))
    sections = f"sections: [{{label: A, theme: none, key: I, phrases: [{phrases}]}}]\n"
    text = PLAN.format(pickup=0).split("themes:")[0] + sections
    stretch = stretches_heard(resolve(parse_plan(text)))[-1]
    ends = [32 * (n + 1) + stretch.lead_in_steps - 1 for n in range(8)]
    assert any(stretch.moving[ends]) == (not rest)
    assert not stretch.moving[ends[-1]]  # the piece comes to rest
    assert any(stretch.moving[[end - 16 for end in ends]])
