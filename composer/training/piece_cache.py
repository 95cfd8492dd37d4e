"""The folder of prepared pieces: one file for each file of music, found again by what was read and by what code.

Conventions: a file's name is `VERSION-KEY.npz`. VERSION is `code_version`; KEY is the hash of the music's bytes and of
the settings it was read with. So nothing is ever out of date: what has changed has another name. What is not used any
more is removed by `tidy`, and the folder never grows without bound. Only the parent process writes here.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

from composer.errors import OutputError
from composer.files import write_atomic
from composer.training.code_version import code_version
from composer.training.making import VERSION_OF, Task
from composer.training.piece_file import Prepared, Unfit, from_bytes

MAX_CACHE_BYTES = 4 * 2**30
_UNUSED_DAYS = 30.0  # of what this version of the code made
_OUTDATED_DAYS = 1.0  # unused, of what another version made: two checkouts may take turns
_DAY_SEC = 86_400.0


@dataclass(frozen=True)
class PieceCache:
    """A folder of prepared pieces.

    Attributes:
        folder: made where it is missing.
        version: of the code.
    """

    folder: Path
    version: str

    @staticmethod
    def at(folder: Path) -> PieceCache:
        """Return the cache in a folder.

        Raises:
            OutputError: it cannot be made.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot make the folder: {error.strerror or error}", place=folder) from error
        return PieceCache(folder, code_version(VERSION_OF))

    def path_of(self, task: Task) -> Path:
        """Return the place of what is prepared of a task."""
        key = hashlib.sha256(f"{task.values}\0".encode() + task.content).hexdigest()[:32]
        return self.folder / f"{self.version}-{key}.npz"

    def load(self, path: Path) -> tuple[Prepared | Unfit, ...] | None:
        """Return what is there, or None where nothing is or it is not whole; it counts as used."""
        try:
            data = path.read_bytes()
        except OSError:
            return None
        with contextlib.suppress(OSError):  # of another user: it is theirs to tidy
            os.utime(path)
        return from_bytes(data)

    def save(self, path: Path, data: bytes) -> None:
        """Keep what was prepared.

        Raises:
            OutputError: it cannot be written.
        """
        write_atomic(path, data)

    def tidy(self, *, max_bytes: int = MAX_CACHE_BYTES) -> str:
        """Remove what has not been used for long, and then the longest unused until the rest fits.

        Returns:
            A line that says what was removed; "" where nothing was.
        """
        entries = sorted(self._entries())  # the latest used first
        kept_bytes = removed = removed_bytes = 0
        for age_days, size, path in entries:
            limit = _UNUSED_DAYS if path.name.startswith(f"{self.version}-") else _OUTDATED_DAYS
            if age_days <= limit and kept_bytes + size <= max_bytes:
                kept_bytes += size
                continue
            try:
                path.unlink()
            except OSError:  # another run was quicker, or the folder is not ours
                continue
            removed += 1
            removed_bytes += size
        if not removed:
            return ""
        size_mb = removed_bytes / 1e6
        return f"{removed} prepared files that were out of use were removed from {self.folder} ({size_mb:.0f} MB)"

    def _entries(self) -> list[tuple[float, int, Path]]:
        """Return (days since it was used, bytes, path) of every prepared file."""
        found = []
        now = time.time()
        for path in self.folder.glob("*.npz"):
            try:
                state = path.stat()
            except OSError:
                continue
            found.append(((now - state.st_mtime) / _DAY_SEC, state.st_size, path))
        return found
