"""Frames: the notes of a Score as evidence per short span of time, for the finders of chords and keys.

What it is: a grid of frames (half a beat; a quarter of it where the beat is a half note or longer, the written unit in
compound meters), each with the weight of every pitch class and of every bass.

Conventions: arrays are [frame] or [frame, pitch class]; weights are in quarters of sounding time, scaled by what a
note's surroundings say about it: a note that is passed through by step off the beat, or held over and resolved
downwards, is rarely a member of the chord.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from composer.score import Score
from composer.theory.meter import TICKS_PER_QUARTER, Meter

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# How much of its length a note counts, by what stands round it.
_PASSING_WEIGHT = 0.35  # off the beat, reached and left by step
_NEIGHBOUR_WEIGHT = 0.55  # off the beat, left by step only
_SUSPENDED_WEIGHT = 0.45  # held into a beat and resolved a step down
_APPOGGIATURA_WEIGHT = 0.6  # struck on a beat, short, left by step down
_STEP_SEMITONES = 2  # inclusive


@dataclass(frozen=True)
class NoteArray:
    """The sounding notes (no graces) of a Score as arrays, sorted by onset, then pitch; all [note].

    Attributes:
        onset, end: ticks.
        pitch: MIDI.
        part, staff, voice: as in the Score (part is an index).
    """

    onset: Integers
    end: Integers
    pitch: Integers
    part: Integers
    staff: Integers
    voice: Integers

    def __len__(self) -> int:
        return len(self.onset)


@dataclass(frozen=True)
class Frames:
    """Evidence on a grid.

    Attributes:
        ticks: [frame + 1] onset of each frame, and the end of the last.
        strength: [frame] metrical strength of its onset, 0..4 as `Meter.strength`.
        weight: [frame, 12] quarters of each pitch class.
        bass: [frame, 12] share of the frame during which each pitch class is the lowest; sums to 1 or, in silence, 0.
        strikes: [frame] number of notes that begin in it.
        notes: the notes behind it.
        bass_line: [bass note] indices in `notes` of those that begin at or below everything that sounds.
    """

    ticks: Integers
    strength: Integers
    weight: Floats
    bass: Floats
    strikes: Integers
    notes: NoteArray
    bass_line: Integers

    def __len__(self) -> int:
        return len(self.strength)


def note_array(score: Score) -> NoteArray:
    """Return the notes of all parts as arrays; grace notes are left out."""
    rows = [
        (note.onset_tick, note.end_tick, note.pitch, index, note.staff, note.voice)
        for index, note in score.notes()
        if not note.is_grace
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 6)
    return NoteArray(*table.T)


def frame_ticks(meter: Meter) -> int:
    """Return the length of a frame in a meter."""
    if meter.is_compound:
        return meter.unit_ticks
    return meter.beat_ticks // (4 if meter.beat_ticks >= 2 * TICKS_PER_QUARTER else 2)


def frames_of(score: Score) -> Frames:
    """Cut a score into frames and weigh its notes.

    Returns:
        The frames; none for a score without bars.
    """
    notes = note_array(score)
    ticks, strength = _grid(score)
    count = len(strength)
    weight, bass = np.zeros((count, 12)), np.zeros((count, 12))
    strikes = np.zeros(count, dtype=np.int64)
    if count and len(notes):
        first = np.searchsorted(ticks, notes.onset, side="right") - 1  # [note] frame of the onset
        last = np.searchsorted(ticks, notes.end, side="left") - 1
        first, last = np.clip(first, 0, count - 1), np.clip(last, 0, count - 1)
        np.add.at(strikes, first, 1)
        note, frame = _spread(first, last)  # [cell]: one per note and frame in which it sounds
        overlap = np.minimum(ticks[frame + 1], notes.end[note]) - np.maximum(ticks[frame], notes.onset[note])
        quarters = np.maximum(overlap, 0) / TICKS_PER_QUARTER
        struck, held = _membership(notes, score)
        leaves = notes.end[note] <= ticks[frame + 1]
        suspended = (frame > first[note]) & (strength[frame] >= 2) & leaves
        scale = np.where(suspended, held[note], struck[note])
        np.add.at(weight, (frame, notes.pitch[note] % 12), quarters * scale)
        bass = _bass(notes, ticks, note, frame)
    return Frames(ticks, strength, weight, bass, strikes, notes, _bass_line(notes))


def _grid(score: Score) -> tuple[Integers, Integers]:
    ticks: list[int] = []
    strength: list[int] = []
    for bar in score.bars:
        step, lead = frame_ticks(bar.meter), bar.lead_tick
        onset = bar.onset_tick
        while onset < bar.end_tick:
            place = (onset - bar.onset_tick + lead) % bar.meter.bar_ticks
            ticks.append(onset)
            strength.append(bar.meter.strength(place))
            onset += step - place % step  # a pickup may begin inside a frame
        # The last frame of a short bar is cut at the bar line.
    ticks.append(score.end_tick)
    return np.array(ticks, dtype=np.int64), np.array(strength, dtype=np.int64)


def _spread(first: Integers, last: Integers) -> tuple[Integers, Integers]:
    """Return (note, frame) of each cell: `first[i] .. last[i]` for every note i."""
    lengths = np.maximum(last - first + 1, 1)
    note = np.repeat(np.arange(len(first)), lengths)
    starts = np.cumsum(lengths) - lengths
    return note, first[note] + np.arange(len(note)) - starts[note]


def _membership(notes: NoteArray, score: Score) -> tuple[Floats, Floats]:
    """Return [note] how likely a note is a member of its chord, 0..1: where it is struck, and held into a beat."""
    before, after, tied = _neighbours(notes)
    strength = np.array([score.strength_at(int(tick)) for tick in notes.onset])
    beat = np.array([score.meter_at(int(tick)).beat_ticks for tick in notes.onset])
    length = notes.end - notes.onset
    step_in = (np.abs(before) <= _STEP_SEMITONES) & (before != 0)
    step_out = (np.abs(after) <= _STEP_SEMITONES) & (after != 0)
    step_down = step_out & (after < 0)
    off, on = (strength <= 1) & (length < beat), (strength >= 2) & (length < beat)
    struck = np.ones(len(notes))
    struck[off & step_out] = _NEIGHBOUR_WEIGHT
    struck[off & step_out & step_in] = _PASSING_WEIGHT
    struck[on & step_down & step_in] = _APPOGGIATURA_WEIGHT
    struck[tied & step_down & (length <= beat) & (strength >= 2)] = _SUSPENDED_WEIGHT
    return struck, np.where(step_down, _SUSPENDED_WEIGHT, struck)


def _neighbours(notes: NoteArray) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return per note the nearest interval from a note that ends at its onset and to one that begins at its end.

    Looked for in the same part and staff; infinity where there is none. Third: whether the same pitch led into it.
    """
    stream = notes.part * 4 + notes.staff
    before = np.full(len(notes), np.inf)
    after = np.full(len(notes), np.inf)
    tied = np.zeros(len(notes), dtype=bool)
    ending: dict[tuple[int, int], list[int]] = {}
    for index, key in enumerate(zip(stream.tolist(), notes.end.tolist(), strict=True)):
        ending.setdefault(key, []).append(index)
    pitch = notes.pitch.tolist()
    for index, key in enumerate(zip(stream.tolist(), notes.onset.tolist(), strict=True)):
        for earlier in ending.get(key, ()):
            interval = pitch[index] - pitch[earlier]
            if abs(interval) < abs(before[index]):
                before[index] = interval
            if abs(interval) < abs(after[earlier]):
                after[earlier] = interval
            tied[index] |= interval == 0
    return before, after, tied


