"""Settings that every test shares: no screen, no TensorFlow chatter, the same random examples each time."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# Before anything imports matplotlib or TensorFlow.
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from hypothesis import settings

# Derandomized: a red run is red again for whoever looks into it. No deadline: a busy machine is not a fault.
settings.register_profile("ritornello", deadline=None, max_examples=50, derandomize=True)
settings.load_profile("ritornello")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def make_fake_source() -> Callable[..., Any]:
    """Make a source of notes that needs no network: see `fill/fake.py`."""
    spec = importlib.util.spec_from_file_location("fake", REPOSITORY / "tests" / "fill" / "fake.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda _setting=None: module.FakeSource()
