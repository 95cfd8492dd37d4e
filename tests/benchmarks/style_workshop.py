"""The pieces that the benchmarks of style judge: plans of the average style, composed with the network told one style.

What it is: a plan is drawn from an equal mix of styles. Everything but the network's notes stays of that mix: chords,
textures, cadences given as notes, the statistics that tunes are ranked by, the runs that may not be copied. Only the
style that the network is told is another one for each piece, so that pieces of one plan differ by nothing else (with
`Order.filled_in`, by all that is not in the plan).

Conventions: a piece is kept as FOLDER/WHO/PLAN.mid (deadpan) with PLAN.json beside it, written last; WHO names the
style and the guidances. It is composed again when the weights or the plan are others. After a change of the program
itself take another folder. Tunes are ranked by the statistics of one style of the mix: of each in turn, from plan to
plan.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from form_pieces import PLAYER
from raw_midi import read_raw

from composer.fill.particles import Stretch
from composer.outline import Outline
from composer.pipeline import DEFAULT_GUIDANCE, DEFAULT_STYLE_GUIDANCE, NUM_PARTICLES, fill_plan, plan_piece
from composer.plan.model import Plan
from composer.plan.outline import plan_outline
from composer.score import Score
from composer.style import load_statistics, load_style, style_names

FORMS = {
    "keyboard": ("ternary", "binary", "rounded-binary"),
    "chorale": ("chorale",),
    "organ": ("binary", "ternary"),
    "quartet": ("ternary", "binary"),
    "song": ("ternary", "binary"),
}
LONGEST_BAR = 24  # steps
_TILT = 1.001  # of one style of the mix, so that it is the heaviest


@dataclass(frozen=True)
class Order:
    """A piece that is wanted.

    Attributes:
        name: of the plan.
        plan: resolved.
        told: composer → weight, as the network is told; () for what the plan says.
        guidance, style_guidance: as the product's options.
        seed: of the notes; None: the plan's own.
        filled_in: (style, weight) in which all of the plan is filled; (): only the network is told.
    """

    name: str
    plan: Plan
    told: tuple[tuple[str, float], ...]
    guidance: float = DEFAULT_GUIDANCE
    style_guidance: float = DEFAULT_STYLE_GUIDANCE
    seed: int | None = None
    filled_in: tuple[tuple[str, float], ...] = ()

    @property
    def who(self) -> str:
        """Name of the folder."""
        style = "-".join(name if weight == 1 else f"{name}{weight:g}" for name, weight in self.told if weight)
        seed = "" if self.seed is None else f"-seed{self.seed}"
        filled = "-filled" if self.filled_in else ""
        return f"{style}-guidance{self.guidance:g}-{self.style_guidance:g}{seed}{filled}"


@dataclass(frozen=True)
class Composed:
    """A piece that is there.

    Attributes:
        order: that it answers.
        score: its notes, as its file says.
        outline: of its plan.
        facts: how the composing went.
    """

    order: Order
    score: Score
    outline: Outline
    facts: dict[str, Any]


def average_plans(
    styles: Sequence[str],
    *,
    number: int,
    bars: int,
    ensemble: str = "keyboard",
    forms: Sequence[str] = (),
    seed: int = 1,
) -> dict[str, Plan]:
    """Return plans drawn from an equal mix of styles, by name.

    Args:
        styles: names of cards.
        number: plans.
        bars: of each, about.
        ensemble: of each.
        forms: in turn; () for those that suit the ensemble.
        seed: of the first; the others follow.
    """
    forms = forms or FORMS.get(ensemble, FORMS["keyboard"])
    plans = {}
    for turn in range(number):
        mix = {name: _TILT if place == turn % len(styles) else 1.0 for place, name in enumerate(styles)}
        form = forms[turn % len(forms)]
        plan = plan_piece(form=form, style=mix, bars=bars, ensemble=ensemble, seed=seed + turn)
        # The same form and seed give other plans with other styles or lengths, in one folder.
        mark = hashlib.sha256(plan.model_dump_json(exclude_none=True).encode()).hexdigest()[:6]
        plans[f"{form}-{seed + turn}-{mark}"] = plan
    return plans


def cards_for(composers: Sequence[str]) -> tuple[str, ...]:
    """Return those composers of whom there is a card of that name, with statistics."""
    known = style_names()
    return tuple(name for name in composers if name in known and load_statistics(load_style(name)) is not None)


def compose_all(folder: Path, orders: Sequence[Order], *, network: Path, jobs: int = 1) -> None:
    """Compose what is missing; a run that was stopped goes on where it was."""
    weights = _fingerprint(network)
    missing = [order for order in orders if not _is_there(folder, order, weights)]
    for number, _ in enumerate(_composed(folder, missing, network, jobs), start=1):
        print(f"\rcomposed {number} of {len(missing)} pieces", end="", file=sys.stderr, flush=True)
    if missing:
        print(file=sys.stderr)


def read_piece(folder: Path, order: Order) -> Composed:
    """Return a piece that was composed."""
    place = _place(folder, order)
    facts = json.loads(place.with_suffix(".json").read_text())
    return Composed(order, read_raw(place).score, plan_outline(order.plan), facts)


def seconds_of(folder: Path, orders: Iterable[Order]) -> list[float]:
    """Return how long the composing of each piece took."""
    return [json.loads(_place(folder, order).with_suffix(".json").read_text())["seconds"] for order in orders]


# ---------------------------------------------------------------- composing


class Workshop:
    """Composes with one network; it is loaded, and each pair of guidances compiled, when first needed."""

    def __init__(self, folder: Path, network: Path) -> None:
        self._folder, self._network, self._weights = folder, network, _fingerprint(network)
        self._loaded: Any = None
        self._sources: dict[tuple[float, float], Any] = {}

    def compose(self, order: Order) -> None:
        """Compose a piece."""
        from composer.export.writers import Finished, write_outputs
        from composer.perform import perform

        place = _place(self._folder, order)
        place.parent.mkdir(parents=True, exist_ok=True)
        source = self._source(order.guidance, order.style_guidance)
        told = InStyle(source, order.told) if order.told else source
        plan = order.plan if order.seed is None else order.plan.model_copy(update={"seed": order.seed})
        if order.filled_in:
            plan = in_style(plan, order.filled_in)
        start = time.perf_counter()
        filled, outline, _ = fill_plan(plan, make_source=lambda _: told)
        seconds = time.perf_counter() - start
        performance = perform(filled.score, outline, player=PLAYER, take=0, expression=0.0)
        write_outputs(Finished(performance, outline), (place,))
        facts = {
            "made_of": _made_of(order, self._weights),
            "seconds": seconds,
            "bars": plan.bars,
            "restarts": sum(report.restarts for report in filled.reports),
            "refused": sum(len(report.misses) for report in filled.reports),
        }
        place.with_suffix(".json").write_text(json.dumps(facts, indent=1))

    def _source(self, guidance: float, style_guidance: float) -> Any:
        from composer.fill.network_source import NetworkSource
        from composer.fill.setting import WINDOW_PITCHES
        from composer.network.checkpoint import load_network
        from composer.roll.inputs import NOTE_LAYOUT, STEP_LAYOUT

        if self._loaded is None:
            self._loaded = load_network(self._network, note_fields=NOTE_LAYOUT, step_fields=STEP_LAYOUT)
        key = (guidance, style_guidance)
        if key not in self._sources:
            self._sources[key] = NetworkSource(
                self._loaded.network,
                composers=self._loaded.card.composers,
                ensembles=self._loaded.card.ensembles,
                marginal_log_odds=self._loaded.tables.get("marginal_log_odds"),
                num_particles=NUM_PARTICLES,
                num_pitches=WINDOW_PITCHES,
                max_steps=LONGEST_BAR,
                guidance=guidance,
                style_guidance=style_guidance,
            )
        return self._sources[key]


class InStyle:
    """A source of notes that is told another style than the plan's; see `fill.particles.NoteSource`."""

    def __init__(self, source: Any, style: tuple[tuple[str, float], ...]) -> None:
        self._source = source
        self._style = tuple((name, weight) for name, weight in style if weight > 0)
        self.num_particles, self.num_pitches = source.num_particles, source.num_pitches
        self._last: tuple[Stretch, Stretch] | None = None

    def start(self, stretch: Stretch) -> Any:
        """Return the state in which nothing has been heard."""
        return self._source.start(self._told(stretch))

    def run(self, state: Any, stretch: Stretch, first: int, end: int, uniforms: np.ndarray) -> Any:
        """Sample the steps [first, end)."""
        return self._source.run(state, self._told(stretch), first, end, uniforms)

    def gather(self, states: Sequence[Any], indices: np.ndarray) -> Any:
        """Return states by their indices."""
        return self._source.gather(states, indices)

    def _told(self, stretch: Stretch) -> Stretch:
        # The source keeps what it worked out for a stretch as long as it is handed the same one.
        if self._last is None or self._last[0] is not stretch:
            self._last = (stretch, replace(stretch, style=self._style, style_changes=()))
        return self._last[1]


