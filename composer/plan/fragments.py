"""Which bars of a theme can be cut out of it and moved, by steps of the scale or into other keys.

What it is: what a development asks of its theme's harmony before it works with a part of it; the tune need not be
known.

Conventions: a part is a theme of its own (`part_of`), in its theme's key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from composer.abc import Melody
from composer.outline import ChordSpan
from composer.plan.pivots import pivot_weight
from composer.plan.setting import Setting
from composer.plan.themes import SettledTheme
from composer.theme import Theme, fragment, in_key, sequenced
from composer.theory.key import Key

_MUST_GO_ON = ("Cad", "It", "Fr", "Ger", "N")  # beginnings of numerals after which a certain chord is due
_NO_OPENING = ("diminished", "halfdiminished", "augmented")  # qualities on which no link of a sequence begins


def part_of(theme: SettledTheme, first_bar: int, last_bar: int, setting: Setting) -> Theme:
    """Return bars of a theme (from 1, inclusive) with their chords and without notes."""
    pickup, bars = setting.pickup_tick, theme.entry.bars or last_bar
    tune = Melody((), bars * setting.meter.bar_ticks - pickup, pickup)
    chords = tuple(ChordSpan(s.start_tick, s.end_tick, s.chord, s.key) for s in theme.slots if s.numeral is not None)
    return fragment(Theme(theme.name, (tune,), theme.key, setting.meter, bars, chords), first_bar, last_bar)


def stands_alone(part: Theme) -> bool:
    """Whether a part is in its theme's key and does not break off on a chord that must go on elsewhere."""
    if not part.chords or any(span.key != part.key for span in part.chords):
        return False
    last = part.chords[-1].chord.numeral
    return "/" not in last and not last.startswith(_MUST_GO_ON)


def step_that_goes(part: Theme, *, times: int, wished: Sequence[int]) -> int | None:
    """Return the first of the steps by which a part can be moved so often that no copy begins diminished; or None.

    Where a later chord would be none when it is moved, other chords are drawn for the whole sequence.
    """
    opening = replace(part, chords=part.chords[:1])
    for step in wished:
        chords = sequenced(opening, step=step, times=times).chords
        if chords and not any(span.chord.quality.startswith(_NO_OPENING) for span in chords):
            return step
    return None


def rough_turns(part: Theme, keys: Sequence[Key]) -> int:
    """Return how often a part, stated in each key in turn, leaves one with a chord that is not in the next."""
    if not part.chords:
        return 0
    return sum(pivot_weight(in_key(part, old).chords[-1].chord, old, new) < 1 for old, new in pairwise(keys))
