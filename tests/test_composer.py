"""The package's front: a version, and `compose` at first use."""

from __future__ import annotations

import inspect
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest
from composer.cli.main import cli

import composer


def test_the_version_is_the_installed_one() -> None:
    assert composer.__version__ == version("ritornello")


def test_compose_is_the_pipelines(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = ModuleType("composer.pipeline")
    pipeline.compose = object()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "composer.pipeline", pipeline)
    assert composer.compose is pipeline.compose


def test_the_options_of_the_command_are_the_keywords_of_compose() -> None:
    options = {option.name for option in cli.params}
    keywords = set(inspect.signature(composer.compose).parameters)
    only_on_a_screen = {"version", "verbose", "quiet", "debug", "as_json", "opens"}
    assert options - keywords == only_on_a_screen
    assert keywords - options == {"more_takes", "folder", "on_progress"}  # the first is a repeated --take


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'decompose'"):
        composer.decompose  # noqa: B018


def test_the_changelog_and_the_citation_know_the_version(repository: Path) -> None:
    assert f"## {composer.__version__}" in (repository / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"version: {composer.__version__}" in (repository / "CITATION.cff").read_text(encoding="utf-8")


def test_the_licence_file_is_the_one_pyproject_names(repository: Path) -> None:
    with (repository / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    assert project["license"] == "Apache-2.0"
    assert "Apache License" in (repository / project["license-files"][0]).read_text(encoding="utf-8")
