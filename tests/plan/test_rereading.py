"""What the planner writes for a plan in which only this or that is said is a plan again, and means the same."""

from __future__ import annotations

import pytest

from composer.errors import PlanError
from composer.plan.brief import Brief
from composer.plan.planner import plan_piece, resolve
from composer.plan.reader import parse_plan
from composer.plan.writer import format_plan

HEAD = """
plan: 1
form: {form}
style: small
key: {key}
{meter}
seed: {seed}
"""
TUNE = 'themes: {t: {melody: "G8 | A8 | B8 | %s8"}}\n'
UPBEAT = 'themes: {t: {melody: "D2 | G8 | A8 | B8 | G6"}}\n'


@pytest.fixture
def resolved(library):
    def plan(text, *, form="rondo", key="G major", meter='meter: "4/4"', seed=3):
        head = HEAD.format(form=form, key=key, meter=meter, seed=seed)
        return resolve(parse_plan(head + text, known_styles=["small"]), library=library)

    return plan


@pytest.fixture
def reread(resolved, library):
    """A plan resolved, written, and read again: it says the same."""

    def plan(text, **head):
        found = resolved(text, **head)
        again = parse_plan(format_plan(found), known_styles=["small"])
        assert resolve(again, library=library) == found
        return found

    return plan


def last_phrase(plan, section=0):
    return plan.sections[section].phrases[-1]


def chords(phrase):
    return [word for word in phrase.harmony.split() if word not in ".|"]


@pytest.mark.parametrize("seed", range(6))
def test_phrases_of_which_nothing_is_said_end_as_their_theme_does(reread, seed):
    plan = reread("sections: [{label: A, theme: refrain, phrases: [{bars: 4}, {bars: 4}]}]", seed=seed)
    (section,) = plan.sections
    theme = plan.themes["refrain"].phrases
    assert [phrase.cadence for phrase in section.phrases][-len(theme) :] == [phrase.cadence for phrase in theme]
    assert section.cadence == last_phrase(plan).cadence


@pytest.mark.parametrize("cadence", ["HC", "PAC", "IAC", "DC"])
def test_a_phrase_that_ends_otherwise_than_its_theme_follows_it(reread, cadence):
    plan = reread(f"sections: [{{label: A, theme: refrain, bars: 8}}, {{label: B, phrases: [{{bars: 8, theme: refrain, cadence: {cadence}}}]}}]")  # fmt: skip  # noqa: E501 (one line of YAML)
    phrase = last_phrase(plan, 1)
    assert phrase.cadence == cadence
    assert (phrase.fidelity == 1) == (plan.themes["refrain"].phrases[-1].cadence == cadence)


@pytest.mark.parametrize("said", ["theme: refrain", "theme: refrain, fidelity: 1", "theme: refrain, theme_bars: 1-8"])
@pytest.mark.parametrize("seed", [3, 4, 5])
def test_a_phrase_that_names_its_theme_and_no_cadence_states_it(reread, said, seed):
    phrases = f"phrases: [{{bars: 8, {said}}}]"
    plan = reread(f"sections: [{{label: A, theme: refrain, bars: 12}}, {{label: B, {phrases}}}]", seed=seed)
    assert last_phrase(plan, 1).fidelity == 1
    assert last_phrase(plan, 1).cadence == plan.themes["refrain"].phrases[-1].cadence


@pytest.mark.parametrize("items", ["", ", as: [ornament]", ", as: [{register: 12}]", ", pedal: I"])
def test_what_leaves_the_theme_s_chords_as_they_are_makes_no_other_cadence(reread, items):
    section = f"{{label: B, phrases: [{{bars: 8, theme: refrain, cadence: DC{items}}}]}}"
    plan = reread(f"sections: [{{label: A, theme: refrain, bars: 8}}, {section}]")
    assert last_phrase(plan, 1).fidelity < 1
    assert chords(last_phrase(plan, 1))[-1] == "vi"


