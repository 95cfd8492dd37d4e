"""The speed of training and sampling beside the machine's bare matrix product, at three sizes of the network.

Run by hand, on a quiet machine:  python tests/benchmarks/bench_network.py [--rounds 6] [--rows 16] [--guided]

Sizes: Johnson's (300/300/100/50 units, 78 notes), DeepJ's (256/256/128/128, 48 notes) and ours (128/128/64/32, 78
notes, with the inputs of a plan). Each round measures a bare product of 1024 x 1024 matrices on every core and then the
network, so that both see the same machine; printed are the best rounds by the clock, and the median of the rounds'
ratios, by the clock and by the processor time of this process (on a busy machine only the last means anything).

What is counted as work is every product that the method needs and no other: in training three times the forward ones,
less the gradients of inputs that are data; in sampling the loops (the conditions are projected once for all sequences).
To compare with: DeepJ's own sampler makes 0.53 time steps a second on 2 cores (48 notes, one piece).
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from composer.network.config import FEEDBACK_WIDTH, HEARD_WIDTH, NUM_OUTPUTS, NetworkConfig
from composer.network.startup import start_backend
from composer.training.batch import Batch

BARE_SIZE = 1024
BARE_CHAIN = 6  # products in a row on each core
TRAINING_STEPS = 128
SAMPLING_STEPS = 128


@dataclass(frozen=True)
class Size:
    """A network to measure."""

    name: str
    time_units: tuple[int, int]
    note_units: tuple[int, int]
    num_pitches: int
    note_width: int
    step_width: int
    style_width: int

    def config(self) -> NetworkConfig:
        return NetworkConfig(
            note_fields=(("note", self.note_width),),
            step_fields=(("step", self.step_width),),
            style_fields=(("style", self.style_width),),
            time_units=self.time_units,
            note_units=self.note_units,
            dropout=0.5,
        )


def sizes() -> list[Size]:
    """Johnson's, DeepJ's, and ours as the inputs of this program are."""
    from composer.roll.inputs import NOTE_WIDTH, STEP_WIDTH

    return [
        Size("Johnson", (300, 300), (100, 50), 78, 13, 4, 1),
        Size("DeepJ", (256, 256), (128, 128), 48, 13, 16, 23),
        Size("ours", (128, 128), (64, 32), 78, NOTE_WIDTH, STEP_WIDTH, 12),
    ]


def layer_products(size: Size) -> list[tuple[int, int, int]]:
    """(inputs that learn, inputs that are data, units) of each layer; a row's products are their sum and the state."""
    (time_0, time_1), (note_0, note_1) = size.time_units, size.note_units
    return [
        (0, size.note_width + HEARD_WIDTH, time_0),
        (time_0, 0, time_1),
        (time_1, FEEDBACK_WIDTH + size.note_width, note_0),
        (note_0, 0, note_1),
    ]


def training_work(size: Size) -> float:
    """Floating-point operations of one time step of one row in training, all its notes together."""
    products = 0
    for learned, given, units in layer_products(size):
        forward = (learned + given + units) * 4 * units
        products += 3 * forward - given * 4 * units
    products += 3 * size.note_units[-1] * NUM_OUTPUTS
    return 2.0 * size.num_pitches * products


def sampling_work(size: Size, branches: int) -> float:
    """Floating-point operations of one time step of one sequence in the sampler's loops."""
    (time_0, time_1), (note_0, note_1) = size.time_units, size.note_units
    products = (HEARD_WIDTH + time_0) * 4 * time_0 + (time_0 + time_1) * 4 * time_1 + time_1 * 4 * note_0
    products += (FEEDBACK_WIDTH + note_0) * 4 * note_0 + (note_0 + note_1) * 4 * note_1 + note_1 * NUM_OUTPUTS
    return 2.0 * branches * size.num_pitches * products


