"""The whole state of a fit after an update: weights, averages, optimiser, carried states, the best so far.

It is written as a checkpoint and gone back to, so that a killed run goes on to the same bits (on a CPU). Of several
workers the chief alone uses the folder; what it reads it tells to the others.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from composer.errors import TrainingError
from composer.network.biaxial import BiaxialNetwork, State
from composer.training.checkpoints import (
    Checkpoint,
    clean_leftovers,
    list_checkpoints,
    newest_checkpoint,
    read_checkpoint,
    write_checkpoint,
)
from composer.training.compiled import compile_steps
from composer.training.run_folder import Log
from composer.training.schedule import FitConfig
from composer.training.style_stopping import StyleStopping

FREE = (  # to change when a run is gone on with: its length, its rhythm of saving, what the machine is good at
    "num_updates",
    "max_seconds",
    "validate_every",
    "checkpoint_every",
    "log_every",
    "patience",
    "lanes",
    "precision",
)


@dataclass(frozen=True)
class Best:
    """The best validation so far: nats a step, at which update, whether the averaged weights were the better ones."""

    nats: float = math.inf
    update: int = -1
    averaged: bool = False


class RunState:
    """What a fit is after `update` updates; its parts are changed in place.

    Args:
        network: that is fitted.
        config: of the fit.
        folder: of checkpoints, best weights and log.
        styles: is kept with the checkpoints.
    """

    def __init__(self, network: BiaxialNetwork, config: FitConfig, folder: Path, styles: StyleStopping | None) -> None:
        self.network = network
        self.styles = styles
        self.config = config
        self.folder = folder
        self.weights = network.named_weights()
        self.averages = {
            name: keras.Variable(keras.ops.convert_to_numpy(weight), trainable=False, name="average")
            for name, weight in self.weights.items()
        }
        self.optimizer = keras.optimizers.AdamW(
            learning_rate=config.learning_rate, weight_decay=config.weight_decay, epsilon=1e-7
        )
        self.optimizer.exclude_from_weight_decay(var_names=["bias"])
        self.optimizer.build(list(self.weights.values()))
        self.steps = compile_steps(
            network,
            self.optimizer,
            averages=list(self.averages.values()),
            hand_weight=config.hand_weight,
            clip_norm=config.clip_norm,
            lanes=config.lanes,
            precision=config.precision,
        )
        self.replicas = self.steps.replicas
        self.log = Log(folder, is_kept=self.replicas.is_chief)
        self.update = 0
        self.carried: dict[str, State] = {}
        self.best = Best()
        self.validations_since_best = 0
        self.plateau_drops = 0
        self.elapsed_sec = 0.0

    def begin(self, *, resume: bool) -> None:
        """Begin a run, or go back to the newest whole checkpoint, where there is one."""
        told = self.replicas.tell(lambda: self._newest(resume=resume))
        if told:
            self._restore(Checkpoint.from_bytes(told))
        elif resume:
            self.log.cut_after(-1)

    def swap(self) -> None:
        """Exchange the weights and their averages."""
        for name, weight in self.weights.items():
            average = self.averages[name]
            value = keras.ops.convert_to_numpy(weight)
            weight.assign(average)
            average.assign(value)

    def take_averages(self) -> None:
        """Give the network the averages of its weights."""
        for name, weight in self.weights.items():
            weight.assign(self.averages[name])

    def save(self) -> None:
        """Write a checkpoint."""
        tensors = _values("weight", self.weights) | _values("average", self.averages)
        for number, variable in enumerate(self.optimizer.variables):
            tensors[f"optimizer/{number:04d}"] = np.asarray(keras.ops.convert_to_numpy(variable))
        for key, state in self.carried.items():
            for number, part in enumerate(state):
                tensors[f"carried/{key}/{number:02d}"] = self.replicas.gather(part)
        position = {
            "settings": self._settings(),
            "best": asdict(self.best) | {"nats": None if math.isinf(self.best.nats) else self.best.nats},
            "validations_since_best": self.validations_since_best,
            "plateau_drops": self.plateau_drops,
            "elapsed_sec": self.elapsed_sec,
            "styles": self.styles.state() if self.styles else {},
            "loss_scale": self.steps.loss_scale.state(),
        }
        if self.replicas.is_chief:
            write_checkpoint(self.folder, update=self.update, tensors=tensors, position=position)

    def save_best(self) -> None:
        """Keep the present weights as the best."""
        position = {"settings": self._settings(), "best": asdict(self.best)}
        tensors = _values("weight", self.weights)
        if self.replicas.is_chief:
            write_checkpoint(self.folder, update=self.update, tensors=tensors, position=position, kind="best", keep=1)

    def load_best(self) -> None:
        """Take the best weights that were kept."""
        path = self.folder / f"best-{self.best.update:08d}"
        told = self.replicas.tell(lambda: read_checkpoint(path).to_bytes())
        _assign("weight", self.weights, Checkpoint.from_bytes(told))

    def _restore(self, checkpoint: Checkpoint) -> None:
        position = checkpoint.position
        _check_settings(position["settings"], self._settings(), checkpoint.path)
        _assign("weight", self.weights, checkpoint)
        _assign("average", self.averages, checkpoint)
        for place, variable in enumerate(self.optimizer.variables):
            variable.assign(checkpoint.tensors[f"optimizer/{place:04d}"])
        carried: dict[str, dict[str, np.ndarray]] = {}
        for name, tensor in sorted(checkpoint.tensors.items()):
            if name.startswith("carried/"):
                key, _, number = name.removeprefix("carried/").rpartition("/")
                carried.setdefault(key, {})[number] = tensor
        self.carried = {
            key: self.replicas.split_state(
                tuple(keras.ops.convert_to_tensor(parts[number]) for number in sorted(parts))
            )
            for key, parts in carried.items()
        }
        self.update = int(position["update"])
        best = position["best"]
        self.best = Best(**(best | {"nats": math.inf if best["nats"] is None else best["nats"]}))
        self.validations_since_best = int(position["validations_since_best"])
        self.plateau_drops = int(position["plateau_drops"])
        self.elapsed_sec = float(position["elapsed_sec"])
        if self.styles:
            self.styles.restore(position["styles"])
        self.steps.loss_scale.restore(position.get("loss_scale", {}))
        self.log.cut_after(self.update)

    def _newest(self, *, resume: bool) -> bytes:
        """The newest whole checkpoint as bytes; b"" where a run begins. The chief alone looks."""
        clean_leftovers(self.folder)
        if not resume:
            if list_checkpoints(self.folder) or list_checkpoints(self.folder, kind="best"):
                raise TrainingError(
                    "the folder holds a training run", place=self.folder, mend="resume it, or name another folder"
                )
            return b""
        checkpoint, passed = newest_checkpoint(self.folder)
        if checkpoint is None and passed:
            raise TrainingError("no checkpoint of this folder is whole: " + "; ".join(passed), place=self.folder)
        return checkpoint.to_bytes() if checkpoint else b""

    def _settings(self) -> dict[str, Any]:
        """What must be the same for a run to be gone on with: all but `FREE`."""
        kept = {name: value for name, value in self.config.to_dict().items() if name not in FREE}
        return {"network": self.network.config.to_dict(), "fit": kept}


def _values(prefix: str, variables: dict[str, Any]) -> dict[str, np.ndarray]:
    return {f"{prefix}/{name}": np.asarray(keras.ops.convert_to_numpy(value)) for name, value in variables.items()}


def _assign(prefix: str, variables: dict[str, Any], checkpoint: Checkpoint) -> None:
    for name, variable in variables.items():
        value = checkpoint.tensors.get(f"{prefix}/{name}")
        if value is None or value.shape != tuple(variable.shape):
            found = "nothing" if value is None else value.shape
            raise TrainingError(
                f"{prefix}/{name}: must have the shape {tuple(variable.shape)}; found {found}",
                place=checkpoint.path,
            )
        variable.assign(value)


def _check_settings(then: dict[str, Any], now: dict[str, Any], path: Path) -> None:
    plain_now = _plain(now)
    other = [
        f"{part}.{name}: {then.get(part, {}).get(name)!r} then, {value!r} now"
        for part, values in plain_now.items()
        for name, value in values.items()
        if then.get(part, {}).get(name) != value
    ]
    if other:
        raise TrainingError(
            "the run was made with other settings: " + "; ".join(other),
            place=path,
            mend="resume with the same, or start in another folder",
        )


def _plain(settings: dict[str, Any]) -> dict[str, Any]:
    """As it looks after a trip through JSON (tuples become lists)."""
    plain: dict[str, Any] = json.loads(json.dumps(settings))
    return plain
