"""Which devices a training run uses: one, all GPUs of this machine, or those of several machines.

What it is: `on_devices` puts them in force for the network, the optimiser and the fit that are made inside.

- One device: what `--device` says, the GPU where there is one.
- Several GPUs of this machine: `tf.distribute.MirroredStrategy`, or `keras.distribution.DataParallel` on JAX.
- Several machines: `tf.distribute.MultiWorkerMirroredStrategy`, when the environment variable TF_CONFIG names them;
  TensorFlow only.

Call it before TensorFlow has done anything: a process is given its threads and joins its cluster only then.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import keras

from composer.errors import OptionError
from composer.network.device import device_name, device_scope
from composer.training.compiled import use_lanes

CLUSTER_VARIABLE = "TF_CONFIG"
_ROLES = ("chief", "worker")


@dataclass(frozen=True)
class Cluster:
    """The machines of a run, as TF_CONFIG names them: addresses by role, and which of them this process is."""

    addresses: Mapping[str, tuple[str, ...]]
    role: str
    index: int

    @property
    def num_workers(self) -> int:
        """Processes that train."""
        return sum(map(len, self.addresses.values()))


@contextmanager
def on_devices(device: str, *, lanes: int = 1) -> Iterator[int]:
    """Put the devices in force; yields the lanes that are left to a replica (1 on a GPU).

    Args:
        device: `auto` (the GPUs where there are any), `cpu` or `gpu`.
        lanes: parts into which a processor splits its rows (`training/compiled.py`).

    Raises:
        OptionError: no such device, or a TF_CONFIG that cannot be used.
    """
    cluster = read_cluster(os.environ.get(CLUSTER_VARIABLE, ""))
    is_gpu = device != "cpu" and device_name(device) == "gpu"
    if not is_gpu:
        use_lanes(lanes)
    with _scope(device, is_gpu, cluster):
        yield 1 if is_gpu else lanes


def read_cluster(text: str) -> Cluster | None:
    """Return the cluster in the text of TF_CONFIG; None where there is none, or only one process in it.

    Raises:
        OptionError: the text is not one of a cluster of workers.
    """
    if not text.strip():
        return None
    try:
        told = json.loads(text)
    except ValueError as error:
        raise _unusable(f"is not JSON ({error})") from error
    cluster, task = (told.get(name) if isinstance(told, dict) else None for name in ("cluster", "task"))
    if not isinstance(cluster, dict) or not isinstance(task, dict):
        raise _unusable("must hold a cluster and a task")
    others = sorted(set(cluster) - set(_ROLES))
    addresses = {role: cluster[role] for role in _ROLES if cluster.get(role)}
    is_listed = all(
        isinstance(listed, list) and all(isinstance(address, str) for address in listed)
        for listed in addresses.values()
    )
    if others or not addresses or not is_listed:
        raise _unusable(f"must list the addresses of a chief and workers, or of workers; found {cluster!r}")
    role, index = task.get("type"), task.get("index")
    if role not in addresses or not isinstance(index, int) or not 0 <= index < len(addresses[role]):
        raise _unusable(f"its task must be one of its cluster; found {task!r}")
    found = Cluster({role: tuple(listed) for role, listed in addresses.items()}, role, index)
    return found if found.num_workers > 1 else None


@contextmanager
def _scope(device: str, is_gpu: bool, cluster: Cluster | None) -> Iterator[None]:
    if keras.backend.backend() == "jax":
        if cluster is not None:
            raise OptionError(
                f"{CLUSTER_VARIABLE}: several machines need the TensorFlow backend", mend="KERAS_BACKEND=tensorflow"
            )
        names = _jax_devices(is_gpu)
        scope = keras.distribution.DataParallel(devices=names).scope() if len(names) > 1 else device_scope(device)
    else:
        scope = _tensorflow_scope(device, is_gpu, cluster)
    with scope:
        yield


def _jax_devices(is_gpu: bool) -> list[str]:
    """Names of all devices of the kind that is used, as Keras writes them: `gpu:0`."""
    kind = "gpu" if is_gpu else "cpu"
    count = len(import_module("jax").devices(kind))
    return [f"{kind}:{number}" for number in range(count)]


def _tensorflow_scope(device: str, is_gpu: bool, cluster: Cluster | None) -> Any:
    tf = import_module("tensorflow")
    if cluster is not None:
        if not is_gpu:
            tf.config.set_visible_devices([], "GPU")  # the strategy would take them
        return tf.distribute.MultiWorkerMirroredStrategy().scope()
    if is_gpu and len(names := [found.name for found in tf.config.list_logical_devices("GPU")]) > 1:
        return tf.distribute.MirroredStrategy(names).scope()
    return device_scope(device)


def _unusable(what: str) -> OptionError:
    return OptionError(
        f"{CLUSTER_VARIABLE}: {what}",
        mend='such as {"cluster": {"worker": ["one:2222", "two:2222"]}, "task": {"type": "worker", "index": 0}}',
    )
