"""Number the voices of a staff whose notes come without them.

What it is: notes that begin and end together are a chord; each chord goes to the free voice whose last note lies
nearest.
A first form, good enough to write sheet music: no two chords of one voice overlap.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from composer.score import Note, sort_notes

MAX_VOICES = 8  # of a staff; further notes share the last one


def number_voices(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Return the notes of one staff with `voice` set, 1 the uppermost on average."""
    chords: dict[tuple[int, int], list[Note]] = {}
    graces: list[Note] = []
    for note in notes:
        if note.is_grace:
            graces.append(note)
        else:
            chords.setdefault((note.onset_tick, note.end_tick), []).append(note)
    ends: list[int] = []  # of each voice
    tops: list[int] = []  # the last top pitch of each voice
    members: list[list[Note]] = []
    for (onset_tick, end_tick), chord in sorted(
        chords.items(), key=lambda row: (row[0][0], -max(n.pitch for n in row[1]))
    ):
        top = max(note.pitch for note in chord)
        free = [voice for voice in range(len(ends)) if ends[voice] <= onset_tick]
        if free:
            # A voice that has just ended is the natural one; a long rest costs like a leap.
            voice = min(free, key=lambda v: (abs(tops[v] - top) + 6 * (ends[v] < onset_tick), v))
        elif len(ends) < MAX_VOICES:
            voice = len(ends)
            ends.append(0)
            tops.append(top)
            members.append([])
        else:
            voice = min(range(MAX_VOICES), key=lambda v: ends[v])
        ends[voice], tops[voice] = end_tick, top
        members[voice].extend(chord)
    order = sorted(range(len(members)), key=lambda v: -sum(n.pitch for n in members[v]) / len(members[v]))
    numbered = [
        dataclasses.replace(note, voice=rank + 1) for rank, voice in enumerate(order) for note in members[voice]
    ]
    return sort_notes([*numbered, *graces])
