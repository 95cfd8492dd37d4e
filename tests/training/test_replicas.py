"""A fit spread over several devices or processes is the fit of one device; processes that die are told and replaced."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import keras
import numpy as np
import pytest

from composer.errors import OptionError, TrainingError
from composer.training.checkpoints import Checkpoint, newest_checkpoint, read_checkpoint
from composer.training.devices import read_cluster
from composer.training.replicas import check_pairs, check_rows, replicas_in_force
from composer.training.run_folder import read_log

# On a quiet machine a child takes 5 to 10 s. On a busy one it may take minutes, but gets on: one that hangs does not.
PATIENCE_SEC, LEAST_WORK_SEC = 200, 0.5  # of wall time, in which so much of a processor's is used
MOST_WORK_SEC = 400  # of a processor's time; more, and it goes round in circles
PORTS = range(20_000, 32_000)  # below those that a system gives to whoever connects to something
on_tensorflow = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="tf.distribute")


@dataclass
class Child:
    """One process of spread.py; what it says goes to files, for of two processes that wait for each other nobody may
    wait for a full pipe to be read."""

    process: subprocess.Popen[bytes]
    said: IO[bytes]
    complaints: IO[bytes]

    def wait(self) -> int:
        """Return the exit status; raises TimeoutExpired where nothing happens any more."""
        worked = 0.0
        while True:
            try:
                return self.process.wait(PATIENCE_SEC)
            except subprocess.TimeoutExpired:
                before, worked = worked, processor_seconds(self.process.pid)
                if worked - before < LEAST_WORK_SEC or worked > MOST_WORK_SEC:
                    raise

    def result(self) -> dict[str, Any]:
        assert self.wait() == 0, text_of(self.complaints)[-3000:]
        found: dict[str, Any] = json.loads(text_of(self.said).splitlines()[-1])
        return found


def text_of(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def processor_seconds(process: int) -> float:
    """The time that a process has used so far; 0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def child(*arguments: object, **environment: str) -> Iterator[Child]:
    command = [sys.executable, str(Path(__file__).parent / "spread.py"), *map(str, arguments)]
    with (
        tempfile.TemporaryFile() as said,
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(command, stdout=said, stderr=complaints, env=os.environ | environment) as process,
    ):
        try:
            yield Child(process, said, complaints)
        finally:
            process.kill()


def free_port(taken: Sequence[int] = ()) -> int:
    """A port that nothing listens to."""
    for port in random.Random().sample(PORTS, 200):
        with socket.socket() as probe:
            if port not in taken and probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise AssertionError("no port is free")


