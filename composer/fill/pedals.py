"""Pedal points of a plan → one bass note, held beneath all others.

A piano's note dies away, so that it is struck again at every bar line; other instruments hold it throughout.
"""

from __future__ import annotations

from collections.abc import Sequence

from composer.fill.given import Given, Sounding, give_bass, place_degrees
from composer.fill.local import Local
from composer.fill.setting import Setting
from composer.plan.outline import PhrasePlace
from composer.plan.pedals import pedal_end

DYING_AWAY = ("keyboard", "song")  # ensembles whose bass is a piano's


def give_pedal(
    given: Given, place: PhrasePlace, local: Local, setting: Setting, *, tune: Sequence[Sounding] = ()
) -> None:
    """Pin the pedal of a phrase, and keep what lies below it silent; nothing where there is none.

    Args:
        given: of the section.
        place: of the phrase.
        local: the section's timeline.
        setting: of the piece, in the phrase's style.
        tune: that the phrase states, local ticks: the pedal lies beneath it, if the compass has room there.
    """
    notes = [(onset - local.origin_tick, length, pitch) for onset, length, pitch in pedal_notes(place, setting)]
    if notes:
        start_tick, end_tick, pitch = notes[0][0], notes[-1][0] + notes[-1][1], notes[0][2]
        lowest = min((own for onset, _, own in tune if start_tick <= onset < end_tick), default=pitch + 1)
        while pitch >= lowest and pitch - 12 >= setting.bass_compass[0]:
            pitch -= 12
        notes = [(onset, length, pitch) for onset, length, _ in notes]
        give_bass(given, notes, start_tick=notes[0][0], end_tick=notes[-1][0] + notes[-1][1])


def pedal_notes(place: PhrasePlace, setting: Setting) -> list[Sounding]:
    """Return the notes of a phrase's pedal in ticks of the piece: from where its last key begins up to the cadence."""
    degree = place.entry.pedal
    if degree is None or not place.slots:
        return []
    key, beat, bar = place.slots[-1].key, setting.meter.beat_ticks, setting.meter.bar_ticks
    others = [slot.end_tick for slot in place.slots if slot.key != key]
    start = max([place.bar_tick, *others])
    formula_end = pedal_end(place.entry.formula, degree, key, beat_ticks=beat, end_tick=place.end_tick - place.bar_tick)
    end = place.bar_tick + formula_end
    semitones = 7 if degree == "V" else 0
    (pitch,) = place_degrees([semitones], key, goal=setting.bass_goal, compass=setting.bass_compass)
    if pitch is None or start >= end:
        return []
    if setting.ensemble not in DYING_AWAY:
        return [(start, end - start, pitch)]
    lines = [tick for tick in range(place.bar_tick, end, bar) if tick > start]
    onsets = [start, *lines]
    return [(onset, stop - onset, pitch) for onset, stop in zip(onsets, [*lines, end], strict=True)]