def in_style(plan: Plan, mix: Sequence[tuple[str, float]]) -> Plan:
    """Return a resolved plan that is to be filled in another style, or in a mix of several."""
    style = {name: weight for name, weight in mix if weight > 0}
    phrases = {
        section.id: tuple(phrase.model_copy(update={"style": None}) for phrase in section.phrases or ())
        for section in plan.sections
    }
    sections = tuple(
        section.model_copy(update={"style": section.style and style, "phrases": phrases[section.id]})
        for section in plan.sections
    )
    return plan.model_copy(update={"style": style, "sections": sections})


_workshop: Workshop | None = None  # of a worker process


def _begin(folder: Path, network: Path) -> None:
    global _workshop
    _workshop = Workshop(folder, network)


def _compose_there(order: Order) -> None:
    assert _workshop is not None
    _workshop.compose(order)


def _composed(folder: Path, orders: Sequence[Order], network: Path, jobs: int) -> Iterator[None]:
    if jobs == 1:
        workshop = Workshop(folder, network)
        for order in orders:
            yield workshop.compose(order)
        return
    with ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=_begin, initargs=(folder, network)
    ) as pool:
        for job in as_completed([pool.submit(_compose_there, order) for order in orders]):
            yield job.result()


def _place(folder: Path, order: Order) -> Path:
    return folder / order.who / f"{order.name}.mid"


def _is_there(folder: Path, order: Order, weights: str) -> bool:
    about = _place(folder, order).with_suffix(".json")
    return about.exists() and json.loads(about.read_text())["made_of"] == _made_of(order, weights)


def _made_of(order: Order, weights: str) -> str:
    label = f"{weights}|{order.who}|{order.plan.model_dump_json(exclude_none=True)}"
    return hashlib.sha256(label.encode()).hexdigest()


def _fingerprint(network: Path) -> str:
    return hashlib.sha256(network.read_bytes()).hexdigest()


def told(style: str | Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """Return what the network is told of a style or a mix of them: composers and weights."""
    mix = {style: 1.0} if isinstance(style, str) else style
    return tuple((load_style(name).composer or name, weight) for name, weight in mix.items())
