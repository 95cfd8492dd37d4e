"""Themes in the notes: how much of a stated tune is heard on top, and how much of a tune sounds where none is planned.

Conventions: a tune is (onset tick, MIDI pitch) of its notes, one at a time, in ticks of the piece; shares are 0..1 of
its onsets. What is on top is what sounds highest, whichever hand or voice plays it.

Contents: `Statement`, `StatementFound`, `judge_statement`, `TuneMatch`, `best_match`, `top_line`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from composer.analysis.frames import NoteArray, note_array
from composer.report.sounding import sounding_at
from composer.score import Score

Tune: TypeAlias = Sequence[tuple[int, int]]

_OCTAVES = (0, 12, -12, 24, -24)  # a return may lie in another octave, but the whole of it in one


@dataclass(frozen=True)
class Statement:
    """A theme where the plan states it.

    Attributes:
        section: id of the section.
        notes: the tune in its key there, in ticks of the piece.
    """

    section: str
    notes: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class StatementFound:
    """What was found of a stated theme.

    Attributes:
        statement: what was planned.
        on_top: share of its onsets at which its note begins and nothing sounds above it.
        octave: semitones from the planned octave to the one it was found in.
    """

    statement: Statement
    on_top: float
    octave: int


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


def judge_statement(score: Score, statement: Statement) -> StatementFound:
    """Return how much of a stated theme is the top sounding line of a score, note for note.

    Raises:
        ValueError: the statement has no notes.
    """
    if not statement.notes:
        raise ValueError(f"the statement in {statement.section} has no notes")
    notes = note_array(score)
    tops = [_struck_on_top(notes, tick) for tick, _ in statement.notes]

    def share(octave: int) -> float:
        planned = [pitch + octave for _, pitch in statement.notes]
        return sum(top == pitch for top, pitch in zip(tops, planned, strict=True)) / len(tops)

    octave = max(_OCTAVES, key=lambda semitones: (share(semitones), -abs(semitones)))
    return StatementFound(statement, share(octave), octave)


def best_match(line: Tune, tune: Tune) -> TuneMatch:
    """Return the best match of a tune in a line, at any place and in any key.

    The tune is slid over the line; a note of it is matched where a note of the line has the same distance to it in
    time and in pitch as the others have. No tempo or mode but its own is tried.

    Args:
        line: notes to search; may hold several voices.
        tune: what is looked for.
    """
    found = {(tick, pitch) for tick, pitch in line}
    votes = Counter((tick - onset, pitch - own) for tick, pitch in found for onset, own in set(tune))
    if not votes:
        return TuneMatch(0.0)
    (offset, semitones), count = min(votes.items(), key=lambda row: (-row[1], row[0]))
    return TuneMatch(count / len(set(tune)), offset, semitones)


def top_line(score: Score, start_tick: int, end_tick: int) -> tuple[tuple[int, int], ...]:
    """Return the notes that begin in a span with nothing above them, as (onset tick, pitch)."""
    notes = note_array(score)
    inside = sorted({int(tick) for tick in notes.onset if start_tick <= tick < end_tick})
    tops = ((tick, _struck_on_top(notes, tick)) for tick in inside)
    return tuple((tick, top) for tick, top in tops if top is not None)


def _struck_on_top(notes: NoteArray, tick: int) -> int | None:
    """Return the pitch of the note that begins at a tick as the highest one, or None."""
    sounding = sounding_at(notes, tick)
    if not sounding.any():
        return None
    highest = int(notes.pitch[sounding].max())
    return highest if (sounding & (notes.onset == tick) & (notes.pitch == highest)).any() else None
