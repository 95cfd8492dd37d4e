"""The training configuration: what it holds, and that every mistake is named with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from composer.errors import TrainingError
from composer.roll.inputs import NOTE_WIDTH, STEP_WIDTH
from composer.training.config import parse_config, read_config

GOOD = """\
name: small
composers: [bach, joplin]
ensembles: [keyboard, line]
sources:
  - {path: bach, composer: bach, ensemble: keyboard, weight: 2}
  - {path: rags, composer: joplin, include: ["*rag*", "*two-step*"]}
network: {time_units: [8, 8], note_units: [8, 4], dropout: 0.1}
windows: {rows: 4, steps: 32, pitches: 56, visit_windows: [2, 4], style_weights: {keyboard: 0.5}}
fit: {num_updates: 10, max_seconds: 60}
"""


def problems_of(text: str) -> str:
    with pytest.raises(TrainingError) as caught:
        parse_config(text, source="a.yaml")
    return str(caught.value)


def test_a_configuration_is_one_frozen_value() -> None:
    config = parse_config(GOOD)
    assert config.network.note_width == NOTE_WIDTH
    assert config.network.step_width == STEP_WIDTH
    assert config.network.style_fields == (("composer", 2), ("ensemble", 2))
    assert config.network.time_units == (8, 8)
    assert config.windows.composers == ("bach", "joplin")
    assert config.windows.style_weights == (("keyboard", 0.5),)
    assert config.windows.visit_windows == (2, 4)
    assert config.sources[0].weight == 2.0
    assert config.sources[1].include == ("*rag*", "*two-step*")
    assert config.fit.max_seconds == 60.0
    assert config.seed == 1


def test_sources_may_be_those_of_a_file_of_recipes(tmp_path: Path) -> None:
    (tmp_path / "book.yaml").write_text(
        "sources:\n- {path: a, composer: bach, weight: 3}\n- {path: b, composer: nobody}\n"
        "styles:\n- {name: bach, description: fugues, composer: bach}\n"
    )
    listed = GOOD[GOOD.index("  - {path: bach") : GOOD.index("network:")]
    text = GOOD.replace(listed, "").replace("sources:", "sources: book.yaml").replace("[bach, joplin]", "[bach]")
    config = parse_config(text, source=str(tmp_path / "a.yaml"))
    assert [(source.path, source.composer, source.weight) for source in config.sources] == [
        ("a", "bach", 3.0),
        ("b", "nobody", 1.0),
    ]
    for wrong, words in (
        (text.replace("book.yaml", "nook.yaml"), "cannot read the recipes"),
        (text.replace("[bach]", "[bach, liszt]"), "no source of book.yaml is of liszt"),
    ):
        with pytest.raises(TrainingError, match=words):
            parse_config(wrong, source=str(tmp_path / "a.yaml"))


def test_what_is_always_told_can_be_listed() -> None:
    told = parse_config(GOOD.replace("rows: 4", "rows: 4, told: [key, chord]")).windows.told
    assert told == ("key", "chord")
    assert parse_config(GOOD.replace("rows: 4", "rows: 4, told: []")).windows.told == ()


@pytest.mark.parametrize(
    ("found", "wrong", "line", "words"),
    [
        ("rows: 4", "rwos: 4", 8, 'did you mean "rows"?'),
        ("rows: 4", "rows: four", 8, "windows.rows must be a whole number; found 'four'"),
        ("rows: 4", "rows: 0", 8, "rows must be at least 1"),
        ("rows: 4", "rows: 4, told: [kye]", 8, 'no group of conditions "kye"'),
        ("rows: 4", "rows: 4, whole: true", 8, 'no key "whole"'),
        ("dropout: 0.1", "dropout: 1.5", 7, "a share from 0 to below 1"),
        ("dropout: 0.1", "note_fields: []", 7, 'no key "note_fields"'),
        ("num_updates: 10", "num_updates: 010", 9, "begins with a zero"),
        ("num_updates: 10, ", "", 9, "lacks the key num_updates"),
        ("num_updates: 10", "num_updates: 10, schedule: linear", 9, "schedule"),
        ("composer: joplin", "composer: jopiln", 6, "those of this file: bach, joplin"),
        ("ensemble: keyboard", "ensemble: organ", 5, "those of this file: keyboard, line"),
        ("weight: 2", "weight: -2", 5, "above 0"),
        ("weight: 2", "wieght: 2", 5, 'did you mean "weight"?'),
        ("ensembles: [keyboard, line]", "ensembles: [keyboard]", 8, "line_share"),
        ("weight: 2", "values: breves", 5, 'no reading of note values "breves"'),
        ("composers: [bach, joplin]", "composers: [bach, bach]", 2, "names that differ"),
        ("name: small", "name: ../small", 1, "not a file name"),
        ("name: small", "nmae: small", 1, 'did you mean "name"?'),
        ("name: small", "name: small\nname: large", 2, "appears twice"),
        ("visit_windows: [2, 4]", "visit_windows: [2]", 8, "a list of 2"),
        ("{keyboard: 0.5}", "{bach organ: 0.5}", 8, 'no style "bach organ"'),
        ("name: small", "name: small\nfold: 6", 2, "fold must be from 0 to 5"),
    ],
)
def test_a_mistake_is_named_with_its_line(found: str, wrong: str, line: int, words: str) -> None:
    text = problems_of(GOOD.replace(found, wrong))
    assert words in text
    assert f"a.yaml:{line}:" in text


def test_all_mistakes_are_named_at_once() -> None:
    text = problems_of(
        GOOD.replace("rows: 4", "rows: x").replace("dropout: 0.1", "droput: 0").replace("weight: 2", "wait: 2")
    )
    assert len(text.splitlines()) == 3


def test_missing_parts_are_named() -> None:
    text = problems_of("name: small\ncomposers: [bach]\n")
    for part in ("sources", "network", "windows", "fit"):
        assert part in text


def test_an_empty_file() -> None:
    assert problems_of("# nothing\n") == "a.yaml: the configuration is empty"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="cannot read the configuration"):
        read_config(tmp_path / "no.yaml")


def test_the_shipped_networks_can_be_trained_again(repository: Path) -> None:
    paths = sorted((repository / "styles" / "networks").glob("*.train.yaml"))
    assert paths
    for path in paths:
        config = read_config(path)
        assert path.name == f"{config.name}.train.yaml"
        for source in (source for source in config.sources if source.composer in config.composers):
            assert source.licence, f"{path.name}: {source.path} states no terms"
            assert source.files, f"{path.name}: {source.path} does not say how many files there were"
            if "CC BY" in source.licence:
                assert source.credit, f"{path.name}: {source.name} must be credited"
