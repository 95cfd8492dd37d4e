"""A folder of scores → a style of one's own: card, statistics, index of runs, and a composer that the network knows.

What it is: `learn_style` reads the folder, counts its style as those of the program are counted, and fits a composer's
vector with the network frozen (`training/learn_fit.py`). All files of a style are written at once, or none.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from composer.analysis.survey import FolderSurvey, survey_folder
from composer.errors import OutputError, StyleError
from composer.files import check_writable, write_all_atomic
from composer.network.checkpoint import WeightsCard, check_network, load_network
from composer.network.own_composer import VECTOR_SUFFIX, own_composer_to_bytes
from composer.network.startup import start_backend
from composer.progress import OnProgress, part_of
from composer.roll.inputs import NOTE_LAYOUT, STEP_LAYOUT
from composer.style import (
    DEFAULT_NETWORK,
    StyleCard,
    load_statistics,
    load_style,
    own_styles_folder,
    style_names,
    style_to_yaml,
    styles_folder,
)
from composer.style_statistics import statistics_from_json, statistics_to_json
from composer.training.own_style import (
    UNKNOWN_LICENCE,
    UsablePiece,
    recipe_of,
    usable_pieces,
    with_both_modes,
)
from composer.training.recipes import StyleRecipe
from composer.training.style_counting import RUNS_SUFFIX, count_style
from composer.training.train import cache_folder

if TYPE_CHECKING:
    from composer.training.learn_fit import FittedComposer

CARD_SUFFIX = ".yaml"
SUFFIXES = (CARD_SUFFIX, ".json", RUNS_SUFFIX, VECTOR_SUFFIX)
DEFAULT_SECONDS = 300.0
MAX_LANES = 4  # cores that a fit can use; its batches have few rows
_LENDER = "bach"  # of the harmony in a mode in which a folder has none, where no program's style is nearer
_WORDS_OF_PLANS = ("from", "via", "to")  # a style called so could not be told from a glide
_READING, _HEARING, _COUNTING = 0.1, 0.25, 0.3  # shares of the work after which each is done


@dataclass(frozen=True)
class LearnedStyle:
    """What was learned.

    Attributes:
        card: of the style.
        files: card first.
        figures: what to show, by label.
        told: what the user should know.
        called: what `--style` takes: the name, or the card's path.
    """

    card: StyleCard
    files: tuple[Path, ...]
    figures: Mapping[str, str]
    told: tuple[str, ...]
    called: str


def learn_style(
    folder: Path,
    name: str,
    *,
    output: Path | None = None,
    force: bool = False,
    seed: int = 1,
    max_seconds: float = DEFAULT_SECONDS,
    device: str = "auto",
    workers: int | None = None,
    network: Path | None = None,
    on_progress: OnProgress | None = None,
) -> LearnedStyle:
    """Learn the style of a folder.

    Args:
        folder: of scores; never written to.
        name: of the style.
        output: the folder of its files; None: the user's own styles (`style.own_styles_folder`).
        force: replace a style that is there.
        seed: of the fit.
        max_seconds: that the fit may take; reading and counting come before.
        device: `auto`, `cpu` or `gpu`.
        workers: as `parallel_map`.
        network: weights of the network that shall know the style; None: the program's. Another one must lie in the
            folder `networks` beside the style's files when the style is used.
        on_progress: called with what is being done and the share done, 0..1.

    Raises:
        StyleError: a name that is taken or none.
        MusicFileError: no such folder, or no score in it.
        TrainingError: fewer than three usable pieces.
        WeightsError: the network cannot be used.
        OptionError: no such device, or Keras runs on another backend than TensorFlow.
        OutputError: the files cannot be written.
    """
    started = time.perf_counter()
    where = output or own_styles_folder()
    _check_name(name, where, force=force)
    if output is None:
        _make(where)
    for suffix in SUFFIXES:
        check_writable(where / f"{name}{suffix}")
    path = network or styles_folder() / "networks" / f"{DEFAULT_NETWORK}.safetensors"
    known = check_network(path, note_fields=NOTE_LAYOUT, step_fields=STEP_LAYOUT)
    report = on_progress or (lambda _what, _share: None)
    survey = survey_folder(folder, workers=workers, on_progress=part_of(report, 0.0, _READING))
    pieces = usable_pieces(
        survey, cache=cache_folder(), workers=workers, on_progress=part_of(report, _READING, _HEARING)
    )
    training = [piece for piece in pieces if not piece.is_held_out]
    held_out = [piece for piece in pieces if piece.is_held_out]
    report("counting the style", _HEARING)
    recipe = recipe_of(name, survey, pieces, known)
    card, files = count_style(recipe, *([piece.counted for piece in side] for side in (training, held_out)))

    start_backend()
    from composer.network.device import device_name, device_scope
    from composer.training.compiled import use_lanes
    from composer.training.learn_fit import LearnConfig, fit_composer

    lanes = 1 if device != "cpu" and device_name(device) == "gpu" else min(MAX_LANES, _cores())
    if lanes > 1:
        use_lanes(lanes)
    with device_scope(device):
        fitted = fit_composer(
            load_network(path, note_fields=NOTE_LAYOUT, step_fields=STEP_LAYOUT),
            *([piece.heard for piece in side] for side in (training, held_out)),
            config=LearnConfig(seed=seed, max_seconds=max_seconds, lanes=lanes),
            on_progress=part_of(report, _COUNTING, 1.0),
        )
    lender = fitted.nearest_name if fitted.nearest_name in style_names(folder=styles_folder()) else _LENDER
    statistics, borrowed = with_both_modes(
        statistics_from_json(files[card.statistics].decode()),
        load_statistics(load_style(lender, folder=styles_folder())),
    )
    files[card.statistics] = statistics_to_json(statistics).encode()
    vector = own_composer_to_bytes(fitted.vector, known)
    card = replace(
        card,
        description="; ".join([card.description, *(f"in {mode} harmony of {lender}" for mode in borrowed)]),
        folder=where,
        network=known.name,
        vector=f"{name}{VECTOR_SUFFIX}",
        vector_sha256=hashlib.sha256(vector).hexdigest(),
        figures=dict(card.figures)
        | {"nats_as_average_style": round(fitted.average, 4), "nats_as_learned": round(fitted.after, 4)},
    )
    files |= {card.vector: vector, f"{name}{CARD_SUFFIX}": style_to_yaml(card).encode()}
    write_all_atomic({where / file: content for file, content in files.items()})
    figures = {
        "pieces": f"{len(training)} learned from, {len(held_out)} held out, {_left_out(survey, pieces)}",
        **_nats_told(fitted, is_judged_apart=bool(held_out)),
        "licences": ", ".join(f"{source.licence} {source.pieces}" for source in card.sources),
        "time": f"{time.perf_counter() - started:.0f} s",
    }
    return LearnedStyle(
        card,
        tuple(where / file for file in sorted(files, key=lambda file: not file.endswith(CARD_SUFFIX))),
        figures,
        (
            *_told(recipe, pieces, held_out, fitted, known, max_seconds),
            *(f"there is no harmony in {mode}: where a plan asks for it, it is that of {lender}" for mode in borrowed),
        ),
        name if where == own_styles_folder() else str(where / f"{name}{CARD_SUFFIX}"),
    )


def _check_name(name: str, where: Path, *, force: bool) -> None:
    """Raise StyleError for a name that is no file's, or is taken."""
    import yaml

    is_word = name.replace("-", "").replace("_", "").isalnum() and name[:1].isalpha()
    if not is_word or yaml.safe_load(name) != name or name in _WORDS_OF_PLANS:  # a plan that says `style: no`
        raise StyleError(f'"{name}" is no name of a style', mend="a letter, then letters, digits, - and _")
    for taken in style_names(folder=styles_folder()):
        if name.lower() == taken.lower():
            raise StyleError(f'"{taken}" is a style of the program', mend=f"choose another name, such as my-{taken}")
    path = where / f"{name}{CARD_SUFFIX}"
    if path.exists() and not force:
        raise StyleError("there is a style of this name", place=path, mend="--force replaces it")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder: {error.strerror or error}", place=folder) from error


