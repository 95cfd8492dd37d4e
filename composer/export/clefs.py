"""Choose the clefs of a part: one for a voice, and for a hand changes where it stays in the other one's range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from composer.export.written import SheetBar
from composer.score import LOWER_STAFF, UPPER_STAFF, Part

_MIDDLE_C = 60
_VIOLIN, _VIOLA, _CELLO, _CONTRABASS = 40, 41, 42, 43  # General MIDI programs
_REACH = 4  # semitones beyond middle C that a clef can bear before it has to change back


@dataclass(frozen=True)
class Clef:
    """A clef: `sign` G, F or C on a staff line (1 the lowest), sounding `octave` octaves higher."""

    sign: str
    line: int
    octave: int = 0


TREBLE = Clef("G", 2)
BASS = Clef("F", 4)
ALTO = Clef("C", 3)
TENOR_VOICE = Clef("G", 2, -1)


def choose_clefs(part: Part, bars: Sequence[SheetBar]) -> tuple[tuple[Clef, ...], ...]:
    """Return for each bar the clef of each staff of `part`."""
    if part.staves == 1:
        return ((_voice_clef(part),),) * len(bars)
    return tuple(zip(_hand_clefs(bars, UPPER_STAFF), _hand_clefs(bars, LOWER_STAFF), strict=True))


def _voice_clef(part: Part) -> Clef:
    if "tenor" in part.name.lower():
        return TENOR_VOICE
    own = {_VIOLIN: TREBLE, _VIOLA: ALTO, _CELLO: BASS, _CONTRABASS: BASS}.get(part.program)
    if own is not None:
        return own
    mean = fmean(note.pitch for note in part.notes) if part.notes else _MIDDLE_C
    return TREBLE if mean >= _MIDDLE_C else BASS


def _hand_clefs(bars: Sequence[SheetBar], staff: int) -> list[Clef]:
    """Take the other hand's clef where two bars lie wholly in its range, and the own one again where a bar does not."""
    # Heights above middle C, as seen from the hand's own side: positive is the other hand's range.
    sign = 1 if staff == LOWER_STAFF else -1
    heights = [[sign * (pitch - _MIDDLE_C) for pitch in _pitches(bar, staff)] for bar in bars]
    clefs, is_away = [], False
    for index, here in enumerate(heights):
        following = next((later for later in heights[index + 1 :] if later), here)
        if here and not is_away:
            is_away = min(here + following) >= 0 and fmean(here + following) > _REACH
        elif here:
            is_away = min(here) >= -_REACH
        clefs.append(BASS if is_away == (staff == UPPER_STAFF) else TREBLE)
    return clefs


def _pitches(bar: SheetBar, staff: int) -> list[int]:
    return [head.note.pitch for v in bar.voices if v.staff == staff for event in v.events for head in event.notes]
