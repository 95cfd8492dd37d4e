"""The tracks of a MIDI file become parts: hands on two staves, a pedal, voices, instruments.

What it is: a keyboard's tracks are told apart by their names, else by their mean pitch; an organ's registration, where
each stop has a track that doubles another, is written once.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from composer.corpus.voices import number_voices
from composer.score import LOWER_STAFF, UPPER_STAFF, Note, Part, sort_notes

_MIDDLE_C = 60
_UPPER_NAME = re.compile(r"^\W*(upper|up|right|rh|r\.h|treble|one|manual|discant|\w*upper)\b", re.I)
_LOWER_NAME = re.compile(r"^\W*(lower|low|lowerstaff|down|left|lh|l\.h|two|\w*lower)\b", re.I)
_PEDAL_NAME = re.compile(r"^\W*(pedal|ped|feet|foot|pedals|pedale)\b", re.I)
_VOICE_NAME = re.compile(
    r"\b(soprano|alto|tenor|bass|baritone|voice|vocal|singer|choir|chorus|"
    r"cant(?:o|us|vs)|alt(?:us|vs)|tenore|bass(?:o|us|vs)|quint(?:o|us|vs|a)|sext(?:o|us|vs|a)|superius|vox|"
    r"violin|viola|cello|violoncello|contrabass|flute|oboe|clarinet|bassoon|horn|trumpet|trombone|tuba|sax\w*|guitar)\b",
    re.I,
)
_ORGAN = range(16, 24)
_CHURCH_ORGAN = 19
# Programs that stand for an organ's stops: organs, brass, reeds and pipes, and the contrabass of a 16' pedal.
_STOPS = frozenset({*_ORGAN, 43, *range(56, 80)})
_DOUBLINGS = (0, 12, -12, 24, -24, 36, -36)  # semitones
_DOUBLING_SHARE = 0.97  # of the notes; a trill may be written out on one track only
_DOUBLING_NOTES = 8
_PEDAL_PITCH = 43  # a mean below this is a 16 foot pedal, not a written line


@dataclass(slots=True)
class Line:
    """The notes of one track (and channel) on their musical places."""

    name: str
    program: int
    notes: list[Note]

    @property
    def mean_pitch(self) -> float:
        """MIDI number."""
        return statistics.fmean(note.pitch for note in self.notes)


def _is_keyboard(line: Line) -> bool:
    return line.program < 8 or line.program in _ORGAN


def is_organ_file(lines: Sequence[Line]) -> bool:
    """True where the tracks are the stops of one organ: by programs, names, or octaves that double throughout."""
    if any(line.program not in _STOPS for line in lines) or any(_is_voice(line, lines) for line in lines):
        return False
    return (
        any(line.program in _ORGAN for line in lines)
        or any(_PEDAL_NAME.match(line.name) or _hand_of(line.name) for line in lines)
        or any(_doubles(line, other, octaves) for line in lines for other in lines for octaves in _DOUBLINGS[1:])
    )


def make_parts(lines: Sequence[Line], mended: list[str], *, is_organ: bool) -> tuple[Part, ...]:
    """Merge the tracks of a keyboard into one part with two staves; every other track is a part."""
    hands = [line for line in lines if (is_organ or _is_keyboard(line)) and not _is_voice(line, lines)]
    pedals = [line for line in hands if _is_pedal(line, hands, is_organ=is_organ)]
    hands = [line for line in hands if not any(line is pedal for pedal in pedals)]
    parts: list[Part] = []
    for line in lines:
        if any(line is one for one in hands):
            if line is hands[0]:
                parts.append(_keyboard(hands, mended, is_organ=is_organ))
        elif any(line is one for one in pedals):
            parts.append(Part("Pedal", number_voices(line.notes), line.program))
        else:
            parts.append(
                Part(line.name.strip(" :") or f"Part {len(parts) + 1}", number_voices(line.notes), line.program)
            )
    return tuple(parts)


def stated_parts(lines: Sequence[Line]) -> tuple[Part, ...]:
    """Return the parts of a file of this program's own writer: a track for each staff, which its name says."""
    parts: list[Part] = []
    base_before = ""
    for line in lines:
        base, staff = line.name, UPPER_STAFF
        for suffix, one in ((" (upper)", UPPER_STAFF), (" (lower)", LOWER_STAFF)):
            if line.name.endswith(suffix):
                base, staff = line.name.removesuffix(suffix), one
        notes = tuple(replace(note, staff=staff) for note in number_voices(line.notes))
        if staff == LOWER_STAFF and parts and base == base_before:
            parts[-1] = replace(parts[-1], notes=sort_notes([*parts[-1].notes, *notes]))
        else:
            parts.append(Part(base, notes, line.program, staves=1 if base == line.name else 2))
        # Of two parts of one name with a lower staff each, the second begins with its upper staff.
        base_before = base if staff == UPPER_STAFF and base != line.name else ""
    return tuple(parts)


