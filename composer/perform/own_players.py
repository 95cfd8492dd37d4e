"""A player of one's own: what was learned, as a card and a file of numbers, found by its name or its path.

What it is: `NAME.yaml` says what the player is, by whose rules it plays and what it was learned from;
`NAME.safetensors` beside it holds its trees as arrays. There is no code in either. The folder of the user's own players
is `players` in that of the user's own styles. `player_and_part` finds any player, a preset or one's own.

Contents: `OwnPlayer`, `own_player_to_files`, `read_own_player`; `own_players_folder`, `player_names`,
`player_and_part`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from composer.errors import OptionError, Place, WeightsError, did_you_mean
from composer.perform.boosting import Trees
from composer.perform.learned import WEIGHT, LearnedPart
from composer.perform.learned_features import FEATURES
from composer.perform.performer import Refinement
from composer.perform.players import PLAYERS, Player, player_named
from composer.style import is_card_path, own_styles_folder

FORMAT = 1
CARD_SUFFIX, WEIGHTS_SUFFIX = ".yaml", ".safetensors"
MAX_BYTES = 16 * 2**20  # of either file
LEARN_AGAIN = "run `compose train-player` again"
_PARTS = ("loudness", "touch", "time")
_ARRAYS = ("feature", "threshold", "leaf")


@dataclass(frozen=True, kw_only=True)
class OwnPlayer:
    """The card of a player of one's own.

    Attributes:
        name, description: for people; the name is that of its files.
        base: the preset whose rules it refines.
        weight: of what was learned, 0..1.
        pieces, performances, notes: that it was learned from.
        figures: correlations with playing that was held out, rules alone and with what was learned.
        features: what its trees ask for, in their order.
        sha256: of the file of numbers.
        part: what was learned; not part of the card.
    """

    name: str
    description: str
    base: str
    weight: float = WEIGHT
    pieces: int = 0
    performances: int = 0
    notes: int = 0
    figures: Mapping[str, float] = field(default_factory=dict)
    features: tuple[str, ...] = FEATURES
    sha256: str = ""
    part: LearnedPart | None = field(default=None, compare=False, repr=False)


def own_players_folder() -> Path:
    """Return the folder of the user's own players; it need not exist."""
    return own_styles_folder() / "players"


def player_names() -> tuple[str, ...]:
    """Return the names of all players: the presets, then the user's own."""
    own = sorted(path.stem for path in own_players_folder().glob(f"*{CARD_SUFFIX}"))
    return (*PLAYERS, *(name for name in own if name not in PLAYERS))


def player_and_part(name: str) -> tuple[Player, tuple[Refinement, ...]]:
    """Return the habits of a player, and what it has learned besides.

    Args:
        name: of a preset, of a composer, of one's own player, or the path of a card (anything that ends in `.yaml`).

    Raises:
        OptionError: no such player.
        WeightsError: its files are damaged, or were learned by another version.
    """
    path = Path(name).expanduser() if is_card_path(name) else own_players_folder() / f"{name}{CARD_SUFFIX}"
    if not is_card_path(name):
        try:
            return player_named(name), ()
        except OptionError:
            known = player_names()
            if name not in known:
                mend = did_you_mean(name, known) or f"players: {', '.join(known)}"
                raise OptionError(f'no player "{name}"', mend=mend) from None
    own = read_own_player(path)
    assert own.part is not None
    return replace(player_named(own.base), name=own.name, description=own.description), (own.part,)


def own_player_to_files(own: OwnPlayer, part: LearnedPart, folder: Path) -> dict[Path, bytes]:
    """Return the files of a player, the card first; `read_own_player` reads an equal one back."""
    import yaml
    from safetensors.numpy import save

    tensors = {
        f"{name}/{array}": np.ascontiguousarray(getattr(getattr(part, name), array))
        for name in _PARTS
        for array in _ARRAYS
    }
    weights = bytes(save(tensors))
    plain: dict[str, Any] = {"format": FORMAT}
    for column in fields(OwnPlayer):
        if column.name != "part":
            plain[column.name] = getattr(own, column.name)
    plain |= {
        "figures": {name: round(float(value), 4) for name, value in own.figures.items()},
        "features": list(own.features),
        "sha256": hashlib.sha256(weights).hexdigest(),
    }
    text = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
    stem = folder / own.name
    return {
        stem.with_name(own.name + CARD_SUFFIX): text.encode(),
        stem.with_name(own.name + WEIGHTS_SUFFIX): weights,
    }


