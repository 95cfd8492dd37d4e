"""A piece as one page for a browser: to be seen, heard and sent to a friend; nothing in it is fetched from anywhere."""

from __future__ import annotations

from composer.export.page.assemble import page_bytes

__all__ = ["page_bytes"]
