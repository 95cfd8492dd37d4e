"""`--open` shows what says most of a piece, and says so where it cannot."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from composer.cli import opening
from composer.cli.opening import open_address, open_made, to_open


@pytest.mark.parametrize(
    ("names", "first"),
    [
        ("a.mid a.mp3 a.pdf a.html", "a.html"),
        ("a.mid a.mp3 a.png a.pdf", "a.png"),
        ("a.mid a.wav a.MP3", "a.wav"),
        ("a.yaml a.musicxml a.mid", "a.mid"),
        ("a.yaml a.musicxml", "a.musicxml"),
        ("a.yaml a.json", "a.yaml"),
    ],
)
def test_page_then_sheet_then_sound_then_midi(names: str, first: str) -> None:
    assert to_open([Path(name) for name in names.split()]) == Path(first)


def test_nothing_is_nothing() -> None:
    assert to_open([]) is None


@pytest.fixture
def launched(monkeypatch) -> list[str]:
    monkeypatch.setenv("DISPLAY", ":0")
    paths: list[str] = []
    monkeypatch.setattr(opening.click, "launch", lambda path: paths.append(path) or 0)
    return paths


def test_a_composed_piece_is_opened_after_its_summary(run, library, piece, launched, tmp_path) -> None:
    library.answers("composer.pipeline", "compose", piece)
    result = run("--form", "rondo", "--open")
    assert result.exit_code == 0
    assert launched == [str(tmp_path / "rondo.mid")]
    launched.clear()
    run("--form", "rondo")
    assert launched == []


@pytest.mark.skipif(not opening.sys.platform.startswith("linux"), reason="elsewhere there is always a display")
def test_without_a_display_it_says_so_and_starts_nothing(run, library, piece, launched, monkeypatch) -> None:
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    library.answers("composer.pipeline", "compose", piece)
    result = run("--form", "rondo", "--open")
    assert (result.exit_code, launched) == (0, [])
    assert result.stderr == "warning: cannot open rondo.mid: there is no display here\n"
    assert "rondo.mid" in result.stdout


def test_without_a_program_it_says_so(capsys, monkeypatch, launched) -> None:
    monkeypatch.setattr(opening.click, "launch", lambda path: 1)
    open_made([Path("a.html")])
    assert capsys.readouterr().err == "warning: cannot open a.html: no program for it was found\n"


def test_a_picture_is_opened(run, library, launched, tmp_path) -> None:
    plotted = SimpleNamespace(file=Path("a.roll.png"), plan_path=None, mended=())
    library.answers("composer.pipeline.plotting", "plot_file", plotted)
    assert run("plot", "a.mid", "--open").exit_code == 0
    assert launched == [str(tmp_path / "a.roll.png")]


def test_an_address_is_opened_as_it_is(launched) -> None:
    open_address("http://127.0.0.1:8000/")
    assert launched == ["http://127.0.0.1:8000/"]
