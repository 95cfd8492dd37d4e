"""Keras and TensorFlow start without a word on the terminal, unless they fail."""

from __future__ import annotations

import logging
import os
import subprocess
import sys

import pytest

from composer.network.startup import _stderr_aside, backend_words, start_backend

# In a process of its own: here TensorFlow may have begun long ago.
QUIET_START = """
from composer.network.startup import backend_words, start_backend
start_backend()
print(backend_words("cpu"))
"""


def test_a_start_says_nothing():
    done = subprocess.run([sys.executable, "-c", QUIET_START], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.startswith("cpu (")
    assert "Keras" in done.stdout


def test_what_a_library_says_below_python_goes_to_the_log(capfd, caplog):
    with caplog.at_level(logging.DEBUG, logger="composer.network.startup"), _stderr_aside():
        os.write(2, b"I0000 oneDNN is on\nE0000 no CUDA\n")
    assert capfd.readouterr().err == ""
    assert [record.message for record in caplog.records] == ["I0000 oneDNN is on", "E0000 no CUDA"]


def test_when_the_start_fails_all_of_it_is_shown(capfd):
    with pytest.raises(ImportError, match="broken"), _stderr_aside():  # noqa: PT012
        os.write(2, b"F0000 not made for this processor\n")
        raise ImportError("broken")
    assert capfd.readouterr().err == "F0000 not made for this processor\n"
    os.write(2, b"as before")
    assert capfd.readouterr().err == "as before"


def test_a_start_that_is_stopped_says_nothing(capfd):
    with pytest.raises(KeyboardInterrupt), _stderr_aside():  # noqa: PT012
        os.write(2, b"I0000 oneDNN is on\n")
        raise KeyboardInterrupt
    assert capfd.readouterr().err == ""


def test_a_second_start_costs_nothing_and_words_name_the_versions():
    start_backend()
    start_backend()
    assert backend_words("gpu").startswith("gpu (")
