"""The version of the code behind a prepared piece: a hash of every source file that making one runs through.

So nobody has to remember to raise a number when a reader or an analysis changes. The files are found by following the
imports from one module on; the front of a room (`__init__.py`) counts only where something is imported from it by name.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources

_PACKAGE = "composer"


@lru_cache(maxsize=8)
def code_version(module: str) -> str:
    """Return 16 hexadecimal digits that change with the source of `module` or of any module of ours that it needs.

    The same source gives the same digits on every machine, installed in whichever way.
    """
    whole = hashlib.sha256()
    for name, source in sorted(needed_sources(module).items()):
        whole.update(f"{name}\0{len(source)}\0".encode() + source)
    return whole.hexdigest()[:16]


def needed_sources(module: str) -> dict[str, bytes]:
    """Return the source of `module` and of all modules of the library that it imports, and they in turn; by name."""
    found: dict[str, bytes] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        source = _source(name)
        if source is None:  # the name of a function, imported from its module
            if "." in name:
                waiting.append(name.rpartition(".")[0])
            continue
        found[name] = source
        waiting += _imported(source)
    return found


def _source(name: str) -> bytes | None:
    *folders, last = name.split(".")[1:] or [""]
    place = resources.files(_PACKAGE).joinpath(*folders)
    for candidate in (place / f"{last}.py", place / last / "__init__.py"):
        if last and candidate.is_file():
            return candidate.read_bytes().replace(b"\r\n", b"\n")
    return None


def _imported(source: bytes) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (name for name in names if name.split(".")[0] == _PACKAGE)
