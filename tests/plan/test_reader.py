"""A plan file's mistakes are all named, with line, column, rule and mend."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.errors import PlanError
from composer.plan.reader import parse_plan, read_plan

GOOD = """\
plan: 1
title: Rondo in G
form: rondo
style: small
key: G major
meter: 3/4
pickup: 0
tempo: 112
seed: 7
defaults: {dynamics: mf, density: 0.5}
themes:
  refrain:
    bars: 8
    melody: |
      G2 B2 d2 | c2 A2 F2 | G2 B2 e2 | d4 z2
  couplet: {bars: 8}
sections:
  - {label: A, theme: refrain, bars: 8, key: I, cadence: PAC}
  - {label: B, theme: couplet, bars: 8, key: V, cadence: HC, density: 0.6, dynamics: p}
  - {label: A, id: A2, copy_of: A, as: [ornament]}
  - label: C
    bars: 12
    key: vi
    phrases:
      - {bars: 4, cadence: HC, harmony: "i | iv6 | ? | V"}
      - {bars: 8, cadence: PAC, dynamics: {level: f, shape: arch}, theme: refrain, fidelity: 0.5}
  - {label: A, id: A3, copy_of: A, recall: full, tempo_factor: 0.95}
performer: {player: baroque, expression: 1.0, take: 7}
"""


def read(text: str, folder: Path | None = None):
    return parse_plan(text, source="my.yaml", folder=folder, known_styles=["small", "bach"])


def problems(text: str, folder: Path | None = None) -> str:
    with pytest.raises(PlanError) as caught:
        read(text, folder)
    return str(caught.value)


def test_the_example_of_the_manual_is_read():
    plan = read(GOOD)
    assert plan.style == {"small": 1.0}
    assert plan.sections[2].transformations[0].name == "ornament"
    assert plan.sections[1].dynamics.level == "p"
    assert plan.sections[3].phrases[1].dynamics.shape == "arch"
    assert plan.themes["refrain"].melody == "G2 B2 d2 | c2 A2 F2 | G2 B2 e2 | d4 z2\n"


def test_three_lines_are_enough():
    plan = read("form: rondo\nstyle: {small: 0.7, bach: 0.3}\nkey: e minor\n")
    assert plan.style == {"small": 0.7, "bach": 0.3}


@pytest.mark.parametrize(
    ("wrong", "right", "place", "words"),
    [
        ("key: G major", "key: H dur", "my.yaml:5:6", 'no key "H dur"'),
        ("meter: 3/4", "meter: 3:4", "my.yaml:6:8", 'did you mean "3/4"?'),
        ("meter: 3/4", "meter: 4/3", "my.yaml:6:8", "the lower number must be"),
        ("tempo: 112", "tepmo: 112", "my.yaml:8:1", 'unknown key "tepmo" (did you mean "tempo"?)'),
        ("tempo: 112", "tempo: fast", "my.yaml:8:8", 'tempo must be a number, not "fast"'),
        ("tempo: 112", "tempo: 1000", "my.yaml:8:8", "tempo must be at most 400, not 1000"),
        ("seed: 7", "seed: 7\nseed: 8", "my.yaml:10:1", 'the key "seed" appears twice'),
        ("seed: 7", "seed: 010", "my.yaml:9:7", "begins with a zero"),
        ("style: small", "style: smal", "my.yaml:4:8", 'no style "smal" (did you mean "small"?)'),
        ("form: rondo", "form: rnodo", "my.yaml:3:7", 'no form "rnodo" (did you mean "rondo"?)'),
        ("form: rondo\n", "", "my.yaml:1:1", '"form" is missing'),
        ("pickup: 0", "pickup: 0.3", "my.yaml:7:9", "upbeats count in halves of a beat"),
        ("pickup: 0", "pickup: 3", "my.yaml:7:9", "a bar has 3"),
        ("bars: 8, key: I,", "bars: eight, key: I,", "my.yaml:18:38", 'must be a whole number, not "eight"'),
        (
            "bars: 8, key: I,",
            "bars: 4, key: I,",
            "my.yaml:18:23",
            'theme "refrain" (line 13) is 8 bars, section A only 4',
        ),
        ("theme: couplet", "theme: couplt", "my.yaml:19:23", 'no theme "couplt" (did you mean "couplet"?)'),
        ("cadence: HC, density", "cadence: HK, density", "my.yaml:19:58", '"HK" is not known'),
        ("copy_of: A, as", "copy_of: Z, as", "my.yaml:20:5", 'no section "Z" before this one'),
        ("id: A2, copy_of", "id: A, copy_of", "my.yaml:20:5", 'the id "A" appears twice'),
        ("as: [ornament]", "as: [ornamnet]", "my.yaml:20:41", 'did you mean "ornament"?'),
        ("as: [ornament]", "as: [{register: 7}]", "my.yaml:20:41", "write 12 or -12"),
        ("bars: 12", "bars: 14", "my.yaml:22:11", "section C has 14 bars, its phrases 12"),
        ("key: vi", "key: viii", "my.yaml:23:10", 'no key "viii"'),
        ("? | V", "? | Vx", "my.yaml:25:41", 'no chord "Vx"'),
        ('| V"', '| V | I"', "my.yaml:25:41", "the harmony has 5 bars, its place has 4"),
        ('? | V"', 'ii | V6"', "my.yaml:25:41", "ends with ii V6 on beat 1 of bar 4 of 4, which is no HC"),
        ("G2 B2 d2 | c2", "G2 B2 d3 | c2", "my.yaml:14:13", "this bar has 7 eighths or more"),
        ("melody: |", "file: x.abc\n    melody: |", "my.yaml:14:11", "a theme has melody or file, not both"),
        ("    bars: 8\n", "    bars: 3\n", "my.yaml:14:13", "the tune has 4 bars, its theme 3"),
        ("expression: 1.0", "expression: true", "my.yaml:28:42", "must be a number, not true"),
        ("plan: 1", "plan: 3", "my.yaml:1:7", "plan version 3"),
    ],
)
def test_a_mistake_is_named_with_its_place(wrong, right, place, words):
    assert wrong in GOOD
    message = problems(GOOD.replace(wrong, right, 1))
    line = next((line for line in message.splitlines() if line.startswith(place + ":")), None)
    assert line is not None, message
    assert words in line


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file():
    text = GOOD.replace("key: G major", "key: H").replace("tempo: 112", "tempo: 112").replace("key: vi", "key: x")
    lines = problems(text).splitlines()
    assert [line.split(":")[1] for line in lines] == ["5", "23"]


def test_a_pinned_tune_that_contradicts_its_cadence_is_refused():
    text = """form: rondo