def _cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _left_out(survey: FolderSurvey, pieces: Sequence[UsablePiece]) -> str:
    """Return `3 pieces and 1 file left out`."""
    unread = sum(not file.pieces for file in survey.files)
    left = f"{_number(len(survey.pieces) - len(pieces), 'piece')} left out"
    return f"{left}, {_number(unread, 'file')} not read" if unread else left


def _nats_told(fitted: FittedComposer, *, is_judged_apart: bool) -> dict[str, str]:
    judged = "nats a step" if is_judged_apart else "nats a step of the pieces themselves"
    with_adapter = "with" if fitted.vector.has_adapter else "without"
    return {
        "told average": f"{fitted.average:.3f} {judged}",
        "told nearest": f"{fitted.nearest:.3f}, {fitted.nearest_name}",
        "told this": f"{fitted.after:.3f}, {with_adapter} adapter, {fitted.num_updates} updates",
    }


def _told(
    recipe: StyleRecipe,
    pieces: Sequence[UsablePiece],
    held_out: Sequence[UsablePiece],
    fitted: FittedComposer,
    network: WeightsCard,
    max_seconds: float,
) -> Iterator[str]:
    """Yield what the user should know."""
    ensembles = {piece.counted.ensemble for piece in pieces}
    if unknown := sorted(ensembles - set(network.ensembles)):
        yield f"the network knows no {' and no '.join(unknown)}; what it composes is for {recipe.ensemble}"
    if not held_out:
        yield "too few pieces to hold some out: neither the gain nor whether music copies them can be judged"
    elif fitted.after >= fitted.before:
        yield f"the network knows these pieces no better than before: notes are drawn as for {fitted.began_with}"
    if fitted.ran_out:
        yield f"the fit stopped after {max_seconds / 60:g} minutes, before its end"
    if any(source.licence == UNKNOWN_LICENCE for source in recipe.sources):
        yield "some files state no licence; what you may publish depends on it"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
