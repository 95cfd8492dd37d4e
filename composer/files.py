"""Write a file whole or not at all: beside, sync, rename."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

from composer.errors import OutputError

Content = bytes | Callable[[BinaryIO], object]
"""What a file shall hold, or what writes it into the open file."""


def check_writable(path: Path) -> None:
    """Raise OutputError when `path` could not be written: no such folder, a folder in its place, no permission.

    Called before minutes of composing, so that they are not thrown away.
    """
    folder = path.parent
    if (folder_mode := _mode(folder)) is None:
        raise OutputError("the folder does not exist", place=folder, mend="make it first, or choose another")
    if not stat.S_ISDIR(folder_mode):
        raise OutputError("this is not a folder", place=folder)
    if (path_mode := _mode(path)) is not None and stat.S_ISDIR(path_mode):
        raise OutputError("this is a folder, not a file", place=path, mend="name a file in it")
    try:
        # What `os.access` says is no proof: not for root, nor on a share, nor on a file system that is read-only.
        with tempfile.TemporaryFile(dir=folder):
            pass
    except PermissionError as error:
        raise OutputError("no permission to write in this folder", place=folder) from error
    except OSError as error:
        raise OutputError(f"cannot write in this folder: {error.strerror or error}", place=folder) from error


def _mode(path: Path) -> int | None:
    """Return the mode of a file or folder; None where there is none, or a link that leads nowhere.

    Raises:
        OutputError: that cannot be known: a name that is too long, a folder that is closed to us.
    """
    try:
        return path.stat().st_mode
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            return None
        raise OutputError(f"cannot write: {error.strerror or error}", place=path) from error


def write_atomic(path: Path, content: bytes) -> None:
    """Write `content` to `path`: a new file in the same folder, synced, renamed over the old one.

    The old file stays whole when anything fails, and nothing half-written is left behind.

    Raises:
        OutputError: the folder is missing or full or may not be written.
    """
    write_all_atomic({path: content})


def write_all_atomic(contents: Mapping[Path, Content]) -> None:
    """Write several files; none is renamed into place before all of them lie complete on the disk.

    Raises:
        OutputError: as `write_atomic`; then no file was changed (a failing rename, which a full disk does not cause,
            is the one exception).
    """
    staged: list[tuple[Path, Path]] = []
    try:
        for path, content in contents.items():
            check_writable(path)
            try:
                staged.append((_stage(path, content), path))
            except OSError as error:
                raise OutputError(f"cannot write: {error.strerror or error}", place=path) from error
        for temporary, path in staged:
            try:
                temporary.replace(path)
            except OSError as error:
                raise OutputError(f"cannot write: {error.strerror or error}", place=path) from error
        for folder in {path.parent for path in contents}:
            _sync_folder(folder)
    finally:
        for temporary, _ in staged:
            temporary.unlink(missing_ok=True)


def _stage(path: Path, content: Content) -> Path:
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=".part", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            if callable(content):
                content(stream)
            else:
                stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        temporary.chmod(mode)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _umask() -> int:
    # The mask can only be read by setting it; mkstemp made the file 0600, which a shared folder would not expect.
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    # Not every file system lets a folder be synced; the rename itself has happened all the same.
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
