"""Adapters of kernels: they sound by their composer's weight in a mix, and leave everybody else as they were."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from composer.network.adapters import Adapters, kernels_of
from composer.network.biaxial import BiaxialNetwork
from composer.network.extended import extended
from composer.network.own_composer import OwnComposer, gate_widths, kernel_shapes


def make_own(network: BiaxialNetwork, name: str, *, seed: int, has_factors: bool = True) -> OwnComposer:
    random = np.random.default_rng(seed)

    def numbers(*shape: int) -> np.ndarray:
        return random.normal(size=shape).astype("float32")

    config = network.config
    gates = {layer: numbers(width) for layer, width in gate_widths(config).items()}
    factors = {
        name: (numbers(inputs, 3), numbers(3, outputs)) for name, (inputs, outputs) in kernel_shapes(config).items()
    }
    return OwnComposer(name, numbers(config.embedding_width), gates, factors if has_factors else {})


@pytest.fixture
def known(network: BiaxialNetwork) -> BiaxialNetwork:
    fields = (("composer", 2), ("ensemble", 2))
    return BiaxialNetwork(replace(network.config, style_fields=fields), seed=3)


def kernels(network: BiaxialNetwork) -> dict[str, np.ndarray]:
    return {name: np.array(weight) for name, weight in kernels_of(network).items()}


def test_a_kernel_is_changed_by_each_composer_s_weight(known: BiaxialNetwork) -> None:
    own = [make_own(known, "a", seed=1), make_own(known, "b", seed=2), make_own(known, "c", seed=3, has_factors=False)]
    network = extended(known, own)
    plain = kernels(network)
    adapters = Adapters(network, own)
    adapters.sound([("a", 0.25), ("b", 0.25), ("bach", 0.25), ("a", 0.25)])
    for name, kernel in kernels(network).items():
        (down_a, up_a), (down_b, up_b) = own[0].factors[name], own[1].factors[name]
        np.testing.assert_allclose(kernel, plain[name] + 0.5 * down_a @ up_a + 0.25 * down_b @ up_b, rtol=0, atol=1e-5)


@pytest.mark.parametrize("style", [(), (("bach", 1.0),), (("c", 2.0),)])
def test_who_has_none_sounds_as_before_whoever_sounded_last(known: BiaxialNetwork, style: Any) -> None:
    own = [make_own(known, "a", seed=1), make_own(known, "c", seed=3, has_factors=False)]
    network = extended(known, own)
    plain = kernels(network)
    adapters = Adapters(network, own)
    adapters.sound([("a", 1.0)])
    assert any((kernel != plain[name]).any() for name, kernel in kernels(network).items())
    adapters.sound(style)
    for name, kernel in kernels(network).items():
        np.testing.assert_array_equal(kernel, plain[name])


def test_the_network_that_was_extended_is_never_changed(known: BiaxialNetwork) -> None:
    before = kernels(known)
    own = [make_own(known, "a", seed=1)]
    Adapters(extended(known, own), own).sound([("a", 1.0)])
    for name, kernel in kernels(known).items():
        np.testing.assert_array_equal(kernel, before[name])


def test_kernels_are_assigned_only_where_the_style_changes(
    known: BiaxialNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = [make_own(known, "a", seed=1)]
    adapters = Adapters(extended(known, own), own)
    assigned: list[tuple[float, ...]] = []
    change = Adapters._change

    def listen(self: Adapters, name: str, weights: Any) -> Any:
        assigned.append(weights)
        return change(self, name, weights)

    monkeypatch.setattr(Adapters, "_change", listen)
    for weight in (0.0, 1.0, 1.0, 0.5, 0.5):
        adapters.sound([("a", weight), ("bach", 1.0 - weight)])
    assert sorted(set(assigned)) == [(0.5,), (1.0,)]
    assert len(assigned) == 2 * len(kernel_shapes(known.config))
