"""Returns, cadences and independence in whole pieces."""

from __future__ import annotations

from dataclasses import replace

import pytest

from composer import pipeline
from composer.analysis.copying import load_runs
from composer.errors import ThemeError
from composer.plan.model import PhraseEntry, SectionEntry, Transformation
from composer.plan.planner import resolve
from composer.plan.reader import parse_plan
from composer.plan.writer import format_plan
from composer.style import load_style
from composer.theory.key import parse_key
from composer.theory.meter import TICKS_PER_QUARTER

EIGHTH = TICKS_PER_QUARTER // 2
# Onset in eighths and pitch of the tune of `conftest.RONDO`.
REFRAIN = {0: 67, 2: 71, 4: 74, 6: 72, 8: 69, 10: 66, 12: 67, 14: 71, 16: 69, 18: 67}
KEYS = {"A": "G major", "A2": "D major", "A4": "G major", "A5": "D major"}


def tune_of(composed, section: str) -> dict[int, int]:
    """The top pitch at the tune's onsets, by eighth."""
    return {onset // EIGHTH: pitch for onset, pitch in composed.top(section).items() if onset // EIGHTH in REFRAIN}


@pytest.mark.parametrize("section", ["A", "A2", "A4", "A5"])
def test_a_pinned_tune_returns_note_for_note_in_each_section_s_key(rondo, section):
    shift = (parse_key(KEYS[section]).tonic_pitch_class - 7 + 6) % 12 - 6
    expected = {place: pitch + shift for place, pitch in REFRAIN.items()}
    found = tune_of(rondo, section)
    octave = found[0] - expected[0]
    assert octave % 12 == 0
    assert found == {place: pitch + octave for place, pitch in expected.items()}


def test_in_the_other_mode_the_tune_keeps_its_degrees(rondo):
    found = tune_of(rondo, "A3")
    key = parse_key("E minor")
    degrees = {place: (pitch - key.tonic_pitch_class) % 12 for place, pitch in found.items()}
    # 1 3 5 | 4 2 7 | 1 3 2 | 1 of the minor scale; the 7 stands over a dominant or not.
    assert [degrees[place] for place in (0, 2, 4, 6, 8)] == [0, 3, 7, 5, 2]
    assert degrees[10] in (10, 11)
    assert [degrees[place] for place in (12, 14, 16, 18)] == [0, 3, 2, 0]


@pytest.mark.parametrize("section", ["A", "A2", "A3"])
def test_nothing_sounds_above_the_tune(rondo, section):
    places = sorted(REFRAIN)
    tune = tune_of(rondo, section)
    for step in range(8 * 6):
        eighth = step // 2
        current = max((place for place in places if place <= eighth), default=None)
        sounding = rondo.sounding(section, step * EIGHTH // 2)
        assert current is not None
        assert all(pitch <= tune[current] for pitch in sounding)


def test_the_tune_s_notes_keep_their_lengths(rondo):
    notes = rondo.pitches("A")
    assert all((place * EIGHTH, 2 * EIGHTH, pitch) in notes for place, pitch in REFRAIN.items() if place < 18)
    assert (18 * EIGHTH, 4 * EIGHTH, 67) in notes


def test_recall_full_brings_back_every_voice(rondo):
    home, moved = rondo.pitches("A4"), rondo.pitches("A5")
    assert len(home) > len(REFRAIN)
    shift = tune_of(rondo, "A5")[0] - tune_of(rondo, "A4")[0]
    inside = {(onset, length, pitch + shift) for onset, length, pitch in home if 36 <= pitch + shift <= 84}
    assert moved >= inside
    assert len(moved) == len(home)


def test_recall_melody_writes_new_voices(rondo):
    assert rondo.pitches("A") != rondo.pitches("A4")


@pytest.mark.parametrize("section", ["B", "C"])
def test_outer_voices_of_the_formula_stand_where_no_theme_covers_them(rondo, section):
    plan = rondo.filled.plan
    entry = plan.section(section)
    formula, key = entry.phrases[-1].formula, parse_key({"B": "D major", "C": "E minor"}[section])
    first_bar = sum(phrase.bars for phrase in entry.phrases[:-1]) * 6 * EIGHTH
    scale = dict(zip("1234567", key.scale, strict=True))
    if key.mode == "minor":
        scale |= {"#7": (key.scale[6] + 1) % 12, "#6": (key.scale[5] + 1) % 12}
    checked = 0
    for beat, soprano, bass in zip(formula.onsets, formula.soprano, formula.bass, strict=True):
        sounding = rondo.sounding(section, first_bar + round(beat * 2 * EIGHTH))
        if bass in scale:
            assert min(sounding) % 12 == scale[bass]
            checked += 1
        if soprano in scale:
            assert max(sounding) % 12 == scale[soprano]
            checked += 1
    assert checked >= 4


def test_sections_begin_and_end_on_their_bar_lines(rondo):
    for index, span in enumerate(rondo.outline.sections):
        assert span.start_tick == index * 24 * EIGHTH
        ends = [onset + length for onset, length, *_ in rondo.notes(span.id)]
        assert max(ends) <= 24 * EIGHTH


def test_a_return_is_ornamented_as_the_plan_says(fill_text, rondo):
    def ornament(plan):
        ornaments = (Transformation(name="ornament", amount=1.0),)
        entry = plan.section("A2").model_copy(update={"transformations": ornaments})
        return plan.model_copy(update={"sections": tuple(entry if s.id == "A2" else s for s in plan.sections)})

    changed = fill_text(resolved(rondo), ornament)
    assert tune_of(changed, "A2") == tune_of(rondo, "A2")  # every note keeps its onset
    assert (0, 2 * EIGHTH, tune_of(rondo, "A2")[0]) in rondo.pitches("A2")
    assert (0, EIGHTH, tune_of(rondo, "A2")[0]) in changed.pitches("A2")  # and gives half of its length away
    assert changed.notes("A") == rondo.notes("A")


@pytest.mark.parametrize(
    ("items", "top"),
    [
        ("[inversion]", [67, 64, 60, 62, 66, 69, 67, 64, 66, 67]),
        ("[{fragment: 1-1}]", [67, 71, 74]),
        ("[{fragment: 1}]", [67, 71, 74]),
        ("[{register: 12}]", None),
        ("[{transposition: V}]", [62, 66, 69, 67, 64, 61, 62, 66, 64, 62]),
        ("[{fragment: 1-1}, {sequence: {step: -1, times: 1}}]", [67, 71, 74, 66, 69, 72]),
        ("[{fragment: 1-2}, augmentation]", [67, 71, 74, 72, 69, 66]),
    ],
)
def test_transformations_are_exact(fill_text, items, top):
    text = f"""
plan: 1
form: rondo
style: bach
ensemble: keyboard
key: G major
meter: "3/4"
pickup: 0
seed: 7
themes:
  refrain: {{bars: 4, type: chain, melody: "G2 B2 d2 | c2 A2 F2 | G2 B2 A2 | G4 z2"}}
sections:
  - {{label: A, theme: refrain, bars: 4, key: I, cadence: PAC}}
  - label: B
    bars: 4
    key: I
    cadence: PAC
    as: {items}
    theme: refrain
"""
    if top is None:  # the tune reaches D5: an octave higher it leaves the compass
        with pytest.raises(ThemeError, match="register"):
            fill_text(text)
        return
    composed = fill_text(text)
    stretch = 2 if "augmentation" in items else 1
    bars = 1 if "1-1" in items or "fragment: 1}" in items else 2 if "1-2" in items else 4
    places = [place for place in sorted(REFRAIN) if place < 6 * bars]
    if "sequence" in items:
        places += [place + 6 for place in places]
    found = composed.top("B")
    pitches = [found[stretch * place * EIGHTH] for place in places]
    octave = pitches[0] - top[0]
    assert octave % 12 == 0
    assert [pitch - octave for pitch in pitches] == top


def test_a_tune_that_cannot_be_so_short_is_told_with_its_phrase(fill_text):
    with pytest.raises(ThemeError, match=r"too short to be divided by 4, in section B, phrase 1"):
        fill_text("""
plan: 1
form: rondo
style: bach
key: G major
meter: "4/4"
seed: 7
themes:
  refrain: {bars: 4, type: chain, melody: "G2 B2 d2 c2 | B4 G4 | A2 c2 B2 A2 | G8"}
sections:
  - {label: A, theme: refrain, bars: 4}
  - {label: B, theme: refrain, bars: 4, phrases: [{bars: 4, as: [{ornament: 1}, {diminution: 4}, {diminution: 4}]}]}
""")


def test_pinned_voices_come_back_and_nothing_else(fill_text):
    composed = fill_text("""
plan: 1
form: rondo
style: bach
ensemble: keyboard
key: C major
meter: "4/4"
pickup: 0
seed: 2
themes:
  refrain:
    bars: 2
    type: chain
    voices: ["e2 d2 c2 B2 | c8", "C,4 G,4 | C,8"]
sections:
  - {label: A, theme: refrain, bars: 2, key: I, cadence: PAC, recall: full}
  - {label: A, id: A2, theme: refrain, bars: 2, key: I, cadence: PAC}
""")
    upper = {(0, 76), (2, 74), (4, 72), (6, 71), (8, 72)}
    lower = {(0, 48), (4, 55), (8, 48)}
    found = {(onset // EIGHTH, pitch) for onset, _, pitch, _, _ in composed.notes("A")}
    assert found == upper | lower
    again = {(onset // EIGHTH, pitch) for onset, _, pitch, _, _ in composed.notes("A2")}
    assert again >= upper
    assert again != found


def resolved(composed) -> str:
    """The text of its resolved plan."""
    return format_plan(composed.filled.plan)


CHANGES = {
    "bars": SectionEntry(label="C", id="C", theme="none", bars=8, key="vi", cadence="PAC"),
    "key": SectionEntry(label="C", id="C", theme="none", bars=4, key="iv", cadence="PAC"),
    "cadence": SectionEntry(label="C", id="C", theme="none", bars=4, key="vi", cadence="HC"),
    "harmony": SectionEntry(
        label="C",
        id="C",
        theme="none",
        bars=4,
        key="vi",
        cadence="PAC",
        phrases=(PhraseEntry(bars=4, cadence="PAC", harmony="i | iv | V | i"),),
    ),
    "density": SectionEntry(label="C", id="C", theme="none", bars=4, key="vi", cadence="PAC", density=0.9),
    "take": SectionEntry(label="C", id="C", theme="none", bars=4, key="vi", cadence="PAC", take=2),
    "theme": SectionEntry(label="C", id="C", theme="refrain", bars=4, key="vi", cadence="PAC", fidelity=0.5),
}


@pytest.mark.parametrize("what", CHANGES)
def test_changing_section_c_leaves_every_other_section_as_it_was(fill_text, rondo, replaced, what):
    changed = fill_text(resolved(rondo), lambda plan: replaced(plan, CHANGES[what]))
    assert changed.notes("C") != rondo.notes("C")
    for section in ("A", "B", "A2", "A3", "A4", "A5"):
        assert changed.notes(section) == rondo.notes(section), section


CHORALE = """
plan: 1
form: chorale
style: chorale
ensemble: chorale
key: A minor
meter: "4/4"
pickup: 1
seed: 5
"""


def test_a_choir_s_voices_do_not_depend_on_the_section_before(fill_text, replaced):
    before = fill_text(CHORALE)
    entry = SectionEntry(label="A", id="A", theme="none", bars=4, key="v", cadence="PAC")
    after = fill_text(CHORALE, lambda plan: replaced(plan, entry))
    assert after.notes("A") != before.notes("A")
    assert after.notes("B") == before.notes("B")


def test_a_theme_s_voices_do_not_depend_on_who_asks_for_them(fill_text, replaced):
    text = """
plan: 1
form: rondo
style: bach
ensemble: keyboard
key: C major
meter: "4/4"
pickup: 0
seed: 3
themes:
  refrain: {bars: 4, type: chain, melody: "c2 e2 g2 e2 | f2 a2 g2 f2 | e2 d2 c2 B2 | c8"}
sections:
  - {label: A, theme: refrain, bars: 4, key: I, cadence: PAC}
  - {label: B, theme: none, bars: 4, key: V, cadence: PAC}
"""
    entry = SectionEntry(label="B", id="B", theme="refrain", bars=4, key="V", cadence="PAC", recall="full")
    alone, together = fill_text(text), fill_text(text, lambda plan: replaced(plan, entry))
    assert alone.notes("A") == together.notes("A")


def test_the_seed_and_nothing_else_decides(fill_text, rondo):
    again = fill_text(resolved(rondo))
    other = fill_text(resolved(rondo).replace("seed: 7", "seed: 8"))
    assert again.filled.score == rondo.filled.score
    assert other.filled.score.parts != rondo.filled.score.parts


def test_composed_themes_stand_in_the_plan_that_comes_out(fill_text, make_fake_source):
    text = "plan: 1\nform: ternary\nstyle: bach\nkey: C major\nmeter: 3/4\nseed: 4\nensemble: keyboard\n"
    first = fill_text(text)
    assert all(entry.melody for entry in first.filled.plan.themes.values())
    assert all("x" not in entry.melody for entry in first.filled.plan.themes.values())
    again, _, _ = pipeline.fill_plan(first.filled.plan, make_source=make_fake_source)
    assert {name: theme.melody for name, theme in again.plan.themes.items()} == {
        name: theme.melody for name, theme in first.filled.plan.themes.items()
    }
    assert again.score.parts == first.filled.score.parts  # composed then, pinned now


def test_a_tune_moves_by_an_octave_where_the_register_asks_for_it(fill_text, rondo):
    def lowered(plan):
        entry = plan.section("A2").model_copy(update={"tessitura": "low"})
        return plan.model_copy(update={"sections": tuple(entry if s.id == "A2" else s for s in plan.sections)})

    changed = fill_text(resolved(rondo), lowered)
    shift = tune_of(changed, "A2")[0] - tune_of(rondo, "A2")[0]
    assert shift in (0, -12)
    assert max(changed.top("A2").values()) <= 75
    assert tune_of(changed, "A2") == {place: pitch + shift for place, pitch in tune_of(rondo, "A2").items()}


def test_triplets_of_a_pinned_tune_sound_as_triplets(fill_text):
    composed = fill_text("""
plan: 1
form: rondo
style: bach
ensemble: keyboard
key: C major
meter: "2/4"
pickup: 0
seed: 2
themes:
  refrain: {bars: 4, type: chain, melody: "(3cde (3gfe | d2 G2 | (3efg (3edB | c4"}
sections:
  - {label: A, theme: refrain, bars: 4, key: I, cadence: PAC}
  - {label: A, id: A2, theme: refrain, bars: 4, key: V, cadence: PAC, recall: full}
""")
    third = TICKS_PER_QUARTER // 3
    tune = [(0, 72), (third, 74), (2 * third, 76), (3 * third, 79), (4 * third, 77), (5 * third, 76)]
    for section in ("A", "A2"):
        shift = composed.top(section)[0] - 72
        notes = composed.pitches(section)
        assert all((onset, third, pitch + shift) in notes for onset, pitch in tune)


def test_tunes_voices_and_sections_all_hear_what_is_not_to_be_copied(stretches_heard):
    text = 'plan: 1\nform: ternary\nstyle: bach\nkey: C major\nmeter: "3/4"\nseed: 4\nensemble: keyboard\n'
    heard = stretches_heard(resolve(parse_plan(text)))
    expected = load_runs(load_style("bach"))
    assert {stretch.ensemble for stretch in heard} == {"line", "keyboard"}
    for stretch in heard:
        assert [index.real_median for index in stretch.runs] == [expected.real_median]


STYLED = """
plan: 1
form: ternary
style: bach
key: C major
meter: "4/4"
pickup: 1
seed: 4
ensemble: keyboard
themes: {tune: {bars: 4, type: chain}}
sections:
  - {label: A, theme: none, bars: 4}
  - {label: B, theme: tune, bars: 4, style: chorale}
  - label: C
    theme: none
    phrases:
      - {bars: 2}
      - {bars: 2, style: {bach: 1, chorale: 3}}
"""


@pytest.fixture
def each_its_own_composer(monkeypatch):
    """Let the styles that come along be of one composer each, called like the style."""
    monkeypatch.setattr("composer.pipeline.filling.load_style", lambda name: replace(load_style(name), composer=name))


def test_sections_and_phrases_are_composed_in_their_own_style(stretches_heard, each_its_own_composer):
    plan = resolve(parse_plan(STYLED))
    *themes, a, b, c = stretches_heard(plan)
    bach, chorale = (("bach", 1.0),), (("chorale", 1.0),)
    assert {stretch.style for stretch in themes} == {chorale}  # of the first section that states it
    assert {stretch.ensemble for stretch in themes} == {"line", "keyboard"}
    assert (a.style, b.style, c.style) == (bach, chorale, bach)
    assert (a.style_changes, b.style_changes) == ((), ())
    # Behind the lead-in of three beats, the upbeat's bar and one more: the third bar is the second phrase's first.
    (change,) = c.style_changes
    assert change == (c.lead_in_steps + 4 + 2 * 16, (("bach", 0.25), ("chorale", 0.75)))
    assert change[0] in [first for first, _ in c.bars]


def test_the_sheet_names_every_composer_once(fill_text, each_its_own_composer, monkeypatch):
    assert fill_text(STYLED).filled.score.composer == "after Bach, Chorale"
    monkeypatch.undo()  # chorale is Bach's
    assert fill_text(STYLED).filled.score.composer == "after Bach"


def test_a_section_in_another_style_changes_no_other(fill_text):
    plain, styled = (fill_text(text) for text in (STYLED.replace(", style: chorale", ""), STYLED))
    for section in "AC":
        assert styled.notes(section) == plain.notes(section)
    assert styled.notes("B") != plain.notes("B")
