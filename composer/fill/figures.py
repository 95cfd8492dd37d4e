"""Textures that the network alone does not keep to: the oom-pah, whose figure it hears, and unison, which is given.

What it is: told of a stride bass (bass, chord, bass, chord), the network writes one in one bar of four. So each bar of
such a phrase has a reference bar besides, the figure over the planned chords; it is only to be like it (of 24 bars for
Joplin's style 17 had a stride bass, against 6; below a given tune 17 of 27 half bars for Mozart's, against 1). Broken
chords it keeps to by itself, a figure made them rarer; but a returning theme in broken chords must not be like the
voices that it had before (of 54 half bars 22 against 12 were broken as asked). In unison the tune of a stated theme is
doubled in the octave below, up to the cadence, and nothing else sounds.

Conventions: notes are (onset tick, duration ticks, MIDI pitch) on a section's local timeline.
"""

from __future__ import annotations

from collections.abc import Sequence

from composer.fill.given import Given, Sounding, give_everything
from composer.fill.local import Local
from composer.fill.setting import Setting
from composer.plan.numerals import Slot
from composer.plan.outline import PhrasePlace
from composer.roll.grid import STEP_TICKS
from composer.theory.meter import Meter
from composer.theory.pitch import nearest_pitch

UNISON, STRIDE = "unison", "stride"
BROKEN = ("alberti", "arpeggio")
FIGURE_LEVEL = 5  # likeness class in which a figure is heard
DEEP, CHORDS = 45, 57  # MIDI pitch up to which the basses of an oom-pah lie, and round which its chords


def give_unison(given: Given, place: PhrasePlace, local: Local, setting: Setting, *, tune: Sequence[Sounding]) -> None:
    """Double the tune of a phrase in unison in the octave below, up to its cadence; nothing else sounds there.

    Args:
        given: of the section; theme and cadence stand in it.
        place: the phrase.
        local: the section's timeline.
        setting: of the piece.
        tune: that the phrase states, local ticks; empty where it states none.
    """
    if place.entry.texture != UNISON or not setting.row.has_hands or place.entry.recall == "full":
        return
    end = cadence_tick(place, setting) - local.origin_tick
    doubled = [(onset, length, pitch - 12) for onset, length, pitch in tune if onset < end]
    if doubled and min(pitch for _, _, pitch in doubled) >= setting.compass[0]:
        stop = min(end, max(onset + length for onset, length, _ in doubled))
        give_everything(given, doubled, start_tick=place.start_tick - local.origin_tick, end_tick=stop)


def oom_pah(place: PhrasePlace, local: Local, setting: Setting) -> list[Sounding]:
    """Return the stride bass of a phrase over its chords, up to its cadence; empty where it has another texture.

    Args:
        place: the phrase.
        local: the section's timeline.
        setting: of the piece.
    """
    if place.entry.texture != STRIDE or not setting.row.has_hands or place.entry.voices is not None:
        return []
    end = cadence_tick(place, setting)
    slots = [slot for slot in place.slots if slot.numeral is not None]
    notes: list[Sounding] = []
    for bar_tick in range(place.bar_tick, end, setting.meter.bar_ticks):
        for onset, length, is_bass in _strikes(setting.meter):
            tick = bar_tick + onset
            slot = next((s for s in slots if s.start_tick <= tick < s.end_tick), None)
            if slot is not None and tick < end:
                pitches = (_deep(slot, setting),) if is_bass else _chord(slot)
                notes += [(tick - local.origin_tick, length, pitch) for pitch in pitches]
    return notes


def cadence_tick(place: PhrasePlace, setting: Setting) -> int:
    """Return where a phrase's cadence begins, tick of the piece: its formula, or its last two chords."""
    if place.entry.formula is not None:
        return place.bar_tick + round(place.entry.formula.onsets[0] * setting.meter.beat_ticks)
    if place.entry.cadence in (None, "none") or len(place.slots) < 2:
        return place.end_tick
    return place.slots[-2].start_tick


def _strikes(meter: Meter) -> list[tuple[int, int, bool]]:
    """Return (onset, duration, whether it is a bass) of a bar's strikes: bass, then chords.

    They come beat by beat, in meters of two beats on the halves, in compound ones on the thirds.
    """
    parts = 3 if meter.is_compound else 2 if meter.beats == 2 else 1
    unit = max(STEP_TICKS, meter.beat_ticks // parts)
    group = 3 if meter.is_compound or meter.beats % 3 == 0 else 2
    return [(onset, unit, place % group == 0) for place, onset in enumerate(range(0, meter.bar_ticks, unit))]


def _deep(slot: Slot, setting: Setting) -> int:
    """Return a chord's bass in the register of an oom-pah."""
    pitch = nearest_pitch(slot.chord.bass(slot.key), setting.bass_goal)
    while pitch > DEEP and pitch - 12 >= setting.compass[0]:
        pitch -= 12
    return pitch


def _chord(slot: Slot) -> list[int]:
    """Return a chord's notes but its bass where chords lie, three at most."""
    bass = slot.chord.bass(slot.key)
    classes = [pitch_class for pitch_class in slot.chord.pitch_classes(slot.key) if pitch_class != bass]
    return sorted(nearest_pitch(pitch_class, CHORDS) for pitch_class in classes)[:3]
