"""What `bench_conditions.py` judges: held-out works, their plans, and a piece composed from each plan by each arm.

Conventions: a plan has no notes of its work: keys, phrases, cadences, chords, textures (`plan/piece_skeleton.py`). Its
ticks count from its own upbeat; `Work.offset_tick` later is the same moment of the work. A composed piece is kept as
FOLDER/ARM/NAME.mid with NAME.json beside it, written last; it is composed again when the weights, the plan or the arm
are others. After a change of the program itself take another folder.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from form_pieces import PLAYER, without_formulas

from composer.analysis.outline import outline_of
from composer.analysis.works import split_of, work_id
from composer.corpus.reader import read_score
from composer.errors import PlanError
from composer.fill import fill as filling
from composer.fill.particles import Filled, NoteSource, Stretch, run_filter
from composer.outline import Outline
from composer.pipeline import DEFAULT_GUIDANCE, NUM_PARTICLES, fill_plan
from composer.plan.model import Plan, SectionEntry
from composer.plan.outline import pickup_tick, plan_outline
from composer.plan.piece_skeleton import plan_from_outline
from composer.plan.planner import resolve
from composer.roll.grid import steps_per_bar
from composer.roll.inputs import GROUPS, NOTE_LAYOUT, STEP_LAYOUT
from composer.score import Score
from composer.style import styles_folder
from composer.theory.meter import parse_meter

STYLES = {"keyboard": "bach", "chorale": "chorale"}  # in which a plan of that ensemble is composed
LONGEST_BAR = 24  # steps; of 3/2 and 12/8


@dataclass(frozen=True)
class Arm:
    """One way of composing from a plan.

    Attributes:
        name: in the table.
        words: what it is.
        told: the conditions that the network hears.
        guidance: as in the product's options; 1 is as learned.
        drafts: side by side, among which the critics choose; one alone is kept as it comes.
        is_given: whether the plan's cadences and what sounds before a section are given as notes.
    """

    name: str
    words: str
    told: tuple[str, ...]
    guidance: float = 1.0
    drafts: int = 1
    is_given: bool = False


ARMS = (
    Arm("none", "told nothing of the plan; one draft", ()),
    Arm("key", "told the local key; one draft", ("key",)),
    Arm("told", "told everything; one draft", GROUPS),
    Arm("guided", f"the same with guidance {DEFAULT_GUIDANCE:g}", GROUPS, DEFAULT_GUIDANCE),
    Arm("critics", f"the same with {NUM_PARTICLES} drafts and the critics", GROUPS, DEFAULT_GUIDANCE, NUM_PARTICLES),
    Arm("all", "the same with cadences given, as the program does", GROUPS, DEFAULT_GUIDANCE, NUM_PARTICLES, True),
)


@dataclass(frozen=True)
class Work:
    """A held-out work and its plan.

    Attributes:
        name: of its file.
        work: id of the work that it belongs to (a prelude and its fugue share one).
        ensemble: of `STYLES`.
        score: its own notes.
        plan: resolved.
        outline: of the plan.
        offset_tick: from the plan's ticks to the score's.
    """

    name: str
    work: str
    ensemble: str
    score: Score
    plan: Plan
    outline: Outline
    offset_tick: int

    @property
    def outline_there(self) -> Outline:
        """The plan's outline on the timeline of the work's own notes."""

        def moved(spans: tuple[Any, ...]) -> tuple[Any, ...]:
            by = self.offset_tick
            return tuple(replace(s, start_tick=s.start_tick + by, end_tick=s.end_tick + by) for s in spans)

        phrases = tuple(
            replace(
                phrase, cadence_tick=None if phrase.cadence_tick is None else phrase.cadence_tick + self.offset_tick
            )
            for phrase in moved(self.outline.phrases)
        )
        return replace(
            self.outline,
            keys=moved(self.outline.keys),
            chords=moved(self.outline.chords),
            phrases=phrases,
            sections=moved(self.outline.sections),
        )


# ---------------------------------------------------------------- held-out works


def held_out_works(
    data: Path, *, splits: Sequence[str], ensembles: Sequence[str], count: int, bars: int, seed: int
) -> tuple[list[Work], dict[str, str]]:
    """Return held-out works with their plans, and of those that make none the reason.

    Args:
        data: the data folder of the network's sources.
        splits: sides of the split.
        ensembles: of `STYLES`.
        count: pieces of each ensemble at most; second pieces of a work (settings of one tune) come last.
        bars: of a plan at most, in whole phrases from the beginning.
        seed: of the plans.
    """
    from composer.training.config import read_config
    from composer.training.sources import list_files

    sources = read_config(styles_folder() / "networks" / "bach.train.yaml").sources
    found: dict[str, list[tuple[int, int, str, Path, Score]]] = {ensemble: [] for ensemble in ensembles}
    seen: Counter[str] = Counter()
    for source, files in zip(sources, list_files(sources, data), strict=True):
        if source.ensemble not in found:
            continue
        for path in files:
            if source.ensemble == "chorale" and split_of(work_id(path)) not in splits:
                continue  # a numbered chorale is known by its file's name; the others by their titles too
            score = read_score(path).score
            work = work_id(path, score.title)
            if split_of(work) in splits:
                found[source.ensemble].append((seen[work], len(found[source.ensemble]), work, path, score))
                seen[work] += 1
    works: list[Work] = []
    refused: dict[str, str] = {}
    for ensemble, rows in found.items():
        made = 0
        for _, _, work, path, score in sorted(rows, key=lambda row: row[:2]):
            if made == count:
                break
            try:
                plan, outline, offset = planned(score, ensemble=ensemble, bars=bars, seed=seed)
            except PlanError as error:
                refused[path.stem] = str(error)
                continue
            works.append(Work(path.stem, work, ensemble, score, plan, outline, offset))
            made += 1
    return works, refused


def planned(score: Score, *, ensemble: str, bars: int, seed: int) -> tuple[Plan, Outline, int]:
    """Return the resolved plan of a score's first bars, its outline, and the ticks from the plan to the score.

    Raises:
        PlanError: it makes no plan, or one that cannot be composed on the grid.
    """
    plan = plan_from_outline(outline_of(score, ensemble=ensemble), style=STYLES[ensemble], seed=seed)
    if not 0 < steps_per_bar(parse_meter(plan.meter or "")) <= LONGEST_BAR:
        raise PlanError(f"bars of {plan.meter} are no sixteenths, or too many")
    plan = resolve(first_bars(plan, bars))
    first_bar = next(bar.onset_tick for bar in score.bars if bar.number > 0)
    return plan, plan_outline(plan), first_bar - pickup_tick(plan)


def first_bars(plan: Plan, bars: int) -> Plan:
    """Return a plan's first phrases, so many as fit into the bars (one at least)."""
    sections: list[SectionEntry] = []
    left, is_full = bars, False
    for section in plan.sections:
        kept = []
        for phrase in section.phrases or ():
            length = phrase.bars or 0
            is_full = is_full or (length > left and bool(sections or kept))
            if not is_full:
                kept.append(phrase)
                left -= length
        if kept:
            update = {"phrases": tuple(kept), "bars": sum(p.bars or 0 for p in kept), "cadence": kept[-1].cadence}
            sections.append(section.model_copy(update=update))
    return plan.model_copy(update={"sections": tuple(sections)})


