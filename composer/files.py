"""Write a file whole or not at all: beside, sync, rename."""

from __future__ import annotations

import contextlib
import os
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
    try:
        folder_exists, folder_is_folder, path_is_folder = folder.exists(), folder.is_dir(), path.is_dir()
    except OSError as error:  # a name that is too long, a loop of links
        raise OutputError(f"cannot write: {error.strerror or error}", place=path) from error
    if not folder_exists:
        raise OutputError("the folder does not exist", place=folder, mend="make it first, or choose another")
    if not folder_is_folder:
        raise OutputError("this is not a folder", place=folder)
    if path_is_folder:
        raise OutputError("this is a folder, not a file", place=path, mend="name a file in it")
    if not os.access(folder, os.W_OK):
        raise OutputError("no permission to write in this folder", place=folder)


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
