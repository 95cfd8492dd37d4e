"""What a finished phrase must have: its cadence, its key, and where it follows a theme closely a likeness to it that is
neither too little nor too much; the particle filter begins a phrase again that has not.

Contents: `phrase_goals`, `last_chord`, `CADENCE`, `KEY`, `LIKENESS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from composer.fill.followed import NEARLY_STATED, follows_closely
from composer.fill.given import Given
from composer.fill.local import Local
from composer.fill.particles import Goals
from composer.fill.recall import ComposedTheme, stated_tune
from composer.fill.setting import WINDOW_PITCHES, Setting
from composer.fill.soloist import sings
from composer.plan.outline import PhrasePlace
from composer.report.keys import key_fits, place_of_key
from composer.roll.codec import BoolArray
from composer.roll.grid import STEP_TICKS
from composer.roll.pins import FREE, STRUCK
from composer.theory.harmony import Chord, parse_chord
from composer.theory.key import Key

CADENCE, KEY, LIKENESS = "cadence", "key", "likeness"
LEAST_KEY_BARS = 4  # of a phrase whose key can be heard in its notes
KEY_MARGIN = 0.05  # by which another key's profile may fit better: real phrases of one key lie so close
FREE_SHARE = 0.02  # of the cells of a phrase that must be the network's own for anything to be asked of it

# Likeness of a phrase and the theme that it follows: less is another tune, more a copy.
LEAST_LIKE, MOST_LIKE = 0.5, NEARLY_STATED
LEAST_FOLLOWED = 4  # notes of a tune: of fewer, one more or less is too much

Check = Callable[[BoolArray, BoolArray], BoolArray]  # play, articulate [particle, step, pitch] -> bool [particle]


def phrase_goals(
    setting: Setting, places: list[PhrasePlace], local: Local, given: Given, themes: Mapping[str, ComposedTheme]
) -> Goals:
    """Return what the phrases of a section must have: bass and top of their cadences, their keys, their themes.

    What is given is not asked for again: no particle could mend it.
    """
    checks = [(step, CADENCE, check) for step, check in _cadences(setting, places, local, given)]
    checks += [(step, LIKENESS, check) for step, check in _likenesses(setting, places, local, given, themes)]
    if not setting.is_line:
        checks += [(step, KEY, check) for step, check in _keys(setting, places, local, given)]

    def goals(play: BoolArray, articulate: BoolArray, first: int, end: int) -> dict[str, BoolArray]:
        met = {name: np.ones(len(play), bool) for name in (CADENCE, KEY, LIKENESS)}
        for step, name, check in checks:
            if first <= step < end:
                met[name] &= check(play, articulate)
        return met

    return goals


def _cadences(setting: Setting, places: list[PhrasePlace], local: Local, given: Given) -> list[tuple[int, Check]]:
    """Return (step, check) of the phrases' cadences: bass, and the tonic on top of a PAC.

    Where no formula gives the outer voices, the bass of the chord before the last is asked for too.
    """
    checks: list[tuple[int, Check]] = []
    for place in places:
        goal = last_chord(place, setting)
        if goal is None or place.entry.cadence not in ("PAC", "HC") or (setting.is_line and not sings(place, setting)):
            continue
        tick, chord, key = goal
        step = (tick - local.origin_tick) // STEP_TICKS
        bass = None if given.has_bass[step] or setting.is_line else chord.bass(key)
        top = key.tonic_pitch_class if place.entry.cadence == "PAC" and not given.has_melody[step] else None
        checks.append((step, _outer_voices(step, bass, top, setting)))
        is_stated = place.entry.formula is not None or setting.is_line
        before = place.slots[-2] if len(place.slots) > 1 and not is_stated else None
        if before is not None and before.numeral is not None and before.end_tick == tick:
            step = (before.start_tick - local.origin_tick) // STEP_TICKS
            if step >= local.lead_in_steps and not given.has_bass[step]:
                checks.append((step, _outer_voices(step, before.chord.bass(before.key), None, setting)))
    return checks


def _outer_voices(step: int, bass: int | None, top: int | None, setting: Setting) -> Check:
    """Return whether a step has these pitch classes as lowest and highest note; None: whatever it has."""
    classes = (setting.low_pitch + np.arange(WINDOW_PITCHES)) % 12

    def check(play: BoolArray, _articulate: BoolArray) -> BoolArray:
        cells = play[:, step]
        passed: BoolArray = np.asarray(cells.any(axis=1))
        if bass is not None:
            passed &= classes[cells.argmax(axis=1)] == bass
        if top is not None:
            passed &= classes[WINDOW_PITCHES - 1 - cells[:, ::-1].argmax(axis=1)] == top
        return passed

    return check


def _keys(setting: Setting, places: list[PhrasePlace], local: Local, given: Given) -> list[tuple[int, Check]]:
    """Return (step, check) of each phrase of one key that is long enough to have one, at its last step."""
    checks: list[tuple[int, Check]] = []
    free = given.pins().code == FREE
    for place in places:
        keys = {slot.key for slot in place.slots}
        first, end = ((tick - local.origin_tick) // STEP_TICKS for tick in (place.start_tick, place.end_tick))
        is_long = place.end_tick - place.bar_tick >= LEAST_KEY_BARS * setting.meter.bar_ticks
        # A held dominant sounds so long that any profile hears its own key.
        is_heard = place.entry.pedal != "V"
        if len(keys) == 1 and is_long and is_heard and free[first:end].mean() >= FREE_SHARE:
            checks.append((end - 1, _in_key(first, end, keys.pop(), setting)))
    return checks


def _in_key(first: int, end: int, key: Key, setting: Setting) -> Check:
    """Return whether the notes of these steps are in a key, by how long each pitch class sounds."""
    folded: NDArray[np.float64] = np.equal.outer(
        (setting.low_pitch + np.arange(WINDOW_PITCHES)) % 12, np.arange(12)
    ).astype(np.float64)
    place = place_of_key(key)

    def check(play: BoolArray, _articulate: BoolArray) -> BoolArray:
        fits = key_fits(play[:, first:end].sum(axis=1) @ folded)
        return np.asarray(fits[:, place] >= fits.max(axis=1) - KEY_MARGIN)

    return check


def _likenesses(
    setting: Setting, places: list[PhrasePlace], local: Local, given: Given, themes: Mapping[str, ComposedTheme]
) -> list[tuple[int, Check]]:
    """Return (step, check) of the phrases that follow a theme closely, at their last steps."""
    checks: list[tuple[int, Check]] = []
    for place in places:
        theme = themes.get(place.entry.theme or "")
        if theme is None or not follows_closely(place) or (setting.row.has_soloist and not setting.is_line):
            continue
        # Beyond the theme's bars the phrase is free.
        span = (place.start_tick, theme.covers(place, setting))
        first, end = ((tick - local.origin_tick) // STEP_TICKS for tick in span)
        tune = [
            (step, pitch - given.low_pitch)
            for onset, _, pitch in stated_tune(theme, place, setting)
            if onset % STEP_TICKS == 0
            and first <= (step := (onset - local.origin_tick) // STEP_TICKS) < end
            and 0 <= pitch - given.low_pitch < given.num_pitches
        ]
        if len(tune) >= LEAST_FOLLOWED:
            # Where the phrase's own chords leave less than half of the tune, no more can be asked for.
            kept = sum(int(given.code[cell] == STRUCK) for cell in tune)
            least = LEAST_LIKE if kept >= LEAST_LIKE * len(tune) else 0.0
            checks.append((end - 1, _like(first, end, tune, least)))
    return checks


def _like(first: int, end: int, tune: list[tuple[int, int]], least: float) -> Check:
    """Return whether the top line of these steps is like a tune, (step, pitch index) of its notes: neither too little
    nor too much; shared notes over the geometric mean of both, as in `report.themes.judge_statement`.
    """
    steps, indices = np.array(tune).T

    def check(play: BoolArray, articulate: BoolArray) -> BoolArray:
        top = play.shape[2] - 1 - play[:, :, ::-1].argmax(axis=2)
        begins = np.take_along_axis(play & articulate, top[:, :, None], axis=2)[:, :, 0]
        shared = (begins[:, steps] & (top[:, steps] == indices)).sum(axis=1)
        likeness = shared / np.sqrt(len(tune) * np.maximum(1, begins[:, first:end].sum(axis=1)))
        return np.asarray((least <= likeness) & (likeness <= MOST_LIKE))

    return check


def last_chord(place: PhrasePlace, setting: Setting) -> tuple[int, Chord, Key] | None:
    """Return tick, chord and key of the cadence that a phrase ends with; None where it has none."""
    if not place.slots or place.entry.cadence in (None, "none"):
        return None
    last, formula = place.slots[-1], place.entry.formula
    if formula is None:
        return None if last.numeral is None else (last.start_tick, last.chord, last.key)
    tick = place.bar_tick + round(formula.onsets[-1] * setting.meter.beat_ticks)
    return tick, parse_chord(formula.chords[-1], last.key.mode), last.key
