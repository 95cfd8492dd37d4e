"""The folder of one training run: its lock and its log."""

from __future__ import annotations

import errno
import json
import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from composer.errors import TrainingError

LOG_NAME = "log.jsonl"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder for this process; raises TrainingError when another training run holds it.

    The lock goes with the process, so a killed run leaves none. Where the file system has no locks, a warning is all.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a+") as file:
        _take_lock(file, folder)
        file.seek(0)
        file.truncate()
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        file.write(f"process {os.getpid()} on {socket.gethostname()} since {now}")
        file.flush()
        yield


def _take_lock(file: Any, folder: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        warnings.warn("this system has no file locks: don't train twice in one folder", stacklevel=3)
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            file.seek(0)
            raise TrainingError(
                f"in use by another training run ({file.read() or 'just started'})",
                place=folder,
                mend="wait for it, or train in another folder",
            ) from error
        warnings.warn(f"{folder}: no lock here ({error}): don't train twice in it", stacklevel=3)


class Log:
    """Lines of JSON, one an event; `update` is in each, so that a resumed run goes on where its checkpoint stands.

    is_kept: False where another process writes the log of the run.
    """

    def __init__(self, folder: Path, *, is_kept: bool = True) -> None:
        self._path = folder / LOG_NAME
        self._is_kept = is_kept

    def write(self, **event: Any) -> None:
        """Add one line and flush it."""
        if not self._is_kept:
            return
        with self._path.open("a") as file:
            file.write(json.dumps(event) + "\n")

    def cut_after(self, update: int) -> None:
        """Drop the lines after an update, which a resumed run will write again, and a torn last line."""
        if not self._is_kept:
            return
        kept = [event for event in read_log(self._path.parent) if event.get("update", 0) <= update]
        self._path.write_text("".join(json.dumps(event) + "\n" for event in kept))


def read_log(folder: Path) -> list[dict[str, Any]]:
    """The events of a run, oldest first; a last line torn by a kill is left out."""
    path = folder / LOG_NAME
    events: list[dict[str, Any]] = []
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            events.append(json.loads(line))
        except ValueError:
            break
    return events
