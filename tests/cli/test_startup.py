"""`--help` is quick and says what there is."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from click.testing import Result
from composer.cli.main import COMMANDS

HEAVY = {
    "numpy", "scipy", "tensorflow", "keras", "jax", "music21", "matplotlib", "miditoolkit", "mido",
    "pydantic", "yaml", "safetensors", "rich",
}  # fmt: skip

HELP_OF_EVERYTHING = """
import io, json, sys, time
from contextlib import redirect_stdout
from composer.cli.main import COMMANDS, cli
first = None
for words in [[], *([name] for name in COMMANDS)]:
    with redirect_stdout(io.StringIO()):
        try:
            cli([*words, "--help"])
        except SystemExit as leaving:
            assert leaving.code == 0
    first = time.process_time() if first is None else first
print(json.dumps({"cpu_sec": first, "modules": sorted({name.split(".")[0] for name in sys.modules})}))
"""


@pytest.fixture(scope="module")
def fresh() -> dict[str, object]:
    """What a new process holds after it showed the help of every command."""
    done = subprocess.run([sys.executable, "-c", HELP_OF_EVERYTHING], capture_output=True, text=True, check=True)
    report: dict[str, object] = json.loads(done.stdout)
    return report


def test_help_imports_nothing_heavy(fresh: dict[str, object]) -> None:
    assert HEAVY.isdisjoint(fresh["modules"])  # type: ignore[arg-type]


def test_help_takes_less_than_three_tenths_of_a_second(fresh: dict[str, object]) -> None:
    # Processor time from the start of the interpreter: what a busy machine adds is not ours.
    assert fresh["cpu_sec"] < 0.3  # type: ignore[operator]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_the_common_options(run: Callable[..., Result], name: str) -> None:
    help_text = run(name, "--help").output
    assert f"Usage: compose {name}" in help_text
    for option in ("--verbose", "--quiet", "--debug", "--help"):
        assert option in help_text


def test_the_bare_command_shows_help(run: Callable[..., Result]) -> None:
    result = run()
    assert result.exit_code == 0
    assert all(f"\n  {name} " in result.output for name in COMMANDS)
    assert result.output == run("--help").output


def test_version(run: Callable[..., Result]) -> None:
    assert run("--version").output.startswith("ritornello, version ")


def test_python_dash_m_is_the_same_command() -> None:
    done = subprocess.run([sys.executable, "-m", "composer", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("ritornello, version ")
