"""The fitting loop learns, resumes to the same bits, survives a kill, and stops cleanly when the loss is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from composer.errors import TrainingError
from composer.network.biaxial import BiaxialNetwork
from composer.network.config import NetworkConfig
from composer.training.batch import Batch
from composer.training.checkpoints import list_checkpoints, newest_checkpoint, read_checkpoint
from composer.training.engine import fit
from composer.training.run_folder import LOG_NAME, locked, read_log
from composer.training.schedule import FitConfig

NETWORK = NetworkConfig(
    note_fields=(("pitch", 5),),
    step_fields=(("beat", 2),),
    style_fields=(("bach", 1),),
    time_units=(6,),
    note_units=(4,),
    style_units=2,
    dropout=0.1,
)


def two_note_music(number: int) -> Batch:
    """Four rows of eight steps in which the second note answers the first one step later."""
    random = np.random.default_rng([7, number])
    play = np.zeros((4, 9, 5, 2), "uint8")
    play[:, :, 1, :] = random.integers(0, 2, (4, 9))[..., None]
    play[:, 1:, 3, :] = play[:, :-1, 1, :]
    return Batch(
        notes=play,
        note_inputs=np.eye(5, dtype="float32")[None, None].repeat(4, 0).repeat(8, 1),
        step_inputs=random.normal(size=(4, 8, 2)).astype("float32"),
        style_input=np.ones((4, 1), "float32"),
        voices_target=np.zeros((4, 8, 2), "float32"),
        hand=np.full((4, 8, 5), -1, "int8"),
        loss_mask=np.ones((4, 8, 5), "uint8"),
        valid=np.ones((4, 8), "uint8"),
        reset=np.array([number % 3 == 0, 0, 0, 0], "uint8"),
    )


def endless(first: int) -> Iterator[Batch]:
    while True:
        yield two_note_music(first)
        first += 1


def held_out() -> list[Batch]:
    return [two_note_music(100_000), two_note_music(100_001)]


def settings(**changes: object) -> FitConfig:
    plain: dict[str, Any] = {"num_updates": 8, "learning_rate": 0.02, "warmup_updates": 2, "validate_every": 2}
    plain |= {"checkpoint_every": 1, "lanes": 1}
    return FitConfig.from_dict(plain | changes)


def sha_of_newest(folder: Path) -> str:
    checkpoint, _ = newest_checkpoint(folder)
    assert checkpoint is not None
    return str(checkpoint.position["sha256"])


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    fit(BiaxialNetwork(NETWORK, seed=3), endless, config=settings(), folder=folder, validation=held_out)
    return folder


def test_it_learns_that_the_second_note_answers_the_first(tmp_path: Path) -> None:
    network = replace(NETWORK, time_units=(20,), note_units=(12,), dropout=0.0)
    result = fit(
        BiaxialNetwork(network, seed=1),
        endless,
        config=settings(num_updates=240, validate_every=80, checkpoint_every=240, lanes=2),
        folder=tmp_path,
        validation=held_out,
    )
    # A coin for the first note of each step, its articulation free of doubt: no model gets below one bit.
    assert np.log(2) < result.best.nats < 1.3  # both notes by chance: 1.39
    first, *_, last = [event["nats"] for event in read_log(tmp_path) if "nats" in event]
    assert last < 0.5 * first


def test_a_resumed_run_ends_with_the_same_bits(uninterrupted: Path, tmp_path: Path) -> None:
    seen: list[int] = []

    def stop() -> bool:
        seen.append(1)
        return len(seen) == 3

    config = settings()
    result = fit(
        BiaxialNetwork(NETWORK, seed=3), endless, config=config, folder=tmp_path, validation=held_out, should_stop=stop
    )
    assert (result.stopped, result.num_updates) == ("asked", 3)
    other_weights = BiaxialNetwork(NETWORK, seed=3)
    other_weights.head_bias.assign(np.full(3, 9.0, "float32"))  # must not matter: the checkpoint has them all
    fit(other_weights, endless, config=config, folder=tmp_path, validation=held_out, resume=True)
    assert sha_of_newest(tmp_path) == sha_of_newest(uninterrupted)


def test_a_killed_run_is_resumed_to_the_same_bits(uninterrupted: Path, tmp_path: Path) -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from pathlib import Path\nfrom test_engine import *\nimport time, tensorflow\n"
        "tensorflow.config.optimizer.set_experimental_options({'disable_meta_optimizer': True})  # as here\n"
        "fit(BiaxialNetwork(NETWORK, seed=3), endless, config=settings(), folder=Path(sys.argv[1]),"
        " validation=held_out, report=lambda p: time.sleep(0.2))"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stderr=subprocess.DEVNULL) as child:
        deadline = time.monotonic() + 120
        while len(list_checkpoints(tmp_path)) < 2 and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert child.poll() is None, "the child ended by itself"
        os.kill(child.pid, signal.SIGKILL)
    (tmp_path / ".tmp-ckpt-00000099-1").mkdir()  # as a kill in the middle of a save leaves it
    fit(BiaxialNetwork(NETWORK, seed=3), endless, config=settings(), folder=tmp_path, validation=held_out, resume=True)
    assert sha_of_newest(tmp_path) == sha_of_newest(uninterrupted)
    assert not list(tmp_path.glob(".tmp-*"))
    updates = [event["update"] for event in read_log(tmp_path)]
    assert updates == sorted(updates)


def test_a_damaged_checkpoint_is_passed_over_for_an_older_one(uninterrupted: Path) -> None:
    newest = list_checkpoints(uninterrupted)[-1]
    tensors = newest / "tensors.safetensors"
    whole = tensors.read_bytes()
    tensors.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    try:
        with pytest.raises(TrainingError, match="SHA-256"):
            read_checkpoint(newest)
        older, passed = newest_checkpoint(uninterrupted)
        assert older is not None
        assert older.position["update"] == 7
        assert len(passed) == 1
    finally:
        tensors.write_bytes(whole)


def test_a_lost_loss_stops_the_run_and_leaves_the_last_checkpoint(tmp_path: Path) -> None:
    def poisoned(first: int) -> Iterator[Batch]:
        for number, batch in enumerate(endless(first), first):
            if number == 3:
                batch.note_inputs[0, 0, 0, 0] = np.nan
            yield batch

    with pytest.raises(TrainingError, match="not a number") as caught:
        fit(BiaxialNetwork(NETWORK, seed=3), poisoned, config=settings(), folder=tmp_path)
    assert "lower learning rate" in str(caught.value)
    assert list_checkpoints(tmp_path)[-1].name == "ckpt-00000003"


def test_two_runs_in_one_folder_are_refused(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(TrainingError, match="in use by another training run"):
        fit(BiaxialNetwork(NETWORK, seed=3), endless, config=settings(), folder=tmp_path)


def test_an_old_run_is_not_trained_over_nor_resumed_with_other_settings(uninterrupted: Path) -> None:
    with pytest.raises(TrainingError, match="holds a training run"):
        fit(BiaxialNetwork(NETWORK, seed=3), endless, config=settings(), folder=uninterrupted)
    with pytest.raises(TrainingError, match=r"fit.learning_rate: 0.02 then, 0.5 now"):
        fit(
            BiaxialNetwork(NETWORK, seed=3),
            endless,
            config=settings(learning_rate=0.5),
            folder=uninterrupted,
            resume=True,
        )


def test_the_log_ends_with_the_reason_and_a_torn_line_is_left_out(uninterrupted: Path) -> None:
    assert read_log(uninterrupted)[-1]["reason"] == "done"
    with (uninterrupted / LOG_NAME).open("a") as file:
        file.write('{"update": 9, "na')
    assert read_log(uninterrupted)[-1]["reason"] == "done"


def test_an_error_of_the_data_comes_through_as_it_is(tmp_path: Path) -> None:
    def broken(first: int) -> Iterator[Batch]:
        yield two_note_music(first)
        raise TrainingError("no such piece")

    with pytest.raises(TrainingError, match="no such piece"):
        fit(BiaxialNetwork(NETWORK, seed=3), broken, config=settings(), folder=tmp_path)
