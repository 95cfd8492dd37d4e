"""Divide the notes of one staff into the voices that it is written in.

Conventions: voices are numbered from 1, the uppermost; a staff has at most `MAX_VOICES`. Notes of one voice, onset and
length are one chord.

Notes from a page keep their voices; where two chords of a voice overlap, the writer cuts them into tied chords, as
they were on the page. Where the notes name but one voice, or those that the reader of MIDI files has numbered by
itself, they are parted by height into two at most (`two_voices`). Where they name others, they keep them: a chord that
does not fit into its voice, because another still sounds there, goes to the nearest free one; what finds no free voice
stays in its own, and is cut too. So no note is lost. Between bar lines over which no note is held the voices that sound
are counted anew: a single one is the first, and no rest stands above it.

A grace note goes where the note that it leads to is; else to a voice in which something begins at its tick, else to one
that is silent there.

Contents: `divide`.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from composer.corpus.voices import number_voices
from composer.export.two_voices import two_voices
from composer.score import Note

MAX_VOICES = 4  # that a collision may open; a page or a file may have more
_MOST_VOICES = 16  # that notes may name


@dataclass(frozen=True)
class _Chord:
    """Notes that begin and end together, in one voice."""

    onset_tick: int
    end_tick: int
    notes: tuple[Note, ...]
    voice: int


@dataclass
class _Line:
    """The chords of one voice so far, as sorted spans (grows while voices are filled)."""

    onsets: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def is_free(self, chord: _Chord | Note) -> bool:
        index = bisect.bisect_right(self.onsets, chord.onset_tick)
        return (index == 0 or self.ends[index - 1] <= chord.onset_tick) and (
            index == len(self.onsets) or self.onsets[index] >= chord.end_tick
        )

    def add(self, chord: _Chord | Note) -> None:
        index = bisect.bisect_right(self.onsets, chord.onset_tick)
        self.onsets.insert(index, chord.onset_tick)
        self.ends.insert(index, chord.end_tick)


def divide(
    notes: Sequence[Note], *, bar_ticks: Sequence[int] = (), are_of_page: bool = False
) -> tuple[tuple[Note, ...], ...]:
    """Return the notes of each voice, voice 1 first, each in the notes' order; empty voices at the end are left out.

    Args:
        notes: of one staff, sorted by onset.
        bar_ticks: where bars begin, ascending.
        are_of_page: their voices are those of a printed page, and stay.
    """
    if are_of_page:
        return _as_on_the_page(notes)
    plain = [note for note in notes if not note.is_grace]
    says_nothing = len({note.voice for note in plain}) <= 1 or set(number_voices(plain)) == set(plain)
    voice_of = two_voices(plain) if says_nothing else _as_named(plain)
    voice_of = _counted_anew(voice_of, bar_ticks)
    lines = [_Line() for _ in range(max([MAX_VOICES, *voice_of.values()]))]
    for note in sorted(voice_of, key=lambda note: note.onset_tick):
        lines[voice_of[note] - 1].add(note)
    divided: list[list[Note]] = [[] for _ in lines]
    main = {(note.onset_tick, note.voice): voice for note, voice in reversed(voice_of.items())}
    for note in notes:
        voice = _voice_of_grace(note, main, lines) if note.is_grace else voice_of[note]
        divided[voice - 1].append(note)
    while divided and not divided[-1]:
        divided.pop()
    return tuple(tuple(voice_notes) for voice_notes in divided)


def _as_named(notes: Iterable[Note]) -> dict[Note, int]:
    """Return the voices that notes name, or the nearest that are free."""
    chords = _chords(notes)
    lines = [_Line() for _ in range(max([MAX_VOICES, *(chord.voice for chord in chords)]))]
    voice_of: dict[Note, int] = {}
    homeless: list[_Chord] = []

    def place(chord: _Chord, voice: int) -> None:
        lines[voice - 1].add(chord)
        voice_of.update(dict.fromkeys(chord.notes, voice))

    for chord in chords:
        if lines[chord.voice - 1].is_free(chord):
            place(chord, chord.voice)
        else:
            homeless.append(chord)
    for chord in homeless:
        nearest = sorted(range(1, len(lines) + 1), key=lambda voice: (abs(voice - chord.voice), voice))
        free = next((voice for voice in nearest if lines[voice - 1].is_free(chord)), None)
        if free:
            place(chord, free)
        else:
            voice_of.update(dict.fromkeys(chord.notes, chord.voice))
    return voice_of


def _counted_anew(voice_of: Mapping[Note, int], bar_ticks: Sequence[int]) -> dict[Note, int]:
    """Return the voices without gaps in their numbers, from each bar line over which no note is held to the next."""
    found: dict[Note, int] = {}
    stretch: list[Note] = []
    end_tick = 0

    def close() -> None:
        ranks = {voice: rank for rank, voice in enumerate(sorted({voice_of[note] for note in stretch}), 1)}
        found.update({note: ranks[voice_of[note]] for note in stretch})
        stretch.clear()

    for note in sorted(voice_of, key=lambda note: note.onset_tick):
        line = bisect.bisect_right(bar_ticks, note.onset_tick) - 1  # the last bar line before it
        if stretch and line >= 0 and end_tick <= bar_ticks[line] and stretch[-1].onset_tick < bar_ticks[line]:
            close()
        stretch.append(note)
        end_tick = max(end_tick, note.end_tick)
    close()
    return found


def _as_on_the_page(notes: Sequence[Note]) -> tuple[tuple[Note, ...], ...]:
    """Return the notes by the rank of their voices."""
    ranks = {voice: rank for rank, voice in enumerate(sorted({note.voice for note in notes}))}
    divided: list[list[Note]] = [[] for _ in ranks]
    for note in notes:
        divided[ranks[note.voice]].append(note)
    return tuple(map(tuple, divided))


def _voice_of_grace(note: Note, main: dict[tuple[int, int], int], lines: Sequence[_Line]) -> int:
    tick = note.onset_tick
    if (tick, note.voice) in main:
        return main[tick, note.voice]
    begin = (number for number, line in enumerate(lines, 1) if tick in line.onsets)
    silent = (number for number, line in enumerate(lines, 1) if line.is_free(_Chord(tick, tick + 1, (), number)))
    return next(begin, next(silent, 1))


def _chords(notes: Iterable[Note]) -> list[_Chord]:
    """Group notes by onset, end and voice; sorted by onset, the highest first."""
    groups: dict[tuple[int, int, int], list[Note]] = {}
    for note in notes:
        voice = min(max(note.voice, 1), _MOST_VOICES)
        groups.setdefault((note.onset_tick, note.end_tick, voice), []).append(note)
    chords = [_Chord(onset, end, tuple(members), voice) for (onset, end, voice), members in groups.items()]
    return sorted(chords, key=lambda chord: (chord.onset_tick, -chord.notes[-1].pitch, chord.end_tick))
