"""A command line run in this process, with a library that only writes down how it was called."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner, Result
from composer.cli.main import cli


@dataclass(frozen=True)
class FakeSection:
    label: str
    key: str
    bars: int


@dataclass(frozen=True)
class FakePiece:
    """A rondo that was never composed."""

    title: str = "Rondo [in G]"
    form: str = "rondo"
    style: str = "bach"
    meter: str = "3/4"
    tempo_bpm: float = 112.0
    sections: tuple[FakeSection, ...] = (
        FakeSection("A", "G major", 8),
        FakeSection("B", "D major", 8),
        FakeSection("A", "G major", 8),
    )
    themes: dict[str, str] = field(default_factory=lambda: {"refrain": "8 bars, pinned", "couplet": "8 bars, composed"})
    kept: tuple[str, ...] = ()
    seed: int = 7
    device: str = "CPU"
    seconds: float = 1.25
    files: tuple[Path, ...] = (Path("rondo.mid"), Path("rondo.musicxml"))
    warnings: tuple[str, ...] = ()
    report: None = None


class FakeModule(ModuleType):
    """A module that holds only what a test puts there."""


@dataclass
class Library:
    """Replaces functions of the library and keeps the arguments they got."""

    monkeypatch: pytest.MonkeyPatch
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = field(default_factory=list)

    def answers(self, module: str, name: str, answer: object) -> None:
        """Let `module.name` return `answer`, or raise it when it is an exception."""

        def function(*args: Any, **options: Any) -> object:
            self.calls.append((args, options))
            if isinstance(answer, BaseException):
                raise answer
            return answer

        if not isinstance(sys.modules.get(module), FakeModule):
            # In place of the true one, whose import may take seconds.
            self.monkeypatch.setitem(sys.modules, module, FakeModule(module))
        setattr(sys.modules[module], name, function)

    @property
    def call(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The one call that was made."""
        assert len(self.calls) == 1
        return self.calls[0]


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    return Library(monkeypatch)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run `compose WORDS…` in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run_words(*words: str) -> Result:
        return CliRunner().invoke(cli, list(words))

    return run_words


@pytest.fixture
def piece() -> FakePiece:
    return FakePiece()
