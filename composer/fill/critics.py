"""Critics: what each particle's new bar is worth, as log weights.

What it is: small functions that look at one bar of every particle at once and return penalties; the particle filter
adds them to the particles' weights. They judge what the plan asks for (chord, key, texture) and what no piece wants
(silence, a stuck chord, notes that no hand can reach, a copy); those of single lines are in `line_critics.py`. The
network's own likelihood of free notes is never maximised, since that selects silence and held chords.

Conventions: rolls are bool [particle, step, pitch]; a penalty is >= 0, in nats, [particle]. `Bar` (`bar.py`)
holds the facts of the steps; `before` is what each particle has sounded so far.

Contents: `penalties`, `CRITICS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from composer.fill.bar import Bar, stuck_steps, unreachable_steps
from composer.fill.line_critics import (
    Penalty,
    copied,
    leaps,
    melody,
    missing_voices,
    parallel_voices,
    parallels,
    planned_bass,
)
from composer.roll.codec import BoolArray

# Weight of a struck note by the strength of its place (0..4): a passing note off the beat may be anything.
_STRENGTH_WEIGHT = np.array([0.2, 0.35, 0.8, 0.9, 1.0])
_MAJOR = (1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1)
_MINOR = (1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1)


def penalties(bar: Bar, weights: Mapping[str, float] | None = None) -> NDArray[np.float64]:
    """Return the weighed penalties [critic, particle], critics in the order of `CRITICS`.

    Args:
        bar: the new bar.
        weights: factor of each critic by name; missing ones count 1 (those of `OFF_BY_DEFAULT` 0).
    """
    judged = np.zeros((len(CRITICS), len(bar.play)))
    for row, (name, critic) in enumerate(CRITICS.items()):
        factor = (weights or {}).get(name, 0.0 if name in OFF_BY_DEFAULT else 1.0)
        if factor:
            judged[row] = factor * critic(bar)
    return judged


def chord(bar: Bar) -> Penalty:
    """Struck notes outside the planned chord, weighed by their place, beyond the share that real pieces have."""
    weight = _STRENGTH_WEIGHT[np.maximum(bar.facts.strength, 0)][None, :, None]
    struck = bar.articulate & bar.free
    strange = (struck & ~bar.members) * weight
    excess = strange.sum(axis=(1, 2)) - 0.20 * (struck * weight).sum(axis=(1, 2))
    on_beat = np.flatnonzero(bar.facts.strength >= 2)
    held = (bar.play & bar.free & ~bar.members)[:, on_beat].sum(axis=(1, 2))
    return 0.9 * np.maximum(excess, 0) + 0.15 * held


def scale(bar: Bar) -> Penalty:
    """Struck notes that are neither in the local scale nor in the chord."""
    scales = np.array([_MAJOR, _MINOR], bool)
    degree = (bar.pitch_class[None, :] - bar.facts.tonic[:, None]) % 12
    inside = scales[np.maximum(bar.facts.mode, 0)[:, None], degree] | (bar.facts.tonic < 0)[:, None]
    strange = bar.articulate & bar.free & ~inside & ~(bar.members & (bar.facts.chord_members > 0)[:, None])
    return 1.5 * strange.sum(axis=(1, 2)).astype(float)


def bass(bar: Bar) -> Penalty:
    """A chord that begins over another bass note than the planned one."""
    begins: BoolArray = np.asarray((bar.facts.chord_age == 0) & (bar.facts.chord_bass >= 0))
    if not begins.any():
        return np.zeros(len(bar.play))
    play = bar.play[:, begins]
    sounds: BoolArray = np.asarray(play.any(axis=2))
    lowest = bar.pitch_class[play.argmax(axis=2)]
    wrong = (lowest != bar.facts.chord_bass[begins][None, :]) | ~sounds
    return 0.9 * wrong.sum(axis=1).astype(float)


def silence(bar: Bar) -> Penalty:
    """Steps in which nothing sounds, where the pins leave the choice."""
    open_steps: BoolArray = np.asarray(bar.free.any(axis=1))
    silent = ~bar.play.any(axis=2) & open_steps[None, :]
    return 0.4 * np.maximum(silent.sum(axis=1) - 2.0, 0)


def stuck(bar: Bar) -> Penalty:
    """The same notes sounding, or struck again, for longer than a bar."""
    longest = stuck_steps(bar)
    limit = bar.facts.steps_in_bar[0]
    return 3.0 * bar.share * np.maximum(longest - limit, 0) / max(1, limit)


def texture(bar: Bar) -> Penalty:
    """Distance from the planned moments a beat (at which anything is struck) and notes at once.

    The plan counts the moments of each hand; of the slower hand's about two thirds fall on the quicker one's.
    """
    if bar.facts.onsets_x8[0, 0] < 0:
        return np.zeros(len(bar.play))
    beats = len(bar.facts.bar) / bar.facts.steps_in_beat[0]
    moments = bar.articulate.any(axis=2).sum(axis=1) / beats
    hands = bar.facts.onsets_x8 / 8
    planned = float((hands.max(axis=1) + 0.35 * hands.min(axis=1)).mean())
    planned = min(planned, float(bar.facts.steps_in_beat[0]))
    notes = bar.play.sum(axis=2).mean(axis=1)
    at_once = bar.facts.polyphony_x8.sum(axis=1).mean() / 8
    cost = 1.2 * ((moments - planned) / (0.4 + 0.25 * planned)) ** 2 + 0.8 * ((notes - at_once) / 0.8) ** 2
    return bar.share * cost


def fullness(bar: Bar) -> Penalty:
    """A chord that begins on a beat without its third, above all the last one of a phrase."""
    begins: BoolArray = np.asarray((bar.facts.chord_age == 0) & (bar.facts.chord_root >= 0) & (bar.facts.strength >= 2))
    cost = np.zeros(len(bar.play))
    for step in np.flatnonzero(begins):
        thirds = [(bar.facts.chord_root[step] + size) % 12 for size in (3, 4)]
        third = [pitch_class for pitch_class in thirds if bar.facts.chord_members[step] >> pitch_class & 1]
        has_third = bar.play[:, step, np.isin(bar.pitch_class, third)].any(axis=1)
        cost += np.where(has_third, 0.0, 0.9 if bar.facts.cadence_distance[step] == 0 else 0.15)
    return cost


def clashes(bar: Bar) -> Penalty:
    """Minor seconds that sound together on a beat."""
    on_beat = np.flatnonzero(bar.facts.strength >= 2)
    play = bar.play[:, on_beat]
    return 0.3 * (play[:, :, 1:] & play[:, :, :-1]).sum(axis=(1, 2)).astype(float)


def reach(bar: Bar) -> Penalty:
    """Steps with a note that neither hand reaches: between the lowest plus a span and the highest less a span."""
    if not bar.plays_keyboard:
        return np.zeros(len(bar.play))
    play = bar.play if bar.solo is None else bar.play & ~bar.solo
    return 1.0 * unreachable_steps(play).astype(float)


def crowd(bar: Bar) -> Penalty:
    """Notes for which there is nobody: more at once than single lines, or than of those that reach so low or high."""
    most = np.zeros(bar.play.shape[:2])
    pitch = bar.low_pitch + np.arange(bar.play.shape[2])
    for bound in {low for low, _ in bar.compasses}:
        below = bar.play[:, :, pitch < bound].sum(axis=2)
        most = np.maximum(most, below - sum(low < bound for low, _ in bar.compasses))
    for bound in {high for _, high in bar.compasses}:
        above = bar.play[:, :, pitch > bound].sum(axis=2)
        most = np.maximum(most, above - sum(high > bound for _, high in bar.compasses))
    if bar.compasses:
        most = np.maximum(most, bar.play.sum(axis=2) - len(bar.compasses))
    return 1.0 * most.sum(axis=1)


CRITICS: dict[str, Callable[[Bar], Penalty]] = {
    "chord": chord,
    "scale": scale,
    "bass": bass,
    "silence": silence,
    "stuck": stuck,
    "texture": texture,
    "fullness": fullness,
    "parallels": parallels,
    "parallel_voices": parallel_voices,
    "planned_bass": planned_bass,
    "missing_voices": missing_voices,
    "clashes": clashes,
    "reach": reach,
    "crowd": crowd,
    "leaps": leaps,
    "copied": copied,
    "melody": melody,
}
OFF_BY_DEFAULT = {"melody", "missing_voices", "parallel_voices", "planned_bass"}
VOICED_WEIGHTS = {"parallel_voices": 2.5, "missing_voices": 1.0}  # where voices are told apart
# A line alone has no chords of its own to get right, no bass, and is as thick as a line.
LINE_WEIGHTS = {
    **dict.fromkeys(("bass", "texture", "fullness", "parallels", "clashes", "reach", "crowd", "leaps"), 0.0),
    "melody": 1.0,
    "planned_bass": 1.0,
}
