"""OwnComposer: a composer that a network was taught later, with its own weights frozen, and the file that keeps it.

What it is: the composer's row of the style embedding and, where there was music enough, its adapter: what it adds to
the gates of every layer. Both count by the composer's weight in a mix, like the network's own composers
(`network/extended.py`).

The file is NAME.vector.safetensors: a few kilobytes of float32, useless with any other network or other weights of the
same one, so it names the network with the SHA-256 of its weights. Its own SHA-256 stands in the style's card.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from composer.errors import StyleError
from composer.network.checkpoint import WeightsCard
from composer.network.config import NetworkConfig, weight_shapes

FORMAT = 1
VECTOR_SUFFIX = ".vector.safetensors"
LEARN_AGAIN = "run `compose learn` again"
_EMBEDDING, _GATES = "embedding", "gates/"
_BIAS = "/bias"
_KEY = "own_composer"  # of the metadata
_MAX_BYTES = 4 * 2**20


@dataclass(frozen=True, eq=False)
class OwnComposer:
    """See the module.

    Attributes:
        name: in the style vector.
        embedding: float32 [style unit + gate unit], its row of the style embedding.
        gates: its adapter: layer (`time_0`) → float32 [4 x unit]; empty for none.
    """

    name: str
    embedding: NDArray[np.float32]
    gates: Mapping[str, NDArray[np.float32]]


def gate_widths(config: NetworkConfig) -> dict[str, int]:
    """Return the width of the gates of each layer, by the layer's name: 4 x unit."""
    shapes = weight_shapes(config)
    return {name.removesuffix(_BIAS): shape[0] for name, shape in shapes.items() if name.endswith(_BIAS)}


def own_composer_to_bytes(own: OwnComposer, network: WeightsCard) -> bytes:
    """Return the file of a composer that this network was taught."""
    from safetensors.numpy import save

    tensors = {_EMBEDDING: own.embedding} | {_GATES + layer: gates for layer, gates in own.gates.items()}
    told = {"format": FORMAT, "network": network.name, "weights_sha256": network.sha256}
    plain = {name: np.ascontiguousarray(tensor, dtype=np.float32) for name, tensor in tensors.items()}
    return bytes(save(plain, metadata={_KEY: json.dumps(told)}))


def read_own_composer(path: Path, *, name: str, sha256: str, network: WeightsCard) -> OwnComposer:
    """Read the file of an own composer.

    Args:
        path: the file.
        name: that it shall have in the style vector.
        sha256: of the file, as the style's card has it.
        network: the card of the network that it is to be used with.

    Raises:
        StyleError: the file is missing, damaged, or was learned for another network or other weights.
    """
    content = _content(path)
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise StyleError(
            f"does not match the SHA-256 of its card (damaged, or the file of another style): {found[:12]}… instead of "
            f"{sha256[:12] or 'none'}…",
            place=path,
            mend=LEARN_AGAIN,
        )
    told, tensors = _parsed(content, path)
    if told.get("format") != FORMAT:
        raise StyleError(f"not a composer's vector of format {FORMAT}", place=path, mend=LEARN_AGAIN)
    if told.get("weights_sha256") != network.sha256:
        former = told.get("network")
        which = f'other weights of the network "{former}"' if former == network.name else f'the network "{former}"'
        raise StyleError(f'learned for {which}; this is "{network.name}"', place=path, mend=LEARN_AGAIN)
    _check(tensors, network.network, path)
    gates = {layer.removeprefix(_GATES): tensor for layer, tensor in tensors.items() if layer != _EMBEDDING}
    return OwnComposer(name, tensors[_EMBEDDING], gates)


def _content(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > _MAX_BYTES:
            raise StyleError(f"must not be larger than {_MAX_BYTES:,} bytes; found {size:,}", place=path)
        return path.read_bytes()
    except OSError as error:
        raise StyleError(f"cannot be read: {error.strerror or error}", place=path, mend=LEARN_AGAIN) from error


def _parsed(content: bytes, path: Path) -> tuple[dict[str, object], dict[str, NDArray[np.float32]]]:
    """Return what the file says of itself, and its tensors."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        tensors: dict[str, NDArray[np.float32]] = load(content)  # checks the lengths of the header too
        length = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + length])
        told = json.loads(header.get("__metadata__", {}).get(_KEY, "{}"))
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StyleError(f"not a safetensors file: {error}", place=path, mend=LEARN_AGAIN) from error
    return (told if isinstance(told, dict) else {}), tensors


def _check(tensors: Mapping[str, NDArray[np.float32]], config: NetworkConfig, path: Path) -> None:
    """Raise StyleError unless names, types, shapes and values are those of a composer of this network."""
    widths = {_EMBEDDING: config.embedding_width}
    if len(tensors) > 1:
        widths |= {_GATES + layer: width for layer, width in gate_widths(config).items()}
    if set(tensors) != set(widths):
        raise StyleError(
            f"must hold {', '.join(sorted(widths))}; found {', '.join(sorted(tensors)) or 'nothing'}",
            place=path,
            mend=LEARN_AGAIN,
        )
    for name, tensor in tensors.items():
        if tensor.dtype != np.float32 or tensor.shape != (widths[name],):
            raise StyleError(
                f"{name}: must be float32 [{widths[name]}]; found {tensor.dtype} {list(tensor.shape)}",
                place=path,
                mend=LEARN_AGAIN,
            )
        if not np.isfinite(tensor).all():
            raise StyleError(f"{name}: must be finite; found NaN or infinity", place=path, mend=LEARN_AGAIN)
