"""The bar shows itself only where somebody looks, and costs nothing of the piece."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from composer.cli.main import cli
from composer.cli.options import QUIET
from composer.cli.progress import REFRESHES_PER_SEC, progress_bar

PLAN = """\
plan: 1
form: rondo
style: bach
key: G major
meter: "3/4"
seed: 7
themes:
  refrain: {bars: 4, type: period}
sections:
  - {label: A, theme: refrain, bars: 4, cadence: PAC}
  - {label: B, theme: none, bars: 4, key: V, cadence: HC}
"""


@contextlib.contextmanager
def terminal() -> Iterator[Callable[[], str]]:
    """Let stderr be a true terminal; yields what tells everything that was drawn on it."""
    screen, ours = os.openpty()
    os.set_blocking(screen, False)
    drawn = bytearray()

    def read() -> str:
        with contextlib.suppress(OSError):  # there is no more
            while block := os.read(screen, 65536):
                drawn.extend(block)
        return drawn.decode()

    with os.fdopen(ours, "w", encoding="utf-8") as stderr, contextlib.redirect_stderr(stderr):
        yield read
    os.close(screen)


@pytest.mark.parametrize(
    ("terminal", "quiet", "shown"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_a_bar_needs_a_terminal_and_no_quiet(monkeypatch, terminal: bool, quiet: bool, shown: bool) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    with click.Context(cli) as ctx:
        ctx.meta[QUIET] = quiet
        with progress_bar() as on_progress:
            assert (on_progress is not None) == shown
            if on_progress is not None:
                on_progress("section B", 0.5)


def test_what_is_done_is_drawn_and_what_is_logged_stands_above_it(monkeypatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    with terminal() as drawn:
        before = sys.stderr
        with click.Context(cli), progress_bar() as on_progress:
            assert on_progress is not None
            on_progress("section B, bar 5 of [16]", 0.5)
            time.sleep(2 / REFRESHES_PER_SEC)
            click.echo("section A: kept for no gaps", err=True)
            assert "section B, bar 5 of [16]" in drawn()
        assert "section A: kept for no gaps" in drawn()
        assert sys.stderr is before


def test_the_bar_stays_while_stderr_is_turned_aside(tmp_path: Path, monkeypatch) -> None:
    # As it is while a network starts: what TensorFlow says then is not shown, the bar is.
    monkeypatch.setenv("TERM", "xterm")
    with terminal() as drawn, (tmp_path / "aside").open("w+") as aside, click.Context(cli):
        stderr = sys.stderr.fileno()
        with progress_bar() as on_progress:
            assert on_progress is not None
            os.dup2(aside.fileno(), stderr)
            on_progress("loading the network", 0.1)
            time.sleep(2 / REFRESHES_PER_SEC)
            assert "loading the network" in drawn()
        assert aside.read() == ""


@pytest.mark.usefixtures("no_network")
def test_the_same_bytes_with_a_bar_and_without(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.chdir(tmp_path)
    Path("my.yaml").write_text(PLAN, encoding="utf-8")
    names = ("my.mid", "my.musicxml", "my.json")
    words = ["build", "my.yaml", *(word for name in names for word in ("-o", name))]
    made = []
    for is_shown in (False, True):
        with terminal() if is_shown else contextlib.nullcontext(str) as drawn:
            with pytest.raises(SystemExit) as ended:
                cli(words)
            assert ended.value.code == 0
            assert ("writing my.json" in drawn()) == is_shown
        made.append([Path(name).read_bytes() for name in names])
    assert made[0] == made[1]
