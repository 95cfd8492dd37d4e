"""One bar of all particles, as critics see it, and what can be counted in it: silence, stillness, what no hand reaches.

Conventions: rolls are bool [particle, step, pitch]; what is counted is [particle].

Contents: `Bar`, `unreachable_steps`, `stuck_steps`, `silent_run`, `hard_faults`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from composer.analysis.copying import RunIndex
from composer.roll.codec import BoolArray
from composer.roll.facts import StepFacts
from composer.roll.pins import FREE, Pins

HAND_SPAN = 12  # semitones that one hand holds, inclusive


@dataclass(frozen=True)
class Bar:
    """One bar of all particles, or one beat of it.

    Attributes:
        play, articulate: bool [particle, step, pitch], the new bar.
        before_play, before_articulate: bool [particle, step, pitch], everything earlier (the lead-in included).
        facts, pins: of the bar's steps.
        low_pitch: MIDI number of pitch index 0.
        plays_keyboard: two hands must reach everything but the soloist's notes.
        before_free: bool [step, pitch], as `free` of everything earlier.
        runs: those of the training pieces, by which copies are told.
        solo: bool [step, pitch], the soloist's notes; None: there is no soloist.
        compasses: (lowest, highest) MIDI pitch of each part, where each is a single line; else empty.
        bass_before: pitch class of the planned bass in the step before the bar, or -1.
        moving: bool [step]; the last steps of beats in which the voices go on; None: nothing is asked for.
        open_ends: bool [step]; the last steps of phrases without a cadence; None: there are none.
    """

    play: BoolArray
    articulate: BoolArray
    before_play: BoolArray
    before_articulate: BoolArray
    facts: StepFacts
    pins: Pins
    low_pitch: int
    plays_keyboard: bool
    before_free: BoolArray
    runs: tuple[RunIndex, ...] = ()
    solo: BoolArray | None = None
    compasses: tuple[tuple[int, int], ...] = ()
    bass_before: int = -1
    moving: BoolArray | None = None
    open_ends: BoolArray | None = None

    @property
    def free(self) -> BoolArray:
        """Whether the cell is the network's own choice: bool [step, pitch]."""
        return self.pins.code == FREE


def unreachable_steps(play: BoolArray) -> NDArray[np.int_]:
    """Return for each particle the steps in which some note is out of both hands' reach."""
    count = play.shape[2]
    index = np.arange(count)
    sounds: BoolArray = np.asarray(play.any(axis=2))
    low = play.argmax(axis=2)
    high = count - 1 - play[:, :, ::-1].argmax(axis=2)
    between = (index > low[..., None] + HAND_SPAN) & (index < high[..., None] - HAND_SPAN)
    return ((play & between).any(axis=2) & sounds).sum(axis=1)


def stuck_steps(bar: Bar) -> NDArray[np.int_]:
    """Return for each particle how many steps before the bar's end its last new pitch came, at the longest.

    A step is new when a pitch begins that did not sound in the step before it, or when it is silent as it must be.
    """
    reach_back = 3 * int(bar.facts.steps_in_bar[0])
    play = np.concatenate([bar.before_play[:, -reach_back:], bar.play], axis=1)
    fresh = (play[:, 1:] & ~play[:, :-1]).any(axis=2)
    is_open: BoolArray = np.asarray(np.concatenate([bar.before_free[-reach_back:], bar.free]).any(axis=1))
    fresh |= ~(is_open | play.any(axis=2))[:, 1:]
    run = np.zeros(len(play), int)
    longest = np.zeros(len(play), int)
    first_new = play.shape[1] - bar.play.shape[1]
    for step in range(fresh.shape[1]):
        run = np.where(fresh[:, step], 0, run + 1)
        if step + 1 >= first_new:
            longest = np.maximum(longest, run)
    return longest


def silent_run(bar: Bar) -> NDArray[np.int_]:
    """Return for each particle the longest run of silent steps that ends in this bar and that no pin asks for."""
    reach_back = 2 * int(bar.facts.steps_in_bar[0])
    open_steps: BoolArray = np.asarray(bar.free.any(axis=1))
    before = bar.before_play[:, -reach_back:].any(axis=2) | ~bar.before_free[-reach_back:].any(axis=1)
    silent = np.concatenate([~before, ~bar.play.any(axis=2) & open_steps[None, :]], axis=1)
    run = np.zeros(len(silent), int)
    longest = np.zeros(len(silent), int)
    for step in range(silent.shape[1]):
        run = np.where(silent[:, step], run + 1, 0)
        if step >= before.shape[1]:
            longest = np.maximum(longest, run)
    return longest


def hard_faults(bar: Bar) -> BoolArray:
    """Return for each particle whether its bar must be refused.

    That is: silence of more than a bar, or one chord held or struck on for more than two bars, that the plan does not
    ask for. A bar that is given whole is never refused: no particle could mend it.
    """
    if not (bar.pins.code == FREE).any():
        return np.zeros(len(bar.play), bool)
    limit = int(bar.facts.steps_in_bar[0])
    planned_still = int(bar.facts.chord_age[-1]) > 2 * limit and int(bar.facts.onsets_x8[0].sum()) <= 4
    refused = silent_run(bar) > limit
    if not planned_still:
        refused |= stuck_steps(bar) > 2 * limit
    return refused
