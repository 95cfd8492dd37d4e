"""A single line of a section: the soloist's above a keyboard, composed before the rest, or a whole piece of one line.

What it is: what keeps a section's stretch to one line, and silent where it breathes: after each cadence, before each
phrase, in the rests of a theme, and in interludes, which belong to the keyboard.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from composer.fill.given import Given, Sounding
from composer.fill.local import Local
from composer.fill.rhythm import usual_onsets
from composer.fill.setting import Setting
from composer.plan.outline import PhrasePlace
from composer.roll.codec import BoolArray
from composer.roll.grid import STEP_TICKS
from composer.roll.pins import FREE, HELD, SILENT, STRUCK

LEAST_SHARE, MOST_SHARE = 0.6, 1.4  # of the style's notes a beat, at the least and at the greatest density
LONGEST_BREATH_BARS = 4  # a longer phrase has a breath within
_INTERLUDES = ("introduction", "transition", "retransition", "coda")  # the keyboard's, where they state no theme


def sings(place: PhrasePlace, setting: Setting) -> bool:
    """Return whether the first part has the tune of a phrase; in an ensemble without soloist it always has."""
    return not setting.row.has_soloist or place.states_theme or place.section.function not in _INTERLUDES


def paces(places: Sequence[PhrasePlace], local: Local, setting: Setting) -> NDArray[np.float64]:
    """Return how many notes a beat a line is to have: the style's number, more or fewer where a phrase is dense or not.

    Args:
        places: phrases of the section.
        local: its timeline.
        setting: of the piece.

    Returns:
        float64 [step].
    """
    found = np.full(local.facts.num_steps, usual_onsets(setting.statistics, setting.meter))
    for place in places:
        start, end = ((tick - local.origin_tick) // STEP_TICKS for tick in (place.start_tick, place.end_tick))
        density = 0.5 if place.entry.density is None else place.entry.density
        found[max(0, start) : end] *= LEAST_SHARE + (MOST_SHARE - LEAST_SHARE) * density
    return found


def breath_ticks(setting: Setting) -> int:
    """Return how long a breath is: the half of a beat, or the third where beats have three parts."""
    return setting.meter.beat_ticks // (3 if setting.meter.is_compound else 2) // STEP_TICKS * STEP_TICKS


def with_breath(tops: Sequence[Sounding], end_tick: int, setting: Setting) -> list[Sounding]:
    """Return the notes of a cadence, the last of which leaves room for a breath before `end_tick`."""
    *before, (onset, length, pitch) = tops
    shorter = end_tick - breath_ticks(setting) - onset
    return [*before, (onset, min(length, shorter) if shorter >= breath_ticks(setting) else length, pitch)]


def keep_silent(given: Given, place: PhrasePlace, local: Local, setting: Setting, *, covered_until: int) -> None:
    """Silence what a line leaves free in a phrase: the rests of its theme, what follows its cadence, its breaths.

    Args:
        given: of the section; tune and cadence are pinned.
        place: the phrase.
        local: its section's timeline.
        setting: of the piece.
        covered_until: local tick up to which a theme is stated.
    """
    start, end = place.start_tick - local.origin_tick, place.end_tick - local.origin_tick
    if not sings(place, setting):
        _close(given, start, end)
        return
    _close(given, start, covered_until)
    first, stop = start // STEP_TICKS, end // STEP_TICKS
    sounding = first + np.flatnonzero(is_given(given)[first:stop].any(axis=1))
    if place.entry.formula is not None and len(sounding):
        _close(given, (int(sounding[-1]) + 1) * STEP_TICKS, end)
    bar_tick = place.bar_tick - local.origin_tick
    bars = LONGEST_BREATH_BARS * setting.meter.bar_ticks
    for tick in (*range(start + bars, end - setting.meter.bar_ticks, bars), end):
        _close(given, max(tick - breath_ticks(setting), bar_tick), tick)


def close_round(given: Given) -> None:
    """Silence everything beside the notes that are given: there is but one line."""
    rows = is_given(given).any(axis=1)
    region = given.code[rows]
    region[region == FREE] = SILENT
    given.code[rows] = region
    given.has_bass[:] = False


def is_given(given: Given) -> BoolArray:
    """Return the cells in which a note is given: bool [step, pitch]."""
    return np.isin(given.code, (STRUCK, HELD))


def _close(given: Given, start_tick: int, end_tick: int) -> None:
    region = given.code[start_tick // STEP_TICKS : end_tick // STEP_TICKS]
    region[region == FREE] = SILENT


def fitted_pitch(pitch: int, compass: tuple[int, int]) -> int:
    """Return a pitch in the octave nearest to it that lies within a compass of an octave or more."""
    raised = pitch + 12 * -(-max(0, compass[0] - pitch) // 12)
    return raised - 12 * -(-max(0, raised - compass[1]) // 12)
