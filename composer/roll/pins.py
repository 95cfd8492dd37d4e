"""Pins: the cells that are given, and what every note hears of them.

Conventions: `code` is FREE (the network decides), SILENT, STRUCK or HELD for each [step, pitch]. A pinned melody keeps
the cells above it silent, a pinned bass those below it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from composer.roll.codec import BoolArray, ByteArray
from composer.roll.facts import FAR

FREE, SILENT, STRUCK, HELD = 0, 1, 2, 3


@dataclass(frozen=True)
class Pins:
    """Given cells over a stretch of steps.

    Attributes:
        code: int8 [step, pitch]: FREE, SILENT, STRUCK or HELD.
        next_struck: bool [step, pitch]; the cells that are struck at the next pinned onset after this step.
        steps_to_onset: int16 [step]; steps until that onset, -1 where none comes.
        has_melody, has_bass: bool [step]; the top or bottom line is given here.
    """

    code: ByteArray
    next_struck: BoolArray
    steps_to_onset: NDArray[np.int16]
    has_melody: BoolArray
    has_bass: BoolArray

    def sliced(self, start: int, stop: int) -> Pins:
        """Return the pins of the steps [start, stop); what comes after is still heard."""
        return Pins(
            self.code[start:stop],
            self.next_struck[start:stop],
            self.steps_to_onset[start:stop],
            self.has_melody[start:stop],
            self.has_bass[start:stop],
        )


def no_pins(num_steps: int, num_pitches: int) -> Pins:
    """Return pins that give nothing."""
    return make_pins(np.zeros((num_steps, num_pitches), np.int8))


def make_pins(code: ByteArray, *, has_melody: BoolArray | None = None, has_bass: BoolArray | None = None) -> Pins:
    """Return the pins of a code array, with what the notes hear of the coming onsets worked out."""
    num_steps = len(code)
    struck = code == STRUCK
    onset_steps = np.flatnonzero(struck.any(axis=1))
    following = np.searchsorted(
        onset_steps, np.arange(num_steps), side="right"
    )  # index of the next onset, strictly later
    exists = following < len(onset_steps)
    next_struck = np.zeros_like(struck)
    steps_to_onset = np.full(num_steps, -1, np.int16)
    if exists.any():
        goal = onset_steps[np.minimum(following, len(onset_steps) - 1)]
        next_struck[exists] = struck[goal[exists]]
        steps_to_onset[exists] = np.minimum(goal - np.arange(num_steps), FAR)[exists]
    nothing = np.zeros(num_steps, bool)
    return Pins(
        code,
        next_struck,
        steps_to_onset,
        nothing if has_melody is None else has_melody,
        nothing if has_bass is None else has_bass,
    )


def pin_cells(play: BoolArray, articulate: BoolArray, *, steps: BoolArray | None = None) -> ByteArray:
    """Return a code that gives the sounding cells as STRUCK or HELD and leaves all others FREE.

    Args:
        play, articulate: bool [step, pitch]; the notes to give.
        steps: bool [step]; only there. None: everywhere.
    """
    code = np.where(play, np.where(articulate, STRUCK, HELD), FREE).astype(np.int8)
    if steps is not None:
        code[~steps] = FREE
    return code


def silence_above(code: ByteArray, top: NDArray[np.int_]) -> None:
    """Mark in place the cells above `top[step]` as SILENT (-1 in `top`: leave the step as it is)."""
    index = np.arange(code.shape[1])
    cells = (index[None, :] > top[:, None]) & (top >= 0)[:, None]
    code[cells] = SILENT


def silence_below(code: ByteArray, bottom: NDArray[np.int_]) -> None:
    """Mark in place the cells below `bottom[step]` as SILENT (-1: leave the step as it is)."""
    index = np.arange(code.shape[1])
    cells = (index[None, :] < bottom[:, None]) & (bottom >= 0)[:, None]
    code[cells] = SILENT


def top_line(play: BoolArray) -> NDArray[np.int_]:
    """Return the index of the highest sounding pitch of each step, -1 in silence."""
    num_pitches = play.shape[1]
    return np.where(play.any(axis=1), num_pitches - 1 - np.argmax(play[:, ::-1], axis=1), -1)


def bottom_line(play: BoolArray) -> NDArray[np.int_]:
    """Return the index of the lowest sounding pitch of each step, -1 in silence."""
    return np.where(play.any(axis=1), np.argmax(play, axis=1), -1)


def only_line(play: BoolArray, line: NDArray[np.int_]) -> BoolArray:
    """Return the cells of one line: `line[step]` is a pitch index or -1."""
    cells = np.zeros_like(play)
    steps = np.flatnonzero(line >= 0)
    cells[steps, line[steps]] = True
    return cells & play


def draw_pins(
    play: BoolArray,
    articulate: BoolArray,
    voice: ByteArray,
    phrase_age: NDArray[np.int16],
    cadence_distance: NDArray[np.int16],
    generator: np.random.Generator,
) -> Pins:
    """Draw the pins that a training window hears: the patterns that composing uses.

    None (40 %), the top line (25 %), top and bass (8 %), openings of phrases (8 %), outer voices at phrase ends (11 %),
    one voice of the score (8 %).

    Args:
        play, articulate, voice: of the window, [step, pitch].
        phrase_age, cadence_distance: of its steps, as in StepFacts.
    """
    kind = generator.choice(
        ["none", "top", "outer", "opening", "ending", "voice"], p=[0.40, 0.25, 0.08, 0.08, 0.11, 0.08]
    )
    if kind == "none":
        return no_pins(*play.shape)
    if kind == "opening":
        length = int(generator.integers(8, 33))
        steps = (phrase_age >= 0) & (phrase_age < length)
        code = np.where(play, np.where(articulate, STRUCK, HELD), SILENT).astype(np.int8)
        code[~steps] = FREE
        return make_pins(code, has_melody=steps, has_bass=steps)
    if kind == "voice":
        present = np.unique(voice[voice >= 0])
        if len(present) == 0:
            return no_pins(*play.shape)
        return make_pins(pin_cells(play & (voice == generator.choice(present)), articulate))
    steps = np.ones(len(play), bool)
    if kind == "ending":
        length = int(generator.integers(4, 17))
        steps = (cadence_distance >= 0) & (cadence_distance < length)
    return pin_outer(play, articulate, with_bass=kind in ("outer", "ending"), steps=steps)


def pin_outer(play: BoolArray, articulate: BoolArray, *, with_bass: bool, steps: BoolArray) -> Pins:
    """Return pins of the top line, with or without the bass, on the given steps; the cells beyond them are silent."""
    top = np.where(steps, top_line(play), -1)
    code = pin_cells(only_line(play, top), articulate)
    silence_above(code, top)
    if with_bass:
        bottom = np.where(steps, bottom_line(play), -1)
        bass = pin_cells(only_line(play, bottom), articulate)
        code = np.where(bass > 0, bass, code)
        silence_below(code, bottom)
    return make_pins(code, has_melody=steps, has_bass=steps if with_bass else None)
