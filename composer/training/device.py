"""Choose where the network is trained and measured."""

from __future__ import annotations

from composer.errors import OptionError


def use_device(device: str) -> str:
    """Let TensorFlow use the GPU or not; must come before it has done anything.

    Args:
        device: `auto` (a GPU where there is one), `cpu`, or `gpu`.

    Returns:
        `cpu` or `gpu`, whichever will be used.

    Raises:
        OptionError: another word, or `gpu` where TensorFlow sees none.
    """
    if device not in ("auto", "cpu", "gpu"):
        raise OptionError(f'no device "{device}"', mend="auto, cpu or gpu")
    import tensorflow as tf

    if device == "cpu":
        tf.config.set_visible_devices([], "GPU")
        return "cpu"
    if tf.config.list_physical_devices("GPU"):
        return "gpu"
    if device == "gpu":
        raise OptionError("TensorFlow sees no GPU here", mend="--device cpu, or install tensorflow[and-cuda]")
    return "cpu"
