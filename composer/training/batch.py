"""What the fitting loop is fed with: windows of several pieces at once, as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from composer.errors import TrainingError
from composer.network.config import NetworkConfig


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Consecutive windows: row r of a batch goes on where row r of the stream's last batch ended, unless it is reset.

    notes: [batch, step + 1, pitch, 2] of 0 and 1, (play, articulate); step 0 is the one before the window (silence at a
        cold start), and what is predicted are steps 1 and later.
    note_inputs: [batch, step, pitch, note_width]. step_inputs: [batch, step, step_width]. style_input: [batch,
    style_width].
    voices_target: [batch, step, 2], (planned number of sounding notes, known 0 or 1).
    hand: int8 [batch, step, pitch], 0 lower, 1 upper, -1 none or unknown.
    loss_mask: [batch, step, pitch], 0 for cells that are not scored (pinned ones, say).
    valid: [batch, step], 0 for steps that are not scored: lead-in, off the grid, padding.
    reset: [batch], 1 where a row starts from the empty state.
    rival: [batch], 1 where a row is the row before it once more, told another composer: the likelihoods of both are
        compared. None: no row is.
    stream: rows carry their state from the last batch with the same stream name and the same shape.
    labels: what each row holds, for whoever counts the rows apart; empty where nobody does.
    """

    notes: np.ndarray
    note_inputs: np.ndarray
    step_inputs: np.ndarray
    style_input: np.ndarray
    voices_target: np.ndarray
    hand: np.ndarray
    loss_mask: np.ndarray
    valid: np.ndarray
    reset: np.ndarray
    rival: np.ndarray | None = None
    stream: str = ""
    labels: tuple[str, ...] = ()

    @property
    def num_rows(self) -> int:
        """Rows of the batch."""
        return int(self.notes.shape[0])

    @property
    def num_steps(self) -> int:
        """Steps that are predicted."""
        return int(self.notes.shape[1]) - 1

    @property
    def num_pitches(self) -> int:
        """Pitches of the (cropped) range."""
        return int(self.notes.shape[2])

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays by name, in the order in which the compiled step takes them."""
        told = ("stream", "labels")
        arrays = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in told}
        return arrays | {"rival": np.zeros(self.num_rows, np.float32) if self.rival is None else self.rival}

    def check(self, config: NetworkConfig) -> None:
        """Raise TrainingError unless the shapes agree with one another and with the network."""
        if self.notes.ndim != 4 or self.num_steps < 1:
            raise TrainingError(f"batch.notes: must be [batch, step + 1, pitch, 2]; found {self.notes.shape}")
        rows, steps, pitches = self.num_rows, self.num_steps, self.num_pitches
        right = {
            "notes": (rows, steps + 1, pitches, 2),
            "note_inputs": (rows, steps, pitches, config.note_width),
            "step_inputs": (rows, steps, config.step_width),
            "style_input": (rows, config.style_width),
            "voices_target": (rows, steps, 2),
            "hand": (rows, steps, pitches),
            "loss_mask": (rows, steps, pitches),
            "valid": (rows, steps),
            "reset": (rows,),
            "rival": (rows,),
        }
        arrays = self.arrays()
        for name, shape in right.items():
            found = arrays[name].shape
            if found != shape:
                raise TrainingError(f"batch.{name}: must have the shape {shape}; found {found}")
