"""The house keeps its order: imports run one way, heavy libraries stay in their rooms, every room is installed.

Read from the source (AST), so that an import inside a function or under TYPE_CHECKING counts like any other.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SOURCES = {"composer": "composer", "cli": "composer.cli", "plans": "composer.plans", "styles": "composer.styles"}

# A room may import from the levels above it; rooms of one level may know each other as long as there is no circle.
LEVELS = (
    ("errors", "files", "parallel", "progress"),
    ("theory",),
    ("score", "performance", "outline"),
    ("abc", "theme", "ornament", "style", "style_statistics"),
    ("corpus",),
    ("analysis", "plan"),
    ("report", "roll", "perform", "sound"),
    ("network",),
    ("fill", "training"),
    ("export", "pipeline", "pieces"),
    ("evaluate", "radio"),
    ("cli",),
    ("__main__",),
)
LEVEL = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}

# The one bridge between two rooms that do not know each other otherwise.
BRIDGES = {("composer.plan.from_piece", "analysis")}
STRANGERS = {("analysis", "plan"), ("plan", "analysis")}

# Who may touch a library, anywhere in its files.
KEEPERS = {
    "keras": {"network", "fill", "training"},
    "tensorflow": {"network", "fill", "training"},
    "music21": {"corpus", "export"},
    "miditoolkit": {"corpus", "export"},
    "mido": {"corpus", "export", "radio"},
    "matplotlib": {"export", "evaluate"},
    "pypdfium2": {"export"},
    "reportlab": {"export"},
    "verovio": {"export"},
    "joblib": {"parallel"},
    "distributed": {"parallel"},
    "soundfile": {"sound"},
    "click": {"cli"},
    "rich": {"cli"},
}


def modules() -> dict[str, Path]:
    """Every module of the package and its file."""
    found = {}
    for folder, package in SOURCES.items():
        for path in sorted((REPOSITORY / folder).rglob("*.py")):
            inside = path.relative_to(REPOSITORY / folder).with_suffix("").parts
            parts = [package, *(part for part in inside if part != "__init__")]
            found[".".join(parts)] = path
    return found


MODULES = modules()


def imported(module: str, path: Path) -> Iterator[str]:
    """Every module or name that `module` imports, as a full dotted name."""
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{stem}.{alias.name}" for alias in node.names)


def room(name: str) -> str | None:
    """The room that a dotted name lies in; None outside the package and for the package's own light front."""
    parts = name.split(".")
    if parts[0] != "composer" or len(parts) == 1 or parts[1] in ("__version__", "compose"):
        return None
    return parts[1]


def test_imports_run_one_way() -> None:
    wrong = []
    for module, path in MODULES.items():
        here = room(module)
        if here is None or here in ("plans", "styles"):
            continue
        assert here in LEVEL, f"{module}: a new room needs its place in LEVELS"
        for name in imported(module, path):
            there = room(name)
            if there is None or there == here:
                continue
            if LEVEL.get(there, len(LEVELS)) > LEVEL[here]:
                wrong.append(f"{module} imports {name}: {there} lies below {here}")
            elif (here, there) in STRANGERS and (module, there) not in BRIDGES:
                wrong.append(f"{module} imports {name}: {here} and {there} do not know each other")
    assert not wrong, "\n".join(wrong)


def test_no_two_rooms_import_each_other() -> None:
    graph: dict[str, set[str]] = {}
    for module, path in MODULES.items():
        here = room(module)
        if here is not None:
            for name in imported(module, path):
                there = room(name)
                if there is not None and there != here:
                    graph.setdefault(here, set()).add(there)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(f"a circle of imports: {' <- '.join(circle.args[1])}")


def test_heavy_libraries_stay_in_their_rooms() -> None:
    wrong = [
        f"{module} imports {name}"
        for module, path in MODULES.items()
        for name in imported(module, path)
        if (keepers := KEEPERS.get(name.split(".")[0])) is not None and room(module) not in keepers
    ]
    assert not wrong, "\n".join(wrong)


def test_data_folders_hold_no_code() -> None:
    for folder in ("plans", "styles"):
        assert {path.name for path in (REPOSITORY / folder).rglob("*.py")} == {"__init__.py"}


def test_pyproject_installs_every_package() -> None:
    with (REPOSITORY / "pyproject.toml").open("rb") as file:
        listed = tomllib.load(file)["tool"]["setuptools"]["packages"]
    assert listed == sorted(listed)
    packages = {name for name, path in MODULES.items() if path.name == "__init__.py"}
    assert packages == set(listed)
    orphans = [str(path) for path in MODULES.values() if not (path.parent / "__init__.py").exists()]
    assert not orphans, f"in a folder without __init__.py: {orphans}"


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import composer, sys; print([m for m in sys.modules if m.split('.')[0] in sys.argv[1:]])"
    heavy = [*KEEPERS, "numpy", "pydantic", "yaml", "safetensors"]
    found = subprocess.run(
        [sys.executable, "-c", code, *heavy], capture_output=True, text=True, check=True, cwd=REPOSITORY
    )
    assert found.stdout.strip() == "[]"


def public_names() -> list[tuple[str, str]]:
    """(module, name) for each name in an `__all__`."""
    found = []
    for module, path in MODULES.items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
                assert isinstance(node, ast.Assign)
                found += [(module, name) for name in ast.literal_eval(node.value)]
    return found


def test_every_public_name_is_used_by_a_test() -> None:
    used = set()
    for path in (REPOSITORY / "tests").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Name(id=name) | ast.Attribute(attr=name):
                    used.add(name)
    unused = [f"{module}.{name}" for module, name in public_names() if name not in used]
    assert not unused, f"no test uses {', '.join(unused)}"
