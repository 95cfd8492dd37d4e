"""The options that commands share."""

from __future__ import annotations

import logging

import pytest


@pytest.fixture
def restored_level():
    logger = logging.getLogger("composer")
    level = logger.level
    yield logger
    logger.setLevel(level)


@pytest.mark.parametrize(("words", "level"), [(("-v",), "INFO"), (("-vv",), "DEBUG"), (("-q",), "ERROR")])
def test_verbosity_is_the_loggers_level(run, library, restored_level, words: tuple[str, ...], level: str) -> None:
    library.answers("composer.plan", "list_forms", ())
    run("forms", *words)
    assert logging.getLevelName(restored_level.level) == level
