"""Give an Ogg stream a serial number of our own, so that the same sound gives the same bytes.

What it is: encoders draw the number of each stream at random; it stands in every page, and in the page's checksum.

Source: RFC 3533, section 6. The checksum is a CRC with the polynomial 0x04c11db7, begun at 0 and not inverted; zlib's
is its mirror image.

Contents: `renumbered`.
"""

from __future__ import annotations

import zlib

_MARK = b"OggS"
_HEADER_BYTES = 27  # of a page, before its table of segments
_SERIAL, _CHECKSUM = slice(14, 18), slice(22, 26)
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_ONES = 0xFFFFFFFF


def renumbered(stream: bytes, serial: int = 1) -> bytes:
    """Return an Ogg file in which every page has this serial number.

    Args:
        stream: the file; of one logical stream.
        serial: 0..2**32-1.

    Raises:
        ValueError: it is not made of Ogg pages.
    """
    pages = bytearray(stream)
    start = 0
    while start < len(pages):
        head = pages[start : start + _HEADER_BYTES]
        if head[:4] != _MARK:
            raise ValueError(f"no Ogg page begins at byte {start}")
        table_end = start + _HEADER_BYTES + head[26]
        end = table_end + sum(pages[start + _HEADER_BYTES : table_end])
        page = pages[start:end]
        page[_SERIAL] = serial.to_bytes(4, "little")
        page[_CHECKSUM] = bytes(4)
        page[_CHECKSUM] = _checksum(bytes(page)).to_bytes(4, "little")
        pages[start:end] = page
        start = end
    return bytes(pages)


def _checksum(page: bytes) -> int:
    mirrored = zlib.crc32(page.translate(_MIRRORED), _ONES) ^ _ONES
    return int(f"{mirrored:032b}"[::-1], 2)