def timed(run: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock and of the processor."""
    clock, processor = time.perf_counter(), _processor_sec()
    run()
    return time.perf_counter() - clock, _processor_sec() - processor


def _processor_sec() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def bare_product() -> tuple[Callable[[], object], float]:
    """A run of bare products on all cores, and its floating-point operations."""
    import tensorflow as tf

    cores = os.cpu_count() or 1
    matrices = [tf.random.normal((BARE_SIZE, BARE_SIZE)) * 0.01 for _ in range(cores)]

    @tf.function
    def products() -> Any:
        found = []
        for matrix in matrices:
            product = matrix
            for _ in range(BARE_CHAIN):
                product = product @ matrix
            found.append(tf.reduce_sum(product))
        return tf.stack(found)

    return lambda: products().numpy(), 2.0 * BARE_SIZE**3 * BARE_CHAIN * cores


def compare(name: str, run: Callable[[], object], work: float, num_steps: int, rounds: int) -> None:
    """Measure one thing beside the bare product and print its line."""
    bare, bare_work = bare_product()
    run()
    bare()
    by_clock, by_processor, ratios, processor_ratios = [], [], [], []
    for _ in range(rounds):
        bare_clock, bare_processor = timed(bare)
        clock, processor = timed(run)
        by_clock.append((clock, bare_clock))
        by_processor.append((processor, bare_processor))
        ratios.append((work / clock) / (bare_work / bare_clock))
        processor_ratios.append((work / processor) / (bare_work / bare_processor))
    clock, bare_clock = (min(column) for column in zip(*by_clock, strict=True))
    print(
        f"{name:34}{num_steps / clock:10.0f}{work / clock / 1e9:10.0f}{bare_work / bare_clock / 1e9:8.0f}"
        f"{statistics.median(ratios):9.0%}{statistics.median(processor_ratios):12.0%}",
        flush=True,
    )


def measure_training(size: Size, rows: int, rounds: int) -> None:
    """Whole updates: forward, backward, clipping, optimiser, average."""
    import keras

    from composer.network.biaxial import BiaxialNetwork
    from composer.training.compiled import compile_steps

    network = BiaxialNetwork(size.config(), seed=1)
    weights = list(network.named_weights().values())
    optimizer = keras.optimizers.AdamW(1e-3)
    optimizer.build(weights)
    averages = [keras.Variable(keras.ops.convert_to_numpy(weight), trainable=False) for weight in weights]
    steps = compile_steps(
        network, optimizer, averages=averages, hand_weight=0.1, clip_norm=1.0, lanes=os.cpu_count() or 1
    )
    random = np.random.default_rng(0)
    shape = (rows, TRAINING_STEPS, size.num_pitches)
    batch = Batch(
        notes=(random.random((rows, TRAINING_STEPS + 1, size.num_pitches, 2)) < 0.05).astype("float32"),
        note_inputs=random.random((*shape, size.note_width), dtype="float32"),
        step_inputs=random.random((*shape[:2], size.step_width), dtype="float32"),
        style_input=random.random((rows, size.style_width), dtype="float32"),
        voices_target=np.ones((*shape[:2], 2), "float32"),
        hand=np.zeros(shape, "int8"),
        loss_mask=np.ones(shape, "float32"),
        valid=np.ones(shape[:2], "float32"),
        reset=np.zeros(rows, "float32"),
    )
    state = network.initial_state(rows, size.num_pitches)
    num_steps = rows * TRAINING_STEPS
    compare(
        f"{size.name}: training, {rows} rows",
        lambda: steps.train(batch, state, average_decay=0.999),
        training_work(size) * num_steps,
        num_steps,
        rounds,
    )


def measure_sampling(size: Size, particles: int, *, guided: bool, rounds: int) -> None:
    """Chunks of the sampler, with everything that a call of it does."""
    from composer.network.biaxial import BiaxialNetwork
    from composer.network.sampler import Sampler

    branches = 2 if guided else 1
    network = BiaxialNetwork(size.config(), seed=1)
    sampler = Sampler(
        network,
        num_particles=particles,
        max_steps=SAMPLING_STEPS,
        num_pitches=size.num_pitches,
        num_branches=branches,
        device="cpu",
    )
    random = np.random.default_rng(0)
    shape = (branches, SAMPLING_STEPS)
    inputs = {
        "note_inputs": random.random((*shape, size.num_pitches, size.note_width), dtype="float32"),
        "step_inputs": random.random((*shape, size.step_width), dtype="float32"),
        "style_input": random.random((branches, size.style_width), dtype="float32"),
        "voices_target": np.ones((*shape, 2), "float32"),
        "uniforms": random.random((SAMPLING_STEPS, particles, size.num_pitches, 2), dtype="float32"),
    }
    state = sampler.initial_state()
    num_steps = particles * SAMPLING_STEPS
    compare(
        f"{size.name}: sampling, {particles} sequence{'s' if particles > 1 else ''}{', guided' if guided else ''}",
        lambda: sampler.run(state, **inputs),
        sampling_work(size, branches) * num_steps,
        num_steps,
        rounds,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=6, help="rounds of bare product and network")
    parser.add_argument("--rows", type=int, default=16, help="rows of a training batch")
    parser.add_argument("--guided", action="store_true", help="also measure the guided sampler")
    parser.add_argument("--part", choices=("training", "sampling"), help="only this part")
    options = parser.parse_args()
    if options.part is None:
        print(f"{'':34}{'steps/s':>10}{'GFLOP/s':>10}{'bare':>8}{'ratio':>9}{'processor':>12}", flush=True)
        for part in ("training", "sampling"):
            # A process each: one sets its threads otherwise than the other.
            subprocess.run([sys.executable, __file__, *sys.argv[1:], "--part", part], check=True)
        return
    start_backend()
    if options.part == "training":
        from composer.training.compiled import use_lanes

        use_lanes(os.cpu_count() or 1)  # not in sampling: with threads so set, XLA's lanes run one after the other
    for size in sizes():
        if options.part == "training":
            measure_training(size, options.rows, options.rounds)
            continue
        for particles in (1, 8):
            measure_sampling(size, particles, guided=False, rounds=options.rounds)
        if options.guided:
            measure_sampling(size, 8, guided=True, rounds=options.rounds)


if __name__ == "__main__":
    main()
