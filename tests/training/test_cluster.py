"""Music prepared on a cluster: the same pieces, made elsewhere, written here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from distributed import LocalCluster

from composer.errors import MusicFileError, OptionError
from composer.parallel import on_cluster, parallel_map
from composer.training.config import SourceConfig
from composer.training.sources import collect


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        yield cluster.scheduler_address


def test_a_cluster_prepares_the_same_pieces(address: str, tmp_path: Path) -> None:
    folder = tmp_path / "songs"
    folder.mkdir()
    for number in range(6):
        bars = "=\n" + "".join(f"4{'cdefgab'[(number + beat) % 7]}\n" for beat in range(4))
        (folder / f"{number}.krn").write_text("**kern\n*M4/4\n" + bars * 6 + "*-\n")
    (folder / "torn.mid").write_bytes(b"MThd")
    sources = [SourceConfig(path="songs", composer="anon")]
    with on_cluster(address):
        there = collect(sources, tmp_path, cache=tmp_path / "there")
    here = collect(sources, tmp_path, cache=tmp_path / "here")
    assert [left.path.name for left in there.left_out] == ["torn.mid"]
    assert {path.name for path in (tmp_path / "there").iterdir()} == {p.name for p in (tmp_path / "here").iterdir()}
    for one, other in zip(there.pieces, here.pieces, strict=True):
        assert (one.name, one.work, one.split) == (other.name, other.work, other.split)
        np.testing.assert_array_equal(one.roll.articulate, other.roll.articulate)
        np.testing.assert_array_equal(one.facts.chord_root, other.facts.chord_root)


def test_its_workers_do_the_work_and_their_errors_come_through(address: str) -> None:
    def who(number: int) -> tuple[int, int]:
        if number == 8:
            raise MusicFileError("a broken part", place="a.mid")
        return number, os.getpid()

    with on_cluster(address):
        results = parallel_map(who, range(20))
        first = [next(results) for _ in range(8)]
        with pytest.raises(MusicFileError, match=r"a\.mid: a broken part"):
            next(results)
    assert [number for number, _ in first] == list(range(8))
    assert os.getpid() not in {process for _, process in first}


@pytest.mark.parametrize("nowhere", ["tcp://127.0.0.1:1", "no address"])
def test_a_cluster_that_does_not_answer_is_told(nowhere: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("composer.parallel._CONNECT_SEC", 0.5)
    with pytest.raises(OptionError, match="no cluster answers"), on_cluster(nowhere):
        pass
