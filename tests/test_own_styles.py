"""A user's own styles: where they lie, and that the program's come first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from composer.errors import PlanError, StyleError
from composer.plan.reader import parse_plan
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


def test_text_that_is_a_number_in_a_card_is_told(folder: Path) -> None:
    (folder / "odd.yaml").write_text("name: odd\ndescription: an odd one\nvector: 5\n")
    with pytest.raises(StyleError, match='"vector" is text; found 5'):
        read_style(folder / "odd.yaml")
