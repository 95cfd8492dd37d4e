"""The fitting loop: batches in, the best weights out; killed at any time, resumed to the same bits (on a CPU).

Everything random or timed hangs on the number of the update alone: the batch (`BatchSource`), the dropout, the
rates. So a checkpoint holds weights, averages, optimiser and carried states, and resuming is going on from its number.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from composer.errors import TrainingError
from composer.network.biaxial import BiaxialNetwork
from composer.training.batch import Batch
from composer.training.compiled import StepResult
from composer.training.feed import BatchSource, feed
from composer.training.log_figures import LogFigures
from composer.training.replicas import replicas_in_force
from composer.training.run_folder import locked
from composer.training.run_state import Best, RunState
from composer.training.schedule import FitConfig, average_decay_at, learning_rate_at
from composer.training.style_stopping import StyleStopping
from composer.training.validation import held_out_nats

ENDS = ("done", "early", "time", "asked")


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
        run = RunState(network, config, folder, styles)
        run.begin(resume=resume)
        return _Loop(run).go(source, validation, report, should_stop or (lambda: False))


class _Loop:
    """Goes from update to update."""

    def __init__(self, run: RunState) -> None:
        self.run = run

    def go(
        self,
        source: BatchSource,
        validation: Callable[[], Iterable[Batch]] | None,
        report: Callable[[Progress], None] | None,
        should_stop: Callable[[], bool],
    ) -> FitResult:
        run, config = self.run, self.run.config
        started = time.monotonic() - run.elapsed_sec
        window = LogFigures()
        stopped = "done"
        for batch in feed(source, run.update, run.network.config):
            if run.update >= config.num_updates:
                break
            result = self._train(batch)
            window.add(result, batch)
            run.update += 1
            run.elapsed_sec = time.monotonic() - started
            if run.update % config.log_every == 0:
                run.log.write(update=run.update, elapsed_sec=round(run.elapsed_sec, 2), **window.figures())
                window = LogFigures()
            if report:
                report(self._progress(result, window))
            if validation and run.update % config.validate_every == 0:
                self._validate(validation)
                if run.validations_since_best >= config.patience:
                    stopped = "early"
            if should_stop():
                stopped = "asked"
            elif config.max_seconds is not None and run.elapsed_sec >= config.max_seconds:
                stopped = "time"
            stopped = ENDS[run.replicas.agree(ENDS.index(stopped))]  # clocks differ
            if stopped != "done":
                break
            if run.update % config.checkpoint_every == 0:
                run.save()
        return self._finish(validation, stopped)

    def _train(self, batch: Batch) -> StepResult:
        run, config = self.run, self.run.config
        rate = learning_rate_at(config, run.update, plateau_drops=run.plateau_drops)
        run.optimizer.learning_rate.assign(rate)
        run.network.set_dropout_step(run.update)
        key = f"{batch.stream}/{batch.num_rows}x{batch.num_pitches}"
        state = run.carried.get(key) or run.steps.initial_state(batch)
        result, after = run.steps.train(batch, state, average_decay=average_decay_at(config, run.update))
        if not (math.isfinite(result.loss) and math.isfinite(result.gradient_norm)):
            run.log.write(update=run.update, event="not a number")
            raise TrainingError(
                f"the loss is not a number after update {run.update}; the last checkpoint is whole",
                place=run.folder,
                mend=f"resume with a lower learning rate, such as {config.learning_rate / 3:.1g}",
            )
        run.carried[key] = after
        return result

    def _progress(self, result: StepResult, window: LogFigures) -> Progress:
        run, config = self.run, self.run.config
        nats = (result.play + result.articulate) / max(1.0, result.steps)
        return Progress(run.update, config.num_updates, nats, run.best, window.steps_per_sec())

    def _validate(self, validation: Callable[[], Iterable[Batch]]) -> None:
        run, config = self.run, self.run.config
        plain, plain_streams = self._nats(validation)
        run.swap()
        averaged, averaged_streams = self._nats(validation)
        found = min((plain, False), (averaged, True))
        if not math.isfinite(found[0]):
            run.swap()
            raise TrainingError("the validation loss is not a number", place=run.folder)
        if found[0] < run.best.nats:
            run.best = Best(found[0], run.update, averaged < plain)
            run.validations_since_best = 0
            if not run.best.averaged:
                run.swap()
            run.save_best()
            if not run.best.averaged:
                run.swap()
        else:
            run.validations_since_best += 1
            if run.validations_since_best % config.plateau_patience == 0:
                run.plateau_drops += 1
        run.swap()
        if run.styles:
            run.styles.hear(run.update, averaged_streams if averaged < plain else plain_streams)
        run.log.write(
            update=run.update,
            elapsed_sec=round(run.elapsed_sec, 2),
            validation_nats=plain,
            validation_nats_averaged=averaged,
            best_nats=run.best.nats,
            best_update=run.best.update,
            validation_streams=averaged_streams if averaged < plain else plain_streams,
            style_shares=run.styles.factors if run.styles else {},
        )

    def _nats(self, validation: Callable[[], Iterable[Batch]]) -> tuple[float, dict[str, float]]:
        """Play and articulation nats a step with the present weights: the mean of the streams, and each of them."""
        run = self.run
        by_stream = held_out_nats(run.steps, run.network, validation())
        return sum(by_stream.values()) / len(by_stream), by_stream

    def _finish(self, validation: Callable[[], Iterable[Batch]] | None, stopped: str) -> FitResult:
        run, config = self.run, self.run.config
        if validation and run.update % config.validate_every != 0:
            self._validate(validation)
        run.save()
        if run.best.update < 0:  # never validated: the averages of the last update are what there is
            run.best = replace(run.best, update=run.update, averaged=True)
            run.take_averages()
        else:
            run.load_best()
        run.log.write(update=run.update, event="stopped", reason=stopped, best=asdict(run.best))
        return FitResult(run.best, run.update, stopped)
