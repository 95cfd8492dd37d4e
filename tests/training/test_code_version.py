"""Facts about the version of the code: it follows the imports, and changes with any file that matters."""

from __future__ import annotations

import pytest

from composer.training import code_version as module
from composer.training.code_version import code_version, needed_sources
from composer.training.making import VERSION_OF


@pytest.fixture(autouse=True)
def fresh() -> None:
    code_version.cache_clear()


def test_every_reader_and_analysis_that_makes_a_piece_counts() -> None:
    needed = set(needed_sources(VERSION_OF))
    assert needed >= {
        "composer.score",
        "composer.theory.meter",
        "composer.corpus.kern.tokens",
        "composer.corpus.midi.reader",
        "composer.analysis.cadences",
        "composer.analysis.duplicates",
        "composer.roll.values",
        "composer.roll.codec",
        "composer.training.making",
        "composer.training.piece_file",
    }


def test_what_does_not_make_a_piece_does_not_count() -> None:
    rooms = {name.split(".")[1] for name in needed_sources(VERSION_OF)}
    assert rooms.isdisjoint({"network", "fill", "plan", "export", "cli", "pipeline"})
    assert "composer.training.windows" not in needed_sources(VERSION_OF)


def test_the_version_changes_with_a_file_far_below(monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_version(VERSION_OF)
    code_version.cache_clear()
    assert code_version(VERSION_OF) == before
    assert len(before) == 16
    read = module._source
    monkeypatch.setattr(
        module, "_source", lambda name: read(name) + b"\n" if name == "composer.theory.pitch" else read(name)
    )
    code_version.cache_clear()
    assert code_version(VERSION_OF) != before
