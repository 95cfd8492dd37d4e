"""22 pianists and four excerpts: what they played, as quantities that can be compared.

What it is: `load` reads the Vienna 4x22 excerpts (evaluation data: measured with, never shipped) as Score, Outline and
Performances; `quantities` takes a performance apart into what is compared, `mean_of` and `correlation` compare.

Conventions: phrases were marked from the score before any tempo curve was seen (`phrases.json`). Graces are left out.
A quantity is nan where a pianist left a note out.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from composer.outline import Outline, PhraseSpan
from composer.perform import encode
from composer.performance import Performance, PlayedNote
from composer.score import Note, Part, Score, TempoMark, make_bars, sort_notes
from composer.theory.harmony import Cadence
from composer.theory.meter import TICKS_PER_QUARTER, Meter

Array = npt.NDArray[np.float64]
MEASURES = ("velocity", "top line", "onset IOI", "beat", "tactus", "bar", "articulation")


@dataclass(frozen=True, eq=False)
class Excerpt:
    """One excerpt: the score, its phrases and what each pianist did."""

    name: str
    score: Score
    outline: Outline
    played: tuple[Performance, ...]
    units: dict[str, int]  # ticks of beat, tactus, bar
    origin_tick: int  # tick of the first downbeat

    def grid(self, unit: str) -> Array:
        """Return the ticks of all beats, tactus or bars up to the last onset."""
        length = self.units[unit]
        start = self.origin_tick - self.origin_tick // length * length
        last = max(note.onset_tick for note in self.score.parts[0].notes if not note.is_grace)
        return np.arange(start, last + 1, length, dtype=np.float64)


def load(folder: Path, level: str) -> list[Excerpt]:
    """Read the excerpts."""
    marks = json.loads((folder / "phrases.json").read_text())
    rows: dict[str, list[dict[str, str]]] = defaultdict(list)
    with gzip.open(folder / "vienna4x22_notes.csv.gz", "rt") as stream:
        for line in csv.DictReader(stream):
            rows[line["piece"]].append(line)
    return [excerpt_of(name, lines, marks[name], level) for name, lines in sorted(rows.items())]


def excerpt_of(name: str, lines: list[dict[str, str]], mark: dict[str, Any], level: str) -> Excerpt:
    """Build Score, Outline and the pianists' performances of one excerpt."""
    lines = [line for line in lines if float(line["onset_q"]) < mark.get("cut", 1e9)]
    first_q = min(float(line["onset_q"]) for line in lines)
    pickup = round(max(0.0, -first_q) * TICKS_PER_QUARTER)
    notes: dict[str, Note] = {}
    for line in lines:
        notes.setdefault(
            line["sid"],
            Note(
                onset_tick=round(float(line["onset_q"]) * TICKS_PER_QUARTER) + pickup,
                pitch=int(line["pitch"]),
                duration_tick=round(float(line["dur_q"]) * TICKS_PER_QUARTER),
                staff=int(line["staff"]),
                voice=int(line["voice"]),
                is_grace=line["grace"] == "1" or float(line["dur_q"]) == 0,
            ),
        )
    meter = Meter(6, 8) if mark["tactus"] == 1.5 else Meter(round(mark["bar"]), 4)
    count = round(mark["end"] / mark["bar"] + 0.49)
    bars = make_bars(meter, count, pickup_tick=pickup)
    played = defaultdict(list)
    for line in lines:
        times = float(line["p_on"]), max(float(line["p_dur"]), 0.01)
        played[int(line["perf"])].append(PlayedNote(0, notes[line["sid"]], *times, int(line["vel"])))
    beat_bpm = 60 / np.median([tactus_sec(performed, mark["tactus"]) for performed in played.values()])
    part = Part("Piano", sort_notes(notes.values()), 0, 2)
    score = Score((part,), bars, tempos=(TempoMark(0, float(beat_bpm)),), title=name)
    outline = Outline(bars, phrases=phrases_of([*mark[level], mark["end"]], mark["L5"], pickup))
    return Excerpt(
        name=name,
        score=score,
        outline=outline,
        played=tuple(
            Performance(score, tuple(sorted(performed, key=lambda note: note.onset_sec)), ())
            for performed in played.values()
        ),
        units={unit: round(mark[unit] * TICKS_PER_QUARTER) for unit in ("beat", "tactus", "bar")},
        origin_tick=pickup,
    )


