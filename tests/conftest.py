"""Settings that every test shares: no screen, no TensorFlow chatter, the same random examples each time."""

from __future__ import annotations

import os
from pathlib import Path

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