style: small
key: G major
meter: 3/4
themes: {refrain: {bars: 2, melody: "G2 B2 d2 | A6"}}
sections:
  - {label: A, theme: refrain, bars: 2, cadence: PAC}
"""
    assert "my.yaml:7:50: the tune ends on A4, which cannot end a PAC" in problems(text)


@pytest.mark.parametrize(("last", "is_refused"), [("^G4", False), ("G4", False), ("F4", True)])
def test_a_minor_tune_may_end_on_the_picardy_third(last, is_refused):
    text = f"""form: rondo
style: small
key: E minor
meter: 3/4
themes: {{refrain: {{bars: 2, melody: "E2 G2 F2 | {last} z2", phrases: [{{bars: 2, cadence: IAC}}]}}}}
sections:
  - {{label: A, theme: refrain, bars: 2, cadence: IAC}}
"""
    if is_refused:
        assert "cannot end a IAC" in problems(text)
    else:
        read(text)


def test_a_piece_of_a_million_bars_is_refused_before_it_is_planned():
    sections = "".join(f"  - {{label: A{n}, bars: 512}}\n" for n in range(5))
    assert "the piece would have 2560 bars (the limit is 2000)" in problems(
        f"form: rondo\nstyle: small\nkey: C major\nsections:\n{sections}"
    )


@pytest.mark.parametrize("file", ["../tune.abc", "/etc/passwd", "~/tune.abc", "C:\\tune.abc", "a/../../tune.abc"])
def test_a_theme_file_must_lie_beside_the_plan(file, tmp_path):
    (tmp_path / "plans").mkdir()
    (tmp_path / "tune.abc").write_text("G6")
    text = f"form: rondo\nstyle: small\nkey: G major\nmeter: 3/4\nthemes: {{refrain: {{file: '{file}'}}}}\n"
    assert "must lie beside the plan" in problems(text, folder=tmp_path / "plans")


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    (tmp_path / "plans").mkdir()
    (tmp_path / "tune.abc").write_text("G6")
    (tmp_path / "plans" / "t.abc").symlink_to(tmp_path / "tune.abc")
    text = "form: rondo\nstyle: small\nkey: G major\nmeter: 3/4\nthemes: {refrain: {file: t.abc}}\n"
    assert "must lie beside the plan" in problems(text, folder=tmp_path / "plans")


def test_a_theme_file_beside_the_plan_is_read(tmp_path):
    (tmp_path / "tune.abc").write_text("G2 B2 d2 | G6")
    path = tmp_path / "my.yaml"
    path.write_text("form: rondo\nstyle: small\nkey: G major\nmeter: 3/4\nthemes: {refrain: {file: tune.abc}}\n")
    assert read_plan(path, known_styles=["small"]).themes["refrain"].file == "tune.abc"


def test_a_plan_that_is_no_file_is_refused_and_never_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    for path in (tmp_path, tmp_path / "none.yaml", tmp_path / "pipe.yaml"):
        with pytest.raises(PlanError):
            read_plan(path)


def test_a_plan_is_a_mapping():
    assert "a plan is a mapping" in problems("- 1\n")


KEYS = ["form", "style", "key", "meter", "tempo", "sections", "themes", "bars", "label", "theme", "cadence", "phrases"]
VALUES = st.recursive(
    st.sampled_from(["rondo", "small", "G major", "3/4", "8", "-1", "1.5", "true", "~", "PAC", "'x'", "V -> I"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]"),
        st.dictionaries(st.sampled_from(KEYS), inner, max_size=3).map(
            lambda items: "{" + ", ".join(f"{key}: {value}" for key, value in items.items()) + "}"
        ),
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6))
def test_any_mapping_is_read_or_refused_with_a_place(fields):
    text = "".join(f"{key}: {value}\n" for key, value in fields.items()) or "{}\n"
    try:
        read(text)
        found = []
    except PlanError as error:
        found = list(error.problems)
    assert all(problem.place is not None and problem.place.line for problem in found)


def test_the_upbeat_of_the_next_phrase_is_no_part_of_a_cadence():
    text = """form: rondo