def phrases_of(starts_q: list[float], periods_q: list[float], pickup: int) -> tuple[PhraseSpan, ...]:
    """Return phrases; one that ends inside a period ends with a half cadence, the others with a full one."""
    edges = [max(0, round(start * TICKS_PER_QUARTER) + pickup) for start in starts_q]
    closing = {round(start * TICKS_PER_QUARTER) + pickup for start in periods_q} | {edges[-1]}
    return tuple(
        PhraseSpan(start, end, cadence=Cadence.PAC if end in closing else Cadence.HC) for start, end in pairwise(edges)
    )


def tactus_sec(performed: list[PlayedNote], tactus_q: float) -> float:
    """Return the mean length of the tactus."""
    first, last = performed[0], max(performed, key=lambda note: note.note.onset_tick)
    quarters = (last.note.onset_tick - first.note.onset_tick) / TICKS_PER_QUARTER
    return (last.onset_sec - first.onset_sec) / quarters * tactus_q


def late(excerpt: Excerpt) -> Excerpt:
    """Return the excerpt with every phrase one bar late."""
    bar, end = excerpt.units["bar"], excerpt.outline.phrases[-1].end_tick
    moved = [
        replace(span, start_tick=span.start_tick + bar, end_tick=min(span.end_tick + bar, end))
        for span in excerpt.outline.phrases
        if span.start_tick + bar < end
    ]
    first = PhraseSpan(0, moved[0].start_tick, cadence=Cadence.PAC)
    return replace(excerpt, outline=replace(excerpt.outline, phrases=(first, *moved)))


def quantities(excerpt: Excerpt, performance: Performance) -> dict[str, Array]:
    """Return each measured quantity of a performance; nan where a pianist left a note out."""
    notes = list(excerpt.score.parts[0].notes)
    index = {id(note): place for place, note in enumerate(notes)}
    velocity = np.full(len(notes), np.nan)
    articulation = np.full(len(notes), np.nan)
    code = encode(performance)
    for place, (_, note) in enumerate(code.strikes):
        if not note.is_grace:
            velocity[index[id(note)]] = code.velocity[place]
            articulation[index[id(note)]] = code.articulation_log2[place]
    top = np.array([note.pitch == highest(notes, note) for note in notes])
    onsets = sorted({note.onset_tick for note in notes if not note.is_grace})
    seen: dict[int, list[float]] = defaultdict(list)
    for played in performance.notes:
        if not played.note.is_grace:
            seen[played.note.onset_tick].append(played.onset_sec)
    ticks = np.array(sorted(seen), dtype=np.float64)
    seconds = np.array([np.mean(seen[int(tick)]) for tick in ticks])

    def log_tempo(grid: npt.ArrayLike) -> Array:
        places = np.asarray(grid, dtype=np.float64)
        steps = np.diff(np.interp(places, ticks, seconds)) / np.diff(places)
        return np.log(np.maximum(steps, 1e-9))

    values = {
        "velocity": velocity,
        "top line": np.where(top, velocity, np.nan),
        "onset IOI": log_tempo(onsets),
        "articulation": articulation,
    }
    for unit in excerpt.units:
        values[unit] = log_tempo(excerpt.grid(unit))
    return values


_HIGHEST: dict[tuple[int, int], int] = {}


def highest(notes: list[Note], note: Note) -> int:
    """Return the highest pitch that sounds at the onset of `note`."""
    key = (id(notes[0]), note.onset_tick)
    if key not in _HIGHEST:
        _HIGHEST[key] = max(
            other.pitch for other in notes if other.onset_tick <= note.onset_tick < other.end_tick or other is note
        )
    return _HIGHEST[key]


def mean_of(rows: list[Array]) -> Array:
    """Return the mean of z-scores at each place over those who played it; nan where nobody did."""
    scores = np.array([standard(values) for values in rows])
    count = np.isfinite(scores).sum(axis=0)
    return np.where(count > 0, np.nansum(scores, axis=0) / np.maximum(count, 1), np.nan)


def standard(values: Array) -> Array:
    """Return z-scores."""
    spread_of = np.nanstd(values)
    return (values - np.nanmean(values)) / spread_of if spread_of > 1e-9 else values * 0.0


def correlation(one: Array, other: Array) -> float:
    """Return Pearson's r over what both have; 0 where one is constant."""
    both = np.isfinite(one) & np.isfinite(other)
    if one[both].std() < 1e-9 or other[both].std() < 1e-9:
        return 0.0
    return float(np.corrcoef(one[both], other[both])[0, 1])
