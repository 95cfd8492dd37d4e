"""A written plan reads back equal."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.plan.brief import Brief
from composer.plan.forms import form_names
from composer.plan.model import (
    Defaults,
    Dynamics,
    Formula,
    Glide,
    PhraseEntry,
    Plan,
    SectionEntry,
    ThemeEntry,
    ThemePhrase,
    Transformation,
)
from composer.plan.planner import plan_piece
from composer.plan.reader import parse_plan
from composer.plan.strict_yaml import read_strict
from composer.plan.writer import format_plan, write_plan


@pytest.mark.parametrize("form", form_names())
def test_a_resolved_plan_reads_back_equal(form, planned):
    plan = planned(form=form)
    assert parse_plan(format_plan(plan), known_styles=["small"]) == plan


def test_a_plan_on_disk_is_whole(planned, tmp_path):
    plan = planned(form="binary")
    path = tmp_path / "piece.yaml"
    write_plan(plan, path)
    assert parse_plan(path.read_bytes(), known_styles=["small"]) == plan
    assert path.read_text().startswith("# compose build piece.yaml\n")


def test_what_a_musician_changes_has_a_comment_beside_it(planned):
    text = format_plan(planned(form="rondo", key="G major"))
    assert "key: G major                   # change this one line and the whole piece moves" in text
    assert "# D major" in text  # the couplet's key V, by name


def test_a_tune_is_written_as_a_block():
    plan = Plan(
        form="rondo",
        style={"small": 1.0},
        key="G major",
        meter="3/4",
        themes={"refrain": ThemeEntry(melody="G2 B2 d2 |\nG6\n")},
    )
    assert "melody: |" in format_plan(plan)
    assert parse_plan(format_plan(plan), known_styles=["small"]) == plan


words = st.text(alphabet="abcXYZ019 _:#'\"{}[],&*!?|>%@`~-\\éß漢", min_size=1, max_size=20)
names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.'+-]{0,8}", fullmatch=True)
units = st.floats(0, 1, allow_nan=False)


def maybe(strategy):
    return st.one_of(st.none(), strategy)


dynamics = st.builds(Dynamics, level=maybe(st.sampled_from(["p", "mf", "ff"])), shape=maybe(st.sampled_from(["arch"])))
transformations = st.one_of(
    st.builds(Transformation, name=st.sampled_from(["ornament", "inversion"])),
    st.builds(Transformation, name=st.just("ornament"), amount=units),
    st.builds(Transformation, name=st.just("fragment"), amount=st.sampled_from(["1-2", "3"])),
    st.builds(Transformation, name=st.just("sequence"), step=st.integers(-7, 7), times=st.integers(1, 16)),
)
formulas = st.builds(
    Formula,
    chords=st.just(("V65/V", "V")),
    onsets=st.just((1.5, 3.0)),
    soprano=st.sampled_from([("#4", "5"), ("-", "1")]),
    bass=st.just(("4", "5")),
)
mixes = st.dictionaries(names, st.floats(0.001, 1000, allow_nan=False), min_size=1, max_size=3)
glides = st.builds(
    lambda first, between, last: Glide.model_validate({"from": first, "via": between, "to": last}),
    mixes,
    st.lists(mixes, max_size=2),
    mixes,
)
styles = st.one_of(mixes, glides)
phrases = st.builds(
    PhraseEntry,
    style=maybe(mixes),
    bars=maybe(st.integers(1, 512)),
    cadence=maybe(st.sampled_from(["PAC", "none"])),
    key=maybe(words),
    harmony=maybe(words),
    theme=maybe(names),
    theme_bars=maybe(st.sampled_from(["1-4", "3"])),
    fidelity=maybe(units),
    transformations=maybe(st.lists(transformations, max_size=2).map(tuple)),
    tessitura=maybe(st.sampled_from(["low", "high"])),
    dynamics=maybe(dynamics),
    fermata=maybe(st.booleans()),
    formula=maybe(formulas),
)
sections = st.builds(
    SectionEntry,
    style=maybe(styles),
    label=maybe(names),
    id=maybe(names),
    copy_of=maybe(names),
    theme=maybe(names),
    bars=maybe(st.integers(1, 512)),
    density=maybe(units),
    transformations=maybe(st.lists(transformations, max_size=2).map(tuple)),
    take=maybe(st.integers(1, 1000)),
    phrases=maybe(st.lists(phrases, max_size=3).map(tuple)),
)
themes = st.builds(
    ThemeEntry,
    bars=maybe(st.integers(1, 512)),
    melody=maybe(st.one_of(words, st.lists(words, min_size=1, max_size=3).map(lambda rows: "\n".join(rows) + "\n"))),
    voices=maybe(st.lists(words, max_size=2).map(tuple)),
    phrases=maybe(
        st.lists(st.builds(ThemePhrase, bars=st.integers(1, 8), cadence=st.just("HC")), max_size=2).map(tuple)
    ),
)
plans = st.builds(
    Plan,
    title=maybe(words),
    form=words,
    style=styles,
    key=maybe(words),
    tempo=maybe(st.floats(20, 400, allow_nan=False)),
    seed=maybe(st.integers(0, 2**63 - 1)),
    defaults=maybe(st.builds(Defaults, density=maybe(units), dynamics=maybe(dynamics))),
    themes=st.dictionaries(names, themes, max_size=3),
    sections=st.lists(sections, max_size=3).map(tuple),
)


@settings(max_examples=200, deadline=None)
@given(plans)
def test_any_plan_reads_back_equal(plan):
    # The model only: whether its texts make music is checked elsewhere.
    assert Plan.model_validate(read_strict(format_plan(plan)).value) == plan


def test_the_seed_that_was_drawn_is_written(library):
    plan = plan_piece(Brief(form="binary", style="small"), library=library)
    assert f"\nseed: {plan.seed} " in format_plan(plan)


def test_a_style_is_written_as_shortly_as_it_can_be_said():
    def written(style: object) -> str:
        plan = Plan.model_validate({"form": "rondo", "style": style})
        return format_plan(plan).split("\nstyle: ")[1].split("\n")[0].split(" #")[0].strip()

    assert written({"bach": 1}) == "bach"
    assert written({"bach": 0.7, "joplin": 0.3}) == "{bach: 0.7, joplin: 0.3}"
    assert written("bach -> joplin") == "bach -> joplin"
    assert written({"from": "bach", "via": ["mozart"], "to": "joplin"}) == "bach -> mozart -> joplin"
    ragged = {"from": {"bach": 0.7, "haydn": 0.3}, "via": ["mozart"], "to": "joplin"}
    assert written(ragged) == "{from: {bach: 0.7, haydn: 0.3}, via: [mozart], to: joplin}"
    assert written({"./mine.yaml": 1}) == '"./mine.yaml"'
