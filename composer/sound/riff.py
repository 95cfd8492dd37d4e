"""The chunks of a RIFF file: where each begins and how long it is.

Conventions: places are bytes from the start of the file. A chunk of odd size is followed by a pad byte, which some
programs leave out: whether it is there is seen from what follows. Nothing is read but the headers.

Contents: `Chunk`, `chunks_in`, `form_of`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_HEADER_BYTES = 8  # four letters, four bytes of size
_FORM_BYTES = 4  # of RIFF and LIST: what the chunk is a list of
MAX_CHUNKS = 1000  # inclusive, in one list; sound fonts have about ten


class RiffError(ValueError):
    """The bytes are no well-formed RIFF; the message says what and where."""


@dataclass(frozen=True)
class Chunk:
    """One chunk.

    Attributes:
        name: its four letters.
        form: of a LIST its own four letters, else empty.
        start: its first byte behind the header (and the form).
        size: how many bytes from there.
    """

    name: bytes
    form: bytes
    start: int
    size: int

    @property
    def end(self) -> int:
        """The first byte behind it."""
        return self.start + self.size


def form_of(file: BinaryIO, size: int) -> tuple[bytes, int, int]:
    """Return the form of a RIFF file, and where its chunks begin and end.

    Args:
        file: open for reading.
        size: of the file in bytes.

    Raises:
        RiffError: it is no RIFF file, or it ends before it should.
    """
    file.seek(0)
    head = file.read(_HEADER_BYTES + _FORM_BYTES)
    if len(head) < _HEADER_BYTES + _FORM_BYTES or head[:4] != b"RIFF":
        raise RiffError("it does not begin as a RIFF file does")
    end = _HEADER_BYTES + int.from_bytes(head[4:8], "little")
    if end > size:
        raise RiffError(f"it ends after {size} bytes of {end}")
    return head[8:12], _HEADER_BYTES + _FORM_BYTES, end


def chunks_in(file: BinaryIO, start: int, end: int) -> Iterator[Chunk]:
    """Give the chunks between two places, in their order.

    Raises:
        RiffError: a chunk reaches beyond `end`, or there are more than `MAX_CHUNKS`.
    """
    for _ in range(MAX_CHUNKS):
        if end - start < _HEADER_BYTES:  # a pad byte, or the rest of some program's bad count
            return
        file.seek(start)
        head = file.read(_HEADER_BYTES + _FORM_BYTES)
        name, size = head[:4], int.from_bytes(head[4:8], "little")
        start += _HEADER_BYTES
        if not _is_name(name):
            raise RiffError(f"there is no chunk at byte {start - _HEADER_BYTES}")
        if size > end - start:
            raise RiffError(f'the chunk "{name.decode("ascii")}" at byte {start} is cut off')
        is_list = name == b"LIST" and size >= _FORM_BYTES
        skipped = _FORM_BYTES if is_list else 0
        yield Chunk(name, head[8:12] if is_list else b"", start + skipped, size - skipped)
        start += size
        if size % 2:
            file.seek(start)
            start += not _is_name(file.read(4))
    raise RiffError(f"there are more than {MAX_CHUNKS} chunks in one list")


def _is_name(letters: bytes) -> bool:
    return len(letters) == 4 and all(32 <= letter < 127 for letter in letters)