def test_chords_that_a_section_states_are_the_theme_s_there(reread):
    rows = [
        '{label: B, harmony: "I|ii|V|I|I|IV|V|vi", phrases: [{bars: 8, theme: refrain, cadence: DC}]}',
        '{label: B, phrases: [{bars: 8, harmony: "I|ii|V|I|I|IV|V|vi", theme: refrain, cadence: DC}]}',
    ]
    for row in rows:
        plan = reread(f"sections: [{{label: A, theme: refrain, bars: 8}}, {row}]")
        assert last_phrase(plan, 1).fidelity == 1


@pytest.mark.parametrize(
    "text",
    [
        "sections: [{label: A, theme: t, phrases: [{bars: 4, cadence: HC}, {entries: [{voice: alto, bar: 1}]}]}]",
        "defaults: {fidelity: 0.5}\nsections: [{label: A, theme: t, phrases: [{bars: 4, cadence: HC}]}]",
        "sections: [{label: A, theme: t, phrases: [{bars: 4, cadence: HC, schema: descending fifths}]}]",
    ],
)
def test_a_tune_that_is_not_stated_may_end_as_it_likes(reread, text):
    assert reread(TUNE % "G" + text).sections[0].phrases[0].cadence == "HC"


@pytest.mark.parametrize(
    ("phrase", "wrong"),
    [
        ('{bars: 2, cadence: PAC, formula: {chords: V I, onsets: [8, 12], soprano: "2 1", bass: "5 1"}}', "has 2 bars"),
        ('{bars: 4, cadence: PAC, formula: {chords: V vi, onsets: [8, 12], soprano: "2 1", bass: "5 6"}}', "no PAC"),
    ],
)
def test_a_formula_ends_in_its_phrase_and_makes_its_cadence(resolved, phrase, wrong):
    with pytest.raises(PlanError, match=wrong):
        resolved(f"sections: [{{label: A, theme: none, phrases: [{phrase}]}}]")


def test_a_phrase_cannot_state_a_theme_and_end_otherwise(resolved):
    phrase = "{bars: 8, theme: refrain, cadence: DC, fidelity: 1}"
    with pytest.raises(PlanError, match=r"states the theme refrain, which ends there with .*, and is to end with DC"):
        resolved(f"sections: [{{label: A, theme: refrain, bars: 8}}, {{label: B, phrases: [{phrase}]}}]")


def test_lines_of_a_chorale_end_as_the_section_says(reread):
    plan = reread("sections: [{label: A, cadence: HC}, {label: B}]", form="chorale")
    assert last_phrase(plan).cadence == "HC"
    assert chords(last_phrase(plan))[-1] == "V"


def test_a_formula_of_a_phrase_stands_over_its_own_chords(reread):
    formula = '{chords: V I, onsets: [8, 12], soprano: "2 1", bass: "5 1"}'
    plan = reread(f"sections: [{{label: A, theme: refrain, phrases: [{{bars: 4}}, {{bars: 4, formula: {formula}}}]}}]")
    phrase = last_phrase(plan)
    assert phrase.formula.chords == ("V", "I")
    assert chords(phrase)[-2:] == ["V", "I"]
    theme = plan.themes["refrain"].harmony.split(" | ")
    assert phrase.harmony.split(" | ")[:2] == theme[4:6], "up to the formula it has the theme's chords"


@pytest.mark.parametrize(
    ("end", "cadence"),
    [("G", name) for name in ("PAC", "IAC", "none", "DC", "EC", "PC")]
    + [("B", name) for name in ("IAC", "none", "DC", "EC", "PC")]
    + [("d", name) for name in ("IAC", "none", "HC", "EC", "PC")]
    + [("A", name) for name in ("none", "HC")],
)
def test_a_tune_that_fills_its_section_ends_as_that_says(reread, end, cadence):
    plan = reread(TUNE % end + f"sections: [{{label: A, theme: t, bars: 4, cadence: {cadence}}}]")
    assert plan.sections[0].cadence == last_phrase(plan).cadence == cadence


