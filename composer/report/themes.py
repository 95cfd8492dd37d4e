"""Themes in the notes: how much of a stated tune is heard on top, and how much of a tune sounds where none is planned.

Conventions: a tune is (onset tick, MIDI pitch) of its notes, one at a time, in ticks of the piece; shares are 0..1 of
its onsets. What is on top is what sounds highest, whichever hand or voice plays it.

Contents: `Statement`, `StatementFound`, `judge_statement`, `TuneMatch`, `best_match`, `top_line`, `TopLine`.
"""

from __future__ import annotations

import bisect
import math
from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from composer.analysis.frames import NoteArray, note_array
from composer.score import Score

Tune: TypeAlias = Sequence[tuple[int, int]]

_OCTAVES = (0, 12, -12, 24, -24, 36, -36)  # a return may lie in another octave, but the whole of it in one


@dataclass(frozen=True)
class Statement:
    """A theme where the plan states it.

    Attributes:
        section: id of the section.
        notes: the tune in its key there, transformed as the plan says, in ticks of the piece.
        theme: its name.
        start_tick, end_tick: of its phrases.
        key: in which it stands, by name.
        fidelity: 1 where every note of it is planned; less where the phrases follow it more or less.
        changes: names of its transformations.
        plain: the tune in its key there before these.
        voice: in which it enters; empty where it is to be on top.
    """

    section: str
    notes: tuple[tuple[int, int], ...]
    theme: str = ""
    start_tick: int = 0
    end_tick: int = 0
    key: str = ""
    fidelity: float = 1.0
    changes: tuple[str, ...] = ()
    plain: tuple[tuple[int, int], ...] = ()
    voice: str = ""

    @property
    def is_exact(self) -> bool:
        """Whether every note of it is planned."""
        return self.fidelity == 1.0


@dataclass(frozen=True)
class TuneMatch:
    """The place that is most like a tune.

    Attributes:
        share: of the tune's onsets that have their note there.
        offset_tick: how much later than the tune as given.
        semitones: how much higher.
    """

    share: float
    offset_tick: int = 0
    semitones: int = 0


@dataclass(frozen=True)
class StatementFound:
    """What was found of a stated theme.

    Attributes:
        statement: what was planned.
        on_top: share of its onsets at which its note begins and nothing sounds above it; of a theme that enters in a
            voice, at which its note begins at all.
        octave: semitones from the planned octave to the one it was found in.
        likeness: of the untransformed tune and the top line of the statement's bars, at whatever place and pitch:
            shared / geometric mean of their numbers of notes (`letters.py` compares sections so).
        semitones: from the planned key to where that was found, -6..5 (octaves do not count).
        offset_tick: from the planned place to it.
    """

    statement: Statement
    on_top: float
    octave: int
    likeness: float = 1.0
    semitones: int = 0
    offset_tick: int = 0


class TopLine:
    """The notes of a score that begin with nothing above them, to be asked again and again."""

    def __init__(self, score: Score) -> None:
        notes = note_array(score)
        self._line = _top_notes(notes)
        self._begun: dict[int, set[int]] = {}
        for tick, pitch in zip(notes.onset.tolist(), notes.pitch.tolist(), strict=True):
            self._begun.setdefault(tick, set()).add(pitch)
        self._ticks = [tick for tick, _ in self._line]
        self._pitches = dict(self._line)

    def at(self, tick: int) -> int | None:
        """Return the pitch of the note that begins at a tick as the highest one, or None."""
        return self._pitches.get(tick)

    def begun(self, tick: int) -> Container[int | None]:
        """Return the pitches of all notes that begin at a tick."""
        return self._begun.get(tick, frozenset())

    def between(self, start_tick: int, end_tick: int) -> tuple[tuple[int, int], ...]:
        """Return the notes that begin in a span, as (onset tick, pitch)."""
        first, last = (bisect.bisect_left(self._ticks, tick) for tick in (start_tick, end_tick))
        return tuple(self._line[first:last])


def judge_statement(score: Score, statement: Statement, *, line: TopLine | None = None) -> StatementFound:
    """Return how much of a stated theme is the top sounding line of a score, note for note.

    Args:
        score: the notes.
        statement: with one note at least.
        line: of the score, where it is at hand.

    Raises:
        ValueError: the statement has no notes.
    """
    if not statement.notes:
        raise ValueError(f"the statement in {statement.section} has no notes")
    top = TopLine(score) if line is None else line
    heard = [top.begun(tick) if statement.voice else {top.at(tick)} for tick, _ in statement.notes]

    def share(octave: int) -> float:
        planned = [pitch + octave for _, pitch in statement.notes]
        return sum(pitch in begun for begun, pitch in zip(heard, planned, strict=True)) / len(planned)

    octave = max(_OCTAVES, key=lambda semitones: (share(semitones), -abs(semitones)))
    if statement.end_tick <= statement.start_tick:
        return StatementFound(statement, share(octave), octave, likeness=share(octave))
    if statement.voice:
        return StatementFound(statement, share(octave), octave, likeness=share(octave))
    here, plain = top.between(statement.start_tick, statement.end_tick), statement.plain or statement.notes
    match = best_match(here, plain)
    semitones = (match.semitones + 6) % 12 - 6
    likeness = match.share * math.sqrt(len(set(plain)) / max(1, len(here)))
    return StatementFound(statement, share(octave), octave, likeness, semitones, match.offset_tick)


def best_match(line: Tune, tune: Tune) -> TuneMatch:
    """Return the best match of a tune in a line, at any place and in any key.

    The tune is slid over the line; a note of it is matched where a note of the line has the same distance to it in
    time and in pitch as the others have. No tempo or mode but its own is tried. Of equal matches the one at the given
    place and pitch is taken, if it is among them.

    Args:
        line: notes to search; may hold several voices.
        tune: what is looked for.
    """
    found = {(tick, pitch) for tick, pitch in line}
    votes = Counter((tick - onset, pitch - own) for tick, pitch in found for onset, own in set(tune))
    if not votes:
        return TuneMatch(0.0)
    (offset, semitones), count = min(votes.items(), key=lambda row: (-row[1], abs(row[0][0]), abs(row[0][1]), row[0]))
    return TuneMatch(count / len(set(tune)), offset, semitones)


def top_line(score: Score, start_tick: int, end_tick: int) -> tuple[tuple[int, int], ...]:
    """Return the notes that begin in a span with nothing above them, as (onset tick, pitch)."""
    return TopLine(score).between(start_tick, end_tick)


def _top_notes(notes: NoteArray) -> list[tuple[int, int]]:
    """Return (onset, pitch) of the notes that begin with nothing above them; one an onset at most."""
    line: list[tuple[int, int]] = []
    held: list[tuple[int, int]] = []  # (pitch, end) of what may still sound
    highest = -1
    rows = list(zip(notes.onset.tolist(), notes.end.tolist(), notes.pitch.tolist(), strict=True))
    for place, (onset, end, pitch) in enumerate(rows):
        is_first = place == 0 or rows[place - 1][0] != onset
        if is_first:
            held = [(other, until) for other, until in held if until > onset]
        held.append((pitch, end))
        is_last = place + 1 == len(rows) or rows[place + 1][0] != onset
        if is_last:  # sorted by pitch within an onset: this is the highest of those that begin
            highest = max(other for other, _ in held)
            if pitch == highest:
                line.append((onset, pitch))
    return line
