"""Ritornello: pieces whose themes come back.

`from composer import compose` is the one function that does everything; each step is a room of its own
(`composer.plan`, `composer.fill`, `composer.perform`, `composer.export`). Importing this imports nothing heavy. In a
notebook it also tells IPython how a Score or a Performance is shown (`composer.export.notebook`).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from composer.pipeline import compose as compose

__version__ = "0.1.0"

__all__ = ["__version__", "compose", "load_ipython_extension"]

# Who is shown how: the class by its name, and the function of composer.export.notebook.
_SHOWN = (
    ("composer.score", "Score", "shown_score"),
    ("composer.performance", "Performance", "shown_performance"),
)


def __getattr__(name: str) -> object:
    """Import the pipeline at the first use of `compose` (PEP 562), so that `import composer` stays light."""
    if name == "compose":
        from composer.pipeline import compose

        return compose
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load_ipython_extension(shell: Any) -> None:
    """Tell an IPython shell how scores and performances are shown; `import composer` in a notebook does it by itself.

    Also `%load_ext composer`, where IPython was started after the import.
    """
    formatter = shell.display_formatter.mimebundle_formatter
    for module, name, function in _SHOWN:
        formatter.for_type_by_name(module, name, _shown_by(function))


def _shown_by(function: str) -> Any:
    def shown(value: object, **_wishes: object) -> Any:
        from composer.export import notebook

        return getattr(notebook, function)(value)

    return shown


def _in_notebook() -> Any:
    """Return the IPython shell that runs this; None elsewhere."""
    ipython = sys.modules.get("IPython")
    get_shell = getattr(ipython, "get_ipython", None)
    return get_shell() if get_shell is not None else None


if (_shell := _in_notebook()) is not None:
    load_ipython_extension(_shell)
