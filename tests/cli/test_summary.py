"""The two-column print on a terminal and elsewhere."""

from __future__ import annotations

import sys

import click
from composer.cli.main import cli
from composer.cli.summary import listed, print_rows


def test_a_label_stands_before_the_first_of_its_texts_only() -> None:
    assert listed("files", ["a.mid", "b.mid"]) == [("files", "a.mid"), ("", "b.mid")]
    assert listed("files", []) == []


def test_on_a_terminal_brackets_are_text_and_not_markup(capsys, monkeypatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with click.Context(cli):
        print_rows([("title", "Rondo [in G]")])
    assert "Rondo [in G]" in capsys.readouterr().out
