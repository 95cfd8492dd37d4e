"""Decide which notes of a bar need an accidental in front of them.

Conventions: an accidental holds for its line or space until the bar line, in all voices of the staff; a tied note does
not repeat it. Where a bar takes back what the one before had, a cautionary accidental reminds of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from composer.export.written import VoiceBar
from composer.theory.key import Key

_SHARP_ORDER = "FCGDAEB"  # the letters in the order in which a signature raises them; backwards it lowers them
_ACCIDENTALS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}


def with_accidentals(
    voices: Sequence[VoiceBar], key: Key, alters_before: Mapping[tuple[str, int], int]
) -> tuple[list[VoiceBar], dict[tuple[str, int], int]]:
    """Give one staff in one bar its accidentals.

    Args:
        voices: of the staff.
        key: the signature.
        alters_before: what accidentals the bar before had; taking one back is reminded of.

    Returns:
        The voices, and the accidentals of this bar by (letter, octave).
    """
    signature = _signature_alters(key)
    alters: dict[tuple[str, int], int] = {}
    order = sorted(
        (event.onset_tick, not event.is_grace, voice_index, event_index)
        for voice_index, voice in enumerate(voices)
        for event_index, event in enumerate(voice.events)
    )
    events = [list(voice.events) for voice in voices]
    for _, _, voice_index, event_index in order:
        event = events[voice_index][event_index]
        heads = []
        for head in event.notes:
            place, alter = (head.spelling.letter, head.spelling.octave), head.spelling.alter
            expected = alters.get(place, signature[place[0]])
            reminds = place not in alters and alters_before.get(place, alter) != alter
            if not head.tied_from and (alter != expected or reminds):
                cautionary = alter == expected
                head = replace(head, accidental=_ACCIDENTALS.get(alter, "natural"), is_cautionary=cautionary)
                alters[place] = alter
            heads.append(head)
        events[voice_index][event_index] = replace(event, notes=tuple(heads))
    return [replace(voice, events=tuple(e)) for voice, e in zip(voices, events, strict=True)], alters


def _signature_alters(key: Key) -> dict[str, int]:
    """Return the accidental that the signature gives to each letter."""
    count = key.signature
    raised = _SHARP_ORDER[: max(count, 0)]
    lowered = _SHARP_ORDER[len(_SHARP_ORDER) + min(count, 0) :]
    return {letter: (letter in raised) - (letter in lowered) for letter in _SHARP_ORDER}
