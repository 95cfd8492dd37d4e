"""Where the network runs: the processor or a graphics card."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from typing import Any

import keras

from composer.errors import OptionError

DEVICES = ("auto", "cpu", "gpu")


def device_scope(device: str) -> AbstractContextManager[Any]:
    """A context in which operations run on the device: 'auto' (the GPU where there is one), 'cpu' or 'gpu'.

    Raises OptionError for another word, and for 'gpu' where the backend sees none.
    """
    if device not in DEVICES:
        raise OptionError(f"device: must be one of {', '.join(DEVICES)}; found {device!r}")
    if device == "gpu" and not _has_gpu():
        raise OptionError(
            f"device: no GPU is seen by {keras.backend.backend()}", mend="use --device auto or --device cpu"
        )
    if device == "auto":
        return nullcontext()
    scope: AbstractContextManager[Any] = keras.device(f"{device}:0")
    return scope


def device_name(device: str) -> str:
    """The device that 'auto', 'cpu' or 'gpu' comes to here: 'cpu' or 'gpu'."""
    with device_scope(device):
        return "gpu" if device != "cpu" and _has_gpu() else "cpu"


def _has_gpu() -> bool:
    if keras.backend.backend() == "jax":
        jax = import_module("jax")
        return any(found.platform == "gpu" for found in jax.devices())
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))
