"""Settings that every test shares: no screen, no TensorFlow chatter, the same random examples each time."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
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
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")


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


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch, make_fake_source: Callable[..., Any]) -> None:
    """Let everything that composes take its notes from that source."""
    monkeypatch.setattr(
        "composer.pipeline.filling.network_source", lambda cards, **options: (make_fake_source, "no network")
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real browser without a window; tests that want one are left out where there is none, but never in `.ci/run`."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright comes with the extra `dev`")
    with playwright.sync_playwright() as driver:
        found = [shutil.which(name) for name in BROWSERS] + [driver.chromium.executable_path]
        path = next((path for path in found if path and Path(path).exists()), None)
        if path is None:
            reason = "no Chromium is installed: apt install chromium, or playwright install chromium"
            pytest.fail(reason) if os.environ.get("RITORNELLO_CI") else pytest.skip(reason)
        opened = driver.chromium.launch(executable_path=path, args=list(BROWSER_FLAGS))
        yield opened
        opened.close()
