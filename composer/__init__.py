"""Ritornello: pieces whose themes come back.

`from composer import compose` is the one function that does everything; each step is a room of its own
(`composer.plan`, `composer.fill`, `composer.perform`, `composer.export`). Importing this imports nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from composer.pipeline import compose as compose

__version__ = "0.1.0"

__all__ = ["__version__", "compose"]


def __getattr__(name: str) -> object:
    """Import the pipeline at the first use of `compose` (PEP 562), so that `import composer` stays light."""
    if name == "compose":
        from composer.pipeline import compose

        return compose
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
