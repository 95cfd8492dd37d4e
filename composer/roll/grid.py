"""The grid of the network: sixteenths by semitones.

Conventions: axis names are `step` (one sixteenth) and `pitch` (index 0 = `LOWEST_PITCH`); step s covers the ticks
[s * STEP_TICKS, (s + 1) * STEP_TICKS) of the piece, the pickup included.
"""

from __future__ import annotations

from composer.theory.meter import TICKS_PER_QUARTER, Meter

STEPS_PER_QUARTER = 4
STEP_TICKS = TICKS_PER_QUARTER // STEPS_PER_QUARTER
LOWEST_PITCH = 24  # C1, as Johnson (2015), data range 24..101
NUM_PITCHES = 78
HIGHEST_PITCH = LOWEST_PITCH + NUM_PITCHES - 1  # inclusive: 101, F7
MAX_STEPS_PER_BAR = 24  # 12/8 and 3/2

# Hands, as the network's third output tells them apart.
NO_HAND = -1
LOWER_HAND = 0
UPPER_HAND = 1


def steps_per_bar(meter: Meter) -> int:
    """Return the sixteenths in a whole bar (0 where the bar is no whole number of them)."""
    return meter.bar_ticks // STEP_TICKS if meter.bar_ticks % STEP_TICKS == 0 else 0


def steps_per_beat(meter: Meter) -> int:
    """Return the sixteenths in a beat (1 at least, for meters over 16 or 32)."""
    return max(1, meter.beat_ticks // STEP_TICKS)


def tick_to_step(tick: int) -> int:
    """Return the step that holds `tick`."""
    return tick // STEP_TICKS


def step_to_tick(step: int) -> int:
    """Return the tick at which `step` begins."""
    return step * STEP_TICKS
