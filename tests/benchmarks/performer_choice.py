"""Strengths of rules chosen on some excerpts, to be heard on another: leave one piece out.

What it is: `chosen` finds the strengths with which the rules come nearest to the mean of the pianists on the excerpts
that it is given; `measured` says how near some strengths come on one excerpt.

Conventions: the search begins with the published quantities and goes through the strengths one by one, taking another
value from `VALUES` only where it raises the mean correlation by `LEAST_GAIN`, until nothing does; tempo and loudness
are searched apart, since they are measured apart. Few values, a published start and a least gain keep three pieces
from being learned by heart. Nothing that is found here is shipped: the presets are made of published quantities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from pianists import Array, Excerpt, correlation, mean_of, quantities

from composer.perform import Player
from composer.perform.effect import Effect
from composer.perform.reading import Reading, read
from composer.perform.rules import MAX_LOG_PERIOD, RULES

VALUES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
LEAST_GAIN = 0.002
GOALS = {"tempo": ("onset IOI", "tactus", "bar"), "loudness": ("velocity", "top line")}
FREE = {
    "tempo": ("phrase_arch", "subphrase_arch", "duration_contrast", "double_duration", "final_ritard"),
    "loudness": (
        "arch_loudness",
        "high_loud",
        "melody_voicing",
        "bass_voicing",
        "texture_loud",
        "metrical_accent",
    ),
}

Strengths = Mapping[str, float]


def chosen(excerpts: Sequence[Excerpt], start: Strengths, silent: Player) -> dict[str, float]:
    """Return the strengths that come nearest to the pianists of these excerpts, from published ones on."""
    found = dict(start)
    for side, names in FREE.items():
        best = _goal(excerpts, found, silent, side)
        moves = True
        while moves:
            moves = False
            for name in names:
                tried = [{**found, name: value} for value in VALUES if value != found.get(name, 0.0)]
                values = [_goal(excerpts, strengths, silent, side) for strengths in tried]
                if max(values) > best + LEAST_GAIN:
                    best, found, moves = max(values), tried[int(np.argmax(values))], True
    return found


def _goal(excerpts: Sequence[Excerpt], strengths: Strengths, silent: Player, side: str) -> float:
    rows = [measured(excerpt, strengths, silent) for excerpt in excerpts]
    return float(np.mean([[row[goal] for goal in GOALS[side]] for row in rows]))


def measured(excerpt: Excerpt, strengths: Strengths, silent: Player) -> dict[str, float]:
    """Return the correlations of the sums of rules with the mean of the pianists: as `perform` without chance."""
    reading, pianists = _read(excerpt)
    level_db, log_period = np.zeros(reading.num_notes), np.zeros(reading.num_points)
    for name, value in strengths.items():
        if name in RULES and value > 0:
            effect = _effect(excerpt, name, value, silent)
            level_db = level_db if effect.level_db is None else level_db + effect.level_db
            log_period = log_period if effect.log_period is None else log_period + effect.log_period
    place = {id(note): index for index, note in enumerate(excerpt.score.parts[0].notes)}
    velocity = np.full(len(place), np.nan)
    for (_, note), level, is_grace in zip(reading.strikes, level_db, reading.is_grace, strict=True):
        if not is_grace:
            velocity[place[id(note)]] = level
    quarter_sec = reading.quarter_sec * np.exp(np.clip(log_period, -MAX_LOG_PERIOD, MAX_LOG_PERIOD))
    point_sec = np.concatenate([[0.0], np.cumsum(np.diff(reading.point_tick) * quarter_sec[:-1])])
    onsets = reading.point_tick[reading.onset_points].astype(np.float64)
    grids = {"onset IOI": onsets, **{unit: excerpt.grid(unit) for unit in excerpt.units}}
    # Where a pianist's note is not of the top line, `pianists` has no number.
    found = {name: correlation(velocity, pianists[name]) for name in GOALS["loudness"]}
    for name, grid in grids.items():
        seconds = np.interp(grid, onsets, point_sec[reading.onset_points])
        found[name] = correlation(np.log(np.diff(seconds) / np.diff(grid)), pianists[name])
    return found


@lru_cache(maxsize=64)
def _read(excerpt: Excerpt) -> tuple[Reading, dict[str, Array]]:
    played = [quantities(excerpt, performance) for performance in excerpt.played]
    means = {name: mean_of([values[name] for values in played]) for name in played[0]}
    return read(excerpt.score, excerpt.outline), means


@lru_cache(maxsize=4096)
def _effect(excerpt: Excerpt, name: str, value: float, silent: Player) -> Effect:
    return RULES[name](_read(excerpt)[0], replace(silent, **{name: value}))
