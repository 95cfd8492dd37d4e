"""`compose styles` with the styles that come with the program."""

from __future__ import annotations

import pytest

from composer.style import OWN_STYLES_VARIABLE, StyleCard, write_style


def test_the_list_fits_a_terminal_of_100_columns(run) -> None:
    result = run("styles")
    lines = result.stdout.splitlines()
    assert {"bach", "chorale", "joplin", "renaissance"} <= {line.split()[0] for line in lines}
    assert all(len(line) <= 100 for line in lines), max(lines, key=len)


def test_a_card_is_shown_in_musicians_words(run) -> None:
    shown = run("styles", "chorale").stdout
    assert shown.startswith("style ")
    for words in ("CC0", "https://", "beats a minute", "player", "perfect authentic", "V-I ", "4/4"):
        assert words in shown


def test_a_card_gives_the_credit_that_its_licences_ask_for(run) -> None:
    shown = run("styles", "chopin").stdout
    assert "CC BY 4.0" in shown
    assert "Fryderyk Chopin Institute" in shown


def test_ones_own_styles_stand_below(run, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv(OWN_STYLES_VARIABLE, str(tmp_path))
    write_style(StyleCard("waltzes", "my own waltzes"), tmp_path / "waltzes.yaml")
    *_, heading, last = run("styles").stdout.splitlines()
    assert heading.strip() == f"your own, in {tmp_path}"
    assert last.startswith("waltzes ")


def test_a_broken_card_of_ones_own_hides_no_other_style(run, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv(OWN_STYLES_VARIABLE, str(tmp_path))
    write_style(StyleCard("waltzes", "my own waltzes"), tmp_path / "waltzes.yaml")
    (tmp_path / "polkas.yaml").write_text("name: polkas\ndescription: [my own\n")
    listed = run("styles")
    assert listed.exit_code == 0
    assert {"bach", "waltzes"} <= {line.split()[0] for line in listed.stdout.splitlines()}
    assert "polkas.yaml:3:1: not YAML" in listed.stderr
    shown = run("styles", "polkas")
    assert shown.exit_code == 2
    assert shown.stderr.startswith(f"error: {tmp_path / 'polkas.yaml'}:3:1: not YAML")
    assert run("styles", "waltzes").exit_code == 0


@pytest.mark.parametrize(("name", "near"), [("chopen", "chopin"), ("jopln", "joplin"), ("renaisance", "renaissance")])
def test_an_unknown_style_names_the_near_one(run, name: str, near: str) -> None:
    result = run("styles", name)
    assert result.exit_code == 2
    assert f'no style "{name}"' in result.stderr
    assert f'did you mean "{near}"?' in result.stderr
