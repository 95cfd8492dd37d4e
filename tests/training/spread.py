"""Small fits on several devices, run by test_replicas.py in processes of their own: TensorFlow must not have begun.

python spread.py mirrored FOLDER            one and then two virtual processors of this process
python spread.py worker FOLDER              one of the processes in TF_CONFIG; the first is killed at the last update
python spread.py jax FOLDER                 as many devices as XLA_FLAGS says
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from test_engine import NETWORK, endless, held_out, settings, two_note_music

from composer.errors import TrainingError
from composer.network.biaxial import BiaxialNetwork
from composer.training.batch import Batch
from composer.training.compiled import compile_steps
from composer.training.devices import on_devices
from composer.training.engine import Progress, fit
from composer.training.replicas import replicas_in_force

PLAIN = replace(NETWORK, dropout=0.0)  # whose masks would be others on two devices
FIT = settings(num_updates=6, validate_every=4, checkpoint_every=1, log_every=1)


def mirrored(folder: Path) -> dict[str, Any]:
    import tensorflow as tf

    two = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], two)

    def keep_the_second(progress: Progress) -> None:
        if progress.update == 3:
            shutil.copytree(folder / "alone" / "ckpt-00000002", folder / "begun" / "ckpt-00000002")

    network = BiaxialNetwork(PLAIN, seed=3)
    fit(network, endless, config=FIT, folder=folder / "alone", validation=held_out, report=keep_the_second)
    with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
        network = BiaxialNetwork(PLAIN, seed=3)
        fit(network, endless, config=FIT, folder=folder / "both", validation=held_out)
        try:
            fit(network, three_rows, config=FIT, folder=folder / "three")
            refused = ""
        except TrainingError as error:
            refused = str(error)
        return {"refused": refused, "difference": difference_by_dropout()}


def three_rows(first: int) -> Iterator[Batch]:
    yield rows_of(two_note_music(first), [0, 1, 2])


def rows_of(batch: Batch, rows: list[int]) -> Batch:
    return replace(batch, **{name: array[rows] for name, array in batch.arrays().items()})


def difference_by_dropout() -> float:
    """How far the states of the two replicas lie apart, when they have heard the same, but for their dropout."""
    network = BiaxialNetwork(replace(PLAIN, input_dropout=0.5), seed=3)
    steps = compile_steps(network, None, averages=[], hand_weight=0.1, clip_norm=1.0)
    batch = rows_of(two_note_music(0), [0, 0])
    arrays = steps.replicas.split(batch.arrays())
    import tensorflow as tf

    one = tf.constant(1.0)
    _, _, state = steps._find_slopes(arrays, steps.initial_state(batch), one, one)
    first, second = steps.replicas.gather(state[0])
    return float(np.abs(first - second).max())


def worker(folder: Path) -> dict[str, Any]:
    def report(progress: Progress) -> None:
        if progress.update == FIT.num_updates and replicas_in_force().is_chief:
            os.kill(os.getpid(), signal.SIGKILL)

    be_patient()
    with on_devices("cpu") as lanes:
        network = BiaxialNetwork(PLAIN, seed=3)
        try:
            config = replace(FIT, lanes=lanes)
            fit(network, endless, config=config, folder=folder, validation=held_out, resume=True, report=report)
        except TrainingError as error:
            return {"error": str(error), "wrote": folder.exists()}
        raise AssertionError("the first process was to die")


def be_patient() -> None:
    """Let a process be silent for two minutes, as on a busy machine it may be; TensorFlow's own patience is 10 s."""
    from tensorflow.python.eager.context import context

    configure = context().configure_coordination_service
    context().configure_coordination_service = partial(configure, heartbeat_timeout_in_ms=120_000)


def jax(folder: Path) -> dict[str, Any]:
    with on_devices("cpu"):
        network = BiaxialNetwork(NETWORK, seed=3)  # with dropout: there the masks are the same
        result = fit(network, endless, config=FIT, folder=folder, validation=held_out)
        return {"best": result.best.nats, "devices": replicas_in_force().num_replicas}


if __name__ == "__main__":
    if keras.backend.backend() == "tensorflow":  # its optimiser of graphs takes longer than these fits
        import tensorflow

        tensorflow.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    what, folder = sys.argv[1:]
    found = {"mirrored": mirrored, "worker": worker, "jax": jax}[what](Path(folder))
    print(json.dumps(found))
