"""Tab: names of music, mixes of styles, suffixes; at once, in bash as in other shells."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from composer.cli.completing import SUFFIXES
from composer.cli.main import COMMANDS, cli

from composer.export.writers import EXTENSIONS, PART_EXTENSIONS

SECOND_SPELLINGS = {".midi", ".xml", ".yml"}


def offered(line: str) -> list[str]:
    """What is offered for the last word of a command line."""
    *words, incomplete = line.split(" ")
    return [str(item.value) for item in ShellComplete(cli, {}, "compose", "X").get_completions(words, incomplete)]


@pytest.mark.parametrize(
    ("line", "some"),
    [
        ("bu", ["build"]),
        ("--for", ["--form"]),
        ("--form ro", ["rondo", "rounded-binary"]),
        ("plan --form so", ["sonata", "sonata-rondo", "song"]),
        ("forms min", ["minuet"]),
        ("--style ba", ["bach"]),
        ("--style bach:0.7,jop", ["bach:0.7,joplin:"]),
        ("--style bach:0.7,ba", []),
        ("--style bach:0", []),
        ("--style bach->ba", ["bach->bach"]),
        (
            "--style bach:1,haydn:2->mozart:1,ha",
            ["bach:1,haydn:2->mozart:1,handel:", "bach:1,haydn:2->mozart:1,haydn:"],
        ),
        ("extend x.mid --style bee", ["beethoven"]),
        ("styles cho", ["chopin", "chorale"]),
        ("check x.mid --style jo", ["joplin"]),
        ("--ensemble q", ["quartet"]),
        ("perform x.mid --player ba", ["bach", "baroque"]),
        ("--device ", ["auto", "cpu", "gpu"]),
        ("build my.yaml -o out/my.m", ["out/my.mid", "out/my.musicxml", "out/my.mxl", "out/my.mp3"]),
        ("build my.yaml -o my.roll.", ["my.roll.png", "my.roll.svg"]),
        ("build my.yaml -o no.7.h", ["no.7.html"]),
        ("build my.yaml -o my.y", ["my.yaml"]),
        ("perform my.mid -o my.y", ["my.y"]),  # no plan is written of it: the shell's own files
        ("completion ", ["bash", "zsh", "fish"]),
    ],
)
def test_what_is_offered(line: str, some: list[str]) -> None:
    assert offered(line) == some


def test_the_users_own_styles_and_players_are_offered(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("RITORNELLO_STYLES", str(tmp_path))
    (tmp_path / "players").mkdir()
    (tmp_path / "zelter.yaml").touch()
    (tmp_path / "players" / "zelter.player.yaml").touch()
    assert offered("--style zel") == ["zelter"]
    assert [name for name in offered("--player zel") if "zelter" in name]


def test_a_file_without_a_dot_is_left_to_the_shell() -> None:
    (item,) = ShellComplete(cli, {}, "compose", "X").get_completions(["build", "my.yaml", "-o"], "my")
    assert (item.type, item.value) == ("file", "my")


def test_every_suffix_that_can_be_written_is_offered() -> None:
    assert set(EXTENSIONS) - SECOND_SPELLINGS <= set(SUFFIXES) <= {*EXTENSIONS, *PART_EXTENSIONS}


def test_tab_answers_at_once() -> None:
    code = (
        "import json, sys, time\n"
        "from composer.cli.main import cli\n"
        "try:\n    cli([])\nexcept SystemExit:\n    pass\n"
        "print(json.dumps([time.process_time(), sorted({name.split('.')[0] for name in sys.modules})]))\n"
    )
    for line in ("compose --style ba", "compose --player ba", "compose --ensemble q", "compose build x -o x.m"):
        asked = {"COMP_LINE": line, "COMP_WORD": line.split()[-1], "_COMPOSE_COMPLETE": "bash_complete"}
        code_of = code.replace("cli([])", "cli([], prog_name='compose')")
        done = subprocess.run(
            [sys.executable, "-c", code_of], capture_output=True, text=True, check=True, env=os.environ | asked
        )
        *answers, facts = done.stdout.splitlines()
        cpu_sec, modules = json.loads(facts)
        assert answers
        assert {"tensorflow", "keras", "music21", "matplotlib", "pydantic", "scipy"}.isdisjoint(modules)
        assert cpu_sec < 0.8  # most of it is Python's own start and numpy's


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_takes_its_script(run, shell: str) -> None:
    result = run("completion", shell)
    assert result.exit_code == 0
    assert f"_COMPOSE_COMPLETE={shell}_complete" in result.stdout
    if program := shutil.which(shell):
        done = subprocess.run([program, "-n"], input=result.stdout, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
@pytest.mark.parametrize(
    ("line", "word", "replies"),
    [
        ("compose --form ron", "ron", ["rondo"]),
        ("compose --style bach:0.7,jop", "0.7,jop", ["0.7,joplin:"]),  # bash asks for what stands behind the colon
        ("compose --style 'bach->jop", "'bach->jop", ["bach->joplin"]),
        ("compose --style=cho", "cho", ["chopin", "chorale"]),
        ("compose build my.yaml -o my.roll.", "my.roll.", ["my.roll.png", "my.roll.svg"]),
        ("compose --form ", "", None),
        ("compose build my.yaml -o my", "my", []),
    ],
)
def test_bash_is_answered_in_the_words_it_has(run, tmp_path, line: str, word: str, replies: list[str] | None) -> None:
    (tmp_path / "script").write_text(run("completion", "bash").stdout)
    asking = f"""
        compopt() {{ :; }}
        source {tmp_path}/script
        COMP_LINE="{line}" COMP_POINT={len(line)} COMP_WORDS=("{word}") COMP_CWORD=0
        _compose_completion {tmp_path}/compose
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    starter = "import sys; sys.argv[0] = 'compose'\nfrom composer.cli.main import main\nmain()\n"
    (tmp_path / "compose").write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{starter}"\n')
    (tmp_path / "compose").chmod(0o755)
    done = subprocess.run(["bash", "-c", asking], capture_output=True, text=True, check=True)
    given = [reply for reply in done.stdout.splitlines() if reply]
    assert done.stderr == ""
    if replies is None:
        assert re.search(r"\brondo\b", done.stdout)
    else:
        assert given == replies


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish here")
def test_fish_is_answered_with_commas(run, tmp_path) -> None:
    (tmp_path / "script").write_text(run("completion", "fish").stdout)
    with_ours = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    asking = f"source {tmp_path}/script; complete -C 'compose --style bach:0.7,jo'"
    done = subprocess.run(
        ["fish", "-c", asking], capture_output=True, text=True, check=True, env=os.environ | with_ours
    )
    assert done.stdout == "bach:0.7,joplin:\n"


def test_every_command_is_offered() -> None:
    assert set(COMMANDS) <= set(offered(""))
