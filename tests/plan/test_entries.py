"""Entries of themes in plans: fugues and inventions, their keys, their harmony, and what is wrong with some."""

from __future__ import annotations

from itertools import pairwise

import pytest

from composer.errors import PlanError
from composer.plan.brief import Brief
from composer.plan.entries import entered
from composer.plan.material import theme_of
from composer.plan.outline import phrase_places, plan_outline
from composer.plan.planner import plan_piece, resolve
from composer.plan.reader import parse_plan as read_text
from composer.plan.writer import format_plan
from composer.theory.key import parse_key

# C minor, WTC I: the subject as Bach wrote it.
FUGUE = """
plan: 1
form: fugue
style: small
key: C minor
meter: "4/4"
pickup: 0
seed: 7
themes:
  subject: {bars: 2, melody: "z c/=B/ c G A c/=B/ c d | G c/=B/ c d F/G/ A2 G/F/"}
"""
OWN = """
plan: 1
form: binary
style: small
key: C major
meter: "4/4"
pickup: 0
themes:
  motto: {bars: 1, type: subject, melody: "C2 E2 G4"}
sections:
  - label: A
    theme: motto
    bars: 4
    cadence: PAC
    entries:
      - {voice: soprano, bar: 1}
      - {voice: bass, bar: 2, answer: tonal}
"""
PHRASES = """    phrases:
      - {bars: 1, entries: [{voice: soprano, bar: 1}]}
      - {bars: 3, cadence: PAC}
"""


def parse_plan(text, source="<plan>"):
    return read_text(text, source=source, known_styles=("small",))


def entries_of(plan):
    return [(place, entry) for place in phrase_places(plan) for entry in place.entry.entries or ()]


@pytest.mark.parametrize("key", ["D major", "D minor"])
@pytest.mark.parametrize("form", ["fugue", "invention"])
@pytest.mark.parametrize("seed", range(30))
def test_every_seed_makes_a_plan_that_is_read_and_resolved_again_as_it_was(planned, library, form, key, seed):
    if seed % 3:  # the others are made by the slow test of every form
        meter = ("4/4", "3/4", "2/4", "6/8")[seed % 4]
    else:
        meter = "4/4"
    plan = planned(form=form, key=key, seed=seed, meter=meter)
    assert plan.sections[-1].cadence == "PAC"
    assert parse_plan(format_plan(plan)) == plan
    assert resolve(plan, library=library) == plan


def test_the_exposition_has_one_voice_then_two_then_three(planned):
    exposition = planned(form="fugue", key="C minor").sections[0]
    sounding = [phrase.voices or exposition.voices for phrase in exposition.phrases]
    assert [len(voices) for voices in sounding] == [1, 2, 3]
    subjects = [entry for phrase in exposition.phrases for entry in phrase.entries or () if entry.theme == "subject"]
    assert [entry.voice for entry in subjects] == ["alto", "soprano", "bass"]


@pytest.mark.parametrize(("home", "dominant"), [("C minor", "G minor"), ("E major", "B major")])
def test_the_answer_stands_in_the_dominant(planned, home, dominant):
    plan = planned(form="fugue", key=home)
    answer = plan.sections[0].phrases[1]
    assert [(entry.theme, entry.answer) for entry in answer.entries] == [
        ("subject", "tonal"),
        ("countersubject", "real"),
    ]
    place = phrase_places(plan)[1]
    answered = [slot for slot in place.slots if slot.start_tick < place.start_tick + 2 * 4 * 10080]
    assert {slot.key for slot in answered} == {parse_key(dominant)}


def test_the_answer_of_a_known_subject_is_bach_s(library):
    plan = resolve(parse_plan(FUGUE), library=library)
    _, entry = entries_of(plan)[1]
    theme = entered(theme_of(plan, "subject"), entry, home=parse_key("C minor"), seed=1, names=())
    names = [str(parse_key("G minor").spell(note.pitch)) for note in theme.melody.notes[:10]]
    assert [name.rstrip("0123456789") for name in names] == ["G", "F#", "G", "C", "Eb", "G", "F#", "G", "A", "D"]


def test_harmony_hears_the_entry(library):
    plan = resolve(parse_plan(FUGUE), library=library)
    plan_notes = 0
    misses = 0
    for place, entry in entries_of(plan):
        theme = entered(theme_of(plan, "subject"), entry, home=parse_key("C minor"), seed=1, names=())
        for note in theme.melody.notes:
            tick = place.bar_tick + (entry.bar - 1) * 4 * 10080 + note.onset_tick
            slot = next(slot for slot in place.slots if slot.start_tick <= tick < slot.end_tick)
            if note.onset_tick % 10080 == 0:  # on the beats
                plan_notes += 1
                misses += note.pitch % 12 not in slot.chord.pitch_classes(slot.key)
    assert plan_notes > 40
    assert misses < 0.4 * plan_notes


