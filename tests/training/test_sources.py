"""Where training music is found, and which source a file belongs to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
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
    sources = [SourceConfig(path="bach", composer="bach")]
    told: list[float] = []
    with joblib.parallel_config(n_jobs=1):
        here = collect(sources, tmp_path, cache=tmp_path / "one")
    with joblib.parallel_config(n_jobs=2):
        there = collect(sources, tmp_path, cache=tmp_path / "two", on_progress=lambda _, share: told.append(share))
    assert [piece.name for piece in here.pieces] == [f"{number}.xml" for number in range(10)]
    for one, other in zip(here.pieces, there.pieces, strict=True):
        assert (one.name, one.work) == (other.name, other.work)
        np.testing.assert_array_equal(one.roll.articulate, other.roll.articulate)
        np.testing.assert_array_equal(one.facts.tonic, other.facts.tonic)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_a_worker_imports_no_tensorflow() -> None:
    code = (
        "from composer.training.sources import collect; import sys; print({'tensorflow', 'keras'} & set(sys.modules))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "set()"


def test_pieces_out_of_use_are_removed_and_told(data: Path, tmp_path: Path) -> None:
    (data / "bach" / "air.krn").write_text("**kern\n*M4/4\n" + "=\n4c\n4d\n4e\n4f\n" * 6 + "*-\n")
    old = tmp_path / "cache" / "0123456789abcdef-old.npz"
    old.parent.mkdir()
    old.write_bytes(b"")
    os.utime(old, (0, 0))
    found = collect([REST], data, cache=tmp_path / "cache")
    assert not old.exists()
    assert any("1 prepared files" in warning for warning in found.warnings)
