"""A user's own styles: where they lie, and that the program's come first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from composer.errors import PlanError, StyleError
from composer.plan.brief import Brief
from composer.plan.model import Glide
from composer.plan.planner import plan_piece
from composer.plan.reader import parse_plan
from composer.plan.writer import format_plan
from composer.style import StyleCard, load_style, own_styles_folder, read_style, style_names, styles_folder, write_style


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RITORNELLO_STYLES", str(tmp_path))
    card = StyleCard("mine", "my own", vector="mine.vector.safetensors", vector_sha256="ab" * 32)
    write_style(card, tmp_path / "mine.yaml")
    return tmp_path


def test_they_lie_where_a_user_s_data_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RITORNELLO_STYLES", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert own_styles_folder() == Path("/data/ritornello/styles")
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", "/home/ada")
    assert own_styles_folder() == Path("/home/ada/.local/share/ritornello/styles")
    monkeypatch.setenv("RITORNELLO_STYLES", "here")
    assert own_styles_folder() == Path("here")


def test_a_style_is_found_by_its_name_behind_the_program_s(folder: Path) -> None:
    assert style_names() == (*style_names(folder=styles_folder()), "mine")
    card = load_style("mine")
    assert (card.description, card.folder) == ("my own", folder)
    assert card.vector_sha256 == "ab" * 32
    write_style(replace(card, name="bach"), folder / "bach.yaml")
    assert load_style("bach").folder == styles_folder()
    assert style_names().count("bach") == 1


def test_a_near_name_is_told_of_own_styles_too(folder: Path) -> None:
    with pytest.raises(StyleError, match='did you mean "mine"'):
        load_style("mien")


def test_plans_may_name_an_own_style(folder: Path) -> None:
    text = "form: rondo\nstyle: {mine: 0.5, bach: 0.5}\nkey: G major\n"
    assert dict(parse_plan(text).style) == {"mine": 0.5, "bach": 0.5}
    (folder / "mine.yaml").unlink()
    with pytest.raises(PlanError, match="mine"):
        parse_plan(text)


@pytest.mark.parametrize("named", ["./mine.yaml", "mine.yaml", "../{}/mine.yaml", "{{}}/mine.yaml"])
def test_a_plan_names_a_card_by_a_path_from_its_folder_or_an_absolute_one(folder: Path, named: str) -> None:
    path = named.format(folder.name).format(folder)
    text = f'form: rondo\nstyle: {{"{path}": 0.5, bach: 0.5}}\nkey: G major\n'
    plan = parse_plan(text, folder=folder)
    assert dict(plan.style) == {str(folder / "mine.yaml"): 0.5, "bach": 0.5}
    assert parse_plan(format_plan(plan), folder=Path("/")) == plan


def test_a_path_of_a_card_is_followed_in_sections_phrases_and_glides(folder: Path) -> None:
    text = """
form: rondo
style: bach -> ./mine.yaml
key: G major
sections:
  - {label: A, bars: 8, style: mine.yaml, phrases: [{bars: 8, style: {mine.yaml: 2, bach: 1}}]}
"""
    plan = parse_plan(text, folder=folder)
    card = str(folder / "mine.yaml")
    assert isinstance(plan.style, Glide)
    assert plan.style.to == {card: 1}
    assert plan.sections[0].style == {card: 1}
    assert plan.sections[0].phrases is not None
    assert plan.sections[0].phrases[0].style == {card: 2, "bach": 1}


def test_a_plan_beside_a_card_names_it_from_there(folder: Path) -> None:
    plan = parse_plan("form: rondo\nstyle: ./mine.yaml\nkey: G major\n", folder=folder)
    assert 'style: "./mine.yaml"' in format_plan(plan, folder=folder)
    assert f'style: "{folder}/mine.yaml"' in format_plan(plan, folder=folder / "pieces")


def test_folders_have_any_name(folder: Path) -> None:
    where = folder / "meine Stücke (2), neu"
    where.mkdir()
    (folder / "mine.yaml").rename(where / "mine.yaml")
    plan = parse_plan("form: rondo\nstyle: mine.yaml -> bach\nkey: G major\n", folder=where)
    assert parse_plan(format_plan(plan)) == plan
    assert parse_plan(format_plan(plan, folder=folder), folder=folder) == plan


def test_a_card_that_is_not_there_is_told_where_the_plan_names_it(folder: Path) -> None:
    with pytest.raises(PlanError, match=r"p\.yaml:2:8: cannot read the card: No such file .*lost\.yaml"):
        parse_plan("form: rondo\nstyle: ./lost.yaml\nkey: G major\n", source="p.yaml", folder=folder)


def test_a_piece_is_planned_in_the_style_of_a_card_s_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("joplin.yaml", "joplin.json"):
        (tmp_path / name.replace("joplin.yaml", "mine.yaml")).write_bytes((styles_folder() / name).read_bytes())
    monkeypatch.chdir(tmp_path)
    plans = [
        plan_piece(Brief(form="rondo", style=path, seed=1)) for path in ("./mine.yaml", str(tmp_path / "mine.yaml"))
    ]
    assert plans[0] == plans[1]
    assert dict(plans[0].style) == {str(tmp_path / "mine.yaml"): 1}


def test_text_that_is_a_number_in_a_card_is_told(folder: Path) -> None:
    (folder / "odd.yaml").write_text("name: odd\ndescription: an odd one\nvector: 5\n")
    with pytest.raises(StyleError, match='"vector" is text; found 5'):
        read_style(folder / "odd.yaml")
