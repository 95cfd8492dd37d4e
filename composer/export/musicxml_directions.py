"""MusicXML directions: rehearsal marks, tempo, dynamics, hairpins and the da capo, each at its tick."""

from __future__ import annotations

import bisect
import math
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from composer.corpus.jumps import JumpSign
from composer.export.xmltree import add
from composer.score import UPPER_STAFF, Dynamic, Note, Score, TempoMark
from composer.theory.meter import TICKS_PER_QUARTER, Meter

_LEVELS = frozenset(
    {letter * count for letter in "pf" for count in range(1, 7)}
    | {"mp", "mf", "pf", "n", "sf", "sfp", "sfpp", "fp", "rf", "rfz", "sfz", "sffz", "sfzp", "fz"}
)
MAX_WEDGES = 16  # at once; MusicXML numbers them from 1
_JUMPS = {"fine": "Fine", "dacapo": "D.C. al Fine"}
_WEDGES = {"cresc": "crescendo", "dim": "diminuendo"}
_MIN_TEMPO_CHANGE = 0.04  # of the last printed tempo; a smaller one is heard as a shade, not read as a new tempo
_PASSING = ("rit.", "rall.", "accel.", "a tempo")
_BEAT_UNITS = {
    TICKS_PER_QUARTER * 4: ("whole", 0),
    TICKS_PER_QUARTER * 2: ("half", 0),
    TICKS_PER_QUARTER: ("quarter", 0),
    TICKS_PER_QUARTER // 2: ("eighth", 0),
    TICKS_PER_QUARTER // 4: ("16th", 0),
    TICKS_PER_QUARTER // 8: ("32nd", 0),
    TICKS_PER_QUARTER * 3 // 2: ("quarter", 1),
    TICKS_PER_QUARTER * 3 // 4: ("eighth", 1),
    TICKS_PER_QUARTER * 3 // 8: ("16th", 1),
}


@dataclass(frozen=True)
class Direction:
    """A `direction` element and where it stands.

    Attributes:
        tick: its place.
        closes: it ends something that lasted until then, and so belongs to the bar that ends there.
        element: without its offset; a `direction`, or a bare `sound`.
    """

    tick: int
    closes: bool
    element: ET.Element


def directions_of_part(score: Score, index: int, jumps: Sequence[JumpSign] = ()) -> list[Direction]:
    """Return the directions of one part, sorted by tick: marks, tempo and jumps only above the first part.

    Dynamics stand at every part that sounds under them.
    """
    found: list[Direction] = []
    two_staves = score.parts[index].staves > 1
    if index == 0:
        found += [Direction(mark.tick, False, _rehearsal(mark.text, two_staves)) for mark in score.marks]
        found += _tempos(score, two_staves)
        found += [Direction(sign.end_tick, True, _jump(sign.kind, two_staves)) for sign in jumps if sign.kind in _JUMPS]
    free_from = [-1] * MAX_WEDGES
    for dynamic in dynamics_of_part(score, index):
        if dynamic.end_tick is None:
            found.append(Direction(dynamic.tick, False, _level(dynamic, two_staves)))
            continue
        number = next((n for n, tick in enumerate(free_from, 1) if tick <= dynamic.tick), MAX_WEDGES)
        free_from[number - 1] = dynamic.end_tick
        kind = _WEDGES.get(dynamic.level, "crescendo")
        found.append(Direction(dynamic.tick, False, _wedge(kind, number, two_staves)))
        found.append(Direction(dynamic.end_tick, True, _wedge("stop", number, two_staves)))
    return sorted(found, key=lambda direction: (direction.tick, not direction.closes))


def dynamics_of_part(score: Score, index: int) -> list[Dynamic]:
    """Return the dynamics under which a part sounds, sorted by tick; the first one has those of a silent score too."""
    dynamics = sorted(score.dynamics, key=lambda dynamic: dynamic.tick)
    is_for = _heard_by(score, index)
    levels = [dynamic.tick for dynamic in dynamics if dynamic.end_tick is None]
    found = []
    for dynamic in dynamics:
        following = bisect.bisect_right(levels, dynamic.tick)
        until = dynamic.end_tick or (levels[following] if following < len(levels) else score.end_tick)
        if is_for(dynamic.tick, until):
            found.append(dynamic)
    return found


def _heard_by(score: Score, index: int) -> Callable[[int, int], bool]:
    """Return a function that says whether a part sounds between two ticks; the first one stands for a silent score."""
    sounds = _sounding(score.parts[index].notes)
    anything = _sounding([note for _, note in score.notes()]) if index == 0 else None

    def is_for(start_tick: int, end_tick: int) -> bool:
        return sounds(start_tick, end_tick) or (anything is not None and not anything(start_tick, end_tick))

    return is_for


