"""Whatever goes wrong ends as lines on stderr and an exit code, never as a traceback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from composer.errors import FillError, OutputError, Place, PlanError, Problem

COMPOSE = ("composer.pipeline", "compose")


def test_all_problems_of_a_plan_are_told_at_once(run: Callable[..., Result], library) -> None:
    problems = [
        Problem('unknown key "H major"', Place("my.yaml", 4, 6), "a letter from A to G"),
        Problem('unknown field "dynamcis"', Place("my.yaml", 9, 5), 'did you mean "dynamics"?'),
    ]
    library.answers("composer.pipeline", "build_plan", PlanError(problems))
    result = run("build", "my.yaml")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        'error: my.yaml:4:6: unknown key "H major" (a letter from A to G)',
        'error: my.yaml:9:5: unknown field "dynamcis" (did you mean "dynamics"?)',
    ]


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [(OutputError("the folder does not exist", place="nowhere"), 2), (FillError("no cadence found"), 1)],
)
def test_the_users_mistake_and_our_failure_differ(run, library, error: Exception, exit_code: int) -> None:
    library.answers(*COMPOSE, error)
    result = run("--form", "rondo")
    assert result.exit_code == exit_code
    assert result.stderr == f"error: {error}\n"


def test_a_fault_of_ours_asks_for_a_report(run, library) -> None:
    library.answers(*COMPOSE, ZeroDivisionError("division\nby zero"))
    result = run("--form", "rondo")
    assert result.exit_code == 1
    assert "(ZeroDivisionError: division by zero)" in result.stderr
    assert "/issues" in result.stderr
    assert "--debug" in result.stderr
    assert "Traceback" not in result.stderr
    assert len(result.stderr.splitlines()) == 2


@pytest.mark.parametrize("words", [("--debug", "--form", "rondo"), ("--form", "rondo", "--debug")])
def test_debug_shows_the_traceback(run, library, words: tuple[str, ...]) -> None:
    library.answers(*COMPOSE, ZeroDivisionError("division by zero"))
    result = run(*words)
    assert result.exit_code == 1
    assert "Traceback" in result.stderr


def test_ctrl_c_is_no_fault(run, library) -> None:
    library.answers(*COMPOSE, KeyboardInterrupt())
    result = run("--form", "rondo")
    assert result.exit_code == 130
    assert result.stderr.strip() == "stopped"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("biuld", "x.yaml"), 'no such command "biuld" (did you mean "build"?)'),
        (("rondo",), 'no such command "rondo" (a form is asked for by --form rondo)'),
        (("xyz",), 'no such command "xyz" (there are plan, build'),
        (("--style", "bach"), "--form is missing (`compose forms` lists the forms)"),
        (("--seed", "3", "build", "x.yaml"), "--seed stands before `build`"),
        (("--form", "rondo", "--bars", "0"), "'--bars'"),
        (("--form", "rondo", "--tempo", "fast"), "'--tempo'"),
        (("--form", "rondo", "--temperature", "0"), "'--temperature'"),
        (("--form", "rondo", "--device", "tpu"), "'--device'"),
        (("--form", "rondo", "--style", "bach:0.7,joplin"), '"joplin" needs a weight'),
        (("--form", "rondo", "--style", "bach:0.7,bach:0.3"), '"bach" stands twice'),
        (("plan", "--style", "bach"), "'--form'"),
        (("build",), "'PLAN'"),
        (("build", "x.yaml", "--sede", "3"), "--sede"),
    ],
)
def test_a_wrong_command_line_names_the_mistake(run, words: tuple[str, ...], message: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    error, hint = result.stderr.splitlines()
    assert error.startswith("error: ")
    assert message in error
    assert hint.startswith("hint: compose")


def test_a_reader_that_leaves_is_no_fault(tmp_path: Path) -> None:
    # The pipe's reading end is closed before a word is written.
    code = (
        "import sys, types, composer.plan\n"
        "composer.plan.plan_schema = lambda: {'text': 'long' * 100_000}\n"
        "from composer.cli.main import cli\n"
        "cli(['schema'])\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait() == 1
    process.stderr.close()
