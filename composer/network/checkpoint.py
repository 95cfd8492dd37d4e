"""A trained network in two files: NAME.safetensors, the weights, and NAME.yaml, the card that explains and proves them.

The card has the sizes, the named widths, the grid, the styles, the data with its licences, the figures, and
the SHA-256 of the weights (safetensors has no checksum: a flipped bit loads silently otherwise). Reading a
card needs no Keras. Loading compares hash, names, shapes, types and finiteness before a weight is used; files
that can hold programs (.keras, .h5) are never opened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from composer.errors import PlanError, WeightsError
from composer.files import write_all_atomic
from composer.network.config import FeatureFields, NetworkConfig, weight_shapes
from composer.network.startup import start_backend
from composer.plan.strict_yaml import read_strict
from composer.roll.grid import LOWEST_PITCH, NUM_PITCHES, STEP_TICKS

if TYPE_CHECKING:
    from composer.network.biaxial import BiaxialNetwork

FORMAT = 1
WEIGHTS_SUFFIX, CARD_SUFFIX = ".safetensors", ".yaml"
STORAGES = ("float32", "float16")
MAX_WEIGHTS_BYTES = 256 * 2**20
_TABLE = "table/"
_GRID = {"step_ticks": STEP_TICKS, "lowest_pitch": LOWEST_PITCH, "num_pitches": NUM_PITCHES}


@dataclass(frozen=True, kw_only=True)
class WeightsCard:
    """What is told beside the weights.

    network: sizes and named widths. composers, ensembles: the names that the style vector was trained with, in
    its order.
    sources: the training data, each with name, url, licence and credit; those without pieces only keep files out.
    fold: which pieces of small styles were held out (`training/folds.py`). figures: measured numbers by name.
    storage: type of the stored weights. sha256: of the weights' file. tables: names of the further arrays in that file.
    """

    name: str
    network: NetworkConfig
    description: str = ""
    composers: tuple[str, ...] = ()
    ensembles: tuple[str, ...] = ()
    sources: tuple[Mapping[str, Any], ...] = ()
    fold: int = 0
    figures: Mapping[str, Any] = field(default_factory=dict)
    storage: str = "float32"
    sha256: str = ""
    tables: tuple[str, ...] = ()
    grid: Mapping[str, int] = field(default_factory=lambda: dict(_GRID))
    format: int = FORMAT


@dataclass(frozen=True)
class LoadedNetwork:
    """A network with its weights, its card, and its further arrays by name."""

    network: BiaxialNetwork
    card: WeightsCard
    tables: dict[str, np.ndarray]


def save_network(
    folder: Path,
    network: BiaxialNetwork,
    *,
    name: str,
    tables: Mapping[str, np.ndarray] | None = None,
    storage: str = "float32",
    **told: Any,
) -> tuple[Path, Path]:
    """Write `folder/NAME.safetensors` and `folder/NAME.yaml` (both or neither); returns their paths.

    tables: further arrays to keep with the weights, such as marginal log-odds; always float32. storage:
    float16 halves the file; what is lost is a relative 5e-4 of each weight. told: further fields of `WeightsCard`.
    Raises WeightsError for values that are not finite, OutputError where the files cannot be written.
    """
    import keras
    import yaml
    from safetensors.numpy import save

    if storage not in STORAGES:
        raise WeightsError(f"storage: must be one of {', '.join(STORAGES)}; found {storage!r}")
    arrays = {
        weight_name: np.asarray(keras.ops.convert_to_numpy(weight)).astype(storage, order="C")
        for weight_name, weight in network.named_weights().items()
    }
    for table_name, table in (tables or {}).items():
        arrays[_TABLE + table_name] = np.asarray(table).astype("float32", order="C")
    paths = folder / (name + WEIGHTS_SUFFIX), folder / (name + CARD_SUFFIX)
    for array_name, array in arrays.items():
        _check_finite(array_name, array, paths[0])
    content = save(arrays)
    card = WeightsCard(
        name=name,
        network=network.config,
        storage=storage,
        sha256=hashlib.sha256(content).hexdigest(),
        tables=tuple(tables or ()),
        **told,
    )
    text = yaml.safe_dump(_card_to_plain(card), sort_keys=False, allow_unicode=True, width=120)
    write_all_atomic({paths[0]: content, paths[1]: text.encode()})
    return paths


def read_card(path: Path) -> WeightsCard:
    """Read a card; raises WeightsError with the place of what is wrong."""
    try:
        document = read_strict(path.read_bytes(), source=str(path))
    except OSError as error:
        raise WeightsError(f"cannot be read: {error.strerror or error}", place=path) from error
    except PlanError as error:
        raise WeightsError(error.problems) from error
    plain = document.value
    if not isinstance(plain, dict):
        raise WeightsError("must be a mapping, the card of a network", place=path)
    if plain.get("format") != FORMAT:
        raise WeightsError(
            f"format: this program reads {FORMAT}; found {plain.get('format')!r}",
            place=path,
            mend="train the network again, or take the program's version that wrote it",
        )
    known = {part.name for part in fields(WeightsCard)}
    unknown, missing = sorted(set(plain) - known), sorted({"name", "network", "sha256"} - set(plain))
    if unknown or missing:
        problem = f"unknown keys {', '.join(unknown)}" if unknown else f"lacks {', '.join(missing)}"
        raise WeightsError(f"not the card of a network: {problem}", place=path)
    if plain.get("storage", "float32") not in STORAGES:
        raise WeightsError(f"storage: must be one of {', '.join(STORAGES)}; found {plain['storage']!r}", place=path)
    try:
        network = NetworkConfig.from_dict(_mapping(plain["network"]))
        return WeightsCard(
            **{
                **plain,
                "network": network,
                **{name: tuple(plain.get(name) or ()) for name in ("composers", "ensembles", "sources", "tables")},
            }
        )
    except WeightsError as error:
        raise WeightsError(str(error), place=path) from error


def load_network(
    path: Path,
    *,
    note_fields: FeatureFields | None = None,
    step_fields: FeatureFields | None = None,
) -> LoadedNetwork:
    """Load a network by the path of its weights or its card.

    note_fields, step_fields: the widths that the program will give it; where stated, the card must agree by
    name and order.
    Raises WeightsError naming the file, the rule and what was found; nothing is ever loaded in part.
    """
    card, arrays = _checked(path, note_fields, step_fields)
    start_backend()
    from composer.network.biaxial import BiaxialNetwork

    network = BiaxialNetwork(card.network)
    for name, weight in network.named_weights().items():
        weight.assign(arrays[name].astype("float32"))
    return LoadedNetwork(network, card, {name: arrays[_TABLE + name] for name in card.tables})


def check_network(
    path: Path,
    *,
    note_fields: FeatureFields | None = None,
    step_fields: FeatureFields | None = None,
) -> WeightsCard:
    """Make every check of `load_network`, in a moment and without Keras; returns the card.

    note_fields, step_fields and what is raised: as `load_network`.
    """
    return _checked(path, note_fields, step_fields)[0]


def _checked(
    path: Path, note_fields: FeatureFields | None, step_fields: FeatureFields | None
) -> tuple[WeightsCard, dict[str, np.ndarray]]:
    """The card and the arrays of a network, after every check."""
    if path.suffix not in (WEIGHTS_SUFFIX, CARD_SUFFIX):
        raise WeightsError(
            f"a network is a {WEIGHTS_SUFFIX} file with its card; {path.suffix or 'this'} is not opened",
            place=path,
            mend=".keras, .h5 and pickle files can hold programs",
        )
    card_path = path.with_suffix(CARD_SUFFIX)
    card = read_card(card_path)
    _check_agreement(card, note_fields, step_fields, card_path)
    return card, _read_arrays(path.with_suffix(WEIGHTS_SUFFIX), card)


def _check_agreement(
    card: WeightsCard, note_fields: FeatureFields | None, step_fields: FeatureFields | None, path: Path
) -> None:
    if dict(card.grid) != _GRID:
        raise WeightsError(
            f"grid: made for {_told(card.grid)}; this program has {_told(_GRID)}",
            place=path,
        )
    for name, expected in (("note_fields", note_fields), ("step_fields", step_fields)):
        found = getattr(card.network, name)
        if expected is not None and found != tuple(expected):
            differing = [f"{part} {width}" for part, width in set(found) ^ set(expected)] or ["their order"]
            raise WeightsError(
                f"network.{name}: made for other inputs than this program gives (differing: {', '.join(differing)})",
                place=path,
                mend="train the network again with this version",
            )


def _read_arrays(path: Path, card: WeightsCard) -> dict[str, np.ndarray]:
    """The arrays of the file, after every check."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        size = path.stat().st_size
        if size > MAX_WEIGHTS_BYTES:
            raise WeightsError(f"must not be larger than {MAX_WEIGHTS_BYTES:,} bytes; found {size:,}", place=path)
        content = path.read_bytes()
    except OSError as error:
        raise WeightsError(f"cannot be read: {error.strerror or error}", place=path) from error
    found = hashlib.sha256(content).hexdigest()
    if found != card.sha256:
        raise WeightsError(
            f"does not match the SHA-256 of its card (file damaged, or the card of another): {found[:12]}… "
            f"instead of {str(card.sha256)[:12]}…",
            place=path,
            mend="fetch or train the network again",
        )
    try:
        arrays: dict[str, np.ndarray] = load(content)
    except (SafetensorError, ValueError, KeyError) as error:
        raise WeightsError(f"not a safetensors file: {error}", place=path) from error
    shapes = weight_shapes(card.network)
    expected = set(shapes) | {_TABLE + name for name in card.tables}
    if set(arrays) != expected:
        missing, extra = sorted(expected - set(arrays)), sorted(set(arrays) - expected)
        raise WeightsError(
            f"must hold the tensors of its card; missing: {', '.join(missing) or 'none'}, unknown: "
            f"{', '.join(extra) or 'none'}",
            place=path,
        )
    for name, array in arrays.items():
        storage = "float32" if name.startswith(_TABLE) else card.storage
        if array.dtype != storage:
            raise WeightsError(f"{name}: must be {storage}; found {array.dtype}", place=path)
        if name in shapes and array.shape != shapes[name]:
            raise WeightsError(f"{name}: must have the shape {shapes[name]}; found {array.shape}", place=path)
        _check_finite(name, array, path)
    return arrays


def _check_finite(name: str, array: np.ndarray, path: Path) -> None:
    if not np.isfinite(array).all():
        raise WeightsError(f"{name}: must be finite; found NaN or infinity", place=path)


def _card_to_plain(card: WeightsCard) -> dict[str, Any]:
    """The card as plain values, the most telling first."""
    first = {"format": card.format, "name": card.name, "description": card.description}
    rest = {part.name: getattr(card, part.name) for part in fields(card) if part.name not in first}
    rest["network"] = card.network.to_dict()
    for name in ("composers", "ensembles", "tables"):
        rest[name] = list(rest[name])
    rest["sources"] = [dict(source) for source in card.sources]
    rest["figures"], rest["grid"] = dict(card.figures), dict(card.grid)
    return first | rest


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise WeightsError(f"network: must be a mapping of sizes; found {value!r}")
    return value


def _told(grid: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {value}" for name, value in grid.items())
