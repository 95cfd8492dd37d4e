"""Fits of a few units and updates, whose graphs take longer to optimise than to run."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import pytest


@pytest.fixture(scope="module", autouse=True)
def graphs_as_they_are() -> Iterator[None]:
    """Let TensorFlow run its graphs as they were written: the optimiser changes their speed, not what they say."""
    if keras.backend.backend() != "tensorflow":
        yield
        return
    import tensorflow as tf

    name = "disable_meta_optimizer"
    before = tf.config.optimizer.get_experimental_options().get(name, False)
    tf.config.optimizer.set_experimental_options({name: True})
    yield
    tf.config.optimizer.set_experimental_options({name: before})
