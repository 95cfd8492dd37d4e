"""What a note hears of other notes: vicinity and pitch classes of the previous step, echoes, the notes below it.

Conventions: notes are float32 [..., pitch, 2] with (play, articulate) as 0 or 1. Nothing here looks at
absolute pitch, so any run of neighbouring pitches may be given; notes outside it count as silent.
Source: Johnson, "Generating Polyphonic Music Using Tied Parallel Networks" (2017), section 4 (vicinity, context).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from composer.network.config import CHORD_WIDTH

Tensor = Any

VICINITY_REACH = 12  # notes above and below, inclusive
COUNT_SCALE = 0.25
"""Notes are counted in fours, so that a full chorale chord is 1."""


def previous_step_features(notes: Tensor) -> Tensor:
    """Vicinity and pitch-class context of each note, from the notes of the previous step.

    notes: [..., pitch, 2]. Returns [..., pitch, HEARD_WIDTH]: first (play, articulate) of the notes -12 ... +12 from
    this one, then for i = 0 ... 11 the number (in COUNT_SCALE) of notes that sounded i semitones above it, any octave.
    """
    return ops.concatenate([vicinity(notes), pitch_class_context(notes)], axis=-1)


def vicinity(notes: Tensor) -> Tensor:
    """(play, articulate) of the 25 notes around each note; [..., pitch, 2] -> [..., pitch, 50]."""
    num_pitches = notes.shape[-2]
    padding = [(0, 0)] * (len(notes.shape) - 2) + [(VICINITY_REACH, VICINITY_REACH), (0, 0)]
    padded = ops.pad(notes, padding)  # [..., pitch + 24, 2]
    shifts = [padded[..., shift : shift + num_pitches, :] for shift in range(2 * VICINITY_REACH + 1)]
    return ops.concatenate(shifts, axis=-1)


def pitch_class_context(notes: Tensor) -> Tensor:
    """Counts of sounding notes by interval class above each note; [..., pitch, 2] -> [..., pitch, 12]."""
    return _from_each_class(notes[..., 0] * COUNT_SCALE)


def echo_features(echoes: Tensor) -> Tensor:
    """What each note hears of the echoes: its own, and those of the pitch classes as they lie above it.

    echoes: [..., pitch, echo], each from 0 (never sounded) to 1 (has always sounded). Returns [..., pitch, ECHO_WIDTH x
    echo]: first its own of each echo, then for each echo the 12 pitch classes i semitones above, any octave.
    """
    by_class = [_from_each_class(echoes[..., number]) for number in range(echoes.shape[-1])]
    return ops.concatenate([echoes, *by_class], axis=-1)


def keep_of(echo_steps: Sequence[int]) -> np.ndarray:
    """What of each echo is left after a step, by its half-life in steps: float32 [echo]."""
    return (0.5 ** (1.0 / np.array(echo_steps))).astype("float32")


def next_echoes(echoes: Tensor, play: Tensor, keep: Tensor) -> Tensor:
    """The echoes after one more step: echoes [..., echo], play [...] and `keep_of` -> [..., echo]."""
    return echoes * keep + play[..., None] * (1.0 - keep)


def echoes_along(play: Tensor, before: Tensor, keep: np.ndarray) -> Tensor:
    """The echoes at each step, all at once: play [step, ...], before [..., echo] -> [step, ..., echo].

    The same numbers as `next_echoes` step by step: a sum of what sounded, by how long ago.
    """
    num_steps = play.shape[0]
    flat = ops.reshape(play, (num_steps, -1))
    ago = np.arange(num_steps)[:, None] - np.arange(num_steps)[None, :]
    found = []
    for number, kept in enumerate(keep.astype("float64")):
        weights = np.where(ago >= 0, (1.0 - kept) * kept ** np.maximum(ago, 0), 0.0).astype("float32")
        fading = (kept ** np.arange(1, num_steps + 1)).astype("float32")[:, None]
        old = ops.reshape(before[..., number], (1, -1)) * ops.convert_to_tensor(fading)
        found.append(ops.reshape(ops.matmul(ops.convert_to_tensor(weights), flat) + old, play.shape))
    return ops.stack(found, axis=-1)


def next_past(past: Tensor, previous: Tensor) -> Tensor:
    """The past after one more step: past [..., 2 x step], the oldest first, and previous [..., 2] -> the like."""
    return ops.concatenate([past[..., 2:], previous], axis=-1)


def lag_features(past: Tensor, lag_steps: Sequence[int]) -> Tensor:
    """What a note did so many steps ago: past [..., 2 x step], the last step last -> [..., 2 x lag]."""
    width = past.shape[-1]
    starts = [width - 2 * steps for steps in lag_steps]
    return ops.concatenate([past[..., start : start + 2] for start in starts], axis=-1)


def lags_along(previous: Tensor, past: Tensor, lag_steps: Sequence[int]) -> tuple[Tensor, Tensor]:
    """The same for all steps at once: previous [step, ..., 2] -> [step, ..., 2 x lag], and the past after them."""
    num_steps, *rows, _ = previous.shape
    longest = past.shape[-1] // 2
    before = ops.moveaxis(ops.reshape(past, (*rows, longest, 2)), -2, 0)
    whole = ops.concatenate([before, previous], axis=0)  # whole[longest + t] is what sounded one step before step t
    starts = [longest + 1 - steps for steps in lag_steps]
    after = ops.reshape(ops.moveaxis(whole[num_steps:], 0, -2), past.shape)
    return ops.concatenate([whole[start : start + num_steps] for start in starts], axis=-1), after


def _from_each_class(values: Tensor) -> Tensor:
    """Sums over the octaves, as each note sees them: [..., pitch] -> [..., pitch, 12], i semitones above at i."""
    num_pitches = values.shape[-1]
    classes = np.arange(num_pitches) % 12
    members = (classes[:, None] == np.arange(12)[None, :]).astype("float32")  # [pitch, class]
    counts = ops.matmul(values, ops.convert_to_tensor(members))  # [..., class]
    twice = ops.concatenate([counts, counts], axis=-1)
    from_class = ops.stack([twice[..., first : first + 12] for first in range(12)], axis=-2)  # [..., class, interval]
    octaves = -(-num_pitches // 12)
    return ops.concatenate([from_class] * octaves, axis=-2)[..., :num_pitches, :]


def lower_note_features(notes: Tensor, voices_target: Tensor) -> Tensor:
    """What each note hears of the lower notes of its own step, when all of them are known.

    notes: [..., pitch, 2], this step's own notes. voices_target: [..., 2], (planned number of notes, known 0/1).
    Returns [..., pitch, FEEDBACK_WIDTH]; a note never sees itself or anything above it.
    """
    lower = ops.concatenate([ops.zeros_like(notes[..., :1, :]), notes[..., :-1, :]], axis=-2)
    count = ops.cumsum(lower[..., 0], axis=-1)  # [..., pitch]
    return lower_note_feedback(lower, count, voices_target[..., None, :])


def lower_note_feedback(lower: Tensor, count: Tensor, voices_target: Tensor) -> Tensor:
    """The feedback vector of one note, or of many.

    lower: [..., 2], play and articulate of the next lower note. count: [...], notes of this step below this one.
    voices_target: [..., 2]. Returns [..., FEEDBACK_WIDTH].
    """
    known = voices_target[..., 1]
    remaining = (voices_target[..., 0] - count) * known
    parts = [count * COUNT_SCALE, remaining * COUNT_SCALE, known + ops.zeros_like(count)]
    return ops.concatenate([lower, ops.stack(parts, axis=-1)], axis=-1)


def chord_below(notes: Tensor) -> Tensor:
    """How many notes of its own step sound below each note, by interval; [..., pitch, 2] -> [..., pitch, CHORD_WIDTH].

    At i those i semitones below it, or that and some octaves; a note never sees itself or anything above it.
    """
    num_pitches = notes.shape[-2]
    below = np.arange(num_pitches)[None, :] - np.arange(num_pitches)[:, None]  # [lower, pitch]
    members = (below > 0)[..., None] & (below[..., None] % CHORD_WIDTH == np.arange(CHORD_WIDTH))
    table = ops.convert_to_tensor(members.astype("float32").reshape(num_pitches, -1))
    found = ops.matmul(ops.reshape(notes[..., 0], (-1, num_pitches)), table)
    return ops.reshape(found, (*notes.shape[:-1], CHORD_WIDTH))


def next_chord_below(chord: Tensor, play: Tensor) -> Tensor:
    """The chord below the next higher note: chord [row, CHORD_WIDTH] and play [row, 1] of a note -> the like."""
    return ops.concatenate([chord[:, -1:], chord[:, :1] + play, chord[:, 1:-1]], axis=-1)
