"""The settings of a fit, and the numbers that follow from them at each update."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from composer.errors import TrainingError

SCHEDULES = ("constant", "cosine", "plateau")
PRECISIONS = ("auto", "float32", "bfloat16", "float16")


@dataclass(frozen=True, kw_only=True)
class FitConfig:
    """How a network is fitted.

    num_updates: updates at most; the cosine ends there.
    learning_rate: at its highest, after warm-up. warmup_updates: updates of a straight rise from 0.
    schedule: 'constant', 'cosine' (falls to final_share of the rate), or 'plateau' (times plateau_factor after
        plateau_patience validations without a new best, never below final_share).
    weight_decay: AdamW's, on matrices only. clip_norm: greatest norm of the whole gradient.
    average_decay: of the exponential moving average of the weights; it starts lower (see `average_decay_at`).
    hand_weight: weight of the hand's nats in the loss.
    validate_every, checkpoint_every, log_every: in updates. patience: validations without a new best before
    stopping early. style_patience: the same of one style before it is visited half as often (`style_stopping.py`).
    max_seconds: wall time after which the fit stops with a checkpoint; None for no limit.
    lanes: see `composer.training.compiled.use_lanes`.
    precision: 'float32', 'bfloat16', 'float16' or 'auto', see `composer.training.precision`.
    """

    num_updates: int
    learning_rate: float = 1e-3
    warmup_updates: int = 100
    schedule: str = "cosine"
    final_share: float = 0.05
    plateau_factor: float = 0.5
    plateau_patience: int = 3
    weight_decay: float = 1e-4
    clip_norm: float = 1.0
    average_decay: float = 0.999
    hand_weight: float = 0.1
    validate_every: int = 200
    checkpoint_every: int = 200
    log_every: int = 10
    patience: int = 12
    style_patience: int = 3
    max_seconds: float | None = None
    lanes: int = 2
    precision: str = "auto"

    def __post_init__(self) -> None:
        for name in (
            "num_updates",
            "validate_every",
            "checkpoint_every",
            "log_every",
            "patience",
            "style_patience",
            "lanes",
        ):
            _check(getattr(self, name) >= 1, name, "at least 1", getattr(self, name))
        for name in ("learning_rate", "clip_norm"):
            _check(getattr(self, name) > 0.0, name, "above 0", getattr(self, name))
        for name in ("average_decay", "final_share", "plateau_factor"):
            _check(0.0 <= getattr(self, name) <= 1.0, name, "from 0 to 1", getattr(self, name))
        _check(self.precision in PRECISIONS, "precision", f"one of {', '.join(PRECISIONS)}", self.precision)
        _check(self.schedule in SCHEDULES, "schedule", f"one of {', '.join(SCHEDULES)}", self.schedule)

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain values, for JSON and YAML."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> FitConfig:
        """The inverse of `to_dict`; raises TrainingError for unknown keys and impossible values."""
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(plain) - known)
        _check(not unknown, "fit", f"made of {', '.join(sorted(known))}", unknown)
        try:
            return cls(**plain)
        except TypeError as error:
            raise TrainingError(f"fit: {error}") from error


def learning_rate_at(config: FitConfig, update: int, *, plateau_drops: int) -> float:
    """The rate of update number `update` (the first is 0).

    plateau_drops: how often the plateau schedule has lowered the rate so far.
    """
    rise = min(1.0, (update + 1) / max(1, config.warmup_updates))
    if config.schedule == "cosine":
        span = max(1, config.num_updates - config.warmup_updates)
        done = min(1.0, max(0.0, (update - config.warmup_updates) / span))
        share = config.final_share + (1.0 - config.final_share) * 0.5 * (1.0 + math.cos(math.pi * done))
    elif config.schedule == "plateau":
        share = max(config.final_share, config.plateau_factor**plateau_drops)
    else:
        share = 1.0
    return config.learning_rate * rise * share


def average_decay_at(config: FitConfig, update: int) -> float:
    """Share of the old average that stays; low at first, so that the first weights are soon forgotten."""
    return min(config.average_decay, (1.0 + update) / (10.0 + update))


def _check(holds: bool, name: str, rule: str, found: object) -> None:
    if not holds:
        raise TrainingError(f"{name}: must be {rule}; found {found!r}")
