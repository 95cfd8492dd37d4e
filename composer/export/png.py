"""A PDF's pages → PNG pictures, by PDFium."""

from __future__ import annotations

import struct
import zlib
from threading import Lock
from typing import Any

DPI = 200
_PDFIUM = Lock()  # it is not made for several threads at once


def png_pages(pdf: bytes) -> tuple[bytes, ...]:
    """Return each page of a PDF as a picture in shades of grey, `DPI` dots an inch."""
    import pypdfium2

    with _PDFIUM:
        document = pypdfium2.PdfDocument(pdf)
        try:
            return tuple(_picture(page) for page in document)
        finally:
            document.close()


def _picture(page: Any) -> bytes:
    pixels = page.render(scale=DPI / 72, grayscale=True).to_numpy()  # uint8 [row, column] or [row, column, 1]
    height, width = pixels.shape[:2]
    rows = b"".join(b"\0" + pixels[row].tobytes() for row in range(height))  # 0: no filter
    dots_per_metre = round(DPI / 0.0254)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"pHYs", struct.pack(">IIB", dots_per_metre, dots_per_metre, 1)),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
