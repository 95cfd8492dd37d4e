"""How often each pitch begins and goes on sounding in the training music: the log-odds round which temperature acts.

Why it is kept with the weights: most cells are far below one half, so cooling their probability towards 0 thins the
texture (`network/sampler.py`); cooling towards what is usual at that pitch does not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from composer.roll.grid import LOWEST_PITCH, NUM_PITCHES
from composer.training.dataset import Piece

TABLE = "marginal_log_odds"
NUM_MIDI_PITCHES = 128
_NEVER = 0.5  # added to every count, in sixteenths


def marginal_log_odds(
    pieces: Sequence[Piece], weights: Sequence[float], *, max_transposition: int
) -> NDArray[np.float32]:
    """Return the log-odds of play, by MIDI pitch and by whether it sounded at the step before.

    Args:
        pieces: of the training side.
        weights: of each piece.
        max_transposition: semitones either way, as in training: every interval is as likely.

    Returns:
        float32 [128, 2]: [pitch, (silent before, sounding before)].
    """
    counts = np.zeros((NUM_PITCHES, 2, 2))  # [pitch, before, now]
    for piece, weight in zip(pieces, weights, strict=True):
        now, before = piece.roll.play[1:], piece.roll.play[:-1]
        for first in (0, 1):
            was = before == bool(first)
            for second in (0, 1):
                counts[:, first, second] += weight * (was & (now == bool(second))).sum(axis=0)
    reach = max_transposition
    wide = np.zeros((NUM_MIDI_PITCHES + 2 * reach, 2, 2))  # [pitch + reach, before, now]
    silent = counts.sum(axis=2)[:, 0].max(initial=0.0)
    wide[:, 0, 0] = silent  # beyond the range nothing ever sounds
    wide[LOWEST_PITCH + reach : LOWEST_PITCH + reach + NUM_PITCHES] = counts
    moved = np.mean([wide[move : move + NUM_MIDI_PITCHES] for move in range(2 * reach + 1)], axis=0)
    odds = (moved[:, :, 1] + _NEVER) / (moved[:, :, 0] + _NEVER)
    return np.asarray(np.log(odds), np.float32)
