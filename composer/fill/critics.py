"""Critics: what each particle's new bar is worth, as log weights.

What it is: small functions that look at one bar of every particle at once and return penalties; the particle filter
adds them to the particles' weights. They judge what the network is not told: silence, halts, breaths, parallels, leaps,
what no hand and no part can play, a copy, and what a line alone should be. Chords, keys, basses and textures are not
judged again: the network is told them, and `bench_critics.py` found nothing better in pieces composed with critics of
these. The network's own likelihood of free notes is never maximised, since that selects silence and held chords.

Conventions: rolls are bool [particle, step, pitch]; a penalty is >= 0, in nats, [particle]. `Bar` (`bar.py`)
holds the facts of the steps; `before` is what each particle has sounded so far.

Contents: `penalties`, `CRITICS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from composer.fill.bar import Bar, unreachable_steps
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


def silence(bar: Bar) -> Penalty:
    """Steps in which nothing sounds, where the pins leave the choice."""
    open_steps: BoolArray = np.asarray(bar.free.any(axis=1))
    silent = ~bar.play.any(axis=2) & open_steps[None, :]
    return 0.4 * np.maximum(silent.sum(axis=1) - 2.0, 0)


def standstill(bar: Bar) -> Penalty:
    """Beats at whose end all voices, or a line alone, stand still although their style goes on (`Stretch.moving`).

    For each doubling of the time since anything began, against the mean of the last two bars; where a phrase ends
    without a cadence the first one is free, as long as it makes no halt of a beat.
    """
    found = np.zeros(len(bar.play))
    if bar.moving is None or not bar.moving.any():
        return found
    struck: BoolArray = np.asarray(np.concatenate([bar.before_articulate, bar.articulate], axis=1).any(axis=2))
    for step in np.flatnonzero(bar.moving):
        still, usual = _stillness(struck, bar, int(step))
        doublings = np.log2(still / usual)
        if bar.open_ends is not None and bar.open_ends[step]:
            doublings = doublings - (still < int(bar.facts.steps_in_beat[step]))
        found += np.clip(doublings, 0, 2)
    return 2.0 * found


def no_breath(bar: Bar) -> Penalty:
    """Phrases without a cadence at whose end the highest voice runs on, so that nobody hears that they end.

    For each doubling by which its last note is shorter than twice the mean of its last two bars, or than a beat: real
    ones are 1.8 (Haydn, Mozart) to 2.3 times (Chopin) as long as the usual note of their piece.
    """
    found = np.zeros(len(bar.play))
    if bar.open_ends is None or not bar.open_ends.any():
        return found
    play = np.concatenate([bar.before_play, bar.play], axis=1)
    articulate = np.concatenate([bar.before_articulate, bar.articulate], axis=1)
    top = play.shape[2] - 1 - play[:, :, ::-1].argmax(axis=2)
    struck: BoolArray = np.asarray(np.take_along_axis(articulate, top[:, :, None], axis=2)[:, :, 0])
    for step in np.flatnonzero(bar.open_ends):
        still, usual = _stillness(struck, bar, int(step))
        wanted = np.minimum(2 * usual, int(bar.facts.steps_in_beat[step]))
        found += np.clip(np.log2(wanted / still), 0, 2)
    return 2.0 * found


def _stillness(struck: BoolArray, bar: Bar, step: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the steps since the last onset up to a step of the bar, and the mean between onsets of its last two bars.

    Args:
        struck: bool [particle, step], the onsets of everything earlier and of the bar.
        bar: the new bar.
        step: of the bar.
    """
    end = struck.shape[1] - bar.play.shape[1] + step + 1
    heard = struck[:, max(0, end - 2 * int(bar.facts.steps_in_bar[step])) : end]
    still = np.where(heard.any(axis=1), heard[:, ::-1].argmax(axis=1) + 1.0, heard.shape[1])
    return still, heard.shape[1] / np.maximum(heard.sum(axis=1), 1)


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
    "silence": silence,
    "standstill": standstill,
    "no_breath": no_breath,
    "parallels": parallels,
    "parallel_voices": parallel_voices,
    "planned_bass": planned_bass,
    "missing_voices": missing_voices,
    "reach": reach,
    "crowd": crowd,
    "leaps": leaps,
    "copied": copied,
    "melody": melody,
}
OFF_BY_DEFAULT = {"melody", "missing_voices", "parallel_voices", "planned_bass"}
VOICED_WEIGHTS = {"parallel_voices": 2.5, "missing_voices": 1.0}  # where voices are told apart
# Of a line alone, which has no other voices and a critic of its own for leaps.
LINE_WEIGHTS = {**dict.fromkeys(("parallels", "reach", "crowd", "leaps"), 0.0), "melody": 1.0, "planned_bass": 1.0}