@contextmanager
def two_workers(folder: Path) -> Iterator[tuple[Child, Child]]:
    """The chief with a run that was begun, and another process that has no share in the folder."""
    first = free_port()
    addresses = [f"127.0.0.1:{port}" for port in (first, free_port([first]))]

    def task(index: int) -> str:
        return json.dumps({"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}})

    with (
        child("worker", folder / "begun", TF_CONFIG=task(0)) as chief,
        child("worker", folder / "nobody's", TF_CONFIG=task(1)) as second,
    ):
        yield chief, second


@dataclass
class Fits:
    """What a child left: a fit on one device (alone), on both, and on one as it was after two updates (begun)."""

    folder: Path
    found: dict[str, Any]


@pytest.fixture(scope="module")
def fits(tmp_path_factory: pytest.TempPathFactory) -> Fits:
    folder = tmp_path_factory.mktemp("fits")
    with child("mirrored", folder) as both:
        return Fits(folder, both.result())


def newest(folder: Path) -> Checkpoint:
    checkpoint, _ = newest_checkpoint(folder)
    assert checkpoint is not None
    return checkpoint


def validations(folder: Path) -> list[float]:
    return [event["validation_nats"] for event in read_log(folder) if "validation_nats" in event]


def assert_alike(one: Checkpoint, other: Checkpoint) -> None:
    """Weights, averages, optimiser and the states of all rows."""
    assert one.tensors.keys() == other.tensors.keys()
    for name, tensor in one.tensors.items():
        np.testing.assert_allclose(tensor, other.tensors[name], rtol=1e-4, atol=2e-5, err_msg=name)


@on_tensorflow
def test_two_devices_make_the_updates_of_one(fits: Fits) -> None:
    assert_alike(newest(fits.folder / "both"), newest(fits.folder / "alone"))
    assert validations(fits.folder / "both") == pytest.approx(validations(fits.folder / "alone"), abs=1e-5)


@on_tensorflow
def test_each_device_draws_its_own_dropout(fits: Fits) -> None:
    assert fits.found["difference"] > 1e-3  # between two replicas that heard the same


@on_tensorflow
def test_three_rows_on_two_devices_are_refused(fits: Fits) -> None:
    assert "windows.rows: must be a multiple of 2" in fits.found["refused"]


@on_tensorflow
def test_two_processes_go_on_with_the_run_of_one_device_until_one_dies(fits: Fits) -> None:
    with two_workers(fits.folder) as (chief, second):
        found = second.result()
        assert chief.wait() == -signal.SIGKILL, text_of(chief.complaints)[-3000:]
    assert re.search("lost another one.*--resume", found["error"])
    assert not found["wrote"]
    assert_alike(newest(fits.folder / "begun"), read_checkpoint(fits.folder / "alone" / "ckpt-00000005"))
    assert validations(fits.folder / "begun") == pytest.approx(validations(fits.folder / "alone")[:1], abs=1e-5)
    updates = [event["update"] for event in read_log(fits.folder / "begun") if "nats" in event]
    assert updates == [3, 4, 5, 6]


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
def test_two_jax_devices_make_the_updates_of_one(tmp_path: Path) -> None:
    found = []
    for count in (1, 2):
        flags = f"--xla_force_host_platform_device_count={count}"
        with child("jax", tmp_path / str(count), KERAS_BACKEND="jax", XLA_FLAGS=flags) as devices:
            found.append(devices.result())
    assert [one["devices"] for one in found] == [1, 2]
    assert found[0]["best"] == pytest.approx(found[1]["best"], abs=1e-5)
    assert_alike(newest(tmp_path / "2"), newest(tmp_path / "1"))


def test_one_device_is_one_replica_and_its_own_chief() -> None:
    replicas = replicas_in_force()
    assert (replicas.num_replicas, replicas.num_workers, replicas.is_chief) == (1, 1, True)
    assert replicas.agree(3) == 3
    assert replicas.tell(lambda: b"C major") == b"C major"


@pytest.mark.parametrize(("rows", "near"), [(16, "rows: 15 or 18"), (2, "rows: 3,")])
def test_rows_that_cannot_be_shared_out_are_refused_by_their_key(rows: int, near: str) -> None:
    check_rows(18, 3)
    with pytest.raises(TrainingError, match=rf"windows\.rows: must be a multiple of 3.*found {rows}") as caught:
        check_rows(rows, 3)
    assert near in str(caught.value)


def test_a_cluster_is_read_as_tensorflow_writes_it() -> None:
    told = {"cluster": {"chief": ["a:1"], "worker": ["b:1", "c:1"]}, "task": {"type": "worker", "index": 1}}
    cluster = read_cluster(json.dumps(told))
    assert cluster is not None
    assert (cluster.num_workers, cluster.role, cluster.index) == (3, "worker", 1)
    assert read_cluster("") is None
    assert read_cluster('{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 0}}') is None


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("{", "is not JSON"),
        ("[]", "must hold a cluster and a task"),
        ('{"cluster": {"worker": ["a:1", "b:1"]}}', "must hold a cluster and a task"),
        ('{"cluster": {"ps": ["a:1"], "worker": ["b:1"]}, "task": {}}', "addresses of a chief and workers"),
        ('{"cluster": {"worker": "a:1"}, "task": {}}', "addresses of a chief and workers"),
        ('{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 2}}', "one of its cluster"),
        ('{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "chief", "index": 0}}', "one of its cluster"),
    ],
)
def test_a_cluster_that_is_none_is_told(text: str, rule: str) -> None:
    with pytest.raises(OptionError, match=rf"TF_CONFIG: .*{rule}"):
        read_cluster(text)


def test_a_checkpoint_travels_as_bytes() -> None:
    tensors = {"weight/kernel": np.arange(6, dtype="float32").reshape(2, 3), "optimizer/0000": np.array(7)}
    there = Checkpoint.from_bytes(Checkpoint(tensors, {"update": 7}, Path("run/ckpt")).to_bytes())
    assert (there.position, there.path) == ({"update": 7}, Path("run/ckpt"))
    assert_alike(there, Checkpoint(tensors, {}, Path()))
    assert there.tensors["optimizer/0000"].dtype == np.array(7).dtype


def test_pairs_of_rows_are_never_torn() -> None:
    check_pairs(16, 2)
    check_pairs(8, 4)
    with pytest.raises(TrainingError, match=r"multiple of 6, .* found 16 \(write rows: 18, or rival_rows: 0\)"):
        check_pairs(16, 3)
