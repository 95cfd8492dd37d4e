"""The Performance: what the ear gets; seconds, velocities, pedal, with the link to each score note.

Conventions: times are seconds from the first sound on. The tempo curve maps score ticks to seconds; notes may sound a
little before or after it.
"""

from __future__ import annotations

from dataclasses import dataclass

from composer.score import Note, Score


@dataclass(frozen=True)
class PlayedNote:
    """One note as it is played.

    Attributes:
        part: index of its part in the Score.
        note: the score note.
        onset_sec, duration_sec: what is heard (the key is down), duration > 0.
        velocity: 1..127.
    """

    part: int
    note: Note
    onset_sec: float
    duration_sec: float
    velocity: int


@dataclass(frozen=True)
class PedalEvent:
    """The damper pedal goes down or up."""

    time_sec: float
    is_down: bool
    part: int = 0


@dataclass(frozen=True)
class TempoPoint:
    """From this score tick on, a quarter lasts so long (until the next point)."""

    tick: int
    onset_sec: float
    quarter_sec: float


@dataclass(frozen=True)
class Performance:
    """A played Score.

    Attributes:
        score: what was played.
        notes: sorted by onset.
        tempo_curve: sorted by tick, the first at 0; piecewise constant.
        pedal: sorted by time; up at the end.
        player, take, expression: how it was made, for the record.
    """

    score: Score
    notes: tuple[PlayedNote, ...]
    tempo_curve: tuple[TempoPoint, ...]
    pedal: tuple[PedalEvent, ...] = ()
    player: str = ""
    take: int = 0
    expression: float = 1.0

    @property
    def duration_sec(self) -> float:
        """When the last note ends."""
        return max((note.onset_sec + note.duration_sec for note in self.notes), default=0.0)