def _is_voice(line: Line, lines: Sequence[Line]) -> bool:
    """True where a track is named as a singer or a player: a chorale written with the default piano sound."""
    name = line.name.replace("\u017f", "s")  # a long s, as in old prints
    return len(lines) > 2 and bool(_VOICE_NAME.search(name)) and not _hand_of(name)


def _is_pedal(line: Line, hands: Sequence[Line], *, is_organ: bool) -> bool:
    if _PEDAL_NAME.match(line.name):
        return True
    # The lowest of three or more tracks of an organ is its pedal, unless its name says a hand.
    return (
        is_organ and len(hands) > 2 and not _hand_of(line.name) and line is min(hands, key=lambda one: one.mean_pitch)
    )


def _hand_of(name: str) -> int:
    """Return the staff that a track's name says, or 0."""
    if _UPPER_NAME.match(name):
        return UPPER_STAFF
    return LOWER_STAFF if _LOWER_NAME.match(name) else 0


def _keyboard(lines: Sequence[Line], mended: list[str], *, is_organ: bool) -> Part:
    name = "Organ" if is_organ else "Piano"
    program = _CHURCH_ORGAN if is_organ else next((line.program for line in lines if line.program), 0)
    if len(lines) == 1:
        notes = number_voices(lines[0].notes)
        if any(note.voice > 1 for note in notes):
            mended.append("one track for both hands: the hands are not told apart")
        return Part(name, notes, program)
    staves = [_hand_of(line.name) for line in lines]
    if set(staves) != {UPPER_STAFF, LOWER_STAFF}:
        staves = _hands_by_pitch(lines, staves)
    merged: list[Note] = []
    for staff in (UPPER_STAFF, LOWER_STAFF):
        num_voices = 0
        on_staff = [line for line, one in zip(lines, staves, strict=True) if one == staff]
        for line in sorted(on_staff, key=lambda one: -one.mean_pitch):
            numbered = number_voices(line.notes)
            merged += [replace(note, staff=staff, voice=note.voice + num_voices) for note in numbered]
            num_voices += max(note.voice for note in numbered)
    return Part(name, sort_notes(merged), program, staves=2)


def _hands_by_pitch(lines: Sequence[Line], named: Sequence[int]) -> list[int]:
    """Give each track a staff: its name's where it says one, else by its mean pitch; both hands get something."""
    order = sorted(range(len(lines)), key=lambda i: -lines[i].mean_pitch)
    staves = [
        staff or (UPPER_STAFF if line.mean_pitch >= _MIDDLE_C else LOWER_STAFF)
        for staff, line in zip(named, lines, strict=True)
    ]
    if LOWER_STAFF not in staves:
        staves[order[-1]] = LOWER_STAFF
    if UPPER_STAFF not in staves:
        staves[order[0]] = UPPER_STAFF
    return staves


def drop_doublings(lines: list[Line], mended: list[str]) -> list[Line]:
    """Leave out an organ's tracks that repeat another one at the unison or the octave (its registration)."""
    groups: list[list[Line]] = []
    for line in sorted(lines, key=lambda one: -len(one.notes)):
        for group in groups:
            if any(_doubles(line, group[0], octaves) for octaves in _DOUBLINGS):
                group.append(line)
                break
        else:
            groups.append([line])
    kept: list[Line] = []
    for group in groups:
        main = _at_written_pitch(group)
        kept.append(main)
        for line in group:
            if line is not main:
                octaves = round((line.mean_pitch - main.mean_pitch) / 12)
                name = f'"{main.name}"' if main.name.strip(" :") else "another"
                mended.append(f"a track of {len(line.notes)} notes doubles {name} ({octaves:+d} octaves); left out")
    return [line for line in lines if any(line is one for one in kept)]


def _at_written_pitch(group: Sequence[Line]) -> Line:
    """Return the track of a registration that stands where the music is written (8 foot), not an octave off."""
    whole = [line for line in group if len(line.notes) >= _DOUBLING_SHARE * len(group[0].notes)]
    whole.sort(key=lambda line: line.mean_pitch)
    lowest, *higher = whole
    # Manuals are doubled above; a pedal below (16 foot), or below and above.
    return higher[0] if len(higher) > 1 or (higher and lowest.mean_pitch < _PEDAL_PITCH) else lowest


def _doubles(line: Line, other: Line, octaves: int) -> bool:
    """True where nearly every note of `line` is one of `other`, so many semitones away."""
    if len(line.notes) < _DOUBLING_NOTES:
        return False
    others = {(note.onset_tick, note.pitch + octaves) for note in other.notes}
    shared = sum((note.onset_tick, note.pitch) in others for note in line.notes)
    return shared >= _DOUBLING_SHARE * len(line.notes)
