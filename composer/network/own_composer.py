"""OwnComposer: a composer that a network was taught later, with its own weights frozen, and the file that keeps it.

What it is: the composer's row of the style embedding and, where there was music enough, its adapter: what it adds to
the gates of every layer (`network/extended.py`) and to its kernels (`network/adapters.py`). All of it counts by the
composer's weight in a mix, like the network's own composers.

The file is NAME.vector.safetensors: up to some hundred kilobytes of float32, useless with any other network or other
weights of the same one, so it names the network with the SHA-256 of its weights. Its own SHA-256 stands in the style's
card.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from composer.errors import StyleError
from composer.network.checkpoint import WeightsCard
from composer.network.config import NetworkConfig, weight_shapes

FORMAT = 2
_READABLE = (1, FORMAT)  # of the first format no adapter changes kernels
VECTOR_SUFFIX = ".vector.safetensors"
LEARN_AGAIN = "run `compose learn` again"
MAX_RANK = 64
_EMBEDDING, _GATES, _DOWN, _UP = "embedding", "gates/", "down/", "up/"
_BIAS = "/bias"
_KERNELS = ("/kernel", "/recurrent")
_KEY = "own_composer"  # of the metadata
_MAX_BYTES = 4 * 2**20


Factors = tuple[NDArray[np.float32], NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class OwnComposer:
    """See the module.

    Attributes:
        name: in the style vector.
        embedding: float32 [style unit + gate unit], its row of the style embedding.
        gates: of its adapter: layer (`time_0`) → float32 [4 x unit]; empty for none.
        factors: of its adapter: kernel (`time_0/recurrent`) → float32 [input, rank] and [rank, 4 x unit], whose product
            is added to it; empty for none.
    """

    name: str
    embedding: NDArray[np.float32]
    gates: Mapping[str, NDArray[np.float32]]
    factors: Mapping[str, Factors] = field(default_factory=dict)

    @property
    def has_adapter(self) -> bool:
        """Whether there is more of it than its row of the style embedding."""
        return bool(self.gates or self.factors)


def gate_widths(config: NetworkConfig) -> dict[str, int]:
    """Return the width of the gates of each layer, by the layer's name: 4 x unit."""
    shapes = weight_shapes(config)
    return {name.removesuffix(_BIAS): shape[0] for name, shape in shapes.items() if name.endswith(_BIAS)}


def kernel_shapes(config: NetworkConfig) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the kernels that an adapter may change, by name: [input, 4 x unit]."""
    return {name: shape for name, shape in weight_shapes(config).items() if name.endswith(_KERNELS)}


def own_composer_to_bytes(own: OwnComposer, network: WeightsCard) -> bytes:
    """Return the file of a composer that this network was taught."""
    from safetensors.numpy import save

    tensors = {_EMBEDDING: own.embedding} | {_GATES + layer: gates for layer, gates in own.gates.items()}
    for name, (down, up) in own.factors.items():
        tensors |= {_DOWN + name: down, _UP + name: up}
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
    if told.get("format") not in _READABLE:
        raise StyleError(f"not a composer's vector of a format up to {FORMAT}", place=path, mend=LEARN_AGAIN)
    if told.get("weights_sha256") != network.sha256:
        former = told.get("network")
        which = f'other weights of the network "{former}"' if former == network.name else f'the network "{former}"'
        raise StyleError(f'learned for {which}; this is "{network.name}"', place=path, mend=LEARN_AGAIN)
    _check(tensors, network.network, path)
    gates = {key.removeprefix(_GATES): tensor for key, tensor in tensors.items() if key.startswith(_GATES)}
    kernels = [key.removeprefix(_DOWN) for key in tensors if key.startswith(_DOWN)]
    factors = {kernel: (tensors[_DOWN + kernel], tensors[_UP + kernel]) for kernel in sorted(kernels)}
    return OwnComposer(name, tensors[_EMBEDDING], gates, factors)


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
    shapes: dict[str, tuple[int, ...]] = {_EMBEDDING: (config.embedding_width,)}
    if any(name.startswith(_GATES) for name in tensors):
        shapes |= {_GATES + layer: (width,) for layer, width in gate_widths(config).items()}
    if rank := _rank(tensors):
        for name, (inputs, outputs) in kernel_shapes(config).items():
            shapes |= {_DOWN + name: (inputs, rank), _UP + name: (rank, outputs)}
    if set(tensors) != set(shapes):
        raise StyleError(
            f"must hold {', '.join(sorted(shapes))}; found {', '.join(sorted(tensors)) or 'nothing'}",
            place=path,
            mend=LEARN_AGAIN,
        )
    for name, tensor in tensors.items():
        if tensor.dtype != np.float32 or tensor.shape != shapes[name]:
            raise StyleError(
                f"{name}: must be float32 {list(shapes[name])}; found {tensor.dtype} {list(tensor.shape)}",
                place=path,
                mend=LEARN_AGAIN,
            )
        if not np.isfinite(tensor).all():
            raise StyleError(f"{name}: must be finite; found NaN or infinity", place=path, mend=LEARN_AGAIN)


def _rank(tensors: Mapping[str, NDArray[np.float32]]) -> int:
    """Return the rank of a file's factors, as the first of them has it; 0 where there are none."""
    first = next((tensor for name, tensor in sorted(tensors.items()) if name.startswith(_DOWN)), None)
    if first is None:
        return 1 if any(name.startswith(_UP) for name in tensors) else 0
    return min(max(first.shape[-1], 1), MAX_RANK) if first.ndim == 2 else 1
