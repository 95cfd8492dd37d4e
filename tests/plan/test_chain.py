"""The semi-Markov sampler draws every sequence with exactly its share of the weight."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from composer.plan.chain import Segment, SemiMarkov, log_total, sample


def small_chain(*, pinned: bool = False) -> SemiMarkov:
    rng = np.random.default_rng(3)
    evidence = rng.uniform(0.2, 1.0, size=(5, 3))
    if pinned:
        evidence[2] = [0.0, 0.7, 0.0]  # step 2 must be state 1
    matrices = [np.where(np.eye(3) == 1, 0.0, rng.uniform(0.1, 1.0, size=(3, 3))) for _ in range(5)]
    return SemiMarkov(
        first=np.array([0.5, 0.2, 0.3]),
        last=np.array([0.1, 0.0, 0.9]),
        evidence=evidence,
        length=rng.uniform(0.1, 1.0, size=(5, 3)),  # up to three steps
        change=lambda step: matrices[step],
    )


def all_sequences(chain: SemiMarkov) -> dict[tuple[Segment, ...], float]:
    """Every sequence of segments with its weight, by the definition in the module."""
    found: dict[tuple[Segment, ...], float] = {}

    def extend(segments: tuple[Segment, ...], weight: float) -> None:
        start = segments[-1].end if segments else 0
        if start == chain.steps:
            found[segments] = weight * chain.last[segments[-1].state]
            return
        for state in range(3):
            before = chain.change(start)[segments[-1].state, state] if segments else chain.first[state]
            for length in range(1, min(3, chain.steps - start) + 1):
                seen = math.prod(chain.evidence[step, state] for step in range(start, start + length))
                grown = weight * before * chain.length[start, length - 1] * seen
                extend((*segments, Segment(start, start + length, state)), grown)

    extend((), 1.0)
    return {segments: weight for segments, weight in found.items() if weight > 0}


@pytest.mark.parametrize("pinned", [False, True])
def test_total_weight_is_the_sum_over_all_sequences(pinned):
    chain = small_chain(pinned=pinned)
    assert log_total(chain) == pytest.approx(math.log(sum(all_sequences(chain).values())))


@pytest.mark.parametrize("pinned", [False, True])
def test_sequences_come_as_often_as_they_weigh(pinned):
    chain = small_chain(pinned=pinned)
    weights = all_sequences(chain)
    total = sum(weights.values())
    rng = np.random.default_rng(1)
    draws = 6000
    counts = Counter(sample(chain, rng) for _ in range(draws))
    assert set(counts) <= set(weights)
    distance = sum(abs(counts[segments] / draws - weight / total) for segments, weight in weights.items()) / 2
    # The total variation distance of 6000 true draws from this distribution is about .04.
    assert distance < 0.08


def test_a_pinned_step_is_always_its_state():
    chain = small_chain(pinned=True)
    rng = np.random.default_rng(2)
    for _ in range(200):
        segments = sample(chain, rng)
        assert next(part for part in segments if part.start <= 2 < part.end).state == 1


def test_an_impossible_chain_gives_none():
    chain = small_chain()
    nothing = SemiMarkov(chain.first, np.zeros(3), chain.evidence, chain.length, chain.change)
    assert sample(nothing, np.random.default_rng(1)) is None
    assert log_total(nothing) == -math.inf


def test_no_state_follows_itself_where_the_weights_forbid_it():
    rng = np.random.default_rng(4)
    for _ in range(200):
        segments = sample(small_chain(), rng)
        assert all(a.state != b.state and a.end == b.start for a, b in pairwise(segments))
