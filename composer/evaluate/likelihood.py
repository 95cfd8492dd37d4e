"""How well a network knows music it has not seen: nats a step, by ensemble and by what it is told.

Conventions: as `training/measure.py`: held-out works, whole and as written, over all 78 pitches, no pins, no reference
bars. "Nothing" still knows the meter, the composer and the ensemble. Lower is better.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from composer.errors import TrainingError, WeightsError, did_you_mean
from composer.files import check_writable, write_atomic
from composer.network.startup import start_backend
from composer.progress import OnProgress
from composer.roll.grid import NUM_PITCHES
from composer.roll.inputs import GROUPS, NOTE_LAYOUT, STEP_LAYOUT
from composer.style import DEFAULT_NETWORK, load_style, styles_folder
from composer.training.dataset import Piece, by_split
from composer.training.sources import collect, locate_sources, source_from_card
from composer.training.train import cache_folder
from composer.training.window_config import WindowConfig

NOTHING, EVERYTHING, KEY_ONLY, ALL_BUT = "nothing", "everything", "key only", "all but"
ALL_ENSEMBLES = "all"
WEIGHTS_SUFFIX = ".safetensors"
CONDITIONS: Mapping[str, tuple[str, ...]] = {
    NOTHING: (),
    KEY_ONLY: ("key",),
    EVERYTHING: GROUPS,
    **{f"{ALL_BUT} {name}": tuple(other for other in GROUPS if other != name) for name in GROUPS},
}
_ROWS, _STEPS = 8, 64  # of the batches to measure with


@dataclass(frozen=True)
class Evaluation:
    """Held-out likelihood of one network.

    Attributes:
        nats_per_step: condition → ensemble (and "all") → "plays", "articulations" and their "sum".
        pieces, steps: held-out pieces, and sixteenths that were counted, by ensemble.
        figures: the same as a table of text, by label.
        warnings: what the user should know.
    """

    nats_per_step: Mapping[str, Mapping[str, Mapping[str, float]]]
    pieces: Mapping[str, int]
    steps: Mapping[str, int]
    figures: Mapping[str, str]
    warnings: tuple[str, ...]

    def gain_percent(self, ensemble: str = ALL_ENSEMBLES) -> float:
        """Return by how much everything told is below nothing told, in percent."""
        none, every = (self.nats_per_step[told][ensemble]["sum"] for told in (NOTHING, EVERYTHING))
        return 100 * (1 - every / none)


def evaluate_network(
    network: str,
    *,
    data: tuple[str, ...] = (),
    output: Path | None = None,
    device: str = "auto",
    on_progress: OnProgress | None = None,
) -> Evaluation:
    """Measure a network on held-out works.

    Args:
        network: a style's name, or the path of a .safetensors file.
        data: the data folder of the network's sources, or other music (`training/sources.py`); of either only the works
            that are for testing.
        output: also write the figures here, as JSON.
        device: `auto`, `cpu` or `gpu`.
        on_progress: called with what is being done and the share done, 0..1.

    Raises:
        WeightsError: no such network, or it is damaged.
        TrainingError: the music is not there, or none of it is held out.
        OptionError: a GPU was asked for and there is none.
        OutputError: the file cannot be written.
    """
    if output is not None:
        check_writable(output)
    path = network_path(network)
    from composer.network.checkpoint import check_network, load_network

    card = check_network(path, note_fields=NOTE_LAYOUT, step_fields=STEP_LAYOUT)  # before minutes of reading music
    if not card.sources and not data:
        raise TrainingError(
            "the card does not say what music it learned from", place=path, mend="name some with --data"
        )
    sources, root = locate_sources([source_from_card(told) for told in card.sources], data=data, config_folder=Path())
    collection = collect(
        sources, root, cache=cache_folder(), composers=card.composers, fold=card.fold, on_progress=on_progress
    )
    held_out = by_split(collection.pieces, "test")

    start_backend()
    from composer.network.device import device_scope
    from composer.training.measure import Likelihood, Measurer

    groups: dict[str, list[Piece]] = {}
    for piece in held_out:
        groups.setdefault(piece.ensemble, []).append(piece)
    config = WindowConfig(
        rows=_ROWS, steps=_STEPS, pitches=NUM_PITCHES, composers=card.composers, ensembles=card.ensembles
    )
    found: dict[str, dict[str, Likelihood]] = {}
    with device_scope(device):
        loaded = load_network(path, note_fields=NOTE_LAYOUT, step_fields=STEP_LAYOUT)
        measurer = Measurer(loaded.network, config)
        for number, (condition, told) in enumerate(CONDITIONS.items()):
            row: dict[str, Likelihood] = {}
            for name, pieces in sorted(groups.items()):
                if on_progress is not None:
                    on_progress(f"measuring: told {condition}, {name}", number / len(CONDITIONS))
                row[name] = measurer.likelihood(pieces, told=told)
            found[condition] = {**row, ALL_ENSEMBLES: sum(row.values(), Likelihood())}
    evaluation = _evaluation(found, groups, collection.warnings)
    if output is not None:
        write_atomic(output, (json.dumps(_to_json(evaluation, card.name, card.sha256), indent=1) + "\n").encode())
    return evaluation


def network_path(network: str) -> Path:
    """Return the weights' file of a style's name or a path.

    Raises:
        WeightsError: there is none.
    """
    if network.endswith((WEIGHTS_SUFFIX, ".yaml")) or "/" in network:
        path = Path(network).with_suffix(WEIGHTS_SUFFIX)
        if not path.is_file():
            raise WeightsError("no such file", place=path)
        return path
    folder = styles_folder() / "networks"
    known = sorted(path.stem for path in folder.glob(f"*{WEIGHTS_SUFFIX}"))
    name = network if network in known else load_style(network).network or DEFAULT_NETWORK
    if name not in known:
        mend = did_you_mean(network, known) or f"the networks here: {', '.join(known) or 'none'}"
        raise WeightsError(f'no network for "{network}"', mend=mend)
    return folder / f"{name}{WEIGHTS_SUFFIX}"


def _evaluation(
    found: Mapping[str, Mapping[str, Any]], groups: Mapping[str, Sequence[Piece]], warnings: tuple[str, ...]
) -> Evaluation:
    nats = {
        condition: {
            name: {
                "plays": value.play_per_step,
                "articulations": value.articulate_per_step,
                "sum": value.per_step,
            }
            for name, value in row.items()
        }
        for condition, row in found.items()
    }
    steps = {name: round(value.steps) for name, value in found[NOTHING].items()}
    pieces = {name: len(group) for name, group in sorted(groups.items())}
    bare = Evaluation(nats, pieces | {ALL_ENSEMBLES: sum(pieces.values())}, steps, {}, warnings)
    return Evaluation(nats, bare.pieces, steps, _table(bare), warnings)


def _table(evaluation: Evaluation) -> dict[str, str]:
    """Return the rows to print: nats a step as sum (plays + articulations), a column for each ensemble."""
    names = list(evaluation.steps)
    width = max(19, *(len(name) for name in names))

    def line(texts: Sequence[str]) -> str:
        return "  ".join(f"{text:>{width}}" for text in texts)

    table = {
        "nats a step, told": line(names),
        "held-out pieces": line([str(evaluation.pieces[name]) for name in names]),
        "sixteenths": line([f"{evaluation.steps[name]:,}" for name in names]),
    }
    for condition, row in evaluation.nats_per_step.items():
        cells = [row[name] for name in names]
        table[condition] = line(
            [f"{cell['sum']:.3f} ({cell['plays']:.3f} + {cell['articulations']:.3f})" for cell in cells]
        )
    gains = [f"{evaluation.gain_percent(name):.1f} %" for name in names]
    return table | {f"{EVERYTHING} is below {NOTHING} by": line(gains)}


def _to_json(evaluation: Evaluation, name: str, sha256: str) -> dict[str, Any]:
    return {
        "network": name,
        "sha256": sha256,
        "split": "test",
        "pitches": NUM_PITCHES,
        "pieces": dict(evaluation.pieces),
        "steps": dict(evaluation.steps),
        "nats_per_step": {condition: dict(row) for condition, row in evaluation.nats_per_step.items()},
        "gain_percent": {ensemble: round(evaluation.gain_percent(ensemble), 2) for ensemble in evaluation.steps},
    }
