"""The performer beside 22 pianists: correlations with their mean on the Vienna 4x22 excerpts.

Run by hand, with the evaluation data in the folder that RITORNELLO_DATA names (`performance/vienna4x22_notes.csv.gz`
and `performance/phrases.json`; measured with, never shipped):

    RITORNELLO_DATA=… python tests/benchmarks/bench_performer.py

What is measured, each as a correlation with the mean over the pianists of the z-scored quantity: velocity of all
notes and of the top line, the inter-onset intervals, the length of beat, tactus and bar. Graces are left out. Floor:
deadpan has no variance at all, so 0. Ceiling: one pianist against the mean of the others. The phrase marks were made
from the score; with every boundary moved by one bar the bar tempo must fall, or the phrases would not be used.

The systems are published quantities (k = 1; arches at 1.5, turn .5) without fitting, except that double duration is
kept to the patterns in which pianists show it, seen on these same excerpts.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import sys
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from composer.outline import Outline, PhraseSpan
from composer.perform import Player, encode, perform, player_named
from composer.performance import Performance, PlayedNote
from composer.score import Note, Part, Score, TempoMark, make_bars, sort_notes
from composer.theory.harmony import Cadence
from composer.theory.meter import TICKS_PER_QUARTER, Meter

Array = npt.NDArray[np.float64]
MEASURES = ("velocity", "top line", "onset IOI", "beat", "tactus", "bar", "articulation")
SILENT = Player(
    name="silent",
    description="no rule at all",
    final_ritard=0.0,
    high_loud=0.0,
    melody_voicing=0.0,
    metrical_accent=0.0,
    duration_contrast=0.0,
    double_duration=0.0,
    phrase_gap=0.0,
    repetition_gap=0.0,
    lead_ms_per_unit=0.0,
    chord_jitter_ms=0.0,
    tempo_noise=0.0,
    velocity_noise=0.0,
)
ARCH: dict[str, float] = {"phrase_arch": 1.5, "subphrase_arch": 1.5, "arch_loudness": 3.0}
SIMPLE = {**ARCH, "high_loud": 1.0, "final_ritard": 0.9}
SYSTEMS: dict[str, dict[str, float]] = {
    "high-loud": {"high_loud": 1.0},
    "top note +4 dB": {"melody_voicing": 1.0},
    "phrase arch": ARCH,
    "final ritard": {"final_ritard": 0.9},
    "SIMPLE": SIMPLE,
    "SIMPLE + voicing": {**SIMPLE, "melody_voicing": 1.0},
    "FULL": {
        **SIMPLE,
        "melody_voicing": 1.0,
        "duration_contrast": 1.0,
        "double_duration": 1.0,
        "metrical_accent": 1.0,
    },
}


@dataclass(frozen=True)
class Excerpt:
    """One excerpt: the score, its phrases and what each pianist did."""

    name: str
    score: Score
    outline: Outline
    ids: dict[str, int]  # score note id -> index in the score's notes
    played: tuple[Performance, ...]
    units: dict[str, int]  # ticks of beat, tactus, bar
    origin_tick: int  # tick of the first downbeat


def main() -> None:
    """Print the tables."""
    folder = os.environ.get("RITORNELLO_DATA")
    if not folder:
        sys.exit("set RITORNELLO_DATA to the folder that holds performance/")
    excerpts = load(Path(folder) / "performance", "L6")
    upper = load(Path(folder) / "performance", "L5")
    print(f"mean of {len(excerpts)} excerpts, r with the mean of the pianists\n")
    print(f"{'system':28s}" + "".join(f"{name:>13s}" for name in MEASURES))
    row("deadpan", [measure(excerpt, SILENT, expression=0.0) for excerpt in excerpts])
    for name, strengths in SYSTEMS.items():
        row(name, [measure(excerpt, replace(SILENT, **strengths)) for excerpt in excerpts])
        if name in ("SIMPLE", "FULL"):
            row(f"{name}, upper marks only", [measure(excerpt, replace(SILENT, **strengths)) for excerpt in upper])
    for name in ("baroque", "classical", "romantic"):
        row(f"player {name}", [measure(excerpt, player_named(name)) for excerpt in excerpts])
    row("one pianist vs others", [leave_one_out(excerpt) for excerpt in excerpts])
    full = replace(SILENT, **SYSTEMS["FULL"])
    print("\nFULL, by excerpt")
    for excerpt in excerpts:
        row(excerpt.name, [measure(excerpt, full)])
    print("\nFULL, every phrase boundary one bar late")
    row("all", [measure(late(excerpt), full) for excerpt in excerpts])
    print("\ntwo takes of one player (takes 1 to 8, all pairs)")
    for name in ("baroque", "classical", "romantic"):
        row(name, [takes(excerpt, player_named(name)) for excerpt in excerpts])
    print("\nspread: SD of velocity, of log tempo at the beat, tactus, bar; last tactus ÷ median")
    for excerpt in excerpts:
        print(f"{excerpt.name:28s} pianists {spread(excerpt, excerpt.played)}")
        print(f"{'':28s} romantic {spread(excerpt, [perform(excerpt.score, excerpt.outline, player='romantic')])}")


def row(name: str, results: list[dict[str, float]]) -> None:
    """Print the mean of several results as one line."""
    means = [np.mean([result[measure] for result in results]) for measure in MEASURES]
    print(f"{name:28s}" + "".join(f"{mean:13.2f}" for mean in means))


# ---------------------------------------------------------------- data


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
        ids={sid: index for index, sid in enumerate(notes)},
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


# ---------------------------------------------------------------- measures


def measure(excerpt: Excerpt, player: Player, *, expression: float = 1.0) -> dict[str, float]:
    """Return the correlations of one performance by the rules with the mean of the pianists."""
    ours = perform(excerpt.score, excerpt.outline, player=player, expression=expression)
    return against(excerpt, quantities(excerpt, ours), excerpt.played)


def leave_one_out(excerpt: Excerpt) -> dict[str, float]:
    """Return the mean correlation of a pianist with the mean of the others."""
    results = [
        against(excerpt, quantities(excerpt, one), [other for other in excerpt.played if other is not one])
        for one in excerpt.played
    ]
    return {name: float(np.mean([result[name] for result in results])) for name in MEASURES}


def takes(excerpt: Excerpt, player: Player) -> dict[str, float]:
    """Return the mean correlation of two takes of one player."""
    played = [perform(excerpt.score, excerpt.outline, player=player, take=take) for take in range(1, 9)]
    values = [quantities(excerpt, performance) for performance in played]
    pairs = [(one, other) for index, one in enumerate(values) for other in values[:index]]
    return {name: float(np.mean([correlation(one[name], other[name]) for one, other in pairs])) for name in MEASURES}


def against(excerpt: Excerpt, ours: dict[str, Array], pianists: Any) -> dict[str, float]:
    """Return the correlation of each quantity with its mean over the pianists."""
    theirs = [quantities(excerpt, pianist) for pianist in pianists]
    return {name: correlation(ours[name], mean_of([values[name] for values in theirs])) for name in MEASURES}


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
    for unit, length in excerpt.units.items():
        start = excerpt.origin_tick - excerpt.origin_tick // length * length
        values[unit] = log_tempo(np.arange(start, onsets[-1] + 1, length))
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


def spread(excerpt: Excerpt, performances: Any) -> str:
    """Return the amplitudes of performances as text, mean over them."""
    rows = []
    for performance in performances:
        values = quantities(excerpt, performance)
        last = np.exp(values["tactus"][-1] - np.median(values["tactus"]))
        rows.append([np.nanstd(values[name]) for name in ("velocity", "beat", "tactus", "bar")] + [last])
    return "  ".join(f"{value:6.2f}" for value in np.mean(rows, axis=0))


if __name__ == "__main__":
    main()
