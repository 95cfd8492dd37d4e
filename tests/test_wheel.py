"""The wheel holds the whole house and works away from the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# Few bars and a tune that is given, so that the test is quick.
PLAN = """\
form: rondo
style: bach
key: G major
meter: "3/4"
seed: 7
themes:
  refrain: {bars: 4, type: chain, melody: "G2 B2 d2 | c2 A2 F2 | G2 B2 A2 | G4 z2"}
sections:
  - {label: A, theme: refrain, bars: 4, cadence: PAC}
  - {label: B, theme: none, bars: 2, key: V, cadence: HC}
  - {label: A, id: A2, copy_of: A}
"""

WHERE = """
import json
from importlib.resources import files
import composer, composer.cli, composer.plans, composer.styles
packages = (composer, composer.cli, composer.plans, composer.styles)
print(json.dumps({
    "packages": [package.__file__ for package in packages],
    "plans": [path.name for path in files("composer.plans").iterdir()],
}))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """A folder that holds nothing but the installed wheel."""
    source = tmp_path_factory.mktemp("source")
    # Built from a copy: setuptools leaves a build/ beside what it builds, whose old files would enter the next wheel.
    for name in ("composer", "cli", "plans", "styles"):
        shutil.copytree(repository / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(repository / name, source / name)
    target = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    wheels = source / "wheels"
    offline = ["--no-deps", "--no-build-isolation", "--no-index"]
    check([*pip, "wheel", *offline, "--wheel-dir", str(wheels), str(source)])
    (wheel,) = wheels.glob("ritornello-*.whl")
    check([*pip, "install", "--no-deps", "--no-index", "--target", str(target), str(wheel)])
    return target


def check(words: list[str], *, cwd: Path | None = None, path: Path | None = None) -> str:
    """Run a command, fail with its own words when it fails or complains, and return what it printed."""
    environment = os.environ | ({"PYTHONPATH": str(path)} if path else {})
    done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
    if words[1:3] == ["-m", "composer"]:
        assert done.stderr == ""  # no word of TensorFlow's either
    return done.stdout


def data_files(folder: Path) -> set[str]:
    """The YAML files, weights, sound fonts and pieces of the page in a folder, relative to it."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.suffix in (".yaml", ".safetensors", ".sf3", ".html", ".css", ".js")
    }


def test_the_four_folders_are_one_package(installed: Path, tmp_path: Path) -> None:
    found = json.loads(check([sys.executable, "-c", WHERE], cwd=tmp_path, path=installed))
    assert [Path(file).parent.relative_to(installed).as_posix() for file in found["packages"]] == [
        "composer",
        "composer/cli",
        "composer/plans",
        "composer/styles",
    ]
    assert "__init__.py" in found["plans"]


def test_no_general_name_is_installed(installed: Path) -> None:
    folders = {path.name for path in installed.iterdir() if path.suffix != ".dist-info"}
    assert folders <= {"composer", "bin"}


@pytest.mark.parametrize("folder", ["composer", "plans", "styles"])
def test_every_plan_card_network_and_sound_font_is_inside(installed: Path, repository: Path, folder: str) -> None:
    inside = installed / "composer" / ("" if folder == "composer" else folder)
    assert data_files(repository / folder) <= data_files(inside)


def test_licence_notice_and_the_mark_of_types_are_inside(installed: Path) -> None:
    (info,) = installed.glob("*.dist-info")
    assert {path.name for path in (info / "licenses").iterdir()} == {"LICENSE", "NOTICE"}
    assert (installed / "composer" / "py.typed").exists()


def test_the_command_runs_from_another_folder(installed: Path, tmp_path: Path) -> None:
    text = check([sys.executable, "-m", "composer", "--help"], cwd=tmp_path, path=installed)
    assert "Usage: python -m composer" in text


def test_a_plan_is_composed_from_another_folder(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text(PLAN, encoding="utf-8")
    words = ["build", "my.yaml", "-o", "my.mid", "-o", "my.musicxml", "-o", "all.yaml"]
    check([sys.executable, "-m", "composer", *words], cwd=tmp_path, path=installed)
    assert (tmp_path / "my.mid").read_bytes().startswith(b"MThd")
    assert "<score-partwise" in (tmp_path / "my.musicxml").read_text(encoding="utf-8")
    assert "sections:" in (tmp_path / "all.yaml").read_text(encoding="utf-8")
    assert (tmp_path / "my.yaml").read_text(encoding="utf-8") == PLAN
