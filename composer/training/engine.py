"""The fitting loop: batches in, the best weights out; killed at any time, resumed to the same bits (on a CPU).

Everything random or timed hangs on the number of the update alone: the batch (`BatchSource`), the dropout, the
rates. So a checkpoint holds weights, averages, optimiser and carried states, and resuming is going on from its number.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from composer.errors import TrainingError
from composer.network.biaxial import BiaxialNetwork, State
from composer.training.batch import Batch
from composer.training.checkpoints import (
    Checkpoint,
    clean_leftovers,
    list_checkpoints,
    newest_checkpoint,
    read_checkpoint,
    write_checkpoint,
)
from composer.training.compiled import StepResult, compile_steps
from composer.training.feed import BatchSource, feed
from composer.training.replicas import replicas_in_force
from composer.training.run_folder import Log, locked
from composer.training.schedule import FitConfig, average_decay_at, learning_rate_at
from composer.training.style_stopping import StyleStopping

ENDS = ("done", "early", "time", "asked")
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


@dataclass(frozen=True)
class Progress:
    """What a progress display is told at each update."""

    update: int
    num_updates: int
    nats_per_step: float
    best: Best
    steps_per_sec: float


@dataclass(frozen=True)
class FitResult:
    """The best validation, the updates made, and why the fit stopped (one of `ENDS`)."""

    best: Best
    num_updates: int
    stopped: str


def fit(
    network: BiaxialNetwork,
    source: BatchSource,
    *,
    config: FitConfig,
    folder: Path,
    validation: Callable[[], Iterable[Batch]] | None = None,
    resume: bool = False,
    report: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    styles: StyleStopping | None = None,
) -> FitResult:
    """Fit the network in place and leave it with its best weights.

    source: gives the training batches from a number on. validation: gives the same held-out batches each time;
    without it the last averaged weights count as the best. folder: for checkpoints, best weights and log.
    resume: go on from the newest whole checkpoint of the folder. report, should_stop: called at each update; a
    true answer stops with a checkpoint. styles: is told every validation, and kept with the checkpoints.

    Spread over the replicas in force (`training/replicas.py`); of several workers the chief alone uses the folder.

    Raises TrainingError when the folder is in use, holds another run and `resume` is not set, was made with
    other settings, when the loss is not a number any more (the last checkpoint then stays as it is), when the rows of a
    batch cannot be shared out evenly, or when another worker is lost.
    """
    replicas = replicas_in_force()
    with replicas.watched(folder), locked(folder) if replicas.is_chief else nullcontext():
        run = _Run(network, config, folder, styles)
        run.begin(resume=resume)
        return run.go(source, validation, report, should_stop or (lambda: False))


class _Run:
    """The moving parts of one fit."""

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

    # The loop

    def go(
        self,
        source: BatchSource,
        validation: Callable[[], Iterable[Batch]] | None,
        report: Callable[[Progress], None] | None,
        should_stop: Callable[[], bool],
    ) -> FitResult:
        started = time.monotonic() - self.elapsed_sec
        window = _Window()
        stopped = "done"
        for batch in feed(source, self.update, self.network.config):
            if self.update >= self.config.num_updates:
                break
            result = self._train(batch)
            window.add(result, batch)
            self.update += 1
            self.elapsed_sec = time.monotonic() - started
            if self.update % self.config.log_every == 0:
                self.log.write(update=self.update, elapsed_sec=round(self.elapsed_sec, 2), **window.figures())
                window = _Window()
            if report:
                report(self._progress(result, window))
            if validation and self.update % self.config.validate_every == 0:
                self._validate(validation)
                if self.validations_since_best >= self.config.patience:
                    stopped = "early"
            if should_stop():
                stopped = "asked"
            elif self.config.max_seconds is not None and self.elapsed_sec >= self.config.max_seconds:
                stopped = "time"
            stopped = ENDS[self.replicas.agree(ENDS.index(stopped))]  # clocks differ
            if stopped != "done":
                break
            if self.update % self.config.checkpoint_every == 0:
                self._save()
        return self._finish(validation, stopped)

    def _train(self, batch: Batch) -> StepResult:
        rate = learning_rate_at(self.config, self.update, plateau_drops=self.plateau_drops)
        self.optimizer.learning_rate.assign(rate)
        self.network.set_dropout_step(self.update)
        key = f"{batch.stream}/{batch.num_rows}x{batch.num_pitches}"
        state = self.carried.get(key) or self.steps.initial_state(batch)
        result, after = self.steps.train(batch, state, average_decay=average_decay_at(self.config, self.update))
        if not (math.isfinite(result.loss) and math.isfinite(result.gradient_norm)):
            self.log.write(update=self.update, event="not a number")
            raise TrainingError(
                f"the loss is not a number after update {self.update}; the last checkpoint is whole",
                place=self.folder,
                mend=f"resume with a lower learning rate, such as {self.config.learning_rate / 3:.1g}",
            )
        self.carried[key] = after
        return result

    def _progress(self, result: StepResult, window: _Window) -> Progress:
        nats = (result.play + result.articulate) / max(1.0, result.steps)
        return Progress(self.update, self.config.num_updates, nats, self.best, window.steps_per_sec())

    def _validate(self, validation: Callable[[], Iterable[Batch]]) -> None:
        plain, plain_streams = self._nats(validation)
        self._swap()
        averaged, averaged_streams = self._nats(validation)
        found = min((plain, False), (averaged, True))
        if not math.isfinite(found[0]):
            self._swap()
            raise TrainingError("the validation loss is not a number", place=self.folder)
        if found[0] < self.best.nats:
            self.best = Best(found[0], self.update, averaged < plain)
            self.validations_since_best = 0
            if not self.best.averaged:
                self._swap()
            self._save_best()
            if not self.best.averaged:
                self._swap()
        else:
            self.validations_since_best += 1
            if self.validations_since_best % self.config.plateau_patience == 0:
                self.plateau_drops += 1
        self._swap()
        if self.styles:
            self.styles.hear(self.update, averaged_streams if averaged < plain else plain_streams)
        self.log.write(
            update=self.update,
            elapsed_sec=round(self.elapsed_sec, 2),
            validation_nats=plain,
            validation_nats_averaged=averaged,
            best_nats=self.best.nats,
            best_update=self.best.update,
            validation_streams=averaged_streams if averaged < plain else plain_streams,
            style_shares=self.styles.factors if self.styles else {},
        )

    def _nats(self, validation: Callable[[], Iterable[Batch]]) -> tuple[float, dict[str, float]]:
        """Play and articulation nats a step with the present weights: the mean of the streams, and each of them."""
        by_stream = held_out_nats(self.steps, self.network, validation())
        return sum(by_stream.values()) / len(by_stream), by_stream

    def _swap(self) -> None:
        """Exchange the weights and their averages."""
        for name, weight in self.weights.items():
            average = self.averages[name]
            value = keras.ops.convert_to_numpy(weight)
            weight.assign(average)
            average.assign(value)

    def _finish(self, validation: Callable[[], Iterable[Batch]] | None, stopped: str) -> FitResult:
        if validation and self.update % self.config.validate_every != 0:
            self._validate(validation)
        self._save()
        if self.best.update < 0:  # never validated: the averages of the last update are what there is
            self.best = replace(self.best, update=self.update, averaged=True)
            for name, weight in self.weights.items():
                weight.assign(self.averages[name])
        else:
            self._load_best()
        self.log.write(update=self.update, event="stopped", reason=stopped, best=asdict(self.best))
        return FitResult(self.best, self.update, stopped)

    # Saving and going on

    def _save(self) -> None:
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

    def _save_best(self) -> None:
        position = {"settings": self._settings(), "best": asdict(self.best)}
        tensors = _values("weight", self.weights)
        if self.replicas.is_chief:
            write_checkpoint(self.folder, update=self.update, tensors=tensors, position=position, kind="best", keep=1)

    def _load_best(self) -> None:
        path = self.folder / f"best-{self.best.update:08d}"
        told = self.replicas.tell(lambda: read_checkpoint(path).to_bytes())
        _assign("weight", self.weights, Checkpoint.from_bytes(told))

    def _settings(self) -> dict[str, Any]:
        """What must be the same for a run to be gone on with: all but `FREE`."""
        kept = {name: value for name, value in self.config.to_dict().items() if name not in FREE}
        return {"network": self.network.config.to_dict(), "fit": kept}

    def begin(self, *, resume: bool) -> None:
        """Begin a run, or go back to the newest whole checkpoint, where there is one."""
        told = self.replicas.tell(lambda: self._newest(resume=resume))
        if told:
            self._restore(Checkpoint.from_bytes(told))
        elif resume:
            self.log.cut_after(-1)

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


class _Window:
    """Sums since the last line of the log."""

    def __init__(self) -> None:
        self._results: list[StepResult] = []
        self._contrasts: list[float] = []
        self._num_steps = 0
        self._started = time.monotonic()

    def add(self, result: StepResult, batch: Batch) -> None:
        self._results.append(result)
        self._contrasts.append(result.contrast / max(1.0, float(np.sum(batch.arrays()["rival"]))))  # of a pair
        self._num_steps += batch.num_rows * batch.num_steps

    def steps_per_sec(self) -> float:
        return self._num_steps / max(1e-9, time.monotonic() - self._started)

    def figures(self) -> dict[str, float]:
        steps = max(1.0, sum(result.steps for result in self._results))
        sums = {
            name: sum(getattr(result, name) for result in self._results) / steps
            for name in ("play", "articulate", "hand")
        }
        norm = sum(result.gradient_norm for result in self._results) / max(1, len(self._results))
        return {
            "nats": round(sums["play"] + sums["articulate"], 5),
            **{name: round(value, 5) for name, value in sums.items()},
            **({"contrast": round(sum(self._contrasts) / len(self._contrasts), 5)} if any(self._contrasts) else {}),
            "gradient_norm": round(norm, 5),
            "steps_per_sec": round(self.steps_per_sec(), 1),
        }


def held_out_nats(steps: Any, network: BiaxialNetwork, batches: Iterable[Batch]) -> dict[str, float]:
    """Nats of plays and articulations a scored step, of each stream by its name; states are carried within it.

    Where the rows are labelled, of each label of each stream: `told nothing, bach keyboard`.
    """
    carried: dict[tuple[str, int, int], State] = {}
    nats: Counter[str] = Counter()
    scored: Counter[str] = Counter()
    for batch in batches:
        batch.check(network.config)
        key = (batch.stream, batch.num_rows, batch.num_pitches)
        state = carried.get(key) or steps.initial_state(batch)
        rows, carried[key] = steps.validate(batch, state)
        for row, label in enumerate(batch.labels or [""] * batch.num_rows):
            name = f"{batch.stream}, {label}" if label else batch.stream
            nats[name] += rows.play[row] + rows.articulate[row]
            scored[name] += rows.steps[row]
    names = [name for name, steps_scored in scored.items() if steps_scored]
    if not names:
        raise TrainingError("the validation set has no scored step")
    return {name: float(nats[name] / scored[name]) for name in names}


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
    import json

    plain: dict[str, Any] = json.loads(json.dumps(settings))
    return plain