# ---------------------------------------------------------------- composing


class Workshop:
    """Composes works' plans with one network; it is loaded, and each arm's sampler compiled, when first needed.

    Args:
        folder: of the pieces.
        weights: file of the network.
    """

    def __init__(self, folder: Path, weights: Path) -> None:
        self._folder, self._weights = folder, weights
        self._fingerprint = hashlib.sha256(weights.read_bytes()).hexdigest()
        self._loaded: Any = None
        self._sources: dict[tuple[Any, ...], Any] = {}

    def composed(self, work: Work, arm: Arm) -> Path:
        """Compose a piece, unless it is there, and return its deadpan MIDI file."""
        place = self._folder / arm.name / f"{work.name}.mid"
        about = place.with_suffix(".json")
        label = f"{self._fingerprint}|{arm}|{work.plan.model_dump_json(exclude_none=True)}"
        made_of = hashlib.sha256(label.encode()).hexdigest()
        if about.exists() and json.loads(about.read_text())["made_of"] == made_of:
            return place
        from composer.export.writers import Finished, write_outputs
        from composer.perform import perform

        place.parent.mkdir(parents=True, exist_ok=True)
        source = self._source(arm)
        start = time.perf_counter()
        plan = work.plan if arm.is_given else bare(work.plan)
        with patch.object(filling, "run_filter", run_filter if arm.drafts > 1 else one_draft):
            filled, outline, _ = fill_plan(plan, make_source=lambda _: source)
        seconds = time.perf_counter() - start
        performance = perform(filled.score, outline, player=PLAYER, take=0, expression=0.0)
        write_outputs(Finished(performance, outline), (place,))
        facts = {
            "made_of": made_of,
            "seconds": seconds,
            "restarts": sum(report.restarts for report in filled.reports),
            "refused": sum(len(report.misses) for report in filled.reports),
        }
        about.write_text(json.dumps(facts, indent=1))
        return place

    def facts(self, work: Work, arm: Arm) -> dict[str, Any]:
        """Return how the composing of a piece went."""
        return dict(json.loads((self._folder / arm.name / f"{work.name}.json").read_text()))

    def _source(self, arm: Arm) -> Any:
        """Return an arm's source of notes; the same for all pieces, and for arms that differ in what is given."""
        from composer.fill.network_source import NetworkSource
        from composer.fill.setting import WINDOW_PITCHES
        from composer.network.checkpoint import load_network

        if self._loaded is None:
            self._loaded = load_network(self._weights, note_fields=NOTE_LAYOUT, step_fields=STEP_LAYOUT)
        makes = (arm.told, arm.guidance, arm.drafts)
        if makes not in self._sources:
            self._sources[makes] = NetworkSource(
                self._loaded.network,
                composers=self._loaded.card.composers,
                ensembles=self._loaded.card.ensembles,
                marginal_log_odds=self._loaded.tables.get("marginal_log_odds"),
                num_particles=arm.drafts,
                num_pitches=WINDOW_PITCHES,
                max_steps=LONGEST_BAR,
                guidance=arm.guidance,
                told=arm.told,
            )
        return self._sources[makes]