@pytest.mark.parametrize("key", ["F major", "F minor"])
def test_voices_of_an_invention_do_not_breathe_before_every_entry(planned, key):
    plan = planned(form="invention", key=key)
    assert [[phrase.bars for phrase in section.phrases] for section in plan.sections] == [[2, 5], [4, 5], [4, 4]]
    second = plan.sections[1].phrases[0]
    assert [(entry.voice, entry.bar, entry.key) for entry in second.entries] == [
        ("bass", 1, second.key.split(" -> ")[0]),
        ("soprano", 3, second.key.split(" -> ")[1]),
    ]


def test_where_a_subject_enters_in_another_key_the_music_stays_in_that_key(library):
    # The second bar alone has an entry in the dominant; what is free behind it does not fall back.
    text = """plan: 1
form: invention
style: small
key: C major
meter: 4/4
seed: 3
themes: {subject: {bars: 1, melody: "c2 d2 e2 g2"}}
sections:
  - {label: A, theme: subject, key: I -> V, bars: 8, phrases: [
      {bars: 8, cadence: PAC, entries: [{voice: soprano, bar: 1}, {voice: bass, bar: 2, key: V}]}]}
"""
    place = phrase_places(resolve(parse_plan(text), library=library))[0]
    keys = [(slot.start_tick // (4 * 10080), str(slot.key)) for slot in place.slots]
    assert {key for bar, key in keys if bar >= 1} == {"G major"}


def test_links_of_a_sequence_fall_by_fifths_beside_other_entries(planned):
    plan = planned(form="invention", key="C major", seed=1)
    phrase = plan.section("B").phrases[1]  # two links in one key, then an entry in the next
    assert [(entry.bar, entry.step) for entry in phrase.entries] == [(1, None), (2, -1), (3, None)]
    place = next(one for one in phrase_places(plan) if one.section.id == "B" and one.index == 1)
    slots = [slot for slot in place.slots if slot.start_tick < place.start_tick + 2 * 4 * 10080]
    roots = [slot.chord.relative_root for slot in slots if slot.key == place.slots[0].key]
    assert roots[0] == 0
    assert {(one - later) % 12 for one, later in pairwise(roots)} <= {6, 7}


def test_an_answer_behind_another_key_answers_there(tmp_path, library):
    (tmp_path / "own.yaml").write_text("""template: 1
name: own
description: An answer in another key.
meters: ["4/4"]
themes: {s: {bars: 2, type: subject}}
sections:
  - {label: A, function: theme, theme: s, bars: 4, key: {major: I -> vi, minor: i -> III}, cadence: PAC,
     voices: [soprano, bass], passages: [{themes: 1, keys: 1, entries: [{voice: bass, bar: 1}]},
       {themes: 1, keys: 2, entries: [{voice: soprano, bar: 1, answer: real}]}]}
""")
    brief = Brief(form="own.yaml", style="small", key="C major", seed=1)
    (phrase,) = plan_piece(brief, folder=tmp_path, library=library).sections[0].phrases
    assert [(entry.bar, entry.key) for entry in phrase.entries] == [(1, "I"), (3, "iii")]


def test_an_episode_takes_the_head_down_by_steps_in_changing_voices(planned):
    plan = planned(form="fugue", key="C major")
    episode = plan.section("Episode").phrases[0]
    assert [entry.voice for entry in episode.entries] == ["soprano", "alto", "soprano"]
    assert [entry.step for entry in episode.entries] == [None, -1, -2]
    assert {entry.theme_bars for entry in episode.entries} == {"1"}
    place = next(place for place in phrase_places(plan) if place.section.id == "Episode")
    roots = [slot.chord.relative_root for slot in place.slots[:6]]
    assert roots == [0, 5, 11, 4, 9, 2]  # falling fifths: I IV vii iii vi ii


def test_the_longer_a_subject_the_longer_the_fugue(library):
    long = parse_plan(FUGUE.replace("bars: 2, melody", "bars: 3, melody").replace("G/F/", "G/F/ | _E8"))
    short, longer = (resolve(plan, library=library) for plan in (parse_plan(FUGUE), long))
    assert longer.bars - short.bars >= 3
    assert longer.sections[0].bars == short.sections[0].bars + 3


def test_the_texture_is_as_thick_as_there_are_voices(planned):
    plan = planned(form="fugue", key="C major")
    outline = plan_outline(plan)
    sums = {}
    for place in phrase_places(plan)[:3]:
        span = next(span for span in outline.textures if span.start_tick == place.start_tick)
        sums[place.index] = sum(span.polyphony)
    assert sums == {0: 1, 1: 2, 2: 3}


def test_a_section_with_entries_of_its_own_is_divided_at_them(library):
    plan = resolve(parse_plan(OWN), library=library)
    section = plan.sections[0]
    assert section.entries is None
    assert section.voices == ("soprano", "bass")
    assert [(phrase.bars, phrase.voices) for phrase in section.phrases] == [
        (1, ("soprano",)),
        (3, ("soprano", "bass")),
    ]
    assert section.phrases[1].entries[0].key == "V"
    assert resolve(plan, library=library) == plan


def test_the_form_s_countersubject_is_there_only_where_the_form_s_own_entries_are(library):
    section = "{label: Exposition, theme: subject, bars: 4, cadence: PAC, entries: [{voice: alto, bar: 1}]}"
    sections = f"sections:\n  - {section}\n"
    own, whole = (resolve(parse_plan(text), library=library) for text in (FUGUE + sections, FUGUE))
    assert list(own.themes) == ["subject"]
    assert list(whole.themes) == ["subject", "countersubject"]


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("voice: bass, bar: 2", "voice: bass, bar: 5", 17, "ends in bar 5, its section has 4"),
        ("voice: bass, bar: 2", "voice: soprano, bar: 1", 17, "the soprano still has the entry of bar 1"),
        ("bar: 2, answer", 'bar: 2, theme_bars: "2", answer', 17, "the theme has 1"),
        ("bar: 2, answer", "bar: 2, beat: 5, answer", 17, "a bar of 4/4 has 4"),
        ("bar: 2, answer", "bar: 2, theme: moto, answer", 17, 'no theme "moto"'),
        ("bar: 2, answer", "bar: 2, key: X, answer", 17, 'no key "X"'),
        ("bar: 2, answer: tonal", "bar: 2, key: V -> I", 17, "an entry stands in one key"),
        ("themes:\n", "themes:\n  other: {against: moto}\n", 9, 'no theme "moto"'),
        ("themes:\n", "themes:\n  other: {against: other}\n", 9, "is a countersubject itself"),
        ("themes:\n", "themes:\n  other: {against: motto, bars: 2}\n", 9, "its subject 1"),
        ("    theme: motto\n", "", 15, "takes up no theme"),
        ("    bars: 4\n", "    bars: 4\n    voices: [bass, soprano]\n", 14, "from the top"),
        ("    bars: 4\n", "    bars: 4\n    voices: [soprano]\n", 18, "the bass does not sound here"),
        ("meter:", "ensemble: song\nmeter:", 17, "in the ensemble song"),
        ("    bars: 4\n", "    phrases: [{bars: 4}]\n", 16, "say them at its phrases"),
    ],
)
def test_what_is_wrong_with_an_entry_is_told_with_its_line(old, new, line, told):
    text = OWN.replace(old, new, 1)
    with pytest.raises(PlanError) as error:
        parse_plan(text, source="mine.yaml")
    found = [problem for problem in error.value.problems if told in str(problem)]
    assert found, str(error.value)
    assert found[0].place.line == line


