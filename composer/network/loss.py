"""The loss of the network: nats of the notes that were really played.

Source: Johnson (2017), section 4: both bits of each note, the articulation only where the note is played.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from keras import ops

Tensor = Any


class Nats(NamedTuple):
    """Negative log-likelihoods of steps, summed over the notes; each [batch, step]."""

    play: Tensor
    articulate: Tensor
    hand: Tensor


def negative_log_likelihood(logits: Tensor, notes: Tensor, hand: Tensor, loss_mask: Tensor) -> Nats:
    """Nats of every step.

    logits: [batch, step, pitch, 3]. notes: [batch, step, pitch, 2], play and articulate. hand: [batch, step, pitch],
    0 lower, 1 upper, -1 unknown. loss_mask: [batch, step, pitch], 0 where a cell is given or not to be scored.
    """
    notes = ops.cast(notes, "float32")
    hand = ops.cast(hand, "float32")
    played = notes[..., 0]
    mask = ops.cast(loss_mask, "float32")
    sounding = mask * played
    known = sounding * ops.cast(hand >= 0.0, "float32")
    return Nats(
        ops.sum(mask * _bits(logits[..., 0], played), axis=-1),
        ops.sum(sounding * _bits(logits[..., 1], notes[..., 1]), axis=-1),
        ops.sum(known * _bits(logits[..., 2], hand), axis=-1),
    )


def _bits(logit: Tensor, truth: Tensor) -> Tensor:
    """-log p(truth) of a coin with this log-odds, without overflow."""
    return ops.maximum(logit, 0.0) - logit * truth + ops.log1p(ops.exp(-ops.abs(logit)))
