"""Meters: bars, beats and the strength of places in the bar.

Conventions: times are integer ticks, `TICKS_PER_QUARTER` a quarter. The beat is what is counted: the dotted quarter of
6/8, the quarter of 3/4. A meter is compound when its upper number is 6, 9 or 12 (or more, by three) over 8 or 16.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from composer.errors import PlanError

TICKS_PER_QUARTER = 10_080  # divisible by 2..10, so that tuplets are exact
_LOWER = (1, 2, 4, 8, 16, 32)
_METER = re.compile(r"^\s*(\d{1,2})\s*/\s*(\d{1,2})\s*$")


@dataclass(frozen=True)
class Meter:
    """A time signature.

    Attributes:
        upper: 1..32.
        lower: 1, 2, 4, 8, 16 or 32.
    """

    upper: int
    lower: int

    @property
    def is_compound(self) -> bool:
        """True where the beat divides in three: 6/8, 9/8, 12/8, 6/16 …"""
        return self.lower >= 8 and self.upper > 3 and self.upper % 3 == 0

    @property
    def beats(self) -> int:
        """Beats in a bar: 2 in 6/8, 3 in 3/4."""
        return self.upper // 3 if self.is_compound else self.upper

    @property
    def unit_ticks(self) -> int:
        """Length of the written unit (the lower number)."""
        return 4 * TICKS_PER_QUARTER // self.lower

    @property
    def beat_ticks(self) -> int:
        """Length of the beat."""
        return self.unit_ticks * (3 if self.is_compound else 1)

    @property
    def bar_ticks(self) -> int:
        """Length of a whole bar."""
        return self.unit_ticks * self.upper

    @property
    def beat_quarters(self) -> float:
        """Length of the beat in quarters: 1.5 in 6/8."""
        return self.beat_ticks / TICKS_PER_QUARTER

    def strength(self, offset_ticks: int) -> int:
        """Metrical strength of a place in the bar.

        Args:
            offset_ticks: ticks after the bar line, 0 <= offset_ticks < bar_ticks.

        Returns:
            4 the downbeat; 3 the middle of a bar of 4, 2 (compound) or more even groups; 2 other beats; 1 the first
            division of the beat; 0 anything finer.
        """
        if offset_ticks == 0:
            return 4
        if offset_ticks % self.beat_ticks == 0:
            beat = offset_ticks // self.beat_ticks
            halves = self.beats % 2 == 0 and beat == self.beats // 2 and (self.beats >= 4 or self.is_compound)
            return 3 if halves else 2
        division = self.unit_ticks if self.is_compound else self.beat_ticks // 2
        return 1 if offset_ticks % division == 0 else 0

    def __str__(self) -> str:
        return f"{self.upper}/{self.lower}"


@lru_cache(maxsize=64)
def parse_meter(text: str) -> Meter:
    """Read a time signature: `3/4`, `6/8`, `C` (4/4) or `C|` (2/2).

    Raises:
        PlanError: not a time signature.
    """
    if text.strip() in ("C", "c"):
        return Meter(4, 4)
    if text.strip() in ("C|", "c|"):
        return Meter(2, 2)
    match = _METER.match(text)
    if not match:
        swapped = text.replace(":", "/")
        mend = f'did you mean "{swapped}"?' if ":" in text and _METER.match(swapped) else "meters look like 3/4 or 6/8"
        raise PlanError(f'no meter "{text}"', mend=mend)
    upper, lower = int(match[1]), int(match[2])
    if lower not in _LOWER:
        raise PlanError(f'no meter "{text}"', mend="the lower number must be 1, 2, 4, 8, 16 or 32")
    if not 1 <= upper <= 32:
        raise PlanError(f'no meter "{text}"', mend="the upper number must be from 1 to 32")
    return Meter(upper, lower)
