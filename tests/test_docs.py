"""The notebook in the docs runs, in IPython's own shell, from its first cell to its last."""

from __future__ import annotations

import atexit
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

import composer
from composer.style_statistics import StyleStatistics


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_network: None) -> Iterator[InteractiveShell]:
    """A shell in an empty folder; composing needs no network there."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / ".ipython"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr("sys.displayhook", sys.displayhook)  # the shell puts its own there
    monkeypatch.setattr(
        "composer.pipeline.filling.load_statistics", lambda style: StyleStatistics(name=style, pieces=1, bars=1)
    )
    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False
    importlib.reload(composer)  # as if it were imported there for the first time
    yield shell
    atexit.unregister(shell.atexit_operations)  # its files lie in a folder that is gone by then
    InteractiveShell.clear_instance()


def test_the_notebook_runs_and_shows_sheets_and_players(shell: InteractiveShell, repository: Path) -> None:
    notebook = json.loads((repository / "docs" / "notebook.ipynb").read_text(encoding="utf-8"))
    shown: list[dict[str, str]] = []  # what a browser would be given
    shell.displayhook.write_format_data = lambda formats, _metadata=None: shown.append(formats)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [], "the file is kept without its outputs"
            result = shell.run_cell("".join(cell["source"]))
            assert result.success, "".join(cell["source"])
    shown = [formats for formats in shown if "text/html" in formats]
    told = [formats["text/plain"] for formats in shown]
    assert [text.partition(" (")[0] for text in told] == [
        "Binary in D minor",
        "A small rondo",
        "A small rondo",
        "A small rondo",
    ]
    assert "binary A B" in told[0]
    assert "player romantic, take 3" in told[3]
    for formats in shown:
        assert formats["text/html"].count("<audio ") == 1
        assert "data:image/svg+xml;base64," in formats["text/html"]
        assert len(formats["text/html"]) < 3_000_000
    assert Path("dance.mid").read_bytes().startswith(b"MThd")