@pytest.mark.parametrize(("end", "cadence"), [("G", "HC"), ("B", "PAC"), ("d", "DC"), ("A", "EC"), ("A", "IAC")])
def test_a_tune_that_cannot_end_so_is_told(end, cadence):
    for section in (f"theme: t, bars: 4, cadence: {cadence}", f"phrases: [{{bars: 4, theme: t, cadence: {cadence}}}]"):
        head = HEAD.format(form="rondo", key="G major", meter='meter: "4/4"', seed=3)
        with pytest.raises(PlanError, match=rf"plan\.yaml:10:\d+: the tune ends on .*, which cannot end a {cadence}"):
            parse_plan(head + TUNE % end + "sections:\n  - {label: A, " + section + "}\n", source="plan.yaml")


def test_how_a_tune_ends_is_judged_in_the_key_that_is_drawn(library):
    head = "plan: 1\nform: rondo\nstyle: small\nmeter: '4/4'\n"
    section = "sections: [{label: A, theme: t, bars: 4, cadence: PAC}]"

    def key_of(seed):
        plan = parse_plan(f"{head}seed: {seed}\n{TUNE % 'G'}{section}", known_styles=["small"])
        try:
            return resolve(plan, library=library).key
        except PlanError as error:
            return str(error)

    found = [key_of(seed) for seed in range(12)]
    assert "G major" in found
    assert any("the tune ends on G" in key for key in found)
    assert all(key == "G major" or "the tune ends on G" in key for key in found)


def test_a_tune_returns_with_another_cadence(reread):
    rows = ", ".join(f"{{label: A, theme: t, bars: 4, cadence: {name}}}" for name in ("PAC", "IAC", "DC"))
    plan = reread(TUNE % "G" + f"sections: [{rows}]")
    assert [last_phrase(plan, index).cadence for index in range(3)] == ["PAC", "IAC", "DC"]
    assert {last_phrase(plan, index).fidelity for index in range(3)} == {1}
    assert chords(last_phrase(plan, 2))[-1] == "vi"


def test_a_path_of_keys_that_comes_back_is_gone_once(reread):
    plan = reread("sections: [{label: A, theme: none, key: I -> V -> I, phrases: [{bars: 4}, {bars: 4}, {bars: 4}, {bars: 4}]}]")  # fmt: skip  # noqa: E501 (one line of YAML)
    assert [phrase.key for phrase in plan.sections[0].phrases] == ["I", "I -> V", "V -> I", "I"]


@pytest.mark.parametrize(
    ("text", "meter"),
    [
        ("sections: [{label: A, theme: t, bars: 4}]", ""),
        ("sections: [{label: A, theme: none, bars: 4}, {label: B, theme: t, bars: 4}]", 'meter: "4/4"'),
        ("sections: [{label: A, phrases: [{bars: 4, theme: t}]}]", 'meter: "4/4"'),
    ],
)
def test_the_upbeat_of_a_tune_is_the_piece_s_wherever_it_comes(reread, text, meter):
    assert reread(UPBEAT + text, meter=meter).pickup == 1


def test_upbeats_that_cannot_be_are_told(resolved):
    section = "sections: [{label: A, theme: t, bars: 4}]"
    for theme, wrong in {
        'pickup: 0, melody: "D2 | G8 | A8 | B8 | G6"': "an upbeat of 1, its theme 0",
        "bars: 4, pickup: 0.3": "an upbeat of 0.3 beats",
        "bars: 4, pickup: 7": "an upbeat of 7 beats .*a bar has 4",
    }.items():
        with pytest.raises(PlanError, match=wrong):
            resolved(f"themes: {{t: {{{theme}}}}}\n{section}")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("themes: {t: {bars: 8}}\nsections: [{label: A, theme: t, phrases: [{bars: 4, theme_bars: 9-12}]}]", "has 8"),
        (TUNE % "G" + "sections: [{label: A, phrases: [{bars: 4, theme: t, theme_bars: 5-8}]}]", "has 4"),
        ("sections: [{label: A, theme: refrain, phrases: [{bars: 4, theme_bars: 8-11, fidelity: 0.5}]}]", "has 8"),
    ],
)
def test_bars_beyond_a_theme_are_told(resolved, text, wrong):
    with pytest.raises(PlanError, match=f"theme_bars .*, the theme .*{wrong}"):
        resolved(text)


