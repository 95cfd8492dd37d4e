"""Batches ahead of time: the next ones are made while the network is busy with this one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

import keras
import numpy as np

from composer.network.config import NetworkConfig
from composer.training.batch import Batch

BatchSource = Callable[[int], Iterator[Batch]]
"""Given a number, yields the training batches from that one on (the first is 0), always the same ones."""

PREFETCH = 2  # batches


def feed(source: BatchSource, first: int, config: NetworkConfig) -> Iterator[Batch]:
    """The batches of a source from number `first` on, checked; on TensorFlow by tf.data, made in the background."""
    batches = source(first)
    sample = next(batches, None)
    if sample is None:
        return
    sample.check(config)
    if keras.backend.backend() == "tensorflow":
        yield from _by_tf_data(sample, batches, config)
        return
    yield sample
    for batch in batches:
        batch.check(config)
        yield batch


def _by_tf_data(sample: Batch, others: Iterator[Batch], config: NetworkConfig) -> Iterator[Batch]:
    import tensorflow as tf

    failures: list[Exception] = []

    def arrays() -> Iterator[dict[str, np.ndarray]]:
        try:
            for batch in chain([sample], others):
                batch.check(config)
                yield batch.arrays() | {"stream": np.array(batch.stream)}
        except Exception as error:  # tf.data would turn it into an error of its own
            failures.append(error)
            raise

    # The shapes may change from batch to batch (pieces of other ranges), the types may not.
    signature = {name: tf.TensorSpec([None] * array.ndim, array.dtype) for name, array in sample.arrays().items()} | {
        "stream": tf.TensorSpec([], tf.string)
    }
    try:
        for item in tf.data.Dataset.from_generator(arrays, output_signature=signature).prefetch(PREFETCH):
            stream = item.pop("stream").numpy().decode()
            yield Batch(**item, stream=stream)
    except tf.errors.OpError:
        if failures:
            raise failures[0] from None
        raise
