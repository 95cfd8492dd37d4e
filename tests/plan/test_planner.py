"""From a few lines to a plan with nothing left open; what is stated is never changed; sections stand for themselves."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.errors import PlanError
from composer.plan.brief import Brief
from composer.plan.forms import form_names
from composer.plan.links import join_problems
from composer.plan.model import PhraseEntry, Plan, SectionEntry
from composer.plan.numerals import parse_harmony, parse_key_path
from composer.plan.outline import phrase_places
from composer.plan.planner import plan_piece, resolve
from composer.plan.playing import played_sections
from composer.plan.reader import lines_of, parse_plan, read_plan
from composer.plan.writer import format_plan
from composer.style_statistics import parse_degree
from composer.theory.key import parse_key
from composer.theory.meter import parse_meter

_KEYS_AND_METERS = [("Eb major", "2/4"), ("C minor", "3/4"), ("C# minor", "4/4"), ("F major", "6/8")]
THREE_LINES = {"form": "rondo", "style": "small", "key": "G major"}
REFRAIN = "G2 B2 d2 | c2 A2 F2 | G2 B2 e2 | d4 z2"


def rondo(**changes) -> Plan:
    """A rondo as a person writes it, with section C changed."""
    return Plan.model_validate(
        {
            **THREE_LINES,
            "meter": "3/4",
            "seed": 3,
            "themes": {"refrain": {"bars": 8, "melody": REFRAIN}, "couplet": {"bars": 8}},
            "sections": [
                {"label": "A", "theme": "refrain", "bars": 8, "key": "I", "cadence": "PAC"},
                {"label": "B", "theme": "couplet", "bars": 8, "key": "V", "cadence": "HC"},
                {"label": "A", "copy_of": "A"},
                {"label": "C", "bars": 12, "key": "vi", "theme": "none", **changes},
                {"label": "A", "copy_of": "A", "recall": "full"},
            ],
        }
    )


@pytest.mark.parametrize("form", form_names())
@pytest.mark.parametrize(("key", "meter"), _KEYS_AND_METERS)
def test_every_form_is_planned_in_both_modes_and_every_meter(form, key, meter, planned, library):
    plan = planned(form=form, key=key, meter=meter)
    assert plan.key == key
    assert plan.meter == meter
    assert plan.bars == sum(phrase.bars for section in plan.sections for phrase in section.phrases)
    last = plan.section(played_sections(plan)[-1])
    assert last.cadence == "PAC"
    assert parse_key_path(last.key, parse_key(key))[-1] == parse_key(key)
    assert join_problems(plan) == ()
    assert resolve(plan, library=library) == plan


def test_equal_briefs_give_equal_plans(planned):
    assert planned(seed=5) == planned(seed=5)
    assert planned(seed=5) != planned(seed=6)


def test_a_seed_that_was_drawn_is_in_the_plan(library):
    plan = plan_piece(Brief(form="binary", style="small"), library=library)
    assert plan_piece(Brief(form="binary", style="small", seed=plan.seed), library=library) == plan


def test_three_lines_are_enough(library):
    plan = resolve(Plan.model_validate(THREE_LINES), library=library)
    assert plan.title == "Rondo in G major"
    assert all(section.phrases for section in plan.sections)
    assert resolve(Plan.model_validate(THREE_LINES), library=library) == plan


def test_stated_values_are_never_changed(library):
    stated = rondo(
        phrases=[
            {"bars": 4, "cadence": "HC", "harmony": "i | iv6 | ? | V", "texture": "unison", "density": 0.9},
            {"bars": 8, "cadence": "PAC", "dynamics": "ff", "tempo_factor": 0.8},
        ],
        dynamics="p",
        ritard=0.3,
    )
    resolved = resolve(stated, library=library)
    section = resolved.section("C")
    assert (section.bars, section.key, section.ritard, section.dynamics.level) == (12, "vi", 0.3, "p")
    first, second = section.phrases
    assert (first.cadence, first.texture, first.density) == ("HC", "unison", 0.9)
    assert first.harmony.startswith("i | iv6 | ")
    assert first.harmony.endswith(" | V")
    assert "?" not in first.harmony
    assert (second.dynamics.level, second.tempo_factor) == ("ff", 0.8)
    assert resolved.themes["refrain"].melody == REFRAIN


@pytest.mark.parametrize(
    "change",
    [
        {"bars": 16},
        {"key": "IV"},
        {"cadence": "HC"},
        {"density": 0.9},
        {"take": 2},
        {"harmony": "i | iv | V | i | i | iv | V | i | i | iio6 | V | i"},
    ],
)
def test_a_change_of_section_c_changes_nothing_else(change, library):
    before = resolve(rondo(cadence="PAC"), library=library)
    after = resolve(rondo(**{"cadence": "PAC", **change}), library=library)
    assert after.section("C") != before.section("C")
    assert [s for s in after.sections if s.id != "C"] == [s for s in before.sections if s.id != "C"]
    assert after.themes == before.themes


def test_a_change_in_a_resolved_plan_changes_nothing_else(planned, library):
    plan = planned(form="rondo", bars=80)
    index = next(i for i, section in enumerate(plan.sections) if section.id == "C")
    edited = plan.sections[index].model_copy(update={"key": "ii", "phrases": None, "leaves": None, "bars": 16})
    changed = plan.model_copy(update={"sections": (*plan.sections[:index], edited, *plan.sections[index + 1 :])})
    after = resolve(changed, library=library)
    assert [s for s in after.sections if s.id != "C"] == [s for s in plan.sections if s.id != "C"]
    follower = plan.sections[index + 1]
    assert [problem.message for problem in join_problems(after)] == [
        (
            f"{follower.id} was planned to follow {follower.enters.chord} in {follower.enters.key}, "
            "but C leaves i in A minor"
        )
    ]


def test_another_take_draws_the_section_afresh(library):
    first, second = resolve(rondo(take=1), library=library), resolve(rondo(take=2), library=library)
    assert first.section("C").phrases != second.section("C").phrases


def test_a_returning_theme_has_its_numerals_and_phrases(planned):
    plan = planned(form="rondo", bars=96)
    returns = [section for section in plan.sections if section.theme == "refrain" and section.fidelity == 1]
    assert len(returns) >= 3
    count = len(plan.themes["refrain"].phrases)
    first = [(p.harmony, p.cadence, p.formula) for p in returns[0].phrases[:count]]
    for section in returns[1:]:
        assert [(p.harmony, p.cadence, p.formula) for p in section.phrases[:count]] == first


def test_a_theme_in_the_other_mode_changes_its_numerals(library):
    plan = resolve(rondo(theme="couplet", bars=8, key="v"), library=library)
    major, minor = plan.section("B").phrases[0].harmony, plan.section("C").phrases[0].harmony
    assert major != minor
    assert "I" not in [word for word in minor.split() if word in ("I", "IV", "vi")]


def test_reharmonize_draws_a_theme_other_chords(library):
    plain = resolve(rondo(theme="couplet", bars=8, key="V"), library=library).section("C")
    other = resolve(rondo(theme="couplet", bars=8, key="V", **{"as": ["reharmonize"]}), library=library).section("C")
    assert [p.harmony for p in plain.phrases] != [p.harmony for p in other.phrases]
    assert [p.theme_bars for p in plain.phrases] == [p.theme_bars for p in other.phrases]


def test_the_cadence_follows_a_pinned_tune(library):
    plan = resolve(rondo(), library=library)
    # The tune's fourth bar ends on the fifth degree: a half cadence.
    assert [phrase.cadence for phrase in plan.themes["refrain"].phrases] == ["HC", "PAC"]


def test_an_upbeat_of_the_tune_becomes_the_upbeat_of_the_piece(library):
    plan = Plan.model_validate(
        {
            **THREE_LINES,
            "meter": "3/4",
            "themes": {"refrain": {"melody": "D2 | G2 B2 d2 | c2 A2 F2 | G2 B2 d2 | G4"}},
            "sections": [{"label": "A", "theme": "refrain", "bars": 4}],
        }
    )
    resolved = resolve(plan, library=library)
    assert resolved.pickup == 1
    assert resolved.themes["refrain"].bars == 4
    assert resolved.section("A").phrases[0].theme_bars is not None


@pytest.mark.parametrize("bars", [40, 60, 72, 100, 121])
def test_a_rondo_comes_near_the_wished_length(bars, planned):
    plan = planned(form="rondo", bars=bars)
    assert abs(plan.bars - bars) <= 4
    assert all(section.bars % 4 == 0 for section in plan.sections if section.function == "theme")


def test_a_form_that_cannot_be_so_long_says_so(planned):
    with pytest.raises(PlanError, match=r"from .* to .* bars"):
        planned(form="rondo", bars=1000)


def test_dynamics_are_never_constant(planned):
    for seed in range(5):
        plan = planned(form="ternary", seed=seed)
        assert len({section.dynamics.level for section in plan.sections}) > 1
        assert len({phrase.dynamics.shape for section in plan.sections for phrase in section.phrases}) > 1


def test_a_chorale_has_lines_with_fermatas_as_long_as_those_of_its_style(library):
    lengths = Counter()
    for seed in range(20):
        plan = plan_piece(Brief(form="chorale", style="small", meter="4/4", seed=seed), library=library)
        phrases = [phrase for section in plan.sections for phrase in section.phrases]
        assert plan.ensemble == "chorale"
        assert len(phrases) == 6
        assert all(phrase.fermata for phrase in phrases)
        assert all(section.bars == sum(phrase.bars for phrase in section.phrases) for section in plan.sections)
        assert plan.themes["stollen"].bars == plan.section("A").bars
        assert played_sections(plan) == ("A", "A", "B")
        lengths.update(phrase.bars for phrase in phrases)
    assert set(lengths) == {2, 3, 4}
    assert lengths[4] > lengths[2] > lengths[3]  # the style has 20 phrases of four bars, five of two and one of three


@pytest.mark.parametrize("bars", [12, 16, 20, 24])
def test_a_chorale_of_a_wished_length_has_lines_of_eight_quarters_or_of_the_style(planned, bars):
    for seed in range(6):
        plan = planned(form="chorale", bars=bars, seed=seed)
        phrases = [phrase for section in plan.sections for phrase in section.phrases]
        assert sum(phrase.bars for phrase in phrases) == plan.bars == bars
        assert all(phrase.fermata for phrase in phrases)
        assert {phrase.bars for phrase in phrases} <= {2, 3, 4}
        assert bars > 12 or {phrase.bars for phrase in phrases} == {2}


def test_a_phrase_that_states_a_theme_of_two_phrases_has_its_cadence_at_its_end(library):
    phrases = [{"bars": 8, "theme": "couplet"}, {"bars": 4, "theme": "none"}]
    resolved = resolve(rondo(bars=12, theme="couplet", phrases=phrases), library=library)
    inside = resolved.themes["couplet"].phrases[-1].formula
    whole = resolved.section("C").phrases[0].formula
    assert inside is not None
    before = 8 - resolved.themes["couplet"].phrases[-1].bars
    assert whole.onsets == tuple(onset + before * 3 for onset in inside.onsets)  # behind the theme's first bars
    again = parse_plan(format_plan(resolved), known_styles=["small"])
    assert resolve(again, library=library) == resolved


def test_a_style_mix_is_planned(planned):
    plan = planned(style={"small": 0.7, "other": 0.3})
    assert plan.style == {"small": 0.7, "other": 0.3}


def test_problems_of_a_plan_made_in_python_name_the_field(library):
    with pytest.raises(PlanError, match=r"<plan> sections\[3\]\.key: no key"):
        resolve(rondo(key="H"), library=library)


def test_pinned_chords_that_contradict_the_cadence_are_refused(library):
    with pytest.raises(PlanError, match="which is no PAC"):
        resolve(rondo(bars=4, cadence="PAC", harmony="i | iv | V | VI"), library=library)


def test_a_formula_that_its_harmony_has_outgrown_is_refused(planned, library):
    plan = planned()
    section = plan.section("B")
    last = section.phrases[-1]
    assert last.formula is not None
    first, *others = last.formula.chords
    wrong = last.formula.model_copy(update={"chords": ("viio65" if first != "viio65" else "ii", *others)})
    phrases = (*section.phrases[:-1], last.model_copy(update={"formula": wrong}))
    changed = section.model_copy(update={"phrases": phrases})
    sections = tuple(changed if other.id == "B" else other for other in plan.sections)
    with pytest.raises(PlanError, match=r"formula has .* beats after .*, its harmony .*take `formula` out"):
        resolve(plan.model_copy(update={"sections": sections}), library=library)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    form=st.sampled_from(form_names()),
    key=st.sampled_from(["G major", "E minor", "Bb major", "F# minor"]),
    meter=st.sampled_from(["2/4", "3/4", "4/4", "6/8"]),
)
def test_cadences_are_what_they_are_called(seed, form, key, meter, library_of_module):
    plan = plan_piece(Brief(form=form, style="small", seed=seed, key=key, meter=meter), library=library_of_module)
    bar = parse_meter(meter)
    for place in phrase_places(plan):
        assert len(place.slots) > 1, "no chord stands for a whole phrase"
        last, before = place.slots[-1], place.slots[-2]
        chord, key_ = last.chord, last.key
        if place.entry.cadence == "PAC":
            assert (chord.relative_root, chord.inversion) == (0, 0)
            assert (before.chord.relative_root, before.chord.inversion) == (7, 0)
            assert parse_degree(place.entry.formula.soprano[-1], key_.mode) == 0
        if place.entry.cadence == "HC":
            assert (chord.relative_root, chord.quality, chord.inversion) == (7, "major", 0)
        if place.entry.cadence in ("PAC", "HC"):
            assert bar.strength((last.start_tick - place.bar_tick) % bar.bar_ticks) >= 3


def test_harmony_of_every_phrase_can_be_read(planned):
    plan = planned(form="sonata", key="D minor", meter="4/4")
    home = parse_key(plan.key)
    for section in plan.sections:
        keys = parse_key_path(section.key, home)
        for phrase in section.phrases:
            key = parse_key_path(phrase.key, home)[0] if phrase.key else keys[0]
            slots = (
                parse_harmony(
                    phrase.harmony, key=key, home=home, meter=parse_meter("4/4"), bars=phrase.bars, pickup_tick=0
                )
                if not plan.pickup
                else ()
            )
            assert all(slot.numeral for slot in slots)


def test_entries_may_be_built_in_python(library):
    plan = Plan(
        form="binary",
        style={"small": 1.0},
        key="F major",
        meter="2/4",
        sections=(SectionEntry(label="A", phrases=(PhraseEntry(bars=4, cadence="HC"), PhraseEntry(bars=4))),),
    )
    assert resolve(plan, library=library).section("A").bars == 8


IMPOSSIBLE = """form: ternary
style: small
key: C major
meter: "4/4"
themes:
  t: {bars: 4}
