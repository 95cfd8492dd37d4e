"""A file is written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from composer import files
from composer.errors import OutputError
from composer.files import check_writable, write_all_atomic, write_atomic

NOBODY = 65534


def test_a_file_is_written_and_replaced_whole(tmp_path):
    path = tmp_path / "a.mid"
    write_atomic(path, b"one")
    write_atomic(path, b"two")
    assert path.read_bytes() == b"two"
    assert [file.name for file in tmp_path.iterdir()] == ["a.mid"]


@contextlib.contextmanager
def pretending_not_to_be_root() -> Iterator[None]:
    """Root may write anywhere: become nobody for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def fail(*_: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("call", ["fsync"])
def test_a_full_disk_keeps_the_older_file_and_leaves_nothing_behind(tmp_path, monkeypatch, call):
    path = tmp_path / "a.mid"
    path.write_bytes(b"old")
    monkeypatch.setattr(files.os, call, fail)
    with pytest.raises(OutputError, match="No space left"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.mid"]


def test_of_several_files_none_is_changed_when_one_cannot_be_written(tmp_path, monkeypatch):
    first, second = tmp_path / "a.mid", tmp_path / "b.mid"
    first.write_bytes(b"old")
    real, calls = os.fsync, []

    def full_at_the_second(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 2:
            fail()
        real(handle)

    monkeypatch.setattr(files.os, "fsync", full_at_the_second)
    with pytest.raises(OutputError):
        write_all_atomic({first: b"new", second: b"new"})
    assert first.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.mid"]


def test_a_missing_folder_a_folder_in_the_way_and_a_file_as_folder(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder.mid").mkdir()
    for path, said in (
        (tmp_path / "none" / "a.mid", "does not exist"),
        (tmp_path / "file" / "a.mid", "not a folder"),
        (tmp_path / "folder.mid", "a folder, not a file"),
    ):
        with pytest.raises(OutputError, match=said):
            check_writable(path)
        with pytest.raises(OutputError, match=said):
            write_atomic(path, b"x")


def test_the_mode_of_a_replaced_file_is_kept_and_a_new_one_follows_the_mask(tmp_path):
    old = tmp_path / "old.mid"
    old.write_bytes(b"")
    old.chmod(0o640)
    write_atomic(old, b"x")
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    before = os.umask(0o027)
    try:
        write_atomic(tmp_path / "new.mid", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new.mid").stat().st_mode) == 0o640


def test_a_name_in_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_atomic(Path("a.mid"), b"x")
    assert (tmp_path / "a.mid").read_bytes() == b"x"


def test_a_folder_that_may_not_be_written_is_told_before_anything_is_made():
    folder = Path(tempfile.mkdtemp())  # anybody may come there, unlike to pytest's own folders
    folder.chmod(0o555)
    try:
        with pretending_not_to_be_root(), pytest.raises(OutputError, match="no permission to write in this folder"):
            check_writable(folder / "a.mid")
    finally:
        folder.rmdir()


def test_a_folder_that_may_not_be_entered_is_told():
    closed = Path(tempfile.mkdtemp())
    closed.chmod(0o000)
    try:
        with pretending_not_to_be_root(), pytest.raises(OutputError, match="Permission denied"):
            check_writable(closed / "a.mid")
    finally:
        closed.chmod(0o700)
        closed.rmdir()


def test_trying_a_folder_leaves_nothing_in_it(tmp_path):
    check_writable(tmp_path / "a.mid")
    assert list(tmp_path.iterdir()) == []


def test_what_the_disk_cannot_hold_leaves_the_older_files_and_nothing_else(tmp_path):
    # In a process of its own, with a true limit: the second file fails in the midst of its bytes.
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from composer.errors import OutputError\n"
        "from composer.files import write_all_atomic\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "folder = Path(sys.argv[1])\n"
        "def in_pieces(stream):\n"
        "    for _ in range(100):\n"
        "        stream.write(bytes(1000))\n"
        "for content in (bytes(100_000), in_pieces):\n"
        "    try:\n"
        "        write_all_atomic({folder / 'a.mid': b'new', folder / 'b.wav': content, folder / 'c.mid': b'new'})\n"
        "    except OutputError as error:\n"
        "        print(error)\n"
    )
    for name in ("a.mid", "b.wav"):
        (tmp_path / name).write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"{tmp_path}/b.wav: cannot write: File too large"] * 2
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.mid": b"old", "b.wav": b"old"}


def test_a_very_long_name_is_one_error(tmp_path):
    with pytest.raises(OutputError):
        write_atomic(tmp_path / ("x" * 300), b"x")
