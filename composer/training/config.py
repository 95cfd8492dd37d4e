"""The file that `compose train` reads: sources, sizes, windows and the fit of one network, as frozen values.

Example: `styles/networks/composers.train.yaml`. `sources` is a list, or the path of a file of recipes that has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from composer.errors import Place, PlanError, Problem, TrainingError
from composer.network.config import NetworkConfig
from composer.plan.strict_yaml import Document, read_strict
from composer.roll.inputs import GROUPS, NOTE_LAYOUT, STEP_LAYOUT
from composer.roll.values import VALUES
from composer.training.folds import FOLDS
from composer.training.schedule import FitConfig
from composer.training.typed_yaml import build, check_keys
from composer.training.window_config import LINE, WindowConfig

DATA_VARIABLE = "RITORNELLO_DATA"
BUILTIN = "music21:"  # before the name of a collection that music21 brings along


@dataclass(frozen=True, kw_only=True)
class SourceConfig:
    """One folder that the network learns from.

    Attributes:
        path: a folder below the data folder, or `music21:bach`.
        composer: name in the style vector.
        ensemble: of all its pieces; "" to tell it from each.
        weight: how often its steps are visited, beside those of other sources.
        include: patterns of file names (`*BWV8*`); a file belongs to the first source that has it.
        values: how note values are read: "written", "halved" or, when nothing is said, as the music suggests
            (`roll/values.py`).
        files: how many files were there when the network was trained; a warning is given where it differs.
        name, url, licence, credit: of the collection, for the card.
    """

    path: str
    composer: str
    ensemble: str = ""
    weight: float = 1.0
    include: tuple[str, ...] = ("*",)
    values: str = ""
    files: int | None = None
    name: str = ""
    url: str = ""
    licence: str = ""
    credit: str = ""


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """Everything that settles a training run.

    Attributes:
        name: of the network; its files are NAME.safetensors and NAME.yaml.
        description: one line for the card.
        seed: of the weights, the dropout, the windows.
        composers, ensembles: names of the style vector, in order.
        sources: what it learns from. What is of a composer that the network does not learn is only compared with the
            rest, so that nothing lies on two sides of the split.
        network, windows, fit: sizes, how pieces are cut, optimiser.
        validate_steps: sixteenths of the held-out pieces that each validation hears, at most.
        fold: which pieces of small styles are held out (`training/folds.py`).
    """

    name: str
    description: str
    seed: int
    composers: tuple[str, ...]
    ensembles: tuple[str, ...]
    sources: tuple[SourceConfig, ...]
    network: NetworkConfig
    windows: WindowConfig
    fit: FitConfig
    validate_steps: int = 8_000
    fold: int = 0


@dataclass(frozen=True, kw_only=True)
class _Head:
    """The plain values at the top of the file."""

    name: str
    composers: tuple[str, ...]
    description: str = ""
    seed: int = 1
    ensembles: tuple[str, ...] = ("chorale", "keyboard", "organ", "quartet", "song", LINE)
    validate_steps: int = 8_000
    fold: int = 0


_BLOCKS = ("sources", "network", "windows", "fit")


def read_config(path: Path) -> TrainingConfig:
    """Read a training configuration.

    Raises:
        TrainingError: no such file, or all its problems, each with line and column.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise TrainingError(f"cannot read the configuration: {error.strerror or error}", place=path) from error
    return parse_config(data, source=str(path))


def parse_config(data: bytes | str, *, source: str = "<config>") -> TrainingConfig:
    """Return the configuration in a YAML text; errors as `read_config`."""
    try:
        document = read_strict(data, source=source)
    except PlanError as error:
        if any("empty" in problem.message for problem in error.problems):
            raise TrainingError("the configuration is empty", place=source) from error
        raise TrainingError(error.problems) from error
    if not isinstance(document.value, dict):
        raise TrainingError("a training configuration is a mapping", place=document.place(()))
    problems: list[Problem] = []
    is_whole = all(name in document.value for name in _BLOCKS)
    head = _build_head(document, problems)
    if not is_whole:  # or each key of a missing block would be told missing too
        raise TrainingError(problems)
    sources = _build_sources(document, head, problems)
    composers = head.composers if head else ()
    ensembles = head.ensembles if head else ()
    names = {"composers": composers, "ensembles": ensembles}
    measuring_only = ("whole", "whole_bars", "told_style")
    windows = build(WindowConfig, document, ("windows",), problems, given=names, hidden=measuring_only)
    if windows is not None:
        _check_windows(windows, document, problems)
    layout = {
        "note_fields": NOTE_LAYOUT,
        "step_fields": STEP_LAYOUT,
        "style_fields": (("composer", max(1, len(composers))), ("ensemble", max(1, len(ensembles)))),
    }
    network = build(NetworkConfig, document, ("network",), problems, given=layout)
    fit = build(FitConfig, document, ("fit",), problems)
    if problems or head is None or windows is None or network is None or fit is None:
        raise TrainingError(problems)
    return TrainingConfig(
        name=head.name,
        description=head.description,
        seed=head.seed,
        composers=composers,
        ensembles=ensembles,
        sources=sources,
        network=network,
        windows=windows,
        fit=fit,
        validate_steps=head.validate_steps,
        fold=head.fold,
    )


