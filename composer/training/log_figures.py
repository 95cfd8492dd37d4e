"""What a line of a run's log says: means over the updates since the line before."""

from __future__ import annotations

import time

import numpy as np

from composer.training.batch import Batch
from composer.training.compiled import StepResult


class LogFigures:
    """Sums since the last line of the log."""

    def __init__(self) -> None:
        self._results: list[StepResult] = []
        self._contrasts: list[float] = []
        self._num_steps = 0
        self._started = time.monotonic()

    def add(self, result: StepResult, batch: Batch) -> None:
        """Count an update."""
        self._results.append(result)
        self._contrasts.append(result.contrast / max(1.0, float(np.sum(batch.arrays()["rival"]))))  # of a pair
        self._num_steps += batch.num_rows * batch.num_steps

    def steps_per_sec(self) -> float:
        """Return the steps of music a second of wall time."""
        return self._num_steps / max(1e-9, time.monotonic() - self._started)

    def figures(self) -> dict[str, float]:
        """Return nats a scored step, the mean norm of the gradient, and the speed."""
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
