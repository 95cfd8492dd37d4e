"""The polyphonic benchmark: log-likelihood a step on four sets of piano rolls (standard splits), one recipe for all.

Run by hand, with the sets in the folder `bench` of the folder that RITORNELLO_DATA names:

    RITORNELLO_DATA=… python tests/benchmarks/bench_polyphonic.py SET [--output RUN] [--minutes 10]
        [--units 200 200 100 50] [--dropout 0.5] [--change '{"lag_steps": [], "hears_chord": false}']

SET is jsb_chorales_quarter, nottingham, musedata or piano_midi_de: {train,valid,test}_roll, uint8 [step, 88] from MIDI
21 on, and {train,valid,test}_len (Boulanger-Lewandowski, Bengio and Vincent, 2012). With `--output` a run is resumed.

Quoted, not measured here: RNN-NADE (Boulanger-Lewandowski et al., 2012) -5.56, -2.31, -5.60, -7.05; Johnson (2017),
tied parallel LSTM-NADE, as remembered, -5.05, -1.55, -3.90, -4.90; in the order JSB, Nottingham, MuseData, Piano-midi.

Only the plays count: the sets do not tell a held note from a repeated one, so a note is taken as struck where the step
before was silent. The network is told position, pitch class and the last bits of the step's number (the beat); no
conditions. Training crops the pitch axis to what sounds; the test runs over all 88 keys.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from composer.errors import WeightsError
from composer.network.config import NetworkConfig
from composer.training.batch import Batch
from composer.training.schedule import FitConfig

LOWEST_KEY, NUM_KEYS = 21, 88
ROWS, STEPS, MAX_TRANSPOSITION = 24, 32, 6
BEAT_BITS = 4
SETS = ("jsb_chorales_quarter", "nottingham", "musedata", "piano_midi_de")
CONFIG = {
    "note_fields": (("position", 1), ("pitch_class", 12)),
    "step_fields": (("beat", BEAT_BITS),),
    "style_fields": (("nothing", 1),),
    "style_units": 1,
    "echo_steps": (2, 8, 32),
    "lag_steps": (2, 3, 4, 6, 8, 12, 16),
    "hears_chord": True,
}


def read_sequences(path: Path, split: str) -> list[np.ndarray]:
    """Return bool [step, 88] of each sequence of a split."""
    with np.load(path) as stored:
        return np.split(stored[f"{split}_roll"] > 0, np.cumsum(stored[f"{split}_len"])[:-1])


def _shared(lengths: list[int]) -> list[list[int]]:
    """Return which sequences each row reads, so that all rows take about as long: the longest first."""
    rows: list[list[int]] = [[] for _ in range(ROWS)]
    steps = [0] * ROWS
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        row = steps.index(min(steps))
        rows[row].append(index)
        steps[row] += -(-lengths[index] // STEPS) * STEPS
    return rows


class Sequences:
    """Windows of sequences, as `composer.training.engine.fit` takes them.

    Args:
        sequences: bool [step, key].
        low, num_keys: the cropped range, as an index and a width.
        seed: of the order and the transpositions; None: each sequence once, as it stands.
    """

    def __init__(self, sequences: list[np.ndarray], *, low: int, num_keys: int, seed: int | None = None) -> None:
        self.sequences, self.low, self.num_keys, self.seed = sequences, low, num_keys, seed

    def batches(self, start: int = 0) -> Iterator[Batch]:
        """Yield the batches from number `start` on."""
        shared = _shared([len(sequence) for sequence in self.sequences])
        rows = [self._row(row, shared[row]) for row in range(ROWS)]
        yield from islice(self._joined(rows), start, None)

    def _joined(self, rows: list[Iterator[tuple[np.ndarray, int]]]) -> Iterator[Batch]:
        while True:
            cells = [next(row, None) for row in rows]
            if not any(cell is not None for cell in cells):
                return
            yield self._batch(cells)

    def _row(self, row: int, own: list[int]) -> Iterator[tuple[np.ndarray, int]]:
        """Yield (play [step + 1, key] with the step before, number of its first step) of a row.

        Without a seed it reads its own sequences, else any.
        """
        generator = None if self.seed is None else np.random.default_rng([self.seed, row])
        order = iter(own)
        while True:
            if generator is None:
                index, semitones = next(order, -1), 0
                if index < 0:
                    return
            else:
                index = int(generator.integers(len(self.sequences)))
                sounding = np.flatnonzero(self.sequences[index].any(axis=0))
                down = max(-MAX_TRANSPOSITION, self.low - int(sounding[0]))  # nothing is ever cropped
                up = min(MAX_TRANSPOSITION, self.low + self.num_keys - 1 - int(sounding[-1]))
                semitones = int(generator.integers(down, up + 1))
            play = np.zeros((len(self.sequences[index]) + 1, self.num_keys), bool)
            first = self.low - semitones
            left, right = max(0, first), min(NUM_KEYS, first + self.num_keys)
            play[1:, left - first : right - first] = self.sequences[index][:, left:right]
            for at in range(0, len(play) - 1, STEPS):
                yield play[at : at + STEPS + 1], at

    def _batch(self, cells: list[tuple[np.ndarray, int] | None]) -> Batch:
        notes = np.zeros((ROWS, STEPS + 1, self.num_keys, 2), np.uint8)
        valid, reset = np.zeros((ROWS, STEPS), np.float32), np.zeros(ROWS, np.float32)
        beat = np.zeros((ROWS, STEPS, BEAT_BITS), np.float32)
        for row, cell in enumerate(cells):
            if cell is None:
                continue
            play, first = cell
            before = np.concatenate([np.zeros((1, self.num_keys), bool), play[:-1]])
            notes[row, : len(play), :, 0], notes[row, : len(play), :, 1] = play, play & ~before
            valid[row, : len(play) - 1] = 1
            reset[row] = first == 0
            beat[row] = (first + np.arange(STEPS))[:, None] >> np.arange(BEAT_BITS) & 1
        midi = LOWEST_KEY + self.low + np.arange(self.num_keys)
        known = np.concatenate([((midi - 60) / 24)[:, None], np.eye(12)[midi % 12]], axis=1).astype(np.float32)
        shape = (ROWS, STEPS, self.num_keys)
        return Batch(
            notes=notes,
            note_inputs=np.broadcast_to(known, (*shape, known.shape[1])),
            step_inputs=beat,
            style_input=np.zeros((ROWS, 1), np.float32),
            voices_target=np.zeros((ROWS, STEPS, 2), np.float32),
            hand=np.full(shape, -1, np.int8),
            loss_mask=np.ones(shape, np.float32),
            valid=valid,
            reset=reset,
        )


def main() -> None:
    """Train, then print the test log-likelihood of the best weights."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("set", choices=SETS)
    arguments.add_argument("--data", type=Path, default=os.environ.get("RITORNELLO_DATA"))
    arguments.add_argument("--output", type=Path, help="folder of the run, to be gone on with; default: a new one")
    arguments.add_argument("--minutes", type=float, default=10.0)
    arguments.add_argument("--units", type=int, nargs=4, default=(200, 200, 100, 50))
    arguments.add_argument("--dropout", type=float, default=0.5)
    arguments.add_argument("--change", type=json.loads, default={}, help="fields of the network, as JSON")
    arguments.add_argument("--rate", type=float, default=0.003)
    arguments.add_argument("--every", type=int, default=50, help="updates between validations")
    options = arguments.parse_args()
    if options.data is None:
        arguments.error("name the data folder with --data or RITORNELLO_DATA")
    path = Path(options.data) / "bench" / f"{options.set}.npz"
    sequences = {split: read_sequences(path, split) for split in ("train", "valid", "test")}
    sounding = np.flatnonzero(np.concatenate(sequences["train"] + sequences["valid"]).any(axis=0))
    low = max(0, int(sounding[0]) - MAX_TRANSPOSITION)
    num_keys = min(NUM_KEYS, int(sounding[-1]) + MAX_TRANSPOSITION + 1) - low

    from composer.training.compiled import compile_steps, use_lanes

    use_lanes(2)
    from composer.network.biaxial import BiaxialNetwork
    from composer.training.engine import fit

    sizes = {"time_units": options.units[:2], "note_units": options.units[2:], "dropout": options.dropout}
    try:
        config = NetworkConfig(**(CONFIG | sizes | options.change))
    except (TypeError, WeightsError) as error:
        arguments.error(f"--change: {error}")
    network = BiaxialNetwork(config, seed=1)
    seconds = 60 * options.minutes
    result = fit(
        network,
        Sequences(sequences["train"], low=low, num_keys=num_keys, seed=1).batches,
        config=FitConfig(
            num_updates=100_000,
            learning_rate=options.rate,
            schedule="plateau",
            plateau_patience=4,
            validate_every=options.every,
            checkpoint_every=options.every,
            patience=16,
            hand_weight=0.0,
            max_seconds=seconds,
        ),
        folder=options.output or Path(tempfile.mkdtemp(prefix="polyphonic-")),
        validation=lambda: Sequences(sequences["valid"], low=low, num_keys=num_keys).batches(),
        resume=options.output is not None and options.output.exists(),
        report=lambda now: print(
            f"\r{now.update} {now.nats_per_step:.3f} best {now.best.nats:.3f}", end="", flush=True
        ),
    )
    steps = compile_steps(network, None, averages=[], hand_weight=0.0, clip_norm=1.0, lanes=2)
    nats = scored = 0.0
    state = network.initial_state(ROWS, NUM_KEYS)
    for batch in Sequences(sequences["test"], low=0, num_keys=NUM_KEYS).batches():
        found, state = steps.validate(batch, state)
        nats, scored = nats + found.play.sum(), scored + found.steps.sum()
    assert scored == sum(map(len, sequences["test"]))
    print(f"\n{result.num_updates} updates ({result.stopped}), {scored:.0f} test steps, all 88 keys, plays only:")
    print(f"{options.set}: log-likelihood {-nats / scored:.3f} a step")
    weights = sum(int(np.prod(weight.shape)) for weight in network.named_weights().values())
    print(f"{weights:,} weights; validation {-result.best.nats:.3f} after {result.best.update} updates")


if __name__ == "__main__":
    main()