def _bass_line(notes: NoteArray) -> Integers:
    """Return the indices of the notes that begin at or below everything that sounds, one for each onset at most."""
    line: list[int] = []
    held: list[tuple[int, int]] = []  # (pitch, end)
    before = -1
    for index, (onset, end, pitch) in enumerate(
        zip(notes.onset.tolist(), notes.end.tolist(), notes.pitch.tolist(), strict=True)
    ):
        if onset != before:  # the first of an onset is its lowest
            held = [(other, until) for other, until in held if until > onset]
            if all(pitch <= other for other, _ in held):
                line.append(index)
            before = onset
        held.append((pitch, end))
    return np.array(line, dtype=np.int64)


def _bass(notes: NoteArray, ticks: Integers, note: Integers, frame: Integers) -> Floats:
    """Return [frame, 12] the share of each frame in which a pitch class is the lowest sounding one."""
    count = len(ticks) - 1
    bass = np.zeros((count, 12))
    # In each frame: the lowest note counts from its onset on; a lower one that enters later takes over from there.
    order = np.lexsort((notes.pitch[note], frame))
    edges = np.searchsorted(frame[order], np.arange(count + 1))
    onset, end, pitch = notes.onset, notes.end, notes.pitch
    for index in range(count):
        cells = note[order[edges[index] : edges[index + 1]]]
        free = [(int(ticks[index]), int(ticks[index + 1]))]
        for cell in cells:  # lowest first: each takes what is still free of its own time
            rest: list[tuple[int, int]] = []
            for start, stop in free:
                left, right = max(start, int(onset[cell])), min(stop, int(end[cell]))
                if left < right:
                    bass[index, pitch[cell] % 12] += right - left
                    rest += [(start, left)] if start < left else []
                    rest += [(right, stop)] if right < stop else []
                else:
                    rest.append((start, stop))
            free = rest
            if not free:
                break
    total = bass.sum(axis=1, keepdims=True)
    bass /= np.maximum(total, 1.0)  # ticks are whole, so that 1 stands for none
    return bass
