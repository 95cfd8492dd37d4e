"""Held-out likelihood in the midst of a fit: by stream (told everything, told nothing) and by style."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from composer.errors import TrainingError
from composer.network.biaxial import BiaxialNetwork, State
from composer.training.batch import Batch


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