def _sounding(notes: Sequence[Note]) -> Callable[[int, int], bool]:
    """Return a function that says whether one of some notes, sorted by onset, sounds between two ticks."""
    onsets = [note.onset_tick for note in notes]
    last_ends = list(accumulate((note.end_tick for note in notes), max))

    def sounds(start_tick: int, end_tick: int) -> bool:
        begun = bisect.bisect_left(onsets, max(end_tick, start_tick + 1))
        return begun > 0 and last_ends[begun - 1] > start_tick

    return sounds


def _rehearsal(text: str, two_staves: bool) -> ET.Element:
    direction = ET.Element("direction", {"placement": "above"})
    add(add(direction, "direction-type"), "rehearsal", text)
    _add_staff(direction, two_staves)
    return direction


def _jump(kind: str, two_staves: bool) -> ET.Element:
    """Words at the end of a passage, which a player program follows too."""
    direction = ET.Element("direction", {"placement": "above"})
    add(add(direction, "direction-type"), "words", _JUMPS[kind], font_style="italic", halign="right")
    _add_staff(direction, two_staves)
    add(direction, "sound", **{kind: "yes"})
    return direction


def _tempos(score: Score, two_staves: bool) -> list[Direction]:
    """Return the tempo marks; one that hardly differs from what is printed only sounds."""
    found: list[Direction] = []
    printed = (math.inf, 0)  # beats a minute, ticks of the beat
    for mark in score.tempos:
        meter = score.meter_at(mark.tick)
        shown = (mark.beat_bpm, meter.beat_ticks)
        is_near = abs(shown[0] - printed[0]) < _MIN_TEMPO_CHANGE * printed[0] and shown[1] == printed[1]
        if mark.text in _PASSING:
            found.append(Direction(mark.tick, False, _passing(mark, meter, two_staves)))
            continue
        if is_near and not mark.text:
            found.append(Direction(mark.tick, False, ET.Element("sound", {"tempo": _per_minute(mark, meter)})))
            continue
        printed = shown
        found.append(Direction(mark.tick, False, _tempo(mark, meter, two_staves)))
    return found


def _tempo(mark: TempoMark, meter: Meter, two_staves: bool) -> ET.Element:
    """Words and metronome mark in one direction, so that they stand side by side."""
    direction = ET.Element("direction", {"placement": "above"})
    if mark.text:
        add(add(direction, "direction-type"), "words", mark.text, font_weight="bold")
    unit, dots = _BEAT_UNITS[meter.beat_ticks]
    metronome = add(add(direction, "direction-type"), "metronome", parentheses="no")
    add(metronome, "beat-unit", unit)
    for _ in range(dots):
        add(metronome, "beat-unit-dot")
    add(metronome, "per-minute", round(mark.beat_bpm))
    _add_staff(direction, two_staves)
    add(direction, "sound", tempo=_per_minute(mark, meter))
    return direction


def _passing(mark: TempoMark, meter: Meter, two_staves: bool) -> ET.Element:
    """Words without a number: the tempo changes for a while, or comes back."""
    direction = ET.Element("direction", {"placement": "above"})
    add(add(direction, "direction-type"), "words", mark.text, font_style="italic", font_weight="normal")
    _add_staff(direction, two_staves)
    add(direction, "sound", tempo=_per_minute(mark, meter))
    return direction


def _per_minute(mark: TempoMark, meter: Meter) -> str:
    """Return the quarters a minute, as exact as a tempo is."""
    return f"{mark.beat_bpm * meter.beat_quarters:.8g}"


def _level(dynamic: Dynamic, two_staves: bool) -> ET.Element:
    direction = ET.Element("direction", {"placement": "below"})
    dynamics = add(add(direction, "direction-type"), "dynamics")
    if dynamic.level in _LEVELS:
        add(dynamics, dynamic.level)
    else:
        add(dynamics, "other-dynamics", dynamic.level)
    _add_staff(direction, two_staves)
    return direction


def _wedge(kind: str, number: int, two_staves: bool) -> ET.Element:
    direction = ET.Element("direction", {"placement": "below"})
    add(add(direction, "direction-type"), "wedge", type_=kind, number=number)
    _add_staff(direction, two_staves)
    return direction


def _add_staff(direction: ET.Element, two_staves: bool) -> None:
    """State the upper staff: a direction of no staff is read as one of each."""
    if two_staves:
        add(direction, "staff", UPPER_STAFF)
