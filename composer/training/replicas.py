"""The replicas of a network that a fit is spread over: rows split among them, machines that agree.

What it is: one replica is one device with the whole network on it; one worker is one process, with one or more
replicas. All make the same batches, and each replica takes its own rows of them, always the same ones, so that the
state of a row stays where it is. The first worker is the chief: what it reads and decides is told to the others, and
it alone writes files.

Conventions: replicas are numbered through all workers; replica r has the rows [r x share, (r + 1) x share).
Which replicas there are, is what the caller has put in force: `tf.distribute`'s strategy on TensorFlow,
`keras.distribution`'s on JAX (`training/devices.py` chooses one).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Self

import keras
import numpy as np

from composer.errors import ComposerError, TrainingError

LOGGER = logging.getLogger(__name__)
Tensor = Any
State = tuple[Tensor, ...]
_WORD = np.dtype("<u2")  # what the chief tells travels as float32, which holds 16 bits exactly on any device
_WORDS = 2**16
_FEW, _MANY = 64, 2**20  # lengths of sums among workers: each length is compiled once


def replicas_in_force() -> TensorflowReplicas | JaxReplicas:
    """Return the replicas that the caller has put in force; the one device that is used where none were."""
    return JaxReplicas() if keras.backend.backend() == "jax" else TensorflowReplicas()


def check_rows(num_rows: int, num_replicas: int) -> None:
    """Raise TrainingError unless each replica gets as many rows as the others."""
    if num_rows % num_replicas:
        below = num_rows // num_replicas * num_replicas
        near = " or ".join(str(rows) for rows in (below, below + num_replicas) if rows)
        raise TrainingError(
            f"windows.rows: must be a multiple of {num_replicas}, the number of devices; found {num_rows}",
            mend=f"write rows: {near}, or use fewer devices",
        )


def check_pairs(num_rows: int, num_parts: int) -> None:
    """Raise TrainingError unless pairs of rows (`WindowConfig.rival_rows`) stay whole where a batch is split in parts.

    A rival is compared with the row before it: the first row of a part has none.
    """
    whole = 2 * num_parts
    if num_rows % whole:
        raise TrainingError(
            f"windows.rows: with rival_rows must be a multiple of {whole}, twice the number of devices and lanes; "
            f"found {num_rows}",
            mend=f"write rows: {-(-num_rows // whole) * whole}, or rival_rows: 0",
        )


class TensorflowReplicas:
    """The replicas of the `tf.distribute` strategy in force; one without a strategy."""

    def __init__(self) -> None:
        self._tf = import_module("tensorflow")
        self.strategy = self._tf.distribute.get_strategy()
        self.num_replicas = int(self.strategy.num_replicas_in_sync)
        resolver = self.strategy.cluster_resolver
        workers = resolver.cluster_spec().as_dict() if resolver else {}
        chiefs, others = workers.get("chief", []), workers.get("worker", [])
        self.num_workers = max(1, len(chiefs) + len(others))
        is_other = self.num_workers > 1 and resolver.task_type == "worker"
        self.worker = int(resolver.task_id) + len(chiefs) if is_other else 0
        # Kept, for the strategy's own `gather` and `reduce` would be compiled anew at each call.
        self._gather = self._tf.function(self._gather_graph, autograph=False)
        self._add = self._tf.function(self._add_graph, autograph=False)

    @property
    def is_chief(self) -> bool:
        """Whether this process reads and writes for all."""
        return self.worker == 0

    def split(self, arrays: Mapping[str, Any]) -> Any:
        """Return arrays [batch, ...] with each replica's rows on it."""
        rows = len(next(iter(arrays.values())))
        check_rows(rows, self.num_replicas)
        share = rows // self.num_replicas

        def part(context: Any) -> dict[str, Tensor]:
            first = int(context.replica_id_in_sync_group) * share
            return {
                name: self._tf.convert_to_tensor(array[first : first + share] if share < rows else array)
                for name, array in arrays.items()
            }

        return self.strategy.experimental_distribute_values_from_function(part)

    def split_state(self, state: State) -> State:
        """Return a state, each [batch, ...], with each replica's rows on it."""
        return tuple(self.split({f"{number:03d}": part for number, part in enumerate(state)}).values())

    def gather(self, parts: Any) -> np.ndarray:
        """Return what lies on the replicas as one array [batch, ...]; all workers must call it."""
        if self.num_workers == 1:
            return np.concatenate([part.numpy() for part in self.strategy.experimental_local_results(parts)])
        return self.first(self._gather(parts))

    def first(self, parts: Any) -> np.ndarray:
        """Return what is equal on all replicas."""
        return np.asarray(self.strategy.experimental_local_results(parts)[0])

    def agree(self, number: int) -> int:
        """Return the chief's number on every worker; all must call it."""
        return number if self.num_workers == 1 else int(self._sum([number])[0])

    def tell(self, make: Callable[[], bytes]) -> bytes:
        """Return on every worker what the chief makes; all must call it.

        Raises:
            ComposerError: the chief's own; on the others a TrainingError that says what it was.
        """
        if self.num_workers == 1:
            return make()
        content, failure = b"", None
        if self.is_chief:
            try:
                content = make()
            except ComposerError as error:
                content, failure = str(error).encode(), error
        high, low, has_failed = map(int, self._sum([len(content) // _WORDS, len(content) % _WORDS, bool(failure)]))
        size = high * _WORDS + low
        words = np.frombuffer(content.ljust(size + size % 2, b"\0"), _WORD)
        told = self._sum(words.astype("float32")).astype(_WORD).tobytes()[:size] if size else b""
        if failure is not None:
            raise failure
        if has_failed:
            raise TrainingError(f"the first worker stopped: {told.decode(errors='replace')}")
        return told

    @contextmanager
    def watched(self, folder: Path) -> Iterator[Self]:
        """Turn the loss of another worker into a TrainingError that says how to go on."""
        if self.num_workers == 1:
            yield self
            return
        errors = self._tf.errors
        lost = (errors.UnavailableError, errors.AbortedError, errors.CancelledError, errors.DeadlineExceededError)
        try:
            yield self
        except (*lost, errors.InternalError, errors.FailedPreconditionError) as error:
            LOGGER.debug("%s", error)  # pages of TensorFlow's own parts
            raise TrainingError(
                f"worker {self.worker} (of 0 to {self.num_workers - 1}) lost another one ({type(error).__name__})",
                place=folder,
                mend="see what that one says, then start all of them again with --resume",
            ) from error

    def _sum(self, numbers: Any) -> np.ndarray:
        """Return the chief's numbers on every worker: all others add zeros. float32 [number]."""
        told = np.asarray(numbers, "float32")
        size = _FEW if len(told) <= _FEW else _MANY
        summed = []
        for start in range(0, len(told), size):
            piece = np.zeros(size, "float32")
            piece[: len(told) - start] = told[start : start + size]

            def part(context: Any, piece: np.ndarray = piece) -> Tensor:
                return self._tf.constant(piece if context.replica_id_in_sync_group == 0 else np.zeros_like(piece))

            summed.append(self.first(self._add(self.strategy.experimental_distribute_values_from_function(part))))
        return np.concatenate(summed)[: len(told)]

    def _gather_graph(self, parts: Any) -> Any:
        return self.strategy.run(
            lambda rows: self._tf.distribute.get_replica_context().all_gather(self._tf.identity(rows), axis=0),
            args=(parts,),
        )

    def _add_graph(self, parts: Any) -> Any:
        tf = self._tf

        def add(numbers: Tensor) -> Tensor:
            here = tf.identity(numbers)  # an argument lies nowhere yet, and TensorFlow asks where
            return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, here)

        return self.strategy.run(add, args=(parts,))


class JaxReplicas:
    """The devices of the `keras.distribution` in force, all of one process; one device without one."""

    num_workers = 1
    worker = 0
    is_chief = True

    def __init__(self) -> None:
        self.distribution = keras.distribution.distribution()
        self.num_replicas = int(self.distribution.num_model_replicas) if self.distribution else 1
        self.on_all: Any = None
        self.by_rows: Any = None
        if self.distribution is not None:  # how values lie: the same on each device, or split by their first axis
            sharding, mesh = import_module("jax").sharding, self.distribution.device_mesh
            self.on_all = sharding.NamedSharding(mesh.backend_mesh, sharding.PartitionSpec())
            self.by_rows = sharding.NamedSharding(mesh.backend_mesh, sharding.PartitionSpec(*mesh.axis_names))

    def split(self, arrays: Mapping[str, Any]) -> Any:
        """Return arrays [batch, ...] with each device's rows on it."""
        check_rows(len(next(iter(arrays.values()))), self.num_replicas)
        return {name: self._on_devices(array) for name, array in arrays.items()}

    def split_state(self, state: State) -> State:
        """Return a state, each [batch, ...], with each device's rows on it."""
        return tuple(map(self._on_devices, state))

    def gather(self, parts: Any) -> np.ndarray:
        """Return what lies on the devices as one array [batch, ...]."""
        return np.asarray(parts)

    def agree(self, number: int) -> int:
        """Return the number: there is one worker."""
        return number

    def tell(self, make: Callable[[], bytes]) -> bytes:
        """Return what is made: there is one worker."""
        return make()

    @contextmanager
    def watched(self, folder: Path) -> Iterator[Self]:
        """Do nothing: there is no other worker to be lost."""
        yield self

    def _on_devices(self, array: Any) -> Tensor:
        return array if self.distribution is None else import_module("jax").device_put(array, self.by_rows)
