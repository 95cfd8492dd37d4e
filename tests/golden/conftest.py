"""The option that makes the golden files anew: `pytest tests/golden --remake`."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--remake", action="store_true", help="write the golden files anew instead of comparing")
