"""How long the numbers of the matrix products are: float32, or half as long on a GPU that multiplies those faster.

What it is: mixed precision. Only the factors of the LSTMs' matrix products are short (`network/recurrence.py`);
weights, optimiser, cell states, gates, sums over steps and the loss are float32 whatever is chosen, and so are
checkpoints and validation: a run may go on with another precision.

float16 has few exponents, so the loss is multiplied by a scale before it is differentiated (Micikevicius et al.,
"Mixed Precision Training", 2018, section 3.2). bfloat16 has those of float32 and needs none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import keras

FIRST_SCALE = 2.0**15
GREATEST_SCALE = 2.0**24
GROWS_AFTER = 2000  # updates without an overflow, as in the paper
BFLOAT16_CAPABILITY = (8, 0)  # NVIDIA Ampere, the first with matrix units for it


def products_for(precision: str, weight: Any) -> str:
    """Return the type of the factors of matrix products: `float32`, `bfloat16` or `float16`.

    Args:
        precision: the same, or `auto`: bfloat16 where the network lies on GPUs that have it, else float32.
        weight: a variable of the network.
    """
    if precision != "auto":
        return precision
    if keras.backend.backend() == "jax":
        found = [
            str(getattr(device, "compute_capability", "0.0")) for device in weight.value.devices() if _is_gpu(device)
        ]
        capabilities = [tuple(int(part) for part in text.split(".")) for text in found]
    else:
        capabilities = _tensorflow_capabilities(weight)
    return "bfloat16" if capabilities and min(capabilities) >= BFLOAT16_CAPABILITY else "float32"


def _is_gpu(device: Any) -> bool:
    return str(device.platform) == "gpu"


def _tensorflow_capabilities(weight: Any) -> list[tuple[int, ...]]:
    """Compute capabilities of the GPUs that are seen, if the weight lies on one."""
    tf = import_module("tensorflow")
    (first, *_) = tf.distribute.get_strategy().experimental_local_results(weight.value)
    if "GPU" not in first.device:
        return []
    details = map(tf.config.experimental.get_device_details, tf.config.get_visible_devices("GPU"))
    return [tuple(found.get("compute_capability", (0, 0))) for found in details]


@dataclass
class LossScale:
    """What the loss is multiplied by, for float16; it halves on an overflow and doubles after a long time without."""

    scale: float
    num_finite: int = 0

    @classmethod
    def first(cls, products: str) -> LossScale:
        """Return the scale of a run that begins; 1, and never another, but for float16."""
        return cls(FIRST_SCALE if products == "float16" else 1.0)

    @property
    def can_fall(self) -> bool:
        """Whether an overflow may be the scale's fault."""
        return self.scale > 1.0

    def hear(self, *, is_finite: bool) -> None:
        """Take in whether the gradient of an update was finite."""
        if not is_finite:
            self.scale, self.num_finite = max(1.0, self.scale / 2.0), 0
            return
        self.num_finite += 1
        if self.scale > 1.0 and self.num_finite >= GROWS_AFTER:
            self.scale, self.num_finite = min(GREATEST_SCALE, self.scale * 2.0), 0

    def state(self) -> dict[str, float]:
        """Return it as plain values, for a checkpoint."""
        return {"scale": self.scale, "num_finite": self.num_finite}

    def restore(self, state: Mapping[str, float]) -> None:
        """Go back to a `state`; one of a run of another precision is left aside."""
        if state and (state["scale"] > 1.0) == (self.scale > 1.0):
            self.scale, self.num_finite = float(state["scale"]), int(state["num_finite"])
