"""Which note of a MIDI file became which note of its Score: so that what is known of the one can be said of the other.

What it is: the reader puts notes on their places, merges tracks into parts and leaves doublings out; `link_notes` goes
the way back, from the places alone: a note of the file is linked to the note of its pitch whose place is nearest, in
the part that holds most notes of its track, else in any.

Conventions: a line is a track's notes on one channel, as in the reader; drums belong to none.
"""

from __future__ import annotations

import bisect
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from composer.corpus.midi.quantise import leading_offset
from composer.corpus.midi.reader import AS_WRITTEN_TEXT
from composer.corpus.midi.smf import RawNote, Smf, parse_smf
from composer.score import Note, Score, TempoMark
from composer.theory.meter import TICKS_PER_QUARTER

REACH_TICKS = TICKS_PER_QUARTER // 2  # a note of the file is never farther from its place
DRUM_CHANNEL = 9  # counted from 0
PERFORMED_TEXT = "performed: "  # begins a line in a file that this program has played
MARKED_TEXT = "marked tempi: "  # begins a line in such a file, which says the tempi of its score
MAX_MARKS = 200  # of them that are said
_MARK = re.compile(r"(\d+(?:\.\d+)?) at (\d{1,12})")
_OWN_TEXT = "player: "  # in a file that this program has written
_LOOSE_TICKS = TICKS_PER_QUARTER // 60  # farther from their places notes were played, not written …
_LOOSE_SHARE = 0.25  # … when so many are
_CURVE_EVENTS = 4  # so many tempo events for each mark that was read of them are somebody's rubato

RawKey = tuple[int, int, int, int]  # track, channel, onset in file ticks, pitch


@dataclass(frozen=True)
class MidiLinks:
    """The notes of a file and those of its Score.

    Attributes:
        note_of: (track, channel, file tick, pitch) of a note of the file -> (part, note of the Score). What has no
            place in the Score (a doubling that was left out) is absent.
        velocities: (part, note) -> those of its notes in the file.
        part_of: (track, channel) -> the part that holds most of its notes.
        quarter_ticks: file ticks a quarter.
        shift_tick: file ticks before the Score begins.
        is_damaged: whether some of the file could not be read.
        is_performed: whether its loudness is somebody's playing, not marks: this program has played it, it has a
            tempo curve, or its notes lie beside their places.
        marked: the tempi of its Score, where this program has said them.
    """

    note_of: Mapping[RawKey, tuple[int, Note]]
    velocities: Mapping[tuple[int, Note], tuple[int, ...]]
    part_of: Mapping[tuple[int, int], int]
    quarter_ticks: float
    shift_tick: int
    is_damaged: bool
    is_performed: bool
    marked: tuple[TempoMark, ...] = ()


def link_notes(data: bytes, source: str, score: Score) -> MidiLinks:
    """Link the notes of a file to those of the Score that was read from it.

    Raises:
        MusicFileError: not a MIDI file.
    """
    smf = parse_smf(data, source)
    lines = _lines(smf)
    file_tick = TICKS_PER_QUARTER / smf.quarter_ticks
    onsets = [note.onset_tick for notes in lines.values() for note in notes]
    shift = 0 if AS_WRITTEN_TEXT in smf.texts else leading_offset(onsets, smf.quarter_ticks)
    places = _Places(score)
    note_of: dict[RawKey, tuple[int, Note]] = {}
    velocities: dict[tuple[int, Note], list[int]] = defaultdict(list)
    part_of: dict[tuple[int, int], int] = {}
    num_loose = 0
    for (track, channel), notes in lines.items():
        ticks = [round((note.onset_tick - shift) * file_tick) for note in notes]
        held = [
            [places.near(part, note.pitch, tick) for note, tick in zip(notes, ticks, strict=True)]
            for part in range(len(score.parts))
        ]
        counts = [sum(found is not None for found in row) for row in held]
        names_like = [smf.tracks[track].name.startswith(part.name) for part in score.parts]
        best = max(range(len(counts)), key=lambda part: (counts[part], names_like[part], -part), default=None)
        if best is None or not counts[best]:
            continue
        part_of[track, channel] = best
        for index, note in enumerate(notes):
            part = next((part for part in (best, *range(len(held))) if held[part][index] is not None), None)
            if part is None:
                continue
            found = held[part][index]
            assert found is not None
            note_of[track, channel, note.onset_tick, note.pitch] = part, found
            velocities[part, found].append(note.velocity)
            num_loose += not found.is_grace and abs(found.onset_tick - ticks[index]) > _LOOSE_TICKS
    return MidiLinks(
        note_of=note_of,
        velocities={key: tuple(values) for key, values in velocities.items()},
        part_of=part_of,
        quarter_ticks=smf.quarter_ticks,
        shift_tick=shift,
        is_damaged=bool(smf.warnings),
        marked=_marked(smf, score),
        is_performed=num_loose > _LOOSE_SHARE * len(note_of) or _says_performed(smf, score),
    )


def _lines(smf: Smf) -> dict[tuple[int, int], list[RawNote]]:
    lines: dict[tuple[int, int], list[RawNote]] = defaultdict(list)
    for index, track in enumerate(smf.tracks):
        for note in track.notes:
            if note.channel != DRUM_CHANNEL:
                lines[index, note.channel].append(note)
    return lines


def _marked(smf: Smf, score: Score) -> tuple[TempoMark, ...]:
    line = next((text for text in smf.texts if text.startswith(MARKED_TEXT)), "")
    marks = (TempoMark(int(tick), float(bpm)) for bpm, tick in _MARK.findall(line)[:MAX_MARKS])
    return tuple(mark for mark in marks if 0 < mark.beat_bpm <= 1000 and mark.tick <= score.end_tick)


def _says_performed(smf: Smf, score: Score) -> bool:
    own = [text for text in smf.texts if text.startswith((_OWN_TEXT, PERFORMED_TEXT))]
    if any(", expression: " in text and not text.endswith("expression: 0") for text in own):
        return True
    return not own and len({tick for tick, _ in smf.tempos}) > _CURVE_EVENTS * max(len(score.tempos), 1)


class _Places:
    """The notes of a Score by part and pitch."""

    def __init__(self, score: Score) -> None:
        self._notes: dict[tuple[int, int], list[Note]] = defaultdict(list)
        for part, note in score.notes():
            self._notes[part, note.pitch].append(note)
        self._onsets = {key: [note.onset_tick for note in notes] for key, notes in self._notes.items()}

    def near(self, part: int, pitch: int, tick: int) -> Note | None:
        """Return the note of that pitch whose onset is nearest, or None when none is within reach."""
        onsets: Sequence[int] = self._onsets.get((part, pitch), ())
        first = bisect.bisect_left(onsets, tick - REACH_TICKS)
        last = bisect.bisect_right(onsets, tick + REACH_TICKS)
        rows = self._notes[part, pitch][first:last] if last > first else []
        return min(rows, key=lambda note: (abs(note.onset_tick - tick), note.is_grace), default=None)
