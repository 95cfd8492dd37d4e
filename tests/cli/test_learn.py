"""`compose learn`: what a user does first, right and wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import Result

KERN = "!!!YEM: CC0\n**kern\n*k[]\n*C:\n*M3/4\n{}*-\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two waltzes, and a folder for styles that holds one."""
    monkeypatch.setenv("RITORNELLO_STYLES", str(tmp_path / "styles"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "styles").mkdir()
    (tmp_path / "styles" / "mine.yaml").write_text("name: mine\ndescription: mine\n")
    scores = tmp_path / "waltzes"
    scores.mkdir()
    for tune in ("cde", "gab"):
        (scores / f"{tune}.krn").write_text(KERN.format("".join(f"=\n4{tune[bar % 3]}\n2g\n" for bar in range(8))))
    return scores


def test_the_library_is_told_what_was_asked_for(run: Callable[..., Result], library: Any) -> None:
    learned = SimpleNamespace(
        told=("some files state no licence",),
        figures={"pieces": "18 learned from, 4 held out"},
        files=(Path("styles/mine.yaml"), Path("styles/mine.json")),
        called="mine",
    )
    library.answers("composer.training.learn", "learn_style", learned)
    result = run("learn", "waltzes", "--name", "mine", "--minutes", "2", "--seed", "3")
    assert result.exit_code == 0, result.output
    args, options = library.call
    assert args == (Path("waltzes"), "mine")
    assert options == {
        "output": None, "force": False, "seed": 3, "max_seconds": 120.0, "device": "auto", "workers": None,
        "on_progress": None,
    }  # fmt: skip
    assert "warning: some files state no licence" in result.stderr
    assert "18 learned from, 4 held out" in result.stdout
    assert "compose --form rondo --style mine" in result.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nowhere", "--name", "new"), "error: nowhere: no such folder"),
        (("waltzes", "--name", "new"), "2 usable pieces; at least 3 are needed"),
        (("waltzes", "--name", "mine"), "there is a style of this name (--force replaces it)"),
        (("waltzes", "--name", "bach"), 'error: "bach" is a style of the program'),
        (("waltzes",), "Missing option '--name'"),
    ],
)
def test_what_goes_wrong_is_said_and_leaves_nothing(
    run: Callable[..., Result], folder: Path, words: tuple[str, ...], told: str
) -> None:
    result = run("learn", *words)
    assert result.exit_code == 2
    assert told in result.stderr
    assert [path.name for path in (folder.parent / "styles").iterdir()] == ["mine.yaml"]
