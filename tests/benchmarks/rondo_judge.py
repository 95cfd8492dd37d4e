"""Judge one composed piece by its deadpan MIDI file and its written plan; the composing itself is not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from raw_midi import RawMidi, read_raw
from rondo_pieces import plan_of

from composer.analysis.figures import piece_figures
from composer.analysis.outline import outline_of
from composer.corpus.reader import read_score
from composer.outline import Outline
from composer.plan.material import theme_of
from composer.plan.model import Plan
from composer.plan.outline import phrase_places, plan_outline
from composer.report.cadences import CadenceFound, judge_cadences
from composer.report.form import FormReport, form_report
from composer.report.keys import FoundKey, KeyFinder, KeySpanFound, as_found, judge_keys
from composer.report.sounding import pitch_class_quarters
from composer.report.themes import Statement
from composer.score import Score
from composer.theme import fragment, in_key
from composer.theory.key import Key

COMPASS = {"keyboard": (36, 84), "organ": (36, 84), "chorale": (40, 81)}  # MIDI pitches, inclusive
FINDERS = ("KrumhanslSchmuckler", "TemperleyKostkaPayne")


@dataclass(frozen=True)
class Judged:
    """What was found of one piece.

    Attributes:
        place: its folder.
        plan, outline: what was asked for.
        midi: what was written.
        report: planned against found; keys by the first of `FINDERS`.
        keys: of each finder.
        origins: where the outer voices of each judged cadence come from: `formula` (given), `theme` (the tune on top,
            the bass given), `tune` (nothing but the tune) or `network`.
        out_of_range: notes outside the compass.
        figures: of the score.
    """

    place: Path
    plan: Plan
    outline: Outline
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


def judge(place: Path) -> Judged:
    """Read a piece's files and judge it."""
    plan = plan_of(place)
    outline, midi = plan_outline(plan), read_raw(place / "piece.mid")
    refrain = next(section.theme for section in plan.sections if section.label == "A") or ""
    report = form_report(
        midi.score,
        outline,
        statements=statements(plan, refrain),
        refrain=refrain_tune(plan, refrain),
        refrain_name=refrain,
        finder=finder(FINDERS[0]),
    )
    low, high = COMPASS[plan.ensemble or "keyboard"]
    return Judged(
        place,
        plan,
        outline,
        midi,
        report,
        {name: judge_keys(midi.score, outline, finder=finder(name)) for name in FINDERS},
        _origins(plan, report),
        sum(not low <= pitch <= high for pitch in midi.pitches),
        piece_figures(midi.score),
    )


def refrain_tune(plan: Plan, name: str) -> tuple[tuple[int, int], ...]:
    """Return the tune of a theme from the plan's text, in its own key, from its first bar line on."""
    return tuple((note.onset_tick, note.pitch) for note in theme_of(plan, name).melody.notes)


def statements(plan: Plan, name: str) -> list[Statement]:
    """Return what each return of the refrain's sections must sound, by the plan's text, keys and bars.

    One statement for each section: all phrases of it that state the theme note for note.
    """
    theme = theme_of(plan, name)
    notes: dict[str, list[tuple[int, int]]] = {}
    for place in phrase_places(plan):
        if place.section.label == "A" and place.states_theme and place.entry.theme == name:
            first, _, last = (place.entry.theme_bars or f"1-{theme.bars}").partition("-")
            part = in_key(fragment(theme, int(first), int(last or first)), place.keys[0])
            notes.setdefault(place.section.id or "", []).extend(
                (note.onset_tick + place.bar_tick, note.pitch)
                for note in part.melody.notes
                if note.onset_tick + place.bar_tick < place.end_tick
            )
    return [Statement(section, tuple(row)) for section, row in notes.items() if row]


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
    from composer.training.config import read_config
    from composer.training.sources import list_files

    sources = read_config(styles_folder() / "networks" / "bach.train.yaml").sources
    chosen = []
    for source, files in zip(sources, list_files(sources, data), strict=True):
        if source.ensemble == "keyboard":
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
            found["keys"][name] += [span.agrees for span in judge_keys(score, outline, finder=finder(name))]
        found["cadences"] += [
            (str(cadence.planned.cadence), cadence.is_as_planned, cadence.bare)
            for cadence in judge_cadences(score, outline)
        ]
    return found


def chorale_keys(data: Path, *, every: int = 1) -> dict[str, list[bool]]:
    """Return whether the finders agree with key signature and final bass of whole chorales."""
    found: dict[str, list[bool]] = {name: [] for name in FINDERS}
    for path in sorted((data / "corpora" / "chorales").glob("*.musicxml"))[::every]:
        score = read_score(path).score
        key = _signed_key(score)
        if key is None:
            continue
        from composer.analysis.frames import note_array

        weights = pitch_class_quarters(note_array(score), 0, score.end_tick)
        for name in FINDERS:
            found[name].append(finder(name)(weights) == as_found(key))
    return found


def _signed_key(score: Score) -> Key | None:
    """Return the key that signature and last bass name together, or None where they do not (modal pieces)."""
    if len({key.signature for _, key in score.keys}) != 1:
        return None
    signature = score.keys[0][1].signature
    last = min((note for _, note in score.notes() if note.end_tick >= score.end_tick), default=None)
    lowest = min((n.pitch for _, n in score.notes() if last is not None and n.end_tick >= score.end_tick), default=None)
    for key in (Key(signature, "major"), Key(signature + 3, "minor")):
        if lowest is not None and lowest % 12 == key.tonic_pitch_class:
            return key
    return None
