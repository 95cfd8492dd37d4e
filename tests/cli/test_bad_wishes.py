"""What cannot be written ends in one line, before anything is composed where that can be known; older files stay."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from composer import files

PLAN = """\
plan: 1
form: rondo
style: bach
key: G major
meter: "3/4"
seed: 7
themes:
  refrain: {bars: 4, type: chain, melody: "G2 B2 d2 | c2 A2 F2 | G2 B2 A2 | G4 z2"}
sections:
  - {label: A, theme: refrain, bars: 4, cadence: PAC}
"""
OLD = b"an older file"


@pytest.fixture(autouse=True)
def composed(monkeypatch, make_fake_source) -> list[object]:
    """Who was asked to compose."""
    asked: list[object] = []

    def source(cards: object, **_: object) -> object:
        asked.append(cards)
        return make_fake_source, "no network"

    monkeypatch.setattr("composer.pipeline.filling.network_source", source)
    return asked


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a plan, and an older file of each name that is asked for."""
    (tmp_path / "my.yaml").write_text(PLAN, encoding="utf-8")
    for name in ("a.mid", "a.mp3", "a.pdf", "plain"):
        (tmp_path / name).write_bytes(OLD)
    return tmp_path


def kept(folder: Path) -> bool:
    """Whether the older files are all that is there, and as they were."""
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    return found == {"my.yaml": PLAN.encode(), **dict.fromkeys(("a.mid", "a.mp3", "a.pdf", "plain"), OLD)}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("-o a.midd", 'a.midd: no writer for ".midd" (did you mean ".mid"?)'),
        ("-o a", "a: the name has no extension"),
        ("-o a.mid -o ./a.mid", "a.mid: two outputs have this name"),
        ("-o a.mid -o plain/a.pdf", "plain: this is not a folder"),
        ("-o a.mid -o nowhere/a.pdf", "nowhere: the folder does not exist"),
        ("-o a.mp3 --soundfont plain", "plain: this is no sound font"),
        ("-o a.mp3 --soundfont nowhere.sf2", "nowhere.sf2: cannot read"),
        ("-o a.mid --soundfont plain", "plain: a sound font, but no sound to write"),
        (f"-o {'a' * 300}.mid", f"{'a' * 300}.mid: cannot write: File name too long"),
    ],
)
@pytest.mark.parametrize("command", ["build my.yaml", "--form binary --seed 3"])
def test_what_is_known_beforehand_is_told_before_composing(
    run, folder, composed, command: str, words: str, said: str
) -> None:
    result = run(*command.split(), *words.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {said}")
    assert result.stderr.count("\n") == 1
    assert composed == []
    assert kept(folder)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "no permission to write in this folder"),
        (OSError(errno.EROFS, "Read-only file system"), "cannot write in this folder: Read-only file system"),
        (OSError(errno.ENOSPC, "No space left on device"), "cannot write in this folder: No space left on device"),
    ],
)
def test_a_folder_that_takes_no_file_is_told_before_composing(
    run, folder, composed, monkeypatch, error: OSError, said: str
) -> None:
    def refuse(**_: object) -> None:
        raise error

    monkeypatch.setattr(files.tempfile, "TemporaryFile", refuse)
    result = run("build", "my.yaml", "-o", "a.mid", "-o", "a.pdf")
    assert (result.exit_code, result.stderr) == (2, f"error: .: {said}\n")
    assert composed == []
    assert kept(folder)


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder in which nobody can make a file")
def test_not_even_root_writes_there(run, folder, composed) -> None:
    result = run("build", "my.yaml", "-o", "/proc/self/a.mid", "-o", "a.mid")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: /proc/self: ")
    assert result.stderr.count("\n") == 1
    assert composed == []
    assert kept(folder)


def fill_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk be full at the second file that is synced."""
    true_sync, calls = os.fsync, []

    def full_at_the_second(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        true_sync(handle)

    monkeypatch.setattr(files.os, "fsync", full_at_the_second)


@pytest.mark.parametrize("outputs", ["-o a.mid -o a.pdf", "-o a.pdf -o a.mid", "-o a.mid -o a.mp3"])
def test_a_disk_that_fills_up_changes_nothing(run, folder, monkeypatch, outputs: str) -> None:
    fill_up(monkeypatch)
    result = run("build", "my.yaml", *outputs.split())
    assert result.exit_code == 2
    last = outputs.split()[-1]
    assert result.stderr.splitlines()[-1] == f"error: {last}: cannot write: No space left on device"
    assert result.stdout == ""
    assert kept(folder)


def test_a_picture_is_written_with_the_performance_or_neither_is(run, folder, monkeypatch) -> None:
    run("build", "my.yaml", "-o", "b.mid")
    fill_up(monkeypatch)
    result = run("perform", "b.mid", "-o", "a.mid", "--plot", "b.png")
    assert result.exit_code == 2
    (folder / "b.mid").unlink()
    assert kept(folder)


def test_ctrl_c_while_writing_leaves_nothing(run, folder, monkeypatch) -> None:
    def stopped(_handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "fsync", stopped)
    result = run("build", "my.yaml", "-o", "a.mid")
    assert (result.exit_code, result.stderr.strip()) == (130, "stopped")
    assert kept(folder)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_summary_that_nobody_can_keep_is_one_line() -> None:
    code = "from composer.cli.main import main\nmain()\n"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", code, "forms"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (2, "error: cannot write: No space left on device\n")
