"""Begin a training with the weights of another network, rather than with random ones.

What it is: every weight is taken over by what it stands for: a row of a kernel by the name of its input, a row of the
style embedding by its composer or ensemble. What the new network hears besides begins at nothing, so that it first
plays as the other one does; a composer that the other did not know begins anywhere.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from composer.errors import TrainingError
from composer.network.config import (
    CHORD_WIDTH,
    ECHO_WIDTH,
    FEEDBACK_WIDTH,
    HEARD_WIDTH,
    FeatureFields,
    NetworkConfig,
)

if TYPE_CHECKING:
    from composer.network.biaxial import BiaxialNetwork

Names = list[Hashable]
"""What each row of a weight stands for, in order."""

_SIZES = ("time_units", "note_units", "style_units", "gate_units")


def check_beginning(path: Path, config: NetworkConfig) -> None:
    """Raise unless a network of this configuration can begin with these weights; errors as `begin_with`."""
    from composer.network.checkpoint import check_network

    old = check_network(path).network
    for name in _SIZES:
        if getattr(old, name) != getattr(config, name):
            raise TrainingError(
                f"{path}: its {name} are {getattr(old, name)}, those of the configuration {getattr(config, name)}",
                mend="a training can only begin with a network of layers as large as its own",
            )


def begin_with(network: BiaxialNetwork, path: Path, *, composers: Sequence[str], ensembles: Sequence[str]) -> None:
    """Give a new network the weights of another one.

    Args:
        network: the new one, with its first weights.
        path: the other's weights, a .safetensors file with its card beside it.
        composers, ensembles: that the new one's style vector is made of, in order.

    Raises:
        WeightsError: the file or its card cannot be used.
        TrainingError: its layers have other sizes.
    """
    from composer.network.checkpoint import load_network

    check_beginning(path, network.config)
    loaded = load_network(path)
    old, new = loaded.network.config, network.config
    styles = [("composer", name) for name in loaded.card.composers], [("composer", name) for name in composers]
    places = [("ensemble", name) for name in loaded.card.ensembles], [("ensemble", name) for name in ensembles]
    weights = loaded.network.named_weights()
    for name, weight in network.named_weights().items():
        mine = np.asarray(weight)
        theirs = np.asarray(weights[name])
        if name == "style_embedding":
            rows: tuple[Names, Names] = ([*styles[0], *places[0]], [*styles[1], *places[1]])
            taken = _taken(theirs, mine, rows)
        elif name.startswith(("time_0/", "note_0/")):
            axis, part = name.split("/")
            rows = _step_names(old, new) if part == "step_kernel" else _input_names(axis, old, new)
            taken = _taken_part(part, theirs, mine, rows)
        else:
            taken = theirs
        weight.assign(taken)


def _taken_part(part: str, theirs: np.ndarray, mine: np.ndarray, rows: tuple[Names, Names]) -> np.ndarray:
    """Return a weight of the first layer of an axis, whose inputs may differ."""
    if part in ("kernel", "step_kernel"):
        return _taken(theirs, np.zeros_like(mine), rows)
    if part == "style_bias":
        return _taken(theirs, mine, rows)
    if part == "style_kernel":
        return _taken(theirs.T, mine.T, rows).T
    return theirs


def _taken(theirs: np.ndarray, mine: np.ndarray, rows: tuple[Names, Names]) -> np.ndarray:
    """Return `mine` with their rows wherever both have a row of that name."""
    place = {name: index for index, name in enumerate(rows[0])}
    taken = mine.copy()
    for index, name in enumerate(rows[1]):
        if name in place:
            taken[index] = theirs[place[name]]
    return taken


def _input_names(axis: str, *configs: NetworkConfig) -> tuple[Names, Names]:
    """Return the names of the inputs of an axis' first layer, of the old and the new network."""
    old, new = (_heard_names(one) if axis == "time_0" else _note_axis_names(one) for one in configs)
    return old, new


def _step_names(*configs: NetworkConfig) -> tuple[Names, Names]:
    old, new = (_field_names(one.step_fields) for one in configs)
    return old, new


def _heard_names(config: NetworkConfig) -> Names:
    """In the order of `BiaxialNetwork._time_axis`: what a note is told, then what it hears of earlier steps."""
    names = [*_field_names(config.note_fields), *(("heard", place) for place in range(HEARD_WIDTH))]
    names += [("echo", steps, "own") for steps in config.echo_steps]
    names += [("echo", steps, place) for steps in config.echo_steps for place in range(ECHO_WIDTH - 1)]
    names += [("lag", steps, bit) for steps in config.lag_steps for bit in (0, 1)]
    assert len(names) == config.note_width + config.heard_width
    return names


def _note_axis_names(config: NetworkConfig) -> Names:
    """In the order of `BiaxialNetwork._note_axis`: the time axis, the lower notes, what a note is told."""
    names: Names = [("time", unit) for unit in range(config.time_units[-1])]
    names += [("below", place) for place in range(FEEDBACK_WIDTH)]
    names += [("chord", place) for place in range(CHORD_WIDTH if config.hears_chord else 0)]
    return [*names, *_field_names(config.note_fields)]


def _field_names(fields: FeatureFields) -> Names:
    return [("told", name, place) for name, width in fields for place in range(width)]
