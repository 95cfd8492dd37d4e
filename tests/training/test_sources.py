"""Where training music is found, and which source a file belongs to."""

from __future__ import annotations

from pathlib import Path

import pytest

from composer.errors import TrainingError
from composer.training.config import DATA_VARIABLE, SourceConfig
from composer.training.sources import collect, list_files, locate_sources

FUGUES = SourceConfig(path="bach", composer="bach", include=("*fugue*",), weight=0.5, ensemble="keyboard")
REST = SourceConfig(path="bach", composer="bach", weight=2.0, ensemble="keyboard")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "bach"
    (folder / "suites").mkdir(parents=True)
    for name in ("fugue1.mid", "suites/gigue.MXL", "suites/fugue2.xml", "prelude.musicxml", "notes.txt"):
        (folder / name).write_text("not music")
    return tmp_path / "data"


def test_a_file_belongs_to_the_first_source_that_has_it(data: Path) -> None:
    fugues, rest = list_files([FUGUES, REST], data)
    assert [path.name for path in fugues] == ["fugue1.mid", "fugue2.xml"]
    assert [path.name for path in rest] == ["prelude.musicxml", "gigue.MXL"]


def test_the_data_folder_is_given_or_in_the_environment_or_beside_the_file(
    data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    assert locate_sources([REST], data=(str(data),), config_folder=tmp_path) == ([REST], data)
    assert locate_sources([REST], data=(), config_folder=data) == ([REST], data)
    monkeypatch.setenv(DATA_VARIABLE, str(data))
    assert locate_sources([REST], data=(), config_folder=tmp_path) == ([REST], data)


def test_other_music_takes_the_place_of_the_sources(data: Path, tmp_path: Path) -> None:
    folder = str(data / "bach" / "suites")
    sources, root = locate_sources([FUGUES, REST], data=(folder, "music21:bach"), config_folder=tmp_path)
    assert [source.path for source in sources] == [folder, "music21:bach"]
    assert {source.composer for source in sources} == {"bach"}
    assert all(source.include == ("*",) for source in sources)
    assert [path.name for path in list_files(sources, root)[0]] == ["fugue2.xml", "gigue.MXL"]
    assert len(list_files(sources, root)[1]) > 300, "music21 brings the chorales along"


def test_music_of_nobody_is_refused(data: Path, tmp_path: Path) -> None:
    rags = SourceConfig(path="rags", composer="joplin")
    with pytest.raises(TrainingError, match="whose music"):
        locate_sources([REST, rags], data=(str(data / "bach" / "suites"),), config_folder=tmp_path)


def test_a_missing_folder_is_named(data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    with pytest.raises(TrainingError, match=f"no folder bach.*{DATA_VARIABLE}"):
        locate_sources([REST], data=(), config_folder=tmp_path)
    with pytest.raises(TrainingError, match="nowhere"):
        locate_sources([REST], data=(str(tmp_path / "nowhere"),), config_folder=tmp_path)


def test_files_that_teach_nothing_are_named_and_counted(data: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="none of the 4 files"):
        collect([FUGUES, REST], data, cache=tmp_path / "cache")
    empty = tmp_path / "empty"
    (empty / "bach").mkdir(parents=True)
    with pytest.raises(TrainingError, match="no files of music"):
        collect([REST], empty, cache=tmp_path / "cache")
