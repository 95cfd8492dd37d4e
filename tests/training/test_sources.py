"""Where training music is found, and which source a file belongs to."""

from __future__ import annotations

import subprocess
import sys
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


def test_reading_on_all_cores_gives_the_same_pieces_in_the_same_order(tmp_path: Path) -> None:
    folder = tmp_path / "bach"
    folder.mkdir()
    for number in range(10):
        notes = "".join(
            f"<note><pitch><step>{'CDEFGAB'[(number + index) % 7]}</step><octave>4</octave></pitch>"
            "<duration>1</duration></note>"
            for index in range(4)
        )
        bars = "".join(
            f'<measure number="{bar}">'
            + ("<attributes><divisions>1</divisions></attributes>" if bar == 1 else "")
            + f"{notes}</measure>"
            for bar in range(1, 6)
        )
        (folder / f"{number}.xml").write_text(
            '<?xml version="1.0"?><score-partwise><part-list><score-part id="P"><part-name>P</part-name>'
            f'</score-part></part-list><part id="P">{bars}</part></score-partwise>'
        )
    # In a process of its own, which has not loaded TensorFlow: only then are copies of it made.
    code = (
        "import os, sys; from pathlib import Path; from composer.training import sources\n"
        "from composer.training.config import SourceConfig\n"
        "os.cpu_count = lambda: int(sys.argv[2])\n"
        "found = sources.collect([SourceConfig(path='bach', composer='bach')], Path(sys.argv[1]),"
        " cache=Path(sys.argv[1]) / f'cache{sys.argv[2]}')\n"
        "print([(p.name, int(p.roll.articulate.sum()), p.facts.tonic.tolist()) for p in found.pieces])"
    )
    one, two = (
        subprocess.run([sys.executable, "-c", code, str(tmp_path), cores], capture_output=True, text=True, check=True)
        for cores in ("1", "2")
    )
    assert one.stdout == two.stdout
    assert one.stdout.count(".xml") == 10
