"""Facts about the folder of prepared pieces: what is used stays, the rest goes, and it never grows without bound."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from composer.errors import OutputError
from composer.training.making import Task
from composer.training.piece_cache import PieceCache

DAY_SEC = 86_400


@pytest.fixture
def cache(tmp_path: Path) -> PieceCache:
    return PieceCache.at(tmp_path / "cache")


def put(cache: PieceCache, key: str, *, unused_days: float = 0, size: int = 100, version: str = "") -> Path:
    path = cache.folder / f"{version or cache.version}-{key}.npz"
    path.write_bytes(b"x" * size)
    used = time.time() - unused_days * DAY_SEC
    os.utime(path, (used, used))
    return path


def test_the_place_depends_on_the_music_its_reading_and_the_code(cache: PieceCache) -> None:
    tasks = [Task(b"music", "auto"), Task(b"music", "halved"), Task(b"other", "auto")]
    places = {cache.path_of(task) for task in tasks} | {PieceCache(cache.folder, "other").path_of(tasks[0])}
    assert len(places) == 4
    assert cache.path_of(Task(b"music", "auto")) in places


def test_what_is_in_use_stays(cache: PieceCache) -> None:
    kept = [put(cache, "new"), put(cache, "rare", unused_days=20), put(cache, "a", version="branch", unused_days=0.1)]
    assert cache.tidy() == ""
    assert all(path.exists() for path in kept)


def test_what_is_out_of_use_goes_and_is_told(cache: PieceCache) -> None:
    new, old = put(cache, "new"), put(cache, "old", unused_days=40)
    outdated = put(cache, "a", version="older", unused_days=3)
    assert cache.tidy().startswith("2 prepared files")
    assert [path.exists() for path in (new, old, outdated)] == [True, False, False]


def test_the_longest_unused_goes_first_where_there_is_no_room(cache: PieceCache) -> None:
    paths = [put(cache, str(days), unused_days=days) for days in (3, 1, 2)]
    assert cache.tidy(max_bytes=250)
    assert [path.exists() for path in paths] == [False, True, True]


def test_reading_is_using(cache: PieceCache) -> None:
    path = put(cache, "torn", unused_days=40)
    assert cache.load(path) is None, "not one of ours"
    assert cache.tidy() == ""
    assert cache.load(cache.folder / "missing.npz") is None


def test_other_files_are_left_alone(cache: PieceCache) -> None:
    other = cache.folder / "notes.txt"
    other.write_text("mine")
    os.utime(other, (0, 0))
    cache.tidy(max_bytes=0)
    assert other.exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot make the folder"):
        PieceCache.at(tmp_path / "file" / "cache")