def _build_head(document: Document, problems: list[Problem]) -> _Head | None:
    """Read the top level; the blocks are read apart."""
    top = document.value
    known = [*_Head.__dataclass_fields__, *_BLOCKS]
    before = len(problems)
    check_keys(top, known, document, (), problems)
    problems.extend(
        Problem(f"the file lacks the key {name}", document.place(())) for name in _BLOCKS if name not in top
    )
    plain = {name: value for name, value in top.items() if name in _Head.__dataclass_fields__}
    head = build(_Head, replace(document, value=plain), (), problems)
    for name in _BLOCKS:
        top.setdefault(name, {})
    if head is None or len(problems) > before:
        return head
    if not head.name.replace("-", "").replace("_", "").isalnum():
        problems.append(Problem(f'the name "{head.name}" is not a file name', document.place(("name",))))
    if not 0 <= head.fold < FOLDS:
        problems.append(Problem(f"fold must be from 0 to {FOLDS - 1}; found {head.fold}", document.place(("fold",))))
    for name in ("composers", "ensembles"):
        values = getattr(head, name)
        if not values or len(set(values)) < len(values):
            problems.append(Problem(f"{name} must be one or more names that differ", document.place((name,))))
    return head


def _build_sources(document: Document, head: _Head | None, problems: list[Problem]) -> tuple[SourceConfig, ...]:
    listed = document.value["sources"]
    if isinstance(listed, str):
        return _shared_sources(listed, document, head, problems)
    if not isinstance(listed, list) or not listed:
        problems.append(Problem("sources must be a list of one or more folders", document.place(("sources",))))
        return ()
    sources = []
    for index in range(len(listed)):
        path = ("sources", index)
        source = build(SourceConfig, document, path, problems)
        if source is None:
            continue
        sources.append(source)
        if source.weight <= 0:
            problems.append(Problem("a weight must be above 0", document.place((*path, "weight"))))
        if source.values and source.values not in VALUES:
            problems.append(
                _unknown("reading of note values", source.values, VALUES, document.place((*path, "values")))
            )
        if head is None:
            continue
        if source.composer not in head.composers:
            problems.append(_unknown("composer", source.composer, head.composers, document.place((*path, "composer"))))
        if source.ensemble and source.ensemble not in head.ensembles:
            problems.append(_unknown("ensemble", source.ensemble, head.ensembles, document.place((*path, "ensemble"))))
    return tuple(sources)


def _shared_sources(
    name: str, document: Document, head: _Head | None, problems: list[Problem]
) -> tuple[SourceConfig, ...]:
    """Return the sources of a file of recipes (`training/recipes.py`), which is named by its path from this one."""
    from composer.training.recipes import read_recipes  # which reads its sources as this module does

    place = document.place(("sources",))
    try:
        sources = read_recipes(Path(document.source).parent / name).sources
    except TrainingError as error:
        problems += error.problems
        return ()
    unheard = set(head.composers if head else ()) - {source.composer for source in sources}
    if unheard:
        problems.append(Problem(f"no source of {name} is of {', '.join(sorted(unheard))}", place))
    return sources


def _check_windows(windows: WindowConfig, document: Document, problems: list[Problem]) -> None:
    if isinstance(windows.told, tuple):
        for name in windows.told:
            if name not in GROUPS:
                problems.append(_unknown("group of conditions", name, GROUPS, document.place(("windows", "told"))))
    elif windows.told != "random":
        problems.append(
            Problem('told must be "random" or a list of groups of conditions', document.place(("windows", "told")))
        )
    known = {*windows.composers, *windows.ensembles}
    known |= {f"{composer} {ensemble}" for composer in windows.composers for ensemble in windows.ensembles}
    for name, _ in windows.style_weights:
        if name not in known:
            place = document.place(("windows", "style_weights", name))
            problems.append(_unknown("style", name, [*windows.composers, *windows.ensembles], place))
    for name in ("rows", "steps", "pitches"):
        if getattr(windows, name) < 1:
            problems.append(Problem(f"{name} must be at least 1", document.place(("windows", name))))
    if windows.rival_rows % 2 or not 0 <= windows.rival_rows <= windows.rows:
        problems.append(
            Problem("rival_rows must be an even number, of the rows", document.place(("windows", "rival_rows")))
        )
    if windows.line_share > 0 and LINE not in windows.ensembles:
        problems.append(
            Problem(
                f'a line_share above 0 needs the ensemble "{LINE}"',
                document.place(("windows", "line_share")),
                f"add {LINE} to ensembles, or write line_share: 0",
            )
        )


def _unknown(what: str, name: str, known: Sequence[str], place: Place) -> Problem:
    return Problem(f'no {what} "{name}"', place, f"those of this file: {', '.join(known)}")
