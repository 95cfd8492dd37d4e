"""Draw exactly from a semi-Markov chain under constraints, by backward filtering and forward sampling.

What it is: a sequence of segments, each with a state and a length, that covers `steps` grid steps. The weight of a
sequence is

    first[s1] · Π length[t_k, l_k, s_k] · Π_{t in segment k} evidence[t, s_k] · Π change[t_k, s_{k-1}, s_k] · last[s_K]

and `sample` draws a sequence with probability proportional to its weight; nothing is rejected and nothing approximated
(Pachet, Roy and Papadopoulos call it Markov with regular constraints, sampled by belief propagation).

Conventions: weights are >= 0 and need not be normalised; a constraint is a weight of zero. `t_k` is the step at which
segment k begins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float64]


@dataclass(frozen=True)
class Segment:
    """A stretch of one state: steps [start, end)."""

    start: int
    end: int
    state: int


@dataclass(frozen=True)
class SemiMarkov:
    """The weights of a chain.

    Attributes:
        first: [state] of the first segment.
        last: [state] of the last segment.
        evidence: [step, state] of each step that a segment covers.
        length: [step, length] of a segment that begins at the step; length index 0 is one step.
        change: step → [state, state], from the earlier to the later; asked for each step where a segment may begin.
    """

    first: Weights
    last: Weights
    evidence: Weights
    length: Weights
    change: Callable[[int], Weights]

    @property
    def steps(self) -> int:
        """Grid steps to be covered."""
        return int(self.evidence.shape[0])


def log_total(chain: SemiMarkov) -> float:
    """Return the logarithm of the sum of all sequences' weights; -inf when none is possible."""
    messages, _ = _backward(chain)
    with np.errstate(divide="ignore"):
        return float(_log_sum(np.log(chain.first) + messages[0]))


def sample(chain: SemiMarkov, rng: np.random.Generator) -> tuple[Segment, ...] | None:
    """Draw a sequence of segments with probability proportional to its weight; None when none is possible."""
    messages, arrivals = _backward(chain)
    with np.errstate(divide="ignore"):
        log_weights = np.log(chain.first) + messages[0]
        log_evidence = np.log(chain.evidence)
        log_length = np.log(chain.length)
    if not np.isfinite(log_weights).any():
        return None
    segments: list[Segment] = []
    start = 0
    state = _draw(log_weights, rng)
    while True:
        covered = np.cumsum(log_evidence[start : start + chain.length.shape[1], state])  # [length]
        lengths = log_length[start, : len(covered)] + covered + arrivals[start + 1 : start + 1 + len(covered), state]
        end = start + 1 + _draw(lengths, rng)
        segments.append(Segment(start, end, state))
        if end == chain.steps:
            return tuple(segments)
        with np.errstate(divide="ignore"):
            state = _draw(np.log(chain.change(end)[state]) + messages[end], rng)
        start = end


def _backward(chain: SemiMarkov) -> tuple[Weights, Weights]:
    """Return (messages, arrivals), both [step (+1), state], logarithms.

    `messages[t, s]` sums all completions given that a segment of state s begins at t; `arrivals[t, s]` those given
    that a segment of state s ends just before t.
    """
    steps, states = chain.evidence.shape
    with np.errstate(divide="ignore"):
        log_evidence = np.log(chain.evidence)
        log_length = np.log(chain.length)
        arrivals = np.full((steps + 1, states), -np.inf)
        arrivals[steps] = np.log(chain.last)
        messages = np.full((steps, states), -np.inf)
        for step in range(steps - 1, -1, -1):
            reach = min(chain.length.shape[1], steps - step)
            covered = np.cumsum(log_evidence[step : step + reach], axis=0)  # [length, state]
            terms = log_length[step, :reach, None] + covered + arrivals[step + 1 : step + 1 + reach]
            messages[step] = _log_sum(terms)
            if step > 0:
                highest = messages[step].max()
                if np.isfinite(highest):
                    summed = chain.change(step) @ np.exp(messages[step] - highest)
                    arrivals[step] = np.log(summed) + highest
    return messages, arrivals


def _log_sum(log_terms: Weights) -> Weights:
    """Return log Σ exp over the first axis, -inf where all terms are."""
    highest = np.max(log_terms, axis=0)
    safe = np.where(np.isfinite(highest), highest, 0.0)
    with np.errstate(divide="ignore"):
        total: Weights = np.log(np.sum(np.exp(log_terms - safe), axis=0)) + safe
    return total


def _draw(log_weights: Weights, rng: np.random.Generator) -> int:
    """Draw an index with probability proportional to exp(log_weights)."""
    weights = np.exp(log_weights - np.max(log_weights))
    total = np.cumsum(weights)
    return int(np.searchsorted(total, rng.random() * total[-1], side="right"))