def compose_all(workshop: Workshop, works: Sequence[Work], arms: Sequence[Arm]) -> Iterator[tuple[Work, Arm, Path]]:
    """Yield every piece, arm by arm."""
    for arm in arms:
        for work in works:
            yield work, arm, workshop.composed(work, arm)


def one_draft(source: NoteSource, stretch: Stretch, generator: np.random.Generator) -> Filled:
    """Fill a stretch with what the source draws first: nothing is judged, nothing drawn again; see `run_filter`."""
    state, chunks = source.start(stretch), []
    for first, end in stretch.bars:
        uniforms = generator.random((end - first, source.num_particles, source.num_pitches, 2), dtype=np.float32)
        chunk, state = source.run(state, stretch, first, end, uniforms)
        chunks.append(chunk)
    play, articulate, upper_hand = (
        np.concatenate([getattr(chunk, part)[0] for chunk in chunks])[stretch.lead_in_steps :]
        for part in ("play", "articulate", "upper_hand")
    )
    return Filled(play, articulate, upper_hand, penalty=0.0, again=(), misses=())


def bare(plan: Plan) -> Plan:
    """Return a plan of which no note is given: no outer voices of cadences, nothing before a section or at its end."""
    free = without_formulas(plan)
    nothing = {"enters": None, "leaves": None}
    return free.model_copy(update={"sections": tuple(entry.model_copy(update=nothing) for entry in free.sections)})