style: small
key: E minor
meter: 3/4
pickup: 1
themes:
  refrain:
    bars: 4
    melody: "E2 | G2 A2 B2 | ^d3 z E2 | G2 A2 B2 | e3 z"
    phrases: [{bars: 2, cadence: HC}, {bars: 2, cadence: PAC}]
"""
    assert parse_plan(text, known_styles=("small",)).themes["refrain"].bars == 4


def test_two_names_of_one_sound_agree():
    """A cadential six-four in the formula, I64 in the harmony; another chord is refused."""
    text = """
form: binary
style: small
key: C major
meter: 4/4
sections:
  - label: A
    bars: 2
    cadence: PAC
    phrases:
      - {bars: 2, cadence: PAC, harmony: "I . I64 V | I",
         formula: {chords: CHORDS, onsets: [2, 3, 4], soprano: "3 2 1", bass: "5 5 1"}}
"""
    parse_plan(text.replace("CHORDS", "Cad64 V I"), known_styles=["small"])
    with pytest.raises(PlanError, match="the formula has ii6 2 beats after"):
        parse_plan(text.replace("CHORDS", "ii6 V I"), known_styles=["small"])


STRENGTHS = (
    "form: minuet\nstyle: bach\nkey: G major\nperformer:\n  player: bach\n  strengths: {high_loud: 2, touhc: 0.5}\n"
)


def test_a_strength_that_no_player_has_is_named_with_its_place():
    with pytest.raises(PlanError, match=r'6:36: a player has no strength "touhc" \(did you mean "touch"\?\)'):
        parse_plan(STRENGTHS, known_strengths=("high_loud", "touch"))
    assert parse_plan(STRENGTHS).performer.strengths == {"high_loud": 2, "touhc": 0.5}


def test_a_strength_is_no_less_than_nothing():
    with pytest.raises(PlanError, match=r"performer.strengths.touhc must be at least 0"):
        parse_plan(STRENGTHS.replace("0.5", "-0.5"))