def test_the_phrases_of_a_theme_say_how_long_it_is(reread, resolved):
    phrases = "{t: {phrases: [{bars: 2, cadence: HC}, {bars: 2, cadence: PAC}]}}"
    assert reread(f"themes: {phrases}\nsections: [{{label: A, theme: t, bars: 16}}]").themes["t"].bars == 4
    with pytest.raises(PlanError, match=r'theme "t" \(line .*\) is 4 bars, section A only 3'):
        resolved(f"themes: {phrases}\nsections: [{{label: A, theme: t, bars: 3}}]")


def test_a_phrase_of_entries_is_as_long_as_they_are(reread):
    phrases = "[{entries: [{voice: soprano, bar: 1}, {voice: bass, bar: 3}]}]"
    plan = reread(f"themes: {{refrain: {{bars: 8}}}}\nsections: [{{label: A, theme: refrain, phrases: {phrases}}}]")
    assert plan.sections[0].bars == 10


def test_a_tune_that_cannot_be_read_is_named_where_the_meter_is_drawn(resolved):
    with pytest.raises(PlanError, match=r"themes\.t\.melody.*bar 2 of the melody.*; no meter is stated, and"):
        resolved('themes: {t: {melody: "G8 | A17 | B8 | G8"}}\nsections: [{label: A, theme: t, bars: 4}]', meter="")


def test_entries_beyond_measure_are_told(resolved):
    entries = "[{voice: soprano, bar: 1}, {voice: bass, bar: 400}]"
    with pytest.raises(PlanError, match="its last entry ends in bar 911"):
        resolved(
            f"themes: {{s: {{bars: 512, type: subject}}}}\nsections: [{{label: A, theme: s, entries: {entries}}}]",
            form="fugue",
        )


def test_a_countersubject_is_as_long_as_its_subject(resolved):
    themes = '{s: {bars: 2, type: subject}, c: {against: s, melody: "G8 | A8 | B8 | c8"}}'
    with pytest.raises(PlanError, match="the countersubject has 4 bars, its subject 2"):
        resolved(f"themes: {themes}\nsections: [{{label: A, theme: s, bars: 8}}]", form="fugue")


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("cadence", ["HC", "DC", "PC", "PAC"])
def test_a_fugue_may_end_as_it_is_said(reread, cadence, seed):
    text = f"sections: [{{label: Stretto, theme: subject, cadence: {cadence}}}]"
    assert last_phrase(reread(text, form="fugue", key="G minor", seed=seed)).cadence == cadence


@pytest.mark.parametrize(
    ("form", "style", "key", "meter", "seed"),
    [
        ("minuet", "schumann", "E minor", None, 0),
        ("minuet", "schumann", "E minor", None, 5),
        ("ritornello", "schumann", "C major", "3/4", 3),
        ("variations", "bach", "G major", None, 7),
        ("strophic", "schubert", None, None, 117),
    ],
)
def test_pieces_that_had_failed(form, style, key, meter, seed):
    # A cadence formula that is too long as a whole, and is not once its first chord is cut off; a schema that was drawn
    # for the theme of variations, and has no room in the one in the other mode; a VI in a formula that is another sixth
    # in the chords.
    plan = plan_piece(Brief(form=form, style=style, key=key, meter=meter, seed=seed))
    assert last_phrase(plan, -1).cadence == "PAC"
    assert resolve(parse_plan(format_plan(plan))) == plan
