"""The clock of a MIDI file: its grid of ticks, its tempo map in whole microseconds, the places of seconds on it.

Conventions: `midi_tick` counts the file's ticks, `tick` is the Score's (10,080 a quarter).
"""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass

from composer.performance import Performance
from composer.score import Score
from composer.theory.meter import TICKS_PER_QUARTER

MIDI_TICKS_PER_QUARTER = 480  # at least
MAX_DRIFT_SEC = 0.005  # of the file's clock, from rounding tempos
MAX_TEMPO_USEC = 2**24 - 1  # microseconds a quarter, inclusive: the event has three bytes (3.6 quarters a minute)


@dataclass(frozen=True)
class MidiGrid:
    """The ticks of the file."""

    per_quarter: int

    def midi_tick(self, tick: int) -> int:
        """Return the MIDI tick nearest to a tick of the Score (halves upwards)."""
        return (2 * tick * self.per_quarter + TICKS_PER_QUARTER) // (2 * TICKS_PER_QUARTER)


def grid_of(score: Score) -> MidiGrid:
    """Return the coarsest grid that holds every place of a score exactly."""
    notes = (tick for part in score.parts for note in part.notes for tick in (note.onset_tick, note.duration_tick))
    signs = (*(tick for tick, _ in score.keys), *(m.tick for m in score.tempos), *(m.tick for m in score.marks))
    unit_tick = math.gcd(TICKS_PER_QUARTER, *notes, *signs, *(bar.onset_tick for bar in score.bars))
    return MidiGrid(math.lcm(MIDI_TICKS_PER_QUARTER, TICKS_PER_QUARTER // unit_tick))


@dataclass(frozen=True)
class MidiClock:
    """The tempo map of the file, and the places of seconds on it.

    Attributes:
        grid: its ticks.
        midi_ticks: where each tempo begins, rising, the first 0.
        onsets_sec: the second at which it begins.
        tempos_usec: microseconds a quarter from there on, as the file holds them.
        exact_usec: the same before they were rounded: places follow these, or a note 1,500 quarters after a tempo mark
            would stand a tick beside its place.
    """

    grid: MidiGrid
    midi_ticks: tuple[int, ...]
    onsets_sec: tuple[float, ...]
    tempos_usec: tuple[int, ...]
    exact_usec: tuple[float, ...]

    def midi_tick_at(self, time_sec: float) -> int:
        """Return the MIDI tick nearest to a time, 0 or later."""
        index = max(0, bisect.bisect_right(self.onsets_sec, time_sec) - 1)
        quarters = (time_sec - self.onsets_sec[index]) * 1e6 / self.exact_usec[index]
        return max(0, self.midi_ticks[index] + round(quarters * self.grid.per_quarter))


def make_clock(performance: Performance, grid: MidiGrid) -> MidiClock:
    """Turn the tempo curve into whole microseconds.

    Each tempo is chosen from where the file's own clock stands to where the next one shall begin, so that rounding
    errors never add up.
    """
    curve = {grid.midi_tick(point.tick): point for point in performance.tempo_curve}  # the last of a tick counts
    midi_ticks = tuple(sorted(curve))
    points = [curve[midi_tick] for midi_tick in midi_ticks]
    now_sec = points[0].onset_sec
    onsets_sec, tempos_usec, exact_usec = [], [], []
    for index, point in enumerate(points):
        wanted_usec = point.quarter_sec * 1e6
        quarters = 0.0
        if index + 1 < len(points):
            quarters = (midi_ticks[index + 1] - midi_ticks[index]) / grid.per_quarter
            wanted_usec = (points[index + 1].onset_sec - now_sec) / quarters * 1e6
        tempo_usec = min(max(round(wanted_usec), 1), MAX_TEMPO_USEC)
        # What the file's clock is off by rounding is no more than its seconds may be; a tempo that it cannot hold is.
        start_sec = point.onset_sec if abs(now_sec - point.onset_sec) < MAX_DRIFT_SEC else now_sec
        if abs(wanted_usec - tempo_usec) > 0.5:
            exact_usec.append(float(tempo_usec))
        elif index + 1 < len(points):
            exact_usec.append((points[index + 1].onset_sec - start_sec) / quarters * 1e6)
        else:
            exact_usec.append(wanted_usec)
        onsets_sec.append(start_sec)
        tempos_usec.append(tempo_usec)
        now_sec += quarters * tempo_usec / 1e6
    return MidiClock(grid, midi_ticks, tuple(onsets_sec), tuple(tempos_usec), tuple(exact_usec))
