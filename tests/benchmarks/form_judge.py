"""Judge one composed piece by its deadpan MIDI file and its written plan; the composing itself is not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from form_pieces import facts_of_piece, plan_of
from raw_midi import RawMidi, read_raw

from composer.analysis.copying import load_runs
from composer.analysis.figures import piece_figures
from composer.analysis.outline import outline_of
from composer.corpus.reader import read_score
from composer.fill.ensembles import ensemble_named
from composer.plan.mixes import names_in_plan
from composer.plan.model import Plan
from composer.plan.outline import phrase_places
from composer.report.asked import Asked, asked_of
from composer.report.cadences import CadenceFound, judge_cadences
from composer.report.form import LEAST_KEY_BARS, FormReport, form_report
from composer.report.keys import FoundKey, KeyFinder, KeySpanFound, judge_keys
from composer.report.voice_leading import load_rates
from composer.style import load_style

FINDERS = ("KrumhanslSchmuckler", "TemperleyKostkaPayne")
ASKED_FIGURES = (  # those that say whether a piece sounds like real ones
    "notes_per_bar",
    "polyphony",
    "duration_quarters",
    "rest_share",
    "repeated_chord_share",
    "pitch_class_entropy",
    "melodic_interval",
)


@dataclass(frozen=True)
class Judged:
    """What was found of one piece.

    Attributes:
        place: its folder.
        plan, asked: what was asked for.
        midi: what was written.
        report: planned against found; keys by the first of `FINDERS`.
        keys: of each finder.
        origins: where the outer voices of each judged cadence come from: `formula` (given), `theme` (the tune on top,
            the bass given), `tune` (nothing but the tune) or `network`.
        out_of_range: notes outside the ensemble's compass.
        figures: of the score.
    """

    place: Path
    plan: Plan
    asked: Asked
    midi: RawMidi
    report: FormReport
    keys: dict[str, tuple[KeySpanFound, ...]]
    origins: tuple[str, ...]
    out_of_range: int
    figures: dict[str, float]

    @property
    def cadences(self) -> list[tuple[str, CadenceFound]]:
        """Each judged cadence with its origin."""
        return list(zip(self.origins, self.report.cadences, strict=True))

    @property
    def seconds(self) -> float:
        """How long the composing took."""
        return float(facts_of_piece(self.place)["seconds"])


def judge(place: Path) -> Judged:
    """Read a piece's files and judge it."""
    plan = plan_of(place)
    asked, midi = asked_of(plan), read_raw(place / "piece.mid")
    names, ensemble = names_in_plan(plan), plan.ensemble or "keyboard"
    runs = {name: load_runs(load_style(name)) for name in names}
    rates = {name: load_rates().get(name, {}).get(ensemble) for name in names}
    report = form_report(
        midi.score,
        asked,
        runs={name: index for name, index in runs.items() if index is not None},
        rates={name: rate for name, rate in rates.items() if rate is not None},
        finder=finder(FINDERS[0]),
    )
    low, high = ensemble_named(ensemble).compass
    return Judged(
        place,
        plan,
        asked,
        midi,
        report,
        {
            name: judge_keys(midi.score, asked.outline, finder=finder(name), least_bars=LEAST_KEY_BARS)
            for name in FINDERS
        },
        _origins(plan, report),
        sum(not low <= pitch <= high for pitch in midi.pitches),
        piece_figures(midi.score),
    )


def _origins(plan: Plan, report: FormReport) -> tuple[str, ...]:
    places = {place.start_tick: place for place in phrase_places(plan)}
    origins = []
    for found in report.cadences:
        place = places[found.planned.start_tick]
        given = place.entry.formula is not None
        origins.append(("theme" if given else "tune") if place.states_theme else "formula" if given else "network")
    return tuple(origins)


@cache
def finder(name: str) -> KeyFinder:
    """Return one of music21's key finders."""
    from music21 import analysis, note, stream

    analyser = getattr(analysis.discrete, name)()

    def find(weights: np.ndarray) -> FoundKey:
        line = stream.Stream()
        for pitch_class, quarters in enumerate(weights):
            if quarters > 0:
                line.append(note.Note(60 + pitch_class, quarterLength=float(quarters)))
        if not len(line):
            return 0, "major"
        key = analyser.getSolution(line)
        return key.tonic.pitchClass, "major" if key.mode == "major" else "minor"

    return find


# ---------------------------------------------------------------- real pieces beside


def held_out(data: Path, *, splits: Sequence[str] = ("test",)) -> list[Path]:
    """Return Bach's keyboard pieces that no network of ours was trained on."""
    from composer.analysis.works import split_of, work_id
    from composer.style import styles_folder
    from composer.training.recipes import read_recipes
    from composer.training.sources import list_files

    sources = read_recipes(styles_folder() / "recipes" / "shipped.yaml").sources
    chosen = []
    for source, files in zip(sources, list_files(sources, data), strict=True):
        if (source.composer, source.ensemble) == ("bach", "keyboard"):
            for path in files:
                work = work_id(path, read_score(path).score.title)
                if split_of(work) in splits:
                    chosen.append(path)
    return chosen


def real_findings(paths: Sequence[Path]) -> dict[str, Any]:
    """Return the figures of real pieces, the finders' keys of spans that the analysis hears in one key, and cadences.

    The cadences are those that the analysis calls PAC or HC, judged as planned ones are: (kind, as planned, bare).
    """
    found: dict[str, Any] = {"figures": [], "keys": {name: [] for name in FINDERS}, "cadences": []}
    for path in paths:
        score = read_score(path).score
        outline = replace(outline_of(score, ensemble="keyboard"), sections=())
        found["figures"].append(piece_figures(score))
        for name in FINDERS:
            spans = judge_keys(score, outline, finder=finder(name), least_bars=LEAST_KEY_BARS)
            found["keys"][name].append([span.agrees for span in spans])
        found["cadences"] += [
            (str(cadence.planned.cadence), cadence.is_as_planned, cadence.bare)
            for cadence in judge_cadences(score, outline)
        ]
    return found
