"""What own composers do to the kernels of a network: changes of low rank, that count by the composer's weight in a mix.

What it is: a learned composer may come with two narrow matrices for each kernel, whose product is added to it (Hu et
al., "LoRA: Low-Rank Adaptation of Large Language Models", 2021, section 4.1). All rows of a run share the kernels, so
they are those of the style that the first branch is told; the branches that are told less differ in their inputs alone.

Contents: `kernels_of`, `Adapters`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from composer.errors import OptionError
from composer.network.own_composer import OwnComposer, kernel_shapes

if TYPE_CHECKING:
    from composer.network.biaxial import BiaxialNetwork


def kernels_of(network: BiaxialNetwork) -> dict[str, Any]:
    """Return the weights that an adapter may change, by name, such as `time_0/kernel`."""
    named = network.named_weights()
    return {name: named[name] for name in kernel_shapes(network.config)}


class Adapters:
    """The adapters of a network's own composers.

    Args:
        network: `extended` by these composers; its kernels are assigned anew whenever the style changes.
        own: the composers.

    Raises:
        OptionError: Keras runs on another backend than TensorFlow, whose compiled loops keep the kernels of their first
            run.
    """

    def __init__(self, network: BiaxialNetwork, own: Sequence[OwnComposer]) -> None:
        import keras

        self._own = [one for one in own if one.factors]
        if self._own and keras.backend.backend() != "tensorflow":
            raise OptionError(
                f"a learned style: the backend must be tensorflow; found {keras.backend.backend()}",
                mend="KERAS_BACKEND=tensorflow",
            )
        self._kernels = kernels_of(network) if self._own else {}
        self._plain = {
            name: np.asarray(keras.ops.convert_to_numpy(weight), np.float32) for name, weight in self._kernels.items()
        }
        self._sounding: tuple[float, ...] = (0.0,) * len(self._own)

    def sound(self, style: Sequence[tuple[str, float]]) -> None:
        """Let the network's kernels be those of a style: composers by name, with weights; a name may come twice."""
        total = sum(weight for _, weight in style)
        weights = tuple(sum(weight for name, weight in style if name == one.name) / (total or 1.0) for one in self._own)
        if weights == self._sounding:
            return
        for name, kernel in self._kernels.items():
            kernel.assign(self._plain[name] + self._change(name, weights))
        self._sounding = weights

    def _change(self, name: str, weights: Sequence[float]) -> NDArray[np.float32]:
        total = np.zeros_like(self._plain[name])
        for weight, one in zip(weights, self._own, strict=True):
            if weight:
                down, up = one.factors[name]
                total += np.float32(weight) * (down @ up)
        return total
