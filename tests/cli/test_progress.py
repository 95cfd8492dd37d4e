"""The bar shows itself only where somebody looks."""

from __future__ import annotations

import sys

import click
import pytest
from composer.cli.main import cli
from composer.cli.options import QUIET
from composer.cli.progress import progress_bar


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