@pytest.mark.parametrize("ensemble", ["quartet", "chorale"])
def test_four_players_have_four_entries(planned, ensemble):
    plan = planned(form="fugue", key="C minor", ensemble=ensemble)
    exposition = plan.sections[0]
    subjects = [entry for phrase in exposition.phrases for entry in phrase.entries or () if entry.theme == "subject"]
    assert [entry.voice for entry in subjects] == ["alto", "soprano", "bass", "tenor"]
    assert subjects[-1].key == "v"
    assert all(section.voices == ("soprano", "alto", "tenor", "bass") for section in plan.sections)


def test_some_fugues_in_minor_end_with_a_major_chord(planned):
    ends = {planned(form="fugue", key="C minor", seed=seed).sections[-1].leaves.chord for seed in range(8)}
    assert ends == {"i", "I"}
    assert {planned(form="fugue", key="C major", seed=seed).sections[-1].leaves.chord for seed in range(8)} == {"I"}


def test_where_voices_enter_no_other_phrase_states_the_theme(library):
    plan = resolve(
        parse_plan(OWN.replace("    bars: 4\n", "").replace(OWN[OWN.index("    entries:") :], PHRASES)), library=library
    )
    assert [phrase.theme for phrase in plan.sections[0].phrases] == ["none", "none"]


def test_a_fugue_for_a_single_line_is_refused(planned):
    with pytest.raises(PlanError, match="ensemble line"):
        planned(form="fugue", ensemble="line")