sections:
  - {label: A, theme: t, bars: 4, cadence: PAC}
  - label: B
    key: V
    phrases:
      - {bars: 4, cadence: HC}
      - {bars: 2, cadence: PAC}
"""


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (("- {bars: 2, cadence: PAC}", '- {bars: 2, cadence: PAC, harmony: "IV | IV"}'), 13, "B, phrase 2"),
        (("cadence: HC}", "cadence: HC, theme: t, fidelity: 1}"), 12, "states the theme t"),
        (("t: {bars: 4}", 't: {bars: 4, harmony: "I | IV | IV | IV", phrases: [{bars: 4, cadence: PAC}]}'), 6, "way"),
    ],
)
def test_what_cannot_be_followed_is_told_with_its_line(change, line, words, library, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(IMPOSSIBLE.replace(*change))
    plan = read_plan(path, known_styles=("small",))
    with pytest.raises(PlanError) as caught:
        resolve(plan, folder=tmp_path, locate=lines_of(path), library=library)
    (problem,) = caught.value.problems
    assert (problem.place.source, problem.place.line) == (str(path), line)
    assert words in problem.message
    with pytest.raises(PlanError, match=r"<plan> (sections|themes)"):
        resolve(plan, library=library)


def test_what_cannot_be_followed_in_a_drawn_form_names_no_line_of_the_file(library, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("form: ./odd.yaml\nstyle: small\nkey: C major\n")
    (tmp_path / "odd.yaml").write_text(
        "template: 1\nname: odd\ndescription: voices where there are none\nensemble: line\n"
        "themes: {s: {bars: 2, type: subject}}\nsections:\n"
        "  - {label: A, function: theme, theme: s, bars: 2, key: {major: I, minor: i}, cadence: PAC,\n"
        "     voices: [alto], passages: [{themes: 1, entries: [{voice: alto, bar: 1}]}]}\n"
    )
    with pytest.raises(PlanError, match="voices cannot enter one by one in the ensemble line") as caught:
        resolve(read_plan(path, known_styles=("small",)), folder=tmp_path, locate=lines_of(path), library=library)
    assert [problem.place for problem in caught.value.problems] == [None]
