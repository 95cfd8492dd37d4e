"""What tuplets and broken rhythm make of the lengths in an ABC voice.

Conventions (ABC 2.1, 4.4 and 4.13): `a>b` dots the first and halves the second; `(p:q:r` puts p notes into the time of
q for the next r notes. Lengths are exact (`Ticks`).
"""

from __future__ import annotations

from fractions import Fraction

from composer.corpus.kern.tokens import Ticks, plain
from composer.theory.meter import Meter

_MAX_DENOMINATOR = 10**6  # finer lengths come from attacks only
_MAX_TUPLETS = 64  # that are open at once
_MAX_BROKEN = 8  # signs in a row
_TIMES = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}  # p notes in the time of q; of others the meter tells
_WHOLE = Fraction(1)


class Rhythm:
    """The tuplets and the broken rhythm that wait for the next notes of a voice."""

    def __init__(self) -> None:
        self._tuplets: list[tuple[int, Fraction]] = []  # (notes left, factor)
        self._broken = _WHOLE  # factor of the next note

    def begin_tuplet(self, text: str, meter: Meter | None) -> bool:
        """Begin a tuplet, `(3` or `(3:2:4`; return False where it is none."""
        parts = [*text[1:].split(":"), "", ""]
        number = int(parts[0])
        time = int(parts[1]) if parts[1] else _TIMES.get(number, 3 if meter is not None and meter.is_compound else 2)
        count = int(parts[2]) if parts[2] else number
        if not (number and time and count) or len(self._tuplets) == _MAX_TUPLETS:
            return False
        self._tuplets.append((count, Fraction(time, number)))
        return True

    def break_rhythm(self, text: str) -> Fraction | None:
        """Read `>`, `<<` …; return the factor of the note before, or None for more signs than any rhythm has."""
        if len(text) > _MAX_BROKEN:
            return None
        short = Fraction(1, 2 ** len(text))
        first, self._broken = (2 - short, short) if text[0] == ">" else (short, 2 - short)
        return first

    def next_factor(self) -> Fraction | None:
        """Return what is made of the next note or rest, and count it; None where nothing is."""
        if not self._tuplets and self._broken is _WHOLE:
            return None
        factor, self._broken = self._broken, _WHOLE
        for _, one in self._tuplets:
            factor *= one
        self._tuplets = [(left - 1, one) for left, one in self._tuplets if left > 1]
        return factor


def ticks_of(unit_tick: int, times: int, divided: int, factor: Fraction | None) -> Ticks:
    """Return `times / divided` units in ticks; 0 where something is divided by 0."""
    if not divided:
        return 0
    ticks = unit_tick * times
    if factor is None and ticks % divided == 0:
        return ticks // divided
    exact = Fraction(ticks, divided) * (factor or 1)
    return plain(exact if exact.denominator <= _MAX_DENOMINATOR else exact.limit_denominator(_MAX_DENOMINATOR))
