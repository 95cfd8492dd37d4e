"""Notes of a section in which voices are told apart → one line for each voice.

What it is: `parts.assign_parts` hands the notes to as many lines as there are voices; here the entries, whose voices
are known, get theirs, exactly as they were given, and what stood in their way goes to a voice that is free.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from composer.fill.ensembles import PartRow
from composer.fill.parts import assign_parts
from composer.score import LOWER_STAFF, UPPER_STAFF, Note

_UPPER = ("soprano", "alto")
_REACH = 12  # semitones below the soprano from which on the left hand takes the alto


def voice_lines(
    notes: Sequence[Note],
    voices: Mapping[str, tuple[int, int]],
    entries: Mapping[str, Sequence[tuple[int, int, int]]],
    *,
    keeps_compass: bool = False,
) -> dict[str, tuple[Note, ...]]:
    """Return the line of each voice.

    Args:
        notes: of the section.
        voices: lowest and highest pitch of each voice, from the top.
        entries: (onset tick, duration ticks, pitch) of the given notes of each voice.
        keeps_compass: a note beyond its voice's compass goes to another one, or is left out.
    """
    rows = [PartRow(voice, 0, compass) for voice, compass in voices.items()]
    assigned = assign_parts(notes, rows)
    given = {(onset, pitch) for own in entries.values() for onset, _, pitch in own}
    lines = {
        voice: [note for note in part if (note.onset_tick, note.pitch) not in given]
        for voice, part in zip(voices, assigned.parts, strict=True)
    }
    displaced: list[Note] = []
    for voice, (low, high) in voices.items() if keeps_compass else ():
        displaced += [note for note in lines[voice] if not low <= note.pitch <= high]
        lines[voice] = [note for note in lines[voice] if low <= note.pitch <= high]
    for voice, own in entries.items():
        spans = [(onset, onset + length) for onset, length, _ in own]
        kept = []
        for note in lines[voice]:
            later = [start for start, _ in spans if note.onset_tick < start < note.end_tick]
            if any(start <= note.onset_tick < end for start, end in spans):
                displaced.append(note)
            else:
                kept.append(replace(note, duration_tick=min([note.end_tick, *later]) - note.onset_tick))
        lines[voice] = kept + [Note(onset, pitch, length) for onset, length, pitch in own]
    fixed = [(voice, Note(onset, pitch, length)) for voice, own in entries.items() for onset, length, pitch in own]
    for voice, line in lines.items():
        for note in [note for note in line if (note.onset_tick, note.pitch) not in given]:
            if _crossings(voice, note, fixed, voices):
                line.remove(note)
                displaced.append(note)
    for note in displaced:
        free = [voice for voice, line in lines.items() if not any(_overlap(note, other) for other in line)]
        reach = [voice for voice in free if voices[voice][0] <= note.pitch <= voices[voice][1]]
        if reach:
            best = min(
                reach,
                key=lambda voice: (
                    _crossings(voice, note, fixed, voices),
                    abs(note.pitch - sum(voices[voice]) / 2),
                ),
            )
            lines[best].append(note)
    return {voice: tuple(sorted(line, key=lambda note: (note.onset_tick, note.pitch))) for voice, line in lines.items()}


def _crossings(voice: str, note: Note, fixed: Sequence[tuple[str, Note]], voices: Mapping[str, object]) -> int:
    """Return on the wrong side of how many given notes of other voices a note lies."""
    order = [*voices]
    count = 0
    for other, own in fixed:
        if other != voice and _overlap(note, own):
            is_above = order.index(voice) < order.index(other)
            count += (note.pitch < own.pitch) if is_above else (note.pitch > own.pitch)
    return count


def one_at_a_time(line: Sequence[Note]) -> tuple[Note, ...]:
    """Return a voice in which each note ends where the next begins."""
    ordered = sorted(line, key=lambda note: (note.onset_tick, note.pitch))
    starts = [*(note.onset_tick for note in ordered[1:]), 2**62]
    shortened = [
        replace(note, duration_tick=min(note.end_tick, start) - note.onset_tick)
        for note, start in zip(ordered, starts[: len(ordered)], strict=True)
    ]
    return tuple(note for note in shortened if note.duration_tick > 0)


def held_to_end(
    lines: Mapping[str, Sequence[Note]], onset_tick: int, end_tick: int, classes: Sequence[int] = ()
) -> dict[str, tuple[Note, ...]]:
    """Return the lines of a piece's end: what sounds in its last chord is held, and nothing begins after it.

    An inner voice that falls silent just there joins in: it takes the third, if nobody has it, or another of the
    chord's notes, the nearest to where it was.

    Args:
        lines: of each voice.
        onset_tick: of the last chord.
        end_tick: of the piece.
        classes: pitch classes of that chord, root first; none: nobody joins in.
    """
    held = {}
    for voice, line in lines.items():
        before = [note for note in line if note.onset_tick <= onset_tick]
        held[voice] = tuple(
            replace(note, duration_tick=end_tick - note.onset_tick) if note.end_tick > onset_tick else note
            for note in before
        )
    for voice in [*held][1:-1]:
        last = held[voice][-1] if held[voice] else None
        if last is None or last.end_tick == end_tick or not classes:
            continue
        ends = {other: line[-1].pitch for other, line in held.items() if line and line[-1].end_tick == end_tick}
        heard = {pitch % 12 for pitch in ends.values()}
        names = [*held]
        above = min((ends[other] for other in names[: names.index(voice)] if other in ends), default=128)
        below = max((ends[other] for other in names[names.index(voice) + 1 :] if other in ends), default=-1)
        wanted = [classes[1]] if classes[1] not in heard else list(classes[:3])
        inside = [pitch for pitch in range(below + 1, above) if pitch % 12 in wanted]
        if inside:
            pitch = min(inside, key=lambda pitch: (abs(pitch - last.pitch), pitch))
            held[voice] = (*held[voice], Note(onset_tick, pitch, end_tick - onset_tick))
    return held


def on_staves(lines: Mapping[str, Sequence[Note]]) -> tuple[Note, ...]:
    """Return the lines on two staves: soprano and alto above, tenor and bass below.

    The left hand takes the alto where the right one cannot reach both or where it has nothing else to play, and keeps
    it as long as it can; a voice alone is the right hand's.
    """
    placed = []
    soprano, low = lines.get("soprano", ()), [*lines.get("tenor", ()), *lines.get("bass", ())]
    staff = UPPER_STAFF
    for voice, line in lines.items():
        for note in line:
            if voice == "alto":
                staff = _alto_staff(note, soprano, low, staff)
                placed.append(replace(note, staff=staff))
            else:
                placed.append(replace(note, staff=UPPER_STAFF if voice in _UPPER else LOWER_STAFF))
    return tuple(sorted(placed, key=lambda note: (note.onset_tick, note.pitch)))


def _alto_staff(note: Note, soprano: Sequence[Note], low: Sequence[Note], before: int) -> int:
    """Return the staff of a note of the alto, of which the last note was on `before`."""
    above = [other.pitch - note.pitch for other in soprano if _overlap(note, other)]
    below = [note.pitch - other.pitch for other in low if _overlap(note, other)]
    if not below:
        return LOWER_STAFF if above else before
    if max(above, default=0) > _REACH:
        return LOWER_STAFF
    return before if max(below) <= _REACH else UPPER_STAFF


def _overlap(one: Note, other: Note) -> bool:
    return one.onset_tick < other.end_tick and other.onset_tick < one.end_tick