def read_own_player(path: Path) -> OwnPlayer:
    """Read a player from its card and the file of numbers beside it.

    Raises:
        OptionError: no such card.
        WeightsError: either file is damaged, they do not belong together, or were learned by another version.
    """
    plain = _card(path)
    known = {column.name: column for column in fields(OwnPlayer) if column.name != "part"}
    wrong = sorted(set(plain) ^ {*known, "format"})
    if wrong or plain.get("format") != FORMAT or tuple(plain["features"] or ()) != FEATURES:
        raise WeightsError("a player that another version has learned", place=path, mend=LEARN_AGAIN)
    try:
        values = {name: plain[name] for name in known}
        own = OwnPlayer(
            **{
                **values,
                "name": path.stem,
                "weight": float(values["weight"]),
                "figures": {str(name): float(value) for name, value in values["figures"].items()},
                "features": tuple(map(str, values["features"])),
            }
        )
    except (TypeError, ValueError, AttributeError) as error:
        raise WeightsError(f"a value of the wrong kind: {error}", place=path, mend=LEARN_AGAIN) from error
    if not 0 <= own.weight <= 1:
        raise WeightsError(f"the weight is from 0 to 1; found {own.weight:g}", place=path)
    if own.base not in PLAYERS:
        raise WeightsError(f'no player "{own.base}" to refine', place=path, mend=f"base: {', '.join(PLAYERS)}")
    trees = _trees(path.with_suffix(WEIGHTS_SUFFIX), own.sha256)
    part = LearnedPart(loudness=trees["loudness"], touch=trees["touch"], time=trees["time"], weight=own.weight)
    return replace(own, part=part)


def _card(path: Path) -> dict[str, Any]:
    import yaml

    try:
        plain = yaml.safe_load(_content(path, OptionError).decode())
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0]
        raise WeightsError(f"this is no card of a player: {reason}", place=path, mend=LEARN_AGAIN) from error
    if not isinstance(plain, dict):
        raise WeightsError("this is no card of a player", place=path, mend=LEARN_AGAIN)
    return plain


def _trees(path: Path, sha256: str) -> dict[str, Trees]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    content = _content(path, WeightsError)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise WeightsError("not the file that its card speaks of, or damaged", place=path, mend=LEARN_AGAIN)
    try:
        tensors = load(content)
        return {name: _checked(Trees(*(tensors[f"{name}/{array}"] for array in _ARRAYS))) for name in _PARTS}
    except (SafetensorError, KeyError, ValueError) as error:
        raise WeightsError(f"no trees of a player: {error}", place=path, mend=LEARN_AGAIN) from error


def _checked(trees: Trees) -> Trees:
    """Return trees whose shapes, kinds and values fit each other.

    Raises:
        ValueError: they do not.
    """
    shapes = (trees.feature.shape, trees.threshold.shape, trees.leaf.shape)
    if len(shapes[0]) != 2 or shapes[1] != shapes[0] or shapes[2] != (shapes[0][0], 2 ** shapes[0][1]):
        raise ValueError(f"arrays of shapes {shapes}")
    if not (np.issubdtype(trees.feature.dtype, np.integer) and np.isfinite(trees.leaf).all()):
        raise ValueError("numbers that are none")
    if trees.feature.size and not (trees.feature.min() >= 0 and trees.feature.max() < len(FEATURES)):
        raise ValueError("a feature that there is not")
    return trees


def _content(path: Path, error_class: type[OptionError] | type[WeightsError]) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise error_class(f"larger than the limit of {MAX_BYTES:,} bytes", place=path)
        return path.read_bytes()
    except OSError as error:
        raise error_class(f"cannot read: {error.strerror or error}", place=Place(str(path))) from error
